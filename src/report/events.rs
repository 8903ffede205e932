//! The report as the events themselves, one line of JSON each, as they come: for programs that follow a run, and for
//! other reports to be made of later.

use std::io::{self, Write};

use super::Report;
use super::sink::Sink;
use super::wire::write_event;
use crate::event::Event;
use crate::plain::printable_json;

/// Writes events as lines.
#[derive(Debug)]
pub struct EventReport {
    out: Sink,
}

impl EventReport {
    /// A report to `sink`.
    pub fn new(sink: Sink) -> Self {
        Self { out: sink }
    }
}

/// The line of an event, as this report has it, without its end.
///
/// # Errors
/// None that is known: what an event holds can be written.
pub fn event_line(event: &Event) -> io::Result<String> {
    Ok(printable_json(&write_event(event)?).into_owned())
}

impl Report for EventReport {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        writeln!(self.out, "{}", event_line(event)?)?;
        self.out.follow()
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        self.out.finish().map(|_| ())
    }
}
