//! Stops a run early, and cleanly.

use std::time::Duration;

use tokio::sync::watch;

use super::preflight::Obstacle;
use crate::event::Stopped;
use crate::model::{Fault, NotRun};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Interrupted,
    OutOfTime(Duration),
    Obstructed(Obstacle),
}

/// The switch that stops a run.
#[derive(Debug)]
pub struct StopSwitch(watch::Sender<Option<Reason>>);

/// What a case listens to.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<Reason>>);

/// Why a case has to stop.
#[derive(Debug, Clone)]
pub struct StopReason(Reason);

impl Default for StopSwitch {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl StopSwitch {
    /// Interrupts the run: no further case starts, those under way clean up.
    ///
    /// It outranks every other reason, so that it ends also the runs that were to follow.
    pub fn interrupt(&self) {
        self.0.send_replace(Some(Reason::Interrupted));
    }

    /// Whether somebody interrupted.
    pub fn is_interrupted(&self) -> bool {
        *self.0.borrow() == Some(Reason::Interrupted)
    }

    /// Makes the switch ready for the next run; an interrupt stays.
    pub fn ready(&self) {
        self.0.send_if_modified(|known| {
            let is_over = known.as_ref().is_some_and(|reason| *reason != Reason::Interrupted);
            if is_over {
                *known = None;
            }
            is_over
        });
    }

    pub(super) fn out_of_time(&self, after: Duration) {
        self.set(Reason::OutOfTime(after));
    }

    /// No case is tried, since none could come to anything.
    pub(super) fn obstructed(&self, obstacle: Obstacle) {
        self.set(Reason::Obstructed(obstacle));
    }

    fn set(&self, reason: Reason) {
        self.0.send_if_modified(|known| {
            let is_first = known.is_none();
            if is_first {
                *known = Some(reason);
            }
            is_first
        });
    }

    /// A listener.
    pub fn listen(&self) -> Stop {
        Stop(self.0.subscribe())
    }

    pub(super) fn stopped(&self) -> Option<Stopped> {
        self.0.borrow().as_ref().map(|reason| match reason {
            Reason::Interrupted => Stopped::Interrupted,
            Reason::OutOfTime(_) => Stopped::OutOfTime,
            Reason::Obstructed(Obstacle::Unreachable(reason)) => {
                Stopped::Unreachable { reason: reason.clone() }
            }
            Reason::Obstructed(Obstacle::Refused(reason)) => Stopped::Refused { reason: reason.clone() },
        })
    }
}

impl Stop {
    pub(super) fn reason(&self) -> Option<StopReason> {
        self.0.borrow().clone().map(StopReason)
    }

    /// Waits until the run is stopped; for ever if it is not.
    pub(super) async fn stopped(&self) -> StopReason {
        let mut listener = self.0.clone();
        let reason = listener.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        match reason {
            Some(reason) => StopReason(reason),
            // The switch is gone, so nobody can stop this any more.
            None => std::future::pending().await,
        }
    }
}

impl From<StopReason> for NotRun {
    fn from(reason: StopReason) -> Self {
        match reason.0 {
            Reason::Interrupted => Self::Interrupted,
            Reason::OutOfTime(_) => Self::OutOfTime,
            Reason::Obstructed(Obstacle::Unreachable(reason)) => Self::Unreachable { reason },
            Reason::Obstructed(Obstacle::Refused(reason)) => Self::Refused { reason },
        }
    }
}

impl From<StopReason> for Fault {
    fn from(reason: StopReason) -> Self {
        match reason.0 {
            Reason::Interrupted => Self::Interrupted,
            Reason::OutOfTime(after) => Self::TimedOut { what: "the whole run".into(), after },
            Reason::Obstructed(Obstacle::Unreachable(reason)) => Self::Connect { reason },
            Reason::Obstructed(Obstacle::Refused(reason)) => Self::Unsendable { reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Obstacle, StopSwitch};
    use crate::event::Stopped;

    #[test]
    fn an_interrupt_outranks_other_reasons_and_ends_the_runs_that_follow() {
        let stop = StopSwitch::default();
        stop.out_of_time(Duration::from_secs(1));
        stop.obstructed(Obstacle::Unreachable("nobody".into()));
        assert_eq!(stop.stopped(), Some(Stopped::OutOfTime), "the first reason is told");
        stop.ready();
        assert_eq!(stop.stopped(), None);
        stop.obstructed(Obstacle::Refused("late".into()));
        stop.interrupt();
        stop.out_of_time(Duration::from_secs(1));
        stop.ready();
        assert_eq!((stop.stopped(), stop.is_interrupted()), (Some(Stopped::Interrupted), true));
    }
}
