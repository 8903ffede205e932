//! The files of snapshots: one for each case, one folder for each table. Main type: [`Store`].
//!
//! A snapshot that is as it was is looked at and nothing more: no lock is taken, and a folder that cannot be written
//! to does no harm. Whatever is written is written under the folder's lock.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::StoreError;
use super::file::{FileComparison, kind_if_unchanged_at, look, read, remove, replace};
use super::freshness::{Freshness, MaxAge, assess};
use super::header::Header;
use super::inventory::{FilePresence, Inventory};
use super::journal::Journal;
use super::lock::FolderLock;
use super::provenance::{Note, Provenance, TextStatus, digest};
use super::sighting::Origin;
use super::update::Update;
use crate::model::{CaseId, Contract, EndpointKind, Exchange};

/// Where a case's snapshot is and what its head says.
#[derive(Debug, Clone)]
pub struct Location<'a> {
    /// The case.
    pub case: &'a CaseId,
    /// The case's sentence.
    pub about: &'a str,
    /// The contract.
    pub contract: &'a Contract,
    /// The exchanges that the text shows.
    pub exchanges: &'a [Exchange],
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotComparison {
    /// The snapshot is as it was.
    Same,
    /// It differs.
    Different {
        /// What it was.
        old: String,
    },
    /// There is none.
    Missing,
}

/// What was done about a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepResult {
    /// Nothing was written.
    Nothing,
    /// Nothing was written, since what is there was recorded from a real endpoint, and this is none.
    Outranked,
    /// A `.snap.new` was left.
    Pending,
    /// The snapshot was written.
    Written,
    /// It should have been written, and could not be.
    Unwritable {
        /// Why.
        reason: String,
    },
}

/// The snapshots of one endpoint.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    update: Update,
    kind: EndpointKind,
    overwrites_real: bool,
    journal: Option<Journal>,
    /// Whose turn it is to write among the workers of this process, which would else ask for the lock again and again.
    turn: Arc<Mutex<()>>,
    /// The contents of the folders that were last looked into.
    inventory: Arc<Inventory>,
}

impl Store {
    /// The snapshots below a folder, to be compared with the answers of a kind of endpoint.
    pub fn new(root: impl Into<PathBuf>, update: Update, kind: EndpointKind) -> Self {
        let (turn, inventory) = (Arc::default(), Arc::default());
        Self { root: root.into(), update, kind, overwrites_real: false, journal: None, turn, inventory }
    }

    /// The store with leave to write over what was recorded from a real endpoint, whatever is tested now.
    #[must_use]
    pub fn overwriting_real(mut self, may: bool) -> Self {
        self.overwrites_real = may;
        self
    }

    /// The store with a journal of what a run sees, from which [`Store::conclude`] renews the side file.
    #[must_use]
    pub fn journal(mut self, origin: Origin) -> Self {
        self.journal = Some(Journal::new(origin));
        self
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The file of a case.
    pub fn path(&self, id: &CaseId) -> PathBuf {
        self.root.join([id.table(), "/", &name(id)].concat())
    }

    /// Whether anything may be written.
    pub(super) fn writes(&self) -> bool {
        self.update != Update::Never
    }

    /// Compares a transcript's text with the snapshot, and writes what the mode of update allows.
    ///
    /// # Errors
    /// A file that cannot be read, is not a snapshot, or cannot be written; a folder that another process writes to.
    pub fn compare(
        &self,
        location: &Location<'_>,
        text: &str,
    ) -> Result<(SnapshotComparison, KeepResult), StoreError> {
        let path = self.path(location.case);
        let found = self.look(&path, location.case, text)?;
        let (found, kept) = self.keep(&path, location, text, found)?;
        self.note(location, text, &found, &kept);
        let compared = match found {
            FileComparison::Nothing => SnapshotComparison::Missing,
            FileComparison::Same(_) => SnapshotComparison::Same,
            FileComparison::Different(old) => SnapshotComparison::Different { old: old.text },
        };
        Ok((compared, kept))
    }

    /// What is in a snapshot's place. If the file is listed and unchanged, the system is not asked further.
    fn look(&self, path: &Path, case: &CaseId, text: &str) -> Result<FileComparison, StoreError> {
        let is_listed = self.inventory.entry(&self.root, case.table(), &name(case)) == FilePresence::File;
        match is_listed.then(|| kind_if_unchanged_at(path, text)).flatten() {
            Some(kind) => Ok(FileComparison::Same(kind)),
            None => look(&self.root, path, text),
        }
    }

    fn keep(
        &self,
        path: &Path,
        location: &Location<'_>,
        text: &str,
        found: FileComparison,
    ) -> Result<(FileComparison, KeepResult), StoreError> {
        match (self.update, &found) {
            (Update::Never, FileComparison::Different(old)) if self.is_outranked(old.kind()) => {
                return Ok((found, KeepResult::Outranked));
            }
            (Update::Never, _) => return Ok((found, KeepResult::Nothing)),
            (Update::Pending | Update::Unseen | Update::Always, FileComparison::Same(_)) => {
                let name = [&name(location.case), NEW].concat();
                if self.inventory.entry(&self.root, location.case.table(), &name) != FilePresence::Nothing {
                    let pending = pending_beside(path);
                    // The pending file is only in the way; the comparison itself is done.
                    let _ = fs::symlink_metadata(&pending).is_ok_and(|_| self.withdraw(&pending).is_ok());
                }
                return Ok((found, KeepResult::Nothing));
            }
            (
                Update::Pending | Update::Unseen | Update::Always,
                FileComparison::Nothing | FileComparison::Different(_),
            ) => {}
        }
        let pending = pending_beside(path);
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = match FolderLock::take(&self.root) {
            Ok(lock) => lock,
            Err(error) => return Ok((found, unwritable(error)?)),
        };
        // Another process may have decided about it during the wait for the lock.
        let found = look(&self.root, path, text)?;
        let kept = self.write(path, &pending, location, text, &found).or_else(unwritable)?;
        Ok((found, kept))
    }

    /// Writes a text where it belongs. The caller holds the lock.
    fn write(
        &self,
        path: &Path,
        pending: &Path,
        location: &Location<'_>,
        text: &str,
        found: &FileComparison,
    ) -> Result<KeepResult, StoreError> {
        let waiting = read(&self.root, pending)?;
        if waiting.is_some_and(|waiting| self.is_outranked(waiting.kind())) {
            return Ok(KeepResult::Outranked);
        }
        let kept = match (found, self.update) {
            (FileComparison::Same(_), _) => KeepResult::Nothing,
            (FileComparison::Different(old), _) if self.is_outranked(old.kind()) => {
                // It was pending before that was accepted, and must not be accepted over it now.
                remove(&self.root, pending)?;
                return Ok(KeepResult::Outranked);
            }
            (FileComparison::Nothing | FileComparison::Different(_), Update::Always)
            | (FileComparison::Nothing, Update::Unseen) => KeepResult::Written,
            (
                FileComparison::Nothing | FileComparison::Different(_),
                Update::Never | Update::Pending | Update::Unseen,
            ) => KeepResult::Pending,
        };
        let file = self.header(location).file(text);
        match kept {
            KeepResult::Pending => replace(&self.root, pending, file.as_bytes())?,
            KeepResult::Written => {
                replace(&self.root, path, file.as_bytes())?;
                remove(&self.root, pending)?;
            }
            KeepResult::Nothing | KeepResult::Outranked | KeepResult::Unwritable { .. } => {
                remove(&self.root, pending)?;
            }
        }
        Ok(kept)
    }

    /// Removes the pending snapshot, now that the answers match the accepted one again.
    fn withdraw(&self, pending: &Path) -> Result<(), StoreError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = FolderLock::take(&self.root)?;
        match read(&self.root, pending)? {
            Some(waiting) if !self.is_outranked(waiting.kind()) => remove(&self.root, pending),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether what an endpoint of a kind has answered must not be written over.
    fn is_outranked(&self, recorded: EndpointKind) -> bool {
        recorded.outranks(self.kind) && !self.overwrites_real
    }

    fn header(&self, location: &Location<'_>) -> Header {
        Header {
            source: format!("cases/{}.toml", location.case.table()),
            description: location.about.to_owned(),
            info: vec![
                ("case", location.case.to_string()),
                ("contract", location.contract.version.clone()),
                ("endpoint", self.kind.to_string()),
            ],
        }
    }

    fn note(&self, location: &Location<'_>, text: &str, found: &FileComparison, kept: &KeepResult) {
        let Some(journal) = &self.journal else { return };
        let seen = match (kept, found) {
            (KeepResult::Written, _) => TextStatus::Written,
            (KeepResult::Pending, _) => TextStatus::Waiting,
            // A mock that answers alike says nothing about the real endpoint, and a fault about none.
            (KeepResult::Nothing, FileComparison::Same(recorded))
                if !recorded.outranks(self.kind) && journal.is_faultless() =>
            {
                TextStatus::Same
            }
            (KeepResult::Nothing | KeepResult::Outranked | KeepResult::Unwritable { .. }, _) => return,
        };
        if self.update == Update::Never {
            return journal.confirm(location.case);
        }
        let sighting = journal.sighting(location.contract, location.exchanges);
        journal.note(location.case, Note { seen, digest: digest(text), sighting });
    }

    /// Takes what the run has seen into the side file, once, at its end. Where nothing may be written, nothing is.
    ///
    /// # Errors
    /// A side file that cannot be used or written, which is left as it is.
    pub fn conclude(&self) -> Result<(), StoreError> {
        let Some(journal) = self.journal.as_ref().filter(|_| self.update != Update::Never) else {
            return Ok(());
        };
        journal.merge(&self.root)
    }

    /// Whether this run has seen an endpoint answer as the case's snapshot says; asked before it is concluded.
    pub fn has_confirmed(&self, case: &str) -> bool {
        self.journal.as_ref().is_some_and(|journal| journal.has_confirmed(case))
    }

    /// How fresh the snapshots of cases are; each case with its contract.
    pub fn freshness<'a>(
        &self,
        cases: impl IntoIterator<Item = (&'a CaseId, &'a Contract)>,
        limit: Option<&MaxAge>,
    ) -> Freshness {
        let mut freshness = Freshness::default();
        let provenance = Provenance::read(&self.root).unwrap_or_else(|error| {
            freshness.unusable.push(error);
            Provenance::default()
        });
        for (case, contract) in cases {
            match read(&self.root, &self.path(case)) {
                Err(error) => freshness.unusable.push(error),
                Ok(None) => freshness.missing.push(case.to_string()),
                Ok(Some(found)) => {
                    freshness.snapshots.push(assess(&provenance, case.as_str(), &found, contract, limit));
                }
            }
        }
        freshness
    }
}

/// A failed write does not hide the result of the comparison.
fn unwritable(error: StoreError) -> Result<KeepResult, StoreError> {
    let reason = match &error {
        StoreError::Unwritable { source, .. } => format!("{error}: {source}"),
        StoreError::Locked { .. } => error.to_string(),
        StoreError::Unreadable { .. } | StoreError::Changed { .. } => return Err(error),
    };
    Ok(KeepResult::Unwritable { reason })
}

/// The name of a case's file, in the folder of its table.
fn name(case: &CaseId) -> String {
    match case.row() {
        Some(row) => [case.case(), "@", row, ".snap"].concat(),
        None => [case.case(), ".snap"].concat(),
    }
}

/// The ending of a pending snapshot, after the name of the accepted one.
const NEW: &str = ".new";

/// The pending file beside a snapshot.
fn pending_beside(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(NEW);
    path.into()
}
