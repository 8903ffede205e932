//! `check`: whether every file of a folder of cases is right.

use crate::app::{AppError, CaseChoice, Checked, Shard, check_suite};
use crate::cli::args::{FolderArgs, SelectArgs};
use crate::cli::exit::CliError;
use crate::cli::print;
use crate::cli::settings::from_environment;
use crate::model::{Suite, plural};
use crate::plan::{Pattern, Plan};
use crate::report::printable;

/// Checks every file, and prints how much there is.
pub(super) fn check(args: &FolderArgs) -> Result<u8, CliError> {
    let Checked { contracts, tables, cases, unpublished, without_twin } =
        check_suite(&args.cases, &from_environment)?;
    let mut lines: Vec<String> = unpublished.iter().map(|line| format!("unpublished: {line}\n")).collect();
    let reason = "no accepted case is like those that expect it";
    lines.extend(without_twin.iter().map(|row| format!("no twin: {row}: {reason}\n")));
    let counts = [(contracts, "contract"), (tables, "table"), (cases, "case")];
    let counts = counts.map(|(count, what)| format!("{count} {what}{}", plural(count, "", "s")));
    print(&format!("{}: no problems\n{}", counts.join(", "), printable(&lines.concat())))
}

/// The suite, and those of its cases that flags select; what is skipped on purpose is marked.
pub(super) fn select(args: &SelectArgs, part: Option<Shard>) -> Result<(Suite, Plan), CliError> {
    let choice = CaseChoice::new(&args.patterns, args.exact, &args.filterset)?;
    let (suite, mut plan) = crate::app::load_selection(&args.folder.cases, &choice, part)?;
    skip(args, &mut plan)?;
    Ok((suite, plan))
}

/// Marks the cases of a plan that flags skip on purpose.
pub(super) fn skip(args: &SelectArgs, plan: &mut Plan) -> Result<(), AppError> {
    if !args.skip.is_empty() {
        let skip = args.skip.iter().map(|text| Pattern::new(text, args.exact));
        plan.skip(&skip.collect::<Result<Vec<_>, _>>()?)?;
    }
    Ok(())
}

/// The same, for commands that report no case that is skipped.
pub(super) fn select_unskipped(args: &SelectArgs, part: Option<Shard>) -> Result<(Suite, Plan), CliError> {
    let (suite, plan) = select(args, part)?;
    Ok((suite, plan.without_skipped()))
}
