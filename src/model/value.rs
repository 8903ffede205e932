//! A data value as it stands in a case table, a template or a JSON body.
//!
//! Unlike common JSON trees it keeps what an answer really said: the order of keys, keys that
//! stand twice, and the digits of a number.

use std::fmt;

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
    /// Keys and values in their written order; a key may stand twice.
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

    /// Whether two values are the same: numbers by their worth, maps without regard to order.
    pub fn is_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left == right || is_equal_number(left, right),
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(a, b)| a.is_same(b))
            }
            (Self::Map(left), Self::Map(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .all(|(key, value)| other.get(key).is_some_and(|found| value.is_same(found)))
            }
            (left, right) => left == right,
        }
    }
}

fn is_integer(digits: &str) -> bool {
    !digits.contains(['.', 'e', 'E'])
}

fn is_equal_number(left: &str, right: &str) -> bool {
    if is_integer(left) && is_integer(right) {
        return false;
    }
    matches!((left.parse::<f64>(), right.parse::<f64>()), (Ok(a), Ok(b)) if a.to_bits() == b.to_bits())
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
    fn numbers_are_compared_by_worth_and_big_integers_exactly() {
        let number = |digits: &str| Value::Number(digits.into());
        assert!(number("1.0").is_same(&number("1")));
        assert!(!number("9007199254740993").is_same(&number("9007199254740992")));
    }

    #[test]
    fn a_text_with_controls_is_shown_escaped() {
        assert_eq!(Value::text("a\u{1b}\"\n").to_string(), r#""a\u001b\"\n""#);
    }
}
