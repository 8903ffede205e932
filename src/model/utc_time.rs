//! A moment of the calendar, in UTC and whole seconds. It is made where clocks are known.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment in UTC, to the second, as RFC 3339 writes it: `2026-12-31T23:59:59Z`. The order is that of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct UtcTime(String);

impl UtcTime {
    /// Takes a moment that a calendar has shown to be one, in exactly this form.
    pub fn from_checked(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The moment as RFC 3339 writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A moment in the one form in which it is written.
impl TryFrom<String> for UtcTime {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_written_so = |moment: Timestamp| moment.to_string() == text && moment.subsec_nanosecond() == 0;
        if text.parse().is_ok_and(is_written_so) {
            return Ok(Self(text));
        }
        Err(format!("`{text}` is not a valid time: expected one such as 2026-12-31T23:59:59Z"))
    }
}

/// The moment for people: `2026-12-31 23:59:59 UTC`.
impl fmt::Display for UtcTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} UTC", self.0.replace('T', " ").trim_end_matches('Z'))
    }
}
