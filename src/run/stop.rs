//! Stops a run early, and cleanly.

use std::time::Duration;

use tokio::sync::watch;

use super::preflight::Obstacle;
use crate::event::Stopped;
use crate::model::{NoAnswer, Skipped};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Interrupted,
    OutOfTime(Duration),
    /// As many cases have failed as anybody wants to see. Cases under way are finished.
    Enough(usize),
    Obstructed(Obstacle),
    /// Bytes came that no request had asked for. It is known for certain only when no case is under way.
    MixedUp,
}

impl Reason {
    /// Whether it ends cases that are under way, too.
    fn cuts_short(&self) -> bool {
        match self {
            Self::Interrupted | Self::OutOfTime(_) | Self::Obstructed(_) => true,
            Self::Enough(_) | Self::MixedUp => false,
        }
    }
}

/// The switch that stops a run.
#[derive(Debug)]
pub struct StopSwitch(watch::Sender<Option<Reason>>);

/// What a case listens to.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<Reason>>);

/// Why a case has to stop.
#[derive(Debug, Clone)]
pub(crate) struct StopReason(Reason);

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

    /// Whether the run was interrupted.
    pub fn is_interrupted(&self) -> bool {
        *self.0.borrow() == Some(Reason::Interrupted)
    }

    /// Waits until it is interrupted.
    pub async fn interrupted(&self) {
        // The sender is this switch, so the wait cannot end without an interrupt.
        let _ = self.0.subscribe().wait_for(|reason| *reason == Some(Reason::Interrupted)).await;
    }

    /// Makes the switch ready for the next run; an interrupt stays.
    pub fn make_ready(&self) {
        self.0.send_if_modified(|known| {
            let is_over = known.as_ref().is_some_and(|reason| *reason != Reason::Interrupted);
            if is_over {
                *known = None;
            }
            is_over
        });
    }

    pub(super) fn stop_for_time(&self, after: Duration) {
        self.set(Reason::OutOfTime(after));
    }

    /// No case is tried, since none could come to anything.
    pub(super) fn stop_for_obstacle(&self, obstacle: Obstacle) {
        self.set(Reason::Obstructed(obstacle));
    }

    /// No further case starts, since so many have failed; those under way are finished.
    pub(super) fn enough(&self, failures: usize) {
        self.set(Reason::Enough(failures));
    }

    /// What is known of the cases cannot be relied on. It says more than why no further case was started.
    pub(super) fn stop_for_mix_up(&self) {
        self.0.send_if_modified(|known| {
            let yields = *known != Some(Reason::Interrupted);
            if yields {
                *known = Some(Reason::MixedUp);
            }
            yields
        });
    }

    fn set(&self, reason: Reason) {
        self.0.send_if_modified(|known| {
            // Cases that are finished after enough have failed may still take too long.
            let yields = matches!(known, None | Some(Reason::Enough(_)));
            if yields {
                *known = Some(reason);
            }
            yields
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
            Reason::Enough(failures) => Stopped::EnoughFailed { failures: *failures },
            Reason::Obstructed(Obstacle::Unreachable(reason)) => {
                Stopped::Unreachable { reason: reason.clone() }
            }
            Reason::Obstructed(Obstacle::Refused(reason)) => Stopped::Refused { reason: reason.clone() },
            Reason::MixedUp => Stopped::MixedUp,
        })
    }
}

impl Stop {
    /// Why no further case starts, if so.
    pub(super) fn before_a_case(&self) -> Option<StopReason> {
        self.0.borrow().clone().map(StopReason)
    }

    /// Why a case that is under way goes no further, if so.
    pub(super) fn reason(&self) -> Option<StopReason> {
        self.0.borrow().clone().filter(Reason::cuts_short).map(StopReason)
    }

    /// Waits until the run is stopped; for ever if it is not.
    pub(super) async fn stopped(&self) -> StopReason {
        let mut listener = self.0.clone();
        let reason = listener
            .wait_for(|reason| reason.as_ref().is_some_and(Reason::cuts_short))
            .await
            .ok()
            .and_then(|reason| reason.clone());
        match reason {
            Some(reason) => StopReason(reason),
            // The switch is gone, so the run cannot be stopped any more.
            None => std::future::pending().await,
        }
    }
}

impl From<StopReason> for Skipped {
    fn from(reason: StopReason) -> Self {
        match reason.0 {
            // The last comes when no case is left that could meet it.
            Reason::Interrupted | Reason::MixedUp => Self::Interrupted,
            Reason::OutOfTime(_) => Self::OutOfTime,
            Reason::Enough(_) => Self::EnoughFailed,
            Reason::Obstructed(Obstacle::Unreachable(reason)) => Self::Unreachable { reason },
            Reason::Obstructed(Obstacle::Refused(reason)) => Self::Refused { reason },
        }
    }
}

impl From<StopReason> for NoAnswer {
    fn from(reason: StopReason) -> Self {
        match reason.0 {
            // Only the first ends a request; if the others did, that would be as if it had been interrupted.
            Reason::Interrupted | Reason::Enough(_) | Reason::MixedUp => Self::Interrupted,
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
    fn when_enough_have_failed_no_case_starts_and_those_under_way_go_on() {
        let stop = StopSwitch::default();
        let listener = stop.listen();
        stop.enough(3);
        assert!(listener.before_a_case().is_some() && listener.reason().is_none());
        assert_eq!(stop.stopped(), Some(Stopped::EnoughFailed { failures: 3 }));
        stop.stop_for_time(Duration::from_secs(1));
        assert!(listener.reason().is_some(), "they do not go on for ever");
    }

    #[test]
    fn an_interrupt_outranks_other_reasons_and_ends_the_runs_that_follow() {
        let stop = StopSwitch::default();
        stop.stop_for_time(Duration::from_secs(1));
        stop.stop_for_obstacle(Obstacle::Unreachable("no endpoint".into()));
        assert_eq!(stop.stopped(), Some(Stopped::OutOfTime), "the first reason counts");
        stop.make_ready();
        assert_eq!(stop.stopped(), None);
        stop.stop_for_obstacle(Obstacle::Refused("late".into()));
        stop.interrupt();
        stop.enough(1);
        stop.stop_for_time(Duration::from_secs(1));
        stop.make_ready();
        assert_eq!((stop.stopped(), stop.is_interrupted()), (Some(Stopped::Interrupted), true));
    }
}
