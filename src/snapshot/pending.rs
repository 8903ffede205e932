//! What waits to be accepted or rejected, and what belongs to nothing any more.
//!
//! Only files that this tool could have written are touched; any other is named and left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::store::{Recorded, Store, StoreError, is_pending, read, remove, walk};

/// A snapshot that waits to be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSnapshot {
    /// The id of its case, as the file's place has it.
    pub case: String,
    /// What was accepted before, if anything was.
    pub old: Option<Recorded>,
    /// What a run has seen.
    pub new: Recorded,
    path: PathBuf,
}

impl PendingSnapshot {
    /// The file that it stands in, which ends in `.snap.new`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn accepted(&self) -> PathBuf {
        self.path.with_extension("")
    }

    /// Puts it in the place of what was accepted before, whole: the files stand in one folder.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn accept(&self) -> Result<(), StoreError> {
        let target = self.accepted();
        fs::rename(&self.path, &target).map_err(|source| StoreError::Unwritable { path: target, source })
    }

    /// Removes it; what was accepted before stays.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn reject(&self) -> Result<(), StoreError> {
        remove(&self.path)
    }
}

impl Store {
    /// Every snapshot that waits, in the order of files; a file that cannot be used is an error in its place.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn pending(&self) -> Result<Vec<Result<PendingSnapshot, StoreError>>, StoreError> {
        let mut found = Vec::new();
        walk(self.root(), 0, &mut found)?;
        Ok(found.into_iter().filter(|path| is_pending(path)).map(|path| self.one_pending(path)).collect())
    }

    /// What is accepted for these cases; a file that cannot be used counts as none.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn accepted(&self, cases: &BTreeSet<&str>) -> Result<BTreeMap<String, Recorded>, StoreError> {
        let mut found = Vec::new();
        if !cases.is_empty() {
            walk(self.root(), 0, &mut found)?;
        }
        let accepted = found.into_iter().filter(|path| !is_pending(path));
        let named = accepted.map(|path| (self.case_of(&path.with_extension("snap.new")), path));
        let wanted = named.filter(|(case, _)| cases.contains(case.as_str()));
        Ok(wanted.filter_map(|(case, path)| Some((case, read(&path).ok()??))).collect())
    }

    fn one_pending(&self, path: PathBuf) -> Result<PendingSnapshot, StoreError> {
        let gone = || StoreError::Unreadable { path: path.clone(), reason: "it has gone away".into() };
        let new = read(&path)?.ok_or_else(gone)?;
        let old = read(&path.with_extension(""))?;
        Ok(PendingSnapshot { case: self.case_of(&path), old, new, path })
    }

    /// The id of the case that a file belongs to by its place.
    fn case_of(&self, path: &Path) -> String {
        let below = path.strip_prefix(self.root()).unwrap_or(path).with_extension("").with_extension("");
        let parts: Vec<String> =
            below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        parts.join("/").replace('@', "/")
    }

    /// Removes a snapshot that belongs to no case, and folders that are empty then.
    ///
    /// # Errors
    /// A file that is no snapshot of this tool, which is left alone, or one that cannot be removed.
    pub fn prune(&self, orphan: &Path) -> Result<(), StoreError> {
        read(orphan)?;
        remove(orphan)?;
        let folders = orphan.ancestors().skip(1).take_while(|folder| *folder != self.root());
        // A folder that is not empty cannot be removed, and stays.
        let _ = folders.map(fs::remove_dir).take_while(Result::is_ok).count();
        Ok(())
    }
}
