//! Annotations for GitHub's CI: workflow commands that show a failing case at its line, in a file or a pull request.
//!
//! Syntax and escapes after "Workflow commands for GitHub Actions" (docs.github.com/actions).

use std::io::{self, Write};

use super::Report;
use super::excerpt::{excerpt, failing};
use super::headline::TOLD;
use super::headline::{Kind, headline, is_listed, kind};
use super::sink::Sink;
use crate::event::{Event, RunEnd};
use crate::model::{CaseRecord, Drift};
use crate::plain::printable;

/// How many annotations are written of each kind. GitHub shows ten of a kind for a step, and drops the rest unsaid.
const SHOWN: usize = 10;

/// Writes workflow commands, all at the end: the report for a person may go the same way.
#[derive(Debug)]
pub struct GithubReport {
    out: Sink,
    /// The folder that the program runs in, below the workspace; empty for the workspace itself.
    below: String,
    /// What is told of runs as a whole.
    notes: Annotations,
    broken: Annotations,
    unknown: Annotations,
    warnings: Annotations,
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
        let [notes, broken, unknown, warnings] = [(); 4].map(|()| Annotations::default());
        Self { out: sink, below: below.into(), notes, broken, unknown, warnings }
    }

    fn case(&mut self, record: &CaseRecord) {
        if !is_listed(record) {
            return;
        }
        let (command, annotations) = match kind(record) {
            Kind::Passed | Kind::StartedAgain | Kind::Skipped => return,
            Kind::Broken => ("error", &mut self.broken),
            Kind::Unknown => ("error", &mut self.unknown),
            Kind::Flaky | Kind::Waived => ("warning", &mut self.warnings),
        };
        let below = &self.below;
        annotations.add(|| at_case(command, record, below));
    }

    fn end(&mut self, end: &RunEnd) {
        for stale in &end.stale_waivers {
            self.notes.add(|| note("error", "stale waiver", stale));
        }
        if let Some(drift) = end.drift.as_ref().filter(|drift| !drift.is_empty()) {
            self.notes.add(|| note("error", "manifest", &told(drift)));
        }
        if let Some(stopped) = &end.stopped {
            self.notes.add(|| note("error", "proofmark", &stopped.reason()));
        }
    }

    /// The lines, of which those of the whole come first, and of what could not be found out last.
    fn lines(&self) -> Vec<String> {
        let errors = [&self.notes, &self.broken, &self.unknown];
        let count: usize = errors.iter().map(|errors| errors.count).sum();
        let shown = if count > SHOWN { SHOWN - 1 } else { count };
        let first = errors.iter().flat_map(|errors| &errors.first).take(shown);
        let mut lines: Vec<String> = first.chain(&self.warnings.first).cloned().collect();
        if count > shown {
            let hidden = count - shown;
            lines.push(format!("::error title=proofmark::and {hidden} more, which the log tells"));
        }
        lines
    }
}

/// In what the suite is not the one that is meant, with the first differences.
fn told(drift: &Drift) -> String {
    format!("{drift}: {}", drift.lines(TOLD).join(", "))
}

/// An annotation at the line of a case.
fn at_case(command: &str, record: &CaseRecord, below: &str) -> String {
    let path = record.spot.file.path.display().to_string();
    let file = if below.is_empty() { path } else { format!("{below}/{path}") };
    let title = format!("{} {}", record.verdict.name(), record.id);
    let (file, line) = (property(&file), record.spot.line());
    let answer = failing(record).next().map(|exchange| excerpt(&exchange.answer).join("\n"));
    let text = std::iter::once(headline(record)).chain(answer).collect::<Vec<_>>().join("\n");
    let (title, text) = (property(&title), message(&text));
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
            Event::Warned { text } => self.warnings.add(|| note("warning", "proofmark", text)),
            Event::Finished(record) => self.case(record),
            Event::Ended(end) => self.end(end),
            Event::SeriesStarted { .. } | Event::Started(_) | Event::SeriesEnded(_) => {}
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

/// Another report, whose lines no CI service takes for commands: an answer that is told may look like one.
pub struct Shielded {
    inner: Box<dyn Report>,
    out: Box<dyn Write>,
    token: String,
}

impl Shielded {
    /// Shields a report that goes to `out`; nobody may guess `token`, since it ends the shield.
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
        // Whatever became of the report, commands are taken again.
        writeln!(out, "::{token}::").and_then(|()| out.flush())?;
        closed
    }
}
