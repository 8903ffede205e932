//! `diff A B`: the same cases on two endpoints, and how their answers differ.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Write as _};

use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

use super::args::{CoverageFormat, DiffArgs};
use super::check_command::selected;
use super::exit::{BROKEN, CONFORMS, CliError, INCONCLUSIVE, INTERRUPTED};
use super::print;
use super::review_command::plural;
use super::settings::{Asked, Settings, other};
use super::watched::watched;
use crate::app::{AppError, Target, check_endpoints};
use crate::compare::{CaseDifference, CaseSummary, Difference, by_row, compare, summarise};
use crate::model::{CaseRecord, Normalisation};
use crate::plan::{Plan, PlannedCase};
use crate::report::{printable, printable_json};
use crate::run::seed_by_chance;
use crate::snapshot::RuleBook;
use crate::whole_file::Spool;

/// Runs the cases on both endpoints, and prints how they differ.
pub(super) fn diff(args: &DiffArgs) -> Result<u8, CliError> {
    let part = args.shard.part();
    let (suite, plan) = selected(&args.select, part)?;
    let names = [args.first.as_str(), args.second.as_str()].into_iter().filter_map(other);
    check_endpoints(&names.collect::<Vec<_>>(), &args.select.folder.cases, &suite)?;
    let Some((differences, is_clean)) = both_sides(args, &plan)? else { return Ok(INTERRUPTED) };
    print(&match args.format {
        CoverageFormat::Text => printable(&as_text(args, &differences)).into_owned(),
        CoverageFormat::Json => printable_json(&format!("{:#}\n", as_json(args, &differences))).into_owned(),
    })?;
    Ok(match code(&differences) {
        CONFORMS if !is_clean => INCONCLUSIVE,
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
        observing: args.level.observing(),
        ..Asked::plain(&args.select.folder.cases, &args.connect, &args.bounds)
    }
}

/// Runs the cases on the first endpoint, and on the second, where each is compared as it is finished: what the first made
/// of them waits on the disk. Gives also whether every state was undone; nothing after an interrupt.
fn both_sides(args: &DiffArgs, plan: &Plan) -> Result<Option<(Vec<CaseDifference>, bool)>, CliError> {
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    // Both get the same random values, so that what an answer repeats of them is alike.
    let seed = args.bounds.seed.unwrap_or_else(seed_by_chance);
    let rules = Stability::of(args)?;
    let mut spool = Spooled::default();
    let side = |name: &str, states: &Option<String>, take: &mut dyn FnMut(CaseSummary, &PlannedCase)| {
        let asked = Asked { seed: Some(seed), ..asked(args, states.as_deref()) };
        let summed = |record: &CaseRecord, planned: &PlannedCase| {
            let rules = rules.book.of(&planned.contract, &rules.own);
            take(summarise(record, &planned.contract, &rules), planned);
        };
        runtime.block_on(watched(&asked, other(name), plan, summed))
    };
    let Some(is_clean) = side(&args.first, &args.first_states, &mut |first, _| spool.put(&first))? else {
        return Ok(None);
    };
    let (mut first, mut differences) = (spool.read().map_err(AppError::Scratch)?, Vec::new());
    let mut failed = None;
    let mut compared = |second: CaseSummary, planned: &PlannedCase| match first.next() {
        Some(Ok(first)) => differences.push(compare(planned, &first, &second)),
        Some(Err(error)) => failed = failed.take().or(Some(error)),
        None => {}
    };
    let Some(is_clean_again) = side(&args.second, &args.second_states, &mut compared)? else {
        return Ok(None);
    };
    match failed {
        Some(error) => Err(AppError::Scratch(error).into()),
        None => Ok(Some((differences, is_clean && is_clean_again))),
    }
}

/// What one endpoint made of the cases, in their order.
#[derive(Debug, Default)]
struct Spooled {
    lines: Spool,
    failed: Option<io::Error>,
}

impl Spooled {
    /// Adds a case; that it cannot be written is reported when it is read.
    fn put(&mut self, summary: &CaseSummary) {
        if self.failed.is_none() {
            let line = serde_json::to_vec(summary).map_err(io::Error::other);
            let written = line.and_then(|line| self.lines.write_all(&[&line[..], b"\n"].concat()));
            self.failed = written.err();
        }
    }

    fn read(self) -> io::Result<impl Iterator<Item = io::Result<CaseSummary>>> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let lines = BufReader::new(self.lines.into_reader()?).lines();
        Ok(lines.map(|line| serde_json::from_str(&line?).map_err(io::Error::other)))
    }
}

fn code(differences: &[CaseDifference]) -> u8 {
    let found = || differences.iter().map(|case| &case.difference);
    if found().any(Difference::is_between_answers) {
        BROKEN
    // Where every case was skipped on purpose, nothing was compared.
    } else if found().any(Difference::is_open) || found().all(|one| *one == Difference::SkippedOnPurpose) {
        INCONCLUSIVE
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
