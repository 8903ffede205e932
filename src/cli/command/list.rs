//! `list`: the ids of cases.

use super::check::select_unskipped;
use crate::cli::args::ListArgs;
use crate::cli::exit::CliError;
use crate::cli::print;

/// Prints one id a line.
pub(super) fn list(args: &ListArgs) -> Result<u8, CliError> {
    let (_, plan) = select_unskipped(&args.select, args.shard.part())?;
    let mut text = String::new();
    for planned in &plan.cases {
        text.push_str(planned.id.as_str());
        text.push('\n');
    }
    print(&text)
}
