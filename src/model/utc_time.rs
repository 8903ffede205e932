//! A moment of the calendar, in UTC and whole seconds. It is made and read where clocks and calendars are known.

use std::fmt;

/// A moment in UTC, to the second, as RFC 3339 writes it: `2026-12-31T23:59:59Z`. The order is that of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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

/// The moment for people: `2026-12-31 23:59:59 UTC`.
impl fmt::Display for UtcTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} UTC", self.0.replace('T', " ").trim_end_matches('Z'))
    }
}
