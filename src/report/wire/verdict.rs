//! Verdicts with their reasons, and what came of a snapshot.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{WireError, micros};
use crate::model::{Inconclusive, NoAnswer, Skipped, SnapshotOutcome, Verdict};

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub(super) enum RawVerdict {
    Passed,
    Flaky { attempts: Vec<String> },
    Failed,
    Waived { reason: String },
    Inconclusive { because: RawInconclusive },
    Skipped { because: RawSkipped },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum RawInconclusive {
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
pub(super) enum RawSkipped {
    NoWayTo { state: String, reason: String },
    Unsigned { scheme: String, is_meant: bool },
    OnPurpose { pattern: String },
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
            Verdict::Inconclusive(unknown) => Self::Inconclusive { because: unknown.clone().into() },
            Verdict::Skipped(reason) => Self::Skipped { because: reason.clone().into() },
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
            RawVerdict::Inconclusive { because } => Self::Inconclusive(because.into()),
            RawVerdict::Skipped { because } => Self::Skipped(because.try_into()?),
        })
    }
}

impl From<Inconclusive> for RawInconclusive {
    fn from(unknown: Inconclusive) -> Self {
        match unknown {
            Inconclusive::Transport(NoAnswer::Connect { reason }) => Self::Connect { reason },
            Inconclusive::Transport(NoAnswer::TimedOut { what, after }) => {
                Self::TimedOut { what: what.into_owned(), after_us: micros(after) }
            }
            Inconclusive::Transport(NoAnswer::Broken { reason }) => Self::Broken { reason },
            Inconclusive::Transport(NoAnswer::Lost { reason }) => Self::Lost { reason },
            Inconclusive::Transport(NoAnswer::TooLarge { limit }) => Self::TooLarge { limit },
            Inconclusive::Transport(NoAnswer::Unsendable { reason }) => Self::Unsendable { reason },
            Inconclusive::Transport(NoAnswer::Interrupted) => Self::Interrupted,
            Inconclusive::Throttled { answer } => Self::Throttled { answer },
            Inconclusive::SetUp { state, reason } => Self::SetUp { state, reason },
            Inconclusive::Paused { paused } => Self::Paused { paused_us: micros(paused) },
            Inconclusive::Unprepared { reason } => Self::Unprepared { reason },
        }
    }
}

impl From<RawInconclusive> for Inconclusive {
    fn from(raw: RawInconclusive) -> Self {
        match raw {
            RawInconclusive::Connect { reason } => Self::Transport(NoAnswer::Connect { reason }),
            RawInconclusive::TimedOut { what, after_us } => {
                let after = Duration::from_micros(after_us);
                Self::Transport(NoAnswer::TimedOut { what: what.into(), after })
            }
            RawInconclusive::Broken { reason } => Self::Transport(NoAnswer::Broken { reason }),
            RawInconclusive::Lost { reason } => Self::Transport(NoAnswer::Lost { reason }),
            RawInconclusive::TooLarge { limit } => Self::Transport(NoAnswer::TooLarge { limit }),
            RawInconclusive::Unsendable { reason } => Self::Transport(NoAnswer::Unsendable { reason }),
            RawInconclusive::Interrupted => Self::Transport(NoAnswer::Interrupted),
            RawInconclusive::Throttled { answer } => Self::Throttled { answer },
            RawInconclusive::SetUp { state, reason } => Self::SetUp { state, reason },
            RawInconclusive::Paused { paused_us } => {
                Self::Paused { paused: Duration::from_micros(paused_us) }
            }
            RawInconclusive::Unprepared { reason } => Self::Unprepared { reason },
        }
    }
}

impl From<Skipped> for RawSkipped {
    fn from(reason: Skipped) -> Self {
        match reason {
            Skipped::NoWayTo { state, reason } => Self::NoWayTo { state, reason },
            Skipped::Unsigned { scheme, is_meant } => Self::Unsigned { scheme: scheme.to_string(), is_meant },
            Skipped::OnPurpose { pattern } => Self::OnPurpose { pattern },
            Skipped::Billable => Self::Billable,
            Skipped::Unreachable { reason } => Self::Unreachable { reason },
            Skipped::Refused { reason } => Self::Refused { reason },
            Skipped::Interrupted => Self::Interrupted,
            Skipped::OutOfTime => Self::OutOfTime,
            Skipped::EnoughFailed => Self::EnoughFailed,
        }
    }
}

impl TryFrom<RawSkipped> for Skipped {
    type Error = WireError;

    fn try_from(raw: RawSkipped) -> Result<Self, WireError> {
        Ok(match raw {
            RawSkipped::NoWayTo { state, reason } => Self::NoWayTo { state, reason },
            RawSkipped::Unsigned { scheme, is_meant } => {
                let unknown = |_| WireError::InvalidValue { what: "scheme", found: scheme.clone() };
                Self::Unsigned { scheme: scheme.parse().map_err(unknown)?, is_meant }
            }
            RawSkipped::OnPurpose { pattern } => Self::OnPurpose { pattern },
            RawSkipped::Billable => Self::Billable,
            RawSkipped::Unreachable { reason } => Self::Unreachable { reason },
            RawSkipped::Refused { reason } => Self::Refused { reason },
            RawSkipped::Interrupted => Self::Interrupted,
            RawSkipped::OutOfTime => Self::OutOfTime,
            RawSkipped::EnoughFailed => Self::EnoughFailed,
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
