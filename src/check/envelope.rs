//! The form of every answer, as the contract's envelope has it.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::grounds::Grounds;
use super::path::select;
use super::pattern::matches;
use super::subject::Subject;
use crate::model::{Body, Contract, Field, Finding, Format, Level, Value};

/// How many doubled keys of a body are told; an answer must not be able to flood a report.
const DOUBLED_TOLD: usize = 20;

/// Holds an answer against the envelope.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Findings { subject, found: Vec::new() };
    findings.single_headers();
    match &subject.answer.body {
        Body::Empty => findings.empty(),
        Body::Unreadable { reason } => findings.add("body", "a body of JSON or XML", reason),
        Body::Json(tree) => {
            findings.doubled_keys(tree);
            findings.content_type(Format::Json);
            findings.tree(tree);
        }
        Body::Xml { root, tree } => {
            findings.content_type(Format::Xml);
            findings.root(root);
            findings.tree(tree);
        }
    }
    findings.found
}

/// Whether every request id of a transcript is a new one.
pub(super) fn check_unique(subject: &Subject<'_>) -> Option<Finding> {
    let rule = subject.contract.envelope.request_id.as_ref().filter(|rule| rule.is_unique)?;
    let own = select(subject.answer.tree()?, &rule.body).ok()?;
    let is_same = |tree: &Value| select(tree, &rule.body).is_ok_and(|earlier| earlier.is_same(&own));
    let position = subject.earlier.iter().position(|earlier| earlier.answer.tree().is_some_and(is_same))?;
    Some(Finding {
        level: Level::Envelope,
        step: subject.step,
        subject: rule.body.clone(),
        expected: "a request id of its own".into(),
        actual: format!("{own}, as in the answer to step {}", position + 1),
        because: None,
        cites: Vec::new(),
    })
}

struct Findings<'a> {
    subject: &'a Subject<'a>,
    found: Vec<Finding>,
}

impl Findings<'_> {
    fn add(&mut self, what: &str, expected: impl Into<String>, actual: impl Into<String>) {
        self.add_because(what, expected, actual, Grounds::default());
    }

    fn add_because(
        &mut self,
        what: &str,
        expected: impl Into<String>,
        actual: impl Into<String>,
        Grounds { because, cites }: Grounds,
    ) {
        self.found.push(Finding {
            level: Level::Envelope,
            step: self.subject.step,
            subject: what.to_owned(),
            expected: expected.into(),
            actual: actual.into(),
            because,
            cites,
        });
    }

    /// RFC 9110, section 5.3: a field that is no list must not be sent more than once; readers differ on which
    /// one counts. The same value twice does no harm.
    fn single_headers(&mut self) {
        let request_id = self.subject.contract.envelope.request_id.as_ref();
        for name in ["content-type"].into_iter().chain(request_id.and_then(|rule| rule.header.as_deref())) {
            let values = self.subject.answer.values(name);
            if let [first, second, ..] = values.as_slice() {
                let actual = format!("{} and {}", Value::text(*first), Value::text(*second));
                let grounds =
                    Grounds { because: Some("RFC 9110, section 5.3".to_owned()), cites: Vec::new() };
                self.add_because(name, "one value", actual, grounds);
            }
        }
    }

    /// No body is right where the envelope asks for no field.
    fn empty(&mut self) {
        let envelope = &self.subject.contract.envelope;
        let needs_body = if self.subject.is_success() {
            fields_of_success(self.subject.contract).any(|field| field.is_required)
        } else {
            envelope.error.iter().any(|field| field.is_required)
        };
        if needs_body && self.subject.request.method.as_str() != "HEAD" {
            self.add("body", "a body of JSON or XML", "no body");
        }
    }

    fn content_type(&mut self, format: Format) {
        let envelope = &self.subject.contract.envelope;
        let wanted = match format {
            Format::Json => &envelope.json_type,
            Format::Xml => &envelope.xml_type,
        };
        let asked = self.subject.request.format;
        if let Some(asked) = asked.filter(|asked| *asked != format) {
            self.add("body", format!("{asked}, as asked for"), format!("{format}"));
        }
        let found = self.subject.answer.header("content-type").unwrap_or_default();
        let Some(wanted) = wanted else {
            // A contract that names one format alone has promised it.
            if envelope.json_type.is_some() || envelope.xml_type.is_some() {
                let promised = if format == Format::Json { Format::Xml } else { Format::Json };
                self.add("body", format!("{promised}, the contract's only format"), format!("{format}"));
            }
            return;
        };
        let media_type = found.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case(wanted) {
            let shown =
                if found.is_empty() { "no content type".into() } else { Value::text(found).to_string() };
            self.add("content-type", wanted, shown);
        }
    }

    fn root(&mut self, root: &str) {
        let Some(roots) = &self.subject.contract.envelope.xml else { return };
        let template = if self.subject.is_success() { &roots.success } else { &roots.error };
        let wanted = template.replace("{operation}", &self.subject.contract.operation);
        if root != wanted {
            self.add("root element", wanted, root);
        }
    }

    /// RFC 8259, section 4: names within an object should be unique; readers differ on which counts.
    fn doubled_keys(&mut self, tree: &Value) {
        let mut doubled = Vec::new();
        collect_doubled(&mut Vec::new(), tree, &mut doubled);
        for key in &doubled {
            self.add(key, "each key once", "a key that stands twice");
        }
    }

    fn tree(&mut self, tree: &Value) {
        if self.subject.is_success() {
            for field in fields_of_success(self.subject.contract) {
                self.field(field, tree);
            }
            for name in &self.subject.contract.envelope.absent {
                if let Some(found) = tree.get(name) {
                    self.add(&format!("$.{name}"), "nothing, in an answer of success", found.to_string());
                }
            }
        } else {
            for field in &self.subject.contract.envelope.error {
                self.field(field, tree);
            }
        }
        self.request_id(tree);
    }

    fn field(&mut self, field: &Field, tree: &Value) {
        let path = || format!("$.{}", field.name);
        let grounds = || Grounds::of_field(field);
        let Some(found) = tree.get(&field.name) else {
            if field.is_required {
                self.add_because(&path(), format!("a {}", field.type_name), "nothing", grounds());
            }
            return;
        };
        let is_xml = matches!(self.subject.answer.body, Body::Xml { .. });
        let written = found.as_text().filter(|_| is_xml);
        let has_type = found.type_name() == field.type_name
            || (field.type_name == "number" && found.type_name() == "integer")
            || written.is_some_and(|text| can_be(&field.type_name, text));
        if !has_type {
            self.add_because(&path(), format!("a {}", field.type_name), found.to_string(), grounds());
            return;
        }
        let Some(pattern) = &field.pattern else { return };
        if matches!(found, Value::List(_) | Value::Map(_) | Value::Null) {
            return;
        }
        if !matches(pattern, &found.to_plain()).is_ok_and(|is_match| is_match) {
            self.add_because(&path(), format!("a match of /{pattern}/"), found.to_string(), grounds());
        }
    }

    fn request_id(&mut self, tree: &Value) {
        let Some(rule) = &self.subject.contract.envelope.request_id else { return };
        let (Some(header), Ok(body)) = (&rule.header, select(tree, &rule.body)) else { return };
        let found = self.subject.answer.header(header);
        if found != body.as_text() {
            let shown = found.map_or_else(|| "no such header".into(), |text| Value::text(text).to_string());
            self.add(header, format!("{body}, as at {}", rule.body), shown);
        }
    }
}

/// Whether a text, which is all that XML has, can be of a type (XML Schema part 2, sections 3.2.2, 3.2.5 and 3.3.13).
/// An element without content may be an empty list or object.
fn can_be(type_name: &str, text: &str) -> bool {
    let text = text.trim();
    match type_name {
        "integer" => text.parse::<i128>().is_ok(),
        "number" => text.parse::<f64>().is_ok(),
        "boolean" => matches!(text, "true" | "false" | "1" | "0"),
        "string" => true,
        _ => text.is_empty(),
    }
}

/// The fields of a success body: the operation's own, and those that all operations share.
fn fields_of_success(contract: &Contract) -> impl Iterator<Item = &Field> {
    let is_own = |name: &str| contract.response.iter().any(|own| own.name == name);
    let shared = contract.envelope.success.iter().filter(move |field| !is_own(&field.name));
    contract.response.iter().chain(shared)
}

/// One part of the way to a value.
#[derive(Clone, Copy)]
enum Part<'a> {
    Key(&'a str),
    Item(usize),
}

/// So few keys are compared with each other sooner than sorted.
const FEW_KEYS: usize = 12;

/// The keys that stand twice.
fn keys_twice(entries: &[(String, Value)]) -> BTreeSet<&str> {
    let keys = || entries.iter().map(|(key, _)| key.as_str());
    if entries.len() <= FEW_KEYS {
        return keys()
            .enumerate()
            .filter(|(position, key)| keys().take(*position).any(|other| other == *key))
            .map(|(_, key)| key)
            .collect();
    }
    let mut known = BTreeSet::new();
    keys().filter(|key| !known.insert(*key)).collect()
}

/// The paths of the first keys that stand twice. A path is written only for those: keys may be long.
fn collect_doubled<'a>(way: &mut Vec<Part<'a>>, tree: &'a Value, doubled: &mut Vec<String>) {
    match tree {
        Value::Map(entries) => {
            let twice = keys_twice(entries);
            let mut told = BTreeSet::new();
            for (key, value) in entries {
                if doubled.len() >= DOUBLED_TOLD {
                    return;
                }
                way.push(Part::Key(key));
                if twice.contains(key.as_str()) && told.insert(key) {
                    doubled.push(path(way));
                }
                collect_doubled(way, value, doubled);
                way.pop();
            }
        }
        Value::List(items) => {
            for (position, item) in items.iter().enumerate() {
                way.push(Part::Item(position));
                collect_doubled(way, item, doubled);
                way.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

fn path(way: &[Part<'_>]) -> String {
    // Writing to a String cannot fail.
    way.iter().fold("$".to_owned(), |mut path, part| {
        let _ = match part {
            Part::Key(key) => write!(path, ".{key}"),
            Part::Item(position) => write!(path, "[{position}]"),
        };
        path
    })
}
