//! `run --watch`: runs, and runs again each time a file changes that the run depends on.

use std::error::Error;
use std::io::{self, ErrorKind, Write};

use super::run::{Prepared, RunResult, prepare};
use crate::app::review::snapshots_beside;
use crate::app::{LastRun, is_address};
use crate::cli::args::RunArgs;
use crate::cli::exit::{CliError, INTERRUPTED, USAGE};
use crate::cli::interrupt::Interrupts;
use crate::cli::settings::other;
use crate::cli::unnamed::fill_run;
use crate::cli::{note, problem};
use crate::report::printable;
use crate::watch::{ChangeOfFile, FileChange, WatchError, WatchPlace, WatchedFiles};

/// How many changes are named.
const NAMED: usize = 3;

/// Runs until it is interrupted, and gives the exit code.
pub(super) fn watch(args: &RunArgs) -> Result<u8, CliError> {
    check(args)?;
    let interrupts = Interrupts::listen()?;
    let mut files = WatchedFiles::new(places(args)).map_err(CliError::Watch)?;
    let mut last = None;
    let mut number = 1_u64;
    loop {
        let code = match once(args, &interrupts, &mut files, last.take()) {
            Ok(RunResult { code, last: known }) => {
                last = known;
                code
            }
            // No change of a file mends what is wrong with the arguments.
            Err(error) if number == 1 && error.code() == USAGE => return Err(error),
            Err(error) => {
                problem::report(&error);
                error.code()
            }
        };
        files.take_failed().iter().for_each(warn);
        if interrupts.has_any() {
            return Ok(INTERRUPTED);
        }
        note("waiting for changes; Ctrl-C stops");
        let Some(changes) = interrupts.wait(files.changed()) else { return Ok(INTERRUPTED) };
        number += 1;
        if !announce(number, &changes)? {
            return Ok(code);
        }
    }
}

/// One run, with the endpoint that the files name now.
fn once(
    args: &RunArgs,
    interrupts: &Interrupts,
    files: &mut WatchedFiles,
    last: Option<LastRun>,
) -> Result<RunResult, CliError> {
    let mut args = args.clone();
    fill_run(&mut args)?;
    let ready = match prepare(&args, last)? {
        Prepared::Done(code) => return Ok(RunResult { code, last: None }),
        Prepared::Ready(ready) => ready,
    };
    let writes_snapshots = ready.writes_snapshots;
    let result = interrupts.stop(async |stop| ready.run(stop).await);
    if writes_snapshots {
        files.forgive_snapshots();
    }
    result
}

/// Refuses a report for a program on standard output, which would be one document after the other.
fn check(args: &RunArgs) -> Result<(), CliError> {
    let mut asked = args.output.report.iter().filter(|report| report.ends_with("=-"));
    match asked.next() {
        None => Ok(()),
        Some(report) => Err(CliError::Usage {
            message: format!("--watch: the report `{report}` would come several times"),
            hint: Some("name a file, which each run writes anew".into()),
        }),
    }
}

/// What a run with these arguments reads, but for the program and the endpoint.
fn places(args: &RunArgs) -> Vec<WatchPlace> {
    let cases = &args.select.folder.cases;
    let mut places = vec![WatchPlace::cases(cases)];
    match &args.snapshots.snapshots {
        Some(folder) => places.push(WatchPlace::snapshots(folder)),
        // The file of endpoints may name one later.
        None if args.target.endpoint.is_empty() => {
            places.push(WatchPlace::all_snapshots(&snapshots_beside(cases, None)));
        }
        None => {
            let named = args.target.endpoint.iter().filter(|name| !is_address(name));
            places.extend(named.map(|name| WatchPlace::snapshots(&snapshots_beside(cases, other(name)))));
        }
    }
    let others = [&args.scope.manifest, &args.connect.ca_file, &args.connect.client_certificate];
    places.extend(others.into_iter().flatten().map(|file| WatchPlace::file(file)));
    places
}

/// Parts two runs, and says why there is another one; whether standard output is still read.
fn announce(number: u64, changes: &[FileChange]) -> Result<bool, CliError> {
    let text = format!("\n--- run {number}: {} ---\n", describe(changes));
    let mut out = io::stdout().lock();
    match out.write_all(printable(&text).as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(CliError::Output(error)),
    }
}

/// The first changes by name, and how many there are more.
fn describe(changes: &[FileChange]) -> String {
    let mut parts: Vec<String> = changes.iter().take(NAMED).map(describe_one).collect();
    if let more @ 1.. = changes.len().saturating_sub(NAMED) {
        parts.push(format!("and {more} more"));
    }
    parts.join(", ")
}

fn describe_one(change: &FileChange) -> String {
    let path = change.path.display();
    match &change.change {
        ChangeOfFile::Changed => format!("{path} changed"),
        ChangeOfFile::Created => format!("{path} is new"),
        ChangeOfFile::Removed => format!("{path} was removed"),
        ChangeOfFile::Unreadable(why) => format!("{path} cannot be read ({why})"),
        ChangeOfFile::Readable => format!("{path} can be read again"),
    }
}

/// A place in which changes start no run.
fn warn(error: &WatchError) {
    let why = error.source().map(|source| format!(" ({source})")).unwrap_or_default();
    let text = format!("warning: {error}{why}: changes there start no run");
    note(&printable(&text));
}

#[cfg(test)]
mod tests {
    use super::{ChangeOfFile, FileChange, describe};

    #[test]
    fn three_changes_are_named_and_the_others_counted() {
        let change = |name: &str, change| FileChange { path: name.into(), change };
        let mut changes = vec![
            change("a", ChangeOfFile::Changed),
            change("b", ChangeOfFile::Created),
            change("c", ChangeOfFile::Removed),
        ];
        assert_eq!(describe(&changes), "a changed, b is new, c was removed");
        changes.push(change("d", ChangeOfFile::Readable));
        changes.insert(0, change("cases", ChangeOfFile::Unreadable("it is gone".into())));
        assert_eq!(describe(&changes), "cases cannot be read (it is gone), a changed, b is new, and 2 more");
    }
}
