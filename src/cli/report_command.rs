//! `report`: reports of runs that are over, made from the events that they wrote; parts of one run are put together.

use std::collections::BTreeMap;
use std::time::Duration;

use super::args::ReportArgs;
use super::event_lines::EventLines;
use super::exit::{CliError, of_run};
use super::keep::Keep;
use super::manifest_command::Roll;
use super::output::Output;
use super::reports::Reports;
use super::retold;
use crate::event::{Event, RunEnd, RunStart};
use crate::judgement::{Tally, UniqueIds, WaiverBook};
use crate::model::CaseRecord;
use crate::report::{merged_end, merged_start};

/// Makes reports of what was written with `--report ndjson`, and gives the exit code of the run.
pub(super) fn report(args: &ReportArgs) -> Result<u8, CliError> {
    let output = Output::resolve(&args.output)?;
    let mut keep = Keep::new(output.is_forced);
    args.from.iter().for_each(|path| keep.file(Some(path), "what --from reads"));
    keep.file(args.manifest.as_deref(), "the manifest");
    let mut roll = args.manifest.as_deref().map(Roll::open).transpose()?;
    let mut parts = Vec::with_capacity(args.from.len());
    for path in &args.from {
        let mut lines = EventLines::open(path)?;
        match lines.next()? {
            Some(Event::Started(start)) => parts.push(Part::new(lines, start)?),
            Some(Event::SeriesStarted { endpoints }) if args.from.len() == 1 => {
                return retold::series(lines, &endpoints, roll.as_mut(), &output, keep);
            }
            Some(Event::SeriesStarted { .. }) => {
                return Err(lines.wrong("it has the runs of several endpoints, which are no part of one run"));
            }
            Some(Event::Warned { .. } | Event::Finished(_) | Event::Ended(_) | Event::SeriesEnded(_))
            | None => return Err(lines.wrong("it does not begin with the start of a run")),
        }
    }
    merged(parts, roll, &output, keep)
}

/// Tells several parts as one run.
fn merged(mut parts: Vec<Part>, mut roll: Option<Roll>, output: &Output, keep: Keep) -> Result<u8, CliError> {
    let starts: Vec<RunStart> = parts.iter().map(|part| part.start.clone()).collect();
    let apart = |error: crate::report::Apart| CliError::usage(format!("--from: {error}"));
    let Some(start) = merged_start(&starts).map_err(apart)? else {
        return Err(CliError::usage("--from names no file"));
    };
    let mut reports = Reports::open(output, keep)?;
    reports.take(&Event::Started(start.clone()));
    warn(&mut parts, &mut reports);
    let mut tally = Tally::new(&start.operations);
    merge(&mut parts, roll.as_mut(), &mut tally, &mut reports)?;
    // Shards may share request ids that none of them has seen twice.
    let RunEnd { counts, rows_met, .. } = tally.finish(Vec::new(), None, Duration::ZERO);
    // What could not be kept is told after the cases.
    warn(&mut parts, &mut reports);
    let mut runs = Vec::with_capacity(parts.len());
    for part in parts {
        runs.push(part.finish()?);
    }
    let end = RunEnd { counts, rows_met, ..merged_end(&start, &runs) };
    let end = match &mut roll {
        Some(roll) => roll.close(&start, end),
        None => end,
    };
    let outcome = end.outcome();
    reports.take(&Event::Ended(end));
    Ok(of_run(outcome, reports.close()))
}

/// Tells the warnings that were read so far.
fn warn(parts: &mut [Part], reports: &mut Reports) {
    for text in parts.iter_mut().flat_map(|part| std::mem::take(&mut part.warnings)) {
        reports.take(&Event::Warned { text });
    }
}

/// Tells the cases of all parts in the order of ids, which each part has already.
fn merge(
    parts: &mut [Part],
    mut roll: Option<&mut Roll>,
    tally: &mut Tally,
    reports: &mut Reports,
) -> Result<(), CliError> {
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
            tally.add(&record);
            if let Some(roll) = &mut roll {
                roll.note(&record.id);
            }
            reports.take(&Event::Finished(record));
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
struct Part {
    lines: EventLines,
    start: RunStart,
    warnings: Vec<String>,
    next: Option<Box<CaseRecord>>,
    end: Option<RunEnd>,
}

impl Part {
    /// The part that begins so.
    fn new(lines: EventLines, start: RunStart) -> Result<Self, CliError> {
        let mut part = Self { lines, start, warnings: Vec::new(), next: None, end: None };
        part.advance()?;
        Ok(part)
    }

    /// The next case, after which the one behind it is read.
    fn take(&mut self) -> Result<Option<Box<CaseRecord>>, CliError> {
        let record = self.next.take();
        self.advance()?;
        if let (Some(record), Some(next)) = (&record, &self.next)
            && next.id <= record.id
        {
            return Err(self.lines.wrong(format!("{} does not come after {}", next.id, record.id)));
        }
        Ok(record)
    }

    fn advance(&mut self) -> Result<(), CliError> {
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
    fn finish(self) -> Result<(RunStart, RunEnd), CliError> {
        match self.end {
            Some(end) => Ok((self.start, end)),
            None => Err(self.lines.wrong("it ends before the run does")),
        }
    }
}
