//! Where files are read from: the disk, or a copy in memory. Main type: [`Shelf`], such a copy.
//!
//! A copy is what a certificate rests on: what was judged, and what is judged again, are the same bytes.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::disk::{DEEPEST, list_disk, read_disk, too_deep, with_line_feeds};
use super::error::LoadError;
use super::inside::inside;
use crate::model::SourceText;

/// The folder of a copy, whatever it was copied from.
const ROOT: &str = "cases";

/// Contracts, tables and what belongs to them, in memory, below `cases`.
#[derive(Debug, Clone, Default)]
pub struct Shelf(BTreeMap<PathBuf, Arc<SourceText>>);

impl Shelf {
    /// Copies the TOML and CSV files of a folder of cases. What is said of endpoints stays behind: it is about machines.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or is not text.
    pub fn copy(cases: &Path) -> Result<Self, LoadError> {
        let mut shelf = Self::default();
        shelf.copy_folder(cases, cases, Path::new(ROOT), 0)?;
        Ok(shelf)
    }

    fn copy_folder(&mut self, root: &Path, from: &Path, to: &Path, depth: usize) -> Result<(), LoadError> {
        for (name, is_folder) in list_disk(root, from)? {
            let (source, target) = (from.join(&name), to.join(&name));
            if name.starts_with('.') {
                continue;
            }
            if is_folder {
                if depth >= DEEPEST {
                    return Err(too_deep(source));
                }
                self.copy_folder(root, &source, &target, depth + 1)?;
            } else if is_part(&target) {
                let file = read_disk(root, &source, &target)?;
                self.0.insert(target, file);
            }
        }
        Ok(())
    }

    /// A copy made of these files, by name below `cases`, `/` between folders.
    ///
    /// # Errors
    /// The name of a file that does not belong in a copy.
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let mut shelf = Self::default();
        for (name, text) in files {
            let path = PathBuf::from(&name);
            if !is_part(&path) || !path.starts_with(ROOT) {
                return Err(name);
            }
            shelf.0.insert(path.clone(), Arc::new(SourceText::new(path, with_line_feeds(text))));
        }
        Ok(shelf)
    }

    /// The files, by name, with `/` between folders.
    pub fn files(&self) -> impl Iterator<Item = (String, &str)> {
        self.0.iter().map(|(path, file)| {
            let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            (parts.join("/"), file.text.as_str())
        })
    }

    /// The folder that all of it is below.
    pub(super) fn root() -> &'static Path {
        Path::new(ROOT)
    }
}

fn is_part(path: &Path) -> bool {
    let is_read = path.extension().is_some_and(|ending| ending == "toml" || ending == "csv");
    is_read && path != Path::new(ROOT).join("endpoints.toml")
}

/// Where files are read from.
#[derive(Debug, Clone, Copy)]
pub(super) enum FileSource<'a> {
    /// The disk.
    Disk(&'a Path),
    /// A copy.
    Shelf(&'a Shelf),
}

impl FileSource<'_> {
    /// Reads one file, shown as `shown`.
    pub(super) fn read(self, path: &Path, shown: &Path) -> Result<Arc<SourceText>, LoadError> {
        match self {
            Self::Disk(root) => read_disk(root, path, shown),
            Self::Shelf(copy) => copy.0.get(path).cloned().ok_or_else(|| LoadError::Unreadable {
                path: path.to_path_buf(),
                source: io::ErrorKind::NotFound.into(),
            }),
        }
    }

    /// The names in a folder, sorted, and whether each is a folder itself.
    pub(super) fn list(self, folder: &Path) -> Result<Vec<(String, bool)>, LoadError> {
        let copy = match self {
            Self::Disk(root) => return list_disk(root, folder),
            Self::Shelf(copy) => copy,
        };
        let mut names: BTreeMap<String, bool> = BTreeMap::new();
        for below in copy.0.keys().filter_map(|path| path.strip_prefix(folder).ok()) {
            let mut parts = below.components();
            if let Some(first) = parts.next() {
                names.insert(first.as_os_str().to_string_lossy().into_owned(), parts.next().is_some());
            }
        }
        Ok(names.into_iter().collect())
    }

    pub(super) fn has(self, path: &Path) -> bool {
        match self {
            // A link that leads nowhere is named where it is read.
            Self::Disk(_) => path.symlink_metadata().is_ok(),
            Self::Shelf(copy) => copy.0.contains_key(path),
        }
    }

    pub(super) fn is_folder(self, path: &Path) -> bool {
        match self {
            Self::Disk(_) => path.is_dir(),
            Self::Shelf(copy) => copy.0.keys().any(|file| file.starts_with(path) && file != path),
        }
    }

    /// The one path of a file that may be named in several ways.
    ///
    /// # Errors
    /// A file that is not there, or is outside.
    pub(super) fn real(self, path: &Path) -> io::Result<PathBuf> {
        match self {
            Self::Disk(root) => inside(root, path),
            Self::Shelf(copy) => plain_path(path)
                .filter(|path| copy.0.contains_key(path))
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
        }
    }
}

/// The path without `.` and `x/..`; none if it leads above where it starts.
fn plain_path(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            Component::ParentDir => plain.pop().then_some(())?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{FileSource, Shelf};
    use crate::plan::case_ids;
    use crate::source::{Wanted, load, load_shelf};

    #[test]
    fn a_copy_gives_the_same_cases_as_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        let shelf = Shelf::copy(&folder).unwrap();
        let ids =
            |suite| case_ids(&suite).unwrap().iter().map(|case| case.id.to_string()).collect::<Vec<_>>();
        let copied = ids(load_shelf(&shelf).unwrap());
        assert!(copied.len() > 500);
        assert_eq!(copied, ids(load(&folder, Wanted::All).unwrap()));
        let again = Shelf::new(shelf.files().map(|(name, text)| (name, text.to_owned()))).unwrap();
        assert_eq!(ids(load_shelf(&again).unwrap()), copied);
    }

    #[test]
    fn a_copy_has_no_file_outside_of_it() {
        let file = |name: &str| Shelf::new([(name.to_owned(), String::new())]);
        for name in ["elsewhere/a.toml", "cases/endpoints.toml", "cases/a.txt", "/cases/a.toml"] {
            assert_eq!(file(name).unwrap_err(), name);
        }
        let shelf = file("cases/a/b.toml").unwrap();
        let files = FileSource::Shelf(&shelf);
        assert!(files.real(Path::new("cases/a/../a/b.toml")).is_ok());
        assert!(files.real(Path::new("cases/a/../../../cases/a/b.toml")).is_err());
        assert_eq!(files.list(Path::new("cases")).unwrap(), [("a".to_owned(), true)]);
    }
}
