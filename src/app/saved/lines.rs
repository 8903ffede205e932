//! A file of events, read line by line. Main type: [`EventLines`].

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::event::Event;
use crate::report::read_event;

/// The longest line of an events file, in bytes: some answers of the greatest size, each byte as six.
pub(in crate::app) const LONGEST_LINE: u64 = 256 * 1024 * 1024;

/// A line that was read, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::app) enum EventLine {
    Whole(Vec<u8>),
    /// The file ends without an end of the line.
    CutOff,
    TooLong,
    /// There are no more.
    None,
}

/// Reads a line of at most so many bytes.
pub(in crate::app) fn next_line(lines: &mut impl BufRead, longest: u64) -> io::Result<EventLine> {
    let mut line = Vec::new();
    lines.take(longest + 1).read_until(b'\n', &mut line)?;
    Ok(match line.pop() {
        None => EventLine::None,
        Some(b'\n') => EventLine::Whole(line),
        Some(_) if line.len() as u64 >= longest => EventLine::TooLong,
        Some(_) => EventLine::CutOff,
    })
}

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
        let line = next_line(&mut self.lines, LONGEST_LINE);
        let line = line.map_err(|source| AppError::Events { path: self.path.clone(), source })?;
        match line {
            EventLine::None => Ok(None),
            EventLine::CutOff => Err(self.wrong("the line is cut off")),
            EventLine::TooLong => Err(self.wrong(format!("the line has more than {LONGEST_LINE} bytes"))),
            EventLine::Whole(line) => {
                let text = std::str::from_utf8(&line).map_err(|error| self.wrong(error.to_string()))?;
                read_event(text).map(Some).map_err(|error| self.wrong(error.to_string()))
            }
        }
    }

    /// That the line that was read last is wrong.
    pub(super) fn wrong(&self, reason: impl Into<String>) -> AppError {
        AppError::NoEvents { path: self.path.clone(), line: self.number, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::{EventLine, next_line};

    #[test]
    fn a_line_is_as_long_as_it_may_be_and_no_longer() {
        let read = |text: &str| next_line(&mut text.as_bytes(), 4).unwrap();
        assert_eq!(read("abcd\ne"), EventLine::Whole(b"abcd".to_vec()));
        assert_eq!(read("abcde\n"), EventLine::TooLong);
        assert_eq!(read("abcd"), EventLine::CutOff);
        assert_eq!(read(""), EventLine::None);
        assert_eq!(read("\n"), EventLine::Whole(Vec::new()));
    }
}
