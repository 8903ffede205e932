//! The report for a person at a terminal, and for a log.

mod recap;
mod summary;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Write};
use std::mem;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::case::Teller;
use super::paint::{Paint, Style, Verbosity};
use crate::event::{EndpointDescription, Event, Outcome, RunEnd, RunStart, SeriesEnd, Stopped};
use crate::model::{CaseRecord, Verdict};
use crate::report::{Repeat, Report};
use recap::Recap;

/// Writes what a run says to a terminal.
pub struct TerminalReport<W> {
    out: W,
    style: Style,
    bar: ProgressBar,
    start: Option<RunStart>,
    teller: Teller,
    recap: Recap,
    series: Option<Series>,
}

/// Where a report stands in a series of runs.
struct Series {
    runs: usize,
    begun: usize,
}

impl<W: Write> TerminalReport<W> {
    /// A report to `out`.
    pub fn new(out: W, style: Style) -> Self {
        let bar = ProgressBar::hidden();
        let teller = Teller::new(style, Repeat::default());
        Self { out, style, bar, start: None, teller, recap: Recap::default(), series: None }
    }

    fn start(&mut self, start: &RunStart) -> io::Result<()> {
        self.start = Some(start.clone());
        self.teller = Teller::new(self.style, Repeat::of(start));
        self.recap = Recap::default();
        self.head(start)?;
        self.faults()?;
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

    /// Says which endpoint what follows is about, where there are several.
    fn head(&mut self, start: &RunStart) -> io::Result<()> {
        let Some(series) = &mut self.series else {
            return Ok(());
        };
        series.begun += 1;
        let gap = if series.begun == 1 { "" } else { "\n" };
        let place = format!("({} of {})", series.begun, series.runs);
        let EndpointDescription { name, url, .. } = &start.endpoint;
        let address = if name == url { String::new() } else { format!("  {url}") };
        let line = self.style.hung("ENDPOINT  ", &format!("{name}  {place}{address}"), 2);
        write!(self.out, "{gap}{line}")
    }

    /// The one line that sums several runs up.
    fn series_end(&mut self, end: &SeriesEnd) -> io::Result<()> {
        let (paint, word) = outcome(end.outcome());
        let runs = end.runs.iter().map(|(name, outcome)| format!("{name} {}", outcome.name()));
        let rest = end.not_started.iter().map(|name| format!("{name} not started"));
        let told: Vec<String> = runs.chain(rest).collect();
        let text = format!("{} endpoints: {}", told.len(), told.join(", "));
        write!(self.out, "\n{}", self.style.headed(paint, word, &text))
    }

    /// A run with a fault on must not be mistaken for one without.
    fn faults(&mut self) -> io::Result<()> {
        let Some(start) = self.start.as_ref().filter(|start| !start.faults.is_empty()) else {
            return Ok(());
        };
        let text = format!("FAULT SWITCHED ON: {}", start.faults.join(", "));
        let lines = self.style.hung("", &text, 2);
        let painted = self.style.painted(Paint::Bad, lines.trim_end());
        writeln!(self.out, "{painted}\nThis run says nothing about conformance.\n")
    }

    fn warning(&mut self, text: &str) -> io::Result<()> {
        self.recap.interrupted();
        writeln!(self.out, "{}", self.style.headed(Paint::Doubtful, "WARNING", text))
    }

    fn case(&mut self, record: &CaseRecord) -> io::Result<()> {
        let bar = self.bar.clone();
        bar.inc(1);
        let is_told = match &record.verdict {
            _ if !record.left_behind.is_empty() => true,
            // What stands in the way of all cases is told once.
            Verdict::NotRun(reason) if reason.is_of_the_run() => self.style.verbosity == Verbosity::Verbose,
            Verdict::Passed if record.started_again.is_none() => self.style.verbosity == Verbosity::Verbose,
            Verdict::Passed | Verdict::Flaky { .. } | Verdict::Waived { .. } => {
                self.style.verbosity != Verbosity::Quiet
            }
            // Nothing is wrong with what was skipped on purpose.
            Verdict::NotRun(reason) if reason.is_meant() => self.style.verbosity != Verbosity::Quiet,
            Verdict::Failed | Verdict::Indeterminate(_) | Verdict::NotRun(_) => true,
        };
        let has_notes = (!record.findings.is_empty() || !record.paused.is_zero())
            && self.style.verbosity != Verbosity::Quiet;
        if is_told || has_notes { bar.suspend(|| self.tell(record)) } else { Ok(()) }
    }

    fn tell(&mut self, record: &CaseRecord) -> io::Result<()> {
        let mut text = Vec::new();
        self.teller.case(&mut text, record)?;
        self.out.write_all(&text)?;
        if !is_in_the_way(record) {
            self.recap.interrupted();
            return Ok(());
        }
        self.recap.keep(&text)?;
        // Whoever waits for the run sees what fails as soon as it does.
        self.out.flush()
    }

    /// What failed, in one piece, where other things were told in between.
    fn once_more(&mut self) -> io::Result<()> {
        let recap = mem::take(&mut self.recap);
        let Some(cases) = recap.due() else { return Ok(()) };
        let what = if cases == 1 { "case that did not pass" } else { "cases that did not pass" };
        let heading = self.style.headed(Paint::Bad, "ONCE MORE", &format!("{cases} {what}"));
        writeln!(self.out, "\n{heading}")?;
        recap.pour(&mut self.out)
    }

    fn end(&mut self, end: &RunEnd) -> io::Result<()> {
        self.bar.finish_and_clear();
        let Some(start) = self.start.clone() else {
            return Ok(());
        };
        self.once_more()?;
        self.faults()?;
        if let Some(obstacle) = end.stopped.as_ref().and_then(Stopped::obstacle) {
            writeln!(self.out, "{}", self.style.hung("", &obstacle, 2))?;
        }
        let (paint, word) = outcome(end.outcome());
        let passed = format!("{} of {} cases passed", end.counts.passed, start.selected);
        write!(self.out, "{}", self.style.headed(paint, word, &passed))?;
        if end.left_behind > 0 {
            let plural = if end.left_behind == 1 { "" } else { "s" };
            let text = format!("{} case{plural} left something behind on the endpoint", end.left_behind);
            write!(self.out, "{}", self.style.hung("", &text, 2))?;
        }
        self.drift(end)?;
        if self.style.verbosity == Verbosity::Quiet {
            return self.shortcomings(end);
        }
        self.summary(&start, end)
    }
}

impl<W: Write> Report for TerminalReport<W> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(start) => self.start(start),
            Event::Warned { text } => self.warning(text),
            Event::Finished(record) => self.case(record),
            Event::Ended(end) => self.end(end),
            Event::SeriesStarted { endpoints } => {
                self.series = Some(Series { runs: endpoints.len(), begun: 0 });
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
        Verdict::Failed | Verdict::Indeterminate(_) => true,
        Verdict::NotRun(reason) => !reason.is_meant() && !reason.is_of_the_run(),
        Verdict::Passed | Verdict::Flaky { .. } | Verdict::Waived { .. } => !record.left_behind.is_empty(),
    }
}

fn outcome(outcome: Outcome) -> (Paint, &'static str) {
    match outcome {
        Outcome::Conforms => (Paint::Good, "CONFORMS"),
        Outcome::Broken => (Paint::Bad, "DOES NOT CONFORM"),
        Outcome::Unknown => (Paint::Doubtful, "COULD NOT FIND OUT"),
        Outcome::Interrupted => (Paint::Doubtful, "INTERRUPTED"),
    }
}

/// Cases a second, without the digits that nobody can read as they change. A sink that fails is the caller's to tell.
fn rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    let _ = write!(out, "{:.0}", state.per_sec());
}
