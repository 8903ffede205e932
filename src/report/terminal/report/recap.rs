//! What failed, once more at the end, where something else stands between. Main type: [`Recap`].
//!
//! It waits in a spool, so memory does not grow with the cases that fail.

use std::io::{self, Write};

use crate::whole_file::Spool;

/// The cases that stand in the way of conformance, as they were told.
#[derive(Default)]
pub(super) struct Recap {
    spool: Spool,
    cases: usize,
    /// Whether something else was told since the first of them.
    is_scattered: bool,
}

impl Recap {
    /// Keeps what was told of a case that stands in the way.
    pub(super) fn keep(&mut self, text: &[u8]) -> io::Result<()> {
        self.cases += 1;
        self.spool.write_all(text)
    }

    /// Notes that something else was told.
    pub(super) fn interrupted(&mut self) {
        self.is_scattered |= self.cases > 0;
    }

    /// How many cases there are to be told once more; none where they stand together already, just above the end.
    pub(super) fn due(&self) -> Option<usize> {
        self.is_scattered.then_some(self.cases)
    }

    /// Writes all of them.
    pub(super) fn pour(self, out: &mut impl Write) -> io::Result<()> {
        self.spool.pour(out)
    }
}
