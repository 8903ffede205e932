//! `stale` and `run --stale`: the snapshots that were not confirmed lately, and the runs that confirm just those.

use std::fmt::Write;

use super::check::select;
use crate::app::{self, freshness, stale_snapshot, unusable_files};
use crate::cli::args::{SelectArgs, StaleArgs};
use crate::cli::exit::{BROKEN, CONFORMS, CliError, NOTHING_SELECTED};
use crate::cli::settings::CommandSettings;
use crate::cli::snapshots::{code, store};
use crate::cli::{note, print};
use crate::event::StaleSnapshot;
use crate::plan::Plan;
use crate::report::printable;
use crate::snapshot::{Freshness, FreshnessRecord};

/// Lists what is stale, and says by the exit code whether anything is.
pub(super) fn stale(args: &StaleArgs) -> Result<u8, CliError> {
    let review = &args.review;
    let (patterns, folder) = (review.patterns.clone(), review.store.folder.clone());
    let (filterset, skip, exact) = (Vec::new(), Vec::new(), review.exact);
    let (_, plan) = select(&SelectArgs { patterns, exact, filterset, skip, folder }, None)?;
    let found = report_unusable(freshness(&store(&review.store)?, &plan.cases, args.max_age.as_ref()));
    let count = found.stale().count();
    let mut text = String::new();
    for standing in found.snapshots.iter().filter(|standing| args.all || !standing.doubts.is_empty()) {
        text.push_str(&line(standing, args.all));
    }
    let missing = match found.missing.len() {
        0 => String::new(),
        1 => "; 1 case has none".into(),
        several => format!("; {several} cases have none"),
    };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{count} of {} snapshots stale{missing}", found.snapshots.len());
    print(&printable(&text))?;
    let nothing = found.snapshots.is_empty() && found.unusable.is_empty();
    let judged = if count == 0 { CONFORMS } else { BROKEN };
    Ok(code(!found.unusable.is_empty(), if nothing { NOTHING_SELECTED } else { judged }))
}

/// A snapshot, why it is stale, and if that is asked, where it comes from.
fn line(standing: &FreshnessRecord, has_sightings: bool) -> String {
    let mut text = match stale_snapshot(standing) {
        StaleSnapshot { case, why } if why.is_empty() => format!("FRESH  {case}\n"),
        StaleSnapshot { case, why } => format!("STALE  {case}  {why}\n"),
    };
    for (word, sighting) in [("recorded", &standing.recorded), ("confirmed", &standing.confirmed)] {
        let sighting = sighting.as_ref().map_or("unknown".to_owned(), ToString::to_string);
        let _ = if has_sightings { writeln!(text, "  {word:<10} {sighting}") } else { Ok(()) };
    }
    text
}

/// Keeps the cases of a run whose snapshots are stale.
pub(super) fn keep_stale(plan: &mut Plan, all: &[CommandSettings]) -> Result<(), CliError> {
    let [settings] = all else {
        return Err(CliError::usage("--stale takes one --endpoint: each has snapshots of its own"));
    };
    report_unusable(app::keep_stale(plan, &settings.snapshots)?);
    if plan.cases.is_empty() {
        print("no snapshot is stale\n")?;
    }
    Ok(())
}

/// How fresh snapshots are, once the files that cannot be used are named.
fn report_unusable(freshness: Freshness) -> Freshness {
    for line in unusable_files(&freshness) {
        note(&printable(&line));
    }
    freshness
}
