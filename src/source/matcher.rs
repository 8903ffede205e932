//! Reads matchers, and refuses those that could never hold or never fail.

use regex::RegexBuilder;
use serde_json_path::JsonPath;

use super::document::{KeyValue, Node, NodeKind};
use super::shape::{KeyShape, Shape, key};
use crate::model::{
    Bounds, Expect, Matcher, MatcherFlaw, MatcherTarget, PathShape, Problem, Spot, is_singular,
    path_in_brackets, pattern_literals, target,
};
use crate::template::is_template;

/// The shape of a matcher: a value, or a table with one key.
pub(super) const MATCHER: Shape = Shape::Named("matcher", &MATCHER_SHAPE);

static MATCHER_SHAPE: Shape = Shape::Either(&[
    Shape::Text,
    Shape::Boolean,
    Shape::Number,
    Shape::Table(&MATCHER_KEYS),
    Shape::List(&Shape::Any),
]);

/// A number, or a template that gives one.
const NUMBER: Shape = Shape::Either(&[Shape::Number, Shape::Text]);

static BOUNDS_TABLE: Shape =
    Shape::Table(&[key("min", NUMBER, "At least so many."), key("max", NUMBER, "At most so many.")]);

const BOUNDS: Shape = Shape::Named("bounds", &BOUNDS_SHAPE);

static BOUNDS_SHAPE: Shape =
    Shape::Either(&[Shape::Number, Shape::Text, Shape::Named("least-and-most", &BOUNDS_TABLE)]);

/// The keys of a matcher's table, exactly one of which is given.
static MATCHER_KEYS: [KeyShape; 16] = [
    key("equals", Shape::Any, "Just this value."),
    key("template", Shape::Text, "A message template; %s means one or more characters."),
    key("regex", Shape::Text, "A regular expression."),
    key("any", Shape::List(&Shape::Named("matcher", &MATCHER_SHAPE)), "One of several."),
    key("present", Shape::Boolean, "Whether it is there at all."),
    key("type", Shape::Text, "A type: string, integer, number, boolean, list, object, null."),
    key("not", Shape::Named("matcher", &MATCHER_SHAPE), "A value, but not this."),
    key("all", Shape::List(&Shape::Named("matcher", &MATCHER_SHAPE)), "All of several."),
    key("contains", Shape::Any, "A text that has this text in it, or a list that has this item."),
    key(
        "length",
        BOUNDS,
        "A text of so many characters, a list of so many items, an object of so many keys.",
    ),
    key("min", NUMBER, "A number that is no less."),
    key("max", NUMBER, "A number that is no more."),
    key(
        "each",
        Shape::Named("matcher", &MATCHER_SHAPE),
        "A list with at least one item, each of which is this.",
    ),
    key("some", Shape::Named("matcher", &MATCHER_SHAPE), "A list with an item that is this."),
    key("none", Shape::Named("matcher", &MATCHER_SHAPE), "A list without an item that is this."),
    key("count", BOUNDS, "A list of so many items."),
];

/// Reads the matcher of a code, a message or a header field.
pub(super) fn of_scalar(node: &Node, problems: &mut Vec<Problem>) -> Matcher {
    at(node, MatcherTarget::Scalar, problems)
}

/// Reads matchers by their paths into a body.
pub(super) fn body(node: Option<&Node>, problems: &mut Vec<Problem>) -> Vec<(String, Matcher)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    let read = |entry: &KeyValue| {
        check_path(&entry.key, &entry.key_spot, problems);
        (entry.key.clone(), at(&entry.node, target(&entry.key), problems))
    };
    entries.iter().map(read).collect()
}

fn at(node: &Node, target: MatcherTarget, problems: &mut Vec<Problem>) -> Matcher {
    let matcher = matcher(node, problems);
    problems.extend(matcher.unfit(target, &is_template).map(|flaw| problem(node, flaw)));
    matcher
}

fn problem(node: &Node, flaw: MatcherFlaw) -> Problem {
    let problem = Problem::new(node.spot.clone(), flaw.message);
    match flaw.hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// Reads a matcher: a plain value, or a table with exactly one of the matchers' keys.
fn matcher(node: &Node, problems: &mut Vec<Problem>) -> Matcher {
    let NodeKind::Table(entries) = &node.kind else {
        problems.extend(hidden_matcher(node));
        return Matcher::Equals(node.to_value());
    };
    let [entry] = entries.as_slice() else {
        problems.push(Problem::new(node.spot.clone(), "a matcher has exactly one key").hint(
            "several matchers are written { all = [ … ] }, a value that is itself a table { equals = { … } }",
        ));
        return Matcher::Present(true);
    };
    let inner = &entry.node;
    let text = || inner.as_text().unwrap_or_default().to_owned();
    let read = match entry.key.as_str() {
        "template" => Matcher::Template(text()),
        "regex" => Matcher::Regex(text()),
        "any" => Matcher::Any(inner.items().iter().map(|item| matcher(item, problems)).collect()),
        "all" => Matcher::All(inner.items().iter().map(|item| matcher(item, problems)).collect()),
        "present" => Matcher::Present(inner.as_bool().unwrap_or(true)),
        "type" => Matcher::Type(text()),
        "not" => Matcher::Not(Box::new(matcher(inner, problems))),
        "equals" => Matcher::Equals(inner.to_value()),
        "contains" => Matcher::Contains(inner.to_value()),
        "length" => Matcher::Length(bounds(inner)),
        "count" => Matcher::Count(bounds(inner)),
        "min" => Matcher::Min(inner.to_value()),
        "max" => Matcher::Max(inner.to_value()),
        "each" => Matcher::Each(Box::new(matcher(inner, problems))),
        "some" => Matcher::Some(Box::new(matcher(inner, problems))),
        "none" => Matcher::None(Box::new(matcher(inner, problems))),
        // An unknown key; the check of the shape has named it.
        _ => Matcher::Present(true),
    };
    problems.extend(read.flaw(&is_template).map(|flaw| problem(inner, flaw)));
    read
}

/// A list is a value: what looks like a matcher in it would only be a table that no answer has.
fn hidden_matcher(node: &Node) -> Option<Problem> {
    let is_matcher = |item: &&Node| match item.entries() {
        [entry] => Matcher::NAMES.contains(&entry.key.as_str()),
        _ => false,
    };
    let found = node.items().iter().find(is_matcher)?;
    let problem = Problem::new(found.spot.clone(), "in a plain list this is a value, not a matcher");
    Some(problem.hint("write { any = [ … ] } for one of several, { equals = [ … ] } if the value is meant"))
}

/// A number of things, or the least and the most.
fn bounds(node: &Node) -> Bounds {
    let value = |key: &str| node.get(key).map(Node::to_value);
    if matches!(node.kind, NodeKind::Table(_)) {
        return Bounds { min: value("min"), max: value("max") };
    }
    Bounds { min: Some(node.to_value()), max: Some(node.to_value()) }
}

/// Checks that a text is a `JSONPath`, and that the regular expressions in it are some. One that is too much work in any
/// answer is not given to the parser, which goes into each bracket.
pub(super) fn check_path(path: &str, spot: &Spot, problems: &mut Vec<Problem>) {
    if let Err(message) = PathShape::of(path).and_then(|shape| check_patterns(&shape)) {
        problems.push(Problem::new(spot.clone(), message));
        return;
    }
    if let Err(error) = JsonPath::parse(path) {
        let problem = Problem::new(spot.clone(), format!("not a JSONPath (RFC 9535): {error}"));
        problems.push(match path_hint(path, &error.to_string()) {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
        return;
    }
    for pattern in pattern_literals(path) {
        let flaw = Matcher::Regex(pattern).flaw(&|_| false);
        problems.extend(flaw.map(|flaw| Problem::new(spot.clone(), flaw.message)));
    }
}

/// The largest pattern of a path, in bytes once it is compiled, which it is for each value that it is applied to.
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

/// What to write in place of a text that is not a path.
fn path_hint(path: &str, error: &str) -> Option<String> {
    if !path.starts_with('$') {
        return Some("a path starts with `$`, as in `$.RequestId`".into());
    }
    if let Some(written) = path_in_brackets(path).filter(|written| JsonPath::parse(written).is_ok()) {
        return Some(format!(
            "a name with other characters than letters, digits and `_` is in brackets: `{written}`"
        ));
    }
    error.contains("function").then(|| "the functions are length, count, match, search and value".into())
}

/// Checks that a path names one place.
pub(super) fn check_singular(path: &str, spot: &Spot, problems: &mut Vec<Problem>) {
    if PathShape::of(path).is_ok() && JsonPath::parse(path).is_ok() && !is_singular(path) {
        problems.push(
            Problem::new(spot.clone(), "this path may find several values, and one is needed here")
                .hint("name the place by keys and indices, as in `$.Errors[0].Code`"),
        );
    }
}

/// The problems of the matchers of an expectation, that were not known before it was rendered.
pub(super) fn rendered_flaws(written: &Expect, rendered: &Expect) -> Vec<(String, MatcherFlaw)> {
    let known = written.flaws(&is_template);
    let mut flaws = rendered.flaws(&is_template);
    flaws.retain(|flaw| !known.contains(flaw));
    flaws
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{check_path, check_singular};
    use crate::model::{SourceText, Spot};

    #[test]
    fn what_is_wrong_with_a_path_comes_with_what_to_write() {
        let said = |path: &str| {
            let spot = Spot { file: Arc::new(SourceText::new("t.toml", "")), bytes: 0..0 };
            let mut problems = Vec::new();
            check_path(path, &spot, &mut problems);
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        for path in ["$", "$.a", "$['a-b']", "$[?match(@.a, '[a-z]+')]", "$[?search(@, '(?i)\\\\p{L}')]"] {
            assert_eq!(said(path), "", "{path}");
        }
        for (path, part) in [
            ("a", "a path starts with `$`"),
            ("$.a-b", "in brackets: `$['a-b']`"),
            ("$.a.@unit", "in brackets: `$.a['@unit']`"),
            ("$[?size(@.a) > 1]", "the functions are length, count, match, search and value"),
            ("$[?match(@.a, '[')]", "not a regular expression: "),
            ("$[?search(@.a, \"(\")]", "not a regular expression: "),
        ] {
            assert!(said(path).contains(part), "{path}: {}", said(path));
        }
        assert!(!said("$[").contains("hint"), "{}", said("$["));
    }

    #[test]
    fn a_path_that_is_too_much_is_not_given_to_the_parser() {
        for (path, part) in [
            (format!("${}", "[?(".repeat(100_000)), "more than 2000 bytes"),
            (format!("${}@.a{}", "[?(".repeat(300), ")]".repeat(300)), "brackets nested deeper"),
            ("$..a..b..c..d".into(), "4 descents"),
            ("$[?match(@.a, @.b)]".into(), "is written in the path"),
            ("$[?match(@.a, '[a-z]{400}{400}')]".into(), "is too large"),
        ] {
            let spot = Spot { file: Arc::new(SourceText::new("t.toml", "")), bytes: 0..0 };
            let mut problems = Vec::new();
            check_path(&path, &spot, &mut problems);
            check_singular(&path, &spot, &mut problems);
            assert!(problems[0].message.contains(part), "{}", problems[0].message);
        }
    }

    #[test]
    fn a_pattern_of_a_path_is_as_large_as_the_limit_and_no_larger() {
        use super::{LARGEST_PATTERN, PathShape, RegexBuilder, check_patterns};
        let sized = |count: usize| format!("(?:a{{10}}){{{count}}}");
        let is_fine = |count: usize| {
            let path = format!("$[?match(@.a, '{}')]", sized(count));
            check_patterns(&PathShape::of(&path).unwrap()).is_ok()
        };
        let largest = (1..10_000).take_while(|count| is_fine(*count)).last().unwrap();
        let fits =
            |count: usize| RegexBuilder::new(&sized(count)).size_limit(LARGEST_PATTERN).build().is_ok();
        assert!(fits(largest) && !fits(largest + 1) && !is_fine(largest + 1), "{largest}");
    }
}
