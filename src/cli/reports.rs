//! The reports of a run, all fed from its events. Main type: [`Reports`].

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::exit::CliError;
use super::note;
use super::output::{Output, ReportDestination, ReportTarget, below_workspace, is_on_github};
use crate::app::{Keep, OutputKind};
use crate::event::Event;
use crate::report::{Report, ReportFormat, Shielded, Sink, TerminalReport, TerminalStyle};
use crate::run::random_seed;

/// How the terminal's report is named.
const STANDARD_OUTPUT: &str = "standard output";

/// The report for a person, and what it is written to.
fn terminal_report(style: TerminalStyle, is_output_taken: bool) -> io::Result<(PathBuf, Box<dyn Report>)> {
    let out = || -> Box<dyn Write> {
        if is_output_taken { Box::new(io::stderr()) } else { Box::new(io::stdout()) }
    };
    let name = if is_output_taken { "standard error" } else { STANDARD_OUTPUT };
    let report = Box::new(TerminalReport::new(BufWriter::new(out()), style));
    if !is_on_github() {
        return Ok((PathBuf::from(name), report));
    }
    let token = format!("{:016x}{:016x}", random_seed(), random_seed());
    Ok((PathBuf::from(name), Box::new(Shielded::new(report, out(), token)?)))
}

/// The reports of a run, and whether each could be written so far.
pub(super) struct Reports {
    open: Vec<(PathBuf, Box<dyn Report>)>,
    failed: Vec<(PathBuf, io::Error)>,
}

impl Reports {
    /// The report for a person, and every other that is asked for.
    ///
    /// The one for a person goes to standard error where another has standard output to itself.
    ///
    /// # Errors
    /// A report that would replace what it must not, or that cannot be written.
    pub(super) fn open(output: &Output, mut keep: Keep) -> Result<Self, CliError> {
        for target in &output.reports {
            match &target.place {
                ReportDestination::File(path) => keep.allow(path, OutputKind::Report(target.format))?,
                ReportDestination::After(path) => keep.spare(path)?,
                ReportDestination::StandardOutput => {}
            }
        }
        let has_output = |target: &ReportTarget| target.place == ReportDestination::StandardOutput;
        let is_taken =
            output.reports.iter().any(|target| has_output(target) && target.format != ReportFormat::Github);
        let mut open = vec![terminal_report(output.style, is_taken).map_err(CliError::Output)?];
        for target in &output.reports {
            let path = match &target.place {
                ReportDestination::File(path) | ReportDestination::After(path) => path.clone(),
                ReportDestination::StandardOutput => PathBuf::from(STANDARD_OUTPUT),
            };
            let sink = match &target.place {
                ReportDestination::File(path) => Sink::file(path),
                ReportDestination::After(path) => Ok(Sink::after(path)),
                ReportDestination::StandardOutput => Ok(Sink::standard_output()),
            };
            let report = sink.and_then(|sink| target.format.open(sink, &below_workspace()));
            let report = report.map_err(|source| CliError::Report { path: path.clone(), source })?;
            open.push((path, report));
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
