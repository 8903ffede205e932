//! The report in SARIF 2.1.0 (OASIS), for code scanning: a result for each finding at the line of its case, with the
//! lines of the contract that say so beside it.
//!
//! Results are written as they come. The rules that they name follow them, so that memory does not grow with cases.

mod object;
mod result;
mod rule;
mod uri;

use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;

use super::Report;
use super::remark::{Remark, Topic, Weight, remarks, series_remarks};
use super::sink::Sink;
use crate::event::{Event, RunEnd, RunStart, SeriesEnd};
use crate::model::CaseRecord;
use crate::plain::{printable, printable_json};
use object::{Notification, Severity};
use rule::SarifRules;
use uri::Uris;

/// The published schema of the format.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes a report in SARIF.
#[derive(Debug)]
pub struct SarifReport {
    out: Sink,
    uris: Uris,
    /// The run that is written now.
    run: Option<SarifRun>,
    /// How many runs have begun.
    begun: usize,
    is_series: bool,
    is_ended: bool,
}

/// The run so far.
#[derive(Debug)]
struct SarifRun {
    start: RunStart,
    rules: SarifRules,
    results: usize,
    warnings: Vec<String>,
}

impl SarifReport {
    /// A report to `sink`; `below` is the folder of the run, relative to the workspace.
    pub fn new(sink: Sink, below: &str) -> Self {
        let uris = Uris::below(below);
        Self { out: sink, uris, run: None, begun: 0, is_series: false, is_ended: false }
    }

    /// What comes before a run: the head of the log, or a comma.
    fn begin_run(&mut self) -> io::Result<()> {
        self.begun += 1;
        if self.begun > 1 {
            return self.out.write_all(b",\n");
        }
        let head = json!({ "$schema": SCHEMA, "version": "2.1.0" }).to_string();
        writeln!(self.out, "{},\"runs\":[", head.trim_end_matches('}'))
    }

    fn start(&mut self, start: &RunStart) -> io::Result<()> {
        self.begin_run()?;
        let head = json!({
            "automationDetails": { "id": format!("proofmark/{}/", uri::part(&start.endpoint.name)) },
            "originalUriBaseIds": { (uri::ROOT): { "description": { "text": "The root of the project." } } },
            // The last value must not be an object: the closing braces that are cut off must all be the head's own.
            "columnKind": "unicodeCodePoints",
        });
        let head = head.to_string();
        write!(self.out, "{},\"results\":[", printable_json(head.trim_end_matches('}')))?;
        self.run = Some(SarifRun {
            start: start.clone(),
            rules: SarifRules::default(),
            results: 0,
            warnings: Vec::new(),
        });
        Ok(())
    }

    fn case(&mut self, record: &CaseRecord) -> io::Result<()> {
        let Some(run) = &mut self.run else { return Ok(()) };
        for result in result::of_case(record, &mut run.rules, &self.uris) {
            let comma = if run.results == 0 { "\n" } else { ",\n" };
            run.results += 1;
            write!(self.out, "{comma}{}", line(&result)?)?;
        }
        Ok(())
    }

    fn end(&mut self, end: &RunEnd) -> io::Result<()> {
        let Some(SarifRun { start, rules, warnings, .. }) = self.run.take() else { return Ok(()) };
        let remarks = remarks(&start, &warnings, end);
        let mut invocation = json!({
            // The tool did what it was asked to, whatever it found.
            "executionSuccessful": end.stopped.is_none(),
            "exitCodeDescription": end.outcome().name(),
            "toolExecutionNotifications": notifications(&remarks, false),
            "toolConfigurationNotifications": notifications(&remarks, true),
        });
        if let Some(started) = &start.started {
            invocation["startTimeUtc"] = started.as_str().into();
        }
        if let Some(command) = &start.command {
            invocation["commandLine"] = command.as_str().into();
        }
        let tail = json!({
            "tool": { "driver": {
                "name": "proofmark",
                "version": start.tool_version,
                "rules": rules.into_all(),
            } },
            "invocations": [invocation],
            "properties": {
                "endpoint": { "name": start.endpoint.name, "url": start.endpoint.url },
                "level": start.gate.name(),
                "faults": start.faults,
                "cases": end.counts.total(),
                "outcome": end.outcome().name(),
            },
        });
        write!(self.out, "\n],{}", line(&tail)?.trim_start_matches('{'))?;
        if self.is_series { Ok(()) } else { self.close_log() }
    }

    /// An endpoint that was not tested is a run without results.
    fn not_started(&mut self, end: &SeriesEnd) -> io::Result<()> {
        for remark in series_remarks(end) {
            self.begin_run()?;
            let run = json!({
                "automationDetails": { "id": format!("proofmark/{}/", uri::part(&remark.summary)) },
                "tool": { "driver": { "name": "proofmark" } },
                "invocations": [{
                    "executionSuccessful": false,
                    "toolExecutionNotifications": notifications(&[remark], false),
                }],
                "results": [],
            });
            self.out.write_all(line(&run)?.as_bytes())?;
        }
        Ok(())
    }

    fn close_log(&mut self) -> io::Result<()> {
        self.is_ended = true;
        // A series in which no run began has no head yet.
        if self.begun == 0 {
            return writeln!(self.out, "{}", json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [] }));
        }
        writeln!(self.out, "\n]}}")
    }
}

/// A value as one line of JSON in which nothing acts.
fn line(value: &impl Serialize) -> io::Result<String> {
    let text = serde_json::to_string(value)?;
    Ok(printable_json(&text).into_owned())
}

/// The notifications of a run: those about the files of the project, or all others.
fn notifications(remarks: &[Remark], is_of_files: bool) -> Vec<Notification> {
    let chosen = remarks
        .iter()
        .filter(|remark| matches!(remark.topic, Topic::StaleWaiver | Topic::Manifest) == is_of_files);
    let notification = |remark: &Remark, text: &String| {
        let severity = match remark.weight {
            Weight::Error => Severity::Error,
            Weight::Warning => Severity::Warning,
            Weight::Note => Severity::Note,
        };
        Notification::new(severity, &format!("{}: {text}", remark.topic.name()))
    };
    let each = chosen.flat_map(|remark| remark.each().iter().map(move |text| notification(remark, text)));
    each.collect()
}

/// Text as a message shows it: SARIF reads braces as places for arguments (3.11.5), and `[text](place)` as a link
/// (3.11.6).
fn message(text: &str) -> String {
    let text = printable(text).replace('{', "{{").replace('}', "}}");
    if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text }
}

impl Report for SarifReport {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::SeriesStarted { .. } => self.is_series = true,
            Event::Started(start) => self.start(start)?,
            Event::Warned { text } => {
                if let Some(run) = &mut self.run {
                    run.warnings.push(text.clone());
                }
            }
            Event::Finished(record) => self.case(record)?,
            Event::Ended(end) => self.end(end)?,
            Event::SeriesEnded(end) => {
                self.not_started(end)?;
                self.close_log()?;
            }
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        if !self.is_ended {
            return Err(super::unfinished_error());
        }
        self.out.finish().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn what_is_told_is_neither_a_place_for_an_argument_nor_a_link() {
        assert_eq!(message("{0} {\"a\":1}"), "{{0}} {{\"a\":1}}");
        assert_eq!(message("[x](http://y) [z]"), "\\[x\\](http://y) \\[z\\]");
        assert_eq!(message("$.items[0]"), "$.items[0]");
    }
}
