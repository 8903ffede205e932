//! Where output goes and what it looks like: flag, then environment, then default. Main type: [`Output`].

use std::env;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use super::args::{ColourChoice, RunArgs};
use super::exit::CliError;
use crate::report::{Style, Verbosity};

/// How a run is told, and where.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) style: Style,
    pub(super) reports: Vec<ReportTarget>,
}

impl Output {
    /// Resolves what arguments and environment say.
    pub(super) fn resolve(args: &RunArgs) -> Result<Self, CliError> {
        let reports = args.report.iter().map(|text| report(text)).collect::<Result<_, _>>()?;
        Ok(Self { style: style(args), reports })
    }
}

/// What the environment says about output.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    no_colour: bool,
    force_colour: bool,
    term: String,
    columns: Option<usize>,
}

impl Surroundings {
    /// Reads `NO_COLOR` (no-color.org), `CLICOLOR_FORCE`, `TERM` and `COLUMNS`.
    pub(super) fn read() -> Self {
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        Self {
            no_colour: is_set("NO_COLOR"),
            force_colour: is_set("CLICOLOR_FORCE"),
            term: env::var("TERM").unwrap_or_default(),
            columns: env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
        }
    }

    pub(super) fn allows_colour(&self, is_terminal: bool) -> bool {
        !self.no_colour && (self.force_colour || (is_terminal && self.term != "dumb"))
    }

    pub(super) fn is_dumb(&self, is_terminal: bool) -> bool {
        is_terminal && self.term == "dumb"
    }

    pub(super) fn width(&self) -> usize {
        self.columns.or_else(|| Some(usize::from(console_width()?))).unwrap_or(80).clamp(40, 200)
    }

    /// The width of what goes to standard output; 80 where it is no terminal and nothing says otherwise.
    pub(super) fn output_width(&self) -> usize {
        let console = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
        self.columns.or(console).unwrap_or(80).clamp(20, 200)
    }
}

fn console_width() -> Option<u16> {
    terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0)
}

/// Where a report goes.
#[derive(Debug)]
pub(super) struct ReportTarget {
    pub(super) path: PathBuf,
}

fn style(args: &RunArgs) -> Style {
    let surroundings = Surroundings::read();
    let is_terminal = io::stdout().is_terminal();
    Style {
        is_coloured: match args.color {
            ColourChoice::Auto => surroundings.allows_colour(is_terminal),
            ColourChoice::Always => true,
            ColourChoice::Never => false,
        },
        has_progress: is_terminal && io::stderr().is_terminal() && !surroundings.is_dumb(true) && !args.quiet,
        verbosity: match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        },
    }
}

fn report(text: &str) -> Result<ReportTarget, CliError> {
    match text.split_once('=') {
        Some(("json", path)) if !path.is_empty() => Ok(ReportTarget { path: PathBuf::from(path) }),
        Some((format, _)) => Err(CliError::Usage {
            message: format!("--report: there is no format `{format}`"),
            hint: Some("write --report json=PATH".into()),
        }),
        None => Err(CliError::Usage {
            message: format!("--report: `{text}` names no format"),
            hint: Some("write --report json=PATH".into()),
        }),
    }
}
