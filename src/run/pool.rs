//! Workers that take cases in their order, and give the records back in that order.
//!
//! A worker goes on with the next case at once and never waits for the reporter, except where too much would gather. It
//! does not know what a case is about.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use super::Runner;
use super::stop::Stop;
use crate::model::{CaseRecord, Skipped, Verdict};
use crate::plan::PlannedCase;

/// How many cases for each worker, and how many more, may be ahead of the one that is reported next: so much that
/// a slow case does not hold the others up, and a bound on what waits for its turn to be reported.
const AHEAD: usize = 16;
const MORE_AHEAD: usize = 256;

/// How many bytes of bodies a record may hold while its worker goes on. A worker waits until a heavier one is
/// reported, so that there are no more of them than workers.
const LIGHT: usize = 16 * 1024;

/// How long records gather before they are reported. To wake another thread for each costs more than to judge one.
/// Once the last case has begun, gathering gains nothing and only delays the end of the run.
const GATHER: Duration = Duration::from_millis(2);

/// Workers, and what they have finished, by its position.
pub(super) struct Pool<R> {
    workers: JoinSet<()>,
    finished: mpsc::UnboundedReceiver<(usize, R)>,
    batch: Vec<(usize, R)>,
    /// Records whose turn has not come.
    waiting: BTreeMap<usize, R>,
    /// The number of records reported, which is the position of the next one.
    reported: usize,
    queue: Arc<CaseQueue>,
    /// The number of records reported, as the workers see it.
    progress: watch::Sender<usize>,
}

/// The positions that no worker has taken.
struct CaseQueue {
    next: AtomicUsize,
    count: usize,
    /// A worker has found nothing left.
    is_empty: Notify,
}

impl CaseQueue {
    fn take(&self) -> Option<usize> {
        let position = self.next.fetch_add(1, Ordering::Relaxed);
        if position < self.count {
            return Some(position);
        }
        self.is_empty.notify_one();
        None
    }

    /// Waits until records have gathered, or nothing is left to begin.
    async fn gather(&self) {
        if self.next.load(Ordering::Relaxed) < self.count {
            tokio::select! {
                () = sleep(GATHER) => {}
                () = self.is_empty.notified() => {}
            }
        }
    }

    /// Leaves nothing to begin.
    fn clear(&self) {
        self.next.store(self.count, Ordering::Relaxed);
    }
}

/// A record, and how many bytes of bodies it holds.
type Weighed<R> = (R, usize);

impl<R: Send + 'static> Pool<R> {
    /// Starts `jobs` workers on so many cases; `work` takes the one at a position to its end.
    pub(super) fn start<F>(
        count: usize,
        jobs: usize,
        work: impl Fn(usize) -> F + Clone + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Weighed<R>> + Send + 'static,
    {
        let (sender, finished) = mpsc::unbounded_channel();
        let progress = watch::Sender::new(0);
        let queue = Arc::new(CaseQueue { next: AtomicUsize::new(0), count, is_empty: Notify::new() });
        let ahead = jobs.saturating_mul(AHEAD).saturating_add(MORE_AHEAD);
        let mut workers = JoinSet::new();
        for _ in 0..jobs.min(count) {
            let worker = Worker { queue: Arc::clone(&queue), ahead, finished: sender.clone() };
            workers.spawn(worker.run(work.clone(), progress.subscribe()));
        }
        let (batch, waiting) = (Vec::new(), BTreeMap::new());
        Self { workers, finished, batch, waiting, reported: 0, queue, progress }
    }

    /// The record of the next case; none after the last. A caller that stops waiting loses no record.
    ///
    /// # Errors
    /// The panic of a worker, once the others have cleaned up after the cases that they had under way.
    pub(super) async fn next(&mut self) -> Result<Option<R>, JoinError> {
        loop {
            if let Some(record) = self.waiting.remove(&self.reported) {
                self.reported += 1;
                return Ok(Some(record));
            }
            if self.reported == self.queue.count {
                return Ok(None);
            }
            if self.reported > *self.progress.borrow() {
                self.progress.send_replace(self.reported);
                self.queue.gather().await;
            }
            tokio::select! {
                _ = self.finished.recv_many(&mut self.batch, usize::MAX) => {}
                Some(Err(failed)) = self.workers.join_next() => return Err(self.abandon(failed).await),
            }
            self.waiting.extend(self.batch.drain(..));
        }
    }

    /// Ends the run after a panic: no further case starts.
    async fn abandon(&mut self, failed: JoinError) -> JoinError {
        self.queue.clear();
        self.progress.send_replace(usize::MAX);
        while self.workers.join_next().await.is_some() {}
        failed
    }
}

struct Worker<R> {
    queue: Arc<CaseQueue>,
    ahead: usize,
    finished: mpsc::UnboundedSender<(usize, R)>,
}

impl<R> Worker<R> {
    async fn run<F>(self, work: impl Fn(usize) -> F, mut progress: watch::Receiver<usize>)
    where
        F: Future<Output = Weighed<R>>,
    {
        // As far as was reported when this worker last looked.
        let mut reported: usize = 0;
        while let Some(position) = self.queue.take() {
            // The case that is reported next never waits here, so progress goes on. A dropped pool ends the wait.
            if position >= reported.saturating_add(self.ahead) {
                match progress.wait_for(|reported| position < reported.saturating_add(self.ahead)).await {
                    Ok(now) => reported = *now,
                    Err(_) => return,
                }
            }
            let (record, weight) = work(position).await;
            if self.finished.send((position, record)).is_err() {
                return;
            }
            if weight > LIGHT && progress.wait_for(|reported| *reported > position).await.is_err() {
                return;
            }
        }
    }
}

/// The workers of a run.
pub(super) fn of_cases(
    runner: Arc<Runner>,
    cases: Vec<PlannedCase>,
    jobs: usize,
    stop: Stop,
) -> Pool<Box<CaseRecord>> {
    let count = cases.len();
    let shared = Arc::new(SharedRun { runner, planned: cases, stop, failed: AtomicUsize::new(0) });
    Pool::start(count, jobs, move |position| {
        let shared = Arc::clone(&shared);
        async move { shared.finish(position).await }
    })
}

/// What the workers of a run share.
struct SharedRun {
    runner: Arc<Runner>,
    planned: Vec<PlannedCase>,
    stop: Stop,
    /// How many cases have failed, as soon as it is known: they are reported later.
    failed: AtomicUsize,
}

impl SharedRun {
    /// Takes the case at a position to its end, and drops the evidence that no report needs.
    async fn finish(&self, position: usize) -> Weighed<Box<CaseRecord>> {
        let mut record = self.judge(&self.planned[position]).await;
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
        let bodies: usize = record.exchanges.iter().map(|exchange| exchange.answer.bytes.len()).sum();
        let weight = bodies + record.retried.iter().map(String::len).sum::<usize>();
        (Box::new(record), weight)
    }

    /// Runs a case, unless enough have failed.
    async fn judge(&self, planned: &PlannedCase) -> CaseRecord {
        let enough = self.runner.settings.enough.map_or(usize::MAX, NonZeroUsize::get);
        if self.failed.load(Ordering::Relaxed) >= enough {
            return self.runner.record_skipped(planned, Skipped::EnoughFailed);
        }
        let record = self.runner.repeat(planned, &self.stop).await;
        if record.verdict == Verdict::Failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::{GATHER, Pool};

    /// Runs cases of which each takes so many microseconds, and says when each was reported.
    async fn reported(jobs: usize, times: &'static [u64]) -> Vec<Duration> {
        let start = Instant::now();
        let mut pool = Pool::start(times.len(), jobs, move |position| async move {
            sleep(Duration::from_micros(times[position])).await;
            (position, 0)
        });
        let mut reported = Vec::new();
        while let Some(position) = pool.next().await.unwrap() {
            assert_eq!(position, reported.len(), "in order");
            reported.push(start.elapsed());
        }
        reported
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_gathers_once_the_last_case_has_begun() {
        let millisecond = Duration::from_millis(1);
        assert_eq!(reported(3, &[0, 1000, 3000]).await, [Duration::ZERO, millisecond, 3 * millisecond]);
        // The last case begins while records gather.
        let times = reported(1, &[1000, 1000]).await;
        assert_eq!(times, [millisecond, 2 * millisecond]);
    }

    #[tokio::test(start_paused = true)]
    async fn records_gather_while_cases_are_left() {
        let times = reported(1, &[1000; 20]).await;
        let wakes = times.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(wakes <= 20_000 / usize::try_from(GATHER.as_micros()).unwrap() + 1, "{times:?}");
        assert_eq!(times.last(), Some(&Duration::from_millis(20)));
    }
}
