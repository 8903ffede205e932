//! Workers that take cases in their order, and give the records back in that order.
//!
//! A worker goes on with the next case at once and never waits for the reporter, except where too much would gather. It
//! does not know what a case is about. A case whose answers are not yet proved to be its own it puts aside meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::Runner;
use super::attempt::Attempt;
use super::open_case::{OpenCase, weight};
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

/// How many bytes of bodies the cases may hold that a worker has put aside. Past that it waits until they are proved.
const HEAVY: usize = 1024 * 1024;

/// How long records gather before they are reported. To wake another thread for each costs more than to judge one.
/// Once the last case has begun, gathering gains nothing and only delays the end of the run.
const GATHER: Duration = Duration::from_millis(2);

/// How long a case takes at the most while none that was put aside is looked at.
const SHORT: Duration = Duration::from_millis(10);

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
pub(super) type Weighed<R> = (R, usize);

impl<R: Send + 'static> Pool<R> {
    /// Starts `jobs` workers on so many cases.
    pub(super) fn start(count: usize, jobs: usize, work: &impl Work<Record = R>) -> Self {
        let (sender, finished) = mpsc::unbounded_channel();
        let progress = watch::Sender::new(0);
        let queue = Arc::new(CaseQueue { next: AtomicUsize::new(0), count, is_empty: Notify::new() });
        let ahead = jobs.saturating_mul(AHEAD).saturating_add(MORE_AHEAD);
        let mut workers = JoinSet::new();
        for _ in 0..jobs.min(count) {
            let (queue, finished) = (Arc::clone(&queue), sender.clone());
            let worker = Worker { work: work.clone(), queue, ahead, finished, aside: VecDeque::new() };
            workers.spawn(worker.run(progress.subscribe()));
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

/// What workers do with cases.
pub(super) trait Work: Clone + Send + Sync + 'static {
    /// A case that was taken to its end.
    type Case: Send;
    /// What is reported of one.
    type Record: Send + 'static;

    /// Takes the case at a position to its end.
    fn begin(&self, position: usize) -> impl Future<Output = Self::Case> + Send;

    /// Whether its answers are its own, if that is known already.
    fn known(case: &mut Self::Case) -> Option<bool>;

    /// Waits until that is known, or the run is broken off. A caller that stops waiting loses nothing.
    fn is_proved(&self, case: &mut Self::Case) -> impl Future<Output = bool> + Send;

    /// How many bytes of bodies a case holds.
    fn weight(case: &Self::Case) -> usize;

    /// Does what makes known whether answers are their own, where no case is left to begin.
    fn end(&self) -> impl Future<Output = ()> + Send;

    /// Gives the record of a case; one that is not proved starts again first.
    fn conclude(
        &self,
        position: usize,
        case: Self::Case,
        is_proved: bool,
    ) -> impl Future<Output = Weighed<Self::Record>> + Send;
}

struct Worker<W: Work> {
    work: W,
    queue: Arc<CaseQueue>,
    ahead: usize,
    finished: mpsc::UnboundedSender<(usize, W::Record)>,
    /// The cases that are not reported yet, by their positions, the oldest first.
    aside: VecDeque<(usize, W::Case)>,
}

/// The pool is gone, and no record is awaited any more.
struct Over;

impl<W: Work> Worker<W> {
    async fn run(mut self, mut progress: watch::Receiver<usize>) {
        let _ = self.take_cases(&mut progress).await;
    }

    async fn take_cases(&mut self, progress: &mut watch::Receiver<usize>) -> Result<(), Over> {
        // As far as was reported when this worker last looked.
        let mut reported: usize = 0;
        while let Some(position) = self.queue.take() {
            if position >= reported.saturating_add(self.ahead) {
                reported = *progress.borrow_and_update();
            }
            // The case that is reported next never waits here, so progress goes on. A dropped pool ends the wait.
            if position >= reported.saturating_add(self.ahead) {
                self.report_all(progress).await?;
                let has_come = |reported: &usize| position < reported.saturating_add(self.ahead);
                reported = *progress.wait_for(has_come).await.map_err(|_| Over)?;
            }
            let case = self.begin(position, progress).await?;
            self.aside.push_back((position, case));
            while let Some(is_proved) = self.aside.front_mut().and_then(|(_, case)| W::known(case)) {
                self.report_oldest(is_proved, progress).await?;
            }
            if self.aside.iter().map(|(_, case)| W::weight(case)).sum::<usize>() > HEAVY {
                self.report_all(progress).await?;
            }
        }
        if !self.aside.is_empty() {
            self.work.end().await;
        }
        self.report_all(progress).await
    }

    /// Takes a case to its end. Those put aside are reported meanwhile, as far as they are proved: it may take long.
    async fn begin(
        &mut self,
        position: usize,
        progress: &mut watch::Receiver<usize>,
    ) -> Result<W::Case, Over> {
        let work = self.work.clone();
        let mut begun = pin!(work.begin(position));
        // While cases are short, a look at the others meanwhile is not worth its cost.
        if !self.aside.is_empty()
            && let Ok(case) = timeout(SHORT, &mut begun).await
        {
            return Ok(case);
        }
        loop {
            let Some((_, oldest)) = self.aside.front_mut() else { return Ok(begun.await) };
            let is_proved = tokio::select! {
                biased;
                case = &mut begun => return Ok(case),
                is_proved = work.is_proved(oldest) => is_proved,
            };
            if !is_proved {
                // It starts again once this one is over: a worker has one case under way.
                let case = begun.await;
                self.report_oldest(false, progress).await?;
                return Ok(case);
            }
            self.report_oldest(true, progress).await?;
        }
    }

    /// Reports all that were put aside.
    async fn report_all(&mut self, progress: &mut watch::Receiver<usize>) -> Result<(), Over> {
        while let Some((_, oldest)) = self.aside.front_mut() {
            let is_proved = self.work.is_proved(oldest).await;
            self.report_oldest(is_proved, progress).await?;
        }
        Ok(())
    }

    async fn report_oldest(
        &mut self,
        is_proved: bool,
        progress: &mut watch::Receiver<usize>,
    ) -> Result<(), Over> {
        let Some((position, case)) = self.aside.pop_front() else { return Ok(()) };
        let (record, weight) = self.work.conclude(position, case, is_proved).await;
        self.finished.send((position, record)).map_err(|_| Over)?;
        if weight > LIGHT {
            progress.wait_for(|reported| *reported > position).await.map_err(|_| Over)?;
        }
        Ok(())
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
    let shared = SharedRun { runner, planned: cases, jobs, stop, failed: AtomicUsize::new(0) };
    Pool::start(count, jobs, &Arc::new(shared))
}

/// What the workers of a run share.
struct SharedRun {
    runner: Arc<Runner>,
    planned: Vec<PlannedCase>,
    jobs: usize,
    stop: Stop,
    /// How many cases have failed, as soon as it is known: they are reported later.
    failed: AtomicUsize,
}

/// A case of a run that was taken to its end.
enum CaseDone {
    Whole(Box<CaseRecord>),
    /// Its answers are not all proved to be its own.
    Open(Box<OpenCase>),
}

impl Work for Arc<SharedRun> {
    type Case = CaseDone;
    type Record = Box<CaseRecord>;

    async fn begin(&self, position: usize) -> CaseDone {
        self.judge(position).await
    }

    async fn end(&self) {
        tokio::select! {
            () = self.runner.client.close_waiting() => {}
            _ = self.stop.stopped() => {}
        }
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
    async fn judge(&self, position: usize) -> CaseDone {
        let (runner, planned) = (&self.runner, &self.planned[position]);
        let enough = runner.settings.enough.map_or(usize::MAX, NonZeroUsize::get);
        if self.failed.load(Ordering::Relaxed) >= enough {
            return CaseDone::Whole(Box::new(runner.record_skipped(planned, Skipped::EnoughFailed)));
        }
        // Each worker takes one of these last.
        let is_last = position + self.jobs >= self.planned.len();
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep, sleep_until};

    use super::{GATHER, HEAVY, Pool, Weighed, Work};

    /// Cases that take so many microseconds each, and are open for so many more.
    #[derive(Clone, Default)]
    struct Sleeping {
        times: &'static [u64],
        open: &'static [(u64, bool)],
        weight: usize,
    }

    /// A case that is open until then, with what comes out.
    type Slept = (usize, Option<(Instant, bool)>, usize);

    impl Work for Sleeping {
        type Case = Slept;
        type Record = (usize, bool);

        async fn begin(&self, position: usize) -> Slept {
            sleep(Duration::from_micros(self.times[position])).await;
            let open = self.open.get(position);
            let until = |micros: u64| Instant::now() + Duration::from_micros(micros);
            (position, open.map(|(micros, is_own)| (until(*micros), *is_own)), self.weight)
        }

        async fn end(&self) {}

        fn known((_, open, _): &mut Slept) -> Option<bool> {
            let Some((until, is_own)) = *open else { return Some(true) };
            (until <= Instant::now()).then_some(is_own)
        }

        fn weight((_, open, weight): &Slept) -> usize {
            if open.is_some() { *weight } else { 0 }
        }

        async fn is_proved(&self, (_, open, _): &mut Slept) -> bool {
            let Some((until, is_own)) = *open else { return true };
            sleep_until(until).await;
            is_own
        }

        async fn conclude(&self, _: usize, case: Slept, is_proved: bool) -> Weighed<(usize, bool)> {
            ((case.0, is_proved), 0)
        }
    }

    /// Runs cases of which each takes so many microseconds, and says when each was reported.
    async fn reported(jobs: usize, times: &'static [u64]) -> Vec<Duration> {
        reported_with(jobs, Sleeping { times, ..Sleeping::default() })
            .await
            .into_iter()
            .map(|(at, _)| at)
            .collect()
    }

    /// The same, with whether each was proved.
    async fn reported_with(jobs: usize, work: Sleeping) -> Vec<(Duration, bool)> {
        let start = Instant::now();
        let mut pool = Pool::start(work.times.len(), jobs, &work);
        let mut reported = Vec::new();
        while let Some((position, is_proved)) = pool.next().await.unwrap() {
            assert_eq!(position, reported.len(), "in order");
            reported.push((start.elapsed(), is_proved));
        }
        reported
    }

    #[tokio::test(start_paused = true)]
    async fn a_case_that_is_not_proved_yet_holds_up_no_other_and_is_reported_as_soon_as_it_is() {
        let millis = Duration::from_millis;
        // Times in steps of a millisecond, beside the time for which records gather.
        let work = Sleeping { times: &[1000, 100_000, 1000], open: &[(20_000, true)], weight: 0 };
        let reported = reported_with(1, work).await;
        assert_eq!(reported[0], (millis(21), true));
        assert_eq!(reported[1..].iter().map(|(at, _)| *at).collect::<Vec<_>>(), [millis(101), millis(102)]);
        // One that starts again does so when its worker has no other under way.
        let work = Sleeping { times: &[1000, 100_000], open: &[(20_000, false), (5000, true)], weight: 0 };
        assert_eq!(reported_with(1, work).await, [(millis(101), false), (millis(106), true)]);
        let work = Sleeping { times: &[1000], open: &[(5000, false)], weight: 0 };
        assert_eq!(reported_with(1, work).await, [(millis(6), false)]);
        // Where those that are put aside hold much, the worker waits for them before it goes on.
        for (weight, due) in [(HEAVY, millis(21)), (HEAVY + 1, millis(22))] {
            let work = Sleeping { times: &[1000, 1000], open: &[(20_000, true)], weight };
            assert_eq!(reported_with(1, work).await, [(millis(21), true), (due, true)]);
        }
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
