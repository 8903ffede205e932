//! What a run has seen of snapshots so far. Main type: [`Journal`].
//!
//! It is kept in memory and merged into the side file once, at the end, so that a run of very many cases writes that
//! file once and holds the lock once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::basis::{AnswerKinds, ContractBasis};
use super::error::StoreError;
use super::lock::FolderLock;
use super::provenance::{Note, Provenance, TextStatus};
use super::sighting::{Origin, Sighted};
use crate::model::{CaseId, Contract, Exchange, OperationId};

/// What a run has seen so far; clones share it.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    origin: Origin,
    notes: Arc<Mutex<BTreeMap<String, Note>>>,
    /// The cases that were as their snapshots say, in a run that keeps nothing.
    confirmed: Arc<Mutex<BTreeSet<String>>>,
    bases: Arc<Mutex<Bases>>,
}

impl Journal {
    pub(super) fn new(origin: Origin) -> Self {
        Self { origin, notes: Arc::default(), confirmed: Arc::default(), bases: Arc::default() }
    }

    /// Whether the endpoint answers as it is meant to, so that it can confirm anything.
    pub(super) fn is_faultless(&self) -> bool {
        self.origin.is_faultless()
    }

    /// What this run sees of a transcript.
    pub(super) fn sighting(&self, contract: &Contract, exchanges: &[Exchange]) -> Sighted {
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        bases.sighting(&self.origin, contract, exchanges)
    }

    pub(super) fn note(&self, case: &CaseId, note: Note) {
        self.notes().insert(case.as_str().to_owned(), note);
    }

    /// Notes that a case is as its snapshot says, and nothing that a side file would need.
    pub(super) fn confirm(&self, case: &CaseId) {
        self.lock_confirmed().insert(case.as_str().to_owned());
    }

    /// Whether an endpoint has answered as the case's snapshot says.
    pub(super) fn has_confirmed(&self, case: &str) -> bool {
        self.lock_confirmed().contains(case)
            || self.notes().get(case).is_some_and(|note| note.seen != TextStatus::Waiting)
    }

    /// Takes the notes into the side file of a folder; without any, nothing is touched.
    pub(super) fn merge(&self, root: &Path) -> Result<(), StoreError> {
        let notes = std::mem::take(&mut *self.notes());
        if notes.is_empty() {
            return Ok(());
        }
        let _lock = FolderLock::take(root)?;
        let mut provenance = Provenance::read(root)?;
        for (case, note) in notes {
            provenance.note(case, note);
        }
        provenance.write(root)
    }

    /// The run reports a worker that panicked; its notes are whole.
    fn notes(&self) -> MutexGuard<'_, BTreeMap<String, Note>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_confirmed(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.confirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sightings by the bases of their answers, as they were made before: thousands of cases rest on a few rows.
#[derive(Debug, Default)]
struct Bases(BTreeMap<(OperationId, AnswerKinds), Sighted>);

impl Bases {
    /// The most that are kept: an endpoint may answer with any number of codes.
    const MOST: usize = 1000;

    /// What a run sees of a transcript.
    fn sighting(&mut self, origin: &Origin, contract: &Contract, exchanges: &[Exchange]) -> Sighted {
        let kinds = AnswerKinds::of(contract, exchanges);
        let key = (contract.id.clone(), kinds.clone());
        if let Some(known) = self.0.get(&key) {
            return known.clone();
        }
        let sighting = Sighted::new(origin.sighting(contract, ContractBasis::new(contract, kinds)));
        if self.0.len() < Self::MOST {
            self.0.insert(key, sighting.clone());
        }
        sighting
    }
}
