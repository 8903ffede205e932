//! JSON to values and back, without loss: order, doubled keys and digits stay.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

use crate::model::Value;

/// The key under which `serde_json` hands over a number's digits (feature `arbitrary_precision`).
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// Reads a JSON text (RFC 8259); nested no deeper than the parser's 128 levels.
///
/// # Errors
/// What is wrong, with line and column.
pub fn read_json(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice::<Faithful>(bytes).map(|read| read.0).map_err(|error| format!("not JSON: {error}"))
}

struct Faithful(Value);

impl<'de> Deserialize<'de> for Faithful {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FaithfulVisitor).map(Faithful)
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
        while let Some(Faithful(item)) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        while let Some((key, Faithful(value))) = access.next_entry::<String, Faithful>()? {
            entries.push((key, value));
        }
        // An answer may hold this key too; only digits make it a number.
        if let [(key, Value::Text(digits))] = entries.as_slice()
            && key == NUMBER_KEY
            && digits.parse::<Number>().is_ok()
        {
            return Ok(Value::Number(digits.clone()));
        }
        Ok(Value::Map(entries))
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
        let read = read_json(br#"{"$serde_json::private::Number": "x"}"#).unwrap();
        assert_eq!(read.type_name(), "object");
    }

    #[test]
    fn a_tree_for_paths_keeps_digits() {
        assert_eq!(to_json(&Value::Number("1.10".into())).to_string(), "1.10");
    }
}
