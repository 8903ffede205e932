//! The report in the Test Anything Protocol, version 14 (testanything.org): a line for each case, with a block of
//! YAML under those that did not pass. Of several endpoints, each is a subtest.

use std::io::{self, Write};

use serde_json::Value as Json;

use super::headline::{HeadlineKind, headline, kind};
use super::remark::{Remark, Topic, Weight, remarks};
use super::sink::Sink;
use super::terminal::case_text;
use super::{Repeat, Report};
use crate::event::{Event, Outcome, RunEnd, RunStart};
use crate::model::CaseRecord;
use crate::plain::{printable, printable_json};

/// Writes a report in TAP.
#[derive(Debug)]
pub struct TapReport {
    out: Sink,
    repeat: Repeat,
    endpoint: String,
    /// The run that is written now.
    start: Option<RunStart>,
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
        Ok(Self { out: sink, repeat, endpoint, start: None, cases: 0, runs: None, is_ended: false })
    }

    /// A subtest is indented by four columns.
    fn indent(&self) -> &'static str {
        if self.runs.is_some() { "    " } else { "" }
    }

    fn start(&mut self, start: &RunStart) -> io::Result<()> {
        self.repeat = Repeat::of(start);
        self.endpoint.clone_from(&start.endpoint.name);
        self.start = Some(start.clone());
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
        let remarks = self.start.take().map(|start| remarks(&start, &[], end)).unwrap_or_default();
        for remark in remarks.iter().filter(|remark| remark.topic != Topic::Fault) {
            for text in remark.each() {
                writeln!(self.out, "{indent}# {}: {}", remark.topic.name(), to_one_line(text))?;
            }
        }
        let Some(runs) = &mut self.runs else {
            self.is_ended = true;
            // The run as a whole decides nothing, or fails for a reason that belongs to no single case.
            return match remarks.iter().find(|remark| remark.weight == Weight::Error) {
                Some(Remark { topic: Topic::StaleWaiver, .. }) => {
                    writeln!(self.out, "Bail out! waivers do not hold any more")
                }
                Some(remark) => writeln!(self.out, "Bail out! {}", to_one_line(&remark.summary)),
                None => Ok(()),
            };
        };
        // To bail out of a subtest would end the runs that follow as well.
        *runs += 1;
        let word = if end.outcome() == Outcome::Conforms { "ok" } else { "not ok" };
        writeln!(self.out, "{word} {runs} - {}", description(&self.endpoint))
    }
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
