//! What a run says at its start and at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::changes::RawChanges;
use super::contract::{RawParameter, RawRow};
use super::{FORMAT, VERSION, WireError, micros};
use crate::event::{
    EffectCounts, EndpointDescription, OperationStart, Outcome, ParameterStart, PartNumber, PartStart,
    RowStart, RowsHeld, RunChanges, RunEnd, RunStart, SeriesEnd, SnapshotCounts, StaleSnapshot, Stopped,
};
use crate::model::{Drift, Level, Strength, UtcTime, VerdictCounts};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawStart {
    format: String,
    version: u32,
    tool: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    endpoint: RawEndpoint,
    contracts: Vec<RawOperation>,
    selected: usize,
    known: usize,
    seed: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<RawPart>,
    level: String,
    faults: Vec<String>,
    snapshots: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawPart {
    number: Option<u64>,
    of: Option<u64>,
    seed: u64,
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<String>,
}

impl From<&PartStart> for RawPart {
    fn from(part: &PartStart) -> Self {
        let (number, of) = part.shard.map(|PartNumber { number, count }| (number, count)).unzip();
        Self { number, of, seed: part.seed, url: part.url.clone(), command: part.command.clone() }
    }
}

impl From<RawPart> for PartStart {
    fn from(raw: RawPart) -> Self {
        let shard = raw.number.zip(raw.of).map(|(number, count)| PartNumber { number, count });
        Self { shard, seed: raw.seed, url: raw.url, command: raw.command }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct RawEndpoint {
    name: String,
    url: String,
    reference: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawOperation {
    id: String,
    version: String,
    cases: usize,
    error_rows: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rows: Vec<RawRow>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<RawParameter>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

impl From<&RunStart> for RawStart {
    fn from(start: &RunStart) -> Self {
        let EndpointDescription { name, url, is_reference } = start.endpoint.clone();
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            tool: start.tool_version.clone(),
            started: start.started.as_ref().map(|started| started.as_str().to_owned()),
            command: start.command.clone(),
            endpoint: RawEndpoint { name, url, reference: is_reference },
            contracts: start.operations.iter().map(RawOperation::from).collect(),
            selected: start.selected,
            known: start.known,
            seed: start.seed,
            parts: start.parts.iter().map(RawPart::from).collect(),
            level: start.gate.name().to_owned(),
            faults: start.faults.clone(),
            snapshots: start.snapshots.as_ref().map(|folder| folder.display().to_string()),
        }
    }
}

impl TryFrom<RawStart> for RunStart {
    type Error = WireError;

    fn try_from(raw: RawStart) -> Result<Self, WireError> {
        if raw.format != FORMAT || raw.version != VERSION {
            return Err(WireError::Version { format: raw.format, version: raw.version });
        }
        let RawEndpoint { name, url, reference } = raw.endpoint;
        Ok(Self {
            tool_version: raw.tool,
            started: raw.started.map(moment).transpose()?,
            command: raw.command,
            operations: raw.contracts.into_iter().map(OperationStart::from).collect(),
            endpoint: EndpointDescription { name, url, is_reference: reference },
            selected: raw.selected,
            known: raw.known,
            seed: raw.seed,
            parts: raw.parts.into_iter().map(PartStart::from).collect(),
            gate: level(raw.level)?,
            faults: raw.faults,
            snapshots: raw.snapshots.map(PathBuf::from),
        })
    }
}

/// A moment in the one form in which it is written.
pub(super) fn moment(text: String) -> Result<UtcTime, WireError> {
    let is_written_so = |moment: Timestamp| moment.to_string() == text && moment.subsec_nanosecond() == 0;
    if text.parse().is_ok_and(is_written_so) {
        return Ok(UtcTime::from_checked(text));
    }
    Err(WireError::InvalidValue { what: "time of a start", found: text })
}

/// A level by its name.
pub(super) fn level(name: String) -> Result<Level, WireError> {
    name.parse().map_err(|_| WireError::InvalidValue { what: "level", found: name })
}

impl From<&OperationStart> for RawOperation {
    fn from(operation: &OperationStart) -> Self {
        Self {
            id: operation.id.clone(),
            version: operation.version.clone(),
            cases: operation.selected,
            error_rows: operation.rows.iter().map(ToString::to_string).collect(),
            rows: operation.error_rows.iter().map(RawRow::from).collect(),
            parameters: operation.parameters.iter().map(RawParameter::from).collect(),
            digest: operation.digest.clone(),
        }
    }
}

impl From<RawOperation> for OperationStart {
    fn from(raw: RawOperation) -> Self {
        Self {
            id: raw.id,
            version: raw.version,
            selected: raw.cases,
            rows: raw.error_rows.into_iter().map(Arc::from).collect(),
            error_rows: raw.rows.into_iter().map(RowStart::from).collect(),
            parameters: raw.parameters.into_iter().map(ParameterStart::from).collect(),
            digest: raw.digest,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct RawRowsHeld {
    held: BTreeSet<String>,
    not_held: BTreeSet<String>,
    not_measured: BTreeSet<String>,
}

impl From<&RowsHeld> for RawRowsHeld {
    fn from(rows: &RowsHeld) -> Self {
        let texts = |rows: &BTreeSet<Arc<str>>| rows.iter().map(ToString::to_string).collect();
        Self {
            held: texts(&rows.held),
            not_held: texts(&rows.not_held),
            not_measured: texts(&rows.unmeasured),
        }
    }
}

impl From<RawRowsHeld> for RowsHeld {
    fn from(raw: RawRowsHeld) -> Self {
        let shared = |rows: BTreeSet<String>| rows.into_iter().map(Arc::from).collect();
        Self { held: shared(raw.held), not_held: shared(raw.not_held), unmeasured: shared(raw.not_measured) }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawEnd {
    counts: RawCounts,
    rows_met: Vec<BTreeSet<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows_held: Option<Vec<RawRowsHeld>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strength: Option<Strength>,
    orphans: Vec<String>,
    stale_snapshots: Option<Vec<RawStale>>,
    stale_waivers: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    unpublished: BTreeMap<String, usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manifest: Option<RawDrift>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changes: Option<RawChanges>,
    snapshots: RawSnapshots,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    effects: Option<RawEffectCounts>,
    left_behind: usize,
    exchanges: usize,
    stopped: Option<RawStopped>,
    duration_us: u64,
    outcome: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawCounts {
    passed: usize,
    flaky: usize,
    failed: usize,
    waived: usize,
    inconclusive: usize,
    skipped: usize,
    not_meant: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawSnapshots {
    same: usize,
    different: usize,
    outranked: usize,
    missing: usize,
    written: usize,
    unusable: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawEffectCounts {
    observed: usize,
    not_observed: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
enum RawStopped {
    Interrupted,
    OutOfTime,
    EnoughFailed { failures: usize },
    Unreachable { reason: String },
    Refused { reason: String },
    MixedUp,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawStale {
    id: String,
    why: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawDrift {
    missing: Vec<String>,
    new: Vec<String>,
    changed: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<String>,
}

impl From<Drift> for RawDrift {
    fn from(Drift { missing, new, changed, parts }: Drift) -> Self {
        Self { missing, new, changed, parts }
    }
}

impl From<RawDrift> for Drift {
    fn from(RawDrift { missing, new, changed, parts }: RawDrift) -> Self {
        Self { missing, new, changed, parts }
    }
}

impl From<&StaleSnapshot> for RawStale {
    fn from(stale: &StaleSnapshot) -> Self {
        Self { id: stale.case.clone(), why: stale.why.clone() }
    }
}

impl From<RawStale> for StaleSnapshot {
    fn from(raw: RawStale) -> Self {
        Self { case: raw.id, why: raw.why }
    }
}

impl From<&RunEnd> for RawEnd {
    fn from(end: &RunEnd) -> Self {
        let VerdictCounts { passed, flaky, failed, waived, inconclusive, skipped, not_meant } = end.counts;
        let SnapshotCounts { same, different, outranked, missing, written, unusable } = end.snapshots;
        let rows = |met: &BTreeSet<Arc<str>>| met.iter().map(ToString::to_string).collect();
        Self {
            counts: RawCounts { passed, flaky, failed, waived, inconclusive, skipped, not_meant },
            rows_met: end.rows_met.iter().map(rows).collect(),
            rows_held: end.rows_held.as_ref().map(|held| held.iter().map(RawRowsHeld::from).collect()),
            strength: end.strength.clone(),
            orphans: end.orphans.iter().map(|path| path.display().to_string()).collect(),
            stale_snapshots: end
                .stale_snapshots
                .as_ref()
                .map(|stale| stale.iter().map(RawStale::from).collect()),
            stale_waivers: end.stale_waivers.clone(),
            unpublished: end.unpublished.clone(),
            manifest: end.drift.clone().map(RawDrift::from),
            changes: end.changes.as_ref().map(RawChanges::from),
            snapshots: RawSnapshots { same, different, outranked, missing, written, unusable },
            effects: (end.effects.total() > 0).then_some(RawEffectCounts {
                observed: end.effects.observed,
                not_observed: end.effects.not_observed,
            }),
            left_behind: end.left_behind,
            exchanges: end.exchanges,
            stopped: end.stopped.clone().map(RawStopped::from),
            duration_us: micros(end.elapsed),
            outcome: end.outcome().name().to_owned(),
        }
    }
}

impl TryFrom<RawEnd> for RunEnd {
    type Error = WireError;

    fn try_from(raw: RawEnd) -> Result<Self, WireError> {
        let RawCounts { passed, flaky, failed, waived, inconclusive, skipped, not_meant } = raw.counts;
        let RawSnapshots { same, different, outranked, missing, written, unusable } = raw.snapshots;
        let rows = |met: BTreeSet<String>| met.into_iter().map(Arc::from).collect();
        let end = Self {
            counts: VerdictCounts { passed, flaky, failed, waived, inconclusive, skipped, not_meant },
            rows_met: raw.rows_met.into_iter().map(rows).collect(),
            rows_held: raw.rows_held.map(|held| held.into_iter().map(RowsHeld::from).collect()),
            strength: raw.strength,
            orphans: raw.orphans.into_iter().map(PathBuf::from).collect(),
            stale_snapshots: raw
                .stale_snapshots
                .map(|stale| stale.into_iter().map(StaleSnapshot::from).collect()),
            drift: raw.manifest.map(Drift::from),
            changes: raw.changes.map(RunChanges::try_from).transpose()?,
            stale_waivers: raw.stale_waivers,
            unpublished: raw.unpublished,
            snapshots: SnapshotCounts { same, different, outranked, missing, written, unusable },
            effects: raw.effects.map_or(EffectCounts::default(), |it| EffectCounts {
                observed: it.observed,
                not_observed: it.not_observed,
            }),
            left_behind: raw.left_behind,
            exchanges: raw.exchanges,
            stopped: raw.stopped.map(Stopped::from),
            elapsed: Duration::from_micros(raw.duration_us),
        };
        // The outcome follows from the rest; where it does not, the line was changed by hand.
        if outcome(&raw.outcome)? != end.outcome() {
            return Err(WireError::InvalidValue {
                what: "outcome that follows from the counts",
                found: raw.outcome,
            });
        }
        Ok(end)
    }
}

impl From<Stopped> for RawStopped {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Interrupted => Self::Interrupted,
            Stopped::OutOfTime => Self::OutOfTime,
            Stopped::EnoughFailed { failures } => Self::EnoughFailed { failures },
            Stopped::Unreachable { reason } => Self::Unreachable { reason },
            Stopped::Refused { reason } => Self::Refused { reason },
            Stopped::MixedUp => Self::MixedUp,
        }
    }
}

impl From<RawStopped> for Stopped {
    fn from(raw: RawStopped) -> Self {
        match raw {
            RawStopped::Interrupted => Self::Interrupted,
            RawStopped::OutOfTime => Self::OutOfTime,
            RawStopped::EnoughFailed { failures } => Self::EnoughFailed { failures },
            RawStopped::Unreachable { reason } => Self::Unreachable { reason },
            RawStopped::Refused { reason } => Self::Refused { reason },
            RawStopped::MixedUp => Self::MixedUp,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawSeriesEnd {
    runs: Vec<RawRun>,
    not_started: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawRun {
    endpoint: String,
    outcome: String,
}

impl From<&SeriesEnd> for RawSeriesEnd {
    fn from(end: &SeriesEnd) -> Self {
        let run = |(endpoint, outcome): &(String, Outcome)| RawRun {
            endpoint: endpoint.clone(),
            outcome: outcome.name().to_owned(),
        };
        Self { runs: end.runs.iter().map(run).collect(), not_started: end.not_started.clone() }
    }
}

impl TryFrom<RawSeriesEnd> for SeriesEnd {
    type Error = WireError;

    fn try_from(raw: RawSeriesEnd) -> Result<Self, WireError> {
        let runs = raw.runs.into_iter().map(|run| Ok((run.endpoint, outcome(&run.outcome)?)));
        Ok(Self { runs: runs.collect::<Result<_, WireError>>()?, not_started: raw.not_started })
    }
}

fn outcome(name: &str) -> Result<Outcome, WireError> {
    let all = [Outcome::Conforms, Outcome::Inconclusive, Outcome::Broken, Outcome::Interrupted];
    let found = all.into_iter().find(|outcome| outcome.name() == name);
    found.ok_or_else(|| WireError::InvalidValue { what: "outcome", found: name.to_owned() })
}
