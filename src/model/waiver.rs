//! Waivers: known failures, with a reason, an owner and an end.

use super::finding::{Finding, Level};
use super::spot::Spot;

/// A known failure of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The endpoint, by name or address.
    pub endpoint: String,
    /// The cases, as a pattern.
    pub case: String,
    /// The level of the findings that are waived.
    pub level: Level,
    /// What the findings are about; any, if it is not said.
    pub subject: Option<String>,
    /// Why it is bearable.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Where it is followed up.
    pub link: Option<String>,
    /// The last day on which it counts.
    pub expires: Day,
    /// Where it is written.
    pub spot: Spot,
}

impl Waiver {
    /// Whether a finding is one of those that are waived.
    pub fn covers(&self, finding: &Finding) -> bool {
        !finding.is_warning
            && finding.level == self.level
            && self.subject.as_ref().is_none_or(|subject| *subject == finding.subject)
    }
}

/// A day of the calendar, as `2026-12-31`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(String);

impl Day {
    /// Takes a day that a calendar has shown to be one, with four, two and two digits.
    pub fn from_checked(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The day as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
