//! Waits with a limit that does not count the time in which this process or this machine was paused.
//!
//! Main function: [`at_most`]. A wait is looked at many times a second. Where a look comes a second late, the process
//! was stopped (SIGSTOP), the machine was suspended, or it had no processor time: none of that is the endpoint's time.

use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use tokio::time::timeout;

use crate::model::{NoAnswer, whole_micros};

/// How often a wait is looked at. Nearly every answer comes before the first look, and costs nothing more.
const LOOK: Duration = Duration::from_millis(250);

/// How late a look has to be: a busy machine is late by some hundred milliseconds, a stopped process by seconds.
const LATE: Duration = Duration::from_secs(1);

/// For how long a wait was paused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pause {
    /// In all.
    whole: Duration,
    /// The part that the monotonic clock counts; that clock stops while a machine is suspended.
    counted: Duration,
}

impl Pause {
    /// Whether there was one.
    pub(super) fn is_some(self) -> bool {
        !self.whole.is_zero()
    }

    /// An answer's time without the pause, and the pause itself.
    pub(super) fn take_out(self, elapsed: Duration) -> (Duration, Duration) {
        (whole_micros(elapsed.saturating_sub(self.counted)), whole_micros(self.whole))
    }

    /// A fault, with the pause that may be its cause.
    pub(super) fn attach_to(self, fault: NoAnswer) -> NoAnswer {
        if !self.is_some() {
            return fault;
        }
        let paused = format!(" (this machine was paused for {:.1?} meanwhile)", self.whole);
        match fault {
            NoAnswer::Connect { reason } => NoAnswer::Connect { reason: reason + &paused },
            NoAnswer::TimedOut { what, after } => {
                NoAnswer::TimedOut { what: (what.into_owned() + &paused).into(), after }
            }
            NoAnswer::Broken { reason } => NoAnswer::Broken { reason: reason + &paused },
            NoAnswer::Lost { reason } => NoAnswer::Lost { reason: reason + &paused },
            NoAnswer::TooLarge { .. } | NoAnswer::Unsendable { .. } | NoAnswer::Interrupted => fault,
        }
    }
}

/// Waits for a future, for so long at most, and says for how long the wait was paused. After the first pause the wait
/// begins anew, once.
///
/// Gives none if the time is over.
pub(super) async fn at_most<F: Future>(limit: Duration, future: Pin<&mut F>) -> (Option<F::Output>, Pause) {
    let start = Instant::now();
    let clocks = || Clocks {
        monotonic: start.elapsed(),
        // A clock before 1970 measures nothing.
        wall: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
    };
    at_most_by(limit, future, clocks).await
}

/// What two clocks say. The wall clock goes on while a machine is suspended.
#[derive(Debug, Clone, Copy)]
struct Clocks {
    monotonic: Duration,
    wall: Duration,
}

async fn at_most_by<F: Future>(
    limit: Duration,
    mut future: Pin<&mut F>,
    clocks: impl Fn() -> Clocks,
) -> (Option<F::Output>, Pause) {
    let mut pause = Pause::default();
    let mut left = limit;
    loop {
        let (slice, before) = (LOOK.min(left), clocks());
        let outcome = timeout(slice, future.as_mut()).await.ok();
        let after = clocks();
        let monotonic = after.monotonic.saturating_sub(before.monotonic);
        let passed = monotonic.max(after.wall.saturating_sub(before.wall));
        let is_late = passed > slice + LATE;
        let is_first = pause.whole.is_zero();
        if is_late {
            pause.whole += passed.saturating_sub(slice);
            pause.counted += monotonic.saturating_sub(slice);
        }
        left = if is_late && is_first { limit } else { left.saturating_sub(slice) };
        if outcome.is_some() || left.is_zero() {
            return (outcome, pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::pending;
    use std::pin::pin;
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::{Clocks, Pause, at_most, at_most_by};
    use crate::model::NoAnswer;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_pause_a_wait_ends_at_its_limit() {
        let start = Instant::now();
        assert_eq!(at_most(seconds(3), pin!(pending::<()>())).await, (None, Pause::default()));
        assert_eq!(start.elapsed(), seconds(3));
        let answered = async {
            sleep(seconds(2)).await;
            7
        };
        assert_eq!(at_most(seconds(3), pin!(answered)).await, (Some(7), Pause::default()));
    }

    /// Waits with clocks that jump by so much after so long, each once: the monotonic one, and the wall clock.
    async fn jumping(
        limit: Duration,
        answer: Duration,
        jumps: &[(Duration, Duration, Duration)],
    ) -> (bool, Pause, Duration) {
        let start = Instant::now();
        let ahead = Cell::new((Duration::ZERO, Duration::ZERO));
        let next = Cell::new(0);
        let clocks = || {
            let passed = start.elapsed();
            if let Some((at, monotonic, wall)) = jumps.get(next.get()).filter(|(at, ..)| passed >= *at) {
                let _ = at;
                next.set(next.get() + 1);
                ahead.set((ahead.get().0 + *monotonic, ahead.get().1 + *wall));
            }
            Clocks { monotonic: passed + ahead.get().0, wall: seconds(1000) + passed + ahead.get().1 }
        };
        let (outcome, pause) = at_most_by(limit, pin!(sleep(answer)), clocks).await;
        (outcome.is_some(), pause, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_the_wait_begins_anew_once() {
        let stopped = (seconds(2), seconds(40), seconds(40));
        let suspended = (seconds(2), Duration::ZERO, seconds(40));
        let again = (seconds(4), seconds(40), seconds(40));
        let pause = |whole: u64, counted: u64| Pause { whole: seconds(whole), counted: seconds(counted) };
        for (answer, jumps, due) in [
            (4, vec![stopped], (true, pause(40, 40), seconds(4))),
            (4, vec![suspended], (true, pause(40, 0), seconds(4))),
            (9, vec![stopped], (false, pause(40, 40), seconds(5))),
            (9, vec![stopped, again], (false, pause(80, 80), seconds(5))),
        ] {
            let (is_answered, pause, elapsed) = jumping(seconds(3), seconds(answer), &jumps).await;
            assert_eq!((is_answered, pause), (due.0, due.1), "{jumps:?}");
            assert!(elapsed.abs_diff(due.2) <= Duration::from_millis(250), "{elapsed:?} {jumps:?}");
        }
    }

    #[test]
    fn a_pause_is_no_part_of_the_answers_time_and_a_fault_names_it() {
        let pause = Pause { whole: seconds(40), counted: seconds(30) };
        assert_eq!(pause.take_out(seconds(31)), (seconds(1), seconds(40)));
        let fault = pause.attach_to(NoAnswer::Broken { reason: "reset".into() });
        assert_eq!(
            fault.to_string(),
            "the exchange broke: reset (this machine was paused for 40.0s meanwhile)"
        );
    }
}
