//! What the workers do in a run of cases. Main function: [`of_cases`].

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Runner;
use super::attempt::Attempt;
use super::open_case::{OpenCase, weight};
use super::pool::{AT_ONCE, Pool, Weighed, Work};
use super::stop::Stop;
use crate::model::{CaseRecord, Skipped, Verdict};
use crate::plan::PlannedCase;

/// The workers of a run.
pub(super) fn of_cases(
    runner: Arc<Runner>,
    cases: Vec<PlannedCase>,
    jobs: usize,
    stop: Stop,
) -> Pool<Arc<SharedRun>> {
    let count = cases.len();
    let at_once = if runner.client.keeps_connections() { AT_ONCE } else { jobs };
    let shared = SharedRun { runner, planned: cases, stop, failed: AtomicUsize::new(0) };
    Pool::start(count, jobs, at_once, Arc::new(shared))
}

/// What the workers of a run share.
pub(super) struct SharedRun {
    runner: Arc<Runner>,
    planned: Vec<PlannedCase>,
    stop: Stop,
    /// How many cases have failed, as soon as it is known: they are reported later.
    failed: AtomicUsize,
}

/// A case of a run that was taken to its end.
pub(super) enum CaseDone {
    Whole(Box<CaseRecord>),
    /// Its answers are not all proved to be its own.
    Open(Box<OpenCase>),
}

impl Work for Arc<SharedRun> {
    type Case = CaseDone;
    type Record = Box<CaseRecord>;

    async fn begin(&self, position: usize, is_last: bool) -> CaseDone {
        self.judge(position, is_last).await
    }

    async fn end(&self) {
        tokio::select! {
            () = self.runner.client.close_waiting() => {}
            _ = self.stop.stopped() => {}
        }
    }

    fn run_out(&self) {
        self.runner.client.run_out();
    }

    fn known(case: &mut CaseDone) -> Option<bool> {
        match case {
            CaseDone::Whole(_) => Some(true),
            CaseDone::Open(tried) => tried.known(),
        }
    }

    async fn is_proved(&self, case: &mut CaseDone) -> bool {
        match case {
            CaseDone::Whole(_) => true,
            CaseDone::Open(tried) => tokio::select! {
                is_proved = tried.is_proved() => is_proved,
                _ = self.stop.stopped() => false,
            },
        }
    }

    fn weight(case: &CaseDone) -> usize {
        match case {
            CaseDone::Whole(_) => 0,
            CaseDone::Open(tried) => tried.weight(),
        }
    }

    async fn conclude(&self, position: usize, case: CaseDone, is_proved: bool) -> Weighed<Box<CaseRecord>> {
        let record = match case {
            CaseDone::Whole(record) => record,
            CaseDone::Open(tried) => {
                let (runner, planned) = (&self.runner, &self.planned[position]);
                // Of a run that is mixed up nothing is learned by sending more.
                let is_over = self.stop.reason().is_some() || runner.client.is_mixed();
                let tried = match is_over {
                    _ if is_proved => *tried,
                    true => tried.unproved(),
                    false => Attempt::new(runner, planned, (1, false)).run_again(*tried, &self.stop).await,
                };
                let record = tried.conclude(runner, planned);
                self.count(&record);
                Box::new(record)
            }
        };
        self.lighten(record)
    }
}

impl SharedRun {
    /// Runs a case, unless enough have failed.
    async fn judge(&self, position: usize, is_last: bool) -> CaseDone {
        let (runner, planned) = (&self.runner, &self.planned[position]);
        let enough = runner.settings.enough.map_or(usize::MAX, NonZeroUsize::get);
        if self.failed.load(Ordering::Relaxed) >= enough {
            return CaseDone::Whole(Box::new(runner.record_skipped(planned, Skipped::EnoughFailed)));
        }
        let record = if runner.settings.repeat > 1 {
            runner.repeat(planned, is_last, &self.stop).await
        } else if let Some(reason) = runner.skip_reason(planned, &self.stop) {
            runner.record_skipped(planned, reason)
        } else {
            let mut tried = Attempt::new(runner, planned, (1, is_last)).run(&self.stop).await;
            if tried.known() != Some(true) {
                return CaseDone::Open(Box::new(tried));
            }
            tried.conclude(runner, planned)
        };
        self.count(&record);
        CaseDone::Whole(Box::new(record))
    }

    fn count(&self, record: &CaseRecord) {
        if record.verdict == Verdict::Failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Drops the evidence that no report needs.
    fn lighten(&self, mut record: Box<CaseRecord>) -> Weighed<Box<CaseRecord>> {
        let is_needed = self.runner.settings.keeps_exchanges
            || !matches!(record.verdict, Verdict::Passed)
            || !record.findings.is_empty();
        if !is_needed {
            // To free memory on the thread that allocated it is far cheaper than from another one.
            record.exchanges = Vec::new();
            record.given = Vec::new();
            record.variables = Vec::new();
            record.literals = Vec::new();
            record.set_ups = Vec::new();
        }
        let weight = weight(&record);
        (record, weight)
    }
}
