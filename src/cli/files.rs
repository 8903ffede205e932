//! `check`, and loading files for the other commands.

use super::args::{FolderArgs, SelectArgs};
use super::exit::CliError;
use super::print;
use crate::model::Suite;
use crate::plan::{Pattern, Plan, case_ids, plan};
use crate::source::{LoadError, Wanted, load, load_endpoints};

/// Checks every file, and says how much there is.
pub(super) fn check(args: &FolderArgs) -> Result<u8, CliError> {
    let suite = load(&args.cases, Wanted::All);
    let endpoints = load_endpoints(&args.cases);
    let (suite, _) = match (suite, endpoints) {
        (Ok(suite), Ok(endpoints)) => (suite, endpoints),
        (Err(LoadError::Problems(mut problems)), Err(LoadError::Problems(more))) => {
            problems.extend(more);
            return Err(LoadError::Problems(problems).into());
        }
        (Err(error), _) | (Ok(_), Err(error)) => return Err(error.into()),
    };
    let cases = case_ids(&suite)?.len();
    let tables: usize = suite.operations.iter().map(|operation| operation.tables.len()).sum();
    let contracts = suite.operations.len();
    print(&format!(
        "{contracts} contract{}, {tables} tables, {cases} cases: no problems\n",
        if contracts == 1 { "" } else { "s" }
    ))
}

/// Loads a suite whole: the list of cases must be known even where few are selected.
pub(super) fn selected(args: &SelectArgs) -> Result<(Suite, Plan), CliError> {
    let patterns =
        args.patterns.iter().map(|text| Pattern::new(text, args.exact)).collect::<Result<Vec<_>, _>>()?;
    let suite = load(&args.folder.cases, Wanted::All)?;
    let plan = plan(&suite, &patterns)?;
    Ok((suite, plan))
}
