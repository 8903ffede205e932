//! What a run says, in order: all that reports ever learn.
//!
//! A run emits one [`Event::Started`], a [`Event::Warned`] for what is doubtful from the start or could not be kept
//! at the end, a [`Event::Finished`] for each case in the order of ids, and
//! one [`Event::Ended`], also when it was interrupted. Runs on several endpoints come one after the other
//! between a [`Event::SeriesStarted`] and a [`Event::SeriesEnded`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{CaseRecord, Drift, Level, Limit, Reach, Strength, UtcTime, VerdictCounts, row_label};

/// Something that a run says.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "of the large ones there is one in a run")]
pub enum Event {
    /// Several runs begin, on these endpoints.
    SeriesStarted {
        /// Their names, in order.
        endpoints: Vec<String>,
    },
    /// The run starts.
    Started(RunStart),
    /// Something is doubtful, and the run goes on.
    Warned {
        /// What, as a sentence.
        text: String,
    },
    /// A case is finished.
    Finished(Box<CaseRecord>),
    /// The run is over.
    Ended(RunEnd),
    /// All runs are over.
    SeriesEnded(SeriesEnd),
}

/// What is known when a run starts.
#[derive(Debug, Clone)]
pub struct RunStart {
    /// The version of this tool.
    pub tool_version: String,
    /// When it started; of a merged run, its first part. Not known of runs of earlier programs.
    pub started: Option<UtcTime>,
    /// The command line that started it, without secrets; none of a merged run, whose parts have their own.
    pub command: Option<String>,
    /// The contracts.
    pub operations: Vec<OperationStart>,
    /// What is put to the test.
    pub endpoint: EndpointDescription,
    /// How many cases are selected.
    pub selected: usize,
    /// How many cases there are.
    pub known: usize,
    /// The seed of random values; of a merged run, that of its first part.
    pub seed: u64,
    /// The part of a suite that this is, or the parts that were merged; none of a whole run.
    pub parts: Vec<PartStart>,
    /// The deepest level that counts.
    pub gate: Level,
    /// Faults that are switched on; a run with one says nothing about the endpoint.
    pub faults: Vec<String>,
    /// The folder of snapshots, if there is a baseline.
    pub snapshots: Option<PathBuf>,
}

impl RunStart {
    /// When the run started, and the version of this tool.
    pub fn occasion(&self) -> String {
        let tool = format!("proofmark {}", self.tool_version);
        self.started.as_ref().map_or_else(|| tool.clone(), |started| format!("{started}, {tool}"))
    }

    /// The seeds of a run, each with its part if there are several.
    pub fn seeds(&self) -> String {
        match self.parts.as_slice() {
            [] | [_] => self.seed.to_string(),
            parts => {
                let shown = |part: &PartStart| match &part.shard {
                    Some(shard) => format!("{} (part {shard})", part.seed),
                    None => part.seed.to_string(),
                };
                parts.iter().map(shown).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

/// A part of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartStart {
    /// Which part of how many, if that was said.
    pub shard: Option<PartNumber>,
    /// The seed of its random values.
    pub seed: u64,
    /// The address that it sent to.
    pub url: String,
    /// The command line that started it, where it was merged with others.
    pub command: Option<String>,
}

/// A part, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartNumber {
    /// Which one, from 1.
    pub number: u64,
    /// How many there are.
    pub count: u64,
}

impl fmt::Display for PartNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.number, self.count)
    }
}

/// One contract of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationStart {
    /// The operation's id.
    pub id: String,
    /// The version of the API.
    pub version: String,
    /// How many of its cases are selected.
    pub selected: usize,
    /// Its error rows, by status, code and message.
    pub rows: Vec<Arc<str>>,
    /// What the contract says of those rows; empty if it is not known, as for a run recorded by an earlier version.
    pub error_rows: Vec<RowStart>,
    /// Its parameters; empty if they are not known.
    pub parameters: Vec<ParameterStart>,
    /// The digest of its text; not known of runs of earlier programs.
    pub digest: Option<String>,
}

/// An error row of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowStart {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: Arc<str>,
    /// The message, exact or with blanks; none if no source gives one.
    pub message: Option<String>,
    /// What it takes to provoke it.
    pub reach: Reach,
}

impl RowStart {
    /// The row's name: its status, code and message.
    pub fn label(&self) -> String {
        row_label(self.status, &self.code, self.message.as_deref())
    }
}

/// A parameter of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterStart {
    /// Its name; `N` is the index of a list.
    pub name: String,
    /// The name of its type.
    pub kind: String,
    /// Whether the contract advises against it.
    pub is_deprecated: bool,
    /// What it means.
    pub about: String,
    /// Limits on its value; that it is required is one of them.
    pub limits: Vec<LimitStart>,
}

/// A limit on a parameter's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitStart {
    /// The limit.
    pub limit: Limit,
    /// The codes that may answer a value past it.
    pub errors: Vec<String>,
    /// Whether its sources do not settle it.
    pub is_disputed: bool,
}

/// What is put to the test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointDescription {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Whether it is the embedded reference endpoint, and so ours.
    pub is_reference: bool,
}

/// What is known of the error rows of a contract, beyond those that were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowsHeld {
    /// Every case that expects them passed, and so did its accepted twin.
    pub held: BTreeSet<Arc<str>>,
    /// A case that expects them, or its twin, does not pass; or no case that expects them has a twin.
    pub not_held: BTreeSet<Arc<str>>,
    /// A case that expects them, or a twin, was skipped, not selected, or could not be decided.
    pub unmeasured: BTreeSet<Arc<str>>,
}

/// What is known when a run is over.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// How many cases have which verdict.
    pub counts: VerdictCounts,
    /// Which error rows were met, by contract, in the order of [`RunStart::operations`].
    pub rows_met: Vec<BTreeSet<Arc<str>>>,
    /// Which error rows are held, by contract in the same order; not known of merged runs.
    pub rows_held: Option<Vec<RowsHeld>>,
    /// How strong the suite is, if that was asked; not known of merged runs.
    pub strength: Option<Strength>,
    /// Snapshots that belong to no case.
    pub orphans: Vec<PathBuf>,
    /// Snapshots that are stale still, if that was asked.
    pub stale_snapshots: Option<Vec<StaleSnapshot>>,
    /// Waivers that do not hold any more, and why.
    pub stale_waivers: Vec<String>,
    /// How many answers differ from promises that are marked as unpublished, by what the findings are about.
    pub unpublished: BTreeMap<String, usize>,
    /// How the suite differs from its manifest, if it has one.
    pub drift: Option<Drift>,
    /// How it differs from earlier runs, where it is compared with some.
    pub changes: Option<RunChanges>,
    /// What the snapshots did.
    pub snapshots: SnapshotCounts,
    /// Of how many cases the effects on the endpoint were observed.
    pub effects: EffectCounts,
    /// How many cases left something behind on the endpoint.
    pub left_behind: usize,
    /// How many exchanges there were.
    pub exchanges: usize,
    /// Why the run ended early, or is of no use as a whole, if so.
    pub stopped: Option<Stopped>,
    /// How long it took.
    pub elapsed: Duration,
}

/// How a run differs from earlier ones of the same suite on the same endpoint. A case that is waived fails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillFailing {
    /// Its id.
    pub case: String,
    /// When the run started since which no run has seen it hold.
    pub since: UtcTime,
}

/// Of the cases that were judged and whose contracts promise an effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
}

impl fmt::Display for EffectCounts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        write!(out, "observed in {} of {total} case{}", self.observed, if total == 1 { "" } else { "s" })
    }
}

/// What a run comes to, beyond its single cases; of several runs, the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything that was selected ran, and holds or is waived.
    Conforms,
    /// Something could not be decided or cleaned up, and nothing is broken.
    Inconclusive,
    /// The contract is broken, a snapshot differs, or a waiver is stale.
    Broken,
    /// The run was interrupted.
    Interrupted,
}

/// What is known when several runs are over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesEnd {
    /// The endpoints that were tested, in order, and what each run came to.
    pub runs: Vec<(String, Outcome)>,
    /// The endpoints that were not tested, because the series was interrupted.
    pub not_started: Vec<String>,
}

impl SeriesEnd {
    /// What all of it comes to.
    pub fn outcome(&self) -> Outcome {
        if !self.not_started.is_empty() {
            return Outcome::Interrupted;
        }
        // A series without a run decides nothing.
        self.runs.iter().map(|(_, outcome)| *outcome).max().unwrap_or(Outcome::Inconclusive)
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

impl Outcome {
    /// The outcome in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Broken => "does not conform",
            Self::Inconclusive => "inconclusive",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A snapshot that may no longer show what its endpoint answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleSnapshot {
    /// Its case.
    pub case: String,
    /// Why it is stale, in words.
    pub why: String,
}

/// How many snapshots did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// It ran to its end, and bytes came on a kept connection that no request had asked for.
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
                "bytes came on a kept connection that no request had asked for, so answers may have been \
                              taken for those of other requests; run with --connections fresh"
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
    use super::{Outcome, SeriesEnd};

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
            let runs = outcomes.iter().map(|outcome| (String::new(), *outcome)).collect();
            assert_eq!(SeriesEnd { runs, not_started: Vec::new() }.outcome(), due, "{outcomes:?}");
        }
        let cut = SeriesEnd { runs: vec![(String::new(), Conforms)], not_started: vec!["a".into()] };
        assert_eq!(cut.outcome(), Interrupted);
    }
}
