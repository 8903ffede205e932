//! Decisions that were made on a page, carried out. Main type: [`Carried`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use crate::app::AppError;
use crate::model::{Problem, SourceText, Spot};
use crate::review::{Choice, Decision, DecisionTarget, Decisions};
use crate::snapshot::{PendingSnapshot, SnapshotFile, Store, StoreError};
use crate::source::LoadError;

/// The largest file of decisions that is read, in bytes: some 40,000 decisions.
const LARGEST_FILE: u64 = 16 * 1024 * 1024;

/// The name by which decisions know a store: that of its folder, which is the same on every machine.
pub fn store_name(store: &Store) -> String {
    let folder = store.root();
    let last = |folder: &Path| folder.file_name().map(|name| name.to_string_lossy().into_owned());
    last(folder).or_else(|| last(&folder.canonicalize().ok()?)).unwrap_or_default()
}

/// Reads a file of decisions, whole or not at all.
///
/// # Errors
/// A file that cannot be read or is invalid.
pub fn read_decisions(path: &Path) -> Result<Decisions, AppError> {
    let text = read_bounded(path).unwrap_or_else(|reason| Err(reason.to_string()));
    let source = |text: String| Arc::new(SourceText::new(path, text));
    let problems = match text {
        Ok(text) => match Decisions::read(&source(text)) {
            Ok(decisions) => return Ok(decisions),
            Err(problems) => problems,
        },
        Err(reason) => vec![Problem::new(Spot { file: source(String::new()), bytes: 0..0 }, reason)],
    };
    Err(LoadError::Problems(problems).into())
}

fn read_bounded(path: &Path) -> io::Result<Result<String, String>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Ok(Err(format!("the file is larger than {LARGEST_FILE} bytes")));
    }
    Ok(String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned()))
}

/// Refuses decisions about another store.
///
/// # Errors
/// Those.
pub fn check_store(decisions: &Decisions, store: &Store) -> Result<(), AppError> {
    let here = store_name(store);
    if decisions.store == here {
        return Ok(());
    }
    Err(AppError::settings_with(
        format!("the decisions are about the store `{}`, and this is `{here}`", decisions.store),
        "name the store with --endpoint or --snapshots, as for `review`",
    ))
}

/// What has become of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionResult {
    /// It is carried out.
    Done,
    /// It was carried out before.
    DoneBefore,
    /// The snapshot has changed since it was decided on, and is left alone.
    Changed,
    /// Nothing is pending.
    Gone,
}

/// Decisions about the snapshots of a store, one after the other.
pub struct Carried<'a> {
    decisions: &'a [Decision],
    pending: BTreeMap<&'a str, &'a PendingSnapshot>,
    accepted: BTreeMap<String, SnapshotFile>,
}

impl<'a> Carried<'a> {
    /// Of decisions, and the snapshots that are pending.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn new(
        decisions: &'a Decisions,
        pending: &'a [PendingSnapshot],
        store: &Store,
    ) -> Result<Self, AppError> {
        let decisions = &decisions.decisions[..];
        let pending: BTreeMap<&str, &PendingSnapshot> =
            pending.iter().map(|snapshot| (snapshot.case.as_str(), snapshot)).collect();
        let others = decisions.iter().map(|decision| decision.case.as_str());
        let others: BTreeSet<&str> = others.filter(|case| !pending.contains_key(case)).collect();
        Ok(Self { decisions, accepted: store.accepted(&others)?, pending })
    }

    /// The snapshots that will be accepted.
    pub fn to_accept(&self) -> impl Iterator<Item = &'a PendingSnapshot> {
        let meant = self.decisions.iter().filter(|decision| decision.choice == Choice::Accept);
        meant.filter_map(|decision| {
            match decision.find_target(self.pending.get(decision.case.as_str()).copied(), None) {
                DecisionTarget::Waits(snapshot) => Some(snapshot),
                DecisionTarget::Done | DecisionTarget::Changed | DecisionTarget::Gone => None,
            }
        })
    }

    /// Carries out one decision after the other. What has changed since is left alone.
    pub fn carry_out(&self) -> impl Iterator<Item = Result<(&'a Decision, DecisionResult), AppError>> {
        self.decisions.iter().map(|decision| Ok((decision, self.fate(decision)?)))
    }

    fn fate(&self, decision: &Decision) -> Result<DecisionResult, AppError> {
        let case = decision.case.as_str();
        match decision.find_target(self.pending.get(case).copied(), self.accepted.get(case)) {
            DecisionTarget::Waits(snapshot) => {
                let carried_out = match decision.choice {
                    Choice::Accept => snapshot.accept(),
                    Choice::Reject => snapshot.reject(),
                };
                match carried_out {
                    Ok(()) => Ok(DecisionResult::Done),
                    // Another process was quicker, between the comparison and the lock.
                    Err(StoreError::Changed { .. }) => Ok(DecisionResult::Changed),
                    Err(error) => Err(error.into()),
                }
            }
            DecisionTarget::Done => Ok(DecisionResult::DoneBefore),
            DecisionTarget::Changed => Ok(DecisionResult::Changed),
            DecisionTarget::Gone => Ok(DecisionResult::Gone),
        }
    }
}
