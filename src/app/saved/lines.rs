//! A file of events, read line by line. Main type: [`EventLines`].

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::event::Event;
use crate::report::read_event;

/// The longest line of an events file, in bytes: some answers of the greatest size, each byte as six.
const LONGEST_LINE: u64 = 256 * 1024 * 1024;

/// What a run wrote with `--report ndjson`.
pub(super) struct EventLines {
    path: PathBuf,
    lines: BufReader<File>,
    /// The number of the line that was read last.
    number: usize,
}

impl EventLines {
    pub(super) fn open(path: &Path) -> Result<Self, AppError> {
        let unreadable = |source| AppError::Events { path: path.to_path_buf(), source };
        let lines = BufReader::new(File::open(path).map_err(unreadable)?);
        Ok(Self { path: path.to_path_buf(), lines, number: 0 })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The next event; none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Event>, AppError> {
        self.number += 1;
        let mut line = Vec::new();
        let read = self.lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        read.map_err(|source| AppError::Events { path: self.path.clone(), source })?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.last() != Some(&b'\n') {
            return Err(self.wrong("the line is cut off, or too long"));
        }
        let text = std::str::from_utf8(&line).map_err(|error| self.wrong(error.to_string()))?;
        read_event(text).map(Some).map_err(|error| self.wrong(error.to_string()))
    }

    /// That the line that was read last is wrong.
    pub(super) fn wrong(&self, reason: impl Into<String>) -> AppError {
        AppError::NoEvents { path: self.path.clone(), line: self.number, reason: reason.into() }
    }
}
