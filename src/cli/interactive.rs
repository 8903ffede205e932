//! `review`: what waits, one kind of change after the other, decided with one key each.

use super::args::ReviewArgs;
use super::exit::CliError;

/// Goes through what waits at a terminal.
pub(super) fn review(args: &ReviewArgs) -> Result<u8, CliError> {
    let _ = args;
    Err(CliError::usage("not yet"))
}
