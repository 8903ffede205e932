//! Merges the shards of a suite: the events of several runs become those of one.
//!
//! Cases come in the order of ids from each, so they are merged as they are read, and memory does not grow with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::event::{
    EffectCounts, EndpointDescription, OperationStart, PartNumber, PartStart, RowsHeld, RunEnd, RunStart,
    SnapshotCounts, StaleSnapshot, StaleWaiver, Stopped,
};
use crate::model::{Drift, Strength, UtcTime, VerdictCounts};

/// How many missing parts are named.
const MOST_LISTED: usize = 1000;

/// Why runs are not parts of one run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the runs have different {what}: {first} and {second}")]
pub struct PartMismatch {
    /// The property that differs.
    pub what: &'static str,
    /// What one of them says.
    pub first: String,
    /// What the other says.
    pub second: String,
}

/// The start of the run that these runs are parts of; none if there are none.
///
/// # Errors
/// Runs on different endpoints, with different contracts, versions of the tool, levels or faults.
pub fn merge_starts(starts: &[RunStart]) -> Result<Option<RunStart>, PartMismatch> {
    let [first, others @ ..] = starts else { return Ok(None) };
    let mut all = first.clone();
    if !others.is_empty() {
        all.parts = parts_of(first);
        // Each part has a line of its own.
        all.command = None;
    }
    for start in others {
        same_endpoint(&all.endpoint, &start.endpoint)?;
        check_same("versions of proofmark", &all.tool_version, &start.tool_version)?;
        check_same("levels", all.gate.name(), start.gate.name())?;
        check_same("faults", &all.faults.join(", "), &start.faults.join(", "))?;
        for operation in &start.operations {
            add_operation(&mut all.operations, operation)?;
        }
        all.selected += start.selected;
        all.known = all.known.max(start.known);
        all.started = earlier(all.started, start.started.as_ref());
        all.parts.extend(parts_of(start));
    }
    all.parts.sort_by_key(|part| part.shard);
    missing_parts(&all.parts)?;
    all.operations.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(Some(all))
}

/// The parts that a run is of, or the one that it is, each with its command line.
fn parts_of(start: &RunStart) -> Vec<PartStart> {
    if !start.parts.is_empty() {
        let with_line = |part: &PartStart| {
            let command = part.command.clone().or_else(|| start.command.clone());
            PartStart { command, ..part.clone() }
        };
        return start.parts.iter().map(with_line).collect();
    }
    let (seed, url, command) = (start.seed, start.endpoint.url.clone(), start.command.clone());
    vec![PartStart { shard: None, seed, url, command }]
}

/// The first of two moments; none is known unless both are.
fn earlier(one: Option<UtcTime>, other: Option<&UtcTime>) -> Option<UtcTime> {
    one.zip(other).map(|(one, other)| one.min(other.clone()))
}

/// Parts may each have their own instance of an endpoint: one that is named is the same by its name, and one that is
/// given by its address may have another address.
fn same_endpoint(first: &EndpointDescription, second: &EndpointDescription) -> Result<(), PartMismatch> {
    let has_address = |endpoint: &EndpointDescription| endpoint.name.contains("://");
    if has_address(first) && has_address(second) {
        return Ok(());
    }
    check_same("endpoints", &first.name, &second.name)
}

/// The parts of a run that are not among these, which know how many they are.
///
/// # Errors
/// Parts of different divisions, or one that is there twice.
fn missing_parts(parts: &[PartStart]) -> Result<Vec<String>, PartMismatch> {
    let name = |part: &PartStart| {
        part.shard.map_or("a run that is not a part".into(), |shard| format!("part {shard}"))
    };
    let Some(first) = parts.first() else { return Ok(Vec::new()) };
    let count = |part: &PartStart| part.shard.map(|shard| shard.count);
    if let Some(other) = parts.iter().find(|part| count(part) != count(first)) {
        return Err(PartMismatch { what: "divisions into parts", first: name(first), second: name(other) });
    }
    let Some(count) = count(first) else { return Ok(Vec::new()) };
    let mut numbers = BTreeSet::new();
    for part in parts {
        if part.shard.is_some_and(|shard| !numbers.insert(shard.number)) {
            return Err(PartMismatch {
                what: "parts",
                first: name(part),
                second: format!("{} again", name(part)),
            });
        }
    }
    // A division into very many parts is not listed to its end.
    let missing = (1..=count).filter(|number| !numbers.contains(number)).take(MOST_LISTED);
    Ok(missing.map(|number| PartNumber { number, count }.to_string()).collect())
}

fn check_same(what: &'static str, first: &str, second: &str) -> Result<(), PartMismatch> {
    if first == second {
        return Ok(());
    }
    Err(PartMismatch { what, first: first.to_owned(), second: second.to_owned() })
}

fn add_operation(all: &mut Vec<OperationStart>, operation: &OperationStart) -> Result<(), PartMismatch> {
    let Some(known) = all.iter_mut().find(|known| known.id == operation.id) else {
        all.push(operation.clone());
        return Ok(());
    };
    check_same("versions of a contract", &known.version, &operation.version)?;
    check_same("error rows", &known.rows.join(", "), &operation.rows.join(", "))?;
    if let (Some(first), Some(second)) = (&known.digest, &operation.digest) {
        check_same("texts of a contract", first, second)?;
    }
    // If one part lacks the digest, the whole has none.
    if operation.digest.is_none() {
        known.digest = None;
    }
    known.selected += operation.selected;
    // A part that an earlier version wrote has no details of rows and parameters.
    if known.error_rows.is_empty() {
        known.error_rows.clone_from(&operation.error_rows);
        known.parameters.clone_from(&operation.parameters);
    }
    Ok(())
}

/// The end of the run that these runs are parts of; `all` is its start.
pub fn merge_ends(all: &RunStart, runs: &[(RunStart, RunEnd)]) -> RunEnd {
    let mut end = RunEnd {
        counts: VerdictCounts::default(),
        rows_met: vec![BTreeSet::new(); all.operations.len()],
        rows_held: merge_rows_held(runs),
        strength: strength(runs),
        orphans: Vec::new(),
        stale_snapshots: stale_in_all(runs),
        drift: drift(all, runs),
        changes: if let [(_, end)] = runs { end.changes.clone() } else { None },
        stale_waivers: StaleWaiver::merge(runs.iter().map(|(_, end)| &end.stale_waivers[..])),
        unpublished: BTreeMap::new(),
        snapshots: SnapshotCounts::default(),
        effects: EffectCounts::default(),
        left_behind: 0,
        exchanges: 0,
        stopped: None,
        elapsed: std::time::Duration::ZERO,
    };
    for (start, part) in runs {
        add_counts(&mut end, part);
        for (operation, met) in start.operations.iter().zip(&part.rows_met) {
            let position = all.operations.iter().position(|known| known.id == operation.id);
            if let Some(rows) = position.and_then(|position| end.rows_met.get_mut(position)) {
                rows.extend(met.iter().map(Arc::clone));
            }
        }
        end.orphans.extend(part.orphans.iter().cloned());
        for (subject, count) in &part.unpublished {
            *end.unpublished.entry(subject.clone()).or_default() += count;
        }
        end.effects.observed += part.effects.observed;
        end.effects.not_observed += part.effects.not_observed;
        end.left_behind += part.left_behind;
        end.exchanges += part.exchanges;
        end.elapsed = end.elapsed.max(part.elapsed);
        end.stopped = graver(end.stopped, part.stopped.clone());
    }
    end.orphans.sort();
    end.orphans.dedup();
    end
}

/// Which rows are held, as a whole run says it. A part lacks cases of most rows, so parts together do not show it.
fn merge_rows_held(runs: &[(RunStart, RunEnd)]) -> Option<Vec<RowsHeld>> {
    let [(start, end)] = runs else { return None };
    end.rows_held.clone().filter(|_| start.parts.is_empty())
}

/// How strong the suite is, as a whole run says it. Parts do not show it: ids of other parts count.
fn strength(runs: &[(RunStart, RunEnd)]) -> Option<Strength> {
    let [(start, end)] = runs else { return None };
    end.strength.clone().filter(|_| start.parts.is_empty())
}

/// The snapshots that no part has confirmed: each part also reports those of the others' cases as stale.
fn stale_in_all(runs: &[(RunStart, RunEnd)]) -> Option<Vec<StaleSnapshot>> {
    let mut parts = runs.iter().map(|(_, end)| end.stale_snapshots.as_ref());
    let mut stale = parts.next()??.clone();
    for part in parts {
        let part: BTreeSet<&str> = part?.iter().map(|snapshot| snapshot.case.as_str()).collect();
        stale.retain(|snapshot| part.contains(snapshot.case.as_str()));
    }
    Some(stale)
}

/// How the suite differs from its manifest, by the findings of all parts: each compares the suite, and its selection,
/// with the manifest. A missing part is a difference as well.
fn drift(all: &RunStart, runs: &[(RunStart, RunEnd)]) -> Option<Drift> {
    let parts = missing_parts(&all.parts).unwrap_or_default();
    let missing = (!parts.is_empty()).then(|| Drift { parts, ..Drift::default() });
    // Parts that an earlier merge lacked may be here now.
    let own = |mut drift: Drift| {
        let lacked = !std::mem::take(&mut drift.parts).is_empty();
        (!lacked || !drift.is_empty()).then_some(drift)
    };
    let found = runs.iter().filter_map(|(_, end)| own(end.drift.clone()?));
    found.chain(missing).reduce(Drift::and)
}

fn add_counts(end: &mut RunEnd, part: &RunEnd) {
    let (counts, more) = (&mut end.counts, &part.counts);
    counts.passed += more.passed;
    counts.flaky += more.flaky;
    counts.failed += more.failed;
    counts.waived += more.waived;
    counts.inconclusive += more.inconclusive;
    counts.skipped += more.skipped;
    counts.not_meant += more.not_meant;
    let (counts, more) = (&mut end.snapshots, &part.snapshots);
    counts.same += more.same;
    counts.different += more.different;
    counts.missing += more.missing;
    counts.written += more.written;
    counts.unusable += more.unusable;
    counts.outranked += more.outranked;
}

/// The reason that says more: an interrupted part makes the whole interrupted.
fn graver(one: Option<Stopped>, other: Option<Stopped>) -> Option<Stopped> {
    let weight = |stopped: &Stopped| match stopped {
        Stopped::EnoughFailed { .. } => 0,
        Stopped::OutOfTime => 1,
        Stopped::Unreachable { .. } => 2,
        Stopped::Refused { .. } => 3,
        Stopped::MixedUp => 4,
        Stopped::Interrupted => 5,
    };
    match (one, other) {
        (Some(Stopped::EnoughFailed { failures: one }), Some(Stopped::EnoughFailed { failures: other })) => {
            Some(Stopped::EnoughFailed { failures: one + other })
        }
        (one, other) => one.into_iter().chain(other).max_by_key(weight),
    }
}
