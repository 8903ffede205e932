//! Turns events into output. Reports never meet the run that the events come from.
//!
//! [`ReportFormat`] names the forms that a report may have; [`TerminalReport`] is the one for a person.

mod cause;
mod changes;
mod events;
mod excerpt;
mod github;
mod headline;
mod html;
mod json;
mod junit;
mod listed;
mod markdown;
mod merge;
mod remark;
mod repeat;
mod row_table;
mod sarif;
mod schema;
mod sink;
mod tap;
mod terminal;
mod wire;

use crate::model::named;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use crate::event::Event;

pub use crate::plain::{printable, printable_in_place, printable_json};
pub use cause::{Code, Waivable, similar, waivable};
pub use events::{EventReport, event_line};
pub use github::{GithubReport, Shielded};
pub use html::HtmlReport;
pub use json::JsonReport;
pub use junit::JunitReport;
pub use markdown::MarkdownReport;
pub use merge::{PartMismatch, merge_ends, merge_starts};
pub use repeat::{Repeat, SERVED, set_up_line};
pub use sarif::SarifReport;
pub use schema::FormatSchema;
pub use sink::Sink;
pub use tap::TapReport;
#[cfg(feature = "cli")]
pub use terminal::TerminalReport;
pub use terminal::{TerminalStyle, Verbosity, case_text};
pub use wire::read_event;

/// What is in each page of ours, those of reviews too.
pub(crate) const PAGE_MARK: &str = "<meta name=\"generator\" content=\"proofmark\">";

/// Something that listens to a run.
pub trait Report {
    /// Takes an event.
    ///
    /// # Errors
    /// Output that cannot be written.
    fn take(&mut self, event: &Event) -> io::Result<()>;

    /// Finishes the output: a file appears now, or not at all.
    ///
    /// # Errors
    /// Output that cannot be written.
    fn close(self: Box<Self>) -> io::Result<()>;
}

named! {
    /// The form of a report.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum ReportFormat {
        /// One object of JSON.
        Json = "json",
        /// The events as they come, one line of JSON each.
        Ndjson = "ndjson",
        /// `JUnit`'s XML.
        Junit = "junit",
        /// The Test Anything Protocol.
        Tap = "tap",
        /// A page of Markdown.
        Markdown = "markdown",
        /// Annotations for GitHub's CI.
        Github = "github",
        /// A page for people.
        Html = "html",
        /// SARIF, for code scanning.
        Sarif = "sarif",
    }
}

impl ReportFormat {
    /// Whether it shows the exchanges of cases that passed, so that a run has to keep them.
    pub fn wants_exchanges(self) -> bool {
        self == Self::Html
    }

    /// Whether a file begins as a report of this form does.
    pub fn begins(self, text: &str) -> bool {
        match self {
            Self::Json => text.starts_with("{\"format\":\"proofmark-report"),
            Self::Ndjson => {
                text.starts_with("{\"event\":") && text.contains("\"format\":\"proofmark-events\"")
            }
            Self::Junit => text.contains("<testsuites name=\"proofmark\""),
            Self::Tap => text.starts_with("TAP version 14\n"),
            Self::Markdown => text.starts_with("## proofmark"),
            Self::Github => text.starts_with("::"),
            Self::Html => text.starts_with("<!doctype html>") && text.contains(PAGE_MARK),
            Self::Sarif => text.starts_with("{\"$schema\":") && text.contains("{\"id\":\"proofmark/"),
        }
    }

    /// A report of this form; `below` is the folder of the run, relative to the workspace of a CI service.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn open(self, sink: Sink, below: &str) -> io::Result<Box<dyn Report>> {
        Ok(match self {
            Self::Json => Box::new(JsonReport::new(sink)),
            Self::Ndjson => Box::new(EventReport::new(sink)),
            Self::Junit => Box::new(JunitReport::new(sink)?),
            Self::Tap => Box::new(TapReport::new(sink)?),
            Self::Markdown => Box::new(MarkdownReport::new(sink)),
            Self::Github => Box::new(GithubReport::new(sink, below)),
            Self::Html => Box::new(HtmlReport::new(sink)),
            Self::Sarif => Box::new(SarifReport::new(sink, below)),
        })
    }
}

impl FromStr for ReportFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        let found = Self::of_word(text);
        found.ok_or_else(|| format!("there is no format `{text}`; the formats are {names}"))
    }
}

/// Why a report of a run that broke off does not appear.
fn unfinished_error() -> io::Error {
    io::Error::other("the run did not come to an end")
}

/// A duration in seconds, to the millisecond.
fn seconds(elapsed: Duration) -> String {
    format!("{:.3}", elapsed.as_secs_f64())
}
