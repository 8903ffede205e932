//! Events as lines of JSON, and back: format `proofmark-events`, version 1, described in docs/reports.md.
//!
//! The forms of the file start with `Raw`. What is read back gives every report what the run gave it.

mod case;
mod changes;
mod citation;
mod contract;
mod exchange;
mod run;
#[cfg(test)]
mod tests;
mod verdict;

pub(super) use changes::RawChanges;
pub(super) use citation::RawCitation;

use std::io;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::model::IdError;
use case::RawCase;
use run::{RawEnd, RawSeriesEnd, RawStart};

/// The name of the format, which is in each line that begins a run.
const FORMAT: &str = "proofmark-events";

/// The version of the format: a reader may rely on keys staying within one.
const VERSION: u32 = 1;

/// Why a line is not an event.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// It is not JSON, or not of this form.
    #[error("this is not a line of an event log: {0}")]
    Form(#[from] serde_json::Error),
    /// It is of another format, or of a version that is not known here.
    #[error("this is `{format}` version {version}; `{FORMAT}` version {VERSION} can be read")]
    Version {
        /// The format.
        format: String,
        /// Its version.
        version: u32,
    },
    /// A case has no such id.
    #[error("`{text}` is not an id of a case: {reason}")]
    Id {
        /// The text that was read.
        text: String,
        /// Why it is not an id.
        reason: IdError,
    },
    /// A value is not a valid one.
    #[error("`{found}` is not a valid {what}")]
    InvalidValue {
        /// The kind of value that was expected.
        what: &'static str,
        /// The value that was read.
        found: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "of the large ones there is one in a run")]
enum RawEvent {
    SeriesStarted { endpoints: Vec<String> },
    Started(RawStart),
    Warned { text: String },
    Finished(Box<RawCase>),
    Ended(RawEnd),
    SeriesEnded(RawSeriesEnd),
}

/// The line of an event, without its end.
pub(super) fn write_event(event: &Event) -> io::Result<String> {
    let raw = match event {
        Event::SeriesStarted { endpoints } => RawEvent::SeriesStarted { endpoints: endpoints.clone() },
        Event::Started(start) => RawEvent::Started(start.into()),
        Event::Warned { text } => RawEvent::Warned { text: text.clone() },
        Event::Finished(record) => RawEvent::Finished(Box::new((&**record).into())),
        Event::Ended(end) => RawEvent::Ended(end.into()),
        Event::SeriesEnded(end) => RawEvent::SeriesEnded(end.into()),
    };
    Ok(serde_json::to_string(&raw)?)
}

/// The event of a line.
///
/// # Errors
/// A line that is not an event of this format and version.
pub fn read_event(line: &str) -> Result<Event, WireError> {
    Ok(match serde_json::from_str(line)? {
        RawEvent::SeriesStarted { endpoints } => Event::SeriesStarted { endpoints },
        RawEvent::Started(start) => Event::Started(start.try_into()?),
        RawEvent::Warned { text } => Event::Warned { text },
        RawEvent::Finished(case) => Event::Finished(Box::new((*case).try_into()?)),
        RawEvent::Ended(end) => Event::Ended(end.try_into()?),
        RawEvent::SeriesEnded(end) => Event::SeriesEnded(end.try_into()?),
    })
}

/// A duration as whole microseconds.
fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
