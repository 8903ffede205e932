//! The command line: reads arguments and environment, resolves settings, and prints.
//!
//! Nothing else in the crate reads the environment (but the test harness, which is a front end of its
//! own) or decides an exit code.

mod args;
mod certificate_text;
mod change_text;
mod command;
mod complete;
mod dry_run;
mod excerpt;
mod exit;
mod identity;
mod interrupt;
mod keyboard;
mod mutants_text;
mod output;
mod problem;
mod reports;
mod settings;
mod snapshots;
mod unnamed;
mod words;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::FromArgMatches;
use clap::error::ErrorKind;

use crate::report::printable;
use args::{Cli, program, refused_flag};
use exit::{CONFORMS, CliError, USAGE};

/// Runs the program: parses the arguments, does what they say, and gives the exit code.
pub fn main() -> ExitCode {
    match complete::answer(program) {
        Ok(false) => {}
        Ok(true) => return ExitCode::from(CONFORMS),
        Err(error) => return usage(&error),
    }
    let parsed = program().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let mut cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match unnamed::fill(&mut cli).and_then(|()| command::carry_out(cli)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => problem::report(&error),
    }
}

/// Help and version go to standard output and are not errors.
fn usage(error: &clap::Error) -> ExitCode {
    let is_asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if let Some(text) = refused_flag(error, env::args().nth(1).as_deref()) {
        note(&text);
        return ExitCode::from(USAGE);
    }
    // If even this cannot be written, the exit code still says it.
    let _ = error.print();
    ExitCode::from(if is_asked { CONFORMS } else { USAGE })
}

/// Writes to standard output. A reader that has gone away, as `head` does, is not an error.
pub(crate) fn print(text: &str) -> Result<u8, CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        Ok(()) | Err(_) => Ok(CONFORMS),
    }
}

/// Says something beside the report that may hold text of an endpoint.
fn remark(text: &str) {
    note(&printable(text));
}

/// Prints to standard error, beside the report. Errors are dropped, as the stream may be closed.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
