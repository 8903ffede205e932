//! Whether a suite is the one that its manifest lists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{AppError, Shard};
use crate::digest::contract_digest;
use crate::event::{RunEnd, RunStart};
use crate::model::{CaseId, Drift, ListedContract, Manifest, Suite};
use crate::plan::{Plan, case_ids};
use crate::run::drift;
use crate::source::{LoadError, MANIFEST, load_manifest};

/// Checks that the manifest of a folder of cases is valid. It is not compared with the suite here.
pub(super) fn check_manifest(cases: &Path) -> Result<(), LoadError> {
    let path = cases.join(MANIFEST);
    if path.exists() { load_manifest(&path).map(|_| ()) } else { Ok(()) }
}

/// The manifest of a suite as it is.
///
/// # Errors
/// Cases whose ids cannot be made.
pub fn current_manifest(suite: &Suite) -> Result<Manifest, AppError> {
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

/// How the suite of a run differs from its manifest; none if it has no manifest.
///
/// The whole suite is looked at, also where few cases are selected. A manifest that was named must be selected as a
/// whole, or so far as it is in the part that is asked for.
///
/// # Errors
/// A manifest that is invalid or cannot be read.
pub fn manifest_drift(
    manifest: Option<&Path>,
    cases: &Path,
    part: Option<Shard>,
    suite: &Suite,
    plan: &Plan,
) -> Result<Option<Drift>, AppError> {
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

/// A manifest, and the cases that the run has reported so far.
pub(super) struct Roll {
    manifest: Manifest,
    reported: BTreeSet<String>,
}

impl Roll {
    pub(super) fn open(path: &Path) -> Result<Self, AppError> {
        Ok(Self { manifest: load_manifest(path)?, reported: BTreeSet::new() })
    }

    pub(super) fn note(&mut self, id: &CaseId) {
        self.reported.insert(id.to_string());
    }

    /// Adds to the end of a run how its reported cases differ from the manifest; the next run begins anew.
    pub(super) fn close(&mut self, start: &RunStart, mut end: RunEnd) -> RunEnd {
        let reported = std::mem::take(&mut self.reported);
        let reported = reported.iter().map(String::as_str).collect();
        let contracts = start.operations.iter().map(|one| (one.id.as_str(), one.digest.as_deref()));
        let found = self.manifest.drift(&reported, contracts);
        end.drift = Some(end.drift.take().unwrap_or_default().and(found));
        end
    }
}
