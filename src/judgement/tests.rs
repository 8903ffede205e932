//! What cases come to, without a server: the answers of each are given, and judged as a run does, and again from its
//! record.

mod again;
mod count;
mod judge;

use std::time::Duration;

use super::{Ended, Judge, codes_due, open, render_params};
use crate::check::tests::suite_with;
use crate::model::{Answer, CaseRecord, Effects, Finding, Level, SnapshotOutcome, Suite, Value};
use crate::plan::{PlannedCase, case_ids, set_variables};
use crate::template::{TemplateScope, Templates};

pub(crate) const SEED: u64 = 7;

/// A contract, but for its envelope.
const CONTRACT: &str = r#"operation = "Get"
version = "1"
about = "Gets things."

[request]
method = "POST"
methods = ["POST", "PUT"]
path = "/things"
place = "json"

[[param]]
name = "id"
type = "string"
required = true
missing = ["NoId"]
constraints = [{ max-length = 3, error = "TooLong" }, { min-length = 1, disputed = "it is said twice" }]

[[param]]
name = "old"
type = "integer"
deprecated = true
about = "An old one."

[[error]]
status = 400
code = "TooLong"
message = "It is too long."

[[error]]
status = 400
code = "NoId"

[[error]]
status = 404
code = "NotFound"
message = "There is no %s."

[[error]]
status = 404
code = "Gone"

[[error]]
status = 404
code = "Gone"
message = "It is gone."

[[error]]
status = 400
code = 7

[envelope]
code = "$.code"
message = "$.message"
"#;

const STATES: &str = r#"[[state]]
name = "a thing"
about = "There is a thing."

[state.provides.thing]
about = "Its id."
example = "a"
"#;

/// The suite of a table.
pub(crate) fn suite_of(envelope: &str, table: &str) -> Suite {
    suite_with(&format!("{CONTRACT}{envelope}"), STATES, table)
}

/// The cases of a table, in the order of ids.
pub(crate) fn planned(envelope: &str, table: &str) -> Vec<PlannedCase> {
    case_ids(&suite_of(envelope, table)).unwrap()
}

/// A finding of a level about something.
pub(crate) fn finding(level: Level, subject: &str) -> Finding {
    Finding {
        level,
        step: 0,
        subject: subject.into(),
        expected: "x".into(),
        actual: "y".into(),
        because: None,
        cites: Vec::new(),
        is_warning: false,
        waived: None,
    }
}

/// The only case of a table.
fn one(envelope: &str, case: &str) -> PlannedCase {
    let head = "[[case]]\nid = \"c\"\nabout = \"It is.\"\nvars = { v = \"{{ uuid() }}\" }";
    planned(envelope, &format!("{head}\n{case}\n")).remove(0)
}

/// A case on its way along the answers that it is given.
struct Played<'a> {
    judge: Judge<'a>,
    variables: Vec<(String, Value)>,
    about: String,
    ended: Option<Ended>,
}

impl<'a> Played<'a> {
    fn new(planned: &'a PlannedCase, gate: Level, answers: &[Answer]) -> Self {
        Self::at(planned, gate, answers, SEED, 1)
    }

    fn at(planned: &'a PlannedCase, gate: Level, answers: &[Answer], seed: u64, attempt: u64) -> Self {
        let mut played = Self {
            judge: Judge::new(planned, gate),
            variables: Vec::new(),
            about: String::new(),
            ended: None,
        };
        played.ended = played.go(planned, answers, (seed, attempt)).err();
        played
    }

    fn go(
        &mut self,
        planned: &PlannedCase,
        answers: &[Answer],
        (seed, attempt): (u64, u64),
    ) -> Result<(), Ended> {
        let templates = Templates::default();
        let (mut scope, about) = open(planned, seed, attempt, &templates)?;
        self.about = about;
        self.set_up(planned, &planned.case.given, &mut scope)?;
        set_variables(planned, &mut scope, &templates).map_err(Ended::unprepared)?;
        for (position, step) in planned.case.steps.iter().enumerate() {
            self.set_up(planned, &step.given, &mut scope)?;
            let (prepared, request) = self.judge.prepare_step(position, &scope, &templates)?;
            self.judge.take(position, &prepared, request, answers[position].clone(), &mut scope)?;
        }
        Ok(())
    }

    /// Every variable of a state has the value `NAME-N`.
    fn set_up(
        &mut self,
        planned: &PlannedCase,
        given: &[crate::model::Given],
        scope: &mut TemplateScope,
    ) -> Result<(), Ended> {
        for need in given {
            render_params(need, scope, &Templates::default())?;
            for variable in &planned.contract.state(&need.state).unwrap().provides {
                let name = need.variable(&variable.name);
                let value = Value::text(format!("{name}-{}", self.variables.len()));
                scope.set(&name, &value);
                self.variables.push((name, value));
            }
        }
        Ok(())
    }

    fn record(self, planned: &PlannedCase) -> CaseRecord {
        let verdict = self.judge.verdict(self.ended, &[]);
        let (rows_met, codes_due) = (self.judge.rows_met(), self.judge.codes_due());
        let Judge { exchanges, findings, request_ids, .. } = self.judge;
        CaseRecord {
            about: self.about,
            verdict,
            findings,
            answered: exchanges.len(),
            steps_not_sent: planned.case.steps.len() - exchanges.len(),
            exchanges,
            variables: self.variables,
            rows_met,
            codes_due,
            request_ids,
            ..untried(planned)
        }
    }
}

/// The record of a case of which nothing is known.
pub(crate) fn untried(planned: &PlannedCase) -> CaseRecord {
    CaseRecord {
        id: planned.id.clone(),
        about: planned.case.about.clone(),
        tags: planned.case.tags.clone(),
        spot: planned.spot().clone(),
        verdict: crate::model::Verdict::Passed,
        findings: Vec::new(),
        gate: Level::Body,
        answered: 0,
        exchanges: Vec::new(),
        given: Vec::new(),
        variables: Vec::new(),
        set_ups: Vec::new(),
        unanswered: None,
        steps_not_sent: planned.case.steps.len(),
        rows_met: Vec::new(),
        codes_due: codes_due(planned),
        request_ids: Vec::new(),
        effects: Effects::NotPromised,
        observations: Vec::new(),
        literals: Vec::new(),
        snapshot: SnapshotOutcome::Unchecked,
        retried: Vec::new(),
        started_again: None,
        repeated: None,
        left_behind: Vec::new(),
        paused: Duration::ZERO,
        elapsed: Duration::ZERO,
    }
}

/// The record of a case that these answers were given to, at the level of bodies.
pub(crate) fn played(planned: &PlannedCase, answers: &[Answer]) -> CaseRecord {
    Played::new(planned, Level::Body, answers).record(planned)
}
