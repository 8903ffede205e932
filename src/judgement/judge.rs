//! One case under judgement. Main type: [`Judge`].
//!
//! It does not know whether an answer has just come in or was recorded long ago.

use std::sync::Arc;

use super::cited::leave_broken_limits;
use super::effect::Watch;
use super::parallel::arranged;
use super::promise::{codes, unless_empty};
use crate::check::{Due, Subject, check, request_id, select_in, shared_id, throttle_reason, unique_values};
use crate::model::{
    Answer, Body, ErrorRow, Exchange, Expect, Finding, Given, Inconclusive, Level, Observation, PreparedStep,
    Request, RequestId, Skipped, Value, Verdict, is_singular,
};
use crate::plan::{PlannedCase, about, open_scope, prepare};
use crate::template::{TemplateScope, Templates};
use crate::wire::{encode, settle};

/// Why the steps of a case ended before the last one.
#[derive(Debug)]
pub enum Ended {
    /// A finding that counts.
    Broken,
    /// Something that cannot be decided.
    Inconclusive(Inconclusive),
    /// No way leads on.
    Skipped(Skipped),
}

impl Ended {
    /// That something of the case cannot be prepared.
    pub fn unprepared(error: impl std::error::Error) -> Self {
        Self::Inconclusive(Inconclusive::Unprepared { reason: error.to_string() })
    }
}

/// The names that a case has before any state is set up, and its sentence. A second attempt has other random values.
///
/// # Errors
/// A row's value that gives nothing.
pub fn open(
    planned: &PlannedCase,
    seed: u64,
    attempt: u64,
    templates: &Templates,
) -> Result<(TemplateScope, String), Ended> {
    // The first keeps the seed; the halves of the others change places, so that no seed in use is another's.
    let seed = if attempt == 1 { seed } else { seed.rotate_left(32) ^ attempt };
    let scope = open_scope(planned, seed, templates).map_err(Ended::unprepared)?;
    let about = about(planned, &scope, templates);
    Ok((scope, about))
}

/// The parameters of a state that a case needs.
///
/// # Errors
/// A template that gives nothing.
pub fn render_params(
    need: &Given,
    scope: &TemplateScope,
    templates: &Templates,
) -> Result<Vec<(String, Value)>, Ended> {
    let mut params = Vec::with_capacity(need.params.len());
    for (key, value) in &need.params {
        params.push((key.clone(), templates.render(value, scope).map_err(Ended::unprepared)?));
    }
    Ok(params)
}

/// What a case comes to with these findings, of which those down to `gate` count; `retried` is what came of attempts that
/// were made again.
pub fn verdict(ended: Option<Ended>, findings: &[Finding], gate: Level, retried: &[String]) -> Verdict {
    match ended {
        Some(Ended::Inconclusive(unknown)) => Verdict::Inconclusive(unknown),
        Some(Ended::Skipped(reason)) => Verdict::Skipped(reason),
        Some(Ended::Broken) => Verdict::Failed,
        None if findings.iter().any(|finding| finding.counts(gate)) => Verdict::Failed,
        None if !retried.is_empty() => Verdict::Flaky { attempts: retried.to_vec() },
        None => Verdict::Passed,
    }
}

/// A case, its exchanges so far, and the problems with them.
#[derive(Debug)]
pub struct Judge<'a> {
    planned: &'a PlannedCase,
    gate: Level,
    /// What was sent and answered.
    pub exchanges: Vec<Exchange>,
    /// Disagreements at every level.
    pub findings: Vec<Finding>,
    /// The request ids of the answers, and other values that no two answers may share.
    pub request_ids: Vec<RequestId>,
    /// What was seen on the endpoint.
    pub watch: Watch,
    /// What the last request was due to add there.
    due: Option<Due>,
    /// The last request, where the next step repeats it at the same time.
    shared: Option<Request>,
    /// The codes that each step expects, as far as it is known.
    codes: Vec<Vec<Arc<str>>>,
}

impl<'a> Judge<'a> {
    /// Begins with a case of which nothing is sent yet; findings down to `gate` count.
    pub fn new(planned: &'a PlannedCase, gate: Level) -> Self {
        let exchanges = Vec::with_capacity(planned.case.steps.len());
        let codes = planned.case.steps.iter().map(|step| codes(&step.expect)).collect();
        Self {
            planned,
            gate,
            exchanges,
            findings: Vec::new(),
            request_ids: Vec::new(),
            watch: Watch::default(),
            due: None,
            shared: None,
            codes,
        }
    }

    /// The request of a step, and what is expected of the answer.
    ///
    /// # Errors
    /// A template that gives nothing, or parameters that have no form in a request.
    pub fn prepare_step(
        &mut self,
        position: usize,
        scope: &TemplateScope,
        templates: &Templates,
    ) -> Result<(PreparedStep, Request), Ended> {
        let prepared = prepare(self.planned, position, scope, templates).map_err(Ended::unprepared)?;
        self.codes[position] = codes(&prepared.expect);
        let steps = &self.planned.case.steps;
        if let Some(request) = self.shared.as_ref().filter(|_| steps[position].is_parallel) {
            return Ok((prepared, request.clone()));
        }
        let request = encode(&self.planned.contract, &prepared).map_err(Ended::unprepared)?;
        let is_shared = steps.get(position + 1).is_some_and(|next| next.is_parallel);
        self.shared = is_shared.then(|| request.clone());
        Ok((prepared, request))
    }

    /// Brings answers to requests that were sent at the same time into the order of their steps, of which the first is at
    /// `position`.
    pub fn arranged(
        &self,
        position: usize,
        steps: &[(PreparedStep, Request)],
        answers: Vec<Answer>,
    ) -> Vec<Answer> {
        let is_right = |at: usize, answer: &Answer| {
            let (prepared, request) = &steps[at];
            let mut answer = answer.clone();
            settle(&self.planned.contract, &mut answer);
            let subject = Subject {
                contract: &self.planned.contract,
                expect: &prepared.expect,
                request,
                answer: &answer,
                step: position + at,
                earlier: &self.exchanges,
            };
            !check(&subject).iter().any(|finding| finding.counts(self.gate))
        };
        arranged(answers, is_right)
    }

    /// Takes the answer to a step's request, and keeps the values that later steps use.
    ///
    /// # Errors
    /// A finding that counts, an answer that asks for fewer requests, or a value that is not there.
    pub fn take(
        &mut self,
        position: usize,
        prepared: &PreparedStep,
        request: Request,
        mut answer: Answer,
        scope: &mut TemplateScope,
    ) -> Result<(), Ended> {
        settle(&self.planned.contract, &mut answer);
        let subject = Subject {
            contract: &self.planned.contract,
            expect: &prepared.expect,
            request: &request,
            answer: &answer,
            step: position,
            earlier: &self.exchanges,
        };
        let mut findings = check(&subject);
        leave_broken_limits(&mut findings, &self.planned.contract, &request);
        // A warning does not make an answer another one than is expected.
        let is_as_expected = findings.iter().all(|finding| finding.is_warning);
        let throttled = if is_as_expected { None } else { throttle_reason(&subject) };
        self.request_ids.extend(request_id(&self.planned.contract, &answer, position));
        findings.extend(self.note_effect(position, &request, &answer));
        self.exchanges.push(Exchange { step: position, request, answer });
        if let Some(answer) = throttled {
            return Err(Ended::Inconclusive(Inconclusive::Throttled { answer }));
        }
        let is_broken = findings.iter().any(|finding| finding.counts(self.gate));
        self.findings.extend(findings);
        if is_broken {
            return Err(Ended::Broken);
        }
        self.in_time(&prepared.expect)?;
        self.save(position, scope)
    }

    /// Notes what the request is due to do on the endpoint. Gives the findings about values that an earlier answer of
    /// the case had; of a request that repeats an earlier one, that its answer names something else.
    fn note_effect(&mut self, position: usize, request: &Request, answer: &Answer) -> Vec<Finding> {
        let contract = &self.planned.contract;
        let rule = contract.effect.as_ref();
        let due = rule.map(|rule| self.watch.due(contract, rule, request, answer));
        let is_repeated = matches!(due, Some(Due::Replay(_) | Due::Either(_)));
        let replayed = rule.zip(due.as_ref());
        let replayed =
            replayed.and_then(|(rule, due)| self.watch.replay(contract, rule, position, due, answer));
        let before = self.due.take().filter(|_| self.planned.case.steps[position].is_parallel);
        self.due = match (before, due) {
            (Some(before), Some(due)) => Some(before.with(due)),
            (_, due) => due,
        };
        if let Some(rule) = rule {
            self.watch.note_answer(contract, rule, position, request, answer);
        }
        if is_repeated {
            return replayed.into_iter().collect();
        }
        let mut shared = Vec::new();
        for id in unique_values(contract, answer, position) {
            let earlier = self.request_ids.iter().find(|earlier| earlier.digest == id.digest);
            let place =
                earlier.map(|earlier| format!("the same as in the answer to step {}", earlier.step + 1));
            shared.extend(place.map(|place| shared_id(Some(contract), &id, &place)));
            self.request_ids.push(id);
        }
        shared
    }

    /// What the last request was due to add on the endpoint, if its contract promises an effect.
    pub fn due(&self) -> Option<&Due> {
        self.due.as_ref()
    }

    /// Takes what is on the endpoint after a step.
    ///
    /// # Errors
    /// A finding that counts.
    pub fn observe(&mut self, position: usize, seen: Vec<Observation>) -> Result<(), Ended> {
        let (Some(rule), Some(due)) = (&self.planned.contract.effect, &self.due) else { return Ok(()) };
        let finding = self.watch.after(rule, position, due, seen);
        let is_broken = finding.as_ref().is_some_and(|finding| finding.counts(self.gate));
        self.findings.extend(finding);
        if is_broken { Err(Ended::Broken) } else { Ok(()) }
    }

    /// Takes the last observation before teardown. Things that were added since the refused request are its effect.
    pub fn observe_end(&mut self, seen: Vec<Observation>) {
        let (Some(rule), Some(step)) = (&self.planned.contract.effect, self.watch.ends_after()) else {
            return;
        };
        let finding = self.watch.after(rule, step, &Due::Refused, seen);
        self.findings.extend(finding);
        self.findings.sort_by_key(|finding| finding.step);
    }

    /// Looks whether the last answer came in time also if its endpoint took all of the time that this machine was
    /// paused for.
    fn in_time(&self, expect: &Expect) -> Result<(), Ended> {
        let Some(Exchange { answer, .. }) = self.exchanges.last() else { return Ok(()) };
        let (least, most) = (answer.elapsed, answer.elapsed.saturating_add(answer.paused));
        let all = std::iter::once(expect).chain(&expect.alternatives);
        let mut limits = all.filter_map(|expect| expect.within);
        if limits.any(|limit| least <= limit && limit < most) {
            return Err(Ended::Inconclusive(Inconclusive::Paused { paused: answer.paused }));
        }
        Ok(())
    }

    /// Keeps values of the last answer for later steps.
    fn save(&mut self, position: usize, scope: &mut TemplateScope) -> Result<(), Ended> {
        for (name, path) in &self.planned.case.steps[position].save {
            let answer = self.exchanges.last().map(|exchange| &exchange.answer);
            let found = answer.and_then(|answer| select_in(&self.planned.contract, answer, path).ok());
            // A path that finds a list gives a value only if the list is not empty.
            if let Some(value) = found.filter(|value| is_singular(path) || *value != Value::List(Vec::new()))
            {
                scope.set(name, &value);
                continue;
            }
            self.findings.push(Finding {
                level: Level::Body,
                step: position,
                subject: path.clone(),
                expected: format!("a value, to be used as `{name}` later"),
                actual: "nothing".into(),
                because: None,
                cites: Vec::new(),
                is_warning: false,
                waived: None,
            });
            if self.gate >= Level::Body {
                return Err(Ended::Broken);
            }
            return Err(Ended::Inconclusive(Inconclusive::Unprepared {
                reason: format!("there is nothing at {path}"),
            }));
        }
        Ok(())
    }

    /// What the case comes to; `retried` is what came of attempts that were made again.
    pub fn verdict(&self, ended: Option<Ended>, retried: &[String]) -> Verdict {
        verdict(ended, &self.findings, self.gate, retried)
    }

    /// The codes that each step expects, of those that were prepared with all that is known by then.
    pub fn codes_due(&self) -> Vec<Vec<Arc<str>>> {
        unless_empty(self.codes.clone())
    }

    /// The names of the contract's own rows that the answers are instances of, if all of them conform.
    pub fn rows_met(&self) -> Vec<Arc<str>> {
        if self.findings.iter().any(|finding| finding.level != Level::Snapshot && !finding.is_warning) {
            return Vec::new();
        }
        let contract = &self.planned.contract;
        let mut met = Vec::new();
        for Exchange { answer, .. } in &self.exchanges {
            let at = |path: Option<&String>| select_in(contract, answer, path?).ok();
            let Some(code) = at(contract.envelope.code.as_ref()) else { continue };
            let message = at(contract.envelope.message.as_ref());
            let fits = |row: &&ErrorRow| is_instance(row, answer, &code, message.as_ref());
            // A row that gives a message says more than one that leaves it open.
            let row = contract.rows.iter().filter(fits).min_by_key(|row| row.message.is_none());
            met.extend(row.map(|row| Arc::from(row.label())));
        }
        met
    }
}

/// Whether an answer is an instance of a row as a whole: of its status, code and message.
fn is_instance(row: &ErrorRow, answer: &Answer, code: &Value, message: Option<&Value>) -> bool {
    // XML has texts alone.
    let is_code = row.has_code(code)
        || (matches!(answer.body, Body::Xml { .. }) && code.as_text() == Some(row.code.as_str()));
    let has_message = row.message.as_ref().is_none_or(|wanted| {
        message.and_then(Value::as_text).is_some_and(|text| wanted.mismatch(text).is_none())
    });
    row.status == answer.status && is_code && has_message
}
