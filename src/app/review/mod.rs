//! Pending snapshots: which there are, and what becomes of them.

mod carried;
mod prune;
mod queue;
mod store;

use std::fs;
use std::path::Path;

pub use carried::{Carried, DecisionResult, check_store, read_decisions, store_name};
pub use prune::Orphans;
pub use queue::{QueueDecision, QueuePosition, ReviewQueue};
pub use store::{snapshots_beside, store};

use super::AppError;
use crate::model::{Contract, EndpointKind, Suite};
use crate::plan::Pattern;
use crate::snapshot::{PendingSnapshot, Store, Update};
use crate::source::{Wanted, load};

/// Pending snapshots that are selected.
pub struct PendingFiles {
    /// The snapshots, in the order of their cases.
    pub selected: Vec<PendingSnapshot>,
    /// The files that cannot be used and are left alone, one line each.
    pub unusable: Vec<String>,
}

impl PendingFiles {
    /// All pending snapshots of a store.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn of(store: &Store) -> Result<Self, AppError> {
        let mut found = Self { selected: Vec::new(), unusable: Vec::new() };
        for each in store.pending()? {
            match each {
                Ok(snapshot) => found.selected.push(snapshot),
                Err(error) => found.unusable.push(format!("left alone: {error}")),
            }
        }
        Ok(found)
    }

    /// Those that any of these patterns matches; all without patterns.
    ///
    /// # Errors
    /// A pattern that is none or matches nothing.
    pub fn select(mut self, patterns: &[String], is_exact: bool) -> Result<Self, AppError> {
        let patterns = patterns.iter().map(|text| Pattern::new(text, is_exact));
        let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
        let selects = |pattern: &&Pattern| self.selected.iter().any(|each| pattern.matches(&each.case));
        if let Some(pattern) = patterns.iter().find(|pattern| !selects(pattern)) {
            return Err(AppError::NothingPending { pattern: pattern.as_str().to_owned() });
        }
        self.selected.retain(|snapshot| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(&snapshot.case))
        });
        Ok(self)
    }

    /// Whether files were in the way.
    pub fn has_unusable(&self) -> bool {
        !self.unusable.is_empty()
    }
}

/// What is pending for other endpoints than the one of a store, which is easily forgotten: one line for each. All have
/// their snapshots below one folder.
pub fn other_endpoints(base: &Path, store: &Store) -> Vec<String> {
    let entries = fs::read_dir(base).into_iter().flatten().filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = folders.filter_map(|entry| entry.file_name().to_str()?.strip_prefix('@').map(str::to_owned));
    let mut names: Vec<Option<String>> = names.map(Some).chain([None]).collect();
    names.sort();
    let others = names.iter().filter_map(|name| {
        let folder = name.as_ref().map_or(base.to_path_buf(), |name| base.join(format!("@{name}")));
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

/// The contracts whose words changes are described in; none if the cases cannot be read.
pub struct Contracts(Option<Suite>);

impl Contracts {
    /// Reads them.
    pub fn load(cases: &Path) -> Self {
        Self(load(cases, Wanted::All).ok())
    }

    /// Whether the cases cannot be read.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The contract of a case.
    pub fn of(&self, case: &str) -> Option<&Contract> {
        let mut contracts = self.0.as_ref()?.operations.iter().map(|operation| &*operation.contract);
        contracts.find(|contract| {
            case.strip_prefix(contract.id.as_str()).is_some_and(|rest| rest.starts_with('/'))
        })
    }
}
