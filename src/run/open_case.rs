//! A case that was taken to its end, while it is not known whether all its answers are its own. Main type: [`OpenCase`].

use std::time::Duration;

use super::Runner;
use super::against_snapshot::{SnapshotInput, against_snapshot};
use crate::judgement::{Ended, verdict};
use crate::model::{CaseRecord, Inconclusive, NoAnswer, SnapshotOutcome};
use crate::plan::PlannedCase;
use crate::snapshot::VolatileNames;
use crate::transport::Proof;

/// A case that was taken to its end, before it is known whether all answers are its own.
pub(super) struct OpenCase {
    /// Without a verdict and a snapshot.
    record: CaseRecord,
    ended: Option<Ended>,
    /// What is still to come for answers on kept connections.
    proofs: Vec<Proof>,
    /// Whether one of them did not come.
    is_refuted: bool,
}

impl OpenCase {
    pub(super) fn new(record: CaseRecord, ended: Option<Ended>, proofs: Vec<Proof>) -> Self {
        Self { record, ended, proofs, is_refuted: false }
    }

    /// The record as it is.
    pub(super) fn into_record(self) -> CaseRecord {
        self.record
    }

    /// The same, with what an attempt before it left behind, and its time.
    pub(super) fn behind(mut self, left_behind: Vec<String>, elapsed: Duration) -> Self {
        self.record.left_behind.splice(..0, left_behind);
        self.record.elapsed += elapsed;
        self
    }

    /// How many bytes of bodies it holds.
    pub(super) fn weight(&self) -> usize {
        weight(&self.record)
    }

    /// Whether all answers are its own, if that is known already.
    pub(super) fn known(&mut self) -> Option<bool> {
        while let Some(proof) = self.proofs.last_mut() {
            self.is_refuted |= !proof.known()?;
            self.proofs.pop();
        }
        Some(!self.is_refuted)
    }

    /// Waits until that is known. A caller that stops waiting loses nothing.
    pub(super) async fn is_proved(&mut self) -> bool {
        while let Some(proof) = self.proofs.last_mut() {
            self.is_refuted |= !proof.is_there().await;
            self.proofs.pop();
        }
        !self.is_refuted
    }

    /// The same, which cannot be decided: an answer may be another request's.
    pub(super) fn unproved(self) -> Self {
        Self { ended: Some(Ended::Inconclusive(Inconclusive::Transport(unproved()))), ..self }
    }

    /// The record, compared with its snapshot.
    pub(super) fn conclude(self, runner: &Runner, planned: &PlannedCase) -> CaseRecord {
        let Self { mut record, ended, .. } = self;
        record.snapshot = compare_snapshot(runner, planned, &mut record, ended.as_ref());
        record.verdict = verdict(ended, &record.findings, record.gate, &record.retried);
        runner.waivers.apply(&mut record);
        record
    }
}

/// How many bytes of bodies a record holds.
pub(super) fn weight(record: &CaseRecord) -> usize {
    let bodies: usize = record.exchanges.iter().map(|exchange| exchange.answer.bytes.len()).sum();
    bodies + record.retried.iter().map(String::len).sum::<usize>()
}

/// Why an answer is not proved.
pub(super) fn unproved() -> NoAnswer {
    NoAnswer::Lost { reason: "it ended right behind the answer, which may be another request's".to_owned() }
}

/// A transcript is compared only if it is whole.
fn compare_snapshot(
    runner: &Runner,
    planned: &PlannedCase,
    record: &mut CaseRecord,
    ended: Option<&Ended>,
) -> SnapshotOutcome {
    let is_whole = record.exchanges.len() == planned.case.steps.len()
        && !matches!(ended, Some(Ended::Inconclusive(_) | Ended::Skipped(_)));
    // What may be another request's answer is kept nowhere.
    let Some(store) = runner.store.as_ref().filter(|_| is_whole && !runner.client.is_mixed()) else {
        return SnapshotOutcome::Unchecked;
    };
    let recording = SnapshotInput {
        planned,
        about: &record.about,
        exchanges: &record.exchanges,
        rules: &runner.rules.of(&planned.contract, &runner.endpoint.normalisation),
    };
    let mut names = VolatileNames::default();
    record.given.iter().for_each(|(name, value)| names.add(name, value));
    names.set_literals(&record.literals);
    let (outcome, finding) = against_snapshot(store, &recording, names);
    record.findings.extend(finding);
    outcome
}
