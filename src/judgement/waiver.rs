//! Applies waivers: a waived case still runs, and must still fail in the way that is waived.

use std::collections::BTreeSet;

use crate::event::{EndpointDescription, StaleCases, StaleWaiver, Staleness, WaiverSight};
use crate::model::{CaseRecord, Day, Finding, Spot, Verdict, WaivedCases, Waiver};
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
    /// The waivers for an endpoint on this day, by its name or its address, matched with every case of the suite.
    ///
    /// # Errors
    /// A waiver whose pattern is none.
    pub fn new(
        waivers: Vec<Waiver>,
        endpoint: &EndpointDescription,
        today: &Day,
        cases: &[PlannedCase],
    ) -> Result<Self, PatternError> {
        let mut entries = Vec::new();
        let names = [&endpoint.name, &endpoint.url].map(|name| name.trim_end_matches('/'));
        let is_meant = |waiver: &Waiver| names.contains(&waiver.endpoint.trim_end_matches('/'));
        let suite: BTreeSet<&str> = cases.iter().map(|planned| planned.id.as_str()).collect();
        for waiver in waivers.into_iter().filter(is_meant) {
            let names = CaseNames::of(&waiver)?;
            let (is_expired, unmatched) = (waiver.expires < *today, names.find_unmatched(&suite));
            entries.push(WaiverEntry { waiver, names, is_expired, unmatched });
        }
        Ok(Self { entries })
    }

    /// Turns a failure that is waived as a whole into a waived one, and marks what is waived of another one.
    pub fn apply(&self, record: &mut CaseRecord) {
        if record.verdict != Verdict::Failed || self.entries.is_empty() {
            return;
        }
        let case = record.id.as_str();
        let (gate, mut counted) = (record.gate, 0);
        for finding in &mut record.findings {
            let covering = self.covering(case, finding).filter(|_| finding.counts(gate));
            finding.waived = covering.map(|waiver| {
                format!("{} ({}, until {})", waiver.reason, waiver.owner, waiver.expires.as_str())
            });
            counted += usize::from(finding.counts(gate));
        }
        let reasons: Vec<&String> =
            record.findings.iter().filter_map(|finding| finding.waived.as_ref()).collect();
        if reasons.is_empty() || reasons.len() < counted {
            return;
        }
        let reasons: BTreeSet<String> = reasons.into_iter().cloned().collect();
        record.findings.iter_mut().for_each(|finding| finding.waived = None);
        record.verdict = Verdict::Waived { reason: reasons.into_iter().collect::<Vec<_>>().join("; ") };
    }

    fn covering(&self, case: &str, finding: &Finding) -> Option<&Waiver> {
        let is_it = |entry: &&WaiverEntry| {
            !entry.is_expired && entry.names.matches(case) && entry.waiver.covers(finding)
        };
        self.entries.iter().find(is_it).map(|entry| &entry.waiver)
    }

    /// What a case shows of each waiver that names it, by the waiver's place in the book.
    pub fn shown_by(&self, record: &CaseRecord) -> impl Iterator<Item = (usize, &Spot, WaiverSight)> {
        let named = self.entries.iter().enumerate();
        let named = named.filter(|(_, entry)| entry.names.matches(record.id.as_str()));
        named.filter_map(|(position, entry)| Some((position, &entry.waiver.spot, sight(entry, record)?)))
    }

    /// The waivers that this case alone shows to be stale.
    pub fn stale(&self, record: &CaseRecord) -> Vec<StaleWaiver> {
        let shown = self.shown_by(record).map(|(_, spot, sight)| {
            let mut cases = StaleCases::NONE;
            cases.add(&record.id, sight);
            StaleWaiver { at: spot.to_string(), why: Staleness::Cases(cases) }
        });
        shown.filter(StaleWaiver::is_stale).collect()
    }

    /// Waivers that are stale whatever the cases did, by their place in the book: expired ones, and those that name no
    /// case.
    pub fn idle(&self) -> impl Iterator<Item = (usize, StaleWaiver)> {
        let reason = |entry: &WaiverEntry| {
            if entry.is_expired {
                Some(format!("it expired on {}", entry.waiver.expires.as_str()))
            } else {
                entry.unmatched.clone()
            }
        };
        self.entries.iter().enumerate().filter_map(move |(position, entry)| {
            let why = Staleness::Itself { reason: reason(entry)? };
            Some((position, StaleWaiver { at: entry.waiver.spot.to_string(), why }))
        })
    }
}

/// What a case shows of a waiver; nothing, if it was not decided as deep as the waiver goes.
fn sight(entry: &WaiverEntry, record: &CaseRecord) -> Option<WaiverSight> {
    // A level that the run does not check looks the same whether it is mended or not.
    if entry.is_expired || entry.waiver.deepest() > Some(record.gate) {
        return None;
    }
    if record.findings.iter().any(|finding| entry.waiver.covers(finding)) {
        return Some(WaiverSight::Holds);
    }
    match &record.verdict {
        Verdict::Passed | Verdict::Flaky { .. } => Some(WaiverSight::Passes),
        Verdict::Failed | Verdict::Waived { .. } => Some(WaiverSight::FailsOtherwise),
        Verdict::Inconclusive(_) | Verdict::Skipped(_) => None,
    }
}
