//! The body of the first request: JSON as it is sent, and TOML as a table of cases has it. Main type: [`FirstBody`].

use std::collections::BTreeSet;
use std::fmt::Write;

use super::quote;
use crate::app::AppError;
use crate::model::Value;
use crate::wire::read_json;

/// The fields of a JSON object, each with a value that a table of cases can hold.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstBody(Vec<(String, Value)>);

impl FirstBody {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// Anything else, and what a table cannot hold: `null`, a number of more than 64 bits, a doubled name, a template.
    pub fn new(text: &str) -> Result<Self, AppError> {
        let wrong = |reason: String| {
            AppError::settings_with(
                format!("invalid body: {reason}"),
                "write the fields as JSON, such as {\"title\": \"A book\"}",
            )
        };
        match read_json(text.as_bytes()).map_err(wrong)? {
            Value::Map(fields) => {
                check_fields(&fields).map_err(wrong)?;
                Ok(Self(fields))
            }
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_)) => {
                Err(wrong(format!("expected a JSON object, got {other}")))
            }
        }
    }

    /// Whether it is `{}`.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The parameters, as a contract declares them.
    pub(super) fn contract(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.0 {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "[[param]]\nname = {}\ntype = \"{}\"\n", quote(name), value.type_name());
        }
        text
    }

    /// The parameters of every case of a table.
    pub(super) fn table(&self) -> String {
        let mut text = "# What every request of this table sends.\n[params]\n".to_owned();
        for (name, value) in &self.0 {
            let _ = writeln!(text, "{} = {}", quote(name), inline(value));
        }
        text + "\n"
    }
}

/// Whether a table can hold the fields of an object, which TOML and templates decide.
fn check_fields(fields: &[(String, Value)]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for (name, value) in fields {
        if !names.insert(name) {
            return Err(format!("{} is there twice", quote(name)));
        }
        check_text(name)?;
        check(value).map_err(|reason| format!("{}: {reason}", quote(name)))?;
    }
    Ok(())
}

fn check(value: &Value) -> Result<(), String> {
    match value {
        Value::Null => Err("a table of cases cannot hold null".to_owned()),
        Value::Number(digits) if value.type_name() == "integer" && digits.parse::<i64>().is_err() => {
            Err(format!("a table of cases cannot hold a number as large as {digits}"))
        }
        Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::Text(text) => check_text(text),
        Value::List(items) => items.iter().try_for_each(check),
        Value::Map(fields) => check_fields(fields),
    }
}

fn check_text(text: &str) -> Result<(), String> {
    match ["{{", "{%", "{#"].into_iter().find(|mark| text.contains(mark)) {
        Some(mark) => Err(format!("`{mark}` begins a template in a table of cases")),
        None => Ok(()),
    }
}

/// A value as TOML has it in a line.
fn inline(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::List(items) => format!("[{}]", joined(items.iter().map(inline).collect())),
        Value::Map(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Map(fields) => {
            let field = |(name, value): &(String, Value)| format!("{} = {}", quote(name), inline(value));
            format!("{{ {} }}", joined(fields.iter().map(field).collect()))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::FirstBody;

    #[test]
    fn a_body_is_an_object_that_a_table_can_hold() {
        let body =
            FirstBody::new(r#"{"title": "A \"b\"", "n": -1.5e3, "tags": ["a", {"k": {}}], "is": true}"#);
        let table = body.unwrap().table();
        let due = "\"title\" = \"A \\\"b\\\"\"\n\"n\" = -1.5e3\n\"tags\" = [\"a\", { \"k\" = {} }]\n\"is\" = true\n";
        assert!(table.contains(due), "{table}");
        assert!(FirstBody::new("{}").unwrap().is_empty());
        for (text, message) in [
            ("", "not JSON"),
            ("title=x", "not JSON"),
            ("[1]", "expected a JSON object, got [1]"),
            (r#"{"a": null}"#, "\"a\": a table of cases cannot hold null"),
            (r#"{"a": 9223372036854775808}"#, "a number as large as"),
            (r#"{"a": {"b": 1, "b": 2}}"#, "\"a\": \"b\" is there twice"),
            (r#"{"a": ["{{ b }}"]}"#, "`{{` begins a template"),
        ] {
            let error = FirstBody::new(text).unwrap_err().to_string();
            assert!(error.starts_with("invalid body: ") && error.contains(message), "{text}: {error}");
        }
    }
}
