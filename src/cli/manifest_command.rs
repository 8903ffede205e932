//! `manifest`, and how a run holds its suite against `manifest.toml`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::args::ManifestArgs;
use super::exit::{BROKEN, CONFORMS, CliError};
use super::keep::{Keep, Kind};
use super::print;
use crate::app::Shard;
use crate::event::{RunEnd, RunStart};
use crate::model::{CaseId, Drift, ListedContract, Manifest, Suite};
use crate::plan::{Plan, case_ids};
use crate::protocol::contract_digest;
use crate::report::printable;
use crate::run::drift;
use crate::source::{LoadError, MANIFEST, Wanted, load, load_manifest, manifest_text};
use crate::whole_file::WholeFile;

/// How many differences the command lists.
const LISTED: usize = 1000;

/// Checks the manifest of a folder of cases for what is wrong in it; whether it lists the suite is no matter here.
pub(super) fn check(cases: &Path) -> Result<(), LoadError> {
    let path = cases.join(MANIFEST);
    if path.exists() { load_manifest(&path).map(|_| ()) } else { Ok(()) }
}

/// Holds the suite against its manifest, or writes that anew.
pub(super) fn manifest(args: &ManifestArgs) -> Result<u8, CliError> {
    let cases = &args.folder.cases;
    let path = args.manifest.clone().unwrap_or_else(|| cases.join(MANIFEST));
    let suite = load(cases, Wanted::All)?;
    let current = current(&suite)?;
    if args.write {
        return write(&path, &current);
    }
    let shown = path.display().to_string();
    if !path.exists() {
        return Err(CliError::Usage {
            message: format!("there is no {shown}"),
            hint: Some("`proofmark manifest --write` writes it".into()),
        });
    }
    let drift = drift(&suite, &load_manifest(&path)?)?;
    if drift.is_empty() {
        return print(&printable(&format!(
            "{shown}: {} cases, as the suite has them\n",
            current.cases().count()
        )));
    }
    let mut text = format!("{shown}: {drift}\n");
    for line in drift.lines(LISTED) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {line}");
    }
    text.push_str("`proofmark manifest --write` lists what is there\n");
    print(&printable(&text))?;
    Ok(BROKEN)
}

/// Writes the manifest, unless it lists the same already: what somebody has written beside it stays.
fn write(path: &Path, current: &Manifest) -> Result<u8, CliError> {
    let shown = path.display().to_string();
    Keep::new(false).allow(path, Kind::Manifest)?;
    if path.exists() && load_manifest(path).is_ok_and(|known| known == *current) {
        return print(&printable(&format!("{shown} is as the suite is\n")));
    }
    let written = WholeFile::create(path).and_then(|mut file| {
        file.write_all(manifest_text(current).as_bytes())?;
        file.commit()
    });
    written.map_err(|source| CliError::Report { path: path.to_path_buf(), source })?;
    print(&printable(&format!("wrote {shown}: {} cases\n", current.cases().count())))?;
    Ok(CONFORMS)
}

/// The manifest of a suite as it is.
fn current(suite: &Suite) -> Result<Manifest, CliError> {
    let mut manifest = Manifest::default();
    for operation in &suite.operations {
        let contract = &operation.contract;
        let listed = ListedContract { digest: contract_digest(contract), cases: BTreeSet::new() };
        manifest.contracts.insert(contract.id.clone(), listed);
    }
    for planned in case_ids(suite)? {
        let listed = manifest.contracts.entry(planned.contract.id.clone()).or_default();
        listed.cases.insert(planned.id.to_string());
    }
    Ok(manifest)
}

/// In what the suite of a run is not the one that its manifest lists; none if it has no manifest.
///
/// The whole suite is looked at, also where few cases are selected. A manifest that was named must be selected as a
/// whole, or so far as it is in the part that is asked for.
pub(super) fn of_run(
    manifest: Option<&Path>,
    cases: &Path,
    part: Option<Shard>,
    suite: &Suite,
    plan: &Plan,
) -> Result<Option<Drift>, CliError> {
    let Some(path) = manifest else {
        let path: PathBuf = cases.join(MANIFEST);
        return if path.exists() { Ok(Some(drift(suite, &load_manifest(&path)?)?)) } else { Ok(None) };
    };
    let manifest = load_manifest(path)?;
    let drift = drift(suite, &manifest)?;
    let selected: BTreeSet<&str> = plan.cases.iter().map(|planned| planned.id.as_str()).collect();
    let due = manifest.cases().filter(|id| part.is_none_or(|part| part.has(id)));
    let missing = due.filter(|id| !selected.contains(id)).map(str::to_owned).collect();
    Ok(Some(drift.and(Drift { missing, ..Drift::default() })))
}

/// A manifest, and the cases that were told of what it lists.
pub(super) struct Roll {
    manifest: Manifest,
    told: BTreeSet<String>,
}

impl Roll {
    pub(super) fn open(path: &Path) -> Result<Self, CliError> {
        Ok(Self { manifest: load_manifest(path)?, told: BTreeSet::new() })
    }

    pub(super) fn note(&mut self, id: &CaseId) {
        self.told.insert(id.to_string());
    }

    /// The end of a run, which all that is listed must have been told in; the next run begins anew.
    pub(super) fn close(&mut self, start: &RunStart, mut end: RunEnd) -> RunEnd {
        let told = std::mem::take(&mut self.told);
        let told = told.iter().map(String::as_str).collect();
        let contracts = start.operations.iter().map(|one| (one.id.as_str(), one.digest.as_deref()));
        let found = self.manifest.drift(&told, contracts);
        end.drift = Some(end.drift.take().unwrap_or_default().and(found));
        end
    }
}
