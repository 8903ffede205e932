//! Applies waivers: a waived case still runs, and must still fail in the way that is waived.

use std::collections::BTreeSet;

use crate::model::{CaseRecord, Day, Finding, Verdict, WaivedCases, Waiver};
use crate::plan::{Pattern, PatternError, PlannedCase};

/// The waivers of one endpoint, and what became of each.
#[derive(Debug, Default)]
pub struct WaiverBook {
    entries: Vec<WaiverEntry>,
}

#[derive(Debug)]
struct WaiverEntry {
    waiver: Waiver,
    names: CaseNames,
    is_expired: bool,
    /// What of it names no case of the suite.
    unmatched: Option<String>,
}

/// How a waiver names its cases.
#[derive(Debug)]
enum CaseNames {
    Pattern(Pattern),
    Ids(BTreeSet<String>),
}

impl CaseNames {
    fn of(waiver: &Waiver) -> Result<Self, PatternError> {
        Ok(match &waiver.cases {
            WaivedCases::Pattern(text) => Self::Pattern(Pattern::new(text, false)?),
            WaivedCases::Ids(ids) => Self::Ids(ids.clone()),
        })
    }

    fn matches(&self, id: &str) -> bool {
        match self {
            Self::Pattern(pattern) => pattern.matches(id),
            Self::Ids(ids) => ids.contains(id),
        }
    }

    /// What names no case of a suite.
    fn find_unmatched(&self, suite: &BTreeSet<&str>) -> Option<String> {
        match self {
            Self::Pattern(pattern) => {
                let is_matched = suite.iter().any(|id| pattern.matches(id));
                (!is_matched).then(|| format!("no case matches `{}`", pattern.as_str()))
            }
            Self::Ids(ids) => {
                let mut others = ids.iter().filter(|id| !suite.contains(id.as_str()));
                let first = others.next()?;
                let more = match others.count() {
                    0 => String::new(),
                    count => format!(", nor of {count} more that it lists"),
                };
                Some(format!("there is no case `{first}`{more}"))
            }
        }
    }
}

/// What of a waiver names no case of a suite, as a sentence.
///
/// # Errors
/// A pattern that is none.
pub fn find_unmatched(waiver: &Waiver, suite: &BTreeSet<&str>) -> Result<Option<String>, PatternError> {
    Ok(CaseNames::of(waiver)?.find_unmatched(suite))
}

impl WaiverBook {
    /// The waivers for an endpoint of this name on this day, matched with every case of the suite.
    ///
    /// # Errors
    /// A waiver whose pattern is none.
    pub fn new(
        waivers: Vec<Waiver>,
        endpoint: &str,
        today: &Day,
        cases: &[PlannedCase],
    ) -> Result<Self, PatternError> {
        let mut entries = Vec::new();
        let is_meant =
            |waiver: &Waiver| waiver.endpoint.trim_end_matches('/') == endpoint.trim_end_matches('/');
        let suite: BTreeSet<&str> = cases.iter().map(|planned| planned.id.as_str()).collect();
        for waiver in waivers.into_iter().filter(is_meant) {
            let names = CaseNames::of(&waiver)?;
            let (is_expired, unmatched) = (waiver.expires < *today, names.find_unmatched(&suite));
            entries.push(WaiverEntry { waiver, names, is_expired, unmatched });
        }
        Ok(Self { entries })
    }

    /// Turns a failure that is waived as a whole into a waived one.
    pub fn apply(&self, record: &mut CaseRecord) {
        if record.verdict != Verdict::Failed {
            return;
        }
        let counted = record.findings.iter().filter(|finding| finding.counts(record.gate));
        let covering: Option<Vec<&Waiver>> =
            counted.map(|finding| self.covering(record.id.as_str(), finding)).collect();
        let Some(covering) = covering.filter(|covering| !covering.is_empty()) else {
            return;
        };
        let reasons: BTreeSet<String> = covering
            .iter()
            .map(|waiver| format!("{} ({}, until {})", waiver.reason, waiver.owner, waiver.expires.as_str()))
            .collect();
        record.verdict = Verdict::Waived { reason: reasons.into_iter().collect::<Vec<_>>().join("; ") };
    }

    fn covering(&self, case: &str, finding: &Finding) -> Option<&Waiver> {
        let is_it = |entry: &&WaiverEntry| {
            !entry.is_expired && entry.names.matches(case) && entry.waiver.covers(finding)
        };
        self.entries.iter().find(is_it).map(|entry| &entry.waiver)
    }

    /// The waivers that this case shows to be stale.
    pub fn stale(&self, record: &CaseRecord) -> Vec<String> {
        let named = self.entries.iter().filter(|entry| entry.names.matches(record.id.as_str()));
        named.filter_map(|entry| stale_by(entry, record)).collect()
    }

    /// Waivers that are stale whatever the cases did: expired ones, and those that name no case.
    pub fn idle(&self) -> Vec<String> {
        let stale = |entry: &WaiverEntry| {
            if entry.is_expired {
                Some(format!("{}: it expired on {}", entry.waiver.spot, entry.waiver.expires.as_str()))
            } else {
                entry.unmatched.as_ref().map(|unmatched| format!("{}: {unmatched}", entry.waiver.spot))
            }
        };
        self.entries.iter().filter_map(stale).collect()
    }
}

fn stale_by(entry: &WaiverEntry, record: &CaseRecord) -> Option<String> {
    if entry.is_expired {
        return None;
    }
    let spot = &entry.waiver.spot;
    // A level that the run does not check looks the same whether it is mended or not.
    if entry.waiver.deepest() > Some(record.gate)
        || record.findings.iter().any(|finding| entry.waiver.covers(finding))
    {
        return None;
    }
    match &record.verdict {
        Verdict::Passed | Verdict::Flaky { .. } => Some(format!("{spot}: {} passes", record.id)),
        Verdict::Failed | Verdict::Waived { .. } => {
            Some(format!("{spot}: {} fails, but not in the way that is waived", record.id))
        }
        Verdict::Inconclusive(_) | Verdict::Skipped(_) => None,
    }
}
