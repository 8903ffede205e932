//! Snapshots that are pending: not yet accepted or rejected.
//!
//! Only files that this tool could have written are touched; any other is named and left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::file::{SnapshotFile, read, remove};
use super::lock::FolderLock;
use super::orphan::{is_pending, walk};
use super::provenance::{Provenance, digest};
use super::store::Store;

/// A pending snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSnapshot {
    /// The id of its case, as the file's place has it.
    pub case: String,
    /// What was accepted before, if anything was.
    pub old: Option<SnapshotFile>,
    /// What a run has seen.
    pub new: SnapshotFile,
    /// The faults that were switched on in that run, as far as the side file knows.
    pub faults: Vec<String>,
    path: PathBuf,
    root: PathBuf,
}

impl PendingSnapshot {
    /// Its file, which ends in `.snap.new`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn accepted(&self) -> PathBuf {
        self.path.with_extension("")
    }

    /// Puts it in the place of the accepted snapshot, whole: both files are in one folder.
    ///
    /// # Errors
    /// A folder that cannot be written to, or that another process writes to for long; files that have changed since
    /// they were looked at.
    pub fn accept(&self) -> Result<(), StoreError> {
        let _lock = FolderLock::take(&self.root)?;
        self.check()?;
        let target = self.accepted();
        fs::rename(&self.path, &target).map_err(|source| StoreError::Unwritable { path: target, source })
    }

    /// Removes it; what was accepted before stays.
    ///
    /// # Errors
    /// As [`PendingSnapshot::accept`].
    pub fn reject(&self) -> Result<(), StoreError> {
        let _lock = FolderLock::take(&self.root)?;
        self.check()?;
        remove(&self.root, &self.path)
    }

    /// What is decided upon has to be what was seen.
    fn check(&self) -> Result<(), StoreError> {
        let (new, old) = (read(&self.root, &self.path)?, read(&self.root, &self.accepted())?);
        if new.as_ref() == Some(&self.new) && old == self.old {
            return Ok(());
        }
        Err(StoreError::Changed { path: self.path.clone() })
    }
}

impl Store {
    /// Every pending snapshot, in the order of files; a file that cannot be used is an error in its place.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn pending(&self) -> Result<Vec<Result<PendingSnapshot, StoreError>>, StoreError> {
        let found = walk(self.root())?;
        // The side file is optional here; a run reports what is wrong with it.
        let provenance = Provenance::read(self.root()).unwrap_or_default();
        let is_link = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
        let (links, found): (Vec<PathBuf>, Vec<PathBuf>) = found.into_iter().partition(is_link);
        let refused = links.into_iter().map(|path| {
            Err(StoreError::Unreadable { path, reason: "it is a link, and no link is followed here".into() })
        });
        let found = found.into_iter().filter(|path| is_pending(path));
        Ok(found.map(|path| self.read_pending(path, &provenance)).chain(refused).collect())
    }

    /// What is accepted for these cases; a file that cannot be used counts as none.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn accepted(&self, cases: &BTreeSet<&str>) -> Result<BTreeMap<String, SnapshotFile>, StoreError> {
        let found = if cases.is_empty() { Vec::new() } else { walk(self.root())? };
        let accepted = found.into_iter().filter(|path| !is_pending(path));
        let named = accepted.map(|path| (self.case_of(&path.with_extension("snap.new")), path));
        let wanted = named.filter(|(case, _)| cases.contains(case.as_str()));
        Ok(wanted.filter_map(|(case, path)| Some((case, read(self.root(), &path).ok()??))).collect())
    }

    fn read_pending(&self, path: PathBuf, provenance: &Provenance) -> Result<PendingSnapshot, StoreError> {
        let gone = || StoreError::Unreadable { path: path.clone(), reason: "it has gone away".into() };
        let new = read(self.root(), &path)?.ok_or_else(gone)?;
        let old = read(self.root(), &path.with_extension(""))?;
        let case = self.case_of(&path);
        let history = provenance.history(&case, &digest(&new.text));
        let faults = history.and_then(|history| history.recorded).map(|recorded| recorded.faults.clone());
        let (faults, root) = (faults.unwrap_or_default(), self.root().to_path_buf());
        Ok(PendingSnapshot { case, old, new, faults, path, root })
    }

    /// The id of the case that a file belongs to by its place.
    fn case_of(&self, path: &Path) -> String {
        let below = path.strip_prefix(self.root()).unwrap_or(path).with_extension("").with_extension("");
        let parts: Vec<String> =
            below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        parts.join("/").replace('@', "/")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::header::Header;
    use super::{Store, StoreError};
    use crate::model::EndpointKind;
    use crate::snapshot::Update;

    fn snapshot(text: &str) -> String {
        Header { source: "cases/a.toml".into(), description: "x".into(), info: vec![("case", "a/b".into())] }
            .file(text)
    }

    #[test]
    fn what_has_changed_since_it_was_looked_at_is_neither_accepted_nor_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("b.snap"), folder.path().join("b.snap.new"));
        let store = Store::new(folder.path(), Update::Never, EndpointKind::Foreign);
        for (path, is_removed) in [(&old, false), (&new, false), (&new, true)] {
            fs::write(&old, snapshot("one")).unwrap();
            fs::write(&new, snapshot("two")).unwrap();
            let [Ok(found)] = &store.pending().unwrap()[..] else { panic!("one waits") };
            if is_removed {
                fs::remove_file(path).unwrap();
            } else {
                fs::write(path, snapshot("three")).unwrap();
            }
            let before = (fs::read(&old).ok(), fs::read(&new).ok());
            for done in [found.accept(), found.reject()] {
                assert!(matches!(done, Err(StoreError::Changed { .. })), "{done:?}");
                assert_eq!((fs::read(&old).ok(), fs::read(&new).ok()), before);
            }
        }
    }
}
