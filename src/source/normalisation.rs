//! Reads the rules that make snapshots stable: `[[volatile]]`, `[[time]]` and `[[unordered]]`, of a contract, of the
//! file that it shares, and of an endpoint.

use super::contract_file::pattern;
use super::document::Node;
use super::endpoint_file::EndpointEntry;
use super::matcher::check_path;
use crate::model::{AnswerPlace, Normalisation, OrderRule, Problem, Suite, ValueKind, ValueRule};

/// The keys of the rules about values.
const KINDS: [(&str, ValueKind); 2] = [("volatile", ValueKind::Volatile), ("time", ValueKind::Time)];

/// The rules of tables that count together, in their order.
pub(super) fn read(tables: &[&Node], problems: &mut Vec<Problem>) -> Normalisation {
    let mut found = Normalisation::default();
    for table in tables {
        for (key, kind) in KINDS {
            for node in table.get(key).map(Node::items).unwrap_or_default() {
                let rule = value_rule(node, kind, problems);
                problems.extend(rule.as_ref().and_then(|rule| other_kind(rule, &found, node)));
                found.values.extend(rule);
            }
        }
        for node in table.get("unordered").map(Node::items).unwrap_or_default() {
            let rule = order_rule(node, problems);
            if found.unordered.iter().any(|known| known.at == rule.at) {
                let spot = node.get("at").unwrap_or(node).spot.clone();
                problems.push(Problem::new(spot, format!("the list at {} has an order already", rule.at)));
            }
            found.unordered.push(rule);
        }
    }
    found
}

fn value_rule(node: &Node, kind: ValueKind, problems: &mut Vec<Problem>) -> Option<ValueRule> {
    let name = node.text("name").unwrap_or_default();
    problems.extend(node.get("name").and_then(name_problem));
    let found = node.get("pattern").and_then(|node| one_group(node, problems));
    let place = match (path(node, "at", problems), node.text("header")) {
        (Some(path), None) => AnswerPlace::Body(path),
        (None, Some(header)) => AnswerPlace::Header(header.to_ascii_lowercase()),
        (None, None) if node.get("pattern").is_some() => AnswerPlace::Anywhere,
        (None, None) | (Some(_), Some(_)) => {
            let message = "a value is `at` a JSONPath, in a `header`, or where a `pattern` matches";
            let problem = Problem::new(node.spot.clone(), message);
            problems.push(
                problem.hint("give one of `at` and `header`, or neither and a `pattern` that finds it"),
            );
            return None;
        }
    };
    Some(ValueRule { name, kind, place, pattern: found })
}

/// A snapshot shows the name between brackets, before a colon and a number, so only some characters fit.
fn name_problem(node: &Node) -> Option<Problem> {
    let name = node.as_text()?;
    let fits = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if !name.is_empty() && name.chars().all(fits) {
        return None;
    }
    let problem = Problem::new(node.spot.clone(), format!("`{name}` is not a name that a snapshot can show"));
    Some(problem.hint("use letters, digits, `-`, `_` and `.`"))
}

fn one_group(node: &Node, problems: &mut Vec<Problem>) -> Option<String> {
    let regex = pattern(node, problems)?;
    if regex.captures_len() > 2 {
        let problem = Problem::new(node.spot.clone(), "a pattern has one group at the most: the value");
        problems.push(problem.hint("write the other groups as (?:…)"));
    }
    node.as_text().map(str::to_owned)
}

fn order_rule(node: &Node, problems: &mut Vec<Problem>) -> OrderRule {
    let at = path(node, "at", problems).unwrap_or_default();
    OrderRule { at, by: path(node, "by", problems) }
}

fn path(node: &Node, key: &str, problems: &mut Vec<Problem>) -> Option<String> {
    let node = node.get(key)?;
    let text = node.as_text()?;
    check_path(text, &node.spot, problems);
    Some(text.to_owned())
}

/// One name for a kind: `[created]` and `[created:1]` would be taken for the same.
fn other_kind(rule: &ValueRule, known: &Normalisation, node: &Node) -> Option<Problem> {
    known.values.iter().find(|other| other.name == rule.name && other.kind != rule.kind)?;
    let spot = node.get("name").unwrap_or(node).spot.clone();
    Some(Problem::new(spot, clash(rule)).hint("give one of them another name"))
}

fn clash(rule: &ValueRule) -> String {
    let (this, other) = match rule.kind {
        ValueKind::Volatile => ("volatile", "time"),
        ValueKind::Time => ("time", "volatile"),
    };
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
            let key = KINDS.iter().find(|(_, kind)| *kind == rule.kind).map_or("volatile", |(key, _)| key);
            let problem = entry.problem(key, clash(rule));
            problems.extend(problem.map(|problem| problem.hint("give it another name than the contract's")));
        }
    }
    problems
}
