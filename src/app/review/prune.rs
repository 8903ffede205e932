//! Snapshots that belong to no case. Main type: [`Orphans`].

use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::model::Suite;
use crate::plan::case_ids;
use crate::run::orphans;
use crate::snapshot::{Store, StoreError};
use crate::source::{Wanted, load};

/// The snapshots of a store that belong to no case. All cases are known, whatever a run selected.
pub struct Orphans<'a> {
    suite: Suite,
    store: &'a Store,
    /// Their files.
    pub files: Vec<PathBuf>,
}

impl<'a> Orphans<'a> {
    /// Finds them.
    ///
    /// # Errors
    /// Cases that are invalid, and a folder that cannot be read.
    pub fn find(cases: &Path, store: &'a Store) -> Result<Self, AppError> {
        let suite = load(cases, Wanted::All)?;
        let files = orphans(&suite, store)?;
        Ok(Self { suite, store, files })
    }

    /// Removes one file after the other.
    pub fn remove(&self) -> impl Iterator<Item = (&Path, Result<(), StoreError>)> {
        self.files.iter().map(|orphan| (orphan.as_path(), self.store.prune(orphan)))
    }

    /// Forgets what is known of snapshots that belong to no case; gives what is in the way of that.
    ///
    /// # Errors
    /// Cases whose ids cannot be made.
    pub fn forget(&self) -> Result<Option<StoreError>, AppError> {
        let cases = case_ids(&self.suite)?;
        let known = cases.iter().map(|planned| planned.id.as_str()).collect();
        Ok(self.store.forget_all_but(&known).err())
    }
}
