//! `diff A B`: the same cases on two endpoints, and how their answers differ.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::check::select_unskipped;
use crate::app::{self, check_endpoints};
use crate::cli::args::{CoverageFormat, DiffArgs};
use crate::cli::exit::{CliError, INTERRUPTED, of_run};
use crate::cli::interrupt::interruptible;
use crate::cli::settings::{CommandSettings, RunFlags, other};
use crate::cli::{print, remark};
use crate::compare::{CaseDifference, Difference, by_row};
use crate::model::plural;
use crate::report::{printable, printable_json};
use crate::run::random_seed;

/// Runs the cases on both endpoints, and prints how they differ.
pub(super) fn diff(args: &DiffArgs) -> Result<u8, CliError> {
    let part = args.shard.part();
    let (suite, plan) = select_unskipped(&args.select, part)?;
    let names = [args.first.as_str(), args.second.as_str()].into_iter().filter_map(other);
    check_endpoints(&names.collect::<Vec<_>>(), &args.select.folder.cases, &suite)?;
    // Both get the same random values, so that what an answer repeats of them is alike.
    let seed = Some(args.bounds.seed.unwrap_or_else(random_seed));
    let side = |name: &str, states: &Option<String>| {
        let asked = RunFlags { seed, ..run_flags(args, states.as_deref()) };
        Ok::<_, CliError>(CommandSettings::resolve(&asked, other(name))?.session)
    };
    let sides = [side(&args.first, &args.first_states)?, side(&args.second, &args.second_states)?];
    let compared = interruptible(async |stop| Ok(app::diff(sides, &plan, stop, &remark).await?))?;
    let Some(compared) = compared else { return Ok(INTERRUPTED) };
    print(&match args.format {
        CoverageFormat::Text => printable(&as_text(args, &compared.cases)).into_owned(),
        CoverageFormat::Json => {
            printable_json(&format!("{:#}\n", as_json(args, &compared.cases))).into_owned()
        }
    })?;
    Ok(of_run(compared.outcome(), true))
}

/// What is asked of either endpoint, with its state hook.
fn run_flags<'a>(args: &'a DiffArgs, states: Option<&'a str>) -> RunFlags<'a> {
    RunFlags {
        part: args.shard.part(),
        states,
        faults: &args.faults.fault,
        reuse: args.reuse,
        level: args.level.level,
        observing: args.level.observing(),
        ..RunFlags::plain(&args.select.folder.cases, &args.connect, &args.bounds)
    }
}

/// Writing to a String cannot fail, which is why results are dropped.
fn as_text(args: &DiffArgs, differences: &[CaseDifference]) -> String {
    let mut text = format!("first   {}\nsecond  {}\n\n", args.first, args.second);
    for case in differences.iter().filter(|case| case.difference != Difference::Same) {
        let _ = writeln!(text, "{}  {}", case.difference, case.id);
        // A key of an answer may have ends of lines, and must not begin one that looks like ours.
        let [first, second] = [&case.first, &case.second].map(|answer| answer.replace('\n', "\\n"));
        let _ = writeln!(text, "  first   {first}\n  second  {second}");
    }
    let _ = writeln!(text, "\nby row of the contract");
    for (row, counts) in by_row(differences) {
        let counts: Vec<String> =
            counts.iter().map(|(difference, count)| format!("{count} {difference}")).collect();
        let _ = writeln!(text, "  {}  {}", row.as_deref().unwrap_or("(no single code)"), counts.join(", "));
    }
    let count =
        |is_it: fn(&Difference) -> bool| differences.iter().filter(|case| is_it(&case.difference)).count();
    let same = count(|difference| *difference == Difference::Same);
    let all = differences.len();
    let _ = writeln!(text, "\n{same} of {all} {} answered alike", plural(all, "case", "cases"));
    let not_compared = count(|one| one.is_open() || *one == Difference::SkippedOnPurpose);
    if not_compared > 0 {
        let _ = writeln!(text, "{not_compared} not compared");
    }
    text
}

fn as_json(args: &DiffArgs, differences: &[CaseDifference]) -> Json {
    let cases: Vec<Json> = differences
        .iter()
        .map(|case| {
            json!({
                "id": case.id,
                "row": case.row,
                "difference": case.difference.to_string(),
                "first": case.first,
                "second": case.second,
            })
        })
        .collect();
    json!({ "format": "proofmark-diff", "version": 1, "first": args.first, "second": args.second, "cases": cases })
}
