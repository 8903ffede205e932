//! A recorded case that passed, judged with another answer in the place of a recorded one. Main type: [`Retrial`].
//!
//! The answer is judged by what judges answers in a run and in `verify`. Steps after it keep their recorded answers.

use super::again::{Apart, Due, Replay};
use super::judge::{Ended, Judge};
use crate::check::Subject;
use crate::model::{Answer, CaseRecord, Exchange, Finding, Inconclusive, Level, RequestId, Verdict};
use crate::plan::PlannedCase;
use crate::template::Templates;

/// A recorded case, ready to be judged with other answers.
pub struct Retrial<'a> {
    planned: &'a PlannedCase,
    record: &'a CaseRecord,
    templates: &'a Templates,
    seed: u64,
    gate: Level,
    /// What each answered step was judged by.
    due: Vec<Due>,
    /// The exchanges as they were judged.
    exchanges: Vec<Exchange>,
    request_ids: Vec<RequestId>,
    /// The name of the error row that each answer is an instance of, if it is.
    rows: Vec<Option<String>>,
    judge: Judge<'a>,
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
    ) -> Result<Option<Self>, Apart> {
        let mut replay = Replay::new(planned, record, gate, templates);
        replay.due = Some(Vec::new());
        let ended = replay.ended(seed)?;
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
        Ok(Some(Self { planned, record, templates, seed, gate, due, exchanges, request_ids, rows, judge }))
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

    /// What another answer to a step's request is held against.
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
    pub fn with(&mut self, step: usize, answer: Answer) -> Option<Retried> {
        let due = &self.due[step];
        self.judge.exchanges.clear();
        self.judge.exchanges.extend_from_slice(&self.exchanges[..step]);
        self.judge.findings.clear();
        self.judge.request_ids.clear();
        let is_last = step + 1 == self.due.len();
        let kept = (!is_last).then(|| answer.clone());
        let mut scope = due.scope.clone();
        let ended = self.judge.take(step, &due.prepared, due.request.clone(), answer, &mut scope).err();
        if matches!(ended, Some(Ended::Inconclusive(Inconclusive::Throttled { .. }))) {
            return None;
        }
        if let (None, Some(answer)) = (&ended, &kept) {
            return Some(self.to_the_end(step, answer));
        }
        let earlier = self.request_ids.iter().filter(|id| id.step < step).cloned();
        Some(Retried {
            verdict: self.judge.verdict(ended, &[]),
            findings: std::mem::take(&mut self.judge.findings),
            request_ids: earlier.chain(std::mem::take(&mut self.judge.request_ids)).collect(),
        })
    }

    /// Later steps may look at what this answer has given.
    fn to_the_end(&self, step: usize, answer: &Answer) -> Retried {
        let replay = Replay::new(self.planned, self.record, self.gate, self.templates);
        let mut replay = replay.with(step, answer);
        let ended = match replay.ended(self.seed) {
            Ok(ended) => ended,
            // What was recorded was followed to its end before.
            Err(_) => None,
        };
        let verdict = replay.judge.verdict(ended, &[]);
        let Judge { findings, request_ids, .. } = replay.judge;
        Retried { verdict, findings, request_ids }
    }
}
