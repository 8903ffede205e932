//! All that a run says about one case.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::citation::RawCitation;
use super::exchange::{RawExchange, RawRequest};
use super::run::level;
use super::verdict::{RawSnapshot, RawVerdict};
use super::{WireError, micros};
use crate::model::{
    CaseId, CaseRecord, Effects, Exchange, Finding, IdError, Moment, Observation, OperationId, Repeated,
    RequestId, SetUp, SourceText, Spot, TableId,
};
use crate::protocol::{from_json, to_json};

/// The greatest column that is read back: a place is rebuilt as a text of that length.
const FARTHEST: usize = 1_000_000;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawCase {
    table: String,
    case: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row: Option<String>,
    about: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<String>,
    file: String,
    line: usize,
    column: usize,
    verdict: RawVerdict,
    level: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    findings: Vec<RawFinding>,
    answered: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exchanges: Vec<RawExchange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    given: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    variables: Vec<(String, Json)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    set_ups: Vec<RawSetUp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unanswered: Option<RawRequest>,
    steps_not_sent: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rows_met: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    codes_due: Vec<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    request_ids: Vec<RawRequestId>,
    #[serde(default, skip_serializing_if = "RawEffects::is_not_promised")]
    effects: RawEffects,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    observations: Vec<RawObservation>,
    snapshot: RawSnapshot,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retried: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_again: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repeated: Option<RawRepeated>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_behind: Vec<String>,
    #[serde(default, skip_serializing_if = "is_none")]
    paused_us: u64,
    duration_us: u64,
}

impl From<&CaseRecord> for RawCase {
    fn from(record: &CaseRecord) -> Self {
        Self {
            table: record.id.table().to_owned(),
            case: record.id.case().to_owned(),
            row: record.id.row().map(str::to_owned),
            about: record.about.clone(),
            tags: record.tags.clone(),
            file: record.spot.file.path.display().to_string(),
            line: record.spot.line(),
            column: record.spot.column(),
            verdict: (&record.verdict).into(),
            level: record.gate.name().to_owned(),
            findings: record.findings.iter().map(RawFinding::from).collect(),
            answered: record.answered,
            exchanges: record.exchanges.iter().map(RawExchange::from).collect(),
            given: record.given.clone(),
            variables: record.variables.iter().map(|(name, value)| (name.clone(), to_json(value))).collect(),
            set_ups: record.set_ups.iter().map(RawSetUp::from).collect(),
            unanswered: record.unanswered.as_ref().map(RawRequest::from),
            steps_not_sent: record.steps_not_sent,
            rows_met: texts(&record.rows_met),
            codes_due: record.codes_due.iter().map(|codes| texts(codes)).collect(),
            request_ids: record.request_ids.iter().map(RawRequestId::from).collect(),
            effects: record.effects.into(),
            observations: record.observations.iter().map(RawObservation::from).collect(),
            snapshot: (&record.snapshot).into(),
            retried: record.retried.clone(),
            started_again: record.started_again.clone(),
            repeated: record.repeated.map(RawRepeated::from),
            left_behind: record.left_behind.clone(),
            paused_us: micros(record.paused),
            duration_us: micros(record.elapsed),
        }
    }
}

impl TryFrom<RawCase> for CaseRecord {
    type Error = WireError;

    fn try_from(raw: RawCase) -> Result<Self, WireError> {
        let exchanges = raw.exchanges.into_iter().map(Exchange::try_from);
        let findings = raw.findings.into_iter().map(Finding::try_from);
        let request_ids = raw.request_ids.into_iter().map(RequestId::try_from);
        Ok(Self {
            id: id(&raw.table, &raw.case, raw.row.as_deref())?,
            about: raw.about,
            tags: raw.tags,
            spot: spot(&raw.file, raw.line, raw.column),
            verdict: raw.verdict.try_into()?,
            findings: findings.collect::<Result<_, _>>()?,
            gate: level(raw.level)?,
            answered: raw.answered,
            exchanges: exchanges.collect::<Result<_, _>>()?,
            given: raw.given,
            variables: raw.variables.into_iter().map(|(name, value)| (name, from_json(&value))).collect(),
            set_ups: raw.set_ups.into_iter().map(SetUp::from).collect(),
            unanswered: raw.unanswered.map(TryInto::try_into).transpose()?,
            steps_not_sent: raw.steps_not_sent,
            rows_met: share(raw.rows_met),
            codes_due: raw.codes_due.into_iter().map(share).collect(),
            request_ids: request_ids.collect::<Result<_, _>>()?,
            effects: raw.effects.into(),
            observations: raw.observations.into_iter().map(Observation::from).collect(),
            literals: Vec::new(),
            snapshot: raw.snapshot.into(),
            retried: raw.retried,
            started_again: raw.started_again,
            repeated: raw.repeated.map(Repeated::from),
            left_behind: raw.left_behind,
            paused: Duration::from_micros(raw.paused_us),
            elapsed: Duration::from_micros(raw.duration_us),
        })
    }
}

/// Nearly every case has no pause, and does not say so.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
pub(super) fn is_none(micros: &u64) -> bool {
    *micros == 0
}

#[derive(Debug, Serialize, Deserialize)]
struct RawRepeated {
    shown: u32,
    passed: u32,
    failed: u32,
    waived: u32,
    inconclusive: u32,
    skipped: u32,
    other_answers: usize,
}

impl From<Repeated> for RawRepeated {
    fn from(repeated: Repeated) -> Self {
        let Repeated { shown, passed, failed, waived, inconclusive, skipped, other_answers } = repeated;
        Self { shown, passed, failed, waived, inconclusive, skipped, other_answers }
    }
}

impl From<RawRepeated> for Repeated {
    fn from(raw: RawRepeated) -> Self {
        let RawRepeated { shown, passed, failed, waived, inconclusive, skipped, other_answers } = raw;
        Self { shown, passed, failed, waived, inconclusive, skipped, other_answers }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct RawSetUp {
    step: usize,
    asked: String,
}

impl From<&SetUp> for RawSetUp {
    fn from(SetUp { step, asked }: &SetUp) -> Self {
        Self { step: step + 1, asked: asked.clone() }
    }
}

impl From<RawSetUp> for SetUp {
    fn from(RawSetUp { step, asked }: RawSetUp) -> Self {
        Self { step: step.saturating_sub(1), asked }
    }
}

fn texts(codes: &[Arc<str>]) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

fn share(codes: Vec<String>) -> Vec<Arc<str>> {
    codes.into_iter().map(Arc::from).collect()
}

fn id(table: &str, case: &str, row: Option<&str>) -> Result<CaseId, WireError> {
    let parts = || -> Result<CaseId, IdError> {
        let (operation, name) = table.rsplit_once('/').ok_or(IdError::Empty)?;
        CaseId::new(&TableId::new(OperationId::from_parts(operation.split('/'))?, name)?, case, row)
    };
    parts().map_err(|reason| WireError::Id { text: format!("{table}/{case}"), reason })
}

/// A place without its file's text, which is not needed to give the line and the column.
fn spot(file: &str, line: usize, column: usize) -> Spot {
    let text = " ".repeat(column.clamp(1, FARTHEST) - 1);
    let end = text.len();
    Spot { file: Arc::new(SourceText::part(file, line.max(1) - 1, text)), bytes: end..end }
}

#[derive(Debug, Serialize, Deserialize)]
struct RawRequestId {
    level: String,
    step: usize,
    at: String,
    digest: String,
}

impl From<&RequestId> for RawRequestId {
    fn from(id: &RequestId) -> Self {
        Self {
            level: id.level.name().to_owned(),
            step: id.step + 1,
            at: id.at.clone(),
            digest: id.digest.clone(),
        }
    }
}

impl TryFrom<RawRequestId> for RequestId {
    type Error = WireError;

    fn try_from(raw: RawRequestId) -> Result<Self, WireError> {
        let level = level(raw.level)?;
        Ok(Self { level, step: raw.step.saturating_sub(1), at: raw.at, digest: raw.digest })
    }
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawEffects {
    #[default]
    NotPromised,
    Observed,
    NotObserved,
}

impl RawEffects {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    fn is_not_promised(&self) -> bool {
        matches!(self, Self::NotPromised)
    }
}

impl From<Effects> for RawEffects {
    fn from(effects: Effects) -> Self {
        match effects {
            Effects::NotPromised => Self::NotPromised,
            Effects::Observed => Self::Observed,
            Effects::NotObserved => Self::NotObserved,
        }
    }
}

impl From<RawEffects> for Effects {
    fn from(effects: RawEffects) -> Self {
        match effects {
            RawEffects::NotPromised => Self::NotPromised,
            RawEffects::Observed => Self::Observed,
            RawEffects::NotObserved => Self::NotObserved,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawMoment {
    Before,
    After,
    End,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawObservation {
    moment: RawMoment,
    step: usize,
    of: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

impl From<&Observation> for RawObservation {
    fn from(observation: &Observation) -> Self {
        let (moment, step) = match observation.moment {
            Moment::Before(step) => (RawMoment::Before, step),
            Moment::After(step) => (RawMoment::After, step),
            Moment::End(step) => (RawMoment::End, step),
        };
        let (seen, failed) = match observation.seen.clone() {
            Ok(seen) => (Some(seen), None),
            Err(reason) => (None, Some(reason)),
        };
        Self { moment, step: step + 1, of: observation.of.clone(), seen, failed }
    }
}

impl From<RawObservation> for Observation {
    fn from(raw: RawObservation) -> Self {
        let step = raw.step.saturating_sub(1);
        let moment = match raw.moment {
            RawMoment::Before => Moment::Before(step),
            RawMoment::After => Moment::After(step),
            RawMoment::End => Moment::End(step),
        };
        Self { moment, of: raw.of, seen: raw.seen.ok_or_else(|| raw.failed.unwrap_or_default()) }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct RawFinding {
    level: String,
    step: usize,
    subject: String,
    expected: String,
    actual: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cites: Vec<RawCitation>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    warning: bool,
}

impl From<&Finding> for RawFinding {
    fn from(finding: &Finding) -> Self {
        let Finding { level, step, subject, expected, actual, because, cites, is_warning: warning } =
            finding.clone();
        let cites = cites.into_iter().map(RawCitation::from).collect();
        let level = level.name().to_owned();
        Self { level, step: step + 1, subject, expected, actual, because, cites, warning }
    }
}

impl TryFrom<RawFinding> for Finding {
    type Error = WireError;

    fn try_from(raw: RawFinding) -> Result<Self, WireError> {
        let RawFinding { level: name, step, subject, expected, actual, because, cites, warning } = raw;
        let (level, step) = (level(name)?, step.saturating_sub(1));
        let cites = cites.into_iter().map(Into::into).collect();
        Ok(Self { level, step, subject, expected, actual, because, cites, is_warning: warning })
    }
}
