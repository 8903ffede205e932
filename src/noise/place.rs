//! Places of an answer, and the paths to them. Main type: [`DifferencePlace`].

use std::fmt;

use crate::model::Value;

/// A place of an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DifferencePlace {
    /// In the body, by a `JSONPath` with `[*]` for every index.
    Body(String),
    /// In a header field.
    Header(String),
    /// In a body that is a text.
    Text,
}

impl fmt::Display for DifferencePlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(path) => out.write_str(path),
            Self::Header(name) => write!(out, "the header `{name}`"),
            Self::Text => out.write_str("the body"),
        }
    }
}

/// The path of a key below another.
pub(super) fn below(path: &str, key: &str) -> String {
    let is_plain = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
    if is_plain {
        return format!("{path}.{key}");
    }
    // A name selector of RFC 9535, section 2.3.1, takes a JSON string.
    format!("{path}[{}]", Value::text(key))
}
