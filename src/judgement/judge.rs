//! One case under judgement. Main type: [`Judge`].
//!
//! It does not know whether an answer has just come in or was recorded long ago.

use std::sync::Arc;

use super::promise::{codes, unless_empty};
use crate::check::{Subject, check, select, throttled};
use crate::model::{
    Answer, ErrorRow, Exchange, Finding, Given, Level, NotRun, PreparedStep, Request, Unknown, Value, Verdict,
};
use crate::plan::{PlannedCase, about, open_scope, prepare};
use crate::protocol::encode;
use crate::template::{Scope, Templates};

/// Why the steps of a case ended before the last one.
#[derive(Debug)]
pub enum Ended {
    /// A finding that counts.
    Broken,
    /// Something that could not be found out.
    Unknown(Unknown),
    /// No way leads on.
    NotRun(NotRun),
}

impl Ended {
    /// That something of the case cannot be prepared.
    pub fn unprepared(error: impl std::error::Error) -> Self {
        Self::Unknown(Unknown::Unprepared { reason: error.to_string() })
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
) -> Result<(Scope, String), Ended> {
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
    scope: &Scope,
    templates: &Templates,
) -> Result<Vec<(String, Value)>, Ended> {
    let mut params = Vec::with_capacity(need.params.len());
    for (key, value) in &need.params {
        params.push((key.clone(), templates.render(value, scope).map_err(Ended::unprepared)?));
    }
    Ok(params)
}

/// A case, the exchanges so far, and what is wrong with them.
#[derive(Debug)]
pub struct Judge<'a> {
    planned: &'a PlannedCase,
    gate: Level,
    /// What was sent and answered.
    pub exchanges: Vec<Exchange>,
    /// Disagreements at every level.
    pub findings: Vec<Finding>,
    /// The codes that each step expects, as far as it is known.
    codes: Vec<Vec<Arc<str>>>,
}

impl<'a> Judge<'a> {
    /// Begins with a case of which nothing is sent yet; findings down to `gate` count.
    pub fn new(planned: &'a PlannedCase, gate: Level) -> Self {
        let exchanges = Vec::with_capacity(planned.case.steps.len());
        let codes = planned.case.steps.iter().map(|step| codes(&step.expect)).collect();
        Self { planned, gate, exchanges, findings: Vec::new(), codes }
    }

    /// The request of a step, and what is expected of the answer.
    ///
    /// # Errors
    /// A template that gives nothing, or parameters that have no form in a request.
    pub fn prepared(
        &mut self,
        position: usize,
        scope: &Scope,
        templates: &Templates,
    ) -> Result<(PreparedStep, Request), Ended> {
        let prepared = prepare(self.planned, position, scope, templates).map_err(Ended::unprepared)?;
        self.codes[position] = codes(&prepared.expect);
        let request = encode(&self.planned.contract, &prepared).map_err(Ended::unprepared)?;
        Ok((prepared, request))
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
        answer: Answer,
        scope: &mut Scope,
    ) -> Result<(), Ended> {
        let subject = Subject {
            contract: &self.planned.contract,
            expect: &prepared.expect,
            request: &request,
            answer: &answer,
            step: position,
            earlier: &self.exchanges,
        };
        let findings = check(&subject);
        let throttled = if findings.is_empty() { None } else { throttled(&subject) };
        self.exchanges.push(Exchange { step: position, request, answer });
        if let Some(answer) = throttled {
            return Err(Ended::Unknown(Unknown::Throttled { answer }));
        }
        let is_broken = findings.iter().any(|finding| finding.level <= self.gate);
        self.findings.extend(findings);
        if is_broken { Err(Ended::Broken) } else { self.save(position, scope) }
    }

    /// Keeps values of the last answer for later steps.
    fn save(&mut self, position: usize, scope: &mut Scope) -> Result<(), Ended> {
        for (name, path) in &self.planned.case.steps[position].save {
            let tree = self.exchanges.last().and_then(|exchange| exchange.answer.tree());
            let found = tree.map(|tree| select(tree, path));
            if let Some(Ok(value)) = found {
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
            });
            if self.gate >= Level::Body {
                return Err(Ended::Broken);
            }
            return Err(Ended::Unknown(Unknown::Unprepared { reason: format!("nothing stands at {path}") }));
        }
        Ok(())
    }

    /// What the case comes to; `retried` is what came of attempts that were made again.
    pub fn verdict(&self, ended: Option<Ended>, retried: &[String]) -> Verdict {
        match ended {
            Some(Ended::Unknown(unknown)) => Verdict::Indeterminate(unknown),
            Some(Ended::NotRun(reason)) => Verdict::NotRun(reason),
            Some(Ended::Broken) => Verdict::Failed,
            None if self.findings.iter().any(|finding| finding.level <= self.gate) => Verdict::Failed,
            None if !retried.is_empty() => Verdict::Flaky { attempts: retried.to_vec() },
            None => Verdict::Passed,
        }
    }

    /// The codes that each step expects, of those that were prepared with all that is known by then.
    pub fn codes_due(&self) -> Vec<Vec<Arc<str>>> {
        unless_empty(self.codes.clone())
    }

    /// The contract's own rows that the answers are instances of, if all of them conform.
    pub fn rows_met(&self) -> Vec<Arc<str>> {
        if self.findings.iter().any(|finding| finding.level != Level::Snapshot) {
            return Vec::new();
        }
        let contract = &self.planned.contract;
        let code = |exchange: &Exchange| {
            select(exchange.answer.tree()?, contract.envelope.code.as_ref()?)
                .ok()
                .map(|code: Value| code.to_plain())
        };
        let mut met = Vec::new();
        for exchange in &self.exchanges {
            let Some(code) = code(exchange) else { continue };
            let is_row = |row: &&ErrorRow| row.code == code && row.status == exchange.answer.status;
            met.extend(contract.rows.iter().find(is_row).map(|row| Arc::from(row.code.as_str())));
        }
        met
    }
}
