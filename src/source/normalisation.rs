//! Reads the rules that make snapshots stable: `[[volatile]]`, `[[time]]` and `[[unordered]]`, of a contract, of the
//! file that it shares, and of an endpoint.

use super::compound::At;
use super::endpoint::EndpointEntry;
use super::matcher::check_path;
use super::record::{Key, record};
use super::regexes::pattern;
use crate::model::{AnswerPlace, Normalisation, OrderRule, Problem, Suite, ValueKind, ValueRule};

record! {
    closed "value-rule" RawValueRule {
        name: Needed At<'a, String> = "name", "The name in [name:1], or in [name] of a time.";
        at: Key At<'a, String> = "at", "A JSONPath into the body.";
        header: Key String = "header", "A header field.";
        pattern: Key At<'a, String> = "pattern",
            "A regular expression that finds it in the texts there, or in any text: its group, or the whole match.";
    }

    closed "order-rule" RawOrderRule {
        at: Needed At<'a, String> = "at", "The list, as a JSONPath into the body.";
        by: Key At<'a, String> = "by", "What its items are put in order by, as a JSONPath into an item.";
    }
}

/// The rules of one table.
#[derive(Clone, Copy)]
pub(super) struct RawRules<'r, 'a> {
    pub(super) volatile: &'r Key<'a, Vec<RawValueRule<'a>>>,
    pub(super) time: &'r Key<'a, Vec<RawValueRule<'a>>>,
    pub(super) unordered: &'r Key<'a, Vec<RawOrderRule<'a>>>,
}

/// The key of the rules about a kind of values.
fn key_of(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Volatile => "volatile",
        ValueKind::Time => "time",
    }
}

/// The rules of tables that count together, in their order.
pub(super) fn read(tables: &[RawRules<'_, '_>], problems: &mut Vec<Problem>) -> Normalisation {
    let mut found = Normalisation::default();
    for table in tables {
        for (kind, rules) in [(ValueKind::Volatile, table.volatile), (ValueKind::Time, table.time)] {
            for raw in rules.items() {
                let rule = value_rule(raw, kind, problems);
                problems.extend(rule.as_ref().and_then(|rule| other_kind(rule, &found, raw)));
                found.values.extend(rule);
            }
        }
        for raw in table.unordered.items() {
            let Some(rule) = order_rule(raw, problems) else { continue };
            if found.unordered.iter().any(|known| known.at == rule.at) {
                let message = format!("the list at {} has an order already", rule.at);
                problems.push(Problem::new(raw.at.spot(&raw.place), message));
            }
            found.unordered.push(rule);
        }
    }
    found
}

/// The rule, unless something of it is wrong, which is reported.
fn value_rule(raw: &RawValueRule<'_>, kind: ValueKind, problems: &mut Vec<Problem>) -> Option<ValueRule> {
    problems.extend(raw.name.value.as_ref().and_then(name_problem));
    let found = raw.pattern.value.as_ref().and_then(|text| one_group(text, problems));
    let path = raw.at.value.as_ref().map(|at| path(at, problems));
    if !raw.place.is_sound {
        return None;
    }
    let place = match (path, raw.header.value.as_deref()) {
        (Some(path), None) => AnswerPlace::Body(path),
        (None, Some(header)) => AnswerPlace::Header(header.to_ascii_lowercase()),
        (None, None) if raw.pattern.value.is_some() => AnswerPlace::Anywhere,
        (None, None) | (Some(_), Some(_)) => {
            let message = "a value is `at` a JSONPath, in a `header`, or where a `pattern` matches";
            let hint = "give one of `at` and `header`, or neither and a `pattern` that finds it";
            problems.push(raw.place.problem(message).hint(hint));
            return None;
        }
    };
    Some(ValueRule { name: raw.name.value.as_ref()?.value.clone(), kind, place, pattern: found })
}

/// A snapshot shows the name between brackets, before a colon and a number, so only some characters fit.
fn name_problem(written: &At<'_, String>) -> Option<Problem> {
    let name = &written.value;
    let fits = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if !name.is_empty() && name.chars().all(fits) {
        return None;
    }
    let problem =
        Problem::new(written.node.spot.clone(), format!("`{name}` is not a name that a snapshot can show"));
    Some(problem.hint("use letters, digits, `-`, `_` and `.`"))
}

fn one_group(text: &At<'_, String>, problems: &mut Vec<Problem>) -> Option<String> {
    let regex = pattern(text, problems)?;
    if regex.captures_len() > 2 {
        let message = "a pattern has one group at the most: the value";
        let problem = Problem::new(text.node.spot.clone(), message);
        problems.push(problem.hint("write the other groups as (?:…)"));
    }
    Some(text.value.clone())
}

fn order_rule(raw: &RawOrderRule<'_>, problems: &mut Vec<Problem>) -> Option<OrderRule> {
    let by = raw.by.value.as_ref().map(|by| path(by, problems));
    let at = path(raw.at.value.as_ref()?, problems);
    Some(OrderRule { at, by })
}

fn path(text: &At<'_, String>, problems: &mut Vec<Problem>) -> String {
    check_path(&text.value, &text.node.spot, problems);
    text.value.clone()
}

/// One name for a kind: `[created]` and `[created:1]` would be taken for the same.
fn other_kind(rule: &ValueRule, known: &Normalisation, raw: &RawValueRule<'_>) -> Option<Problem> {
    known.values.iter().find(|other| other.name == rule.name && other.kind != rule.kind)?;
    let problem = Problem::new(raw.name.spot(&raw.place), clash(rule));
    Some(problem.hint("give one of them another name"))
}

fn clash(rule: &ValueRule) -> String {
    let other = match rule.kind {
        ValueKind::Volatile => ValueKind::Time,
        ValueKind::Time => ValueKind::Volatile,
    };
    let (this, other) = (key_of(rule.kind), key_of(other));
    format!("`{}` is the name of a [[{other}]], and here of a [[{this}]]", rule.name)
}

/// Names that an endpoint's rules give to another kind of value than the contracts do.
pub fn check_normalisation(endpoints: &[EndpointEntry], suite: &Suite) -> Vec<Problem> {
    let contracts: Vec<&ValueRule> =
        suite.operations.iter().flat_map(|operation| &operation.contract.normalisation.values).collect();
    let clashes =
        |rule: &ValueRule| contracts.iter().any(|other| other.name == rule.name && other.kind != rule.kind);
    let mut problems = Vec::new();
    for entry in endpoints {
        for rule in entry.normalisation.values.iter().filter(|rule| clashes(rule)) {
            let problem = entry.problem(key_of(rule.kind), clash(rule));
            problems.extend(problem.map(|problem| problem.hint("give it another name than the contract's")));
        }
    }
    problems
}
