//! What the checks say of single answers, without a server. Other modules' tests take [`suite`] and [`answer`] from here.

mod envelope;
mod expectation;

use std::cell::Cell;
use std::fs;
use std::time::Duration;

use super::{Subject, check};
use crate::model::{
    Answer, AnswerFormat, Contract, Exchange, Expect, Finding, Method, Request, SentBody, Suite,
};
use crate::source::{LoadError, Wanted, load};
use crate::wire::{read_body, settle};

/// Chooses the findings of a check.
pub(crate) type OfCheck = fn(&Finding) -> bool;

thread_local! {
    /// Which findings are dropped in this thread.
    static SWITCHED_OFF: Cell<Option<OfCheck>> = const { Cell::new(None) };
}

/// Whether the check that made a finding is switched off in this thread.
pub(crate) fn is_switched_off(finding: &Finding) -> bool {
    SWITCHED_OFF.get().is_some_and(|is_off| is_off(finding))
}

/// Does something without the check that makes these findings.
pub(crate) fn without<T>(check: OfCheck, work: impl FnOnce() -> T) -> T {
    SWITCHED_OFF.set(Some(check));
    let done = work();
    SWITCHED_OFF.set(None);
    done
}

/// A contract, but for its envelope.
const CONTRACT: &str = r#"operation = "Get"
version = "1"
about = "Gets things."

[sources.page]
title = "The page"

[request]
method = "GET"
path = "/"
place = "query"

[[param]]
name = "id"
type = "string"
constraints = [{ max-length = 3, error = "TooLong" }, { min-length = 1, error = "Other" }]

[[param]]
name = "other"
type = "string"
constraints = [{ max-length = 3, error = "TooLong" }]

[[error]]
status = 400
code = "TooLong"
message = "It is too long."
source = ["page"]

[[error]]
status = 404
code = "NotFound"
message = "There is no %s."

[[error]]
status = 404
code = "Other"

[[error]]
status = 409
code = "Twice"
message = "One."

[[error]]
status = 410
code = "Twice"
message = "Two."

[[error]]
status = 400
code = -32600
message = "It is no request."

[envelope]
code = "$.code"
message = "$.message"
"#;

/// What is in a folder of one contract and one table.
pub(crate) fn suite(contract: &str, table: &str) -> Suite {
    suite_with(contract, "", table)
}

/// The same with states.
pub(crate) fn suite_with(contract: &str, states: &str, table: &str) -> Suite {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("shop/Get");
    fs::create_dir_all(&operation).unwrap();
    fs::write(operation.join("contract.toml"), contract).unwrap();
    fs::write(operation.join("t.toml"), table).unwrap();
    if !states.is_empty() {
        fs::write(operation.join("states.toml"), states).unwrap();
    }
    load(folder.path(), Wanted::All).unwrap_or_else(|error| match error {
        LoadError::Problems(problems) => {
            panic!("{:?}", problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>())
        }
        other @ (LoadError::Unreadable { .. } | LoadError::Empty { .. }) => panic!("{other}"),
    })
}

/// An answer with these header fields.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let content_type =
        headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
    let (bytes, read) = (body.as_bytes().to_vec(), read_body(body.as_bytes(), content_type));
    let (elapsed, paused) = (Duration::from_millis(5), Duration::ZERO);
    Answer { status, headers, bytes, body: read, flaws: Vec::new(), elapsed, paused }
}

/// An answer of JSON.
pub(crate) fn json(status: u16, body: &str) -> Answer {
    answer(status, &[("content-type", "application/json")], body)
}

/// An answer of XML.
fn xml(status: u16, body: &str) -> Answer {
    answer(status, &[("content-type", "text/xml")], body)
}

/// An answer under judgement: a contract, a case, a request, and what came before.
struct Desk {
    suite: Suite,
    request: Request,
    earlier: Vec<Exchange>,
}

impl Desk {
    /// The contract of these tests with this after it, and a case that expects this.
    fn new(contract: &str, expect: &str) -> Self {
        let table = format!("[[case]]\nid = \"c\"\nabout = \"x\"\nexpect = {{ {expect} }}\n");
        let request = Request {
            method: Method::new("GET").unwrap(),
            target: "/".into(),
            headers: Vec::new(),
            body: SentBody::Empty,
            params: vec![("id".into(), "long".into())],
            format: None,
        };
        let suite = suite(&format!("{CONTRACT}{contract}"), &table);
        Self { suite, request, earlier: Vec::new() }
    }

    fn asked_as(mut self, format: AnswerFormat) -> Self {
        self.request.format = Some(format);
        self
    }

    fn asked_by(mut self, method: &str) -> Self {
        self.request.method = Method::new(method).unwrap();
        self
    }

    fn contract(&self) -> &Contract {
        &self.suite.operations[0].contract
    }

    fn expect(&self) -> &Expect {
        &self.suite.operations[0].tables[0].cases[0].steps[0].expect
    }

    fn with<T>(&self, mut answer: Answer, judge: impl FnOnce(&Subject<'_>) -> T) -> T {
        settle(self.contract(), &mut answer);
        judge(&Subject {
            contract: self.contract(),
            expect: self.expect(),
            request: &self.request,
            answer: &answer,
            step: self.earlier.len(),
            earlier: &self.earlier,
        })
    }

    fn findings(&self, answer: Answer) -> Vec<Finding> {
        self.with(answer, check)
    }

    /// Level, subject, expected and actual of each finding.
    fn said(&self, answer: Answer) -> Vec<String> {
        let said = |finding: Finding| {
            let Finding { level, subject, expected, actual, .. } = finding;
            format!("{level} {subject}: {expected} / {actual}")
        };
        self.findings(answer).into_iter().map(said).collect()
    }

    /// What the only finding rests on.
    fn because(&self, answer: Answer) -> String {
        let found = self.findings(answer);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].because.clone().unwrap_or_default()
    }
}

const NOTHING: [&str; 0] = [];
