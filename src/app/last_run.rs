//! The cases that failed or were inconclusive when they last ran, which `run --failed` runs again. Main type: [`LastRun`].
//!
//! They are in a file beside the folder of cases. It only saves typing: where it cannot be written, nothing is lost. No
//! link is followed to it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::AppError;
use crate::event::Event;
use crate::model::Verdict;
use crate::plan::{Plan, PlannedCase};
use crate::whole_file::WholeFile;

/// The folder of our own files, beside that of cases.
const FOLDER: &str = ".proofmark";

/// The file in it.
const FILE: &str = "last-run.json";

/// The largest file that is read, in bytes: a million ids of the usual length.
const LARGEST: u64 = 256 << 20;

/// The version of the file.
const VERSION: u32 = 1;

/// The cases that did not pass when they last ran.
#[derive(Debug)]
pub struct LastRun {
    path: PathBuf,
    failed: BTreeSet<String>,
    /// Whether there was such a file.
    is_known: bool,
    is_changed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLastRun {
    version: u32,
    failed: BTreeSet<String>,
}

impl LastRun {
    /// Reads what is known for a folder of cases.
    pub fn of(cases: &Path) -> Self {
        let path = cases.parent().unwrap_or(Path::new("")).join(FOLDER).join(FILE);
        let known = read(&path);
        Self { is_known: known.is_some(), failed: known.unwrap_or_default(), path, is_changed: false }
    }

    /// Keeps the cases of a plan that did not pass.
    ///
    /// # Errors
    /// No earlier run is known.
    pub fn keep(&self, plan: &mut Plan) -> Result<(), AppError> {
        if !self.is_known {
            let message = format!("--failed: no earlier run is recorded in {}", self.path.display());
            let hint = "run once without --failed; in CI and with `--update no` nothing is recorded";
            return Err(AppError::settings_with(message, hint.to_owned()));
        }
        plan.cases.retain(|planned| self.failed.contains(planned.id.as_str()));
        Ok(())
    }

    /// Keeps the cases of a plan that did not pass, unless there is none: then all stay. Gives whether there is one.
    pub fn keep_any(&self, plan: &mut Plan) -> bool {
        let is_failed = |planned: &PlannedCase| self.failed.contains(planned.id.as_str());
        let has_any = plan.cases.iter().any(is_failed);
        if has_any {
            plan.cases.retain(is_failed);
        }
        has_any
    }

    /// Takes what a case came to.
    pub fn take(&mut self, event: &Event) {
        let Event::Finished(record) = event else { return };
        let id = record.id.as_str();
        let is_changed = match &record.verdict {
            Verdict::Failed | Verdict::Inconclusive(_) => {
                !self.failed.contains(id) && self.failed.insert(id.to_owned())
            }
            Verdict::Passed | Verdict::Flaky { .. } | Verdict::Waived { .. } => self.failed.remove(id),
            Verdict::Skipped(_) => false,
        };
        self.is_changed |= is_changed;
    }

    /// Writes the file, if something is new.
    pub fn save(&self) {
        if self.is_known && !self.is_changed {
            return;
        }
        // Without this file `--failed` does not work, and nothing else is lost: no reason to warn at each run.
        let _ = self.write();
    }

    fn write(&self) -> std::io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        if !fs::symlink_metadata(folder)?.is_dir() {
            return Err(std::io::Error::other("it is not a folder"));
        }
        // What is in this folder is of one machine, so git leaves it alone.
        let mut ignored = WholeFile::in_place(&folder.join(".gitignore"))?;
        ignored.write_all(b"*\n")?;
        // A file that is already there belongs to the user.
        let _ = ignored.commit_new();
        let mut file = WholeFile::in_place(&self.path)?;
        serde_json::to_writer(&mut file, &RawLastRun { version: VERSION, failed: self.failed.clone() })?;
        file.write_all(b"\n")?;
        file.commit()
    }
}

/// The cases in a file of ours; none, if it is missing or not one.
fn read(path: &Path) -> Option<BTreeSet<String>> {
    let is_file = fs::symlink_metadata(path).ok()?.is_file();
    let file = fs::File::open(path).ok().filter(|_| is_file)?;
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text).ok()?;
    let raw: RawLastRun = serde_json::from_slice(&text).ok()?;
    (raw.version == VERSION).then_some(raw.failed)
}
