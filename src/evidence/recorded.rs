//! What a run said, as far as a certificate needs it. Main type: [`RecordedRun`].

use std::time::Duration;

use super::bundle::EVENTS;
use super::divergence::Divergence;
use crate::event::{Event, RunEnd, RunStart};
use crate::model::{CaseRecord, Effects, SnapshotOutcome, Verdict};

/// A run on one endpoint, read from its first event to its last: a start, warnings, cases, an end. Of the cases one is
/// held at a time.
#[derive(Debug)]
pub struct RecordedRun<I> {
    /// How it started.
    pub start: RunStart,
    events: I,
    /// How many events were read.
    count: usize,
    has_cases: bool,
    end: Option<RunEnd>,
}

impl<I: Iterator<Item = Result<Event, Divergence>>> RecordedRun<I> {
    /// Reads the start.
    ///
    /// # Errors
    /// Another event, and what `events` says.
    pub fn begin(mut events: I) -> Result<Self, Divergence> {
        let Some(Event::Started(start)) = events.next().transpose()? else {
            return Err(wrong("it does not begin with the start of a run"));
        };
        Ok(Self { start, events, count: 1, has_cases: false, end: None })
    }

    /// The next case, in the order in which they are recorded; none at the end of the run.
    ///
    /// # Errors
    /// Events in another order, with the number of the first that is wrong, from 1, and what `events` says.
    pub fn next_case(&mut self) -> Result<Option<CaseRecord>, Divergence> {
        while let Some(event) = self.events.next().transpose()? {
            self.count += 1;
            match event {
                Event::Warned { .. } if !self.has_cases && self.end.is_none() => {}
                Event::Finished(record) if self.end.is_none() => {
                    self.has_cases = true;
                    return Ok(Some(*record));
                }
                Event::Ended(end) if self.end.is_none() => self.end = Some(end),
                Event::Warned { .. }
                | Event::Finished(_)
                | Event::Ended(_)
                | Event::Started(_)
                | Event::SeriesStarted { .. }
                | Event::SeriesEnded(_) => {
                    return Err(wrong(format!("line {}: this event cannot be here", self.count)));
                }
            }
        }
        if self.end.is_some() { Ok(None) } else { Err(wrong("it ends before the run does")) }
    }

    /// How long the run took; known when its end was read.
    pub fn elapsed(&self) -> Duration {
        self.end.as_ref().map_or(Duration::ZERO, |end| end.elapsed)
    }

    /// How it started and ended, and where the events came from.
    ///
    /// # Errors
    /// A run whose end was not read.
    pub fn finish(self) -> Result<(RunStart, RunEnd, I), Divergence> {
        let end = self.end.ok_or_else(|| wrong("it ends before the run does"))?;
        Ok((self.start, end, self.events))
    }
}

fn wrong(what: impl Into<String>) -> Divergence {
    Divergence { subject: EVENTS.to_owned(), what: what.into() }
}

/// What evidence keeps of the start of a run: the account has its time, and a command line proves nothing.
#[must_use]
pub fn kept_start(start: RunStart) -> RunStart {
    RunStart { started: None, command: None, ..start }
}

/// What evidence keeps of a case: what is needed to judge it again, and nothing that only a snapshot needs. Of a case
/// that was not run to its end nothing is kept but why.
#[must_use]
pub fn keep_for_evidence(record: CaseRecord) -> CaseRecord {
    let record = CaseRecord {
        given: Vec::new(),
        literals: Vec::new(),
        set_ups: Vec::new(),
        snapshot: SnapshotOutcome::Unchecked,
        ..record
    };
    if !matches!(record.verdict, Verdict::Skipped(_)) {
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
        effects: Effects::NotPromised,
        observations: Vec::new(),
        retried: Vec::new(),
        ..record
    }
}
