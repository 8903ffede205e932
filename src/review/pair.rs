//! One exchange before and after. Main type: [`ExchangePair`].

use std::collections::BTreeSet;

use super::echo::{EchoTexts, Echoes, number_marks};
use super::fact::{AnswerChange, Fact, PartChange, RequestChange};
use super::keyed::{SnapshotFacts, lines_key};
use super::message::message_change;
use super::name::{name_of_number, naming};
use super::named::compare_named;
use super::row::{AnswerReading, plain_text, promise, templates};
use super::transcript::{SnapshotAnswer, SnapshotBody, SnapshotExchange, SnapshotRequest};
use super::tree::{MOST, TreeChange, differences};
use crate::model::{Contract, Value};

/// One exchange before and after.
pub(super) struct ExchangePair<'a> {
    pub(super) step: Option<usize>,
    pub(super) contract: Option<&'a Contract>,
    pub(super) findings: &'a mut SnapshotFacts,
}

impl ExchangePair<'_> {
    fn add_answer(&mut self, change: AnswerChange, key: impl Into<String>) {
        self.findings.add(Fact::Answer { step: self.step, change }, key);
    }

    fn add_request(&mut self, change: RequestChange, key: impl Into<String>) {
        self.findings.add(Fact::Request { step: self.step, change }, key);
    }

    pub(super) fn request(&mut self, old: &SnapshotRequest<'_>, new: &SnapshotRequest<'_>) {
        if old.target != new.target {
            let change = RequestChange::Target { old: old.target.into(), new: new.target.into() };
            self.add_request(change, format!("target {} {}", old.target, new.target));
        }
        for (name, change, key) in compare_named(&old.headers, &new.headers) {
            self.add_request(RequestChange::Header { name, change }, format!("request header {key}"));
        }
        let parameters = compare_named(&old.params, &new.params);
        if parameters.is_empty() && old.params != new.params {
            self.add_request(RequestChange::Order, "request order");
        }
        for (name, change, key) in parameters {
            self.add_request(RequestChange::Parameter { name, change }, format!("parameter {key}"));
        }
        if old.body != new.body {
            let key = lines_key(&old.body.join("\n"), &new.body.join("\n"));
            self.add_request(RequestChange::Body, format!("request body {key}"));
        }
    }

    pub(super) fn answer(&mut self, old: &SnapshotExchange<'_>, new: &SnapshotExchange<'_>) {
        let (before, after) =
            (AnswerReading::of(&old.answer, self.contract), AnswerReading::of(&new.answer, self.contract));
        let templates = templates(&[&before, &after]);
        let echoes = Echoes::of([&old.request, &new.request], self.contract, &templates);
        let has_turned = self.outcome(&before, &after);
        if !has_turned && let Some((change, key)) = message_change(&before, &after, &echoes) {
            self.add_answer(AnswerChange::Message(change), key);
            self.rows(&before, &after);
        }
        for (name, change, key) in compare_named(&old.answer.headers, &new.answer.headers) {
            self.add_answer(AnswerChange::Header { name, change }, format!("header {key}"));
        }
        let codes = (code_mark(&before), code_mark(&after));
        let others = EchoTexts { old: &codes.0, new: &codes.1 };
        self.body(
            &old.answer,
            &new.answer,
            &Comparison { before: &before, after: &after, echoes: &echoes, others, has_turned },
        );
    }

    fn rows(&mut self, before: &AnswerReading<'_>, after: &AnswerReading<'_>) {
        if self.contract.is_none() {
            return;
        }
        if before.row_key() == after.row_key() && before.line() == after.line() {
            self.findings.row("still", after);
            return;
        }
        self.findings.row("was", before);
        self.findings.row("now", after);
    }

    /// Status and code; gives whether a success became an error or the other way round.
    fn outcome(&mut self, before: &AnswerReading<'_>, after: &AnswerReading<'_>) -> bool {
        let codes = [before, after].map(|judged| judged.code.clone().unwrap_or_default()).join(" ");
        let turned = before.is_success().zip(after.is_success());
        if turned.is_some_and(|(was, is)| was != is) && before.code != after.code {
            let key = format!(
                "turned {} {} {codes} {} {}",
                before.status,
                after.status,
                before.row_key(),
                after.row_key()
            );
            self.add_answer(AnswerChange::Turned { old: before.outcome(), new: after.outcome() }, key);
            self.rows(before, after);
            return true;
        }
        if before.status != after.status {
            let code = after.code.clone().filter(|_| before.code == after.code);
            let key = format!("status {} {} {codes}", before.status, after.status);
            self.add_answer(AnswerChange::Status { old: before.status, new: after.status, code }, key);
            self.rows(before, after);
        }
        if let (Some(old), Some(new)) = (&before.code, &after.code)
            && old != new
        {
            self.add_answer(
                AnswerChange::Code { old: old.clone(), new: new.clone() },
                format!("code {codes}"),
            );
            self.rows(before, after);
        }
        false
    }

    fn body(&mut self, old: &SnapshotAnswer<'_>, new: &SnapshotAnswer<'_>, comparison: &Comparison<'_>) {
        match (&old.body, &new.body) {
            (SnapshotBody::Json(left), SnapshotBody::Json(right)) => self.trees(left, right, comparison),
            (SnapshotBody::Xml { root, tree: left }, SnapshotBody::Xml { root: new_root, tree: right }) => {
                if root != new_root && !comparison.has_turned {
                    let change = AnswerChange::Root { old: (*root).into(), new: (*new_root).into() };
                    self.add_answer(change, format!("root {root} {new_root}"));
                }
                self.trees(left, right, comparison);
            }
            (left, right) if left.tree().is_none() && left.is_alike(right) => {
                let (left, right) = (left.lines(), right.lines());
                if left != right {
                    let key =
                        comparison.echoes.change(&left.join("\n"), &right.join("\n"), comparison.others);
                    self.add_answer(AnswerChange::Lines, format!("lines {key}"));
                }
            }
            (left, right) => {
                // What is left of a body that broke differs from case to case.
                let is_broken = left.tree().is_some() && right.kind().ends_with("cannot be read");
                let lines = if is_broken { String::new() } else { right.lines().join("\n") };
                let lines = comparison.echoes.mask(&lines, comparison.others.old);
                let change = AnswerChange::Body { old: left.kind().into(), new: right.kind().into() };
                self.add_answer(
                    change,
                    format!("body {} {} {}", left.kind(), right.kind(), number_marks(&lines)),
                );
                if let Some((left, right)) = left.tree().zip(right.tree()) {
                    self.trees(left, right, comparison);
                }
            }
        }
    }

    fn trees(&mut self, old: &Value, new: &Value, comparison: &Comparison<'_>) {
        if let Some((old, new)) = other_fields(old, new).filter(|_| !comparison.has_turned) {
            let key = format!("fields {old} {new}");
            return self.add_answer(AnswerChange::OtherFields { old, new }, key);
        }
        let (found, is_all) = differences(old, new);
        if !is_all {
            let count = found.len() - MOST;
            let key = lines_key(&old.to_string(), &new.to_string());
            self.findings.add(Fact::More(count), format!("more {key}"));
        }
        for change in found.into_iter().take(MOST) {
            self.field(change, comparison);
        }
    }

    fn field(&mut self, change: TreeChange<'_>, comparison: &Comparison<'_>) {
        if self.has_own_fact(&change.path, comparison) {
            return;
        }
        let mut change = change;
        if let (PartChange::Value(_), Some(part)) = (&change.part, naming_of(&change)) {
            change.part = part;
        }
        let how = comparison.how(&change);
        let key = format!("field {} {how}", change.general);
        if comparison.has_turned {
            // A success has other fields than an error, so they are not listed. They only help to distinguish kinds.
            self.findings.silent.insert(key);
            return;
        }
        let part = match (matches!(change.part, PartChange::Value(_)), how.is_empty()) {
            (true, true) => PartChange::FollowsCode,
            (true, false) => PartChange::Value(Some((plain_text(change.old), plain_text(change.new)))),
            (false, _) => change.part,
        };
        let whose = if part == PartChange::Gone { comparison.before } else { comparison.after };
        let is_success = (200..300).contains(&whose.status);
        let promise = matches!(part, PartChange::New | PartChange::Gone)
            .then(|| promise(self.contract?, &change.path, is_success))
            .flatten();
        self.add_answer(AnswerChange::Field { path: change.path, change: part, promise }, key);
    }

    /// Whether a field is the code or the message, and both answers have it, so that the change has a fact of its own.
    fn has_own_fact(&self, path: &str, comparison: &Comparison<'_>) -> bool {
        let Some(envelope) = self.contract.map(|contract| &contract.envelope) else { return false };
        let (before, after) = (comparison.before, comparison.after);
        let is_at = |place: &Option<String>| place.as_deref() == Some(path);
        (is_at(&envelope.code) && before.code.is_some() && after.code.is_some())
            || (is_at(&envelope.message) && before.message.is_some() && after.message.is_some())
    }
}

/// What it takes to describe how a body changed.
struct Comparison<'a> {
    before: &'a AnswerReading<'a>,
    after: &'a AnswerReading<'a>,
    echoes: &'a Echoes,
    others: EchoTexts<'a>,
    has_turned: bool,
}

impl Comparison<'_> {
    /// How a part changed, to distinguish it from other changes; nothing if it only follows the error code.
    fn how(&self, change: &TreeChange<'_>) -> String {
        let (old, new) = (plain_text(change.old), plain_text(change.new));
        match change.part {
            PartChange::Value(_) | PartChange::Items { .. } => {
                let has_other_code = self.before.code != self.after.code;
                let masked =
                    || self.echoes.mask(&old, self.others.old) == self.echoes.mask(&new, self.others.new);
                if has_other_code && masked() {
                    return String::new();
                }
                format!("{:?} {}", change.part, self.echoes.change(&old, &new, self.others))
            }
            PartChange::New => format!("new {}", change.new.map_or("", Value::type_name)),
            PartChange::Gone
            | PartChange::Unnamed(_)
            | PartChange::Named(_)
            | PartChange::Type { .. }
            | PartChange::FollowsCode
            | PartChange::Times { .. }
            | PartChange::Order => format!("{:?}", change.part),
        }
    }
}

/// What became of a name in a value that changed; a number is named as a whole.
fn naming_of(change: &TreeChange<'_>) -> Option<PartChange> {
    let number = |value: Option<&Value>| matches!(value, Some(Value::Number(_)));
    if number(change.old) && number(change.new) {
        let (old, new) = (change.old?.to_plain(), change.new?.to_plain());
        return match (name_of_number(&old), name_of_number(&new)) {
            (Some(name), None) => Some(PartChange::Unnamed(name.to_owned())),
            (None, Some(name)) => Some(PartChange::Named(name.to_owned())),
            (Some(_), Some(_)) | (None, None) => None,
        };
    }
    naming(&plain_text(change.old), &plain_text(change.new))
}

/// The names of fields, where two bodies have none in common.
fn other_fields(old: &Value, new: &Value) -> Option<(String, String)> {
    let (Value::Map(old), Value::Map(new)) = (old, new) else { return None };
    let names =
        |entries: &[(String, Value)]| entries.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let (old, new) = (names(old), names(new));
    let known: BTreeSet<&String> = old.iter().collect();
    let is_other = !old.is_empty() && !new.is_empty() && !new.iter().any(|name| known.contains(name));
    is_other.then(|| (old.join(", "), new.join(", ")))
}

fn code_mark<'a>(judged: &'a AnswerReading<'_>) -> Vec<(&'a str, &'static str)> {
    judged.code.iter().map(|code| (code.as_str(), "code")).collect()
}
