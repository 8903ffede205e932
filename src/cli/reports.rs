//! The reports of a run, all fed from its events. Main type: [`Reports`].

use std::io;
use std::path::{Path, PathBuf};

use super::exit::CliError;
use super::note;
use super::output::Output;
use crate::event::Event;
use crate::report::{JsonReport, Report, TerminalReport};

/// How the terminal's report is named.
const STANDARD_OUTPUT: &str = "standard output";

/// The reports of a run, and whether each could be written so far.
pub(super) struct Reports {
    open: Vec<(PathBuf, Box<dyn Report>)>,
    failed: Vec<(PathBuf, io::Error)>,
}

impl Reports {
    /// The report on standard output, and every other that is asked for.
    pub(super) fn open(output: &Output) -> Result<Self, CliError> {
        let terminal = TerminalReport::new(io::BufWriter::new(io::stdout()), output.style);
        let mut open: Vec<(PathBuf, Box<dyn Report>)> =
            vec![(PathBuf::from(STANDARD_OUTPUT), Box::new(terminal))];
        for target in &output.reports {
            let report = JsonReport::new(&target.path)
                .map_err(|source| CliError::Report { path: target.path.clone(), source })?;
            open.push((target.path.clone(), Box::new(report)));
        }
        Ok(Self { open, failed: Vec::new() })
    }

    /// A report that fails is dropped; the others go on.
    pub(super) fn take(&mut self, event: &Event) {
        let mut position = 0;
        while position < self.open.len() {
            match self.open[position].1.take(event) {
                Ok(()) => position += 1,
                Err(error) => {
                    let (path, _) = self.open.remove(position);
                    self.failed.push((path, error));
                }
            }
        }
    }

    /// Finishes the reports. Whether all were written; a reader of standard output may go away.
    pub(super) fn close(mut self) -> bool {
        for (path, report) in self.open {
            if let Err(error) = report.close() {
                self.failed.push((path, error));
            }
        }
        let is_forgiven = |path: &Path, error: &io::Error| {
            path == Path::new(STANDARD_OUTPUT) && error.kind() == io::ErrorKind::BrokenPipe
        };
        self.failed.retain(|(path, error)| !is_forgiven(path, error));
        for (path, error) in &self.failed {
            note(&format!("error: the report {} cannot be written\n  because: {error}", path.display()));
        }
        self.failed.is_empty()
    }
}
