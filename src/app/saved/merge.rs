//! Several parts of one run, such as shards, as one run. Main type: [`MergedParts`].

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::chosen::Chosen;
use super::lines::EventLines;
use crate::app::{AppError, Roll};
use crate::event::{Event, Outcome, RunEnd, RunStart};
use crate::judgement::{Tally, UniqueIds, WaiverBook};
use crate::model::{CaseId, CaseRecord};
use crate::report::{PartMismatch, merge_ends, merge_starts};

/// Parts that fit together, each read as far as its first case.
pub(super) struct MergedParts {
    parts: Vec<PartReader>,
    start: RunStart,
    /// The cases that are reported; all of them, if none are chosen.
    chosen: Option<Rc<Chosen>>,
}

impl MergedParts {
    /// The run of these parts, with the cases that are chosen.
    pub(super) fn new(parts: Vec<PartReader>, chosen: Option<Rc<Chosen>>) -> Result<Self, AppError> {
        let starts: Vec<RunStart> = parts.iter().map(|part| part.start.clone()).collect();
        let apart = |error: PartMismatch| AppError::settings(format!("--from: {error}"));
        match merge_starts(&starts).map_err(apart)? {
            Some(start) => Ok(Self { parts, start, chosen }),
            None => Err(AppError::settings("--from names no file")),
        }
    }

    /// Emits the events of the whole run, and gives what it comes to.
    pub(super) fn replay(
        self,
        mut roll: Option<&mut Roll>,
        emit: &mut dyn FnMut(&Event),
    ) -> Result<Outcome, AppError> {
        let Self { mut parts, start, chosen } = self;
        let start = match &chosen {
            Some(chosen) => chosen.start(start),
            None => start,
        };
        emit(&Event::Started(start.clone()));
        warn(&mut parts, emit);
        let mut tally = Tally::new(&start.operations);
        merge(&mut parts, &mut |record| {
            if chosen.as_ref().is_some_and(|chosen| !chosen.has(&record.id)) {
                return;
            }
            tally.add(&record);
            if let Some(roll) = &mut roll {
                roll.note(&record.id);
            }
            emit(&Event::Finished(record));
        })?;
        // Shards may share request ids that none of them has seen twice.
        let of_cases = tally.finish(Vec::new(), None, Duration::ZERO);
        // What could not be kept is reported after the cases.
        warn(&mut parts, emit);
        let mut runs = Vec::with_capacity(parts.len());
        for part in parts {
            runs.push(part.finish()?);
        }
        let whole = merge_ends(&start, &runs);
        let end = if chosen.is_some() {
            // What belongs to the run as a whole, such as a stale waiver, is not one of these cases.
            RunEnd { stopped: whole.stopped, elapsed: whole.elapsed, ..of_cases }
        } else {
            RunEnd { counts: of_cases.counts, rows_met: of_cases.rows_met, ..whole }
        };
        let end = match roll {
            Some(roll) => roll.close(&start, end),
            None => end,
        };
        let outcome = end.outcome();
        emit(&Event::Ended(end));
        Ok(outcome)
    }
}

/// Emits the warnings that were read so far.
fn warn(parts: &mut [PartReader], emit: &mut dyn FnMut(&Event)) {
    for text in parts.iter_mut().flat_map(|part| std::mem::take(&mut part.warnings)) {
        emit(&Event::Warned { text });
    }
}

/// Takes the cases of all parts in the order of ids, which each part has already.
fn merge(parts: &mut [PartReader], take: &mut dyn FnMut(Box<CaseRecord>)) -> Result<(), AppError> {
    // Instances behind other addresses may count from one again, each for itself.
    let mut unique: BTreeMap<String, UniqueIds> = BTreeMap::new();
    loop {
        let waiting = parts.iter().enumerate().filter_map(|(at, part)| Some((at, &part.next.as_ref()?.id)));
        let Some((at, id)) = waiting.min_by_key(|(_, id)| *id) else {
            return Ok(());
        };
        let twice = parts
            .iter()
            .enumerate()
            .find(|(other, part)| *other != at && part.next.as_ref().is_some_and(|record| record.id == *id));
        if let Some((_, other)) = twice {
            let first = parts[at].lines.path().display();
            return Err(other.lines.wrong(format!("{id} is in {first} as well")));
        }
        let url = address(&parts[at].start);
        let record = parts[at].take()?;
        if let Some(mut record) = record {
            if let Some(url) = url {
                unique.entry(url).or_default().take(&mut record, None, &WaiverBook::default());
            }
            take(record);
        }
    }
}

/// The address that all cases of a run went to. None for the embedded endpoint, of which each shard has its own, and for
/// what was merged of several instances.
fn address(start: &RunStart) -> Option<String> {
    let url = &start.endpoint.url;
    let is_one = !start.endpoint.is_reference && start.parts.iter().all(|part| part.url == *url);
    is_one.then(|| url.clone())
}

/// A file of events, read as far as its next case.
pub(super) struct PartReader {
    lines: EventLines,
    start: RunStart,
    warnings: Vec<String>,
    next: Option<Box<CaseRecord>>,
    end: Option<RunEnd>,
}

impl PartReader {
    /// The part that begins so.
    pub(super) fn new(lines: EventLines, start: RunStart) -> Result<Self, AppError> {
        let mut part = Self { lines, start, warnings: Vec::new(), next: None, end: None };
        part.advance()?;
        Ok(part)
    }

    /// How it started.
    pub(super) fn start(&self) -> &RunStart {
        &self.start
    }

    /// Its first case, as long as no case was taken.
    pub(super) fn first(&self) -> Option<&CaseId> {
        self.next.as_ref().map(|record| &record.id)
    }

    /// The next case, after which the one behind it is read.
    pub(super) fn take(&mut self) -> Result<Option<Box<CaseRecord>>, AppError> {
        let record = self.next.take();
        self.advance()?;
        if let (Some(record), Some(next)) = (&record, &self.next)
            && next.id <= record.id
        {
            return Err(self.lines.wrong(format!("{} does not come after {}", next.id, record.id)));
        }
        Ok(record)
    }

    fn advance(&mut self) -> Result<(), AppError> {
        loop {
            match self.lines.next()? {
                Some(Event::Finished(record)) if self.end.is_none() => {
                    self.next = Some(record);
                    return Ok(());
                }
                Some(Event::Warned { text }) if self.end.is_none() => self.warnings.push(text),
                Some(Event::Ended(end)) if self.end.is_none() => self.end = Some(end),
                Some(
                    Event::Started(_)
                    | Event::SeriesStarted { .. }
                    | Event::SeriesEnded(_)
                    | Event::Warned { .. }
                    | Event::Finished(_)
                    | Event::Ended(_),
                ) => return Err(self.lines.wrong("this event cannot stand here")),
                None => return Ok(()),
            }
        }
    }

    /// What the run came to.
    pub(super) fn finish(self) -> Result<(RunStart, RunEnd), AppError> {
        match self.end {
            Some(end) => Ok((self.start, end)),
            None => Err(self.lines.wrong("it ends before the run does")),
        }
    }
}
