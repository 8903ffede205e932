//! Annotations for GitHub's CI: workflow commands that show a failing case at its line, in a file or a pull request.
//!
//! Syntax and escapes after "Workflow commands for GitHub Actions" (docs.github.com/actions).

use std::io::{self, Write};

use super::Report;
use super::headline::{Kind, headline, is_listed, kind};
use super::sink::Sink;
use crate::event::{Event, RunEnd};
use crate::model::CaseRecord;
use crate::plain::printable;

/// How many annotations are written of each kind. GitHub shows ten of a kind for a step, and drops the rest unsaid.
const SHOWN: usize = 10;

/// Writes workflow commands, all at the end: the report for a person may go the same way.
#[derive(Debug)]
pub struct GithubReport {
    out: Sink,
    lines: Vec<String>,
    /// The folder that the program runs in, below the workspace; empty for the workspace itself.
    below: String,
    errors: usize,
    warnings: usize,
}

impl GithubReport {
    /// A report to `sink`; `below` is the folder of the run, relative to the workspace.
    pub fn new(sink: Sink, below: impl Into<String>) -> Self {
        Self { out: sink, lines: Vec::new(), below: below.into(), errors: 0, warnings: 0 }
    }

    fn case(&mut self, record: &CaseRecord) {
        if !is_listed(record) {
            return;
        }
        let command = match kind(record) {
            Kind::Passed | Kind::Skipped => return,
            Kind::Broken | Kind::Unknown => "error",
            Kind::Flaky | Kind::Waived => "warning",
        };
        if !self.has_room(command) {
            return;
        }
        let path = record.spot.file.path.display().to_string();
        let file = if self.below.is_empty() { path } else { format!("{}/{path}", self.below) };
        let title = format!("{} {}", record.verdict.name(), record.id);
        let (file, line) = (property(&file), record.spot.line());
        let (title, text) = (property(&title), message(&headline(record)));
        self.lines.push(format!("::{command} file={file},line={line},title={title}::{text}"));
    }

    /// An annotation that belongs to no file.
    fn note(&mut self, command: &str, title: &str, text: &str) {
        if self.has_room(command) {
            self.lines.push(format!("::{command} title={title}::{}", message(text)));
        }
    }

    /// Counts one more, and says whether it is still shown.
    fn has_room(&mut self, command: &str) -> bool {
        let count = if command == "error" { &mut self.errors } else { &mut self.warnings };
        *count += 1;
        // The last place of errors is kept for what the whole run comes to.
        *count < SHOWN
    }

    fn end(&mut self, end: &RunEnd) {
        for stale in &end.stale_waivers {
            self.note("error", "stale waiver", stale);
        }
        if let Some(stopped) = &end.stopped {
            self.note("error", "proofmark", &stopped.reason());
        }
    }
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
            Event::Warned { text } => self.note("warning", "proofmark", text),
            Event::Finished(record) => self.case(record),
            Event::Ended(end) => self.end(end),
            Event::SeriesStarted { .. } | Event::Started(_) | Event::SeriesEnded(_) => {}
        }
        Ok(())
    }

    fn close(mut self: Box<Self>) -> io::Result<()> {
        let hidden = self.errors.saturating_sub(SHOWN - 1);
        if hidden > 0 {
            self.lines.push(format!("::error title=proofmark::and {hidden} more, which the log tells"));
        }
        for line in &self.lines {
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
