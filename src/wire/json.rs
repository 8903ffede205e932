//! JSON to values and back, without loss: order, doubled keys and digits stay.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::{Map, Number, Value as Json};

use crate::model::Value;

/// The key under which `serde_json` hands over a number's digits (feature `arbitrary_precision`).
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// Reads a JSON text (RFC 8259); nested no deeper than the parser's 128 levels.
///
/// # Errors
/// What is wrong, with line and column.
pub fn read_json(bytes: &[u8]) -> Result<Value, String> {
    let mut tree = serde_json::from_slice::<Value>(bytes).map_err(|error| format!("not JSON: {error}"))?;
    let numbers = numbers(bytes);
    // The parser keeps all digits, but writes every exponent in one way.
    if numbers.iter().any(|digits| digits.contains(['e', 'E'])) {
        restore(&mut tree, &mut numbers.into_iter());
    }
    Ok(tree)
}

/// The numbers of a JSON text as they are written, in order.
fn numbers(bytes: &[u8]) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        if *byte == b'"' {
            while let Some(byte) = bytes.get(at).filter(|byte| **byte != b'"') {
                at += if *byte == b'\\' { 2 } else { 1 };
            }
            at += 1;
        } else if *byte == b'-' || byte.is_ascii_digit() {
            let belongs = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
            at += bytes[at..].iter().take_while(|byte| belongs(byte)).count();
            found.extend(std::str::from_utf8(&bytes[start..at]));
        }
    }
    found
}

/// Writes numbers back as they came.
fn restore<'a>(tree: &mut Value, numbers: &mut impl Iterator<Item = &'a str>) {
    match tree {
        Value::Number(digits) => numbers.next().into_iter().for_each(|written| written.clone_into(digits)),
        Value::List(items) => items.iter_mut().for_each(|item| restore(item, numbers)),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, item)| restore(item, numbers)),
        Value::Null | Value::Bool(_) | Value::Text(_) => {}
    }
}

/// The value of the parser's key for numbers. An answer may hold that key, too, but only the parser hands over a text
/// that is not part of the answer.
enum BehindKey {
    Digits(String),
    Other(Value),
}

impl<'de> Deserialize<'de> for BehindKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BehindKeyVisitor)
    }
}

struct BehindKeyVisitor;

impl<'de> Visitor<'de> for BehindKeyVisitor {
    type Value = BehindKey;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        FaithfulVisitor.expecting(out)
    }

    fn visit_string<E>(self, digits: String) -> Result<BehindKey, E> {
        Ok(BehindKey::Digits(digits))
    }

    fn visit_str<E>(self, text: &str) -> Result<BehindKey, E> {
        Ok(BehindKey::Other(Value::text(text)))
    }

    fn visit_unit<E>(self) -> Result<BehindKey, E> {
        Ok(BehindKey::Other(Value::Null))
    }

    fn visit_i64<E>(self, number: i64) -> Result<BehindKey, E> {
        Ok(BehindKey::Other(Value::integer(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<BehindKey, E> {
        Ok(BehindKey::Other(Value::Number(number.to_string())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<BehindKey, E> {
        Ok(BehindKey::Other(Value::Bool(flag)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<BehindKey, A::Error> {
        FaithfulVisitor.visit_seq(access).map(BehindKey::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<BehindKey, A::Error> {
        FaithfulVisitor.visit_map(access).map(BehindKey::Other)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FaithfulVisitor)
    }
}

struct FaithfulVisitor;

impl<'de> Visitor<'de> for FaithfulVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = if key == NUMBER_KEY {
                match access.next_value()? {
                    BehindKey::Digits(digits) if digits.parse::<Number>().is_ok() => {
                        return Ok(Value::Number(digits));
                    }
                    BehindKey::Digits(text) => Value::Text(text),
                    BehindKey::Other(value) => value,
                }
            } else {
                access.next_value()?
            };
            entries.push((key, value));
        }
        Ok(Value::Map(entries))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => out.serialize_unit(),
            Self::Bool(flag) => out.serialize_bool(*flag),
            Self::Number(digits) => match digits.parse::<Number>() {
                Ok(number) => number.serialize(out),
                Err(_) => out.serialize_str(digits),
            },
            Self::Text(text) => out.serialize_str(text),
            Self::List(items) => out.collect_seq(items),
            Self::Map(entries) => out.collect_map(entries.iter().map(|(key, item)| (key, item))),
        }
    }
}

/// The value as a JSON tree; of a doubled key the last one stays.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(digits) => {
            digits.parse::<Number>().map_or_else(|_| Json::String(digits.clone()), Json::Number)
        }
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Map(entries) => Json::Object(
            entries.iter().map(|(key, item)| (key.clone(), to_json(item))).collect::<Map<_, _>>(),
        ),
    }
}

/// The value of a JSON tree.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::text(text.as_str()),
        Json::Array(items) => Value::List(items.iter().map(from_json).collect()),
        Json::Object(entries) => {
            Value::Map(entries.iter().map(|(key, item)| (key.clone(), from_json(item))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{read_json, to_json};
    use crate::model::Value;

    #[test]
    fn doubled_keys_order_and_digits_survive() {
        let read = read_json(br#"{"b": 1.10, "a": 123456789012345678901234567890, "b": null}"#).unwrap();
        assert_eq!(read.to_string(), r#"{"b": 1.10, "a": 123456789012345678901234567890, "b": null}"#);
    }

    #[test]
    fn the_parsers_private_key_in_an_answer_is_a_key() {
        for value in [r#""x""#, r#""1""#, "1", "null", "true", "[1]", r#"{"a": 1}"#] {
            let text = format!(r#"{{"$serde_json::private::Number": {value}}}"#);
            assert_eq!(read_json(text.as_bytes()).unwrap().to_string(), text);
        }
    }

    #[test]
    fn numbers_stay_as_they_are_written() {
        let text = r#"["1e4\\", 1e400, 1E5, {"2e2": 1e+5, "\"": [0.10, -0, 1.0e-7]}, "3E3", 2]"#;
        assert_eq!(read_json(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn a_tree_for_paths_keeps_digits() {
        assert_eq!(to_json(&Value::Number("1.10".into())).to_string(), "1.10");
    }

    #[test]
    fn a_text_is_nested_as_deep_as_may_be_and_no_deeper() {
        let nested = |depth: usize| read_json(("[".repeat(depth) + &"]".repeat(depth)).as_bytes());
        assert!(nested(127).is_ok() && nested(128).is_err());
    }
}
