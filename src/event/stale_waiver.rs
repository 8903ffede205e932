//! Waivers that do not hold any more: one entry of the file is one of them, however many cases show it. Main type:
//! [`StaleWaiver`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{CaseId, plural};

/// A waiver that does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StaleWaiver {
    /// Where it is: file, line and column.
    pub at: String,
    /// Why it does not hold.
    #[serde(flatten)]
    pub why: Staleness,
}

/// Why a waiver does not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Staleness {
    /// It has expired, or names no case, whatever the cases did.
    Itself {
        /// What is wrong with it, as a sentence.
        reason: String,
    },
    /// Cases that it names do not fail as it says.
    Cases(StaleCases),
}

/// What the cases did that a waiver names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StaleCases {
    /// How many passed.
    pub passed: usize,
    /// How many failed, and not in the way that is waived.
    pub otherwise: usize,
    /// How many of them the run decided; not known of all merged runs.
    pub decided: Option<usize>,
    /// The first that does not fail as the waiver says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
}

/// What a case shows of a waiver that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverSight {
    /// It fails as the waiver says.
    Holds,
    /// It passes.
    Passes,
    /// It fails in another way alone.
    FailsOtherwise,
}

impl StaleCases {
    /// Before any case.
    pub const NONE: Self = Self { passed: 0, otherwise: 0, decided: Some(0), first: None };

    /// Counts one more case.
    pub fn add(&mut self, case: &CaseId, sight: WaiverSight) {
        match sight {
            WaiverSight::Holds => {}
            WaiverSight::Passes => self.passed += 1,
            WaiverSight::FailsOtherwise => self.otherwise += 1,
        }
        if let Some(decided) = &mut self.decided {
            *decided += 1;
        }
        if sight != WaiverSight::Holds {
            self.first.get_or_insert_with(|| case.to_string());
        }
    }

    fn merge(&mut self, other: Self) {
        self.passed += other.passed;
        self.otherwise += other.otherwise;
        self.decided = self.decided.zip(other.decided).map(|(one, other)| one + other);
        self.first = self.first.take().into_iter().chain(other.first).min();
    }
}

impl StaleWaiver {
    /// Whether it does not hold; one that is being counted may hold so far.
    pub fn is_stale(&self) -> bool {
        match &self.why {
            Staleness::Itself { .. } => true,
            Staleness::Cases(cases) => cases.passed + cases.otherwise > 0,
        }
    }

    /// Those of the runs that are parts of one, one for each waiver. Where a part shows nothing of a waiver, the number
    /// of its cases is not known.
    pub fn merge<'a>(parts: impl ExactSizeIterator<Item = &'a [Self]>) -> Vec<Self> {
        let all = parts.len();
        let mut merged: Vec<(usize, Self)> = Vec::new();
        for stale in parts.flatten() {
            match merged.iter_mut().find(|(_, known)| known.at == stale.at) {
                None => merged.push((1, stale.clone())),
                Some((parts, known)) => {
                    *parts += 1;
                    if let (Staleness::Cases(known), Staleness::Cases(more)) = (&mut known.why, &stale.why) {
                        known.merge(more.clone());
                    }
                }
            }
        }
        let with_total = |(parts, mut stale): (usize, Self)| {
            if let Staleness::Cases(cases) = &mut stale.why
                && parts < all
            {
                cases.decided = None;
            }
            stale
        };
        merged.into_iter().map(with_total).collect()
    }
}

/// Where it is and why it does not hold, in one line.
impl fmt::Display for StaleWaiver {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", self.at)?;
        match &self.why {
            Staleness::Itself { reason } => out.write_str(reason),
            Staleness::Cases(cases) => cases.fmt(out),
        }
    }
}

impl fmt::Display for StaleCases {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const OTHERWISE: &str = "but not in the way that is waived";
        let Self { passed, otherwise, decided, first } = self;
        if let (Some(1), Some(case)) = (decided, first) {
            return match passed {
                0 => write!(out, "{case} fails, {OTHERWISE}"),
                _ => write!(out, "{case} passes"),
            };
        }
        let of = |count: &usize| match decided {
            Some(all) => format!("{count} of {all} cases"),
            None => format!("{count} {}", plural(*count, "case", "cases")),
        };
        if *passed > 0 {
            write!(out, "{} {}", of(passed), plural(*passed, "passes", "pass"))?;
        }
        if *otherwise > 0 {
            let count = if *passed > 0 { format!("; {otherwise}") } else { of(otherwise) };
            write!(out, "{count} {}, {OTHERWISE}", plural(*otherwise, "fails", "fail"))?;
        }
        match first {
            Some(case) if passed + otherwise == 1 => write!(out, ": {case}"),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{StaleCases, StaleWaiver, Staleness};

    fn stale(at: &str, passed: usize, otherwise: usize, decided: usize) -> StaleWaiver {
        let cases = StaleCases { passed, otherwise, decided: Some(decided), first: Some("a/B/t/c".into()) };
        StaleWaiver { at: at.into(), why: Staleness::Cases(cases) }
    }

    #[test]
    fn a_waiver_is_one_line_however_many_cases_show_it() {
        for (passed, otherwise, decided, text) in [
            (600, 0, 602, "w: 600 of 602 cases pass"),
            (0, 3, 9, "w: 3 of 9 cases fail, but not in the way that is waived"),
            (600, 1, 602, "w: 600 of 602 cases pass; 1 fails, but not in the way that is waived"),
            (1, 0, 602, "w: 1 of 602 cases passes: a/B/t/c"),
            (1, 0, 1, "w: a/B/t/c passes"),
            (0, 1, 1, "w: a/B/t/c fails, but not in the way that is waived"),
        ] {
            assert_eq!(stale("w", passed, otherwise, decided).to_string(), text);
        }
    }

    #[test]
    fn parts_of_a_run_are_merged_by_waiver() {
        let itself = StaleWaiver { at: "x".into(), why: Staleness::Itself { reason: "it expired".into() } };
        let first = [stale("w", 3, 0, 4), stale("v", 2, 0, 2), itself.clone()];
        let second = [stale("w", 4, 1, 5), itself];
        let merged = StaleWaiver::merge([&first[..], &second[..]].into_iter());
        let lines: Vec<String> = merged.iter().map(ToString::to_string).collect();
        let due = [
            "w: 7 of 9 cases pass; 1 fails, but not in the way that is waived",
            "v: 2 cases pass",
            "x: it expired",
        ];
        assert_eq!(lines, due);
    }
}
