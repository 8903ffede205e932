//! A data value from a case table, a template or a JSON body.
//!
//! Unlike common JSON trees it keeps what an answer really said: the order of keys, keys that
//! occur twice, and the digits of a number.

use std::cmp::Ordering;
use std::fmt;

use super::decimal;

/// A value of a case table, of a template or of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// JSON's `null`; TOML has none.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number by its digits, exactly as written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// Keys and values in their written order; a key may occur twice.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number.
    pub fn integer(number: i64) -> Self {
        Self::Number(number.to_string())
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The text, or the digits of a number: what an error code is.
    pub fn as_code(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The first value of `key`, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// The type's name as JSON Schema and the contract files spell it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(digits) if is_integer(digits) => "integer",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "object",
        }
    }

    /// The value as the text that a query, a form or a path carries: no quotes around a text.
    pub fn to_plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Null => String::new(),
            Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Map(_) => self.to_string(),
        }
    }

    /// Whether two values are the same: numbers by their exact value, maps without regard to order.
    pub fn is_same(&self, other: &Value) -> bool {
        self.is_same_by(other, &|left, right| match (left, right) {
            (Self::Number(left), Self::Number(right)) => is_equal_number(left, right),
            (left, right) => left == right,
        })
    }

    /// Whether two values are the same, where `is_leaf_same` compares what is neither a list nor a map.
    pub fn is_same_by(&self, other: &Value, is_leaf_same: &dyn Fn(&Value, &Value) -> bool) -> bool {
        match (self, other) {
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len()
                    && left.iter().zip(right).all(|(one, other)| one.is_same_by(other, is_leaf_same))
            }
            (Self::Map(left), Self::Map(right)) => is_same_map(left, right, is_leaf_same),
            (left, right) => is_leaf_same(left, right),
        }
    }

    /// How two values compare as numbers; a text counts if it is written as a number. None unless both are numbers.
    pub fn compare_numbers(&self, other: &Value) -> Option<Ordering> {
        decimal::compare(self.digits()?, other.digits()?)
    }

    /// The digits of a number, or of a text that is one.
    pub fn digits(&self) -> Option<&str> {
        match self {
            Self::Number(digits) => Some(digits),
            Self::Text(text) => Some(text.as_str()).filter(|text| decimal::is_number(text)),
            Self::Null | Self::Bool(_) | Self::List(_) | Self::Map(_) => None,
        }
    }
}

/// Whether two maps have the same keys with the same values. Of a key that is there more than once, the first is compared
/// with the first, and so on.
fn is_same_map(
    left: &[(String, Value)],
    right: &[(String, Value)],
    is_leaf_same: &dyn Fn(&Value, &Value) -> bool,
) -> bool {
    let sorted = |entries: &[(String, Value)]| -> Vec<usize> {
        let mut places: Vec<usize> = (0..entries.len()).collect();
        places.sort_by(|one, other| entries[*one].0.cmp(&entries[*other].0));
        places
    };
    left.len() == right.len()
        && sorted(left).into_iter().zip(sorted(right)).all(|(one, other)| {
            let (one, other) = (&left[one], &right[other]);
            one.0 == other.0 && one.1.is_same_by(&other.1, is_leaf_same)
        })
}

fn is_integer(digits: &str) -> bool {
    !digits.contains(['.', 'e', 'E'])
}

fn is_equal_number(left: &str, right: &str) -> bool {
    left == right || decimal::compare(left, right) == Some(Ordering::Equal)
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Compact JSON, for messages; control characters are escaped.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Number(digits) => out.write_str(digits),
            Self::Text(text) => write_quoted(out, text),
            Self::List(items) => write_joined(out, ('[', ']'), items, |out, item| write!(out, "{item}")),
            Self::Map(entries) => write_joined(out, ('{', '}'), entries, |out, (key, value)| {
                write_quoted(out, key)?;
                write!(out, ": {value}")
            }),
        }
    }
}

fn write_joined<T>(
    out: &mut fmt::Formatter<'_>,
    (open, close): (char, char),
    items: &[T],
    mut write_item: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    write!(out, "{open}")?;
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.write_str(", ")?;
        }
        write_item(out, item)?;
    }
    write!(out, "{close}")
}

/// A JSON string (RFC 8259, section 7).
fn write_quoted(out: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    out.write_str("\"")?;
    for letter in text.chars() {
        match letter {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            other if other.is_control() => write!(out, "\\u{:04x}", u32::from(other))?,
            other => write!(out, "{other}")?,
        }
    }
    out.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn maps_are_the_same_in_any_order_of_keys() {
        let left = Value::Map(vec![("a".into(), Value::integer(1)), ("b".into(), Value::Null)]);
        let right = Value::Map(vec![("b".into(), Value::Null), ("a".into(), Value::integer(1))]);
        assert!(left.is_same(&right));
    }

    #[test]
    fn maps_with_other_keys_or_fewer_are_not_the_same() {
        let map = |entries: &[(&str, i64)]| {
            let pair = |(key, number): &(&str, i64)| ((*key).to_owned(), Value::integer(*number));
            Value::Map(entries.iter().map(pair).collect())
        };
        let one = map(&[("a", 1)]);
        for other in [map(&[("a", 1), ("b", 2)]), map(&[("b", 1)]), map(&[("a", 2)]), map(&[])] {
            assert!(!one.is_same(&other) && !other.is_same(&one), "{other}");
        }
        let doubled = map(&[("a", 1), ("a", 2)]);
        assert!(doubled.is_same(&map(&[("a", 1), ("a", 2)])));
        for other in [map(&[("a", 2), ("a", 1)]), map(&[("a", 1), ("b", 2)]), map(&[("a", 1), ("a", 1)])] {
            assert!(!doubled.is_same(&other) && !other.is_same(&doubled), "{other}");
        }
    }

    #[test]
    fn lists_are_the_same_in_one_order_and_length_only() {
        let list = |items: &[i64]| Value::List(items.iter().map(|item| Value::integer(*item)).collect());
        assert!(list(&[1, 2]).is_same(&list(&[1, 2])));
        for other in [list(&[2, 1]), list(&[1]), list(&[1, 2, 3]), list(&[])] {
            assert!(!list(&[1, 2]).is_same(&other) && !other.is_same(&list(&[1, 2])), "{other}");
        }
    }

    #[test]
    fn numbers_are_the_same_by_their_exact_value_wherever_they_are() {
        let number = |digits: &str| Value::Number(digits.into());
        let within = |digits: &str| Value::List(vec![Value::Map(vec![("a".into(), number(digits))])]);
        for (left, right, wanted) in [
            ("1.0", "1", true),
            ("-0", "0", true),
            ("9007199254740993", "9007199254740992", false),
            ("9007199254740993", "9007199254740992.0", false),
            ("0", "1e-400", false),
            ("1234567890.1234567", "1234567890.1234567890123456", false),
        ] {
            assert_eq!(number(left).is_same(&number(right)), wanted, "{left} {right}");
            assert_eq!(within(left).is_same(&within(right)), wanted, "{left} {right}");
        }
        assert!(!number("1").is_same(&Value::text("1")));
    }

    #[test]
    fn a_text_with_controls_is_shown_escaped() {
        assert_eq!(Value::text("a\u{1b}\"\n\r\t\\é").to_string(), r#""a\u001b\"\n\r\t\\é""#);
    }

    #[test]
    fn each_kind_of_value_is_what_its_table_says() {
        let map = Value::Map(vec![("a".into(), Value::integer(1)), ("a".into(), Value::Null)]);
        let list = Value::List(vec![Value::integer(1), Value::text("b")]);
        // Text, code, digits, type, plain text, and compact JSON.
        for (value, text, code, digits, name, plain, shown) in [
            (Value::Null, None, None, None, "null", "", "null"),
            (Value::Bool(true), None, None, None, "boolean", "true", "true"),
            (Value::Number("1.50".into()), None, Some("1.50"), Some("1.50"), "number", "1.50", "1.50"),
            (Value::Number("1e2".into()), None, Some("1e2"), Some("1e2"), "number", "1e2", "1e2"),
            (Value::Number("1E2".into()), None, Some("1E2"), Some("1E2"), "number", "1E2", "1E2"),
            (Value::integer(-7), None, Some("-7"), Some("-7"), "integer", "-7", "-7"),
            (Value::text("x"), Some("x"), Some("x"), None, "string", "x", "\"x\""),
            (Value::text("7"), Some("7"), Some("7"), Some("7"), "string", "7", "\"7\""),
            (list, None, None, None, "list", "[1, \"b\"]", "[1, \"b\"]"),
            (map.clone(), None, None, None, "object", "{\"a\": 1, \"a\": null}", "{\"a\": 1, \"a\": null}"),
        ] {
            assert_eq!((value.as_text(), value.as_code(), value.digits()), (text, code, digits), "{value}");
            assert_eq!((value.type_name(), value.to_plain().as_str()), (name, plain), "{value}");
            assert_eq!(value.to_string(), shown);
        }
        assert_eq!((map.get("a"), map.get("b")), (Some(&Value::integer(1)), None));
        assert_eq!(Value::text("a").get("a"), None);
        assert_eq!(Value::from("a"), Value::text("a"));
    }

    #[test]
    fn numbers_and_texts_of_numbers_are_compared() {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let compared = |left: &Value, right: &Value| left.compare_numbers(right);
        assert_eq!(compared(&Value::integer(1), &Value::text("2")), Some(Less));
        assert_eq!(compared(&Value::text("2.0"), &Value::integer(2)), Some(Equal));
        assert_eq!(compared(&Value::integer(3), &Value::integer(2)), Some(Greater));
        assert_eq!(compared(&Value::text("x"), &Value::integer(2)), None);
        assert_eq!(compared(&Value::integer(2), &Value::Null), None);
    }
}
