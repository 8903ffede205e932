//! The same cases twice on one endpoint: what differs without a cause, and rules that make it stable. Main type:
//! [`Noise`].

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::watched::{WatchedRun, watch};
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
    /// What is known of both runs.
    runs: [WatchedRun; 2],
}

impl Noise {
    /// Whether answers may have been taken for those of other requests; then no rule follows from what differs.
    pub fn is_mixed_up(&self) -> bool {
        self.runs.iter().any(|run| run.is_mixed)
    }

    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        let is_clean = self.runs.iter().all(|run| run.is_clean);
        match &self.findings {
            // What differs may be the answer to another request.
            _ if self.is_mixed_up() => Outcome::Inconclusive,
            StudyResult { differing: 1.., .. } => Outcome::Broken,
            _ if !self.study.missing.is_empty() || !is_clean => Outcome::Inconclusive,
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
    // What is so of both runs is said once.
    let said = RefCell::new(BTreeSet::new());
    let remark = &|text: &str| {
        if said.borrow_mut().insert(text.to_owned()) {
            remark(text);
        }
    };
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
    let Some(one) = watch(first, plan, stop, remark, take).await? else { return Ok(None) };
    let take = |record: &CaseRecord, planned: &PlannedCase| {
        study.second(&record.id.to_string(), &planned.contract, RecordedAnswers::new(record));
    };
    let Some(other) = watch(second, plan, stop, remark, take).await? else { return Ok(None) };
    let findings = study.findings(is_own);
    Ok(Some(Noise { study, findings, runs: [one, other] }))
}
