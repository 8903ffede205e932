//! The report for a person at a terminal, and for a log.

mod causes;
mod counted;
mod next;
mod rows;
mod summary;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::case::CaseWriter;
use super::paint::{Paint, TerminalStyle, Verbosity};
use crate::event::{EndpointDescription, Event, Outcome, RunEnd, RunStart, SeriesEnd};
use crate::model::{CaseRecord, Repeated, Verdict, plural};
use crate::report::cause::Causes;
use crate::report::row_table::RowTable;
use crate::report::{Repeat, Report};
use counted::SummaryCounts;
use summary::{obstacle_line, verdict_line};

/// How many cases are named as they fail, and how many others are shown, before the rest is counted.
const NAMED: usize = 10;
const SHOWN: usize = 10;

/// Writes what a run says to a terminal.
pub struct TerminalReport<W> {
    out: W,
    style: TerminalStyle,
    bar: ProgressBar,
    start: Option<RunStart>,
    writer: CaseWriter,
    causes: Causes,
    /// How many lines of warnings came, and how many cases were named.
    warned: usize,
    named: usize,
    /// How many cases were to be shown that are not in the way of conformance.
    notable: usize,
    unstable: Unstable,
    counted: SummaryCounts,
    series: Option<Series>,
}

/// The cases that were run several times and came to several verdicts.
#[derive(Default)]
struct Unstable {
    cases: usize,
    /// The first of them, each with its share.
    named: Vec<String>,
}

impl Unstable {
    fn add(&mut self, record: &CaseRecord) {
        let Some(share) = record.repeated.and_then(Repeated::share) else { return };
        self.cases += 1;
        if self.named.len() < NAMED {
            self.named.push(format!("{} {share}", record.id));
        }
    }

    fn head(&self) -> String {
        let plural = plural(self.cases, " does", "s do");
        format!("{} case{plural} not come to one verdict:", self.cases)
    }
}

/// How far a report is in a series of runs.
struct Series {
    runs: usize,
    begun: usize,
    rows: RowTable,
}

impl<W: Write> TerminalReport<W> {
    /// A report to `out`.
    pub fn new(out: W, style: TerminalStyle) -> Self {
        let bar = ProgressBar::hidden();
        let writer = CaseWriter::new(style, Repeat::default());
        let causes = Causes::default();
        let (warned, named, notable, unstable) = (0, 0, 0, Unstable::default());
        let (start, series, counted) = (None, None, SummaryCounts::default());
        Self { out, style, bar, start, writer, causes, warned, named, notable, unstable, counted, series }
    }

    fn start(&mut self, start: &RunStart) -> io::Result<()> {
        self.start = Some(start.clone());
        self.writer = CaseWriter::new(self.style, Repeat::of(start));
        self.causes = Causes::of(start);
        (self.warned, self.named, self.notable, self.unstable) = (0, 0, 0, Unstable::default());
        self.counted = SummaryCounts::default();
        self.head(start)?;
        if self.style.has_progress {
            let style = ProgressStyle::with_template("{pos}/{len} cases  {rate} a second  {eta} left")
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .with_key("rate", rate);
            self.bar = ProgressBar::with_draw_target(
                Some(start.selected as u64),
                ProgressDrawTarget::stderr_with_hz(10),
            );
            self.bar.set_style(style);
        }
        Ok(())
    }

    /// Names the endpoint of the lines that follow, where there are several.
    fn head(&mut self, start: &RunStart) -> io::Result<()> {
        let Some(series) = &mut self.series else {
            return Ok(());
        };
        series.begun += 1;
        let gap = if series.begun == 1 { "" } else { "\n" };
        let place = format!("({} of {})", series.begun, series.runs);
        let EndpointDescription { name, url, .. } = &start.endpoint;
        let address = if name == url { String::new() } else { format!("  {url}") };
        let line = self.style.hang("ENDPOINT  ", &format!("{name}  {place}{address}"), 2);
        write!(self.out, "{gap}{line}")
    }

    /// The one line that sums several runs up.
    fn series_end(&mut self, end: &SeriesEnd) -> io::Result<()> {
        if let Some(series) = &self.series {
            rows::write(&series.rows, &mut self.out, self.style)?;
        }
        let (paint, word) = outcome(end.outcome());
        let runs = end.runs.iter().map(|run| format!("{} {}", run.endpoint, run.outcome));
        let rest = end.not_started.iter().map(|name| format!("{name} not started"));
        let listed: Vec<String> = runs.chain(rest).collect();
        let text = format!("{} endpoints: {}", listed.len(), listed.join(", "));
        write!(self.out, "\n{}", self.style.with_head(paint, word, &text))
    }

    /// A run with a fault on must not be mistaken for one without.
    fn faults(&mut self) -> io::Result<()> {
        let Some(start) = self.start.as_ref().filter(|start| !start.faults.is_empty()) else {
            return Ok(());
        };
        let text = format!("FAULT SWITCHED ON: {}", start.faults.join(", "));
        let lines = self.style.hang("", &text, 2);
        let painted = self.style.paint(Paint::Bad, lines.trim_end());
        writeln!(self.out, "{painted}\nThis run says nothing about conformance.\n")
    }

    fn write_warning(&mut self, text: &str) -> io::Result<()> {
        let line = self.style.with_head(Paint::Doubtful, "WARNING", text);
        self.warned += line.lines().count();
        self.out.write_all(line.as_bytes())
    }

    fn case(&mut self, record: &CaseRecord) -> io::Result<()> {
        let bar = self.bar.clone();
        bar.inc(1);
        let is_new = self.causes.add(record);
        self.unstable.add(record);
        self.counted.add(record);
        bar.suspend(|| match self.style.verbosity {
            Verbosity::Verbose => self.write_whole(record),
            Verbosity::Normal if is_in_the_way(record) => self.name(record, is_new),
            Verbosity::Normal if is_notable(record) => {
                self.notable += 1;
                if self.notable > SHOWN { Ok(()) } else { self.write_whole(record) }
            }
            Verbosity::Normal | Verbosity::Quiet => Ok(()),
        })
    }

    /// All of a case.
    fn write_whole(&mut self, record: &CaseRecord) -> io::Result<()> {
        let mut text = Vec::new();
        self.writer.case(&mut text, record)?;
        self.out.write_all(&text)?;
        if is_in_the_way(record) { self.out.flush() } else { Ok(()) }
    }

    /// Names the first cases that show something new as they come, for a person who waits for the end. In a pipe or a
    /// file there is none, and the end has all of it.
    fn name(&mut self, record: &CaseRecord, is_new: bool) -> io::Result<()> {
        let is_skipped = matches!(record.verdict, Verdict::Skipped(_)) && record.left_behind.is_empty();
        if !is_new || is_skipped || self.named >= NAMED || self.style.width.is_none() {
            return Ok(());
        }
        self.named += 1;
        writeln!(self.out, "{}", self.writer.name(record))?;
        // You see what fails as soon as it does.
        self.out.flush()
    }

    /// How many cases were not shown that are not in the way of conformance.
    fn report_unshown(&mut self) -> io::Result<()> {
        match self.notable.saturating_sub(SHOWN) {
            0 => Ok(()),
            rest => writeln!(self.out, "and {rest} more that are flaky or have notes; -v lists all"),
        }
    }

    fn end(&mut self, end: &RunEnd) -> io::Result<()> {
        self.bar.finish_and_clear();
        let Some(start) = self.start.clone() else {
            return Ok(());
        };
        if let Some(series) = &mut self.series {
            series.rows.add(&start, end);
        }
        let is_quiet = self.style.verbosity == Verbosity::Quiet;
        if !is_quiet {
            self.report_unshown()?;
            self.list_causes()?;
        }
        self.faults()?;
        if let Some(line) = obstacle_line(self.style, end) {
            writeln!(self.out, "{line}")?;
        }
        self.out.write_all(verdict_line(self.style, &start, end).as_bytes())?;
        if end.left_behind > 0 {
            let plural = plural(end.left_behind, "", "s");
            let text = format!("{} case{plural} left something behind on the endpoint", end.left_behind);
            let line =
                if is_quiet { self.style.cut("", &text, text.len()) } else { self.style.hang("", &text, 2) };
            self.out.write_all(line.as_bytes())?;
        }
        if is_quiet {
            return self.brief(end);
        }
        self.drift(end)?;
        self.changes(end)?;
        self.summary(&start, end)?;
        self.next(end)
    }
}

impl<W: Write> Report for TerminalReport<W> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(start) => self.start(start),
            Event::Warned { text } => self.write_warning(text),
            Event::Finished(record) => self.case(record),
            Event::Ended(end) => self.end(end),
            Event::SeriesStarted { endpoints } => {
                self.series = Some(Series { runs: endpoints.len(), begun: 0, rows: RowTable::default() });
                Ok(())
            }
            Event::SeriesEnded(end) => self.series_end(end),
        }
    }

    fn close(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

/// Whether a case is a reason why the run does not conform.
fn is_in_the_way(record: &CaseRecord) -> bool {
    match &record.verdict {
        Verdict::Failed | Verdict::Inconclusive(_) => true,
        Verdict::Skipped(reason) => !reason.is_meant() && !reason.is_of_the_run(),
        Verdict::Passed | Verdict::Flaky { .. } | Verdict::Waived { .. } => !record.left_behind.is_empty(),
    }
}

/// Whether a case that is not in the way of conformance is shown all the same.
fn is_notable(record: &CaseRecord) -> bool {
    match &record.verdict {
        Verdict::Flaky { .. } => true,
        // What is waived or was skipped on purpose, and what never began, is counted in a line.
        Verdict::Waived { .. } | Verdict::Skipped(_) => false,
        Verdict::Passed | Verdict::Failed | Verdict::Inconclusive(_) => {
            record.started_again.is_some() || !record.findings.is_empty()
        }
    }
}

fn outcome(outcome: Outcome) -> (Paint, &'static str) {
    match outcome {
        Outcome::Conforms => (Paint::Good, "CONFORMS"),
        Outcome::Broken => (Paint::Bad, "DOES NOT CONFORM"),
        Outcome::Inconclusive => (Paint::Doubtful, "INCONCLUSIVE"),
        Outcome::Interrupted => (Paint::Doubtful, "INTERRUPTED"),
    }
}

/// Cases a second, in whole numbers, since further digits change too fast to be read. The caller reports a sink that
/// fails.
fn rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    let _ = write!(out, "{:.0}", state.per_sec());
}
