//! A recorded case that passed, judged with another answer in the place of a recorded one. Main type: [`Retrial`].
//!
//! The answer is judged by what judges answers in a run and in `verify`. Steps after it keep their recorded answers.

use super::again::{Replay, ReplayError, StepDue};
use super::judge::Judge;
use crate::check::{Subject, check, throttle_reason};
use crate::model::{Answer, CaseRecord, Exchange, Finding, Level, Request, RequestId, Verdict};
use crate::plan::PlannedCase;
use crate::template::Templates;
use crate::wire::settle;

/// A recorded case, ready to be judged with other answers.
pub struct Retrial<'a> {
    planned: &'a PlannedCase,
    record: &'a CaseRecord,
    templates: &'a Templates,
    seed: u64,
    gate: Level,
    /// What each answered step was judged by.
    due: Vec<StepDue>,
    /// The exchanges as they were judged.
    exchanges: Vec<Exchange>,
    request_ids: Vec<RequestId>,
    /// The name of the error row that each answer is an instance of, if it is.
    rows: Vec<Option<String>>,
}

/// What a case comes to with another answer.
#[derive(Debug)]
pub struct Retried {
    /// What is known.
    pub verdict: Verdict,
    /// Disagreements at every level.
    pub findings: Vec<Finding>,
    /// The request ids of its answers.
    pub request_ids: Vec<RequestId>,
}

impl<'a> Retrial<'a> {
    /// Follows a record; findings down to `gate` count. None for a case that does not pass.
    ///
    /// # Errors
    /// A record that lacks what is needed, or that is not of this case.
    pub fn new(
        planned: &'a PlannedCase,
        record: &'a CaseRecord,
        gate: Level,
        seed: u64,
        templates: &'a Templates,
    ) -> Result<Option<Self>, ReplayError> {
        let mut replay = Replay::new(planned, record, gate, templates);
        replay.due = Some(Vec::new());
        let ended = replay.follow_case(seed)?;
        replay.end()?;
        let verdict = replay.judge.verdict(ended, &record.retried);
        if !matches!(verdict, Verdict::Passed | Verdict::Flaky { .. }) {
            return Ok(None);
        }
        let due = replay.due.take().unwrap_or_default();
        let mut judge = replay.judge;
        let exchanges = std::mem::take(&mut judge.exchanges);
        let mut rows = Vec::with_capacity(exchanges.len());
        for exchange in &exchanges {
            judge.exchanges.push(exchange.clone());
            rows.push(judge.rows_met().first().map(ToString::to_string));
            judge.exchanges.clear();
        }
        let request_ids = std::mem::take(&mut judge.request_ids);
        Ok(Some(Self { planned, record, templates, seed, gate, due, exchanges, request_ids, rows }))
    }

    /// The exchanges as they were judged, in order.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// The request ids of the recorded answers.
    pub fn request_ids(&self) -> &[RequestId] {
        &self.request_ids
    }

    /// The name of the contract's own error row that the answer to a step is an instance of.
    pub fn row(&self, step: usize) -> Option<&str> {
        self.rows.get(step)?.as_deref()
    }

    /// The promises that another answer to a step's request is checked against.
    pub fn subject<'s>(&'s self, step: usize, answer: &'s Answer) -> Subject<'s> {
        let due = &self.due[step];
        Subject {
            contract: &self.planned.contract,
            expect: &due.prepared.expect,
            request: &due.request,
            answer,
            step,
            earlier: &self.exchanges[..step],
        }
    }

    /// What the case comes to with this answer to a step's request. None for one that asks for fewer requests: a run
    /// decides nothing then.
    ///
    /// What is wrong with the answer itself ends the case. Only one with which nothing is wrong is followed to the end.
    pub fn with(&self, step: usize, mut answer: Answer) -> Option<Retried> {
        settle(&self.planned.contract, &mut answer);
        let subject = self.subject(step, &answer);
        let findings = check(&subject);
        if findings.iter().any(|finding| !finding.is_warning) && throttle_reason(&subject).is_some() {
            return None;
        }
        if findings.iter().any(|finding| finding.counts(self.gate)) {
            return Some(Retried { verdict: Verdict::Failed, findings, request_ids: Vec::new() });
        }
        Some(self.to_the_end(step, &answer))
    }

    /// Later steps may look at what this answer has given, and so may what was observed on the endpoint.
    fn to_the_end(&self, step: usize, answer: &Answer) -> Retried {
        let replay = Replay::new(self.planned, self.record, self.gate, self.templates);
        let mut replay = replay.with(step, answer);
        // What was recorded was followed to its end before; of an answer that leads elsewhere nothing more is known.
        let ended = replay.follow_case(self.seed).unwrap_or(None);
        let _ = replay.end();
        let verdict = replay.judge.verdict(ended, &[]);
        let Judge { findings, request_ids, .. } = replay.judge;
        Retried { verdict, findings, request_ids }
    }
}

/// Whether a case passes with made-up answers, of an endpoint on which nothing ever happens. Its record provides only
/// the variables of states, and the observations before its first step.
pub fn passes_with(
    planned: &PlannedCase,
    record: &CaseRecord,
    seed: u64,
    templates: &Templates,
    answers: &mut dyn FnMut(&Request) -> Answer,
) -> bool {
    let gate = Level::ALL.into_iter().filter(|level| *level != Level::Snapshot).max().unwrap_or(Level::Body);
    let mut replay = Replay::new(planned, record, gate, templates).with_answers(answers);
    let Ok(ended) = replay.follow_case(seed) else { return false };
    if ended.is_none() {
        let _ = replay.end_of_nothing();
    }
    matches!(replay.judge.verdict(ended, &[]), Verdict::Passed)
}
