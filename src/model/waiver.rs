//! Waivers: known failures, with a reason, an owner and an end.

use std::collections::BTreeSet;

use super::finding::{Finding, Level};
use super::spot::Spot;

/// A known failure of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The endpoint, by name or address.
    pub endpoint: String,
    /// The cases.
    pub cases: WaivedCases,
    /// The levels of the findings that are waived.
    pub levels: Vec<Level>,
    /// What the findings are about; anything, if there is none.
    pub subjects: Vec<String>,
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
            && self.levels.contains(&finding.level)
            && (self.subjects.is_empty() || self.subjects.contains(&finding.subject))
    }

    /// The deepest of its levels.
    pub fn deepest(&self) -> Option<Level> {
        self.levels.iter().copied().max()
    }
}

/// The cases of a waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaivedCases {
    /// Those that a pattern matches.
    Pattern(String),
    /// Those of these ids, and no others.
    Ids(BTreeSet<String>),
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
