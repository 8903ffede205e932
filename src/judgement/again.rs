//! Judges a case again, from what a run has recorded of it. Main function: [`judge_again`].
//!
//! It follows a case as a run does, with recorded variables in place of states, and recorded answers in place of the
//! endpoint. It ignores the verdict in the record.

use std::ops::Range;

use crate::model::{
    Answer, CaseRecord, Exchange, Given, Level, Moment, Observation, PreparedStep, Request, SnapshotOutcome,
    Value,
};
use crate::plan::{PlannedCase, set_variables};
use crate::template::{TemplateScope, Templates};

use super::effect::ObservationPlace;
use super::judge::{Ended, Judge, open, render_params};

/// How much of a request is shown that is not what it should be, in characters.
const SHOWN: usize = 400;

/// What a record cannot show, or contradicts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A variable that a state gave is not recorded, so the case cannot be judged again.
    #[error("`{name}`, which the state \"{state}\" gives, is not recorded")]
    Unrecorded {
        /// The state.
        state: String,
        /// The variable.
        name: String,
    },
    /// A variable is recorded that no state gave.
    #[error("`{name}` is recorded, which no state of the case gives")]
    Surplus {
        /// The variable.
        name: String,
    },
    /// A recorded request is not the one that the case sends.
    #[error("step {step}: the recorded request is not what the case sends: {what}", step = .step + 1)]
    Request {
        /// The step, from 0.
        step: usize,
        /// The part that differs, and how.
        what: String,
    },
    /// There are fewer exchanges than the case has.
    #[error("step {step}: no answer is recorded, and nothing before ended the case", step = .step + 1)]
    Missing {
        /// The step, from 0.
        step: usize,
    },
    /// An observation is missing where the case observes the endpoint, or is of another place.
    #[error("step {step}: what was observed on the endpoint is not recorded as the case observes it", step = .step + 1)]
    Observation {
        /// The step, from 0.
        step: usize,
    },
    /// There are more exchanges than the case has.
    #[error("step {step}: an exchange is recorded after the case had ended", step = .step + 1)]
    Beyond {
        /// The step, from 0.
        step: usize,
    },
}

/// The record that a run would have made of the same answers, before any waiver. The given record provides only facts:
/// variables of states, exchanges, attempts that were made again, what was left behind, and how long it took.
///
/// # Errors
/// A record that lacks what is needed, or that is not of this case.
pub fn judge_again(
    planned: &PlannedCase,
    record: &CaseRecord,
    seed: u64,
    templates: &Templates,
) -> Result<CaseRecord, ReplayError> {
    let mut replay = Replay::new(planned, record, record.gate, templates);
    let ended = replay.follow_case(seed)?;
    replay.end()?;
    if let Some(exchange) = replay.recorded.first() {
        return Err(ReplayError::Beyond { step: exchange.step });
    }
    if let Some((name, _)) = replay.variables.first() {
        return Err(ReplayError::Surplus { name: name.clone() });
    }
    let verdict = replay.judge.verdict(ended, &record.retried);
    let (rows_met, codes_due) = (replay.judge.rows_met(), replay.judge.codes_due());
    let Judge { exchanges, findings, request_ids, watch, .. } = replay.judge;
    Ok(CaseRecord {
        id: planned.id.clone(),
        about: replay.about,
        tags: planned.case.tags.clone(),
        spot: planned.spot().clone(),
        verdict,
        findings,
        gate: record.gate,
        answered: exchanges.len(),
        steps_not_sent: planned.case.steps.len().saturating_sub(exchanges.len()),
        exchanges,
        given: Vec::new(),
        variables: record.variables.clone(),
        set_ups: Vec::new(),
        unanswered: None,
        rows_met,
        codes_due,
        request_ids,
        effects: watch.effects(&planned.contract),
        observations: watch.into_observations(),
        literals: Vec::new(),
        snapshot: SnapshotOutcome::Unchecked,
        retried: record.retried.clone(),
        started_again: record.started_again.clone(),
        repeated: record.repeated,
        left_behind: record.left_behind.clone(),
        paused: record.paused,
        elapsed: record.elapsed,
    })
}

/// Why a case is not followed further.
enum Halt {
    Ended(Ended),
    Apart(ReplayError),
}

impl From<Ended> for Halt {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

/// A case that is followed along its record.
pub(super) struct Replay<'a> {
    planned: &'a PlannedCase,
    templates: &'a Templates,
    attempt: u64,
    /// Variables that no state has taken yet.
    variables: &'a [(String, Value)],
    /// Exchanges that no step has taken yet.
    recorded: &'a [Exchange],
    /// Another answer to the request of a step. It may have other values that later requests are made of, so those are
    /// not compared with what was recorded.
    changed: Option<(usize, &'a Answer)>,
    /// What answers in the place of the record.
    answers: Option<&'a mut dyn FnMut(&Request) -> Answer>,
    /// Observations that no step has taken yet.
    observed: &'a [Observation],
    is_observed: bool,
    pub(super) judge: Judge<'a>,
    about: String,
    /// What each step was judged by, where that is asked for.
    pub(super) due: Option<Vec<StepDue>>,
}

/// What a step sends, and what is expected of its answer.
pub(super) struct StepDue {
    pub(super) prepared: PreparedStep,
    pub(super) request: Request,
}

impl<'a> Replay<'a> {
    pub(super) fn new(
        planned: &'a PlannedCase,
        record: &'a CaseRecord,
        gate: Level,
        templates: &'a Templates,
    ) -> Self {
        Self {
            planned,
            templates,
            attempt: record.attempt(),
            variables: &record.variables,
            recorded: &record.exchanges,
            changed: None,
            answers: None,
            observed: &record.observations,
            is_observed: !record.observations.is_empty(),
            judge: Judge::new(planned, gate),
            about: planned.case.about.clone(),
            due: None,
        }
    }

    /// The same with another answer in the place of a recorded one.
    pub(super) fn with(self, step: usize, answer: &'a Answer) -> Self {
        Self { changed: Some((step, answer)), ..self }
    }

    /// The same with the answers of an endpoint on which nothing ever happens: every observation of a place is the same
    /// as the first one.
    pub(super) fn with_answers(self, answers: &'a mut dyn FnMut(&Request) -> Answer) -> Self {
        Self { answers: Some(answers), ..self }
    }

    /// Follows the case, and gives why it ended before its last step, if it did.
    pub(super) fn follow_case(&mut self, seed: u64) -> Result<Option<Ended>, ReplayError> {
        match self.steps(seed) {
            Ok(()) => Ok(None),
            Err(Halt::Ended(ended)) => Ok(Some(ended)),
            Err(Halt::Apart(apart)) => Err(apart),
        }
    }

    fn steps(&mut self, seed: u64) -> Result<(), Halt> {
        let (mut scope, about) = open(self.planned, seed, self.attempt, self.templates)?;
        self.about = about;
        let case = &self.planned.case;
        self.bring_about(&case.given, &mut scope)?;
        set_variables(self.planned, &mut scope, self.templates).map_err(Ended::unprepared)?;
        let mut position = 0;
        while let Some(step) = case.steps.get(position) {
            let end = case.end_of_group(position);
            self.bring_about(&step.given, &mut scope)?;
            self.observe_before(position, &scope, !step.given.is_empty())?;
            let outcome = self.group(position..end, &mut scope);
            let observed = self.observe_after(end - 1, &outcome);
            outcome?;
            observed?;
            position = end;
        }
        Ok(())
    }

    /// Takes the answers to requests that were sent at the same time, all of them, and gives what ended the case first.
    fn group(&mut self, steps: Range<usize>, scope: &mut TemplateScope) -> Result<(), Halt> {
        let mut outcome = Ok(());
        for position in steps {
            match self.step(position, scope) {
                Err(Halt::Apart(apart)) => return Err(Halt::Apart(apart)),
                taken => outcome = outcome.and(taken),
            }
        }
        outcome
    }

    /// Takes the recorded observation of a place at a moment.
    fn take(&mut self, moment: Moment, place: &ObservationPlace) -> Result<Observation, ReplayError> {
        if self.answers.is_some() {
            let first = self.observed.iter().find(|observation| observation.of == *place);
            let seen = first.map_or_else(|| Ok(Vec::new()), |first| first.seen.clone());
            return Ok(Observation { moment, of: place.clone(), seen });
        }
        match self.observed.split_first() {
            Some((next, rest)) if next.moment == moment && next.of == *place => {
                self.observed = rest;
                Ok(next.clone())
            }
            Some(_) | None => {
                let (Moment::Before(step) | Moment::After(step) | Moment::End(step)) = moment;
                Err(ReplayError::Observation { step })
            }
        }
    }

    fn observe_before(&mut self, position: usize, scope: &TemplateScope, is_given: bool) -> Result<(), Halt> {
        if !self.is_observed {
            return Ok(());
        }
        for place in self.judge.watch.due_before(&self.planned.contract, scope, self.templates, is_given) {
            let seen = self.take(Moment::Before(position), &place).map_err(Halt::Apart)?;
            self.judge.watch.before(seen);
        }
        Ok(())
    }

    fn observe_after(&mut self, position: usize, outcome: &Result<(), Halt>) -> Result<(), Halt> {
        let is_judged = matches!(outcome, Ok(()) | Err(Halt::Ended(Ended::Broken)));
        if !self.is_observed || !is_judged {
            return Ok(());
        }
        let seen = self.all(Moment::After(position)).map_err(Halt::Apart)?;
        Ok(self.judge.observe(position, seen)?)
    }

    fn all(&mut self, moment: Moment) -> Result<Vec<Observation>, ReplayError> {
        let places: Vec<ObservationPlace> = self.judge.watch.places().cloned().collect();
        places.iter().map(|place| self.take(moment, place)).collect()
    }

    /// Takes what is there before teardown on an endpoint on which nothing ever happens.
    pub(super) fn end_of_nothing(&mut self) -> Result<(), ReplayError> {
        if let Some(step) = self.judge.watch.ends_after().filter(|_| self.is_observed) {
            let seen = self.all(Moment::End(step))?;
            self.judge.observe_end(seen);
        }
        Ok(())
    }

    /// Takes what was observed before teardown; nothing may be left then.
    pub(super) fn end(&mut self) -> Result<(), ReplayError> {
        self.end_of_nothing()?;
        match self.observed.first() {
            None => Ok(()),
            Some(Observation {
                moment: Moment::Before(step) | Moment::After(step) | Moment::End(step),
                ..
            }) => Err(ReplayError::Observation { step: *step }),
        }
    }

    fn bring_about(&mut self, given: &[Given], scope: &mut TemplateScope) -> Result<(), Halt> {
        for need in given {
            // Rendered for its random values alone: as in the run, they come before those that are made later.
            render_params(need, scope, self.templates)?;
            let definition = self.planned.contract.state(&need.state);
            for variable in definition.map(|state| state.provides.as_slice()).unwrap_or_default() {
                let own = need.variable(&variable.name);
                match self.variables.split_first() {
                    Some(((name, value), rest)) if *name == own => {
                        scope.set(&own, value);
                        self.variables = rest;
                    }
                    Some(_) | None => {
                        let state = need.state.clone();
                        return Err(Halt::Apart(ReplayError::Unrecorded { state, name: own }));
                    }
                }
            }
        }
        Ok(())
    }

    fn step(&mut self, position: usize, scope: &mut TemplateScope) -> Result<(), Halt> {
        let (prepared, request) = self.judge.prepare_step(position, scope, self.templates)?;
        if let Some(answers) = &mut self.answers {
            let answer = answers(&request);
            return Ok(self.judge.take(position, &prepared, request, answer, scope)?);
        }
        let Some((exchange, rest)) = self.recorded.split_first().filter(|(next, _)| next.step == position)
        else {
            return Err(Halt::Apart(ReplayError::Missing { step: position }));
        };
        if self.changed.is_none()
            && let Some(what) = difference(&request, &exchange.request)
        {
            return Err(Halt::Apart(ReplayError::Request { step: position, what }));
        }
        self.recorded = rest;
        let changed = self.changed.filter(|(step, _)| *step == position).map(|(_, answer)| answer);
        let answer = changed.unwrap_or(&exchange.answer).clone();
        if let Some(due) = &mut self.due {
            due.push(StepDue { prepared: prepared.clone(), request: request.clone() });
        }
        self.judge.take(position, &prepared, request, answer, scope)?;
        Ok(())
    }
}

/// The first difference of a recorded request from the one that is due.
fn difference(due: &Request, recorded: &Request) -> Option<String> {
    let cut = |text: &str| Value::Text(text.chars().take(SHOWN).collect());
    let unlike = |what: &str, due: &str, recorded: &str| {
        (due != recorded).then(|| format!("{what} {} in place of {}", cut(recorded), cut(due)))
    };
    unlike("method", due.method.as_str(), recorded.method.as_str())
        .or_else(|| unlike("target", &due.target, &recorded.target))
        .or_else(|| unlike("body", due.body.as_str(), recorded.body.as_str()))
        .or_else(|| (due.headers != recorded.headers).then(|| "other header fields".to_owned()))
        .or_else(|| (due != recorded).then(|| "other parameters".to_owned()))
}
