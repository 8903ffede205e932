//! Applies waivers: a waived case still runs, and must still fail in the way that is waived.

use std::collections::BTreeSet;

use crate::model::{CaseRecord, Day, Finding, Verdict, Waiver};
use crate::plan::{Pattern, PatternError, PlannedCase};

/// The waivers of one endpoint, and what became of each.
#[derive(Debug, Default)]
pub struct WaiverBook {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    waiver: Waiver,
    pattern: Pattern,
    is_expired: bool,
    is_matched: bool,
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
        for waiver in waivers.into_iter().filter(is_meant) {
            let pattern = Pattern::new(&waiver.case, false)?;
            entries.push(Entry {
                is_expired: waiver.expires < *today,
                is_matched: cases.iter().any(|planned| pattern.matches(planned.id.as_str())),
                pattern,
                waiver,
            });
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
        let is_it =
            |entry: &&Entry| !entry.is_expired && entry.pattern.matches(case) && entry.waiver.covers(finding);
        self.entries.iter().find(is_it).map(|entry| &entry.waiver)
    }

    /// The waivers that this case shows to be stale.
    pub fn stale(&self, record: &CaseRecord) -> Vec<String> {
        let named = self.entries.iter().filter(|entry| entry.pattern.matches(record.id.as_str()));
        named.filter_map(|entry| stale_by(entry, record)).collect()
    }

    /// Waivers that are stale whatever the cases did: expired ones, and those that name no case.
    pub fn idle(&self) -> Vec<String> {
        let stale = |entry: &Entry| {
            if entry.is_expired {
                Some(format!("{}: it expired on {}", entry.waiver.spot, entry.waiver.expires.as_str()))
            } else if entry.is_matched {
                None
            } else {
                Some(format!("{}: no case matches `{}`", entry.waiver.spot, entry.waiver.case))
            }
        };
        self.entries.iter().filter_map(stale).collect()
    }
}

fn stale_by(entry: &Entry, record: &CaseRecord) -> Option<String> {
    if entry.is_expired {
        return None;
    }
    let spot = &entry.waiver.spot;
    // A level that the run does not check looks the same whether it is mended or not.
    if entry.waiver.level > record.gate || record.findings.iter().any(|finding| entry.waiver.covers(finding))
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
