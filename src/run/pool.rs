//! Workers that take cases in their order, and give the records back in that order.
//!
//! A worker goes on with the next case at once and never waits for the reporter, except where too much would gather. It
//! does not know what a case is about. A case whose answers are not yet proved to be its own it puts aside meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

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

/// How many workers begin at once where connections are kept. The others follow, twice as many after each [`STEP`], unless
/// what is left is done [`SOON`] without them: more workers are more connections.
pub(super) const AT_ONCE: usize = 2;
const STEP: Duration = Duration::from_millis(1);

/// So many steps.
const SOON: usize = 4;

/// How long a worker waits for what others prove, once no case is left to begin.
const LAST_LOOK: Duration = Duration::from_millis(1);

/// Workers, and what they have finished, by its position.
pub(super) struct Pool<W: Work> {
    work: W,
    workers: JoinSet<()>,
    /// How many workers are not needed yet, and when that is looked at again.
    in_reserve: usize,
    next_step: Instant,
    /// How many cases were done at the last step.
    done: usize,
    sender: mpsc::UnboundedSender<(usize, W::Record)>,
    finished: mpsc::UnboundedReceiver<(usize, W::Record)>,
    batch: Vec<(usize, W::Record)>,
    /// Records whose turn has not come.
    waiting: BTreeMap<usize, W::Record>,
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
    /// How many workers take cases.
    working: AtomicUsize,
    /// How far they may be ahead of what is reported.
    ahead: usize,
    /// A worker has found nothing left.
    has_run_out: Notify,
}

impl CaseQueue {
    /// The next one, and whether it is the last that its worker takes, as far as can be seen.
    fn take(&self) -> Option<(usize, bool)> {
        let position = self.next.fetch_add(1, Ordering::Relaxed);
        if position < self.count {
            let is_last = position + self.working.load(Ordering::Relaxed) >= self.count;
            return Some((position, is_last));
        }
        self.has_run_out.notify_one();
        None
    }

    /// How many cases are done, where each worker has one under way, and how many are left to begin.
    fn done_and_left(&self) -> (usize, usize) {
        let taken = self.next.load(Ordering::Relaxed).min(self.count);
        (taken.saturating_sub(self.working.load(Ordering::Relaxed)), self.count - taken)
    }

    /// Waits until records have gathered, or nothing is left to begin.
    async fn gather(&self) {
        if self.next.load(Ordering::Relaxed) < self.count {
            tokio::select! {
                () = sleep(GATHER) => {}
                () = self.has_run_out.notified() => {}
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

impl<W: Work> Pool<W> {
    /// Starts at most `jobs` workers on so many cases, so many `at_once`.
    pub(super) fn start(count: usize, jobs: usize, at_once: usize, work: W) -> Self {
        let (sender, finished) = mpsc::unbounded_channel();
        let (next, working) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ahead = jobs.saturating_mul(AHEAD).saturating_add(MORE_AHEAD);
        let queue = CaseQueue { next, count, working, ahead, has_run_out: Notify::new() };
        let mut pool = Self {
            work,
            workers: JoinSet::new(),
            in_reserve: jobs.min(count),
            next_step: Instant::now() + STEP,
            done: 0,
            sender,
            finished,
            batch: Vec::new(),
            waiting: BTreeMap::new(),
            reported: 0,
            queue: Arc::new(queue),
            progress: watch::Sender::new(0),
        };
        pool.employ(at_once);
        pool
    }

    /// Lets so many workers more begin, if there are as many.
    fn employ(&mut self, count: usize) {
        let count = count.min(self.in_reserve);
        self.in_reserve -= count;
        self.queue.working.fetch_add(count, Ordering::Relaxed);
        for _ in 0..count {
            let (work, queue, finished) = (self.work.clone(), Arc::clone(&self.queue), self.sender.clone());
            let worker = Worker { work, queue, finished, aside: VecDeque::new() };
            self.workers.spawn(worker.run(self.progress.subscribe()));
        }
    }

    /// Lets as many workers more begin as there are, if they are needed.
    fn step(&mut self) {
        let (done, left) = self.queue.done_and_left();
        if left > done.saturating_sub(self.done).saturating_mul(SOON) {
            self.employ(self.queue.working.load(Ordering::Relaxed));
        }
        self.done = done;
        self.next_step = Instant::now() + STEP;
        if left == 0 {
            self.in_reserve = 0;
        }
    }

    /// The record of the next case; none after the last. A caller that stops waiting loses no record.
    ///
    /// # Errors
    /// The panic of a worker, once the others have cleaned up after the cases that they had under way.
    pub(super) async fn next(&mut self) -> Result<Option<W::Record>, JoinError> {
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
                () = sleep_until(self.next_step), if self.in_reserve > 0 => self.step(),
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

    /// Takes the case at a position to its end; `is_last` if its worker takes no further one.
    fn begin(&self, position: usize, is_last: bool) -> impl Future<Output = Self::Case> + Send;

    /// Whether its answers are its own, if that is known already.
    fn known(case: &mut Self::Case) -> Option<bool>;

    /// Waits until that is known, or the run is broken off. A caller that stops waiting loses nothing.
    fn is_proved(&self, case: &mut Self::Case) -> impl Future<Output = bool> + Send;

    /// Takes note that no case is left to begin.
    fn run_out(&self);

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
        while let Some((position, is_last)) = self.queue.take() {
            if position >= reported.saturating_add(self.queue.ahead) {
                reported = *progress.borrow_and_update();
            }
            // The case that is reported next never waits here, so progress goes on. A dropped pool ends the wait.
            if position >= reported.saturating_add(self.queue.ahead) {
                self.report_all(progress).await?;
                let has_come = |reported: &usize| position < reported.saturating_add(self.queue.ahead);
                reported = *progress.wait_for(has_come).await.map_err(|_| Over)?;
            }
            let case = self.begin((position, is_last), progress).await?;
            self.aside.push_back((position, case));
            while let Some(is_proved) = self.aside.front_mut().and_then(|(_, case)| W::known(case)) {
                self.report_oldest(is_proved, progress).await?;
            }
            if self.aside.iter().map(|(_, case)| W::weight(case)).sum::<usize>() > HEAVY {
                self.report_all(progress).await?;
            }
        }
        self.work.run_out();
        let until = Instant::now() + LAST_LOOK;
        while let Some((_, oldest)) = self.aside.front_mut() {
            let Ok(is_proved) = timeout_at(until, self.work.is_proved(oldest)).await else {
                self.work.end().await;
                break;
            };
            self.report_oldest(is_proved, progress).await?;
        }
        self.report_all(progress).await
    }

    /// Takes a case to its end. Those put aside are reported meanwhile, as far as they are proved: it may take long.
    async fn begin(
        &mut self,
        (position, is_last): (usize, bool),
        progress: &mut watch::Receiver<usize>,
    ) -> Result<W::Case, Over> {
        let work = self.work.clone();
        let mut begun = pin!(work.begin(position, is_last));
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::time::{Instant, sleep, sleep_until};

    use super::{AT_ONCE, GATHER, HEAVY, Pool, Weighed, Work};

    /// Cases that take so many microseconds each, and are open for so many more.
    #[derive(Clone, Default)]
    struct Sleeping {
        times: &'static [u64],
        open: &'static [(u64, bool)],
        weight: usize,
        under_way: Arc<AtomicUsize>,
        most_under_way: Arc<AtomicUsize>,
    }

    /// A case that is open until then, with what comes out.
    type Slept = (usize, Option<(Instant, bool)>, usize);

    impl Work for Sleeping {
        type Case = Slept;
        type Record = (usize, bool);

        async fn begin(&self, position: usize, _: bool) -> Slept {
            let under_way = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
            self.most_under_way.fetch_max(under_way, Ordering::Relaxed);
            sleep(Duration::from_micros(self.times[position])).await;
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            let open = self.open.get(position);
            let until = |micros: u64| Instant::now() + Duration::from_micros(micros);
            (position, open.map(|(micros, is_own)| (until(*micros), *is_own)), self.weight)
        }

        fn run_out(&self) {}

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
        reported_with((jobs, jobs), Sleeping { times, ..Sleeping::default() })
            .await
            .into_iter()
            .map(|(at, _)| at)
            .collect()
    }

    /// The same, with whether each was proved.
    async fn reported_with((jobs, at_once): (usize, usize), work: Sleeping) -> Vec<(Duration, bool)> {
        let start = Instant::now();
        let mut pool = Pool::start(work.times.len(), jobs, at_once, work.clone());
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
        let work = Sleeping {
            times: &[1000, 100_000, 1000],
            open: &[(20_000, true)],
            weight: 0,
            ..Sleeping::default()
        };
        let reported = reported_with((1, 1), work).await;
        assert_eq!(reported[0], (millis(21), true));
        assert_eq!(reported[1..].iter().map(|(at, _)| *at).collect::<Vec<_>>(), [millis(101), millis(102)]);
        // One that starts again does so when its worker has no other under way.
        let work = Sleeping {
            times: &[1000, 100_000],
            open: &[(20_000, false), (5000, true)],
            weight: 0,
            ..Sleeping::default()
        };
        assert_eq!(reported_with((1, 1), work).await, [(millis(101), false), (millis(106), true)]);
        let work = Sleeping { times: &[1000], open: &[(5000, false)], weight: 0, ..Sleeping::default() };
        assert_eq!(reported_with((1, 1), work).await, [(millis(6), false)]);
        // Where those that are put aside hold much, the worker waits for them before it goes on.
        for (weight, due) in [(HEAVY, millis(21)), (HEAVY + 1, millis(22))] {
            let work =
                Sleeping { times: &[1000, 1000], open: &[(20_000, true)], weight, ..Sleeping::default() };
            assert_eq!(reported_with((1, 1), work).await, [(millis(21), true), (due, true)]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_workers_begin_than_it_takes() {
        // How many cases, their time, how many are under way at once, and when the last is reported.
        let plans: [(&[u64], usize, u64); 5] = [
            (&[0; 1000], 2, 2),
            (&[1000; 1000], 16, 1000),
            // Of an endpoint that takes its time, all cases are under way soon.
            (&[100_000; 16], 16, 104),
            (&[100_000; 3], 3, 101),
            (&[50_000; 2], 2, 50),
        ];
        for (times, most, due) in plans {
            let work = Sleeping { times, ..Sleeping::default() };
            let under_way = Arc::clone(&work.most_under_way);
            let reported = reported_with((16, AT_ONCE), work).await;
            assert_eq!(under_way.load(Ordering::Relaxed), most, "{}", times.len());
            let last = reported.last().unwrap().0;
            assert!(last <= Duration::from_millis(due), "{}: {last:?}", times.len());
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
