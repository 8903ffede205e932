//! What a run said, as far as a certificate needs it. Main type: [`Recorded`].

use crate::event::{Event, RunEnd, RunStart};
use crate::model::{CaseRecord, SnapshotOutcome, Verdict};

/// A run on one endpoint, from its first event to its last.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// How it started.
    pub start: RunStart,
    /// What was doubtful.
    pub warnings: Vec<String>,
    /// The cases, in order.
    pub records: Vec<CaseRecord>,
    /// How it ended.
    pub end: RunEnd,
}

impl Recorded {
    /// Puts events together: a start, warnings, cases, an end.
    ///
    /// # Errors
    /// Other events, or in another order, with the number of the first that is wrong, from 1.
    pub fn of(events: impl IntoIterator<Item = Event>) -> Result<Self, String> {
        let mut events = events.into_iter().enumerate();
        let Some((_, Event::Started(start))) = events.next() else {
            return Err("it does not begin with the start of a run".to_owned());
        };
        let (mut warnings, mut records, mut end) = (Vec::new(), Vec::new(), None);
        for (position, event) in events {
            match event {
                Event::Warned { text } if records.is_empty() && end.is_none() => warnings.push(text),
                Event::Finished(record) if end.is_none() => records.push(*record),
                Event::Ended(last) if end.is_none() => end = Some(last),
                Event::Warned { .. }
                | Event::Finished(_)
                | Event::Ended(_)
                | Event::Started(_)
                | Event::SeriesStarted { .. }
                | Event::SeriesEnded(_) => {
                    return Err(format!("line {}: this event cannot stand here", position + 1));
                }
            }
        }
        let end = end.ok_or_else(|| "it ends before the run does".to_owned())?;
        Ok(Self { start, warnings, records, end })
    }

    /// The events again.
    pub fn into_events(self) -> impl Iterator<Item = Event> {
        let warned = self.warnings.into_iter().map(|text| Event::Warned { text });
        let finished = self.records.into_iter().map(|record| Event::Finished(Box::new(record)));
        let started = std::iter::once(Event::Started(self.start));
        started.chain(warned).chain(finished).chain(std::iter::once(Event::Ended(self.end)))
    }
}

/// What evidence keeps of a case: what is needed to judge it again, and nothing that only a snapshot needs. Of a case
/// that was not run to its end nothing is kept but why.
#[must_use]
pub fn kept(record: CaseRecord) -> CaseRecord {
    let record = CaseRecord {
        given: Vec::new(),
        literals: Vec::new(),
        set_ups: Vec::new(),
        snapshot: SnapshotOutcome::Unchecked,
        ..record
    };
    if !matches!(record.verdict, Verdict::NotRun(_)) {
        return record;
    }
    CaseRecord {
        findings: Vec::new(),
        steps_not_sent: record.steps_not_sent + record.answered,
        answered: 0,
        exchanges: Vec::new(),
        variables: Vec::new(),
        unanswered: None,
        rows_met: Vec::new(),
        request_ids: Vec::new(),
        retried: Vec::new(),
        ..record
    }
}
