//! Verdicts: what is known about a case after a run.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::effect::{Effects, Observation};
use super::exchange::{Exchange, NoAnswer, Request};
use super::finding::{Finding, Level};
use super::id::CaseId;
use super::literals::Literals;
use super::repeated::Repeated;
use super::request_spec::Scheme;
use super::spot::Spot;
use super::value::Value;
use super::written;

/// What is known about a case after a run. Only `Passed` means that the contract holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Verdict {
    /// All that was asked holds at the levels that count.
    Passed,
    /// All that was asked holds, but not at the first attempt.
    Flaky {
        /// What came of the attempts before, as sentences.
        attempts: Vec<String>,
    },
    /// The contract is broken, or a snapshot differs.
    Failed,
    /// It failed, as a waiver says.
    Waived {
        /// Why that is bearable, who answers for it, and until when.
        reason: String,
    },
    /// It cannot be decided.
    #[serde(with = "written::because")]
    Inconclusive(Inconclusive),
    /// It was not tried.
    #[serde(with = "written::because")]
    Skipped(Skipped),
}

impl Verdict {
    /// The verdict's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Flaky { .. } => "flaky",
            Self::Failed => "failed",
            Self::Waived { .. } => "waived",
            Self::Inconclusive(_) => "inconclusive",
            Self::Skipped(_) => "skipped",
        }
    }

    /// Why nothing is known, a failure is waived or a pass is flaky, if so.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Passed | Self::Failed => None,
            Self::Flaky { attempts } => Some(attempts.join("; ")),
            Self::Waived { reason } => Some(reason.clone()),
            Self::Inconclusive(unknown) => Some(unknown.to_string()),
            Self::Skipped(reason) => Some(reason.to_string()),
        }
    }
}

/// Why a case cannot be decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", expecting = "expected a reason why a case is inconclusive")]
pub enum Inconclusive {
    /// The endpoint asked for fewer requests.
    Throttled {
        /// What it said.
        answer: String,
    },
    /// A state could not be set up.
    SetUp {
        /// The state.
        state: String,
        /// What went wrong.
        reason: String,
    },
    /// This machine was paused, so it is not known whether the answer came in time.
    Paused {
        /// For so long.
        #[serde(rename = "paused_us", with = "written::micros")]
        paused: Duration,
    },
    /// A value that a later request needs could not be had.
    Unprepared {
        /// What went wrong.
        reason: String,
    },
    /// No whole answer came; its reasons are kinds like the others.
    #[serde(untagged)]
    Transport(NoAnswer),
}

impl fmt::Display for Inconclusive {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(fault) => write!(out, "{fault}"),
            Self::Throttled { answer } => write!(out, "throttled: {answer}"),
            Self::SetUp { state, reason } => {
                write!(out, "the state \"{state}\" could not be set up: {reason}")
            }
            Self::Paused { paused } => write!(
                out,
                "this machine was paused for {paused:.1?}, so it is not known whether the answer came in time"
            ),
            Self::Unprepared { reason } => write!(out, "the request could not be prepared: {reason}"),
        }
    }
}

/// Why a case was not tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Skipped {
    /// No way leads to a state on this endpoint.
    NoWayTo {
        /// The state.
        state: String,
        /// What was looked for.
        reason: String,
    },
    /// Requests cannot be signed here as it asks for.
    Unsigned {
        /// The scheme.
        scheme: Scheme,
        /// Whether the settings say how requests are signed here, so that the skip is on purpose.
        is_meant: bool,
    },
    /// A pattern of `--skip` matches it.
    OnPurpose {
        /// The pattern.
        pattern: String,
    },
    /// It may cost money, and the settings do not allow that on this endpoint.
    Billable,
    /// The endpoint cannot be reached at all.
    Unreachable {
        /// Why.
        reason: String,
    },
    /// The endpoint would refuse whatever is signed here.
    Refused {
        /// Why.
        reason: String,
    },
    /// The run was interrupted before.
    Interrupted,
    /// The time for the whole run was over.
    OutOfTime,
    /// The limit of failed cases was reached.
    EnoughFailed,
}

impl Skipped {
    /// Whether the case is skipped on purpose, because the settings say that it does not concern this endpoint.
    pub fn is_meant(&self) -> bool {
        matches!(self, Self::Unsigned { is_meant: true, .. } | Self::OnPurpose { .. })
    }

    /// Whether it has nothing to do with the case: the whole run came to nothing, or to an end, before.
    pub fn is_of_the_run(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::Interrupted
            | Self::OutOfTime
            | Self::EnoughFailed => true,
            Self::NoWayTo { .. } | Self::Unsigned { .. } | Self::OnPurpose { .. } | Self::Billable => false,
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWayTo { state, reason } => write!(out, "no way to the state \"{state}\" here: {reason}"),
            Self::Unsigned { scheme, is_meant: true } => {
                write!(out, "requests are not signed by {scheme} here")
            }
            Self::Unsigned { scheme, is_meant: false } => {
                write!(out, "no credentials to sign by {scheme}; with --sign none such cases are skipped on purpose")
            }
            Self::OnPurpose { pattern } => write!(out, "--skip {pattern}"),
            Self::Billable => out.write_str(
                "it may cost money, which --allow billable or the endpoint's settings must allow, and --keep-states \
                 never does",
            ),
            Self::Unreachable { reason } => out.write_str(reason),
            Self::Refused { reason } => {
                write!(out, "the endpoint would refuse every signed request: {reason}")
            }
            Self::Interrupted => out.write_str("the run was interrupted before"),
            Self::OutOfTime => out.write_str("the time for the whole run was over"),
            Self::EnoughFailed => out.write_str("enough cases had failed before"),
        }
    }
}

/// A duration in whole microseconds, as events are written: so a report that is made of them later has the same sums.
pub fn whole_micros(elapsed: Duration) -> Duration {
    Duration::from_micros(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}

/// All that a run says about one case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaseRecord {
    /// The case.
    #[serde(flatten)]
    pub id: CaseId,
    /// Its sentence.
    pub about: String,
    /// Its tags, and those of its table.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Where it is written.
    #[serde(flatten)]
    pub spot: Spot,
    /// What is known.
    pub verdict: Verdict,
    /// The deepest level that counted.
    #[serde(rename = "level")]
    pub gate: Level,
    /// Disagreements at every level, also those that do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// How many of its requests were answered.
    pub answered: usize,
    /// The exchanges, in order; none if the run drops them because no report needs them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
    /// What the run itself made or states gave, by the name that a snapshot has for it; dropped with the exchanges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<(String, String)>,
    /// The variables that states gave, in the order in which they were set; dropped with the exchanges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<(String, Value)>,
    /// What the state hook was asked to set up; dropped with the exchanges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_ups: Vec<SetUp>,
    /// The last request, if its answer never came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<Request>,
    /// How many steps were not sent.
    pub steps_not_sent: usize,
    /// The contract's own rows that it met, by status, code and message, if its answers conform.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows_met: Vec<Arc<str>>,
    /// The error codes that each step expects, one of which is due; an empty code means any other code, or none.
    /// Empty if no step expects any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes_due: Vec<Vec<Arc<str>>>,
    /// The request ids of its answers, and other values, where no two answers of a run may share one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_ids: Vec<RequestId>,
    /// What is known of its effects on the endpoint.
    #[serde(default, skip_serializing_if = "Effects::is_not_promised")]
    pub effects: Effects,
    /// What was seen on the endpoint before, between and after its steps; dropped with the exchanges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<Observation>,
    /// What of its requests the table writes out, by step; dropped with the exchanges. Never written: the table has it.
    #[serde(skip)]
    pub literals: Vec<Literals>,
    /// What came of the snapshot.
    pub snapshot: SnapshotOutcome,
    /// What came of attempts that were made again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retried: Vec<String>,
    /// Why the case was started again from its states, if it was: a request of its first attempt was lost, and may have
    /// been seen. All else here is of the second attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_again: Option<String>,
    /// What came of it each time, if it was run several times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeated: Option<Repeated>,
    /// Clean-up that did not work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
    /// How long this machine was paused during waits for answers.
    #[serde(
        rename = "paused_us",
        with = "written::micros",
        default,
        skip_serializing_if = "written::micros::is_none"
    )]
    pub paused: Duration,
    /// From set-up to teardown.
    #[serde(rename = "duration_us", with = "written::micros")]
    pub elapsed: Duration,
}

impl CaseRecord {
    /// Which attempt the record is of, from 1.
    pub fn attempt(&self) -> u64 {
        attempt(self.repeated.map_or(1, |repeated| repeated.shown), self.started_again.is_some())
    }
}

/// Which attempt at a case is the first or second one of a run of it, all of them counted from 1.
pub fn attempt(run: u32, is_second: bool) -> u64 {
    2 * u64::from(run.max(1)) - 1 + u64::from(is_second)
}

/// A request id of an answer, or another value that no two answers may share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestId {
    /// The level of a finding about it: envelope for a request id.
    pub level: Level,
    /// The step, from 0.
    #[serde(with = "written::ordinal")]
    pub step: usize,
    /// Where it is in the body, as a `JSONPath`.
    pub at: String,
    /// The SHA-256 of the id and of the file of its rule, in hexadecimal digits.
    pub digest: String,
}

/// A state that the endpoint's hook set up for a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetUp {
    /// The position of the step that it was set up for, from 0.
    #[serde(with = "written::ordinal")]
    pub step: usize,
    /// What the hook was sent, as JSON.
    pub asked: String,
}

/// What came of comparing a case with its snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum SnapshotOutcome {
    /// It was not looked at.
    Unchecked,
    /// It is as it was.
    Same,
    /// It differs; the finding shows how.
    Different,
    /// It differs, and was recorded from a real endpoint, which the one that was tested is not.
    Outranked,
    /// There is none.
    Missing,
    /// It was written anew, as asked.
    Written,
    /// It could not be read or written.
    Unusable {
        /// Why.
        reason: String,
    },
}

/// How many cases have which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictCounts {
    /// Passed.
    pub passed: usize,
    /// Passed, but not at the first attempt.
    pub flaky: usize,
    /// Failed.
    pub failed: usize,
    /// Failed as a waiver says.
    pub waived: usize,
    /// Cannot be decided.
    pub inconclusive: usize,
    /// Not tried.
    pub skipped: usize,
    /// Not tried, as it is meant: a part of `skipped`.
    pub not_meant: usize,
}

impl VerdictCounts {
    /// Counts one more.
    pub fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Flaky { .. } => self.flaky += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::Waived { .. } => self.waived += 1,
            Verdict::Inconclusive(_) => self.inconclusive += 1,
            Verdict::Skipped(reason) => {
                self.skipped += 1;
                self.not_meant += usize::from(reason.is_meant());
            }
        }
    }

    /// Those whose answers were compared with the contract.
    pub fn count_judged(&self) -> usize {
        self.passed + self.flaky + self.failed + self.waived
    }

    /// All cases.
    pub fn total(&self) -> usize {
        self.count_judged() + self.inconclusive + self.skipped
    }
}

#[cfg(test)]
mod tests;
