//! Counts what the cases of a run came to; grows with contracts, not with cases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::waiver::WaiverBook;
use crate::event::{
    EffectCounts, OperationStart, RunEnd, SnapshotCounts, StaleCases, StaleWaiver, Staleness, Stopped,
};
use crate::model::{CaseRecord, Effects, SnapshotOutcome, VerdictCounts};

/// The counts of a run under way.
#[derive(Debug)]
pub struct Tally {
    operations: Vec<String>,
    counts: VerdictCounts,
    rows_met: Vec<BTreeSet<Arc<str>>>,
    snapshots: SnapshotCounts,
    exchanges: usize,
    effects: EffectCounts,
    left_behind: usize,
    /// What is known of waivers, by their place in the book.
    waivers: BTreeMap<usize, StaleWaiver>,
    unpublished: BTreeMap<String, usize>,
}

impl Tally {
    /// Begins with the contracts of a run.
    pub fn new(operations: &[OperationStart]) -> Self {
        Self {
            operations: operations.iter().map(|operation| operation.id.clone()).collect(),
            counts: VerdictCounts::default(),
            rows_met: vec![BTreeSet::new(); operations.len()],
            snapshots: SnapshotCounts::default(),
            exchanges: 0,
            effects: EffectCounts::default(),
            left_behind: 0,
            waivers: BTreeMap::new(),
            unpublished: BTreeMap::new(),
        }
    }

    /// Notes waivers that do not hold whatever the cases do.
    pub fn note_idle(&mut self, waivers: &WaiverBook) {
        self.waivers.extend(waivers.idle());
    }

    /// Notes what a case shows of the waivers that name it.
    pub fn note_waivers(&mut self, waivers: &WaiverBook, record: &CaseRecord) {
        for (position, spot, sight) in waivers.shown_by(record) {
            let known = self.waivers.entry(position).or_insert_with(|| StaleWaiver {
                at: spot.to_string(),
                why: Staleness::Cases(StaleCases::NONE),
            });
            if let Staleness::Cases(cases) = &mut known.why {
                cases.add(&record.id, sight);
            }
        }
    }

    /// Counts a finished case.
    pub fn add(&mut self, record: &CaseRecord) {
        self.counts.add(&record.verdict);
        for finding in record.findings.iter().filter(|finding| finding.is_warning) {
            // Subjects come from contracts, so they are few.
            *self.unpublished.entry(finding.subject.clone()).or_default() += 1;
        }
        self.exchanges += record.answered + record.repeated.map_or(0, |repeated| repeated.other_answers);
        match record.effects {
            Effects::NotPromised => {}
            Effects::Observed => self.effects.observed += 1,
            Effects::NotObserved => self.effects.not_observed += 1,
        }
        self.left_behind += usize::from(!record.left_behind.is_empty());
        let operation = record.id.table().rsplit_once('/').map_or("", |(operation, _)| operation);
        if let Some(position) = self.operations.iter().position(|id| id == operation) {
            self.rows_met[position].extend(record.rows_met.iter().cloned());
        }
        match &record.snapshot {
            SnapshotOutcome::Unchecked => {}
            SnapshotOutcome::Same => self.snapshots.same += 1,
            SnapshotOutcome::Different => self.snapshots.different += 1,
            SnapshotOutcome::Outranked => self.snapshots.outranked += 1,
            SnapshotOutcome::Missing => self.snapshots.missing += 1,
            SnapshotOutcome::Written => self.snapshots.written += 1,
            SnapshotOutcome::Unusable { .. } => self.snapshots.unusable += 1,
        }
    }

    /// How many cases have failed so far.
    pub fn count_failed(&self) -> usize {
        self.counts.failed
    }

    /// What is known when the run is over.
    pub fn finish(self, orphans: Vec<PathBuf>, stopped: Option<Stopped>, elapsed: Duration) -> RunEnd {
        let stale_waivers = self.waivers.into_values().filter(StaleWaiver::is_stale).collect();
        RunEnd {
            stale_snapshots: None,
            drift: None,
            changes: None,
            counts: self.counts,
            rows_met: self.rows_met,
            rows_held: None,
            strength: None,
            orphans,
            stale_waivers,
            unpublished: self.unpublished,
            snapshots: self.snapshots,
            exchanges: self.exchanges,
            effects: self.effects,
            left_behind: self.left_behind,
            stopped,
            elapsed,
        }
    }
}
