//! Values as the engine sees them, and back.

use minijinja::Value as JinjaValue;
use minijinja::value::ValueKind;

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

/// Numbers that no machine type holds exactly go as text, so that their digits survive.
fn number_to_jinja(digits: &str) -> JinjaValue {
    if let Ok(whole) = digits.parse::<i64>() {
        return JinjaValue::from(whole);
    }
    match digits.parse::<f64>() {
        Ok(number) if number.to_string() == digits => JinjaValue::from(number),
        Ok(_) | Err(_) => JinjaValue::from(digits),
    }
}

/// A value of the engine, unless it is too large.
pub(super) fn from_jinja(value: &JinjaValue) -> Result<Value, TemplateError> {
    converted(value, &mut Room::new())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the engine's enum is open")]
fn converted(value: &JinjaValue, room: &mut Room) -> Result<Value, TemplateError> {
    // A list may be one that makes its items as they are asked for, without end.
    room.take(value.as_str().map_or(1, str::len))?;
    if let Some(text) = value.as_str() {
        return Ok(Value::text(text));
    }
    if value.is_none() {
        return Ok(Value::Null);
    }
    if value.is_number() {
        return Ok(Value::Number(value.to_string()));
    }
    match value.kind() {
        ValueKind::Bool => Ok(Value::Bool(value.is_true())),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter()?.map(|item| converted(&item, room)).collect::<Result<_, _>>().map(Value::List)
        }
        ValueKind::Map => value
            .try_iter()?
            .map(|key| {
                room.take(key.as_str().map_or(1, str::len))?;
                Ok((key.to_string(), converted(&value.get_item(&key)?, room)?))
            })
            .collect::<Result<_, TemplateError>>()
            .map(Value::Map),
        kind => Err(TemplateError(format!("the expression gives {kind}, which is no value to send"))),
    }
}
