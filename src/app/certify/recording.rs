//! What a run said, as the lines of a bundle, in a file while it is not known what has to be around them. Main types:
//! [`Recorder`], while the run goes on, and [`EventRecording`], when it is over.

use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read, Seek, Write};

use crate::app::AppError;
use crate::event::{Event, RunEnd};
use crate::evidence::{BundleEvents, keep_for_evidence, kept_start};
use crate::model::Verdict;
use crate::report::event_line;
use crate::sign::{Redactor, Secrets};

/// Takes the events of a run, and writes its cases as they come.
pub(super) struct Recorder {
    redactor: Redactor,
    /// The start and what was doubtful, which come before the cases.
    head: Vec<u8>,
    cases: BufWriter<File>,
    length: u64,
    holds_secret: bool,
    /// The cases of which nothing is known.
    pub(super) unknown: Vec<String>,
    failed: Option<io::Error>,
}

impl Recorder {
    /// Writes to an empty file.
    pub(super) fn new(scratch: File, secrets: &Secrets) -> Self {
        Self {
            redactor: Redactor::new(secrets),
            head: Vec::new(),
            cases: BufWriter::new(scratch),
            length: 0,
            holds_secret: false,
            unknown: Vec::new(),
            failed: None,
        }
    }

    /// Takes an event; that it cannot be written is reported at the end.
    pub(super) fn take(&mut self, event: Event) {
        let written = match event {
            Event::Started(start) => {
                let event = Event::Started(kept_start(start));
                self.line(&event).map(|line| self.head.extend(line.into_bytes()))
            }
            Event::Warned { .. } => self.line(&event).map(|line| self.head.extend(line.into_bytes())),
            Event::Finished(record) => {
                if let Verdict::Inconclusive(_) = record.verdict {
                    self.unknown.push(record.id.to_string());
                }
                let line = self.line(&Event::Finished(Box::new(keep_for_evidence(*record))));
                line.and_then(|line| {
                    self.length += line.len() as u64;
                    self.cases.write_all(line.as_bytes())
                })
            }
            Event::Ended(_) | Event::SeriesStarted { .. } | Event::SeriesEnded(_) => Ok(()),
        };
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }

    /// The event in a line, in which no secret may be.
    fn line(&mut self, event: &Event) -> io::Result<String> {
        let mut line = event_line(event)?;
        self.holds_secret |= self.redactor.hide_bytes(line.as_bytes()).is_some();
        line.push('\n');
        Ok(line)
    }

    /// All that the run has said, which has ended so.
    ///
    /// # Errors
    /// A disk that is full.
    pub(super) fn finish(mut self, end: RunEnd) -> Result<EventRecording, AppError> {
        // Its text is that of the bundle but for counts, so a secret in it is one there too.
        self.line(&Event::Ended(end.clone())).map_err(AppError::Scratch)?;
        if let Some(error) = self.failed {
            return Err(AppError::Scratch(error));
        }
        let cases = self.cases.into_inner().map_err(|error| AppError::Scratch(error.into_error()))?;
        let Self { head, length, holds_secret, .. } = self;
        Ok(EventRecording { head, cases, length, holds_secret, end })
    }
}

/// What a run said.
#[derive(Debug)]
pub(super) struct EventRecording {
    head: Vec<u8>,
    cases: File,
    length: u64,
    /// Whether a secret of the endpoint is in it.
    pub(super) holds_secret: bool,
    /// How it ended.
    pub(super) end: RunEnd,
}

impl EventRecording {
    /// The lines of all events.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn lines(&self) -> Result<BundleEvents<impl Read>, AppError> {
        let mut end = event_line(&Event::Ended(self.end.clone())).map_err(AppError::Scratch)?;
        end.push('\n');
        let mut cases = &self.cases;
        cases.rewind().map_err(AppError::Scratch)?;
        let length = self.head.len() as u64 + self.length + end.len() as u64;
        let content = Cursor::new(&self.head).chain(cases).chain(Cursor::new(end.into_bytes()));
        Ok(BundleEvents { content, length })
    }
}
