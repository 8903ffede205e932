//! `mutants`: which wrong answers the cases would not notice.

use std::fs::File;

use serde_json::{Value as Json, json};

use super::check::{select_unskipped, skip};
use crate::app::{
    AppError, CaseChoice, check_endpoints, mutants_of_bundle, mutants_of_run, mutants_of_saved,
};
use crate::cli::args::{CoverageFormat, MutantsArgs};
use crate::cli::exit::{BROKEN, CONFORMS, CliError, INCONCLUSIVE, INTERRUPTED, NOTHING_SELECTED};
use crate::cli::interrupt::interruptible;
use crate::cli::mutants_text::text;
use crate::cli::output::Surroundings;
use crate::cli::settings::{CommandSettings, RunFlags, check_connect, other};
use crate::cli::{note, print, remark};
use crate::evidence::is_bundle;
use crate::model::{FloorScore, Suite};
use crate::plan::PlannedCase;
use crate::report::{printable, printable_json};
use crate::run::Observing;
use crate::strength::{Bound, Count, Figures, Mutated, RowResult, SET};

/// Judges the mutants of a run, and prints what became of them.
pub(super) fn mutants(args: &MutantsArgs) -> Result<u8, CliError> {
    let mutated = if args.from.is_empty() { of_a_run(args)? } else { Some((of_files(args)?, false)) };
    let Some((mutated, is_mixed)) = mutated else { return Ok(INTERRUPTED) };
    let Mutated { figures, apart, .. } = &mutated;
    for one in apart {
        note(&printable(&format!("not judged: {one}")));
    }
    print(&match args.format {
        CoverageFormat::Text => {
            let width = Surroundings::read().output_width();
            text(&mutated, args.quiet, width)
        }
        CoverageFormat::Json => printable_json(&format!("{:#}\n", as_json(&mutated))).into_owned(),
    })?;
    if is_mixed {
        return Ok(INCONCLUSIVE);
    }
    Ok(code(figures, args.min, !apart.is_empty()))
}

/// What the figures come to. Without a mutant nothing is known, and neither is what was not judged.
fn code(figures: &Figures, min: Option<f64>, is_apart: bool) -> u8 {
    if figures.cases == 0 && figures.left_out == 0 && !is_apart {
        return NOTHING_SELECTED;
    }
    let percent = figures.total.percent();
    if min.zip(percent).is_some_and(|(min, percent)| percent < min) {
        return BROKEN;
    }
    if percent.is_none() || figures.is_stopped || is_apart { INCONCLUSIVE } else { CONFORMS }
}

/// Runs the cases, and says whether their answers may be mixed up; none after an interrupt.
fn of_a_run(args: &MutantsArgs) -> Result<Option<(Mutated, bool)>, CliError> {
    let endpoint = args.target.endpoint.as_deref().and_then(other);
    if endpoint.is_none() {
        check_connect(&args.connect, args.reuse)?;
    }
    let cases = &args.select.folder.cases;
    let asked = RunFlags {
        part: args.shard.part(),
        states: args.target.states.as_deref(),
        reuse: args.reuse,
        observing: Observing::Auto,
        ..RunFlags::plain(cases, &args.connect, &args.bounds)
    };
    let settings = CommandSettings::resolve(&asked, endpoint)?;
    let (suite, plan) = select_unskipped(&args.select, asked.part)?;
    check_endpoints(endpoint.as_slice(), cases, &suite)?;
    let bound = bound(args);
    interruptible(async |stop| {
        Ok(mutants_of_run(settings.session, (&suite, &plan), stop, &remark, bound).await?)
    })
}

fn bound(args: &MutantsArgs) -> Bound {
    Bound { mutants: args.most }
}

/// Takes runs that are over.
fn of_files(args: &MutantsArgs) -> Result<Mutated, CliError> {
    let is_bundle = |path| File::open(path).is_ok_and(|mut file| is_bundle(&mut file));
    if let [path] = args.from.as_slice()
        && is_bundle(path)
    {
        return Ok(mutants_of_bundle(path, |suite| select_cases(args, suite), bound(args))?);
    }
    let (suite, plan) = select_unskipped(&args.select, None)?;
    Ok(mutants_of_saved(&args.from, &suite, &plan.cases, bound(args))?)
}

/// The cases of a bundle that are selected.
fn select_cases(args: &MutantsArgs, suite: &Suite) -> Result<Vec<PlannedCase>, AppError> {
    let select = &args.select;
    let mut plan = CaseChoice::new(&select.patterns, select.exact, &select.filterset)?.plan(suite)?;
    skip(select, &mut plan)?;
    Ok(plan.without_skipped().cases)
}

fn count(count: &Count) -> Json {
    json!({ "killed": count.killed, "open": count.open, "gaps": count.gaps })
}

fn with(mut json: Json, of: &Count) -> Json {
    if let (Json::Object(json), Json::Object(of)) = (&mut json, count(of)) {
        json.extend(of);
    }
    json
}

fn rows_as_json(standings: &[RowResult]) -> Json {
    let count = |standing| standings.iter().filter(|one| **one == standing).count();
    json!({
        "rows": standings.len(),
        "held": count(RowResult::Held),
        "held_in_part": count(RowResult::HeldInPart),
        "not_held": count(RowResult::NotHeld),
        "not_measured": count(RowResult::Unmeasured),
        "not_expected": count(RowResult::Unexpected),
    })
}

fn floor_as_json(floor: &FloorScore) -> Json {
    let FloorScore { endpoint, passed, cases, held, rows } = floor;
    json!({ "endpoint": endpoint, "passed": passed, "cases": cases, "held": held, "rows": rows })
}

/// The figures as JSON.
fn as_json(mutated: &Mutated) -> Json {
    let figures = &mutated.figures;
    let operators = figures.operators.iter();
    let operators = operators
        .map(|(operator, of)| with(json!({ "operator": operator.name(), "about": operator.about() }), of));
    let levels =
        figures.levels.iter().map(|(level, killed)| json!({ "level": level.name(), "killed": killed }));
    let rows = figures
        .rows
        .iter()
        .map(|((contract, row), of)| with(json!({ "contract": contract, "row": row }), of));
    let cases = figures.by_case.iter().map(|(case, of)| with(json!({ "case": case }), of));
    let open = figures.open.iter().map(|((file, line, text), place)| {
        let operators: Vec<&str> = place.operators.iter().map(|operator| operator.name()).collect();
        json!({ "file": file, "line": line, "text": text, "count": place.count, "operators": operators, "case": place.case })
    });
    let gaps = figures.gaps.iter().map(|((contract, row, operator, place), gap)| {
        json!({
            "contract": contract, "row": row, "operator": operator.name(), "place": place, "count": gap.count,
            "in_snapshots": gap.in_snapshots, "case": gap.case, "step": gap.step + 1, "change": gap.change,
        })
    });
    let head = json!({
        "format": "proofmark-mutants",
        "version": 1,
        "operators_version": SET,
        "cases": figures.cases,
        "cases_left_out": figures.left_out,
        "answers": figures.answers,
        "answers_cut": figures.cut,
        "mutants": figures.mutants(),
        "percent": figures.total.percent(),
        "error_rows": rows_as_json(&mutated.standings),
        "floor": mutated.floor.as_ref().map(floor_as_json),
        "only_in_snapshots": figures.in_snapshots,
        "stopped": figures.is_stopped,
        "by_operator": operators.collect::<Vec<_>>(),
        "by_level": levels.collect::<Vec<_>>(),
        "by_row": rows.collect::<Vec<_>>(),
        "by_case": cases.collect::<Vec<_>>(),
        "open_places": open.collect::<Vec<_>>(),
        "open_unlisted": figures.open_unlisted,
        "gap_groups": gaps.collect::<Vec<_>>(),
        "gaps_unlisted": figures.gaps_unlisted,
    });
    with(head, &figures.total)
}
