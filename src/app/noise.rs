//! The same cases twice on one endpoint: what differs without a cause, and rules that make it stable. Main type:
//! [`Noise`].

use super::watched::watch;
use super::{AppError, SessionSettings, TestTarget};
use crate::event::Outcome;
use crate::model::{CaseRecord, Normalisation};
use crate::noise::{RecordedAnswers, Study, StudyResult};
use crate::plan::{Plan, PlannedCase};
use crate::run::StopSwitch;

/// How many bytes of answers are kept between the runs: those of thousands of cases. What is larger is compared by
/// digest.
const ROOM: usize = 64 << 20;

/// What two runs have shown.
#[derive(Debug)]
pub struct Noise {
    /// What was compared, and what could not be.
    pub study: Study,
    /// What differs, and the rules that mend it.
    pub findings: StudyResult,
    /// Whether every state was undone.
    is_clean: bool,
}

impl Noise {
    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        match &self.findings {
            StudyResult { differing: 1.., .. } => Outcome::Broken,
            _ if !self.study.missing.is_empty() || !self.is_clean => Outcome::Inconclusive,
            _ => Outcome::Conforms,
        }
    }
}

/// Runs the plan twice, with settings that must differ in their seed alone. With one seed, the second run would send the
/// tokens of the first again, and an endpoint that knows them would repeat its answers, so that nothing differed. What
/// either made is named in both.
///
/// Gives none after an interrupt; what is worth a remark goes to `remark`.
///
/// # Errors
/// An endpoint that cannot be tested.
pub async fn noise(
    [first, second]: [SessionSettings; 2],
    plan: &Plan,
    stop: &StopSwitch,
    remark: &dyn Fn(&str),
) -> Result<Option<Noise>, AppError> {
    first.target.check(plan)?;
    let is_own = first.target.has_entry();
    let own = match &first.target {
        TestTarget::Other(endpoint) => endpoint.normalisation.clone(),
        TestTarget::Reference(_) => Normalisation::default(),
    };
    let mut study = Study::new(own, ROOM);
    let take = |record: &CaseRecord, planned: &PlannedCase| {
        study.first(&record.id.to_string(), &planned.contract, RecordedAnswers::new(record));
    };
    let Some(is_clean) = watch(first, plan, stop, remark, take).await? else { return Ok(None) };
    let take = |record: &CaseRecord, planned: &PlannedCase| {
        study.second(&record.id.to_string(), &planned.contract, RecordedAnswers::new(record));
    };
    let Some(is_clean_again) = watch(second, plan, stop, remark, take).await? else { return Ok(None) };
    let findings = study.findings(is_own);
    Ok(Some(Noise { study, findings, is_clean: is_clean && is_clean_again }))
}
