//! Effects: what an accepted request does beside its answer, and how that is observed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::backing::Backing;
use super::exchange::Method;
use super::value::Value;
use super::written;

/// The effect of a contract's accepted requests. Main use: after each step of a case the endpoint is asked what is there,
/// and what has been added must be what the answer says.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRule {
    /// What happens, such as "an execution starts".
    pub about: String,
    /// How it is observed.
    pub observe: ObservationRequest,
    /// Where an answer of success names what it added, as a `JSONPath`.
    pub adds: String,
    /// The parameter that makes a repeated request one with the first: such a request adds nothing.
    pub replay: Option<String>,
    /// How long it may take until it can be seen.
    pub within: Duration,
    /// What promises it.
    pub backing: Backing,
}

/// A request that lists what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservationRequest {
    /// Its method, if not the contract's usual one.
    pub method: Option<Method>,
    /// Its path, if not the contract's own; may hold templates.
    pub path: Option<String>,
    /// Its parameters, over those that every request of the contract carries; may hold templates.
    pub params: Vec<(String, Value)>,
    /// The values of the answer, as a `JSONPath`.
    pub value: String,
    /// The field of the answer, and the parameter, that lead from one page to the next.
    pub pages: Option<String>,
}

/// A value of answers of success that no two answers of a run may share, but for replays.
#[derive(Debug, Clone, PartialEq)]
pub struct UniqueRule {
    /// Where it is in the body, as a `JSONPath`.
    pub at: String,
    /// What promises it.
    pub backing: Backing,
}

/// When an observation was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "moment", content = "step", rename_all = "kebab-case")]
pub enum Moment {
    /// Before a step, by its position from 0.
    Before(#[serde(with = "written::ordinal")] usize),
    /// After a step.
    After(#[serde(with = "written::ordinal")] usize),
    /// Before teardown, after this last step.
    End(#[serde(with = "written::ordinal")] usize),
}

/// What was there at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// When.
    #[serde(flatten)]
    pub moment: Moment,
    /// What was asked for: the parameters that the case filled in.
    pub of: Vec<(String, String)>,
    /// The values, in order, each once; or why they are not known.
    #[serde(flatten, with = "written::seen")]
    pub seen: Result<Vec<String>, String>,
}

/// What is known of the effects of a case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effects {
    /// Its contract promises none that could be observed, or the case was skipped.
    #[default]
    NotPromised,
    /// They were observed, from before the first request to the end.
    Observed,
    /// They were not observed, or not to the end: nothing is known of them, which fails nothing.
    NotObserved,
}

impl Effects {
    /// What is known, as reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotPromised => "not promised",
            Self::Observed => "observed",
            Self::NotObserved => "not observed",
        }
    }

    /// Whether there is nothing to say of them.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    pub(crate) fn is_not_promised(&self) -> bool {
        *self == Self::NotPromised
    }
}
