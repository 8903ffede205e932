//! Which answers an expectation fails: answers are made up and judged. Main type: [`Expected`].

use std::time::Duration;

use crate::check::{Subject, check, select};
use crate::model::{Answer, BLANK, Body, Contract, ErrorRow, Expect, Level, Matcher, Request, Value};

/// Statuses of answers that accept a request.
const ACCEPTED: [u16; 4] = [200, 201, 202, 204];

/// Statuses of answers that refuse a request, where the contract does not say with which.
const REFUSED: [u16; 6] = [400, 401, 403, 404, 409, 422];

/// A code and a message that no contract has.
const ANOTHER: &str = "proofmark: another answer";

/// What fills a blank of a message.
const FILLING: &str = "x";

/// What a step expects of the answer to its request.
pub(super) struct Expected<'a> {
    pub(super) contract: &'a Contract,
    pub(super) expect: &'a Expect,
    pub(super) request: &'a Request,
}

impl<'a> Expected<'a> {
    /// The row that the answer must be an instance of; none if it may be one of several, or none at all.
    pub(super) fn only_row(&self) -> Option<&'a ErrorRow> {
        if self.expect.allows_other_codes() {
            return None;
        }
        let codes = self.expect.codes();
        let [code] = codes.as_slice() else { return None };
        let contract: &'a Contract = self.contract;
        let mut accepted = contract.rows_of(code).filter(|row| self.accepts_row(row));
        let row = accepted.next()?;
        let is_alone = accepted.next().is_none();
        (is_alone && !self.accepts_another_message(row)).then_some(row)
    }

    /// Whether every answer must be refused with one of these codes; where none is named, with any.
    pub(super) fn demands(&self, errors: &[&str]) -> bool {
        if errors.is_empty() {
            return !self.accepts_a_success();
        }
        let codes = self.expect.codes();
        !self.expect.allows_other_codes() && codes.iter().any(|code| errors.contains(code))
    }

    /// Whether no answer may be refused with one of these codes; where none is named, with any.
    pub(super) fn fails(&self, errors: &[&str]) -> bool {
        let statuses = || self.contract.rows.iter().map(|row| row.status).chain(REFUSED);
        let refused = |status: u16, code: &str| {
            as_sent(code).iter().all(|code| {
                let answer = self.refusal(status, Some(code), Some(ANOTHER));
                !self.holds(&answer, |level| level != Level::Message)
            })
        };
        if errors.is_empty() {
            return statuses().all(|status| refused(status, ANOTHER));
        }
        errors.iter().all(|code| {
            let mut rows = self.contract.rows_of(code).map(|row| row.status).peekable();
            if rows.peek().is_some() {
                rows.all(|status| refused(status, code))
            } else {
                statuses().all(|status| refused(status, code))
            }
        })
    }

    fn accepts_a_success(&self) -> bool {
        let is_outer = |level| matches!(level, Level::Status | Level::Code | Level::Message);
        ACCEPTED.iter().any(|status| self.holds(&self.refusal(*status, None, None), is_outer))
    }

    /// Whether an instance of a row is as expected. A message is taken from the expectation where that writes one, so
    /// that a blank of the row has what the case looks for.
    fn accepts_row(&self, row: &ErrorRow) -> bool {
        let mut messages: Vec<String> = Vec::new();
        if let Some(template) = &row.message {
            collect_messages(self.expect, &mut messages);
            messages.retain(|message| template.mismatch(message).is_none());
            messages.push(template.as_str().replace(BLANK, FILLING));
        }
        let is_known = has_written_message(self.expect) || self.expect_has_no_message();
        // What a pattern matches cannot be made up.
        let counts =
            |level| level == Level::Status || level == Level::Code || (level == Level::Message && is_known);
        let accepted = |message: Option<&str>| {
            let mut codes = as_sent(&row.code).into_iter();
            codes.any(|code| self.holds(&self.refusal(row.status, Some(&code), message), counts))
        };
        if messages.is_empty() {
            accepted(None)
        } else {
            messages.iter().any(|message| accepted(Some(message)))
        }
    }

    /// Whether an answer that has the row's status and code, and a message that is not the row's, is as expected.
    fn accepts_another_message(&self, row: &ErrorRow) -> bool {
        let Some(template) = &row.message else { return false };
        if template.mismatch(ANOTHER).is_none() {
            return false;
        }
        as_sent(&row.code).iter().any(|code| {
            let answer = self.refusal(row.status, Some(code), Some(ANOTHER));
            self.holds(&answer, |level| matches!(level, Level::Status | Level::Code | Level::Message))
        })
    }

    fn expect_has_no_message(&self) -> bool {
        self.expect.message.is_none() && self.expect.alternatives.iter().all(|one| one.message.is_none())
    }

    /// Whether nothing is wrong with an answer at the levels that count. Of the body only that counts which must be
    /// there: all that is known of the answer is its code and message.
    fn holds(&self, answer: &Answer, counts: impl Fn(Level) -> bool) -> bool {
        let subject = Subject {
            contract: self.contract,
            expect: self.expect,
            request: self.request,
            answer,
            step: 0,
            earlier: &[],
        };
        let is_known = |subject: &str| {
            subject.starts_with('$') && answer.tree().is_some_and(|tree| select(tree, subject).is_err())
        };
        check(&subject).iter().all(|finding| {
            let is_shown = finding.level != Level::Body || is_known(&finding.subject);
            let is_judged = finding.level > Level::Envelope && finding.level <= Level::Body;
            !(is_judged && is_shown && counts(finding.level))
        })
    }

    /// An answer with this status, code and message, and nothing else.
    fn refusal(&self, status: u16, code: Option<&Value>, message: Option<&str>) -> Answer {
        let mut tree = Value::Map(Vec::new());
        let envelope = &self.contract.envelope;
        let message = message.map(Value::text);
        for (path, value) in [(&envelope.code, code), (&envelope.message, message.as_ref())] {
            if let (Some(path), Some(value)) = (path, value) {
                put(&mut tree, &parts(path), value);
            }
        }
        Answer {
            status,
            headers: Vec::new(),
            bytes: Vec::new(),
            body: Body::Json(tree),
            flaws: Vec::new(),
            elapsed: Duration::ZERO,
            paused: Duration::ZERO,
        }
    }
}

/// A code as an answer may have it: digits are a text or a number.
fn as_sent(code: &str) -> Vec<Value> {
    let number = code.parse::<i64>().is_ok().then(|| Value::Number(code.to_owned()));
    std::iter::once(Value::text(code)).chain(number).collect()
}

/// The messages that an expectation writes out, with blanks filled.
fn collect_messages(expect: &Expect, found: &mut Vec<String>) {
    match &expect.message {
        Some(Matcher::Equals(Value::Text(text))) => found.push(text.clone()),
        Some(Matcher::Template(text)) => found.push(text.replace(BLANK, FILLING)),
        Some(_) | None => {}
    }
    expect.alternatives.iter().for_each(|alternative| collect_messages(alternative, found));
}

fn has_written_message(expect: &Expect) -> bool {
    let mut found = Vec::new();
    collect_messages(expect, &mut found);
    !found.is_empty()
}

/// The names that a path leads along, from the root; of `..name`, the name alone.
fn parts(path: &str) -> Vec<&str> {
    path.trim_start_matches('$')
        .split(['.', '[', ']'])
        .map(|part| part.trim_matches(['\'', '"']))
        .filter(|part| !part.is_empty())
        .collect()
}

/// Puts a value at a place; numbers and `*` are items of a list.
fn put(tree: &mut Value, parts: &[&str], value: &Value) {
    let Some((first, rest)) = parts.split_first() else {
        *tree = value.clone();
        return;
    };
    if *first == "*" || first.parse::<usize>().is_ok() {
        if !matches!(tree, Value::List(_)) {
            *tree = Value::List(vec![Value::Map(Vec::new())]);
        }
        if let Value::List(items) = tree {
            let wanted = first.parse::<usize>().unwrap_or(0).min(16);
            items.resize(items.len().max(wanted + 1), Value::Map(Vec::new()));
            put(&mut items[wanted], rest, value);
        }
        return;
    }
    if let Value::Map(entries) = tree {
        let at = entries.iter().position(|(key, _)| key == first).unwrap_or_else(|| {
            entries.push(((*first).to_owned(), Value::Map(Vec::new())));
            entries.len() - 1
        });
        put(&mut entries[at].1, rest, value);
    }
}
