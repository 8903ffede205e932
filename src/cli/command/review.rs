//! `pending`, `accept`, `reject` and `prune`: what becomes of snapshots, without questions.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crate::app::review::{Contracts, PendingFiles, other_endpoints};
use crate::app::{entry, is_address};
use crate::cli::args::{PruneArgs, ReviewArgs, StoreArgs};
use crate::cli::change_text::Look;
use crate::cli::exit::{BROKEN, CONFORMS, CliError, INVALID_FILES};
use crate::cli::settings::{from_environment, snapshots_beside};
use crate::cli::{note, print};
use crate::model::EndpointKind;
use crate::plan::case_ids;
use crate::report::printable;
use crate::review::group;
use crate::run::orphans;
use crate::snapshot::{PendingSnapshot, Store, StoreError, Update};
use crate::source::{Wanted, load};

/// Shows what waits, each kind of change once, and says by the exit code whether anything does.
pub(super) fn pending(args: &ReviewArgs) -> Result<u8, CliError> {
    let waiting = pending_files(args)?;
    let (count, has_unusable) = (waiting.selected.len(), waiting.has_unusable());
    let suite = contracts(&args.store);
    let groups = group(waiting.selected, |case| suite.of(case));
    let look = Look::of_output(io::stdout().is_terminal());
    let mut text = String::new();
    for (at, group) in groups.iter().enumerate() {
        text.push_str(&look.head(at + 1, groups.len(), group.changes.len()));
        text.push_str(&look.facts(group));
        let changes: Vec<_> = group.changes.iter().collect();
        text.push_str(&look.faults(&changes));
        text.push_str(&look.cases(&changes));
        text.push_str(&look.difference(&group.changes[0]));
        text.push('\n');
    }
    let kinds = groups.len();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{count} pending, {kinds} kind{} of change", plural(kinds));
    print(&text)?;
    Ok(code(has_unusable, if count == 0 { CONFORMS } else { BROKEN }))
}

/// What a word ends in where there are several.
pub(in crate::cli) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Accepts what waits.
pub(super) fn accept(args: &ReviewArgs) -> Result<u8, CliError> {
    let waiting = pending_files(args)?;
    note_origins(&waiting.selected);
    decide(&waiting, "accepted", PendingSnapshot::accept)
}

/// Rejects what waits.
pub(super) fn reject(args: &ReviewArgs) -> Result<u8, CliError> {
    decide(&pending_files(args)?, "rejected", PendingSnapshot::reject)
}

fn decide(
    waiting: &PendingFiles,
    done: &str,
    act: fn(&PendingSnapshot) -> Result<(), StoreError>,
) -> Result<u8, CliError> {
    for snapshot in &waiting.selected {
        act(snapshot)?;
        print(&format!("{done}  {}\n", printable(&snapshot.case)))?;
    }
    let count = waiting.selected.len();
    print(&format!("{count} {done}\n"))?;
    Ok(code(waiting.has_unusable(), CONFORMS))
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
        let text = format!("{} recorded while a fault was switched on: {names}", faulty.len());
        note(&printable(&text));
    }
}

/// The pending snapshots that are meant. What is in the way, and what is pending elsewhere, goes to standard error.
pub(super) fn pending_files(args: &ReviewArgs) -> Result<PendingFiles, CliError> {
    let store = store(&args.store)?;
    let others = match args.store.snapshots {
        Some(_) => Vec::new(),
        None => other_endpoints(&snapshots_beside(&args.store.folder.cases, None), &store),
    };
    let found = PendingFiles::of(&store)?;
    found.unusable.iter().chain(&others).for_each(|line| note(&printable(line)));
    Ok(found.select(&args.patterns, args.exact)?)
}

/// The exit code, where files were in the way and where not.
pub(super) fn code(has_unusable: bool, otherwise: u8) -> u8 {
    if has_unusable { INVALID_FILES } else { otherwise }
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

/// Removes the snapshots that belong to no case; all cases are known, whatever a run selected.
pub(super) fn prune(args: &PruneArgs) -> Result<u8, CliError> {
    let suite = load(&args.store.folder.cases, Wanted::All)?;
    let store = store(&args.store)?;
    let orphans: Vec<PathBuf> = orphans(&suite, &store)?;
    let mut code = if args.dry_run && !orphans.is_empty() { BROKEN } else { CONFORMS };
    let mut count = 0;
    for orphan in &orphans {
        let shown = orphan.display().to_string();
        let shown = printable(&shown);
        if args.dry_run {
            print(&format!("would remove  {shown}\n"))?;
            continue;
        }
        match store.prune(orphan) {
            Ok(()) => {
                count += 1;
                print(&format!("removed  {shown}\n"))?;
            }
            Err(error) => {
                code = INVALID_FILES;
                note(&format!("left alone: {}", printable(&error.to_string())));
            }
        }
    }
    if !args.dry_run {
        let cases = case_ids(&suite)?;
        let known = cases.iter().map(|planned| planned.id.as_str()).collect();
        if let Err(error) = store.forget_all_but(&known) {
            code = INVALID_FILES;
            note(&format!("left alone: {}", printable(&error.to_string())));
        }
    }
    print(&if args.dry_run {
        format!("{} to remove\n", orphans.len())
    } else {
        format!("{count} removed\n")
    })?;
    Ok(code)
}

/// The snapshots that are meant.
pub(super) fn store(args: &StoreArgs) -> Result<Store, CliError> {
    let cases = &args.folder.cases;
    let folder = match (&args.snapshots, &args.endpoint) {
        (Some(folder), _) => folder.clone(),
        (None, Some(name)) if is_address(name) => {
            let hint = Some("name an endpoint of endpoints.toml, or the folder with --snapshots".into());
            return Err(CliError::Usage { message: format!("`{name}` has no snapshots of its own"), hint });
        }
        // A name that no endpoint has could lead anywhere.
        (None, Some(name)) => snapshots_beside(cases, Some(&entry(name, cases, &from_environment)?.name)),
        (None, None) => snapshots_beside(cases, None),
    };
    // Which endpoint answered stands in the files: nothing is run here.
    Ok(Store::new(folder, Update::Never, EndpointKind::Foreign))
}
