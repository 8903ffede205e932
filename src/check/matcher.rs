//! Whether a value is what a matcher asks for.

use std::cmp::Ordering;

use super::mismatch::{Mismatch, MismatchReason};
use super::pattern::matches;
use crate::model::{Bounds, Matcher, MatcherTarget, MessageTemplate, Value};

/// Whether the place that a value comes from has types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typing {
    /// JSON.
    Typed,
    /// XML and header fields: everything is text.
    Text,
}

/// What was found at a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct FoundValue<'a> {
    pub(super) value: Option<&'a Value>,
    pub(super) typing: Typing,
    pub(super) target: MatcherTarget,
}

impl<'a> FoundValue<'a> {
    /// One value, or nothing.
    pub(super) fn one(value: Option<&'a Value>, typing: Typing) -> Self {
        Self { value, typing, target: MatcherTarget::Value }
    }

    /// The value, unless nothing was found: an empty list of what a path finds is nothing.
    fn there(&self) -> Option<&'a Value> {
        let is_empty = |value: &Value| matches!(value, Value::List(items) if items.is_empty());
        self.value.filter(|value| self.target != MatcherTarget::Nodes || !is_empty(value))
    }

    fn item(&self, value: &'a Value) -> Self {
        Self::one(Some(value), self.typing)
    }
}

/// Why a value is not what was asked for, or nothing is; none if it is.
pub(super) fn mismatch(matcher: &Matcher, value: Option<&Value>, typing: Typing) -> Option<Mismatch> {
    mismatch_at(matcher, &FoundValue::one(value, typing))
}

/// Why the values found do not match; none if they do.
pub(super) fn mismatch_at(matcher: &Matcher, found: &FoundValue<'_>) -> Option<Mismatch> {
    let typing = found.typing;
    match matcher {
        Matcher::Present(wanted) => unless(found.there().is_some() == *wanted),
        Matcher::Any(options) => unless(options.iter().any(|option| mismatch_at(option, found).is_none())),
        Matcher::All(parts) => parts.iter().find_map(|part| mismatch_at(part, found)),
        // Where nothing is, there is nothing that could be another value.
        Matcher::Not(inner) => unless(found.there().is_some() && mismatch_at(inner, found).is_some()),
        Matcher::Each(inner) => of_items(found, |items| {
            let is_wrong = |item: &Value| mismatch_at(inner, &found.item(item)).is_some();
            match items.iter().position(is_wrong) {
                Some(place) => Some(MismatchReason::ItemIsNot(place).into()),
                None => items.is_empty().then(|| MismatchReason::NoItems.into()),
            }
        }),
        Matcher::Some(inner) => of_items(found, |items| {
            let holds = items.iter().any(|item| mismatch_at(inner, &found.item(item)).is_none());
            (!holds).then(|| MismatchReason::NoItemIs.into())
        }),
        Matcher::None(inner) => of_items(found, |items| {
            let place = items.iter().position(|item| mismatch_at(inner, &found.item(item)).is_none())?;
            Some(MismatchReason::ItemIs(place).into())
        }),
        Matcher::Count(bounds) => of_items(found, |items| outside(bounds, items.len())),
        Matcher::Equals(wanted) => of_value(found, |value| unless(is_equal(wanted, value, typing))),
        Matcher::Template(text) => of_value(found, |value| match value.as_text() {
            Some(value) => MessageTemplate::new(text.as_str())
                .mismatch(value)
                .map(|why| MismatchReason::Template(why).into()),
            None => Some(MismatchReason::NoText.into()),
        }),
        Matcher::Regex(text) => of_value(found, |value| match value {
            // An expression that does not compile has been refused before.
            Value::Text(_) | Value::Number(_) | Value::Bool(_) => {
                unless(matches(text, &value.to_plain()).is_ok_and(|is_match| is_match))
            }
            Value::Null | Value::List(_) | Value::Map(_) => Some(MismatchReason::NoText.into()),
        }),
        Matcher::Type(wanted) => of_value(found, |value| unless(is_type(wanted, value, typing))),
        Matcher::Contains(wanted) => of_value(found, |value| unless(contains(wanted, value, typing))),
        Matcher::Length(bounds) => of_value(found, |value| match length(value) {
            Some(length) => outside(bounds, length),
            None => Some(MismatchReason::NoLength.into()),
        }),
        Matcher::Min(bound) => {
            of_value(found, |value| unless(order(value, bound, typing).is_some_and(Ordering::is_ge)))
        }
        Matcher::Max(bound) => {
            of_value(found, |value| unless(order(value, bound, typing).is_some_and(Ordering::is_le)))
        }
    }
}

/// No reason if something holds, and none that needs to be said if it does not.
fn unless(holds: bool) -> Option<Mismatch> {
    (!holds).then_some(Mismatch::Other)
}

fn of_value<'a>(found: &FoundValue<'a>, why: impl FnOnce(&'a Value) -> Option<Mismatch>) -> Option<Mismatch> {
    found.value.map_or_else(|| Some(Mismatch::Other), why)
}

fn of_items<'a>(
    found: &FoundValue<'a>,
    why: impl FnOnce(&'a [Value]) -> Option<Mismatch>,
) -> Option<Mismatch> {
    of_value(found, |value| match value {
        Value::List(items) => why(items),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
            Some(MismatchReason::NoList.into())
        }
    })
}

fn outside(bounds: &Bounds, found: usize) -> Option<Mismatch> {
    (!bounds.hold(found)).then(|| MismatchReason::Length(found).into())
}

/// Equal values. Where there is only text, a number is equal to how it may be written, a truth value to its word.
fn is_equal(wanted: &Value, found: &Value, typing: Typing) -> bool {
    if typing == Typing::Typed {
        return wanted.is_same(found);
    }
    wanted.is_same_by(found, &|wanted, found| match (wanted, found) {
        (Value::Number(_), Value::Text(_)) => wanted.compare_numbers(found).is_some_and(Ordering::is_eq),
        (Value::Bool(flag), Value::Text(text)) => flag.to_string() == *text,
        (wanted, found) => wanted.is_same(found),
    })
}

/// Whether a value has a type. Where there is only text, it has the type of a number or truth value that it is written as.
fn is_type(wanted: &str, found: &Value, typing: Typing) -> bool {
    let name = match (found, typing) {
        (Value::Text(text), Typing::Text)
            if matches!(wanted, "integer" | "number") && found.digits().is_some() =>
        {
            Value::Number(text.clone()).type_name()
        }
        (Value::Text(text), Typing::Text)
            if wanted == "boolean" && matches!(text.as_str(), "true" | "false") =>
        {
            wanted
        }
        (found, Typing::Text | Typing::Typed) => found.type_name(),
    };
    name == wanted || (wanted == "number" && name == "integer")
}

fn contains(wanted: &Value, found: &Value, typing: Typing) -> bool {
    match (wanted, found) {
        (wanted, Value::List(items)) => items.iter().any(|item| is_equal(wanted, item, typing)),
        (Value::Text(part), Value::Text(text)) => text.contains(part.as_str()),
        (_, Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_)) => false,
    }
}

fn length(found: &Value) -> Option<usize> {
    match found {
        Value::Text(text) => Some(text.chars().count()),
        Value::List(items) => Some(items.len()),
        Value::Map(entries) => Some(entries.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// How a number compares with a bound; a text is a number only where there is nothing but text.
fn order(found: &Value, bound: &Value, typing: Typing) -> Option<Ordering> {
    let is_number = matches!(found, Value::Number(_)) || typing == Typing::Text;
    if is_number { found.compare_numbers(bound) } else { None }
}

#[cfg(test)]
mod tests {
    use super::{FoundValue, Typing, mismatch, mismatch_at};
    use crate::model::{Bounds, Matcher, MatcherTarget, Value};
    use crate::wire::read_json;

    fn json(text: &str) -> Value {
        read_json(text.as_bytes()).unwrap()
    }

    fn equals(text: &str) -> Matcher {
        Matcher::Equals(json(text))
    }

    fn holds(matcher: &Matcher, found: Option<&Value>) -> bool {
        mismatch(matcher, found, Typing::Typed).is_none()
    }

    fn between(min: i64, max: i64) -> Bounds {
        Bounds { min: Some(Value::integer(min)), max: Some(Value::integer(max)) }
    }

    /// Each matcher, values that it matches, and values that it does not.
    #[expect(clippy::too_many_lines, reason = "it is a table")]
    fn table() -> Vec<(Matcher, Vec<&'static str>, Vec<&'static str>)> {
        let boxed = |text: &str| Box::new(equals(text));
        vec![
            (equals("\"a\""), vec!["\"a\""], vec!["\"b\"", "\"\"", "[\"a\"]", "null"]),
            (equals("1"), vec!["1", "1.0", "10e-1"], vec!["2", "\"1\"", "1.0000000000000000000001", "true"]),
            (equals("0"), vec!["-0", "0.0"], vec!["1e-400", "false", "null"]),
            (equals("null"), vec!["null"], vec!["\"\"", "0", "[]"]),
            (
                equals("{\"a\": [1]}"),
                vec!["{\"a\": [1.0]}"],
                vec!["{\"a\": [1], \"b\": 1}", "{}", "{\"a\": [1, 1]}"],
            ),
            (Matcher::Template("%s.".into()), vec!["\"a.\""], vec!["\".\"", "\" .\"", "1", "null"]),
            (
                Matcher::Regex("^[\\p{L}1]+$".into()),
                vec!["\"äb\"", "11"],
                vec!["\"-\"", "\"\"", "null", "[1]"],
            ),
            (Matcher::Regex("(?i)^TRUE$".into()), vec!["\"true\"", "true"], vec!["false", "{}"]),
            (Matcher::Any(vec![equals("1"), equals("2")]), vec!["1", "2"], vec!["3"]),
            (
                Matcher::All(vec![Matcher::Min(Value::integer(2)), Matcher::Max(Value::integer(4))]),
                vec!["2", "4"],
                vec!["1", "5", "\"3\""],
            ),
            (Matcher::Not(boxed("1")), vec!["2", "\"1\"", "null", "[1]"], vec!["1", "1.0"]),
            (Matcher::Present(true), vec!["null", "\"\"", "[]"], vec![]),
            (Matcher::Present(false), vec![], vec!["null", "\"\"", "[]"]),
            (Matcher::Type("string".into()), vec!["\"a\""], vec!["1", "null"]),
            (Matcher::Type("number".into()), vec!["1", "1.5"], vec!["\"1\"", "true"]),
            (Matcher::Type("integer".into()), vec!["1"], vec!["1.5", "\"1\""]),
            (Matcher::Type("null".into()), vec!["null"], vec!["\"\"", "[]"]),
            (
                Matcher::Contains(Value::text("b")),
                vec!["\"abc\"", "[\"a\", \"b\"]"],
                vec!["\"ac\"", "[\"abc\"]", "{\"b\": 1}"],
            ),
            (Matcher::Contains(Value::integer(1)), vec!["[2, 1.0]"], vec!["[2]", "1", "\"1\""]),
            (
                Matcher::Length(between(2, 3)),
                vec!["\"äé\"", "\"abc\"", "[1, 2]", "{\"a\": 1, \"b\": 2}"],
                vec!["\"a\"", "\"abcd\"", "[1]", "12", "null"],
            ),
            (Matcher::Min(Value::integer(2)), vec!["2", "2.0", "1e9"], vec!["1.999", "-3", "\"2\"", "null"]),
            (
                Matcher::Max(Value::Number("0.1".into())),
                vec!["0.1", "-1", "1e-400"],
                vec!["0.1000000000000000000001", "\"0\""],
            ),
            (Matcher::Each(boxed("1")), vec!["[1]", "[1, 1.0]"], vec!["[]", "[1, 2]", "1", "{\"a\": 1}"]),
            (Matcher::Some(boxed("1")), vec!["[2, 1]"], vec!["[]", "[2]", "1"]),
            (Matcher::None(boxed("1")), vec!["[]", "[2]"], vec!["[2, 1]", "1", "2", "{\"a\": 2}"]),
            (
                Matcher::Count(between(1, 2)),
                vec!["[1]", "[1, 2]"],
                vec!["[]", "[1, 2, 3]", "\"a\"", "{\"a\": 1}"],
            ),
            (
                Matcher::Count(Bounds { min: None, max: Some(Value::text("1")) }),
                vec!["[]", "[1]"],
                vec!["[1, 2]"],
            ),
        ]
    }

    #[test]
    fn each_matcher_holds_for_what_it_says_and_for_nothing_else() {
        for (matcher, good, bad) in table() {
            for (texts, wanted) in [(good, true), (bad, false)] {
                for text in texts {
                    assert_eq!(holds(&matcher, Some(&json(text))), wanted, "{matcher}: {text}");
                }
            }
        }
    }

    #[test]
    fn where_nothing_is_only_a_matcher_that_asks_for_nothing_holds() {
        for (matcher, _, _) in table() {
            let asks_for_nothing = matcher == Matcher::Present(false);
            assert_eq!(holds(&matcher, None), asks_for_nothing, "{matcher}");
            let negated = Matcher::Not(Box::new(matcher.clone()));
            assert!(!holds(&negated, None), "not {matcher}");
            let optional = Matcher::Any(vec![negated, Matcher::Present(false)]);
            assert!(holds(&optional, None), "not {matcher}, or nothing");
        }
    }

    #[test]
    fn an_empty_list_of_what_a_path_finds_is_nothing() {
        let (empty, full) = (json("[]"), json("[1]"));
        let holds = |matcher: &Matcher, value: &Value| {
            let found =
                FoundValue { value: Some(value), typing: Typing::Typed, target: MatcherTarget::Nodes };
            mismatch_at(matcher, &found).is_none()
        };
        for (matcher, of_empty, of_full) in [
            (Matcher::Present(true), false, true),
            (Matcher::Present(false), true, false),
            (Matcher::Not(Box::new(equals("[2]"))), false, true),
            (equals("[]"), true, false),
            (Matcher::Each(Box::new(equals("1"))), false, true),
            (Matcher::None(Box::new(equals("2"))), true, true),
            (Matcher::Count(between(0, 0)), true, false),
        ] {
            assert_eq!((holds(&matcher, &empty), holds(&matcher, &full)), (of_empty, of_full), "{matcher}");
        }
    }

    #[test]
    fn a_text_is_a_number_or_a_truth_value_only_where_there_is_nothing_but_text() {
        let list =
            |matcher: &Matcher, text: &str, typing| mismatch(matcher, Some(&json(text)), typing).is_none();
        for (matcher, text) in [
            (equals("5"), "\"5\""),
            (equals("5"), "\"5.0\""),
            (equals("true"), "\"true\""),
            (equals("[1, {\"a\": 2}]"), "[\"1\", {\"a\": \"2\"}]"),
            (Matcher::Type("integer".into()), "\"-12\""),
            (Matcher::Type("number".into()), "\"12\""),
            (Matcher::Type("boolean".into()), "\"false\""),
            (Matcher::Min(Value::integer(2)), "\"3\""),
            (Matcher::Contains(Value::integer(3)), "[\"3.0\"]"),
        ] {
            assert!(list(&matcher, text, Typing::Text), "{matcher} {text}");
            assert!(!list(&matcher, text, Typing::Typed), "{matcher} {text}");
            assert!(!list(&Matcher::Not(Box::new(matcher.clone())), text, Typing::Text), "{matcher} {text}");
        }
        for text in ["\"5\"", "\"true\"", "\"x\""] {
            assert!(list(&Matcher::Type("string".into()), text, Typing::Text), "{text}");
        }
        for (matcher, text) in [
            (equals("5"), "\"5a\""),
            (Matcher::Type("integer".into()), "\"x\""),
            (Matcher::Type("number".into()), "\"x\""),
            (Matcher::Type("boolean".into()), "\"x\""),
            (Matcher::Type("boolean".into()), "\"1\""),
            (equals("5"), "\"\""),
            (equals("true"), "\"True\""),
            (Matcher::Type("integer".into()), "\"1.5\""),
            (Matcher::Type("null".into()), "\"\""),
            (Matcher::Min(Value::integer(2)), "\"x\""),
            (Matcher::Max(Value::integer(2)), "\"3\""),
        ] {
            assert!(!list(&matcher, text, Typing::Text), "{matcher} {text}");
        }
    }
}
