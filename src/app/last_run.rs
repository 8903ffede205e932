//! The cases that failed or were inconclusive when they last ran, by endpoint, which `run --failed` runs again. Main type:
//! [`LastRun`].
//!
//! They are in a file beside the folder of cases. It only saves typing: where it cannot be written, nothing is lost. No
//! link is followed to it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{AppError, REFERENCE, TestTarget, is_address};
use crate::event::{EndpointDescription, Event};
use crate::model::Verdict;
use crate::plan::{Plan, PlannedCase};
use crate::whole_file::WholeFile;

/// The folder of our own files, beside that of cases.
const FOLDER: &str = ".proofmark";

/// The file in it.
const FILE: &str = "last-run.json";

/// The largest file that is read, in bytes: a million ids of the usual length.
const LARGEST: u64 = 256 << 20;

/// The version of the file. The first one did not part endpoints.
const VERSION: u32 = 2;

/// How many endpoints are kept, those that were tested last: a mock may have another port each time.
const MOST_ENDPOINTS: usize = 50;

/// How many endpoints a hint names.
const NAMED: usize = 3;

/// The cases that did not pass when they last ran.
#[derive(Debug)]
pub struct LastRun {
    path: PathBuf,
    /// By endpoint, the one that was tested last first.
    endpoints: Vec<RawEndpoint>,
    /// The endpoint of the run under way.
    tested: Option<String>,
    is_changed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLastRun {
    version: u32,
    endpoints: Vec<RawEndpoint>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEndpoint {
    endpoint: String,
    failed: BTreeSet<String>,
}

impl LastRun {
    /// Reads what is known for a folder of cases.
    pub fn of(cases: &Path) -> Self {
        let path = cases.parent().unwrap_or(Path::new("")).join(FOLDER).join(FILE);
        let endpoints = read(&path).unwrap_or_default();
        Self { path, endpoints, tested: None, is_changed: false }
    }

    /// Keeps the cases of a plan that did not pass on an endpoint.
    ///
    /// # Errors
    /// No earlier run on it is known.
    pub fn keep(&self, target: &TestTarget, plan: &mut Plan) -> Result<(), AppError> {
        let label = label_of(target);
        let Some(known) = self.find(&label) else { return Err(self.unknown(&label)) };
        plan.cases.retain(|planned| known.failed.contains(planned.id.as_str()));
        Ok(())
    }

    /// Keeps the cases of a plan that did not pass, unless there is none: then all stay. Gives whether there is one.
    pub fn keep_any(&self, target: &TestTarget, plan: &mut Plan) -> bool {
        let Some(known) = self.find(&label_of(target)) else { return false };
        let is_failed = |planned: &PlannedCase| known.failed.contains(planned.id.as_str());
        let has_any = plan.cases.iter().any(is_failed);
        if has_any {
            plan.cases.retain(is_failed);
        }
        has_any
    }

    /// Takes what a case came to.
    pub fn take(&mut self, event: &Event) {
        let record = match event {
            Event::Started(start) => {
                self.tested = Some(label(&start.endpoint, &start.faults));
                return;
            }
            Event::Finished(record) => record,
            Event::SeriesStarted { .. } | Event::Warned { .. } | Event::Ended(_) | Event::SeriesEnded(_) => {
                return;
            }
        };
        let (id, fails) = match &record.verdict {
            Verdict::Failed | Verdict::Inconclusive(_) => (record.id.as_str(), true),
            Verdict::Passed | Verdict::Flaky { .. } | Verdict::Waived { .. } => (record.id.as_str(), false),
            Verdict::Skipped(_) => return,
        };
        // Only an endpoint of which a case was decided is known: one that was never reached has not passed.
        if let Some(label) = self.tested.take() {
            self.put_first(label);
        }
        let Some(RawEndpoint { failed, .. }) = self.endpoints.first_mut() else { return };
        self.is_changed |=
            if fails { !failed.contains(id) && failed.insert(id.to_owned()) } else { failed.remove(id) };
    }

    /// Writes the file, if something is new.
    pub fn save(&self) {
        if self.is_changed {
            // Without this file `--failed` does not work, and nothing else is lost: no reason to warn at each run.
            let _ = self.write();
        }
    }

    fn find(&self, label: &str) -> Option<&RawEndpoint> {
        self.endpoints.iter().find(|known| known.endpoint == label)
    }

    /// Moves an endpoint to the front, or puts it there.
    fn put_first(&mut self, label: String) {
        let place = self.endpoints.iter().position(|known| known.endpoint == label);
        self.is_changed |= place != Some(0);
        let known = match place {
            Some(place) => self.endpoints.remove(place),
            None => RawEndpoint { endpoint: label, failed: BTreeSet::new() },
        };
        self.endpoints.insert(0, known);
        self.endpoints.truncate(MOST_ENDPOINTS);
    }

    fn unknown(&self, label: &str) -> AppError {
        let path = self.path.display();
        let message = format!("--failed: no earlier run on `{label}` is recorded in {path}");
        let names: Vec<&str> =
            self.endpoints.iter().map(|known| known.endpoint.as_str()).take(NAMED).collect();
        let others = match names.as_slice() {
            [] => String::new(),
            names => format!("; there are runs on {}", names.join(", ")),
        };
        let hint =
            format!("run once without --failed; in CI and with `--update no` nothing is recorded{others}");
        AppError::settings_with(message, hint)
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
        serde_json::to_writer(
            &mut file,
            &RawLastRun { version: VERSION, endpoints: self.endpoints.clone() },
        )?;
        file.write_all(b"\n")?;
        file.commit()
    }
}

/// What an endpoint is known by. With a fault on, the embedded one is another.
fn label(endpoint: &EndpointDescription, faults: &[String]) -> String {
    if endpoint.is_reference {
        return reference(faults.iter().cloned());
    }
    // An address counts as it is read, so that a slash at its end makes no other endpoint of it.
    if is_address(&endpoint.name) { endpoint.url.clone() } else { endpoint.name.clone() }
}

fn label_of(target: &TestTarget) -> String {
    match target {
        TestTarget::Reference(faults) => reference(faults.iter().map(ToString::to_string)),
        TestTarget::Other(endpoint) => label(&endpoint.description, &[]),
    }
}

fn reference(faults: impl Iterator<Item = String>) -> String {
    let faults: BTreeSet<String> = faults.collect();
    faults.into_iter().fold(REFERENCE.to_owned(), |label, fault| format!("{label} --fault {fault}"))
}

/// What a file of ours says; none, if it is missing or not one.
fn read(path: &Path) -> Option<Vec<RawEndpoint>> {
    let is_file = fs::symlink_metadata(path).ok()?.is_file();
    let file = fs::File::open(path).ok().filter(|_| is_file)?;
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text).ok()?;
    let raw: RawLastRun = serde_json::from_slice(&text).ok()?;
    (raw.version == VERSION).then_some(raw.endpoints)
}
