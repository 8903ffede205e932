//! What is in the places that are watched, at a moment. Main type: [`Seen`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use super::place::WatchPlace;

/// How deep folders are looked into; cases are searched less deep.
const DEEPEST: usize = 32;

/// The files of each place.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<BTreeMap<PathBuf, Stamp>>);

/// What tells one state of a file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stamp {
    File { length: u64, modified: Option<SystemTime> },
    Unreadable(String),
}

/// What has become of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeOfFile {
    /// It has other content, or was written anew.
    Changed,
    /// It was not there before.
    Created,
    /// It is not there any more.
    Removed,
    /// The file or folder cannot be read, and why.
    Unreadable(String),
    /// It could not be read before.
    Readable,
}

/// A file that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The file, or a folder that cannot be read.
    pub path: PathBuf,
    /// What has become of it.
    pub change: ChangeOfFile,
}

impl Seen {
    /// Looks at all places.
    pub(super) fn of(places: &[WatchPlace]) -> Self {
        Self(places.iter().map(look).collect())
    }

    /// Looks at some of the places again, which are the same as before.
    pub(super) fn look_again(&mut self, places: &[WatchPlace], is_meant: impl Fn(&WatchPlace) -> bool) {
        for (files, place) in self.0.iter_mut().zip(places).filter(|(_, place)| is_meant(place)) {
            *files = look(place);
        }
    }

    /// What has changed since an earlier look, in the order of places and paths.
    pub(super) fn since(&self, earlier: &Self) -> Vec<FileChange> {
        let mut changes = Vec::new();
        for (now, before) in self.0.iter().zip(&earlier.0) {
            let gone = before.keys().filter(|path| !now.contains_key(*path)).map(|path| (path, None));
            let mut all: Vec<(&PathBuf, Option<&Stamp>)> =
                now.iter().map(|(path, stamp)| (path, Some(stamp))).chain(gone).collect();
            all.sort_by_key(|(path, _)| *path);
            let found = all.into_iter().filter_map(|(path, stamp)| {
                let change = change(before.get(path), stamp)?;
                Some(FileChange { path: path.clone(), change })
            });
            changes.extend(found);
        }
        changes
    }
}

fn change(before: Option<&Stamp>, now: Option<&Stamp>) -> Option<ChangeOfFile> {
    match (before, now) {
        _ if before == now => None,
        (_, Some(Stamp::Unreadable(why))) => Some(ChangeOfFile::Unreadable(why.clone())),
        (Some(Stamp::Unreadable(_)), _) => Some(ChangeOfFile::Readable),
        (Some(Stamp::File { .. }), Some(Stamp::File { .. })) => Some(ChangeOfFile::Changed),
        (None, _) => Some(ChangeOfFile::Created),
        (Some(Stamp::File { .. }), None) => Some(ChangeOfFile::Removed),
    }
}

fn look(place: &WatchPlace) -> BTreeMap<PathBuf, Stamp> {
    let mut found = BTreeMap::new();
    if place.is_file() {
        look_at_file(place.path(), &mut found);
    } else {
        look_into(place, place.path(), 0, &mut found);
    }
    found
}

/// A folder that cannot be read is kept as such. Links to folders are not followed: what counts is below the place itself.
fn look_into(place: &WatchPlace, folder: &Path, depth: usize, found: &mut BTreeMap<PathBuf, Stamp>) {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = match fs::read_dir(here) {
        Ok(entries) => entries,
        // A run makes the folder when it records something; what was there before it went away is missed file by file.
        Err(error) if error.kind() == io::ErrorKind::NotFound && place.is_of_snapshots() => return,
        Err(error) => {
            found.insert(folder.to_path_buf(), unreadable(&error));
            return;
        }
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder && place.has_file(&name) {
            look_at_file(&folder.join(&name), found);
        } else if is_folder && depth < DEEPEST && place.has_folder(&name) {
            look_into(place, &folder.join(&name), depth + 1, found);
        }
    }
}

fn look_at_file(path: &Path, found: &mut BTreeMap<PathBuf, Stamp>) {
    let stamp = match fs::metadata(path) {
        Ok(metadata) => Stamp::File { length: metadata.len(), modified: metadata.modified().ok() },
        Err(error) => unreadable(&error),
    };
    found.insert(path.to_path_buf(), stamp);
}

fn unreadable(error: &io::Error) -> Stamp {
    Stamp::Unreadable(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{ChangeOfFile, Seen, WatchPlace};

    #[test]
    fn what_has_become_of_each_file_is_found_in_the_order_of_paths() {
        let folder = tempfile::tempdir().unwrap();
        let cases = folder.path().join("cases");
        let snapshots = folder.path().join("snapshots");
        let places = [WatchPlace::cases(&cases), WatchPlace::snapshots(&snapshots)];
        let write = |name: &str, text: &str| fs::write(cases.join(name), text).unwrap();
        let mut before = Seen::of(&places);
        let mut since = || {
            let now = Seen::of(&places);
            let changes = now.since(&before);
            before = now;
            let name = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().to_owned();
            changes.into_iter().map(|found| (name(&found.path), found.change)).collect::<Vec<_>>()
        };
        assert_eq!(since(), []);
        // A run that records makes the folder.
        fs::create_dir(&snapshots).unwrap();
        fs::write(snapshots.join("a.snap.new"), "1").unwrap();
        assert_eq!(since(), []);
        fs::create_dir_all(cases.join("shop")).unwrap();
        write("shop/b.toml", "1");
        write("a.toml", "1");
        write("a.toml~", "1");
        let [a, b] = ["a.toml", "b.toml"].map(str::to_owned);
        let came = ("cases".to_owned(), ChangeOfFile::Readable);
        let both = [(a.clone(), ChangeOfFile::Created), (b.clone(), ChangeOfFile::Created)];
        assert_eq!(since(), [vec![came], both.to_vec()].concat());
        write("a.toml", "12");
        fs::remove_file(cases.join("shop/b.toml")).unwrap();
        assert_eq!(since(), [(a.clone(), ChangeOfFile::Changed), (b, ChangeOfFile::Removed)]);
        fs::remove_dir_all(&cases).unwrap();
        let found = since();
        assert!(matches!(&found[0], (name, ChangeOfFile::Unreadable(_)) if name == "cases"), "{found:?}");
        assert_eq!(found[1], (a, ChangeOfFile::Removed));
    }
}
