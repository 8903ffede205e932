//! Workers that take cases in their order, and give the records back in that order.
//!
//! A worker goes on with the next case at once and never waits for whoever tells the records, except where
//! too much would pile up. It does not know what a case is about.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use super::Runner;
use super::stop::Stop;
use crate::model::{CaseRecord, NotRun, Verdict};
use crate::plan::PlannedCase;

/// How many cases for each worker, and how many more, may be ahead of the one that is told next: so much that
/// a slow case does not hold the others up, and a bound on what waits for its turn to be told.
const AHEAD: usize = 16;
const MORE_AHEAD: usize = 256;

/// How many bytes of bodies a record may hold while its worker goes on. A worker waits until a heavier one is
/// told, so that there are no more of them than workers.
const LIGHT: usize = 16 * 1024;

/// How long records gather before they are told. To wake another thread for each costs more than to judge one.
const GATHER: Duration = Duration::from_millis(2);

/// A finished case, by its position.
type Told = (usize, Box<CaseRecord>);

/// The workers, and what they have finished.
pub(super) struct Pool {
    workers: JoinSet<()>,
    finished: mpsc::UnboundedReceiver<Told>,
    batch: Vec<Told>,
    /// Records whose turn has not come.
    waiting: BTreeMap<usize, Box<CaseRecord>>,
    told: usize,
    count: usize,
    share: Arc<Share>,
    /// The number of records told, as the workers see it.
    progress: watch::Sender<usize>,
}

impl Pool {
    /// Starts `jobs` workers on these cases.
    pub(super) fn start(runner: &Arc<Runner>, cases: Vec<PlannedCase>, jobs: usize, stop: &Stop) -> Self {
        let (sender, finished) = mpsc::unbounded_channel();
        let progress = watch::Sender::new(0);
        let count = cases.len();
        let share = Arc::new(Share { cases, next: AtomicUsize::new(0), failed: AtomicUsize::new(0) });
        let ahead = jobs.saturating_mul(AHEAD).saturating_add(MORE_AHEAD);
        let mut workers = JoinSet::new();
        for _ in 0..jobs.min(count) {
            let (runner, stop, share) = (Arc::clone(runner), stop.clone(), Arc::clone(&share));
            let (sender, progress) = (sender.clone(), progress.subscribe());
            workers.spawn(work(runner, stop, share, ahead, sender, progress));
        }
        let (batch, waiting) = (Vec::new(), BTreeMap::new());
        Self { workers, finished, batch, waiting, told: 0, count, share, progress }
    }

    /// The record of the next case; none after the last. Nothing is lost by whoever stops waiting.
    ///
    /// # Errors
    /// The panic of a worker, once the others have cleaned up after the cases that they had under way.
    pub(super) async fn next(&mut self) -> Result<Option<Box<CaseRecord>>, JoinError> {
        loop {
            if let Some(record) = self.waiting.remove(&self.told) {
                self.told += 1;
                return Ok(Some(record));
            }
            if self.told == self.count {
                return Ok(None);
            }
            if self.told > *self.progress.borrow() {
                self.progress.send_replace(self.told);
                sleep(GATHER).await;
            }
            tokio::select! {
                _ = self.finished.recv_many(&mut self.batch, usize::MAX) => {}
                Some(Err(failed)) = self.workers.join_next() => return Err(self.abandoned(failed).await),
            }
            self.waiting.extend(self.batch.drain(..));
        }
    }
}

impl Pool {
    /// Ends the run after a panic: no further case starts.
    async fn abandoned(&mut self, failed: JoinError) -> JoinError {
        self.share.next.store(self.count, Ordering::Relaxed);
        self.progress.send_replace(usize::MAX);
        while self.workers.join_next().await.is_some() {}
        failed
    }
}

/// What the workers share.
struct Share {
    cases: Vec<PlannedCase>,
    next: AtomicUsize,
    /// How many cases have failed, as soon as it is known: they are told later.
    failed: AtomicUsize,
}

impl Share {
    /// Takes a case to its end, unless enough have failed.
    async fn case(&self, runner: &Runner, planned: &PlannedCase, stop: &Stop) -> CaseRecord {
        let enough = runner.settings.enough.map_or(usize::MAX, NonZeroUsize::get);
        if self.failed.load(Ordering::Relaxed) >= enough {
            return runner.not_run(planned, NotRun::EnoughFailed);
        }
        let record = runner.case(planned, stop).await;
        if record.verdict == Verdict::Failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        record
    }
}

async fn work(
    runner: Arc<Runner>,
    stop: Stop,
    share: Arc<Share>,
    ahead: usize,
    finished: mpsc::UnboundedSender<Told>,
    mut progress: watch::Receiver<usize>,
) {
    // As far as was told when this worker last looked.
    let mut told: usize = 0;
    loop {
        let position = share.next.fetch_add(1, Ordering::Relaxed);
        let Some(planned) = share.cases.get(position) else { return };
        // The case that is told next is never held up here, so progress goes on. It ends when nobody listens.
        if position >= told.saturating_add(ahead) {
            match progress.wait_for(|told| position < told.saturating_add(ahead)).await {
                Ok(now) => told = *now,
                Err(_) => return,
            }
        }
        let mut record = share.case(&runner, planned, &stop).await;
        let is_needed = runner.settings.keeps_exchanges
            || !matches!(record.verdict, Verdict::Passed)
            || !record.findings.is_empty();
        if !is_needed {
            // What was allocated here is freed here, which is far cheaper than from another thread.
            record.exchanges = Vec::new();
            record.given = Vec::new();
            record.variables = Vec::new();
            record.literals = Vec::new();
        }
        let bodies: usize = record.exchanges.iter().map(|exchange| exchange.answer.bytes.len()).sum();
        let weight = bodies + record.retried.iter().map(String::len).sum::<usize>();
        if finished.send((position, Box::new(record))).is_err() {
            return;
        }
        if weight > LIGHT && progress.wait_for(|told| *told > position).await.is_err() {
            return;
        }
    }
}
