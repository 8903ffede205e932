//! The command line: reads arguments and environment, resolves settings, and prints.
//!
//! Nothing else in the crate reads the environment (but the test harness, which is a front end of its
//! own) or decides an exit code.

mod args;
mod certificate_command;
mod certificate_text;
mod certified_run;
mod certify_command;
mod change_text;
mod check_command;
mod coverage_command;
mod diff_command;
mod dry_run;
mod endpoints_command;
mod excerpt;
mod exit;
mod explain_command;
mod identity;
mod install;
mod interactive;
mod interrupt;
mod keep;
mod key_file;
mod keyboard;
mod keygen_command;
mod list_command;
mod manifest_command;
mod mutants_command;
mod mutants_text;
mod noise_command;
mod output;
mod page_command;
mod problem;
mod report_command;
mod reports;
mod review_command;
mod run_command;
mod schema_command;
mod serve_command;
mod settings;
mod show_command;
mod stale_command;
mod sweep_command;
mod verify_command;
mod watched;
mod words;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::FromArgMatches;
use clap::error::ErrorKind;

use args::{Cli, Command, program, refused_flag};
use exit::{CONFORMS, CliError, USAGE};

/// Runs the program: parses the arguments, does what they say, and gives the exit code.
pub fn main() -> ExitCode {
    let parsed = program().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let done = match cli.command {
        None => run_command::run(&cli.run),
        Some(Command::Run(args)) => run_command::run(&args),
        Some(Command::List(args)) => list_command::list(&args),
        Some(Command::Show(args)) => show_command::show(&args),
        Some(Command::Check(args)) => check_command::check(&args),
        Some(Command::Manifest(args)) => manifest_command::manifest(&args),
        Some(Command::Diff(args)) => diff_command::diff(&args),
        Some(Command::Noise(args)) => noise_command::noise(&args),
        Some(Command::Pending(args)) => review_command::pending(&args),
        Some(Command::Review(args)) => match &args.html {
            Some(page) => page_command::write(page, &args.review),
            None => interactive::review(&args.review),
        },
        Some(Command::Accept(args)) => match &args.decisions {
            Some(file) => page_command::carry_out(file, &args.review),
            None => review_command::accept(&args.review),
        },
        Some(Command::Reject(args)) => review_command::reject(&args),
        Some(Command::Prune(args)) => review_command::prune(&args),
        Some(Command::Report(args)) => report_command::report(&args),
        Some(Command::Stale(args)) => stale_command::stale(&args),
        Some(Command::Endpoints(args)) => endpoints_command::endpoints(&args),
        Some(Command::Serve(args)) => serve_command::serve(&args),
        Some(Command::Sweep(args)) => sweep_command::sweep(&args),
        Some(Command::Completions { shell }) => install::completions(shell),
        Some(Command::Man) => install::man(),
        Some(Command::Certify(args)) => certify_command::certify(&args),
        Some(Command::Verify(args)) => verify_command::verify(&args),
        Some(Command::Keygen(args)) => keygen_command::keygen(&args),
        Some(Command::Certificate(args)) => certificate_command::certificate(&args),
        Some(Command::Explain(args)) => explain_command::explain(&args),
        Some(Command::Schema(args)) => schema_command::print_schema(args.kind),
        Some(Command::Mutants(args)) => mutants_command::mutants(&args),
        Some(Command::Coverage(args)) => coverage_command::coverage(&args),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => problem::tell(&error),
    }
}

/// Help and version go to standard output and are no error.
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

/// Writes to standard output. A reader that has gone away, as `head` does, is no error.
pub(crate) fn print(text: &str) -> Result<u8, CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        Ok(()) | Err(_) => Ok(CONFORMS),
    }
}

/// Says something beside the report; nobody may be listening.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
