//! Whether a value is what a matcher asks for.

use super::pattern::matches;
use crate::model::{Matcher, MessageTemplate, Value};

/// Whether the place that a value comes from has types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typing {
    /// JSON.
    Typed,
    /// XML and header fields: everything is text.
    Text,
}

/// Why a value is not what was asked for; none if it is.
pub(super) fn mismatch(matcher: &Matcher, value: Option<&Value>, typing: Typing) -> Option<String> {
    match (matcher, value) {
        (Matcher::Present(wanted), found) => (found.is_some() != *wanted).then(String::new),
        (Matcher::Not(inner), found) => mismatch(inner, found, typing).is_none().then(String::new),
        (Matcher::Any(options), found) => {
            options.iter().all(|option| mismatch(option, found, typing).is_some()).then(String::new)
        }
        (Matcher::Equals(_) | Matcher::Template(_) | Matcher::Regex(_) | Matcher::Type(_), None) => {
            Some(String::new())
        }
        (Matcher::Equals(wanted), Some(found)) => (!is_equal(wanted, found, typing)).then(String::new),
        (Matcher::Template(text), Some(found)) => match found.as_text() {
            Some(found) => MessageTemplate::new(text.as_str()).mismatch(found).map(str::to_owned),
            None => Some("it is no text".into()),
        },
        (Matcher::Regex(text), Some(found)) => match matches(text, &found.to_plain()) {
            Ok(is_match) => (!is_match).then(String::new),
            Err(error) => Some(format!("the case's regular expression is none: {error}")),
        },
        (Matcher::Type(wanted), Some(found)) => {
            let is_type =
                found.type_name() == wanted || (wanted == "number" && found.type_name() == "integer");
            (!is_type).then(String::new)
        }
    }
}

/// Equal values. Where there is only text, a number or truth value is equal to how it is written.
fn is_equal(wanted: &Value, found: &Value, typing: Typing) -> bool {
    match (wanted, found, typing) {
        (Value::Number(digits), Value::Text(text), Typing::Text) => digits == text,
        (Value::Bool(flag), Value::Text(text), Typing::Text) => flag.to_string() == *text,
        (wanted, found, Typing::Text | Typing::Typed) => wanted.is_same(found),
    }
}

#[cfg(test)]
mod tests {
    use super::{Typing, mismatch};
    use crate::model::{Matcher, Value};

    #[test]
    fn each_kind_of_matcher_can_pass_and_can_fail() {
        let text = |text: &str| Some(Value::text(text));
        let equals = |text: &str| Matcher::Equals(Value::text(text));
        let cases = [
            (equals("a"), text("a"), text("b")),
            (Matcher::Equals(Value::integer(1)), Some(Value::Number("1.0".into())), Some(Value::integer(2))),
            (Matcher::Template("%s.".into()), text("a."), text(".")),
            (Matcher::Regex("^a+$".into()), text("aa"), text("b")),
            (Matcher::Any(vec![equals("a"), equals("b")]), text("b"), text("c")),
            (Matcher::Present(true), text(""), None),
            (Matcher::Present(false), None, text("")),
            (Matcher::Type("string".into()), text("a"), Some(Value::Null)),
            (Matcher::Type("number".into()), Some(Value::integer(1)), text("1")),
            (Matcher::Not(Box::new(equals("a"))), text("b"), text("a")),
        ];
        for (matcher, good, bad) in cases {
            assert_eq!(mismatch(&matcher, good.as_ref(), Typing::Typed), None, "{matcher}");
            assert!(mismatch(&matcher, bad.as_ref(), Typing::Typed).is_some(), "{matcher}");
        }
    }

    #[test]
    fn a_number_is_its_digits_only_where_there_are_no_types() {
        for (wanted, written) in [(Value::integer(5), "5"), (Value::Bool(true), "true")] {
            let (matcher, found) = (Matcher::Equals(wanted), Value::text(written));
            assert_eq!(mismatch(&matcher, Some(&found), Typing::Text), None);
            assert!(mismatch(&matcher, Some(&found), Typing::Typed).is_some());
            assert!(mismatch(&Matcher::Not(Box::new(matcher)), Some(&found), Typing::Text).is_some());
        }
    }
}
