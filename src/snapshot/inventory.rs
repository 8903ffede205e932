//! Which snapshots are in a folder. The folder is listed once, not once per case, because calls to the system are most
//! of the cost of verifying a snapshot. Main type: [`Inventory`].
//!
//! A listing can be out of date by as much time as a run takes. So only verifying uses it; a write looks again, under
//! the lock.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use super::file::check_way;

/// How many folders are remembered. Cases come in the order of their tables, so few are under way at once.
const REMEMBERED: usize = 4;

/// What is in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FilePresence {
    /// Nothing.
    Nothing,
    /// A plain file.
    File,
    /// Something else, or it is not known: the file itself has to be asked.
    Unsure,
}

/// The folders that cases were looked for in lately, and those that were listed before.
#[derive(Debug, Default)]
pub(super) struct Inventory(Mutex<Folders>);

#[derive(Debug, Default)]
struct Folders {
    /// The latest first.
    lately: Vec<(String, Arc<FolderListing>)>,
    /// Each until it is asked for.
    before: HashMap<String, FolderListing>,
}

#[derive(Debug)]
enum FolderListing {
    /// Each name, and whether a plain file has it.
    Names(HashMap<OsString, bool>),
    Unsure,
}

impl Inventory {
    /// What has a name in the folder of a table below `root`; `root` is the same in each call.
    pub(super) fn entry(&self, root: &Path, table: &str, name: &str) -> FilePresence {
        match &*self.listing(root, table) {
            FolderListing::Unsure => FilePresence::Unsure,
            FolderListing::Names(names) => match names.get(OsStr::new(name)) {
                None => FilePresence::Nothing,
                Some(true) => FilePresence::File,
                Some(false) => FilePresence::Unsure,
            },
        }
    }

    fn listing(&self, root: &Path, table: &str) -> Arc<FolderListing> {
        let mut folders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, listing)) = folders.lately.iter().find(|(known, _)| known == table) {
            return Arc::clone(listing);
        }
        let before = folders.before.remove(table);
        let listing = Arc::new(before.unwrap_or_else(|| FolderListing::of(root, &root.join(table))));
        folders.lately.truncate(REMEMBERED - 1);
        folders.lately.insert(0, (table.to_owned(), Arc::clone(&listing)));
        listing
    }

    /// Remembers what the folder of a table lists: names, and whether a plain file has each. No folder on the way to it
    /// may be a link.
    pub(super) fn remember(&self, table: &str, names: impl Iterator<Item = (OsString, bool)>) {
        let mut folders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        folders.before.insert(table.to_owned(), FolderListing::Names(names.collect()));
    }
}

impl FolderListing {
    fn of(root: &Path, folder: &Path) -> Self {
        if check_way(root, &folder.join("any")).is_err() {
            return Self::Unsure;
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::Names(HashMap::new()),
            Err(_) => return Self::Unsure,
        };
        let named = entries.map(|entry| {
            let entry = entry?;
            Ok((entry.file_name(), entry.file_type()?.is_file()))
        });
        named.collect::<io::Result<_>>().map_or(Self::Unsure, Self::Names)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{FilePresence, Inventory};

    #[test]
    fn files_are_told_from_nothing_and_from_what_has_to_be_asked() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("a/B/t");
        fs::create_dir_all(table.join("folder.snap")).unwrap();
        fs::write(table.join("file.snap"), "").unwrap();
        let inventory = Inventory::default();
        let entry = |name: &str| inventory.entry(folder.path(), "a/B/t", name);
        assert_eq!(entry("file.snap"), FilePresence::File);
        assert_eq!(entry("nothing.snap"), FilePresence::Nothing);
        assert_eq!(entry("folder.snap"), FilePresence::Unsure);
        assert_eq!(inventory.entry(folder.path(), "no/such", "a.snap"), FilePresence::Nothing);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_known_behind_a_link() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let outside = folder.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("a.snap"), "").unwrap();
        let root = folder.path().join("root");
        fs::create_dir(&root).unwrap();
        symlink(&outside, root.join("t")).unwrap();
        symlink(outside.join("a.snap"), root.join("b.snap")).unwrap();
        let inventory = Inventory::default();
        assert_eq!(inventory.entry(&root, "t", "a.snap"), FilePresence::Unsure);
        assert_eq!(inventory.entry(&root, "", "b.snap"), FilePresence::Unsure);
    }

    #[test]
    fn few_folders_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let inventory = Inventory::default();
        for number in 0..20 {
            inventory.entry(folder.path(), &number.to_string(), "a.snap");
        }
        assert_eq!(inventory.0.lock().unwrap().lately.len(), super::REMEMBERED);
    }
}
