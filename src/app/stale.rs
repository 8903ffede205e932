//! Which snapshots were not confirmed lately.

use std::collections::BTreeSet;

use super::{AppError, SnapshotSettings};
use crate::event::StaleSnapshot;
use crate::model::EndpointKind;
use crate::plan::{Plan, PlannedCase};
use crate::snapshot::{Freshness, FreshnessRecord, MaxAge, Store, Update};

/// How fresh the snapshots of cases are.
pub fn freshness(store: &Store, cases: &[PlannedCase], limit: Option<&MaxAge>) -> Freshness {
    store.freshness(cases.iter().map(|planned| (&planned.id, &*planned.contract)), limit)
}

/// The files that cannot be used, one line each.
pub fn unusable_files(freshness: &Freshness) -> Vec<String> {
    freshness.unusable.iter().map(|error| format!("left alone: {error}")).collect()
}

/// A snapshot with the reasons for which it is stale.
pub fn stale_snapshot(standing: &FreshnessRecord) -> StaleSnapshot {
    let why: Vec<String> = standing.doubts.iter().map(ToString::to_string).collect();
    StaleSnapshot { case: standing.case.clone(), why: why.join("; ") }
}

/// Keeps the cases whose snapshots are stale or cannot be used; the run reports what is wrong with those.
///
/// # Errors
/// An endpoint without snapshots.
pub fn keep_stale(plan: &mut Plan, snapshots: &SnapshotSettings) -> Result<Freshness, AppError> {
    let Some(folder) = &snapshots.folder else {
        return Err(AppError::settings("--stale: the endpoint has no snapshots of its own"));
    };
    let store = Store::new(folder, Update::Never, EndpointKind::Foreign);
    let found = freshness(&store, &plan.cases, snapshots.max_age.as_ref());
    let fresh = found.snapshots.iter().filter(|standing| standing.doubts.is_empty());
    let others: BTreeSet<&str> =
        fresh.map(|standing| &standing.case).chain(&found.missing).map(String::as_str).collect();
    plan.cases.retain(|planned| !others.contains(planned.id.as_str()));
    Ok(found)
}
