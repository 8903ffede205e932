//! The files of snapshots: one for each case, one folder for each table.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use insta::Snapshot;
use insta::internals::Content;

use super::header::Header;
use crate::model::CaseId;
use crate::whole_file::WholeFile;

/// What happens to a snapshot that is missing or differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// Nothing is written: in CI, or when asked for.
    Never,
    /// A `.snap.new` is left beside it.
    Pending,
    /// A missing one is written; a different one is left as `.snap.new`.
    Unseen,
    /// It is written.
    Always,
}

impl Update {
    /// The mode that insta's variables ask for: `INSTA_UPDATE`, and `CI`, in which nothing is written
    /// unless the mode is named.
    ///
    /// # Errors
    /// A mode that insta does not have.
    pub fn resolve(mode: Option<&str>, ci: Option<&str>) -> Result<Self, String> {
        let is_ci = ci.is_some_and(|value| !matches!(value, "" | "0" | "false"));
        match mode.unwrap_or("auto") {
            "auto" | "" if is_ci => Ok(Self::Never),
            "auto" | "" | "new" => Ok(Self::Pending),
            "no" => Ok(Self::Never),
            "unseen" => Ok(Self::Unseen),
            "always" | "force" => Ok(Self::Always),
            other => {
                Err(format!("`{other}` is no mode of updating; the modes are auto, new, no, unseen, always"))
            }
        }
    }
}

/// Where a case's snapshot stands and what its head says.
#[derive(Debug, Clone)]
pub struct Location<'a> {
    /// The case.
    pub case: &'a CaseId,
    /// The case's sentence.
    pub about: &'a str,
    /// The table's file, relative to the project.
    pub source: String,
    /// The contract's version.
    pub version: &'a str,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// The snapshot is as it was.
    Same,
    /// It differs.
    Different {
        /// What it was.
        old: String,
    },
    /// There is none.
    Missing,
}

/// What was done about a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Nothing was written.
    Nothing,
    /// A `.snap.new` was left.
    Pending,
    /// The snapshot was written.
    Written,
}

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be read.
    #[error("cannot read {path}: {reason}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It cannot be written.
    #[error("cannot write {path}", path = path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The snapshots of one endpoint.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    update: Update,
    endpoint: String,
}

impl Store {
    /// The snapshots below a folder, recorded from a kind of endpoint.
    pub fn new(root: impl Into<PathBuf>, update: Update, endpoint: impl Into<String>) -> Self {
        Self { root: root.into(), update, endpoint: endpoint.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file of a case.
    pub fn path(&self, id: &CaseId) -> PathBuf {
        let name = match id.row() {
            Some(row) => format!("{}@{row}.snap", id.case()),
            None => format!("{}.snap", id.case()),
        };
        self.root.join(id.table()).join(name)
    }

    /// Compares a transcript's text with the snapshot, and writes what the mode of update allows.
    ///
    /// # Errors
    /// A file that cannot be read, is no snapshot, or cannot be written.
    pub fn compare(&self, location: &Location<'_>, text: &str) -> Result<(Compared, Kept), StoreError> {
        let path = self.path(location.case);
        let found = match read(&path)? {
            None => Compared::Missing,
            Some(old) if old.text == text => Compared::Same,
            Some(old) => Compared::Different { old: old.text },
        };
        let kept = self.keep(&path, location, text, &found)?;
        Ok((found, kept))
    }

    fn keep(
        &self,
        path: &Path,
        location: &Location<'_>,
        text: &str,
        found: &Compared,
    ) -> Result<Kept, StoreError> {
        let pending = path.with_extension("snap.new");
        let (target, kept) = match (self.update, found) {
            (Update::Never, _) => return Ok(Kept::Nothing),
            (Update::Pending | Update::Unseen | Update::Always, Compared::Same) => {
                remove(&pending)?;
                return Ok(Kept::Nothing);
            }
            (Update::Always, Compared::Different { .. } | Compared::Missing)
            | (Update::Unseen, Compared::Missing) => (path, Kept::Written),
            (Update::Pending, Compared::Different { .. } | Compared::Missing)
            | (Update::Unseen, Compared::Different { .. }) => (pending.as_path(), Kept::Pending),
        };
        let header = Header {
            source: location.source.clone(),
            description: location.about.to_owned(),
            info: vec![
                ("case", location.case.to_string()),
                ("contract", location.version.to_owned()),
                ("endpoint", self.endpoint.clone()),
            ],
        };
        replace(target, &header.file(text))?;
        if kept == Kept::Written {
            remove(&pending)?;
        }
        Ok(kept)
    }

    /// Snapshots and pending ones below `tables` that belong to no known case, in order.
    ///
    /// Every case of the suite has to be in `known`, also those that a run did not select.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn orphans(&self, known: &BTreeSet<PathBuf>) -> Result<Vec<PathBuf>, StoreError> {
        let mut found = Vec::new();
        walk(&self.root, 0, &mut found)?;
        found.retain(|path| !known.contains(&settled(path)));
        Ok(found)
    }
}

/// How deep folders of snapshots are searched.
const DEEPEST: usize = 20;

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
        // A folder `@NAME` is another endpoint's, and no link is followed.
        if kind.is_dir() && !name.starts_with('@') && depth < DEEPEST {
            walk(&entry.path(), depth + 1, found)?;
        } else if kind.is_file() && is_snapshot(&name) {
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

/// Whether a file waits to be accepted.
pub(super) fn is_pending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "new")
}

/// The accepted file that a pending one stands beside.
fn settled(path: &Path) -> PathBuf {
    let name = path.to_string_lossy();
    PathBuf::from(name.strip_suffix(".new").unwrap_or(&name))
}

/// What a snapshot's file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The transcript made stable.
    pub text: String,
    /// The sentence of its case.
    pub about: String,
    /// The kind of endpoint that it was recorded from.
    pub endpoint: String,
    /// The version of the contract.
    pub version: String,
}

pub(super) fn read(path: &Path) -> Result<Option<Recorded>, StoreError> {
    let unreadable = |reason: String| StoreError::Unreadable { path: path.to_path_buf(), reason };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
        Ok(found) if !found.is_file() => return Err(unreadable("it is no plain file".into())),
        Ok(_) => {}
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    if text.lines().any(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")) {
        return Err(unreadable("it has conflict markers".into()));
    }
    // Insta would take a file without a head for one of its first format.
    if !text.starts_with("---") {
        return Err(unreadable("it has no head, so it is no snapshot or was cut off".into()));
    }
    let snapshot = Snapshot::from_file(path).map_err(|error| unreadable(error.to_string()))?;
    match snapshot.as_text() {
        Some(text) if snapshot.metadata().source().is_some() => {
            Ok(Some(recorded(&snapshot, text.to_string())))
        }
        Some(_) | None => Err(unreadable("it is no snapshot of this tool".into())),
    }
}

fn recorded(snapshot: &Snapshot, text: String) -> Recorded {
    let head = snapshot.metadata();
    let facts = match head.private_info() {
        Some(Content::Map(facts)) => facts.as_slice(),
        Some(_) | None => &[],
    };
    let fact = |name: &str| {
        let found = facts.iter().find(|(key, _)| key.as_str() == Some(name));
        found.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
    };
    let about = head.description().unwrap_or_default().to_owned();
    Recorded { text, about, endpoint: fact("endpoint"), version: fact("contract") }
}

/// Writes a file whole, in a folder that is made if need be.
fn replace(path: &Path, text: &str) -> Result<(), StoreError> {
    let unwritable = |source| StoreError::Unwritable { path: path.to_path_buf(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(unwritable)?;
    let mut file = WholeFile::create(path).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    file.commit().map_err(unwritable)
}

pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Unwritable { path: path.to_path_buf(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
