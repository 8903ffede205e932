//! Reads what a case expects, and compares it with the contract before anything is sent.

use std::time::Duration;

use super::compound::{At, Entries, OneOrMore, Or};
use super::document::{Node, NodeKind};
use super::error_code::unknown_code;
use super::matcher::{body, check_scalar};
use super::record::{Key, record};
use super::regexes::compile;
use crate::model::{BLANK, Contract, ErrorRow, Expect, Matcher, Problem, StatusRule, Value, duration};
use crate::template::is_template;

/// A status: a number, a class such as 4xx, or a template.
type RawStatus<'a> = At<'a, Or<i64, String>>;

record! {
    closed "expect" RawExpect {
        status: Key OneOrMore<RawStatus<'a>> = "status",
            "The HTTP status: a number, a list, or a class such as 4xx.";
        code: Key Matcher = "code", "The error code.";
        message: Key Matcher = "message", "The error message.";
        headers: Key Entries<'a, Matcher> = "headers", "Header fields.";
        body: Key Entries<'a, Matcher> = "body", "Places in the body, by JSONPath.";
        within: Key At<'a, String> = "within",
            "The longest time to the whole answer, such as 500ms or 2s.";
        any: Key Vec<RawExpect<'a>> = "any", "Whole alternatives, one of which must hold.";
    }
}

/// Reads what is expected; what makes no sense joins `problems`.
pub(super) fn read(raw: &RawExpect<'_>, problems: &mut Vec<Problem>) -> Expect {
    let expect = read_parts(raw, problems);
    if raw.place.is_sound && expect.is_empty() {
        let problem = raw.place.problem("nothing is expected, so nothing could fail");
        problems.push(problem.hint("give a status, a code, or a value of the body"));
    }
    expect
}

fn read_parts(raw: &RawExpect<'_>, problems: &mut Vec<Problem>) -> Expect {
    for alternative in raw.any.items().iter().filter_map(|item| item.any.node) {
        let message = "an alternative has no alternatives of its own";
        problems.push(Problem::new(alternative.spot.clone(), message));
    }
    Expect {
        status: raw.status.value.as_ref().map(|status| statuses(status, problems)).unwrap_or_default(),
        code: scalar(&raw.code, problems),
        message: message_matcher(&raw.message, problems),
        headers: headers(&raw.headers, problems),
        body: body(raw.body.entries(), problems),
        within: raw.within.value.as_ref().and_then(|text| limit(text, problems)),
        alternatives: raw.any.items().iter().map(|item| read(item, problems)).collect(),
        spot: Some(raw.place.spot()),
    }
}

fn statuses(raw: &OneOrMore<RawStatus<'_>>, problems: &mut Vec<Problem>) -> Vec<StatusRule> {
    raw.items.iter().filter_map(|item| status(item.node, problems)).collect()
}

fn status(node: &Node, problems: &mut Vec<Problem>) -> Option<StatusRule> {
    let text = node.to_value().to_plain();
    let rule = StatusRule::parse(&text);
    if rule.is_none() {
        problems.push(
            Problem::new(node.spot.clone(), format!("`{text}` is not a status"))
                .hint("a status is a number from 100 to 599, or a class such as \"4xx\""),
        );
    }
    rule
}

fn scalar(raw: &Key<'_, Matcher>, problems: &mut Vec<Problem>) -> Option<Matcher> {
    let matcher = raw.value.clone()?;
    check_scalar(&matcher, raw.node?, problems);
    Some(matcher)
}

fn headers(raw: &Key<'_, Entries<'_, Matcher>>, problems: &mut Vec<Problem>) -> Vec<(String, Matcher)> {
    let mut headers = Vec::new();
    for entry in raw.entries() {
        check_scalar(&entry.value, &entry.written.node, problems);
        headers.push((entry.written.key.to_ascii_lowercase(), entry.value.clone()));
    }
    headers
}

fn message_matcher(raw: &Key<'_, Matcher>, problems: &mut Vec<Problem>) -> Option<Matcher> {
    let matcher = scalar(raw, problems)?;
    if has_exact_blank(&matcher) {
        problems.push(
            Problem::new(
                raw.node?.spot.clone(),
                format!("an exact message holds `{BLANK}`, which no answer may"),
            )
            .hint("write { template = \"…\" }"),
        );
    }
    Some(matcher)
}

fn has_exact_blank(matcher: &Matcher) -> bool {
    if let Matcher::Any(parts) | Matcher::All(parts) = matcher {
        return parts.iter().any(has_exact_blank);
    }
    matcher.as_text().is_some_and(|text| text.contains(BLANK))
}

fn limit(At { node, value: text }: &At<'_, String>, problems: &mut Vec<Problem>) -> Option<Duration> {
    // No answer comes in no time.
    let parsed = duration(text).filter(|limit| !limit.is_zero());
    if parsed.is_none() {
        problems.push(
            Problem::new(node.spot.clone(), format!("`{text}` is not a duration"))
                .hint("write \"500ms\", \"2s\" or \"1m\""),
        );
    }
    parsed
}

/// Holds an expectation against the rows of the contract. `expect` is rendered for one row of the
/// case; `raw` is how it is written.
pub(super) fn check_against(
    contract: &Contract,
    expect: &Expect,
    raw: &RawExpect<'_>,
    problems: &mut Vec<Problem>,
) {
    for (alternative, item) in expect.alternatives.iter().zip(raw.any.items()) {
        check_against(contract, alternative, item, problems);
        problems.extend(contradiction(contract, expect, alternative, item));
    }
    let codes = expect.code.as_ref().map(Matcher::codes).unwrap_or_default();
    for code in codes.iter().filter(|code| !code.as_text().is_some_and(is_template)) {
        let rows: Vec<&ErrorRow> = contract.rows_of_value(code).collect();
        if rows.is_empty() {
            let place = Node { spot: raw.code.spot(&raw.place), kind: NodeKind::Scalar((*code).clone()) };
            problems.extend(unknown_code(contract, &place));
        } else {
            check_status(&rows, expect, raw, problems);
            check_message(&rows, expect, raw, problems);
        }
    }
}

/// An alternative holds beside the rest, so the two must not exclude each other.
fn contradiction(
    contract: &Contract,
    rest: &Expect,
    alternative: &Expect,
    raw: &RawExpect<'_>,
) -> Option<Problem> {
    let (rest_allows, alternative_allows) =
        (statuses_of(contract, rest)?, statuses_of(contract, alternative)?);
    let can_hold = (100..600).any(|status| {
        let allows = |rules: &[StatusRule]| rules.iter().any(|rule| rule.matches(status));
        allows(&rest_allows) && allows(&alternative_allows)
    });
    if can_hold {
        return None;
    }
    let shown = |rules: &[StatusRule]| {
        let mut shown: Vec<String> = rules.iter().map(ToString::to_string).collect();
        shown.dedup();
        shown.join(" or ")
    };
    let message = format!(
        "this alternative could not hold: it has the status {}, and beside it {} is expected",
        shown(&alternative_allows),
        shown(&rest_allows)
    );
    let node = raw.status.node.or(raw.code.node).unwrap_or(raw.place.node);
    Some(Problem::new(node.spot.clone(), message))
}

/// The statuses that an expectation allows, by itself or by the rows of its codes; none if that is not known, or any.
fn statuses_of(contract: &Contract, expect: &Expect) -> Option<Vec<StatusRule>> {
    if !expect.status.is_empty() {
        let is_open = expect.status.iter().any(|rule| matches!(rule, StatusRule::Template(_)));
        return (!is_open).then(|| expect.status.clone());
    }
    let codes = expect.code.as_ref().map(Matcher::codes).unwrap_or_default();
    let rows = codes.iter().flat_map(|code| contract.rows_of_value(code));
    let statuses: Vec<StatusRule> = rows.map(|row| StatusRule::Exact(row.status)).collect();
    (!statuses.is_empty() && codes.iter().all(|code| contract.rows_of_value(code).next().is_some()))
        .then_some(statuses)
}

fn check_status(rows: &[&ErrorRow], expect: &Expect, raw: &RawExpect<'_>, problems: &mut Vec<Problem>) {
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
    problems.push(Problem::new(raw.status.spot(&raw.place), message));
}

fn check_message(rows: &[&ErrorRow], expect: &Expect, raw: &RawExpect<'_>, problems: &mut Vec<Problem>) {
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
    problems.push(Problem::new(raw.message.spot(&raw.place), message));
}

/// Whether a message that a case expects can be the row's.
fn agrees(row: &ErrorRow, matcher: &Matcher) -> bool {
    let Some(message) = &row.message else {
        return true;
    };
    let text = message.as_str();
    if let Matcher::Any(options) = matcher {
        return options.iter().any(|option| agrees(row, option));
    }
    if let Matcher::All(parts) = matcher {
        return parts.iter().all(|part| agrees(row, part));
    }
    if let Matcher::Equals(value) = matcher {
        return value.as_text().is_some_and(|text| is_template(text) || message.mismatch(text).is_none());
    }
    if let Matcher::Template(wanted) = matcher {
        let filled = || message.mismatch(&wanted.replace(BLANK, "x")).is_none();
        return wanted == text || (message.has_blanks() && filled());
    }
    if let Matcher::Regex(pattern) = matcher {
        return message.has_blanks() || compile(pattern).is_ok_and(|regex| regex.is_match(text));
    }
    if let Matcher::Contains(part) = matcher {
        let is_in = |part: &str| is_template(part) || text.contains(part);
        return message.has_blanks() || part.as_text().is_some_and(is_in);
    }
    matcher.may_be_text()
}
