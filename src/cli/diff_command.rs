//! `diff A B`: the same cases on two endpoints, and how their answers differ.

use std::fmt::Write;

use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

use super::args::{CoverageFormat, DiffArgs};
use super::check_command::selected;
use super::exit::{BROKEN, CONFORMS, CliError, INTERRUPTED, UNKNOWN};
use super::print;
use super::review_command::plural;
use super::settings::{Asked, Settings, other};
use super::watched::watched;
use crate::app::{Target, check_endpoints};
use crate::compare::{CaseDifference, CaseSummary, Difference, by_row, compare, summarise};
use crate::model::{CaseRecord, Normalisation};
use crate::plan::{Plan, PlannedCase};
use crate::report::{printable, printable_json};
use crate::run::seed_by_chance;
use crate::snapshot::RuleBook;

/// Runs the cases on both endpoints, and prints how they differ.
pub(super) fn diff(args: &DiffArgs) -> Result<u8, CliError> {
    let part = args.shard.part();
    let (suite, plan) = selected(&args.select, part)?;
    let names = [args.first.as_str(), args.second.as_str()].into_iter().filter_map(other);
    check_endpoints(&names.collect::<Vec<_>>(), &args.select.folder.cases, &suite)?;
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    // Both get the same values made by chance, so that what an answer repeats of them is alike.
    let seed = args.bounds.seed.unwrap_or_else(seed_by_chance);
    let rules = Stability::of(args)?;
    let side = |name: &str, states: &Option<String>| {
        let asked = Asked { seed: Some(seed), ..asked(args, states.as_deref()) };
        runtime.block_on(summaries(&asked, other(name), &plan, &rules))
    };
    let Some(Side { summaries: first, is_clean }) = side(&args.first, &args.first_states)? else {
        return Ok(INTERRUPTED);
    };
    let Some(other) = side(&args.second, &args.second_states)? else { return Ok(INTERRUPTED) };
    let (second, is_clean) = (other.summaries, is_clean && other.is_clean);
    let pairs = plan.cases.iter().zip(first.iter().zip(&second));
    let differences: Vec<CaseDifference> =
        pairs.map(|(planned, (first, second))| compare(planned, first, second)).collect();
    print(&match args.format {
        CoverageFormat::Text => printable(&as_text(args, &differences)).into_owned(),
        CoverageFormat::Json => printable_json(&format!("{:#}\n", as_json(args, &differences))).into_owned(),
    })?;
    Ok(match code(&differences) {
        CONFORMS if !is_clean => UNKNOWN,
        code => code,
    })
}

/// What is asked of either endpoint, with its state hook.
fn asked<'a>(args: &'a DiffArgs, states: Option<&'a str>) -> Asked<'a> {
    Asked {
        part: args.shard.part(),
        states,
        faults: &args.faults.fault,
        reuse: args.reuse,
        level: args.level.level,
        ..Asked::plain(&args.select.folder.cases, &args.connect, &args.bounds)
    }
}

/// What one endpoint made of the cases.
struct Side {
    summaries: Vec<CaseSummary>,
    /// Whether every state was undone.
    is_clean: bool,
}

fn code(differences: &[CaseDifference]) -> u8 {
    let found = || differences.iter().map(|case| &case.difference);
    if found().any(Difference::is_between_answers) {
        BROKEN
    // Where every case was skipped on purpose, nothing was compared.
    } else if found().any(Difference::is_open) || found().all(|one| *one == Difference::SkippedOnPurpose) {
        UNKNOWN
    } else {
        CONFORMS
    }
}

/// The rules for snapshots of both endpoints, so that one name is given to a value in either.
struct Stability {
    book: RuleBook,
    own: Normalisation,
}

impl Stability {
    fn of(args: &DiffArgs) -> Result<Self, CliError> {
        let mut own = Normalisation::default();
        for (name, states) in [(&args.first, &args.first_states), (&args.second, &args.second_states)] {
            let asked = asked(args, states.as_deref());
            if let Target::Other(endpoint) = Settings::resolve(&asked, other(name))?.session.target {
                own.values.extend(endpoint.normalisation.values.iter().cloned());
                own.unordered.extend(endpoint.normalisation.unordered.iter().cloned());
            }
        }
        Ok(Self { book: RuleBook::default(), own })
    }
}

/// What an endpoint answered to each case of a plan, in its order; only what is compared is kept. None after
/// an interrupt.
async fn summaries(
    asked: &Asked<'_>,
    endpoint: Option<&str>,
    plan: &Plan,
    rules: &Stability,
) -> Result<Option<Side>, CliError> {
    let mut summaries = Vec::with_capacity(plan.cases.len());
    let take = |record: &CaseRecord, planned: &PlannedCase| {
        let rules = rules.book.of(&planned.contract, &rules.own);
        summaries.push(summarise(record, &planned.contract, &rules));
    };
    let is_clean = watched(asked, endpoint, plan, take).await?;
    Ok(is_clean.map(|is_clean| Side { summaries, is_clean }))
}

/// Writing to a String cannot fail, which is why results are dropped.
fn as_text(args: &DiffArgs, differences: &[CaseDifference]) -> String {
    let mut text = format!("first   {}\nsecond  {}\n\n", args.first, args.second);
    for case in differences.iter().filter(|case| case.difference != Difference::Same) {
        let _ = writeln!(text, "{}  {}", case.difference, case.id);
        // A key of an answer may have ends of lines, and must not begin one that looks like ours.
        let [first, second] = [&case.first, &case.second].map(|told| told.replace('\n', "\\n"));
        let _ = writeln!(text, "  first   {first}\n  second  {second}");
    }
    let _ = writeln!(text, "\nby row of the contract");
    for (row, counts) in by_row(differences) {
        let told: Vec<String> =
            counts.iter().map(|(difference, count)| format!("{count} {difference}")).collect();
        let _ = writeln!(text, "  {}  {}", row.as_deref().unwrap_or("(no single code)"), told.join(", "));
    }
    let count =
        |is_it: fn(&Difference) -> bool| differences.iter().filter(|case| is_it(&case.difference)).count();
    let same = count(|difference| *difference == Difference::Same);
    let all = differences.len();
    let _ = writeln!(text, "\n{same} of {all} case{} answered alike", plural(all));
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
