//! JSON Schemas of the formats that are written, for programs that read them. What is printed are the files in
//! `schemas/`, beside this one.

use std::fmt;
use std::str::FromStr;

/// A format that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatSchema {
    /// `proofmark-report` and `proofmark-report-series`.
    Report,
    /// A line of `proofmark-events`.
    Events,
    /// `proofmark-coverage`.
    Coverage,
    /// `proofmark-mutants`.
    Mutants,
}

impl FormatSchema {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Report, Self::Events, Self::Coverage, Self::Mutants];

    fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Events => "events",
            Self::Coverage => "coverage",
            Self::Mutants => "mutants",
        }
    }

    /// The JSON Schema (draft 2020-12), as text that ends with a newline.
    pub fn text(self) -> &'static str {
        match self {
            Self::Report => include_str!("schemas/report.json"),
            Self::Events => include_str!("schemas/events.json"),
            Self::Coverage => include_str!("schemas/coverage.json"),
            Self::Mutants => include_str!("schemas/mutants.json"),
        }
    }
}

impl fmt::Display for FormatSchema {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for FormatSchema {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| format!("there are {}", Self::ALL.map(Self::name).join(", ")))
    }
}
