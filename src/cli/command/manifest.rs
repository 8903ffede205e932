//! `manifest`: whether the suite is the one that its manifest lists.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use crate::app::current_manifest;
use crate::app::{Keep, OutputKind};
use crate::cli::args::ManifestArgs;
use crate::cli::exit::{BROKEN, CONFORMS, CliError};
use crate::cli::print;
use crate::model::{Manifest, pluralise};
use crate::report::printable;
use crate::run::drift;
use crate::source::{MANIFEST, Wanted, load, load_manifest, manifest_text};
use crate::whole_file::WholeFile;

/// How many differences the command lists.
const LISTED: usize = 1000;

/// Holds the suite against its manifest, or writes that anew.
pub(super) fn manifest(args: &ManifestArgs) -> Result<u8, CliError> {
    let cases = &args.folder.cases;
    let path = args.manifest.clone().unwrap_or_else(|| cases.join(MANIFEST));
    let suite = load(cases, Wanted::All)?;
    let current = current_manifest(&suite)?;
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
            "{shown}: {}, as the suite has them\n",
            pluralise(current.cases().count(), "case")
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

/// Writes the manifest, unless it lists the same already: comments that a person has added stay.
fn write(path: &Path, current: &Manifest) -> Result<u8, CliError> {
    let shown = path.display().to_string();
    Keep::new(false).allow(path, OutputKind::Manifest)?;
    if path.exists() && load_manifest(path).is_ok_and(|known| known == *current) {
        return print(&printable(&format!("{shown} is as the suite is\n")));
    }
    let written = WholeFile::create(path).and_then(|mut file| {
        file.write_all(manifest_text(current).as_bytes())?;
        file.commit()
    });
    written.map_err(|source| CliError::Report { path: path.to_path_buf(), source })?;
    print(&printable(&format!("wrote {shown}: {}\n", pluralise(current.cases().count(), "case"))))?;
    Ok(CONFORMS)
}
