//! What the commands about snapshots share.

use std::collections::BTreeSet;

use super::args::{ReviewArgs, StoreArgs};
use super::exit::{CliError, INVALID_FILES};
use super::settings::from_environment;
use super::{note, remark};
use crate::app::review::{Contracts, PendingFiles, other_endpoints, snapshots_beside, store as find};
use crate::snapshot::{PendingSnapshot, Store};

/// The snapshots that are meant.
pub(super) fn store(args: &StoreArgs) -> Result<Store, CliError> {
    let (snapshots, endpoint) = (args.snapshots.as_deref(), args.endpoint.as_deref());
    Ok(find(&args.folder.cases, snapshots, endpoint, &from_environment)?)
}

/// The pending snapshots that are meant. What is in the way, and what is pending elsewhere, goes to standard error.
pub(super) fn pending_files(args: &ReviewArgs) -> Result<PendingFiles, CliError> {
    let store = store(&args.store)?;
    let others = match args.store.snapshots {
        Some(_) => Vec::new(),
        None => other_endpoints(&snapshots_beside(&args.store.folder.cases, None), &store),
    };
    let found = PendingFiles::of(&store)?;
    found.unusable.iter().chain(&others).for_each(|line| remark(line));
    Ok(found.select(&args.patterns, args.exact)?)
}

/// The contracts whose words changes are described in.
pub(super) fn contracts(args: &StoreArgs) -> Contracts {
    let contracts = Contracts::load(&args.folder.cases);
    if contracts.is_none() {
        note(
            "the cases cannot be read, so no change is described in a contract's words; see `proofmark check`",
        );
    }
    contracts
}

/// Says how many of the snapshots show what a fault has made, or take the place of what outranks them, which may be
/// just what is wanted.
pub(super) fn note_origins<'a>(snapshots: impl IntoIterator<Item = &'a PendingSnapshot>) {
    let snapshots: Vec<&PendingSnapshot> = snapshots.into_iter().collect();
    let is_outranked = |snapshot: &&&PendingSnapshot| {
        snapshot.old.as_ref().is_some_and(|old| old.kind().outranks(snapshot.new.kind()))
    };
    let count = snapshots.iter().filter(is_outranked).count();
    if count > 0 {
        note(&format!("{count} over what was recorded from a real endpoint, and recorded from none"));
    }
    let faulty: Vec<&PendingSnapshot> =
        snapshots.into_iter().filter(|snapshot| !snapshot.faults.is_empty()).collect();
    let names: BTreeSet<&str> =
        faulty.iter().flat_map(|snapshot| &snapshot.faults).map(String::as_str).collect();
    if !names.is_empty() {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        remark(&format!("{} recorded while a fault was switched on: {names}", faulty.len()));
    }
}

/// The exit code, where files were in the way and where not.
pub(super) fn code(has_unusable: bool, otherwise: u8) -> u8 {
    if has_unusable { INVALID_FILES } else { otherwise }
}
