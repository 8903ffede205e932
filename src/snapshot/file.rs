//! Single files of a folder of snapshots: read with care, replaced whole, never through a link.
//!
//! The folder itself may be a link, as the user likes. Below it links are not followed: a link could lead a write
//! anywhere.

use std::io::{Read, Write};
use std::path::Path;
use std::{fs, io};

use insta::Snapshot;
use insta::internals::Content;

use super::error::StoreError;
use crate::model::EndpointKind;
use crate::whole_file::WholeFile;

/// What a snapshot's file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// The transcript made stable.
    pub text: String,
    /// The sentence of its case.
    pub about: String,
    /// The kind of endpoint that it was recorded from.
    pub endpoint: String,
    /// The version of the contract.
    pub version: String,
}

impl SnapshotFile {
    /// The kind of endpoint that it was recorded from; a word that is none of ours says nothing.
    pub fn kind(&self) -> EndpointKind {
        kind(&self.endpoint)
    }
}

fn kind(text: &str) -> EndpointKind {
    text.parse().unwrap_or(EndpointKind::Foreign)
}

/// What is in a snapshot's place, compared with a text.
pub(super) enum FileComparison {
    Nothing,
    /// The same text, recorded from this kind of endpoint.
    Same(EndpointKind),
    Different(SnapshotFile),
}

/// Looks at a snapshot. One that is as it was is known by its bytes, which costs a fraction of reading it.
pub(super) fn look(root: &Path, path: &Path, text: &str) -> Result<FileComparison, StoreError> {
    let Some(file) = bytes(root, path)? else { return Ok(FileComparison::Nothing) };
    if let Some(kind) = kind_if_unchanged(&file, text) {
        return Ok(FileComparison::Same(kind));
    }
    let recorded = parse(path, file)?;
    if recorded.text == text {
        Ok(FileComparison::Same(recorded.kind()))
    } else {
        Ok(FileComparison::Different(recorded))
    }
}

/// The kind of endpoint that a file was recorded from which is known to be a plain one, if it is just as it was.
pub(super) fn kind_if_unchanged_at(path: &Path, text: &str) -> Option<EndpointKind> {
    let most = text.len() + MOST_OF_A_HEAD;
    let mut file = Vec::with_capacity(most);
    fs::File::open(path).ok()?.take(most as u64).read_to_end(&mut file).ok()?;
    // A file that goes on is another one.
    if file.len() < most { kind_if_unchanged(&file, text) } else { None }
}

/// The length of a head, in bytes, that nearly all stay below. A file with a longer one is left to the reader.
const MOST_OF_A_HEAD: usize = 1024;

/// Whether a file holds just this text below a head of ours, and the kind of endpoint that the head names.
///
/// What is not written as we write it, such as a file with other ends of lines, is left to the reader.
fn kind_if_unchanged(file: &[u8], text: &str) -> Option<EndpointKind> {
    let head = file.strip_suffix(b"\n")?.strip_suffix(text.as_bytes())?.strip_suffix(b"---\n")?;
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    lines.next().filter(|line| *line == "---")?;
    lines.next()?.strip_prefix("source: ")?;
    lines.next()?.strip_prefix("description: ")?;
    lines.next().filter(|line| *line == "info:")?;
    lines.next()?.strip_prefix("  case: ")?;
    lines.next()?.strip_prefix("  contract: ")?;
    let found = lines.next()?.strip_prefix("  endpoint: ")?;
    lines.next().is_none().then(|| kind(found))
}

/// Reads a snapshot; none if there is no file.
pub(super) fn read(root: &Path, path: &Path) -> Result<Option<SnapshotFile>, StoreError> {
    bytes(root, path)?.map(|file| parse(path, file)).transpose()
}

/// The bytes of a plain file that no link leads to.
pub(super) fn bytes(root: &Path, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let unreadable = |reason: String| StoreError::Unreadable { path: path.to_path_buf(), reason };
    check_way(root, path)?;
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
        Ok(found) if !found.is_file() => return Err(unreadable("it is not a plain file".into())),
        Ok(_) => {}
    }
    let mut file = Vec::new();
    let read = fs::File::open(path).and_then(|from| from.take(LARGEST + 1).read_to_end(&mut file));
    read.map_err(|error| unreadable(error.to_string()))?;
    if file.len() as u64 > LARGEST {
        return Err(unreadable(format!("it has more than {LARGEST} bytes")));
    }
    Ok(Some(file))
}

/// The largest file below a folder of snapshots that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Looks whether every folder between the store's and a file is a plain one, or not there yet.
pub(super) fn check_way(root: &Path, path: &Path) -> Result<(), StoreError> {
    let inner = path.ancestors().skip(1).take_while(|folder| *folder != root && folder.starts_with(root));
    for folder in inner {
        match fs::symlink_metadata(folder) {
            Ok(found) if !found.is_dir() => {
                let reason = format!("{} is a link or no folder, and is not followed", folder.display());
                return Err(StoreError::Unreadable { path: path.to_path_buf(), reason });
            }
            // A problem that hides the folder from here also breaks the read, which reports it.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

fn parse(path: &Path, file: Vec<u8>) -> Result<SnapshotFile, StoreError> {
    let unreadable = |reason: String| StoreError::Unreadable { path: path.to_path_buf(), reason };
    let text = String::from_utf8(file).map_err(|_| unreadable("it is not text".into()))?;
    if text.lines().any(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")) {
        return Err(unreadable("it has conflict markers".into()));
    }
    // Insta would take a file without a head for one of its first format.
    if !text.starts_with("---") {
        return Err(unreadable("it has no head, so it is not a snapshot or was cut off".into()));
    }
    let snapshot = Snapshot::from_file(path).map_err(|error| unreadable(error.to_string()))?;
    match snapshot.as_text() {
        Some(text) if snapshot.metadata().source().is_some() => Ok(to_file(&snapshot, text.to_string())),
        Some(_) | None => Err(unreadable("it is not a snapshot of this tool".into())),
    }
}

fn to_file(snapshot: &Snapshot, text: String) -> SnapshotFile {
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
    SnapshotFile { text, about, endpoint: fact("endpoint"), version: fact("contract") }
}

/// Writes a file whole, in a folder that is made if need be.
pub(super) fn replace(root: &Path, path: &Path, text: &[u8]) -> Result<(), StoreError> {
    let unwritable = |source| StoreError::Unwritable { path: path.to_path_buf(), source };
    check_way(root, path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(unwritable)?;
    let mut file = WholeFile::in_place(path).map_err(unwritable)?;
    file.write_all(text).map_err(unwritable)?;
    file.commit().map_err(unwritable)
}

/// Removes a file that may be gone already.
pub(super) fn remove(root: &Path, path: &Path) -> Result<(), StoreError> {
    check_way(root, path)?;
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::Unwritable { path: path.to_path_buf(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::Header;
    use super::{FileComparison, kind_if_unchanged, look};
    use crate::model::EndpointKind;

    fn file(text: &str) -> String {
        let info = vec![("case", "a/b".into()), ("contract", "1".into()), ("endpoint", "real".into())];
        Header { source: "cases/a.toml".into(), description: "x: y".into(), info }.file(text)
    }

    #[test]
    fn what_we_wrote_is_known_by_its_bytes_and_nothing_else_is() {
        let text = "> GET /\n< 200";
        let ours = file(text);
        assert_eq!(kind_if_unchanged(ours.as_bytes(), text), Some(EndpointKind::Real));
        for other in [
            ours.replace('\n', "\r\n"),
            ours.replace("200", "201"),
            ours.replace("info:\n", "info:\n<<<<<<< HEAD\n"),
            ours.replace("source: ", "sauce: "),
            ours.replace("---\n> GET", ">>>>>>> x\n---\n> GET"),
            ours.trim_end().to_owned(),
            format!("{text}\n"),
        ] {
            assert_eq!(kind_if_unchanged(other.as_bytes(), text), None, "{other}");
        }
    }

    #[test]
    fn a_file_with_other_ends_of_lines_is_still_the_same_to_the_reader() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.snap");
        std::fs::write(&path, file("> GET /\n< 200").replace('\n', "\r\n")).unwrap();
        let found = look(folder.path(), &path, "> GET /\n< 200").unwrap();
        assert!(matches!(found, FileComparison::Same(EndpointKind::Real)));
    }

    #[test]
    fn a_file_is_read_up_to_the_limit_and_not_one_byte_past_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.snap");
        let read = |size: u64| {
            std::fs::File::create(&path).unwrap().set_len(size).unwrap();
            super::bytes(folder.path(), &path)
        };
        assert_eq!(read(super::LARGEST).unwrap().map(|file| file.len() as u64), Some(super::LARGEST));
        assert!(read(super::LARGEST + 1).unwrap_err().to_string().contains("more than 67108864 bytes"));
    }
}
