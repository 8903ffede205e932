//! `explain`: what the code of a finding means.

use crate::cli::args::ExplainArgs;
use crate::cli::exit::CliError;
use crate::cli::print;
use crate::report::Code;

/// Prints what a code means, or the codes with their titles.
pub(super) fn explain(args: &ExplainArgs) -> Result<u8, CliError> {
    if let Some(code) = args.code {
        return print(&format!("{}\n", code.explanation().trim_start_matches("## ")));
    }
    let titles = Code::ALL.map(|code| format!("{}\n", code.title()));
    print(&titles.concat())
}
