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

impl Report for EventReport {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        let line = write_event(event)?;
        writeln!(self.out, "{}", printable_json(&line))?;
        self.out.follow()
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        self.out.finish().map(|_| ())
    }
}
