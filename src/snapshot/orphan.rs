//! Snapshots that belong to no case any more, and how they are found: by the whole list of cases, whatever a run has
//! selected.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::fs::FileType;
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
    pub fn orphans(&self, known: &HashSet<PathBuf>) -> Result<Vec<PathBuf>, StoreError> {
        let mut orphans = Vec::new();
        let writes = self.writes();
        let mut take = |path: PathBuf| {
            if is_left(&path) {
                if writes {
                    remove_left(&path);
                }
            } else if !is_known(known, &path) {
                orphans.push(path);
            }
        };
        // A run looks at the same folders again, case by case.
        let mut listed = |folder: &Path, entries: &[(OsString, FileType)]| {
            if let Some(table) = folder.strip_prefix(self.root()).ok().and_then(Path::to_str) {
                self.inventory()
                    .remember(table, entries.iter().map(|(name, kind)| (name.clone(), kind.is_file())));
            }
        };
        descend(self.root(), 0, &mut take, &mut listed)?;
        Ok(orphans)
    }

    /// Removes a snapshot that belongs to no case, and folders that are empty then.
    ///
    /// # Errors
    /// A file that is not a snapshot of this tool, which is left alone, or one that cannot be removed.
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

/// Finds snapshots, pending ones, temporary files of writes, and links, below a folder, in order.
pub(super) fn walk(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut found = Vec::new();
    descend(folder, 0, &mut |path| found.push(path), &mut |_, _| {})?;
    Ok(found)
}

/// Hands out each of them, and what each folder lists.
fn descend(
    folder: &Path,
    depth: usize,
    take: &mut impl FnMut(PathBuf),
    listed: &mut impl FnMut(&Path, &[(OsString, FileType)]),
) -> Result<(), StoreError> {
    let unreadable =
        |error: io::Error| StoreError::Unreadable { path: folder.to_path_buf(), reason: error.to_string() };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(error)),
    };
    let entries = entries.map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))));
    let mut entries = entries.collect::<io::Result<Vec<_>>>().map_err(unreadable)?;
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    listed(folder, &entries);
    for (file_name, kind) in &entries {
        let name = file_name.to_string_lossy();
        let path = || folder.join(file_name);
        // A folder `@NAME` is another endpoint's, and ours holds no snapshots. A link is not followed, and is found, so that
        // it is named: what it leads to would be missing without a word.
        let is_other = name.starts_with('@') || name == OWN_FOLDER;
        // A link to a plain file of another name is not a snapshot.
        let hides = || is_snapshot(&name) || fs::metadata(path()).is_ok_and(|found| found.is_dir());
        if kind.is_dir() && !is_other && depth < DEEPEST {
            descend(&path(), depth + 1, take, listed)?;
        } else if (kind.is_file() && (is_snapshot(&name) || is_temporary(file_name)))
            || (kind.is_symlink() && !is_other && hides())
        {
            take(path());
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

/// Whether a file is a pending snapshot.
pub(super) fn is_pending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "new")
}

/// Whether a snapshot, or the accepted file that a pending one is beside, is one of these.
fn is_known(known: &HashSet<PathBuf>, path: &Path) -> bool {
    if is_pending(path) { known.contains(&path.with_extension("")) } else { known.contains(path) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;

    use super::super::inventory::FilePresence;
    use super::{Store, walk};
    use crate::model::EndpointKind;
    use crate::snapshot::Update;

    #[test]
    fn orphans_come_in_order_and_the_folders_are_listed_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in [
            "a/B/t/x@1.snap",
            "a/B/t/x@1.snap.new",
            "a/B/t/y.snap.new",
            "a/B/t2/z.snap",
            "a/note.txt",
            "@b/q.snap",
        ] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "").unwrap();
        }
        let store = Store::new(root, Update::Never, EndpointKind::Foreign);
        let known = HashSet::from([root.join("a/B/t/x@1.snap")]);
        assert_eq!(
            store.orphans(&known).unwrap(),
            [root.join("a/B/t/y.snap.new"), root.join("a/B/t2/z.snap")]
        );
        let all = ["a/B/t/x@1.snap", "a/B/t/x@1.snap.new", "a/B/t/y.snap.new", "a/B/t2/z.snap"];
        assert_eq!(walk(root).unwrap(), all.map(|path| root.join(path)));
        // What is remembered is not looked up again.
        fs::remove_file(root.join("a/B/t2/z.snap")).unwrap();
        let entry = |name: &str| store.inventory().entry(root, "a/B/t2", name);
        assert_eq!((entry("z.snap"), entry("y.snap")), (FilePresence::File, FilePresence::Nothing));
    }
}
