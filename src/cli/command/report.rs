//! `report`: reports of runs that are over, from the events that they wrote.

use crate::app::{CaseChoice, Keep, Saved};
use crate::cli::args::ReportArgs;
use crate::cli::exit::{CliError, of_run};
use crate::cli::output::Output;
use crate::cli::reports::Reports;

/// Makes reports of what was written with `--report ndjson`, and gives the exit code of the run.
pub(super) fn report(args: &ReportArgs) -> Result<u8, CliError> {
    let output = Output::resolve(&args.output)?;
    let mut keep = Keep::new(output.is_forced);
    args.from.iter().for_each(|path| keep.file(Some(path), "what --from reads"));
    keep.file(args.manifest.as_deref(), "the manifest");
    let choice = CaseChoice::new(&args.patterns, args.exact, &args.filterset)?;
    let choice = choice.without(&args.skip, args.exact)?;
    let saved = Saved::compared(&args.from, args.manifest.as_deref(), &choice)?;
    let mut reports = Reports::open(&output, keep)?;
    let outcome = saved.replay(&mut |event| reports.take(event))?;
    Ok(of_run(outcome, reports.close()))
}
