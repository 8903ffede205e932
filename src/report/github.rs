//! Annotations for GitHub's CI: workflow commands that show each cause at the line of a case, in a file or a pull
//! request.
//!
//! Syntax and escapes after "Workflow commands for GitHub Actions" (docs.github.com/actions).

use std::io::{self, Write};

use super::Report;
use super::cause::{Cause, Causes};
use super::headline::{HeadlineKind, headline, is_listed, kind};
use super::remark::{Remark, Weight, remarks, series_remarks};
use super::sink::Sink;
use crate::event::{Event, RunEnd, RunStart};
use crate::model::{CaseRecord, plural};
use crate::plain::printable;

/// How many annotations are written of each kind. GitHub shows ten of a kind for a step, and drops the rest unsaid.
const SHOWN: usize = 10;

/// The most characters of an annotation: GitHub cuts at 4,096 bytes.
const LONGEST: usize = 2000;

/// Writes workflow commands, all at the end: the report for a person may go the same way.
#[derive(Debug)]
pub struct GithubReport {
    out: Sink,
    /// The folder that the program runs in, below the workspace; empty for the workspace itself.
    below: String,
    /// The run that is under way.
    start: Option<RunStart>,
    /// Annotations about runs as a whole: what fails them, and what is doubtful.
    notes: Annotations,
    doubts: Annotations,
    broken: Annotations,
    unknown: Annotations,
    warnings: Annotations,
    /// The causes of the run that is under way.
    causes: Causes,
}

/// The first annotations of one kind, and how many there are.
#[derive(Debug, Default)]
struct Annotations {
    first: Vec<String>,
    count: usize,
}

impl Annotations {
    fn add(&mut self, line: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(line());
        }
    }
}

impl GithubReport {
    /// A report to `sink`; `below` is the folder of the run, relative to the workspace.
    pub fn new(sink: Sink, below: impl Into<String>) -> Self {
        let [notes, doubts, broken, unknown, warnings] = [(); 5].map(|()| Annotations::default());
        let causes = Causes::default();
        Self { out: sink, below: below.into(), start: None, notes, doubts, broken, unknown, warnings, causes }
    }

    fn case(&mut self, record: &CaseRecord) {
        self.causes.add(record);
        if matches!(kind(record), HeadlineKind::Flaky | HeadlineKind::Waived) && is_listed(record) {
            let below = &self.below;
            self.warnings.add(|| at_case(record, below));
        }
    }

    /// A cause each. Whatever is a case that could not be decided comes last.
    fn causes(&mut self) {
        let causes = std::mem::take(&mut self.causes);
        for cause in causes.causes_in_order() {
            let annotations = if cause.code.is_of_an_answer() { &mut self.broken } else { &mut self.unknown };
            let below = &self.below;
            annotations.add(|| at_cause(&causes, cause, below));
        }
        self.unknown.count += causes.others();
    }

    fn end(&mut self, end: &RunEnd) {
        self.causes();
        let all = self.start.take().map(|start| remarks(&start, &[], end)).unwrap_or_default();
        for remark in &all {
            self.remark(remark);
        }
    }

    /// What is only worth knowing is in the summary of the step: GitHub shows few annotations.
    fn remark(&mut self, remark: &Remark) {
        let (annotations, command) = match remark.weight {
            Weight::Error => (&mut self.notes, "error"),
            Weight::Warning => (&mut self.doubts, "warning"),
            Weight::Note => return,
        };
        annotations.add(|| note(command, remark.topic.name(), &remark.whole()));
    }

    /// The lines: first those about the whole run, last those about inconclusive cases.
    fn lines(&self) -> Vec<String> {
        let errors = [&self.notes, &self.broken, &self.unknown];
        let count: usize = errors.iter().map(|errors| errors.count).sum();
        let shown = if count > SHOWN { SHOWN - 1 } else { count };
        let first = errors.iter().flat_map(|errors| &errors.first).take(shown);
        let warnings = self.doubts.first.iter().chain(&self.warnings.first).take(SHOWN);
        let mut lines: Vec<String> = first.chain(warnings).cloned().collect();
        if count > shown {
            let hidden = count - shown;
            lines.push(format!("::error title=proofmark::and {hidden} more, listed in the log"));
        }
        lines
    }
}

/// A cause, at the line of the case that shows it.
fn at_cause(causes: &Causes, cause: &Cause, below: &str) -> String {
    let Cause { code, cases, example, .. } = cause;
    let plural = plural(*cases, "", "s");
    let title = format!("{}: {cases} case{plural}, such as {}", code.name(), example.case);
    let mut lines = vec![causes.line(cause)];
    lines.extend(example.unstable.clone());
    if code.is_of_an_answer() {
        lines.push(format!("expected: {}", example.expected));
        lines.push(format!("got: {}", example.actual));
    }
    lines.extend(example.because.as_ref().map(|because| format!("because: {because}")));
    lines.extend(example.answer.iter().cloned());
    let text: String = lines.join("\n").chars().take(LONGEST).collect();
    at("error", &example.file.display().to_string(), example.line, &title, &text, below)
}

/// A case that does not fail the run.
fn at_case(record: &CaseRecord, below: &str) -> String {
    let title = format!("{} {}", record.verdict.name(), record.id);
    let path = record.spot.file.path.display().to_string();
    at("warning", &path, record.spot.line(), &title, &headline(record), below)
}

fn at(command: &str, path: &str, line: usize, title: &str, text: &str, below: &str) -> String {
    let file = if below.is_empty() { path.to_owned() } else { format!("{below}/{path}") };
    let (file, title, text) = (property(&file), property(title), message(text));
    format!("::{command} file={file},line={line},title={title}::{text}")
}

/// An annotation that belongs to no file.
fn note(command: &str, title: &str, text: &str) -> String {
    format!("::{command} title={title}::{}", message(text))
}

/// What a command says: `%` and ends of lines are escaped, and nothing else acts.
fn message(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    printable(&text).into_owned()
}

/// The value of a property, in which `:` and `,` are escaped too.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

impl Report for GithubReport {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Warned { text } => self.doubts.add(|| note("warning", "proofmark", text)),
            Event::Finished(record) => self.case(record),
            Event::Ended(end) => self.end(end),
            Event::Started(start) => {
                self.causes = Causes::of(start);
                self.start = Some(start.clone());
            }
            Event::SeriesStarted { .. } => {}
            Event::SeriesEnded(end) => {
                for remark in &series_remarks(end) {
                    self.remark(remark);
                }
            }
        }
        Ok(())
    }

    fn close(mut self: Box<Self>) -> io::Result<()> {
        for line in self.lines() {
            writeln!(self.out, "{line}")?;
        }
        self.out.finish().map(|_| ())
    }
}

/// Another report, whose lines a CI service does not take for commands: an answer in it may look like one.
pub struct Shielded {
    inner: Box<dyn Report>,
    out: Box<dyn Write>,
    token: String,
}

impl Shielded {
    /// Shields a report that goes to `out`. The `token` ends the shield, so it must not be guessable.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn new(
        inner: Box<dyn Report>,
        mut out: Box<dyn Write>,
        token: impl Into<String>,
    ) -> io::Result<Self> {
        let token = token.into();
        writeln!(out, "::stop-commands::{token}")?;
        out.flush()?;
        Ok(Self { inner, out, token })
    }
}

impl Report for Shielded {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        self.inner.take(event)
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        let Self { inner, mut out, token } = *self;
        let closed = inner.close();
        // The shield ends also where the report failed.
        writeln!(out, "::{token}::").and_then(|()| out.flush())?;
        closed
    }
}
