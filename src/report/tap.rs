//! The report in the Test Anything Protocol, version 14 (testanything.org): a line for each case, with a block of
//! YAML under those that did not pass. Of several endpoints, each is a subtest.

use std::io::{self, Write};

use serde_json::Value as Json;

use super::headline::{DRIFT_LISTED, HeadlineKind, headline, kind};
use super::sink::Sink;
use super::terminal::case_text;
use super::{Repeat, Report};
use crate::event::{Event, Outcome, RunEnd, RunStart, Stopped};
use crate::model::CaseRecord;
use crate::plain::{printable, printable_json};

/// Writes a report in TAP.
#[derive(Debug)]
pub struct TapReport {
    out: Sink,
    repeat: Repeat,
    endpoint: String,
    /// How many cases of the run have been written.
    cases: usize,
    /// How many runs of a series have been written, if it is one.
    runs: Option<usize>,
    is_ended: bool,
}

impl TapReport {
    /// A report to `sink`.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn new(mut sink: Sink) -> io::Result<Self> {
        writeln!(sink, "TAP version 14")?;
        let (repeat, endpoint) = (Repeat::default(), String::new());
        Ok(Self { out: sink, repeat, endpoint, cases: 0, runs: None, is_ended: false })
    }

    /// A subtest is indented by four columns.
    fn indent(&self) -> &'static str {
        if self.runs.is_some() { "    " } else { "" }
    }

    fn start(&mut self, start: &RunStart) -> io::Result<()> {
        self.repeat = Repeat::of(start);
        self.endpoint.clone_from(&start.endpoint.name);
        self.cases = 0;
        let indent = self.indent();
        if self.runs.is_some() {
            writeln!(self.out, "# Subtest: {}", description(&start.endpoint.name))?;
        }
        writeln!(self.out, "{indent}# {}", to_one_line(&start.occasion()))?;
        if let Some(command) = &start.command {
            writeln!(self.out, "{indent}# command: {}", to_one_line(command))?;
        }
        for fault in &start.faults {
            writeln!(self.out, "{indent}# fault switched on: {}", to_one_line(fault))?;
        }
        writeln!(self.out, "{indent}1..{}", start.selected)
    }

    fn case(&mut self, record: &CaseRecord) -> io::Result<()> {
        self.cases += 1;
        let kind = kind(record);
        let (word, directive) = match kind {
            HeadlineKind::Passed | HeadlineKind::StartedAgain | HeadlineKind::Flaky => ("ok", String::new()),
            HeadlineKind::Skipped => ("ok", format!(" # SKIP {}", description(&headline(record)))),
            HeadlineKind::Waived => ("not ok", format!(" # TODO {}", description(&headline(record)))),
            HeadlineKind::Broken | HeadlineKind::Inconclusive => ("not ok", String::new()),
        };
        let indent = self.indent();
        writeln!(self.out, "{indent}{word} {} - {}{directive}", self.cases, record.id)?;
        match kind {
            HeadlineKind::Passed | HeadlineKind::Skipped => Ok(()),
            HeadlineKind::StartedAgain
            | HeadlineKind::Flaky
            | HeadlineKind::Waived
            | HeadlineKind::Broken
            | HeadlineKind::Inconclusive => self.block(record),
        }
    }

    /// What is wrong, as YAML whose values are JSON, which YAML 1.2 contains.
    fn block(&mut self, record: &CaseRecord) -> io::Result<()> {
        let indent = self.indent();
        let text = |text: &str| printable_json(&Json::from(text).to_string()).into_owned();
        writeln!(self.out, "{indent}  ---")?;
        let pairs = [
            ("verdict", text(record.verdict.name())),
            ("message", text(&headline(record))),
            ("at", text(&record.spot.to_string())),
            ("text", text(&case_text(record, &self.repeat))),
        ];
        for (key, value) in pairs {
            writeln!(self.out, "{indent}  {key}: {value}")?;
        }
        writeln!(self.out, "{indent}  ...")
    }

    fn end(&mut self, end: &RunEnd) -> io::Result<()> {
        let indent = self.indent();
        for stale in &end.stale_waivers {
            writeln!(self.out, "{indent}# stale waiver: {}", to_one_line(stale))?;
        }
        for line in end.drift.iter().flat_map(|drift| drift.lines(DRIFT_LISTED)) {
            writeln!(self.out, "{indent}# manifest: {}", to_one_line(&line))?;
        }
        let Some(runs) = &mut self.runs else {
            self.is_ended = true;
            return match bail_out(end) {
                Some(reason) => writeln!(self.out, "Bail out! {reason}"),
                None => Ok(()),
            };
        };
        *runs += 1;
        // To bail out of a subtest would end the runs that follow as well.
        if let Some(stopped) = &end.stopped {
            writeln!(self.out, "{indent}# stopped: {}", to_one_line(&stopped.reason()))?;
        }
        let word = if end.outcome() == Outcome::Conforms { "ok" } else { "not ok" };
        writeln!(self.out, "{word} {runs} - {}", description(&self.endpoint))
    }
}

/// Why the run as a whole decides nothing, or fails for a reason that belongs to no single case.
fn bail_out(end: &RunEnd) -> Option<String> {
    let stopped = end.stopped.as_ref().map(Stopped::reason);
    let stale = (!end.stale_waivers.is_empty()).then(|| "waivers do not hold any more".to_owned());
    let drift = end.drift.as_ref().filter(|drift| !drift.is_empty()).map(ToString::to_string);
    stopped.or(stale).or(drift).map(|reason| to_one_line(&reason))
}

fn to_one_line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

/// A description: `#` would begin a directive, and `\` escapes it.
fn description(text: &str) -> String {
    to_one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}

impl Report for TapReport {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::SeriesStarted { endpoints } => {
                self.runs = Some(0);
                writeln!(self.out, "1..{}", endpoints.len())
            }
            Event::Started(start) => self.start(start),
            Event::Warned { text } => {
                let indent = self.indent();
                writeln!(self.out, "{indent}# warning: {}", to_one_line(text))
            }
            Event::Finished(record) => self.case(record),
            Event::Ended(end) => self.end(end),
            Event::SeriesEnded(end) => {
                self.is_ended = true;
                let first = self.runs.unwrap_or_default() + 1;
                for (number, name) in (first..).zip(&end.not_started) {
                    writeln!(self.out, "not ok {number} - {} # not started", description(name))?;
                }
                Ok(())
            }
        }
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        if !self.is_ended {
            return Err(super::unfinished_error());
        }
        self.out.finish().map(|_| ())
    }
}
