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
use crate::compare::{CaseDifference, Difference, DifferenceCause, DifferenceCauses, by_row};
use crate::model::{plural, pluralise};
use crate::report::{printable, printable_json, similar};
use crate::run::random_seed;

/// How many causes are listed before the rest is counted.
const LISTED: usize = 20;

/// The most characters that a cause shows of an endpoint, and how many of them are before what differs.
const LONGEST: usize = 120;
const BEFORE: usize = 60;

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
    let causes = DifferenceCauses::of(differences, similar);
    let mut text = format!("first   {}\nsecond  {}\n\n", args.first, args.second);
    text.push_str(&list_causes(&causes.causes, args.verbose));
    if causes.skipped > 0 {
        let reasons: Vec<&str> = causes.reasons.iter().map(String::as_str).collect();
        let skipped = pluralise(causes.skipped, "case");
        let _ = writeln!(text, "{skipped} skipped on purpose: {}\n", one_line(&reasons.join("; ")));
    }
    if args.verbose {
        text.push_str(&list_cases(differences));
    }
    let _ = writeln!(text, "by row of the contract");
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

/// The causes, each with its first case; without -v so many of them.
fn list_causes(causes: &[DifferenceCause], is_verbose: bool) -> String {
    if causes.is_empty() {
        return String::new();
    }
    let order = if causes.len() > 1 { ", differences first, then most cases" } else { "" };
    let mut text = format!("CAUSES  ({}){order}\n", causes.len());
    let digits = causes.iter().map(|cause| cause.cases).max().unwrap_or_default().to_string().len();
    let most = if is_verbose { usize::MAX } else { LISTED };
    for cause in causes.iter().take(most) {
        let DifferenceCause { difference, first, second, others, cases, example, .. } = cause;
        let [first, second] = apart(&one_line(first), &one_line(second));
        let [first, second] = [(first, others.0), (second, others.1)].map(|(answer, others)| match others {
            0 => answer,
            _ => format!("{answer} and {others} other answers"),
        });
        let plural = plural(*cases, "case ", "cases");
        let _ = writeln!(text, "  {cases:>digits$} {plural}  {difference}: first {first}, second {second}");
        let _ = writeln!(text, "  {:digits$}        {}", "", one_line(example));
    }
    let rest = causes.len().saturating_sub(most);
    if rest > 0 {
        let _ = writeln!(text, "  and {rest} more; -v lists all");
    }
    text + "\n"
}

/// Every case that differs, or was not compared for a reason that was not asked for.
fn list_cases(differences: &[CaseDifference]) -> String {
    let mut text = String::new();
    let is_shown = |case: &&CaseDifference| case.difference.is_between_answers() || case.difference.is_open();
    for case in differences.iter().filter(is_shown) {
        let _ = writeln!(text, "{}  {}", case.difference, case.id);
        let _ = writeln!(text, "  first   {}\n  second  {}", one_line(&case.first), one_line(&case.second));
    }
    if text.is_empty() { text } else { text + "\n" }
}

/// A key of an answer may have ends of lines, and must not begin one that looks like ours.
fn one_line(text: &str) -> String {
    text.replace('\n', "\\n")
}

/// Two texts, cut around the first place at which they differ.
fn apart(first: &str, second: &str) -> [String; 2] {
    let same = first.chars().zip(second.chars()).take_while(|(one, other)| one == other).count();
    let is_long = first.chars().count().max(second.chars().count()) > LONGEST;
    let start = if is_long { same.saturating_sub(BEFORE) } else { 0 };
    [first, second].map(|text| {
        let mut letters = text.chars().skip(start);
        let kept: String = letters.by_ref().take(LONGEST).collect();
        let before = if start > 0 { "…" } else { "" };
        let behind = if letters.next().is_some() { "…" } else { "" };
        format!("{before}{kept}{behind}")
    })
}

fn as_json(args: &DiffArgs, differences: &[CaseDifference]) -> Json {
    let found = DifferenceCauses::of(differences, similar);
    let causes: Vec<Json> = found
        .causes
        .iter()
        .map(|cause| {
            json!({
                "difference": cause.difference.to_string(),
                "place": cause.place,
                "first": cause.first,
                "second": cause.second,
                "other_answers": { "first": cause.others.0, "second": cause.others.1 },
                "rows": cause.rows,
                "cases": cause.cases,
                "example": cause.example,
            })
        })
        .collect();
    let listed: Vec<Json> = differences
        .iter()
        .zip(&found.of_case)
        .map(|(case, cause)| {
            json!({
                "id": case.id,
                "row": case.row,
                "difference": case.difference.to_string(),
                "place": case.place,
                "first": case.first,
                "second": case.second,
                "cause": cause,
            })
        })
        .collect();
    json!({
        "format": "proofmark-diff",
        "version": 1,
        "first": args.first,
        "second": args.second,
        "causes": causes,
        "skipped_on_purpose": { "cases": found.skipped, "reasons": found.reasons },
        "cases": listed,
    })
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, apart};

    #[test]
    fn texts_are_cut_so_that_what_differs_is_seen() {
        let same = "a".repeat(300);
        let [first, second] = apart(&format!("{same}.\""), &format!("{same}\""));
        assert!(
            first.ends_with("aa.\"") && second.ends_with("aa\"") && first.starts_with('…'),
            "{first} {second}"
        );
        let [first, second] = apart(&format!("x{same}"), &format!("y{same}"));
        assert!(
            first.starts_with("xa") && second.starts_with("ya") && first.ends_with("a…"),
            "{first} {second}"
        );
        assert_eq!(first.chars().count(), LONGEST + 1);
        assert_eq!(apart("400 A", "422 A"), ["400 A", "422 A"]);
    }
}
