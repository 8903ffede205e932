//! What is known when a run, or a series of them, is over. Main types: [`RunEnd`] and [`Outcome`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::stale_waiver::StaleWaiver;
use crate::model::{Drift, Strength, UtcTime, VerdictCounts, named, written};

/// What is known of the error rows of a contract, beyond those that were met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsHeld {
    /// Every case that expects them passed, and so did its accepted twin.
    pub held: BTreeSet<Arc<str>>,
    /// A case that expects them, or its twin, does not pass; or no case that expects them has a twin.
    pub not_held: BTreeSet<Arc<str>>,
    /// A case that expects them, or a twin, was skipped, not selected, or could not be decided.
    #[serde(rename = "not_measured")]
    pub unmeasured: BTreeSet<Arc<str>>,
    /// Those of them of which every judged case passed, one of them together with its twin.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub held_in_part: BTreeSet<Arc<str>>,
}

/// What is known when a run is over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunEnd {
    /// How many cases have which verdict.
    pub counts: VerdictCounts,
    /// Which error rows were met, by contract, in the order of `RunStart::operations`.
    pub rows_met: Vec<BTreeSet<Arc<str>>>,
    /// Which error rows are held, by contract in the same order; not known of merged runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_held: Option<Vec<RowsHeld>>,
    /// How strong the suite is, if that was asked; not known of merged runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// Snapshots that belong to no case.
    #[serde(serialize_with = "written::paths")]
    pub orphans: Vec<PathBuf>,
    /// Snapshots that are stale still, if that was asked.
    pub stale_snapshots: Option<Vec<StaleSnapshot>>,
    /// Waivers that do not hold any more, and why, each once.
    pub stale_waivers: Vec<StaleWaiver>,
    /// How many answers differ from promises that are marked as unpublished, by what the findings are about.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unpublished: BTreeMap<String, usize>,
    /// How the suite differs from its manifest, if it has one.
    #[serde(rename = "manifest", default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// How it differs from earlier runs, where it is compared with some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<RunChanges>,
    /// What the snapshots did.
    pub snapshots: SnapshotCounts,
    /// Of how many cases the effects on the endpoint were observed.
    #[serde(default, skip_serializing_if = "EffectCounts::is_none")]
    pub effects: EffectCounts,
    /// How many cases left something behind on the endpoint.
    pub left_behind: usize,
    /// How many exchanges there were.
    pub exchanges: usize,
    /// Why the run ended early, or is of no use as a whole, if so.
    pub stopped: Option<Stopped>,
    /// How long it took.
    #[serde(rename = "duration_us", with = "written::micros")]
    pub elapsed: Duration,
}

/// How a run differs from earlier ones of the same suite on the same endpoint. A case that is waived fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunChanges {
    /// When the earlier runs started, in order.
    pub before: Vec<UtcTime>,
    /// The cases that fail, and did not when an earlier run last decided them, if one did.
    pub new: Vec<String>,
    /// The cases that do not fail, and did when an earlier run last decided them.
    pub mended: Vec<String>,
    /// The cases that failed then and do now.
    pub still: Vec<StillFailing>,
    /// The cases that failed then, and were inconclusive, skipped or not there this time.
    pub undecided: Vec<String>,
}

/// A case that fails, as it did before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StillFailing {
    /// Its id.
    #[serde(rename = "id")]
    pub case: String,
    /// When the run started since which no run has seen it hold.
    pub since: UtcTime,
}

/// Of the cases that were judged and whose contracts promise an effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectCounts {
    /// So many were observed.
    pub observed: usize,
    /// So many were not, or not to the end.
    pub not_observed: usize,
}

impl EffectCounts {
    /// All of them.
    pub fn total(self) -> usize {
        self.observed + self.not_observed
    }

    /// Whether there is none.
    fn is_none(&self) -> bool {
        self.total() == 0
    }
}

impl fmt::Display for EffectCounts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        write!(out, "observed in {} of {total} case{}", self.observed, if total == 1 { "" } else { "s" })
    }
}

named! {
    /// What a run comes to, beyond its single cases; of several runs, the greatest counts.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Outcome {
        /// Everything that was selected ran, and holds or is waived.
        Conforms = "conforms",
        /// Something could not be decided or cleaned up, and nothing is broken.
        Inconclusive = "inconclusive",
        /// The contract is broken, a snapshot differs, or a waiver is stale.
        Broken = "does not conform",
        /// The run was interrupted.
        Interrupted = "interrupted",
    }
}

/// What is known when several runs are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesEnd {
    /// The endpoints that were tested, in order, and what each run came to.
    pub runs: Vec<SeriesRun>,
    /// The endpoints that were not tested, because the series was interrupted.
    pub not_started: Vec<String>,
}

/// One run of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesRun {
    /// The endpoint that was tested.
    pub endpoint: String,
    /// What the run came to.
    pub outcome: Outcome,
}

impl SeriesEnd {
    /// What all of it comes to.
    pub fn outcome(&self) -> Outcome {
        if !self.not_started.is_empty() {
            return Outcome::Interrupted;
        }
        // A series without a run decides nothing.
        self.runs.iter().map(|run| run.outcome).max().unwrap_or(Outcome::Inconclusive)
    }
}

impl RunEnd {
    /// The outcome of the run. An interrupted run neither passed nor failed; broken outranks inconclusive. A run that
    /// judged nothing, left something behind, or whose suite differs from its manifest, does not pass silently.
    pub fn outcome(&self) -> Outcome {
        if self.stopped == Some(Stopped::Interrupted) {
            Outcome::Interrupted
        } else if self.stopped == Some(Stopped::MixedUp) {
            // Neither what passed nor what failed can be relied on.
            Outcome::Inconclusive
        } else if self.counts.failed > 0 || !self.stale_waivers.is_empty() {
            Outcome::Broken
        } else if self.counts.inconclusive > 0
            || self.counts.skipped > self.counts.not_meant
            || self.stopped.is_some()
            || self.left_behind > 0
            || self.drift.as_ref().is_some_and(|drift| !drift.is_empty())
            || self.counts.count_judged() == 0
        {
            Outcome::Inconclusive
        } else {
            Outcome::Conforms
        }
    }
}

/// A snapshot that may no longer show what its endpoint answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleSnapshot {
    /// Its case.
    #[serde(rename = "id")]
    pub case: String,
    /// Why it is stale, in words.
    pub why: String,
}

/// How many snapshots did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotCounts {
    /// As they were.
    pub same: usize,
    /// Different.
    pub different: usize,
    /// Different, and left as they are, since they were recorded from a real endpoint.
    pub outranked: usize,
    /// Missing.
    pub missing: usize,
    /// Written anew, as asked.
    pub written: usize,
    /// Unreadable or unwritable.
    pub unusable: usize,
}

/// Why a run ended early, or is of no use as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Stopped {
    /// It was interrupted.
    Interrupted,
    /// The time for the whole run was over.
    OutOfTime,
    /// The limit of failed cases was reached.
    EnoughFailed {
        /// How many.
        failures: usize,
    },
    /// The endpoint cannot be reached, so nothing was sent.
    Unreachable {
        /// Why.
        reason: String,
    },
    /// The endpoint would refuse whatever is signed here, so no case was sent.
    Refused {
        /// Why.
        reason: String,
    },
    /// It ran to its end, and bytes came on a kept connection that no request had asked for, or one ended right after an
    /// answer.
    MixedUp,
}

impl Stopped {
    /// Why the run ended early, as a sentence.
    pub fn reason(&self) -> String {
        match self {
            Self::Interrupted => "the run was interrupted".to_owned(),
            Self::OutOfTime => "the time for the whole run was over".to_owned(),
            Self::EnoughFailed { failures } => {
                format!("no further case was started after {failures} had failed")
            }
            Self::MixedUp => {
                "bytes came on a kept connection that no request had asked for, or it was closed right after an \
                 answer, so answers may have been taken for those of other requests; run with --connections fresh"
                    .to_owned()
            }
            Self::Unreachable { .. } | Self::Refused { .. } => self.obstacle().unwrap_or_default(),
        }
    }

    /// What stood in the way of every case, as a sentence.
    pub fn obstacle(&self) -> Option<String> {
        match self {
            Self::Unreachable { reason } => Some(reason.clone()),
            Self::Refused { reason } => {
                Some(format!("the endpoint would refuse every signed request: {reason}"))
            }
            Self::Interrupted | Self::OutOfTime | Self::EnoughFailed { .. } | Self::MixedUp => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, SeriesEnd, SeriesRun};

    fn run(outcome: Outcome) -> SeriesRun {
        SeriesRun { endpoint: String::new(), outcome }
    }

    #[test]
    fn the_most_telling_outcome_of_several_runs_counts() {
        use Outcome::{Broken, Conforms, Inconclusive, Interrupted};
        for (outcomes, due) in [
            (vec![Conforms, Conforms], Conforms),
            (vec![Conforms, Inconclusive], Inconclusive),
            (vec![Broken, Inconclusive, Conforms], Broken),
            (vec![Inconclusive, Broken], Broken),
            (vec![Broken, Interrupted], Interrupted),
            (vec![], Inconclusive),
        ] {
            let runs = outcomes.iter().copied().map(run).collect();
            assert_eq!(SeriesEnd { runs, not_started: Vec::new() }.outcome(), due, "{outcomes:?}");
        }
        let cut = SeriesEnd { runs: vec![run(Conforms)], not_started: vec!["a".into()] };
        assert_eq!(cut.outcome(), Interrupted);
    }
}
