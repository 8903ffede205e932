//! Compares a whole transcript with its snapshot.

use crate::model::{Exchange, Finding, Level, NOT_KEPT, SnapshotOutcome};
use crate::plan::PlannedCase;
use crate::snapshot::{
    KeepResult, Location, SnapshotComparison, SnapshotRules, Store, Transcript, VolatileNames, changes,
};

/// A case's exchanges, with what a snapshot of them needs.
pub(super) struct SnapshotInput<'a> {
    pub(super) planned: &'a PlannedCase,
    pub(super) about: &'a str,
    pub(super) exchanges: &'a [Exchange],
    pub(super) rules: &'a SnapshotRules,
}

/// Compares, and tells what came of it; a difference is a finding at the level of snapshots.
pub(super) fn against_snapshot(
    store: &Store,
    recording: &SnapshotInput<'_>,
    names: VolatileNames,
) -> (SnapshotOutcome, Option<Finding>) {
    let contract = &recording.planned.contract;
    let text = Transcript::new(recording.exchanges, recording.rules, names).text();
    let location = Location {
        case: &recording.planned.id,
        about: recording.about,
        contract,
        exchanges: recording.exchanges,
    };
    let path = || store.path(&recording.planned.id).display().to_string();
    match store.compare(&location, &text) {
        Err(error) => {
            let reason = error.to_string();
            let finding = finding(path(), "a snapshot that can be used", &reason, None);
            (SnapshotOutcome::Unusable { reason }, Some(finding))
        }
        Ok((SnapshotComparison::Same, _)) => (SnapshotOutcome::Same, None),
        Ok((SnapshotComparison::Different { .. } | SnapshotComparison::Missing, KeepResult::Written)) => {
            (SnapshotOutcome::Written, None)
        }
        Ok((SnapshotComparison::Missing, kept)) => {
            (SnapshotOutcome::Missing, Some(finding(path(), "a snapshot", "none", obstacle(kept))))
        }
        Ok((SnapshotComparison::Different { old }, kept)) => {
            let (removed, added) = changes(&old, &text);
            let outcome = match kept {
                KeepResult::Outranked => SnapshotOutcome::Outranked,
                KeepResult::Nothing
                | KeepResult::Pending
                | KeepResult::Written
                | KeepResult::Unwritable { .. } => SnapshotOutcome::Different,
            };
            (outcome, Some(finding(path(), &removed, &added, obstacle(kept))))
        }
    }
}

/// Why the new answers were not kept, although they should have been. Where they are does not explain a finding: what to
/// do about them is a next step.
fn obstacle(kept: KeepResult) -> Option<String> {
    match kept {
        KeepResult::Outranked => Some(
            "it was recorded from a real endpoint, which outranks this one, so nothing was written; \
             --overwrite-real lets this one's answers in"
                .into(),
        ),
        KeepResult::Unwritable { reason } => Some(format!("{NOT_KEPT}{reason}")),
        KeepResult::Pending | KeepResult::Nothing | KeepResult::Written => None,
    }
}

fn finding(subject: String, expected: &str, actual: &str, because: Option<String>) -> Finding {
    Finding {
        level: Level::Snapshot,
        step: 0,
        subject,
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        because,
        cites: Vec::new(),
        is_warning: false,
        waived: None,
    }
}
