//! `check`, and loading files for the other commands.

use super::args::{FolderArgs, SelectArgs};
use super::exit::CliError;
use super::print;
use crate::model::{Problem, Suite};
use crate::plan::{Pattern, Plan, case_ids, plan};
use crate::source::{LoadError, Wanted, load, load_endpoints, load_waivers};

/// Checks every file, and says how much there is.
pub(super) fn check(args: &FolderArgs) -> Result<u8, CliError> {
    let suite = load(&args.cases, Wanted::All);
    let waivers = load_waivers(&args.cases);
    let waived = waivers.as_ref().map_or_else(|_| Vec::new(), Vec::clone);
    let others = [load_endpoints(&args.cases).err(), waivers.err()];
    let mut problems = Vec::new();
    let mut suite_loaded = None;
    for error in others.into_iter().flatten().chain(suite.map(|suite| suite_loaded = Some(suite)).err()) {
        match error {
            LoadError::Problems(found) => problems.extend(found),
            LoadError::Unreadable { .. } | LoadError::Empty { .. } => return Err(error.into()),
        }
    }
    let Some(suite) = suite_loaded.filter(|_| problems.is_empty()) else {
        return Err(LoadError::Problems(problems).into());
    };
    let cases = case_ids(&suite)?;
    for waiver in waived {
        let pattern = Pattern::new(&waiver.case, false)?;
        if !cases.iter().any(|planned| pattern.matches(planned.id.as_str())) {
            problems.push(Problem::new(waiver.spot, format!("no case matches `{}`", waiver.case)));
        }
    }
    if !problems.is_empty() {
        return Err(LoadError::Problems(problems).into());
    }
    let cases = cases.len();
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
