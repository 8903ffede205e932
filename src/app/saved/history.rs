//! Several runs of one suite on one endpoint, one after the other: the last one is reported, with what has changed since those
//! before it. Main type: [`RunHistory`].

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::chosen::Chosen;
use super::merge::{MergedParts, PartReader};
use crate::app::{AppError, Roll};
use crate::event::{Event, Outcome, RunChanges, RunEnd, StillFailing};
use crate::model::{CaseRecord, UtcTime, Verdict};

/// Runs in the order of their starts, each read as far as its first case.
pub(super) struct RunHistory {
    earlier: Vec<(UtcTime, PartReader)>,
    last: MergedParts,
    /// The cases that are reported; all of them, if none are chosen.
    chosen: Option<Rc<Chosen>>,
}

/// What became of a case when it was last decided.
enum LastKnown {
    Holds,
    /// It fails in every run that decided it since this one.
    Fails {
        since: UtcTime,
    },
}

impl RunHistory {
    /// Sorts runs by time; gives them back if they are parts of one run, or the same one.
    ///
    /// Parts of one run have no case in common, so runs that begin with the same case are not such. Whole runs may
    /// begin with different ones, if the suite has changed in between.
    pub(super) fn of(
        parts: Vec<PartReader>,
        chosen: Option<Rc<Chosen>>,
    ) -> Result<Result<Self, Vec<PartReader>>, AppError> {
        let times: BTreeSet<&UtcTime> =
            parts.iter().filter_map(|part| part.start().started.as_ref()).collect();
        let is_apart = times.len() == parts.len() && parts.len() > 1;
        let is_whole = |part: &PartReader| part.start().selected == part.start().known;
        let is_alike = parts.iter().all(is_whole) || is_the_same(parts.iter().map(PartReader::first));
        let has_shards = parts.iter().any(|part| !part.start().parts.is_empty());
        let is_one_endpoint = is_the_same(parts.iter().map(|part| &part.start().endpoint.name));
        if !is_apart || !is_alike || has_shards || !is_one_endpoint {
            return Ok(Err(parts));
        }
        let mut sorted: Vec<(UtcTime, PartReader)> = Vec::with_capacity(parts.len());
        for part in parts {
            if let Some(started) = part.start().started.clone() {
                sorted.push((started, part));
            }
        }
        sorted.sort_by(|(left, _), (right, _)| left.cmp(right));
        let Some((_, last)) = sorted.pop() else { return Ok(Err(Vec::new())) };
        Ok(Ok(Self { earlier: sorted, last: MergedParts::new(vec![last], chosen.clone())?, chosen }))
    }

    /// Emits the events of the last run, and gives what it comes to.
    pub(super) fn replay(
        self,
        roll: Option<&mut Roll>,
        emit: &mut dyn FnMut(&Event),
    ) -> Result<Outcome, AppError> {
        let mut changes = RunChanges::default();
        let mut known = BTreeMap::new();
        for (started, mut part) in self.earlier {
            while let Some(record) = part.take()? {
                if self.chosen.as_ref().is_none_or(|chosen| chosen.has(&record.id)) {
                    note(&mut known, &record, &started);
                }
            }
            part.finish()?;
            changes.before.push(started);
        }
        self.last.replay(roll, &mut |event| match event {
            Event::Finished(record) => {
                compare(&mut changes, &mut known, record);
                emit(event);
            }
            Event::Ended(end) => {
                // What is left was not there this time.
                let gone = std::mem::take(&mut known).into_iter();
                let gone = gone.filter(|(_, known)| matches!(known, LastKnown::Fails { .. }));
                changes.undecided.extend(gone.map(|(id, _)| id));
                changes.undecided.sort();
                let changes = Some(std::mem::take(&mut changes));
                emit(&Event::Ended(RunEnd { changes, ..end.clone() }));
            }
            Event::Started(_)
            | Event::Warned { .. }
            | Event::SeriesStarted { .. }
            | Event::SeriesEnded(_) => emit(event),
        })
    }
}

fn is_the_same<T: PartialEq>(mut all: impl Iterator<Item = T>) -> bool {
    let first = all.next();
    all.all(|other| first.as_ref() == Some(&other))
}

/// Whether a case fails; none if that could not be decided.
fn fails(record: &CaseRecord) -> Option<bool> {
    match record.verdict {
        Verdict::Passed | Verdict::Flaky { .. } => Some(false),
        Verdict::Failed | Verdict::Waived { .. } => Some(true),
        Verdict::Inconclusive(_) | Verdict::Skipped(_) => None,
    }
}

fn note(known: &mut BTreeMap<String, LastKnown>, record: &CaseRecord, started: &UtcTime) {
    let id = record.id.to_string();
    match (fails(record), known.get(&id)) {
        (None, _) | (Some(true), Some(LastKnown::Fails { .. })) => {}
        (Some(true), None | Some(LastKnown::Holds)) => {
            known.insert(id, LastKnown::Fails { since: started.clone() });
        }
        (Some(false), _) => {
            known.insert(id, LastKnown::Holds);
        }
    }
}

fn compare(changes: &mut RunChanges, known: &mut BTreeMap<String, LastKnown>, record: &CaseRecord) {
    let case = record.id.to_string();
    match (fails(record), known.remove(&case)) {
        (Some(true), Some(LastKnown::Fails { since })) => changes.still.push(StillFailing { case, since }),
        (Some(true), None | Some(LastKnown::Holds)) => changes.new.push(case),
        (Some(false), Some(LastKnown::Fails { .. })) => changes.mended.push(case),
        (None, Some(LastKnown::Fails { .. })) => changes.undecided.push(case),
        (Some(false) | None, None | Some(LastKnown::Holds)) => {}
    }
}
