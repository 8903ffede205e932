//! `report`: reports of runs that are over, made from the events that they wrote; parts of one run are put together.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::args::ReportArgs;
use super::exit::{CliError, of_run};
use super::output::Output;
use super::reports::Reports;
use crate::event::{Event, RunEnd, RunStart};
use crate::model::CaseRecord;
use crate::report::{merged_end, merged_start, read_event};

/// The longest line of an events file, in bytes: some answers of the greatest size, each byte as six.
const LONGEST_LINE: u64 = 256 * 1024 * 1024;

/// Makes reports of what was written with `--report ndjson`, and gives the exit code of the run.
pub(super) fn report(args: &ReportArgs) -> Result<u8, CliError> {
    let output = Output::resolve(&args.output)?;
    let mut parts = args.from.iter().map(|path| Part::open(path)).collect::<Result<Vec<_>, _>>()?;
    let starts: Vec<RunStart> = parts.iter().map(|part| part.start.clone()).collect();
    let apart = |error: crate::report::Apart| CliError::usage(format!("--from: {error}"));
    let Some(start) = merged_start(&starts).map_err(apart)? else {
        return Err(CliError::usage("--from names no file"));
    };
    let mut reports = Reports::open(&output)?;
    reports.take(&Event::Started(start.clone()));
    for text in parts.iter_mut().flat_map(|part| std::mem::take(&mut part.warnings)) {
        reports.take(&Event::Warned { text });
    }
    merge(&mut parts, &mut reports)?;
    let mut runs = Vec::with_capacity(parts.len());
    for part in parts {
        runs.push(part.finish()?);
    }
    let end = merged_end(&start, &runs);
    let outcome = end.outcome();
    reports.take(&Event::Ended(end));
    Ok(of_run(outcome, reports.close()))
}

/// Tells the cases of all parts in the order of ids, which each part has already.
fn merge(parts: &mut [Part], reports: &mut Reports) -> Result<(), CliError> {
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
            return Err(other.wrong(format!("{id} is in {} as well", parts[at].path.display())));
        }
        let record = parts[at].take()?;
        if let Some(record) = record {
            reports.take(&Event::Finished(record));
        }
    }
}

/// A file of events, read as far as its next case.
struct Part {
    path: PathBuf,
    lines: BufReader<File>,
    number: usize,
    start: RunStart,
    warnings: Vec<String>,
    next: Option<Box<CaseRecord>>,
    end: Option<RunEnd>,
}

impl Part {
    fn open(path: &Path) -> Result<Self, CliError> {
        let unreadable = |source| CliError::Events { path: path.to_path_buf(), source };
        let mut lines = BufReader::new(File::open(path).map_err(unreadable)?);
        let start = match read(path, &mut lines, 1)? {
            Some(Event::Started(start)) => start,
            Some(Event::SeriesStarted { .. }) => {
                let reason = "it has the runs of several endpoints; write each to a file of its own";
                return Err(wrong(path, 1, reason.to_owned()));
            }
            Some(Event::Warned { .. } | Event::Finished(_) | Event::Ended(_) | Event::SeriesEnded(_))
            | None => {
                return Err(wrong(path, 1, "it does not begin with the start of a run".to_owned()));
            }
        };
        let (path, warnings) = (path.to_path_buf(), Vec::new());
        let mut part = Self { path, lines, number: 1, start, warnings, next: None, end: None };
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
            return Err(self.wrong(format!("{} does not come after {}", next.id, record.id)));
        }
        Ok(record)
    }

    fn advance(&mut self) -> Result<(), CliError> {
        loop {
            self.number += 1;
            match read(&self.path, &mut self.lines, self.number)? {
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
                ) => return Err(self.wrong("this event cannot stand here".to_owned())),
                None => return Ok(()),
            }
        }
    }

    /// What the run came to.
    fn finish(self) -> Result<(RunStart, RunEnd), CliError> {
        match self.end {
            Some(end) => Ok((self.start, end)),
            None => Err(wrong(&self.path, self.number, "it ends before the run does".to_owned())),
        }
    }

    fn wrong(&self, reason: String) -> CliError {
        wrong(&self.path, self.number, reason)
    }
}

fn wrong(path: &Path, line: usize, reason: String) -> CliError {
    CliError::NoEvents { path: path.to_path_buf(), line, reason }
}

fn read(path: &Path, lines: &mut BufReader<File>, number: usize) -> Result<Option<Event>, CliError> {
    let mut line = Vec::new();
    let read = lines.take(LONGEST_LINE).read_until(b'\n', &mut line);
    read.map_err(|source| CliError::Events { path: path.to_path_buf(), source })?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Err(wrong(path, number, "the line is cut off, or too long".to_owned()));
    }
    let text = std::str::from_utf8(&line).map_err(|error| wrong(path, number, error.to_string()))?;
    read_event(text).map(Some).map_err(|error| wrong(path, number, error.to_string()))
}
