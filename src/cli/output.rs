//! Where output goes and what it looks like: flag, then environment, then default. Main type: [`Output`].

use std::env;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use super::args::{ColourChoice, OutputArgs};
use super::exit::CliError;
use crate::report::{ReportFormat, TerminalStyle, Verbosity};

/// How a run is reported, and where.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) style: TerminalStyle,
    pub(super) reports: Vec<ReportTarget>,
    /// Whether files of another kind may be replaced.
    pub(super) is_forced: bool,
}

impl Output {
    /// Resolves what arguments and environment say.
    pub(super) fn resolve(args: &OutputArgs) -> Result<Self, CliError> {
        Ok(Self { style: style(args), reports: reports(&args.report)?, is_forced: args.force })
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

    /// The width of what goes to standard output; 80 if that is not a terminal and no setting gives a width.
    pub(super) fn output_width(&self) -> usize {
        let console = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
        self.columns.or(console).unwrap_or(80).clamp(20, 200)
    }

    /// The same for text with digests and addresses that users copy: lines stay whole if it is not a terminal.
    pub(super) fn width_of_copied(&self) -> usize {
        let is_bounded = self.columns.is_some() || io::stdout().is_terminal();
        if is_bounded { self.output_width() } else { usize::MAX }
    }
}

fn console_width() -> Option<u16> {
    terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0)
}

/// A report in a format for machines, and where it goes.
#[derive(Debug)]
pub(super) struct ReportTarget {
    pub(super) format: ReportFormat,
    pub(super) place: ReportDestination,
}

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReportDestination {
    /// A file of its own.
    File(PathBuf),
    /// The end of a file that others write to as well.
    After(PathBuf),
    /// Standard output.
    StandardOutput,
}

fn style(args: &OutputArgs) -> TerminalStyle {
    let surroundings = Surroundings::read();
    let is_terminal = io::stdout().is_terminal();
    TerminalStyle {
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
        width: is_terminal.then(|| surroundings.output_width()),
        leaves_files: false,
    }
}

fn report(text: &str) -> Result<ReportTarget, CliError> {
    let wrong = |message: String| CliError::Usage {
        message: format!("--report: {message}"),
        hint: Some("write --report FORMAT=PATH, such as junit=report.xml; `-` is standard output".into()),
    };
    let (format, path) = match text.split_once('=') {
        Some((format, path)) if !path.is_empty() => (format, path),
        Some(_) => return Err(wrong(format!("`{text}` names no place"))),
        None => return Err(wrong(format!("`{text}` names no format"))),
    };
    let format = format.parse().map_err(wrong)?;
    let place = if path == "-" {
        ReportDestination::StandardOutput
    } else {
        ReportDestination::File(PathBuf::from(path))
    };
    Ok(ReportTarget { format, place })
}

/// The reports that `--report` asks for, and those that a CI service takes without being asked.
pub(super) fn reports(args: &[String]) -> Result<Vec<ReportTarget>, CliError> {
    let mut reports: Vec<ReportTarget> = args.iter().map(|text| report(text)).collect::<Result<_, _>>()?;
    let on_output = |target: &&ReportTarget| target.place == ReportDestination::StandardOutput;
    if reports.iter().filter(on_output).count() > 1 {
        return Err(CliError::usage("--report: two reports cannot both go to standard output"));
    }
    if is_on_github() {
        // Commands are read from both outputs; a report for a program keeps standard output to itself.
        let is_free = !reports.iter().any(|target| on_output(&target));
        let is_asked = |format| reports.iter().any(|target| target.format == format);
        let (annotates, sums_up) =
            (is_free && !is_asked(ReportFormat::Github), !is_asked(ReportFormat::Markdown));
        if annotates {
            reports.push(ReportTarget {
                format: ReportFormat::Github,
                place: ReportDestination::StandardOutput,
            });
        }
        let summary = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| sums_up && !path.is_empty());
        reports.extend(summary.map(|path| ReportTarget {
            format: ReportFormat::Markdown,
            place: ReportDestination::After(PathBuf::from(path)),
        }));
    }
    Ok(reports)
}

/// Whether GitHub's CI reads what is said here.
pub(super) fn is_on_github() -> bool {
    env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true")
}

/// The folder that the program runs in, below the workspace of GitHub's CI; empty anywhere else.
pub(super) fn below_workspace() -> String {
    let Some(workspace) = env::var_os("GITHUB_WORKSPACE").map(PathBuf::from) else {
        return String::new();
    };
    let here = env::current_dir().ok();
    let below = here.as_deref().and_then(|here| here.strip_prefix(workspace).ok());
    below.map(|path| path.display().to_string()).unwrap_or_default()
}
