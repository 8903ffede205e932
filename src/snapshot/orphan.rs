//! Snapshots that belong to no case any more, and how they are found: by the whole list of cases, whatever a run has
//! selected.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::error::StoreError;
use super::file::{read, remove};
use super::lock::{FolderLock, OWN_FOLDER};
use super::provenance::Provenance;
use super::store::Store;
use crate::whole_file::{is_temporary, remove_left};

impl Store {
    /// Snapshots and pending ones below `tables` that belong to no known case, in order. What killed processes have left
    /// is removed, where something may be written.
    ///
    /// Every case of the suite has to be in `known`, also those that a run did not select.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn orphans(&self, known: &BTreeSet<PathBuf>) -> Result<Vec<PathBuf>, StoreError> {
        let mut found = Vec::new();
        walk(self.root(), 0, &mut found)?;
        if self.writes() {
            found.iter().filter(|path| is_left(path)).for_each(|path| remove_left(path));
        }
        found.retain(|path| !is_left(path) && !known.contains(&settled(path)));
        Ok(found)
    }

    /// Removes a snapshot that belongs to no case, and folders that are empty then.
    ///
    /// # Errors
    /// A file that is no snapshot of this tool, which is left alone, or one that cannot be removed.
    pub fn prune(&self, orphan: &Path) -> Result<(), StoreError> {
        let _lock = FolderLock::take(self.root())?;
        read(self.root(), orphan)?;
        remove(self.root(), orphan)?;
        let folders = orphan.ancestors().skip(1).take_while(|folder| *folder != self.root());
        // A folder that is not empty cannot be removed, and stays.
        let _ = folders.map(fs::remove_dir).take_while(Result::is_ok).count();
        Ok(())
    }

    /// Drops what the side file knows of cases that are not among these, and says how many there were.
    ///
    /// # Errors
    /// A side file that cannot be used or written.
    pub fn forget_all_but(&self, known: &BTreeSet<&str>) -> Result<usize, StoreError> {
        if Provenance::read(self.root())?.keep_only(known) == 0 {
            return Ok(0);
        }
        let _lock = FolderLock::take(self.root())?;
        let mut provenance = Provenance::read(self.root())?;
        let count = provenance.keep_only(known);
        provenance.write(self.root())?;
        Ok(count)
    }
}

/// How deep folders of snapshots are searched.
const DEEPEST: usize = 20;

/// Finds snapshots, pending ones, temporary files of writes, and links, below a folder.
pub(super) fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), StoreError> {
    let unreadable =
        |error: io::Error| StoreError::Unreadable { path: folder.to_path_buf(), reason: error.to_string() };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(unreadable)?;
        // A folder `@NAME` is another endpoint's, and ours holds no snapshots. A link is not followed, and is found, so that
        // it is named: what it leads to would be missing without a word.
        let is_other = name.starts_with('@') || name == OWN_FOLDER;
        // One that leads to a plain file of another name is nobody's snapshot.
        let hides = || is_snapshot(&name) || fs::metadata(entry.path()).is_ok_and(|found| found.is_dir());
        if kind.is_dir() && !is_other && depth < DEEPEST {
            walk(&entry.path(), depth + 1, found)?;
        } else if (kind.is_file() && (is_snapshot(&name) || is_temporary(&entry.file_name())))
            || (kind.is_symlink() && !is_other && hides())
        {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Whether a file's name is that of a snapshot, accepted or pending; the tool writes lower case.
fn is_snapshot(name: &str) -> bool {
    let settled = name.strip_suffix(".new").unwrap_or(name);
    Path::new(settled).extension().is_some_and(|ending| ending == "snap")
}

fn is_left(path: &Path) -> bool {
    path.file_name().is_some_and(is_temporary)
}

/// Whether a file waits to be accepted.
pub(super) fn is_pending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "new")
}

/// The accepted file that a pending one stands beside.
fn settled(path: &Path) -> PathBuf {
    let name = path.to_string_lossy();
    PathBuf::from(name.strip_suffix(".new").unwrap_or(&name))
}
