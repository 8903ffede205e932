//! Reads matchers, and refuses those that could never hold or never fail.

use regex::RegexBuilder;
use serde_json::{Value as Json, json};
use serde_json_path::JsonPath;

use super::compound::{At, Entry, Or};
use super::document::Node;
use super::form::{Definitions, Number, ValueForm, named_schema};
use super::record::{KeySchema, check_keys, is_table, object_schema, record};
use crate::model::{
    Bounds, Expect, Matcher, MatcherFlaw, MatcherTarget, PathShape, Problem, Spot, is_singular,
    path_in_brackets, pattern_literals, target,
};
use crate::template::is_template;

/// A number, or a template that gives one.
type NumberText = Or<Number, String>;

record! {
    closed "least-and-most" RawBounds {
        min: Key At<'a, NumberText> = "min", "At least so many.";
        max: Key At<'a, NumberText> = "max", "At most so many.";
    }
}

/// A number of things, or the least and the most.
impl<'a> ValueForm<'a> for Bounds {
    fn describe() -> String {
        <Or<NumberText, RawBounds<'a>>>::describe()
    }

    fn fits(node: &Node) -> bool {
        <Or<NumberText, RawBounds<'a>>>::fits(node)
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        Some(match <Or<NumberText, RawBounds<'a>>>::read_fitting(node, problems)? {
            Or::One(_) => Self { min: Some(node.to_value()), max: Some(node.to_value()) },
            Or::Other(RawBounds { place, min, max }) if place.is_sound => Self {
                min: min.value.map(|number| number.node.to_value()),
                max: max.value.map(|number| number.node.to_value()),
            },
            Or::Other(_) => return None,
        })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        named_schema("bounds", definitions, <Or<NumberText, RawBounds<'a>>>::schema)
    }
}

/// The keys of a matcher's table: the form of the value, the matcher that is made of it, and what is said about it.
macro_rules! matchers {
    ($($name:literal: $form:ty => $make:expr, $about:literal;)+) => {
        const KEYS: &[&str] = &[$($name),+];

        fn read_key(key: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Matcher> {
            match key {
                $($name => <$form>::read(node, problems).map($make),)+
                _ => None,
            }
        }

        fn key_schemas() -> Vec<KeySchema> {
            vec![$(KeySchema { name: $name, about: $about, is_needed: false, schema: <$form>::schema }),+]
        }
    };
}

matchers! {
    "equals": &Node => |node| Matcher::Equals(node.to_value()), "Just this value.";
    "template": String => Matcher::Template, "A message template; %s means one or more characters.";
    "regex": String => Matcher::Regex, "A regular expression.";
    "any": Vec<Matcher> => Matcher::Any, "One of several.";
    "present": bool => Matcher::Present, "Whether it is there at all.";
    "type": String => Matcher::Type, "A type: string, integer, number, boolean, list, object, null.";
    "not": Matcher => |inner| Matcher::Not(Box::new(inner)), "A value, but not this.";
    "all": Vec<Matcher> => Matcher::All, "All of several.";
    "contains": &Node => |node| Matcher::Contains(node.to_value()),
        "A text that has this text in it, or a list that has this item.";
    "length": Bounds => Matcher::Length,
        "A text of so many characters, a list of so many items, an object of so many keys.";
    "min": At<'_, NumberText> => |number| Matcher::Min(number.node.to_value()), "A number that is no less.";
    "max": At<'_, NumberText> => |number| Matcher::Max(number.node.to_value()), "A number that is no more.";
    "each": Matcher => |inner| Matcher::Each(Box::new(inner)),
        "A list with at least one item, each of which is this.";
    "some": Matcher => |inner| Matcher::Some(Box::new(inner)), "A list with an item that is this.";
    "none": Matcher => |inner| Matcher::None(Box::new(inner)), "A list without an item that is this.";
    "count": Bounds => Matcher::Count, "A list of so many items.";
}

/// A plain value, or a table with exactly one of the keys.
impl<'a> ValueForm<'a> for Matcher {
    fn describe() -> String {
        "a value".into()
    }

    fn fits(_: &Node) -> bool {
        true
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        if !is_table(node) {
            problems.extend(hidden_matcher(node));
            return Some(Self::Equals(node.to_value()));
        }
        let known = problems.len();
        check_keys(node, KEYS, problems);
        if problems.len() > known {
            return None;
        }
        let [entry] = node.entries() else {
            let hint = "several matchers are written { all = [ … ] }, a value that is itself a table { equals = { … } }";
            let problem = Problem::new(node.spot.clone(), "a matcher has exactly one key");
            problems.push(problem.hint(hint));
            return None;
        };
        let read = read_key(&entry.key, &entry.node, problems)?;
        if problems.len() == known {
            problems.extend(read.flaw(&is_template).map(|flaw| problem(&entry.node, flaw)));
        }
        Some(read)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        named_schema("matcher", definitions, |definitions| {
            let table = object_schema(&key_schemas(), false, definitions);
            let plain = ["string", "boolean", "number"].map(|kind| json!({ "type": kind }));
            let list = <Vec<&Node>>::schema(definitions);
            let options: Vec<Json> = plain.into_iter().chain([table, list]).collect();
            json!({ "anyOf": options })
        })
    }
}

/// What is wrong with the matcher of a code, a message or a header field.
pub(super) fn check_scalar(matcher: &Matcher, node: &Node, problems: &mut Vec<Problem>) {
    check_target(matcher, node, MatcherTarget::Scalar, problems);
}

/// Matchers by their paths into a body.
pub(super) fn body(written: &[Entry<'_, Matcher>], problems: &mut Vec<Problem>) -> Vec<(String, Matcher)> {
    let read = |entry: &Entry<'_, Matcher>| {
        let path = &entry.written.key;
        check_path(path, &entry.written.key_spot, problems);
        check_target(&entry.value, &entry.written.node, target(path), problems);
        (path.clone(), entry.value.clone())
    };
    written.iter().map(read).collect()
}

fn check_target(matcher: &Matcher, node: &Node, target: MatcherTarget, problems: &mut Vec<Problem>) {
    problems.extend(matcher.unfit(target, &is_template).map(|flaw| problem(node, flaw)));
}

fn problem(node: &Node, flaw: MatcherFlaw) -> Problem {
    let problem = Problem::new(node.spot.clone(), flaw.message);
    match flaw.hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
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

    use super::{KEYS, check_path, check_singular};
    use crate::model::{SourceText, Spot};

    #[test]
    fn every_matcher_can_be_written() {
        use crate::model::Matcher;
        let sorted = |names: &[&'static str]| {
            let mut names = names.to_vec();
            names.sort_unstable();
            names
        };
        assert_eq!(sorted(KEYS), sorted(&Matcher::NAMES));
    }

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
