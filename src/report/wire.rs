//! Events as lines of JSON, and back: format `proofmark-events`, version 1, described in docs/reports.md.
//!
//! The form is that of `event` and `model`. What is read back gives every report what the run gave it.

#[cfg(test)]
mod tests;

use std::io;

use serde::Deserialize;

use crate::event::{Event, FORMAT, VERSION};

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
}

/// What a line that begins a run says of its format, whatever else it holds.
#[derive(Deserialize)]
struct LineHead {
    format: String,
    version: u32,
}

/// The line of an event, without its end.
pub(super) fn write_event(event: &Event) -> io::Result<String> {
    Ok(serde_json::to_string(event)?)
}

/// The event of a line.
///
/// # Errors
/// A line that is not an event of this format and version.
pub fn read_event(line: &str) -> Result<Event, WireError> {
    serde_json::from_str(line).map_err(|error| match serde_json::from_str(line) {
        Ok(LineHead { format, version }) if (format.as_str(), version) != (FORMAT, VERSION) => {
            WireError::Version { format, version }
        }
        Ok(_) | Err(_) => error.into(),
    })
}
