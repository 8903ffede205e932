//! The report for a person at a terminal, and for a log.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Report;
use super::headline::TOLD;
use crate::event::{
    EndpointDescription, Event, Outcome, RunEnd, RunStart, SeriesEnd, StaleSnapshot, Stopped,
};
use crate::model::{CaseRecord, Finding, Request, Verdict};
use crate::plain::printable;
use crate::protocol::curl_line;

/// How many orphans, and stale snapshots, are named before the rest is counted.
const NAMED_SNAPSHOTS: usize = 10;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Only what is wrong, and the outcome.
    Quiet,
    /// What is wrong, and a summary.
    Normal,
    /// Every case.
    Verbose,
}

/// How it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are used; they never say anything alone.
    pub is_coloured: bool,
    /// Whether progress is shown, on standard error.
    pub has_progress: bool,
    /// How much is said.
    pub verbosity: Verbosity,
}

/// Writes what a run says to a terminal.
pub struct TerminalReport<W> {
    out: W,
    style: Style,
    bar: ProgressBar,
    start: Option<RunStart>,
    base: String,
    series: Option<Series>,
    /// The reason that was told with the last case.
    told: Option<String>,
}

/// Where a report stands in a series of runs.
struct Series {
    runs: usize,
    begun: usize,
}

#[derive(Clone, Copy)]
enum Paint {
    Good,
    Bad,
    Doubtful,
    Faint,
}

impl<W: Write> TerminalReport<W> {
    /// A report to `out`.
    pub fn new(out: W, style: Style) -> Self {
        let bar = ProgressBar::hidden();
        Self { out, style, bar, start: None, base: String::new(), series: None, told: None }
    }

    fn painted(&self, paint: Paint, text: &str) -> String {
        if !self.style.is_coloured {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Good => "32",
            Paint::Bad => "31",
            Paint::Doubtful => "33",
            Paint::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    fn start(&mut self, start: &RunStart) -> io::Result<()> {
        self.start = Some(start.clone());
        self.base.clone_from(&start.endpoint.url);
        self.told = None;
        self.head(start)?;
        self.faults()?;
        if self.style.has_progress {
            let style = ProgressStyle::with_template("{pos}/{len} cases  {per_sec}  {eta} left")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
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
        let address = if name == url { String::new() } else { format!("  {}", indented(url, 2)) };
        writeln!(self.out, "{gap}ENDPOINT  {}  {place}{address}", indented(name, 2))
    }

    /// The one line that sums several runs up.
    fn series_end(&mut self, end: &SeriesEnd) -> io::Result<()> {
        let word = self.outcome(end.outcome());
        let runs = end.runs.iter().map(|(name, outcome)| format!("{name} {}", outcome.name()));
        let rest = end.not_started.iter().map(|name| format!("{name} not started"));
        let told: Vec<String> = runs.chain(rest).collect();
        writeln!(self.out, "\n{word}  {} endpoints: {}", told.len(), indented(&told.join(", "), 2))
    }

    fn outcome(&self, outcome: Outcome) -> String {
        let (paint, word) = match outcome {
            Outcome::Conforms => (Paint::Good, "CONFORMS"),
            Outcome::Broken => (Paint::Bad, "DOES NOT CONFORM"),
            Outcome::Unknown => (Paint::Doubtful, "COULD NOT FIND OUT"),
            Outcome::Interrupted => (Paint::Doubtful, "INTERRUPTED"),
        };
        self.painted(paint, word)
    }

    /// A run with a fault on must not be mistaken for one without.
    fn faults(&mut self) -> io::Result<()> {
        let Some(start) = self.start.as_ref().filter(|start| !start.faults.is_empty()) else {
            return Ok(());
        };
        let text = format!("FAULT SWITCHED ON: {}", start.faults.join(", "));
        let line = self.painted(Paint::Bad, &indented(&text, 2));
        writeln!(self.out, "{line}\nThis run says nothing about conformance.\n")
    }

    fn warning(&mut self, text: &str) -> io::Result<()> {
        let word = self.painted(Paint::Doubtful, "WARNING");
        writeln!(self.out, "{word}  {}\n", indented(text, 2))
    }

    fn case(&mut self, record: &CaseRecord) -> io::Result<()> {
        let bar = self.bar.clone();
        bar.inc(1);
        let is_told = match &record.verdict {
            _ if !record.left_behind.is_empty() => true,
            // What stands in the way of all cases is told once.
            Verdict::NotRun(reason) if reason.is_of_the_run() => self.style.verbosity == Verbosity::Verbose,
            Verdict::Passed => self.style.verbosity == Verbosity::Verbose,
            Verdict::Flaky { .. } | Verdict::Waived { .. } => self.style.verbosity != Verbosity::Quiet,
            Verdict::Failed | Verdict::Indeterminate(_) | Verdict::NotRun(_) => true,
        };
        let has_notes = !record.findings.is_empty() && self.style.verbosity != Verbosity::Quiet;
        if is_told || has_notes { bar.suspend(|| self.tell(record)) } else { Ok(()) }
    }

    fn tell(&mut self, record: &CaseRecord) -> io::Result<()> {
        let (paint, word) = match &record.verdict {
            Verdict::Passed => (Paint::Good, "PASSED"),
            Verdict::Failed => (Paint::Bad, "FAILED"),
            Verdict::Flaky { .. } => (Paint::Doubtful, "FLAKY"),
            Verdict::Waived { .. } => (Paint::Doubtful, "WAIVED"),
            Verdict::Indeterminate(_) => (Paint::Doubtful, "INDETERMINATE"),
            Verdict::NotRun(_) => (Paint::Doubtful, "NOT RUN"),
        };
        let word = self.painted(paint, word);
        writeln!(self.out, "{word}  {}", record.id)?;
        let is_brief = record.findings.is_empty() && record.left_behind.is_empty();
        let reason = record.verdict.reason();
        // Many cases in a row may come to nothing for one reason, which is told with the first.
        let came_to_nothing = matches!(record.verdict, Verdict::NotRun(_) | Verdict::Indeterminate(_));
        let is_repeated = came_to_nothing && self.told == reason;
        if let Some(reason) = reason.as_ref().filter(|_| !is_repeated) {
            writeln!(self.out, "  {}", indented(reason, 2))?;
        }
        self.told = reason;
        if is_brief && record.unanswered.is_none() {
            return Ok(());
        }
        writeln!(self.out, "  {}", indented(&record.about, 2))?;
        let spot = self.painted(Paint::Faint, &indented(&record.spot.to_string(), 2));
        writeln!(self.out, "  {spot}")?;
        for finding in &record.findings {
            self.finding(finding, record)?;
        }
        self.requests(record)?;
        if record.steps_not_sent > 0 {
            writeln!(self.out, "  not sent: the last {} of its steps", record.steps_not_sent)?;
        }
        for left in &record.left_behind {
            writeln!(self.out, "  left behind: {}", indented(left, 2))?;
        }
        writeln!(self.out)
    }

    fn finding(&mut self, finding: &Finding, record: &CaseRecord) -> io::Result<()> {
        let counts = if finding.level <= record.gate { "" } else { "  (does not count at this --level)" };
        let step =
            if record.exchanges.len() > 1 { format!("step {}: ", finding.step + 1) } else { String::new() };
        let level = finding.level.name();
        let subject = if finding.subject == level {
            String::new()
        } else {
            // A key of an answer is a part of it, and must not begin a line that looks like one of ours.
            format!("  {}", printable(&finding.subject).replace('\n', "\\n"))
        };
        writeln!(self.out, "  {step}{level}{subject}{counts}")?;
        writeln!(self.out, "    expected  {}", indented(&finding.expected, 14))?;
        writeln!(self.out, "    found     {}", indented(&finding.actual, 14))?;
        match &finding.because {
            Some(because) => writeln!(self.out, "    because   {}", indented(because, 14)),
            None => Ok(()),
        }
    }

    /// The requests up to the last one that something is wrong with.
    fn requests(&mut self, record: &CaseRecord) -> io::Result<()> {
        let last = record.findings.iter().map(|finding| finding.step).max();
        let sent = record.exchanges.iter().filter(|exchange| last.is_some_and(|last| exchange.step <= last));
        let requests: Vec<&Request> =
            sent.map(|exchange| &exchange.request).chain(&record.unanswered).collect();
        for request in requests {
            writeln!(self.out, "    {}", printable(&curl_line(&self.base, request)))?;
        }
        Ok(())
    }

    fn end(&mut self, end: &RunEnd) -> io::Result<()> {
        self.bar.finish_and_clear();
        let Some(start) = self.start.clone() else {
            return Ok(());
        };
        self.faults()?;
        if let Some(obstacle) = end.stopped.as_ref().and_then(Stopped::obstacle) {
            writeln!(self.out, "{}\n", indented(&obstacle, 2))?;
        }
        let word = self.outcome(end.outcome());
        writeln!(self.out, "{word}  {} of {} cases passed", end.counts.passed, start.selected)?;
        if end.left_behind > 0 {
            let plural = if end.left_behind == 1 { "" } else { "s" };
            writeln!(self.out, "{} case{plural} left something behind on the endpoint", end.left_behind)?;
        }
        self.drift(end)?;
        if self.style.verbosity == Verbosity::Quiet {
            return Ok(());
        }
        self.summary(&start, end)
    }

    fn summary(&mut self, start: &RunStart, end: &RunEnd) -> io::Result<()> {
        for operation in &start.operations {
            let contract = format!("{} {}", operation.id, operation.version);
            writeln!(self.out, "  contract    {}", indented(&contract, 4))?;
        }
        writeln!(self.out, "  endpoint    {}", indented(&start.endpoint.name, 4))?;
        for (operation, met) in start.operations.iter().zip(&end.rows_met) {
            writeln!(self.out, "  error rows  {} of {} met", met.len(), operation.rows.len())?;
        }
        let counts = &end.counts;
        let flaky = if counts.flaky > 0 { format!("{} flaky, ", counts.flaky) } else { String::new() };
        writeln!(
            self.out,
            "  verdicts    {} passed, {flaky}{} failed, {} waived, {} indeterminate, {} not run",
            counts.passed, counts.failed, counts.waived, counts.indeterminate, counts.not_run
        )?;
        writeln!(self.out, "  snapshots   {}", snapshots(start, end))?;
        self.orphans(end)?;
        self.stale_snapshots(end)?;
        self.stale_waivers(end)?;
        if start.selected < start.known {
            writeln!(self.out, "  selected    {} of {} cases", start.selected, start.known)?;
        }
        match &end.stopped {
            Some(stopped @ (Stopped::OutOfTime | Stopped::EnoughFailed { .. })) => {
                writeln!(self.out, "  stopped     {}", stopped.reason())?;
            }
            Some(Stopped::Interrupted | Stopped::Unreachable { .. } | Stopped::Refused { .. }) | None => {}
        }
        writeln!(self.out, "  seed        {}", start.seed)?;
        writeln!(self.out, "  time        {}", seconds(end.elapsed))
    }

    /// In what the suite is not the one that is meant: also where little is told, since nothing else shows it.
    fn drift(&mut self, end: &RunEnd) -> io::Result<()> {
        let Some(drift) = end.drift.as_ref().filter(|drift| !drift.is_empty()) else { return Ok(()) };
        let text = self.painted(Paint::Bad, &indented(&format!("{drift}:"), 4));
        writeln!(self.out, "{text}")?;
        drift.lines(TOLD).iter().try_for_each(|line| writeln!(self.out, "    {}", indented(line, 6)))
    }

    fn stale_waivers(&mut self, end: &RunEnd) -> io::Result<()> {
        if end.stale_waivers.is_empty() {
            return Ok(());
        }
        let text = self.painted(Paint::Bad, "  waivers     some do not hold any more, which fails the run:");
        writeln!(self.out, "{text}")?;
        end.stale_waivers.iter().try_for_each(|stale| writeln!(self.out, "    {}", indented(stale, 6)))
    }

    fn stale_snapshots(&mut self, end: &RunEnd) -> io::Result<()> {
        let Some(stale) = end.stale_snapshots.as_ref() else { return Ok(()) };
        if stale.is_empty() {
            return writeln!(self.out, "  stale       no snapshot");
        }
        let plural = if stale.len() == 1 { " is" } else { "s are" };
        let text = format!("  stale       {} snapshot{plural}, and not confirmed by this run:", stale.len());
        let text = self.painted(Paint::Doubtful, &text);
        writeln!(self.out, "{text}")?;
        for StaleSnapshot { case, why } in stale.iter().take(NAMED_SNAPSHOTS) {
            writeln!(self.out, "    {}", indented(&format!("{case}: {why}"), 6))?;
        }
        let rest = stale.len().saturating_sub(NAMED_SNAPSHOTS);
        if rest > 0 { writeln!(self.out, "    and {rest} more") } else { Ok(()) }
    }

    fn orphans(&mut self, end: &RunEnd) -> io::Result<()> {
        if end.orphans.is_empty() {
            return Ok(());
        }
        let text = format!("  orphans     {} belong to no case:", end.orphans.len());
        let text = self.painted(Paint::Doubtful, &text);
        writeln!(self.out, "{text}")?;
        for path in end.orphans.iter().take(NAMED_SNAPSHOTS) {
            writeln!(self.out, "    {}", indented(&path.display().to_string(), 6))?;
        }
        let rest = end.orphans.len().saturating_sub(NAMED_SNAPSHOTS);
        if rest > 0 { writeln!(self.out, "    and {rest} more") } else { Ok(()) }
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

/// What a person has to know of a case that did not pass, as plain text.
pub fn case_text(record: &CaseRecord, url: &str) -> String {
    let style = Style { is_coloured: false, has_progress: false, verbosity: Verbosity::Normal };
    let mut report = TerminalReport::new(Vec::new(), style);
    url.clone_into(&mut report.base);
    // Writing to memory cannot fail.
    let _ = report.tell(record);
    String::from_utf8_lossy(&report.out).into_owned()
}

/// Printable text whose further lines are indented as its first.
fn indented(text: &str, depth: usize) -> String {
    printable(text).replace('\n', &format!("\n{}", " ".repeat(depth)))
}

fn snapshots(start: &RunStart, end: &RunEnd) -> String {
    if start.snapshots.is_none() {
        return "none for this endpoint".into();
    }
    let counts = &end.snapshots;
    let parts = [
        (counts.same, "same"),
        (counts.different, "different"),
        (counts.outranked, "outranked"),
        (counts.missing, "missing"),
        (counts.written, "written"),
        (counts.unusable, "unusable"),
    ];
    let told: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    if told.is_empty() { "none looked at".into() } else { told.join(", ") }
}

fn seconds(elapsed: Duration) -> String {
    format!("{:.2} s", elapsed.as_secs_f64())
}
