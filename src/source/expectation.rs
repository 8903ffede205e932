//! Reads what a case expects, and holds it against the contract before anything is sent.

use std::time::Duration;

use regex::{Regex, RegexBuilder};
use serde_json_path::JsonPath;

use super::contract_file::{last_line, unknown_code};
use super::document::{Kind, Node};
use super::shape::{Shape, check};
use super::shapes::MATCHER_KEYS;
use crate::model::{BLANK, Contract, ErrorRow, Expect, Matcher, PathShape, Problem, StatusRule, Value};
use crate::template::is_template;

/// Reads an `expect` table of the right shape; what makes no sense joins `problems`.
pub(super) fn read(node: &Node, problems: &mut Vec<Problem>) -> Expect {
    let expect = read_parts(node, problems);
    if expect.is_empty() {
        problems.push(
            Problem::new(node.spot.clone(), "nothing is expected, so nothing could fail")
                .hint("give a status, a code, or a value of the body"),
        );
    }
    expect
}

fn read_parts(node: &Node, problems: &mut Vec<Problem>) -> Expect {
    let alternatives = node.get("any").map(Node::items).unwrap_or_default();
    for alternative in alternatives.iter().filter_map(|item| item.get("any")) {
        problems
            .push(Problem::new(alternative.spot.clone(), "an alternative has no alternatives of its own"));
    }
    Expect {
        status: node.get("status").map(|status| statuses(status, problems)).unwrap_or_default(),
        code: node.get("code").map(|code| matcher(code, problems)),
        message: node.get("message").map(|message| message_matcher(message, problems)),
        headers: matchers(node.get("headers"), problems)
            .into_iter()
            .map(|(name, matcher)| (name.to_ascii_lowercase(), matcher))
            .collect(),
        body: body(node.get("body"), problems),
        within: node.get("within").and_then(|limit| duration(limit, problems)),
        alternatives: alternatives.iter().map(|item| read(item, problems)).collect(),
        spot: Some(node.spot.clone()),
    }
}

fn statuses(node: &Node, problems: &mut Vec<Problem>) -> Vec<StatusRule> {
    let one = std::slice::from_ref(node);
    let items = if matches!(node.kind, Kind::List(_)) { node.items() } else { one };
    items.iter().filter_map(|item| status(item, problems)).collect()
}

fn status(node: &Node, problems: &mut Vec<Problem>) -> Option<StatusRule> {
    let text = node.to_value().to_plain();
    let rule = StatusRule::parse(&text);
    if rule.is_none() {
        problems.push(
            Problem::new(node.spot.clone(), format!("`{text}` is no status"))
                .hint("a status is a number from 100 to 599, or a class such as \"4xx\""),
        );
    }
    rule
}

fn matchers(node: Option<&Node>, problems: &mut Vec<Problem>) -> Vec<(String, Matcher)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| (entry.key.clone(), matcher(&entry.node, problems))).collect()
}

fn body(node: Option<&Node>, problems: &mut Vec<Problem>) -> Vec<(String, Matcher)> {
    for entry in node.map(Node::entries).unwrap_or_default() {
        check_path(&entry.key, &entry.key_spot, problems);
    }
    matchers(node, problems)
}

/// Checks that a text is a `JSONPath`.
pub(super) fn check_path(path: &str, spot: &crate::model::Spot, problems: &mut Vec<Problem>) {
    // The parser goes into each bracket, so what is nested too deep is not given to it.
    if let Err(message) = PathShape::of(path).and_then(|shape| check_patterns(&shape)) {
        problems.push(Problem::new(spot.clone(), message));
    } else if let Err(error) = JsonPath::parse(path) {
        problems.push(
            Problem::new(spot.clone(), format!("not a JSONPath (RFC 9535): {error}"))
                .hint("a path starts with `$`, as in `$.RequestId`"),
        );
    }
}

/// The largest pattern of a path, in bytes once it is compiled, which it is for each value that it is held against.
const LARGEST_PATTERN: usize = 64 * 1024;

fn check_patterns(shape: &PathShape) -> Result<(), String> {
    let is_large = |pattern: &String| {
        let compiled = RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build();
        matches!(compiled, Err(regex::Error::CompiledTooBig(_)))
    };
    match shape.patterns().iter().find(|pattern| is_large(pattern)) {
        Some(pattern) => Err(format!("the pattern `{pattern}` in the path is too large")),
        None => Ok(()),
    }
}

fn message_matcher(node: &Node, problems: &mut Vec<Problem>) -> Matcher {
    let matcher = matcher(node, problems);
    if has_exact_blank(&matcher) {
        problems.push(
            Problem::new(node.spot.clone(), format!("an exact message holds `{BLANK}`, which no answer may"))
                .hint("write { template = \"…\" }"),
        );
    }
    matcher
}

fn has_exact_blank(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Equals(value) => value.as_text().is_some_and(|text| text.contains(BLANK)),
        Matcher::Any(options) => options.iter().any(has_exact_blank),
        Matcher::Template(_)
        | Matcher::Regex(_)
        | Matcher::Present(_)
        | Matcher::Type(_)
        | Matcher::Not(_) => false,
    }
}

/// Reads a matcher: a plain value, or a table with exactly one of the matchers' keys.
pub(super) fn matcher(node: &Node, problems: &mut Vec<Problem>) -> Matcher {
    let Kind::Table(entries) = &node.kind else {
        return Matcher::Equals(node.to_value());
    };
    let [entry] = entries.as_slice() else {
        problems.push(
            Problem::new(node.spot.clone(), "a matcher has exactly one key")
                .hint("a value that is itself a table is written { equals = { … } }"),
        );
        return Matcher::Present(true);
    };
    let inner = &entry.node;
    let text = || inner.as_text().unwrap_or_default().to_owned();
    match entry.key.as_str() {
        "template" => Matcher::Template(text()),
        "regex" => {
            check_regex(inner, problems);
            Matcher::Regex(text())
        }
        "any" => Matcher::Any(inner.items().iter().map(|item| matcher(item, problems)).collect()),
        "present" => Matcher::Present(inner.as_bool().unwrap_or(true)),
        "type" => Matcher::Type(text()),
        "not" => Matcher::Not(Box::new(matcher(inner, problems))),
        "equals" => Matcher::Equals(inner.to_value()),
        // An unknown key; the check of the shape has named it.
        _ => {
            check(node, &Shape::Table(&MATCHER_KEYS), &mut Vec::new());
            Matcher::Present(true)
        }
    }
}

fn check_regex(node: &Node, problems: &mut Vec<Problem>) {
    let Some(text) = node.as_text().filter(|text| !is_template(text)) else {
        return;
    };
    if let Err(error) = Regex::new(text) {
        let message = format!("not a regular expression: {}", last_line(&error.to_string()));
        problems.push(Problem::new(node.spot.clone(), message));
    }
}

fn duration(node: &Node, problems: &mut Vec<Problem>) -> Option<Duration> {
    let text = node.as_text().unwrap_or_default();
    let parsed = match text.strip_suffix("ms") {
        Some(number) => number.trim().parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s').and_then(|number| number.trim().parse().ok()).map(Duration::from_secs),
    };
    if parsed.is_none() {
        problems.push(
            Problem::new(node.spot.clone(), format!("`{text}` is no duration"))
                .hint("write \"500ms\" or \"2s\""),
        );
    }
    parsed
}

/// Holds an expectation against the rows of the contract. `expect` is rendered for one row of the
/// case; `node` is where it stands.
pub(super) fn check_against(contract: &Contract, expect: &Expect, node: &Node, problems: &mut Vec<Problem>) {
    let alternatives = node.get("any").map(Node::items).unwrap_or_default();
    for (alternative, item) in expect.alternatives.iter().zip(alternatives) {
        check_against(contract, alternative, item, problems);
    }
    let codes = expect.code.as_ref().map(literals).unwrap_or_default();
    let code_node = node.get("code").unwrap_or(node);
    for code in codes.iter().filter(|code| !is_template(code)) {
        let rows: Vec<&ErrorRow> = contract.rows_of(code).collect();
        if rows.is_empty() {
            let place = Node { spot: code_node.spot.clone(), kind: Kind::Scalar(Value::text(code.as_str())) };
            problems.extend(unknown_code(contract, &place));
        } else {
            check_status(&rows, expect, node, problems);
            check_message(&rows, expect, node, problems);
        }
    }
}

fn check_status(rows: &[&ErrorRow], expect: &Expect, node: &Node, problems: &mut Vec<Problem>) {
    let is_open = expect.status.iter().any(|rule| matches!(rule, StatusRule::Template(_)));
    if expect.status.is_empty() || is_open {
        return;
    }
    if rows.iter().any(|row| expect.status.iter().any(|rule| rule.matches(row.status))) {
        return;
    }
    let known: Vec<String> = rows.iter().map(|row| row.status.to_string()).collect();
    let message =
        format!("the status contradicts the contract: `{}` has {}", rows[0].code, known.join(" or "));
    problems.push(Problem::new(node.get("status").unwrap_or(node).spot.clone(), message));
}

fn check_message(rows: &[&ErrorRow], expect: &Expect, node: &Node, problems: &mut Vec<Problem>) {
    let Some(matcher) = &expect.message else {
        return;
    };
    let is_allowed = |option: &Matcher| rows.iter().any(|row| agrees(row, option));
    let holds = if let Matcher::Any(options) = matcher {
        options.iter().any(is_allowed)
    } else {
        is_allowed(matcher)
    };
    if holds {
        return;
    }
    let known: Vec<String> = rows
        .iter()
        .filter_map(|row| row.message.as_ref())
        .map(|text| Value::text(text.as_str()).to_string())
        .collect();
    let message =
        format!("the message contradicts the contract: `{}` has {}", rows[0].code, known.join(" or "));
    problems.push(Problem::new(node.get("message").unwrap_or(node).spot.clone(), message));
}

/// Whether a message that a case expects can be the row's.
fn agrees(row: &ErrorRow, matcher: &Matcher) -> bool {
    let Some(message) = &row.message else {
        return true;
    };
    match matcher {
        Matcher::Equals(value) => {
            value.as_text().is_some_and(|text| is_template(text) || message.mismatch(text).is_none())
        }
        Matcher::Template(text) => {
            text == message.as_str()
                || (message.has_blanks() && message.mismatch(&text.replace(BLANK, "x")).is_none())
        }
        Matcher::Regex(text) => {
            message.has_blanks() || Regex::new(text).is_ok_and(|regex| regex.is_match(message.as_str()))
        }
        Matcher::Any(options) => options.iter().any(|option| agrees(row, option)),
        Matcher::Present(is_there) => *is_there,
        Matcher::Type(name) => name == "string",
        Matcher::Not(_) => true,
    }
}

/// The codes that a matcher names.
pub(super) fn literals(matcher: &Matcher) -> Vec<String> {
    match matcher {
        Matcher::Equals(value) => value.as_text().map(str::to_owned).into_iter().collect(),
        Matcher::Any(options) => options.iter().flat_map(literals).collect(),
        Matcher::Template(_)
        | Matcher::Regex(_)
        | Matcher::Present(_)
        | Matcher::Type(_)
        | Matcher::Not(_) => Vec::new(),
    }
}
