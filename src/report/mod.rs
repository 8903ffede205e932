//! Turns events into output. Reports never meet the run that the events come from.

mod json;
mod terminal;

use std::io;

use crate::event::Event;

pub use crate::plain::{printable, printable_in_place, printable_json};
pub use json::JsonReport;
pub use terminal::{Style, TerminalReport, Verbosity, case_text};

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
