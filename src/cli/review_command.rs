//! `pending`, `accept`, `reject` and `prune`: what becomes of snapshots, without questions.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use super::args::{PruneArgs, ReviewArgs, StoreArgs};
use super::change_text::Look;
use super::exit::{BROKEN, CONFORMS, CliError, INVALID_FILES};
use super::settings::{from_environment, snapshots_beside};
use super::{note, print};
use crate::app::{entry, is_address};
use crate::model::{Contract, EndpointKind, Suite};
use crate::plan::{Pattern, case_ids};
use crate::report::printable;
use crate::review::group;
use crate::run::orphans;
use crate::snapshot::{PendingSnapshot, Store, StoreError, Update};
use crate::source::{Wanted, load};

/// Shows what waits, each kind of change once, and says by the exit code whether anything does.
pub(super) fn pending(args: &ReviewArgs) -> Result<u8, CliError> {
    let waiting = Waiting::find(args)?;
    let (count, has_unusable) = (waiting.selected.len(), waiting.has_unusable);
    let suite = Contracts::load(&args.store);
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
pub(super) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Accepts what waits.
pub(super) fn accept(args: &ReviewArgs) -> Result<u8, CliError> {
    let waiting = Waiting::find(args)?;
    note_origins(&waiting.selected);
    decide(&waiting, "accepted", PendingSnapshot::accept)
}

/// Rejects what waits.
pub(super) fn reject(args: &ReviewArgs) -> Result<u8, CliError> {
    decide(&Waiting::find(args)?, "rejected", PendingSnapshot::reject)
}

fn decide(
    waiting: &Waiting,
    done: &str,
    act: fn(&PendingSnapshot) -> Result<(), StoreError>,
) -> Result<u8, CliError> {
    for snapshot in &waiting.selected {
        act(snapshot)?;
        print(&format!("{done}  {}\n", printable(&snapshot.case)))?;
    }
    let count = waiting.selected.len();
    print(&format!("{count} {done}\n"))?;
    Ok(code(waiting.has_unusable, CONFORMS))
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

/// What waits and is meant, and whether files were in the way.
pub(super) struct Waiting {
    pub(super) selected: Vec<PendingSnapshot>,
    pub(super) has_unusable: bool,
    /// Snapshots of other endpoints that are pending as well, for standard error.
    elsewhere: Vec<String>,
}

impl Waiting {
    pub(super) fn find(args: &ReviewArgs) -> Result<Self, CliError> {
        let patterns = args.patterns.iter().map(|text| Pattern::new(text, args.exact));
        let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
        let store = store(&args.store)?;
        let elsewhere = elsewhere(&args.store, &store);
        let mut waiting = Self { selected: Vec::new(), has_unusable: false, elsewhere };
        for found in store.pending()? {
            match found {
                Ok(snapshot) => waiting.selected.push(snapshot),
                Err(error) => {
                    waiting.has_unusable = true;
                    note(&format!("left alone: {}", printable(&error.to_string())));
                }
            }
        }
        waiting.elsewhere.iter().for_each(|told| note(&printable(told)));
        let selects = |pattern: &&Pattern| waiting.selected.iter().any(|each| pattern.matches(&each.case));
        if let Some(pattern) = patterns.iter().find(|pattern| !selects(pattern)) {
            return Err(CliError::NothingPending { pattern: pattern.as_str().to_owned() });
        }
        waiting.selected.retain(|snapshot| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(&snapshot.case))
        });
        Ok(waiting)
    }
}

/// What is pending for other endpoints than the one that is looked at, which is easily forgotten.
fn elsewhere(args: &StoreArgs, store: &Store) -> Vec<String> {
    if args.snapshots.is_some() {
        return Vec::new();
    }
    let base = snapshots_beside(&args.folder.cases, None);
    let entries = fs::read_dir(&base).into_iter().flatten().filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = folders.filter_map(|entry| entry.file_name().to_str()?.strip_prefix('@').map(str::to_owned));
    let mut names: Vec<Option<String>> = names.map(Some).chain([None]).collect();
    names.sort();
    let others = names.iter().filter_map(|name| {
        let folder = snapshots_beside(&args.folder.cases, name.as_deref());
        let other = Store::new(folder, Update::Never, EndpointKind::Foreign);
        let count = if other.root() == store.root() { 0 } else { other.pending().ok()?.len() };
        let whose = name.as_ref().map_or_else(
            || "the reference endpoint: leave out --endpoint".to_owned(),
            |name| format!("`{name}`: --endpoint {name}"),
        );
        (count > 0).then(|| format!("{count} more pending for {whose}"))
    });
    others.collect()
}

/// The exit code, where files were in the way and where not.
pub(super) fn code(has_unusable: bool, otherwise: u8) -> u8 {
    if has_unusable { INVALID_FILES } else { otherwise }
}

/// The contracts whose words changes are told in; none if the cases cannot be read.
pub(super) struct Contracts(Option<Suite>);

impl Contracts {
    pub(super) fn load(args: &StoreArgs) -> Self {
        let suite = load(&args.folder.cases, Wanted::All).ok();
        if suite.is_none() {
            note(
                "the cases cannot be read, so no change is told in a contract's words; see `proofmark check`",
            );
        }
        Self(suite)
    }

    /// The contract of a case.
    pub(super) fn of(&self, case: &str) -> Option<&Contract> {
        let mut contracts = self.0.as_ref()?.operations.iter().map(|operation| &*operation.contract);
        contracts.find(|contract| {
            case.strip_prefix(contract.id.as_str()).is_some_and(|rest| rest.starts_with('/'))
        })
    }
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
