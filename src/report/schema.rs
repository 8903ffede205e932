//! JSON Schemas of the formats that are written, for programs that read them. What is printed are the files in
//! `schemas/`, beside this one.

use crate::model::named;
use std::str::FromStr;

named! {
    /// A format that has a schema.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum FormatSchema {
        /// `proofmark-report` and `proofmark-report-series`.
        Report = "report",
        /// A line of `proofmark-events`.
        Events = "events",
        /// `proofmark-coverage`.
        Coverage = "coverage",
        /// `proofmark-mutants`.
        Mutants = "mutants",
    }
}

impl FormatSchema {
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

impl FromStr for FormatSchema {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::of_word(text);
        found.ok_or_else(|| format!("there are {}", Self::ALL.map(Self::name).join(", ")))
    }
}
