//! Verdicts with their reasons, and what came of a snapshot.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{WireError, micros};
use crate::model::{Fault, NotRun, SnapshotOutcome, Unknown, Verdict};

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub(super) enum RawVerdict {
    Passed,
    Flaky { attempts: Vec<String> },
    Failed,
    Waived { reason: String },
    Indeterminate { because: RawUnknown },
    NotRun { because: RawNotRun },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum RawUnknown {
    Connect { reason: String },
    TimedOut { what: String, after_us: u64 },
    Broken { reason: String },
    Lost { reason: String },
    TooLarge { limit: usize },
    Unsendable { reason: String },
    Interrupted,
    Throttled { answer: String },
    SetUp { state: String, reason: String },
    Paused { paused_us: u64 },
    Unprepared { reason: String },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum RawNotRun {
    NoWayTo { state: String, reason: String },
    Unsigned { scheme: String, is_meant: bool },
    Billable,
    Unreachable { reason: String },
    Refused { reason: String },
    Interrupted,
    OutOfTime,
    EnoughFailed,
}

impl From<&Verdict> for RawVerdict {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Passed,
            Verdict::Flaky { attempts } => Self::Flaky { attempts: attempts.clone() },
            Verdict::Failed => Self::Failed,
            Verdict::Waived { reason } => Self::Waived { reason: reason.clone() },
            Verdict::Indeterminate(unknown) => Self::Indeterminate { because: unknown.clone().into() },
            Verdict::NotRun(reason) => Self::NotRun { because: reason.clone().into() },
        }
    }
}

impl TryFrom<RawVerdict> for Verdict {
    type Error = WireError;

    fn try_from(raw: RawVerdict) -> Result<Self, WireError> {
        Ok(match raw {
            RawVerdict::Passed => Self::Passed,
            RawVerdict::Flaky { attempts } => Self::Flaky { attempts },
            RawVerdict::Failed => Self::Failed,
            RawVerdict::Waived { reason } => Self::Waived { reason },
            RawVerdict::Indeterminate { because } => Self::Indeterminate(because.into()),
            RawVerdict::NotRun { because } => Self::NotRun(because.try_into()?),
        })
    }
}

impl From<Unknown> for RawUnknown {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Transport(Fault::Connect { reason }) => Self::Connect { reason },
            Unknown::Transport(Fault::TimedOut { what, after }) => {
                Self::TimedOut { what: what.into_owned(), after_us: micros(after) }
            }
            Unknown::Transport(Fault::Broken { reason }) => Self::Broken { reason },
            Unknown::Transport(Fault::Lost { reason }) => Self::Lost { reason },
            Unknown::Transport(Fault::TooLarge { limit }) => Self::TooLarge { limit },
            Unknown::Transport(Fault::Unsendable { reason }) => Self::Unsendable { reason },
            Unknown::Transport(Fault::Interrupted) => Self::Interrupted,
            Unknown::Throttled { answer } => Self::Throttled { answer },
            Unknown::SetUp { state, reason } => Self::SetUp { state, reason },
            Unknown::Paused { paused } => Self::Paused { paused_us: micros(paused) },
            Unknown::Unprepared { reason } => Self::Unprepared { reason },
        }
    }
}

impl From<RawUnknown> for Unknown {
    fn from(raw: RawUnknown) -> Self {
        match raw {
            RawUnknown::Connect { reason } => Self::Transport(Fault::Connect { reason }),
            RawUnknown::TimedOut { what, after_us } => {
                let after = Duration::from_micros(after_us);
                Self::Transport(Fault::TimedOut { what: what.into(), after })
            }
            RawUnknown::Broken { reason } => Self::Transport(Fault::Broken { reason }),
            RawUnknown::Lost { reason } => Self::Transport(Fault::Lost { reason }),
            RawUnknown::TooLarge { limit } => Self::Transport(Fault::TooLarge { limit }),
            RawUnknown::Unsendable { reason } => Self::Transport(Fault::Unsendable { reason }),
            RawUnknown::Interrupted => Self::Transport(Fault::Interrupted),
            RawUnknown::Throttled { answer } => Self::Throttled { answer },
            RawUnknown::SetUp { state, reason } => Self::SetUp { state, reason },
            RawUnknown::Paused { paused_us } => Self::Paused { paused: Duration::from_micros(paused_us) },
            RawUnknown::Unprepared { reason } => Self::Unprepared { reason },
        }
    }
}

impl From<NotRun> for RawNotRun {
    fn from(reason: NotRun) -> Self {
        match reason {
            NotRun::NoWayTo { state, reason } => Self::NoWayTo { state, reason },
            NotRun::Unsigned { scheme, is_meant } => Self::Unsigned { scheme: scheme.to_string(), is_meant },
            NotRun::Billable => Self::Billable,
            NotRun::Unreachable { reason } => Self::Unreachable { reason },
            NotRun::Refused { reason } => Self::Refused { reason },
            NotRun::Interrupted => Self::Interrupted,
            NotRun::OutOfTime => Self::OutOfTime,
            NotRun::EnoughFailed => Self::EnoughFailed,
        }
    }
}

impl TryFrom<RawNotRun> for NotRun {
    type Error = WireError;

    fn try_from(raw: RawNotRun) -> Result<Self, WireError> {
        Ok(match raw {
            RawNotRun::NoWayTo { state, reason } => Self::NoWayTo { state, reason },
            RawNotRun::Unsigned { scheme, is_meant } => {
                let unknown = |_| WireError::Unknown { what: "scheme", found: scheme.clone() };
                Self::Unsigned { scheme: scheme.parse().map_err(unknown)?, is_meant }
            }
            RawNotRun::Billable => Self::Billable,
            RawNotRun::Unreachable { reason } => Self::Unreachable { reason },
            RawNotRun::Refused { reason } => Self::Refused { reason },
            RawNotRun::Interrupted => Self::Interrupted,
            RawNotRun::OutOfTime => Self::OutOfTime,
            RawNotRun::EnoughFailed => Self::EnoughFailed,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub(super) enum RawSnapshot {
    Unchecked,
    Same,
    Different,
    Outranked,
    Missing,
    Written,
    Unusable { reason: String },
}

impl From<&SnapshotOutcome> for RawSnapshot {
    fn from(outcome: &SnapshotOutcome) -> Self {
        match outcome {
            SnapshotOutcome::Unchecked => Self::Unchecked,
            SnapshotOutcome::Same => Self::Same,
            SnapshotOutcome::Different => Self::Different,
            SnapshotOutcome::Outranked => Self::Outranked,
            SnapshotOutcome::Missing => Self::Missing,
            SnapshotOutcome::Written => Self::Written,
            SnapshotOutcome::Unusable { reason } => Self::Unusable { reason: reason.clone() },
        }
    }
}

impl From<RawSnapshot> for SnapshotOutcome {
    fn from(raw: RawSnapshot) -> Self {
        match raw {
            RawSnapshot::Unchecked => Self::Unchecked,
            RawSnapshot::Same => Self::Same,
            RawSnapshot::Different => Self::Different,
            RawSnapshot::Outranked => Self::Outranked,
            RawSnapshot::Missing => Self::Missing,
            RawSnapshot::Written => Self::Written,
            RawSnapshot::Unusable { reason } => Self::Unusable { reason },
        }
    }
}
