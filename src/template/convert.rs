//! Values as the engine sees them, and back.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::Value as JinjaValue;
use minijinja::value::{DynObject, Object, ObjectRepr, ValueKind};

use super::TemplateError;
use super::bound::Room;
use crate::model::Value;

pub(super) fn to_jinja(value: &Value) -> JinjaValue {
    match value {
        Value::Null => JinjaValue::from(()),
        Value::Bool(flag) => JinjaValue::from(*flag),
        Value::Number(digits) => number_to_jinja(digits),
        Value::Text(text) => JinjaValue::from(text.as_str()),
        Value::List(items) => items.iter().map(to_jinja).collect(),
        Value::Map(entries) => {
            JinjaValue::from_pairs(entries.iter().map(|(key, item)| (key.clone(), to_jinja(item))))
        }
    }
}

/// A number that no machine type holds exactly: its digits survive, and it is still a number.
#[derive(Debug)]
struct Digits(String);

impl Object for Digits {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = Value::Number(other.downcast_ref::<Self>()?.0.clone());
        Value::Number(self.0.clone()).compare_numbers(&other)
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn number_to_jinja(digits: &str) -> JinjaValue {
    if let Ok(whole) = digits.parse::<i64>() {
        return JinjaValue::from(whole);
    }
    match digits.parse::<f64>() {
        Ok(number) if number.to_string() == digits => JinjaValue::from(number),
        Ok(_) | Err(_) => JinjaValue::from_object(Digits(digits.to_owned())),
    }
}

/// A value as a part of a text: a text as it is, anything else as JSON writes it.
pub(super) fn among_text(value: &JinjaValue) -> Result<String, TemplateError> {
    // An `if` without `else` gives this, and means nothing.
    if value.is_undefined() {
        return Ok(String::new());
    }
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => to_json_text(value),
    }
}

/// A value as JSON.
pub(super) fn to_json_text(value: &JinjaValue) -> Result<String, TemplateError> {
    from_jinja(value).map(|value| value.to_string())
}

/// A value of the engine, unless it is too large.
pub(super) fn from_jinja(value: &JinjaValue) -> Result<Value, TemplateError> {
    convert(value, &mut Room::new())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the engine's enum is open")]
fn convert(value: &JinjaValue, room: &mut Room) -> Result<Value, TemplateError> {
    // A list may be one that makes its items as they are asked for, without end.
    room.take(value.as_str().map_or(1, str::len))?;
    if let Some(text) = value.as_str() {
        return Ok(Value::text(text));
    }
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Some(Digits(digits)) = value.downcast_object_ref() {
        return Ok(Value::Number(digits.clone()));
    }
    if value.is_number() {
        let number = Value::Number(value.to_string());
        // A division by zero, or a sum that is too large.
        return match number.compare_numbers(&number) {
            Some(_) => Ok(number),
            None => Err(TemplateError::new(format!(
                "the expression gives {number}, which is not a number to send"
            ))),
        };
    }
    match value.kind() {
        ValueKind::Bool => Ok(Value::Bool(value.is_true())),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter()?.map(|item| convert(&item, room)).collect::<Result<_, _>>().map(Value::List)
        }
        ValueKind::Map => value
            .try_iter()?
            .map(|key| {
                room.take(key.as_str().map_or(1, str::len))?;
                Ok((key.to_string(), convert(&value.get_item(&key)?, room)?))
            })
            .collect::<Result<_, TemplateError>>()
            .map(Value::Map),
        kind => Err(TemplateError(format!("the expression gives {kind}, which is not a value to send"))),
    }
}
