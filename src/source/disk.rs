//! Reads files and folders of the disk, none of them outside of the folder of cases, too large or too deep.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use super::bound::LARGEST_FILE;
use super::error::LoadError;
use super::inside::inside;
use crate::model::{Problem, SourceText, Spot};

/// How deep folders are searched below `cases/`.
pub(super) const DEEPEST: usize = 16;

/// That a folder is deeper than any is searched.
pub(super) fn too_deep(path: PathBuf) -> LoadError {
    let message = format!("it is more than {DEEPEST} folders deep");
    LoadError::Unreadable { path, source: io::Error::other(message) }
}

/// Whether a link leads to a folder, which is searched as any other one. A link that leads nowhere, to a folder outside
/// of `root`, or back to a folder that it is in, is an error: its target would be missing without a word.
fn leads_to_folder(root: &Path, link: &Path) -> Result<bool, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: link.to_path_buf(), source };
    let found = fs::metadata(link).map_err(|source| {
        let message = format!("it is a link that leads nowhere: {source}");
        unreadable(io::Error::new(source.kind(), message))
    })?;
    if !found.is_dir() {
        // A file is looked at where it is read; one that is never read may lead anywhere.
        return Ok(false);
    }
    let real = inside(root, link).map_err(unreadable)?;
    let around = link.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    if around.into_iter().any(|folder| folder.canonicalize().is_ok_and(|folder| folder == real)) {
        let message = "it is a link that leads back to a folder that it is in";
        return Err(unreadable(io::Error::other(message)));
    }
    Ok(true)
}

/// The names in a folder, sorted, and whether each is a folder itself, or a link to one.
pub(super) fn list_disk(root: &Path, path: &Path) -> Result<Vec<(String, bool)>, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.to_path_buf(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Editors leave links that begin with a dot, and nothing that begins so is read.
        let is_link = kind.is_symlink() && !name.starts_with('.');
        let is_folder = if is_link { leads_to_folder(root, &entry.path())? } else { kind.is_dir() };
        names.push((name, is_folder));
    }
    names.sort();
    Ok(names)
}

/// Reads one file that is inside of the folder `root`, shown as `shown`.
pub(super) fn read_disk(root: &Path, path: &Path, shown: &Path) -> Result<Arc<SourceText>, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: shown.to_path_buf(), source };
    let path = &inside(root, path).map_err(unreadable)?;
    let found = fs::metadata(path).map_err(unreadable)?;
    if !found.is_file() {
        return Err(unreadable(io::Error::other("it is not a regular file")));
    }
    let length = found.len();
    if length > LARGEST_FILE {
        let message = format!("the file has {length} bytes, more than {LARGEST_FILE}");
        return Err(unreadable(io::Error::other(message)));
    }
    // What the system says of a length need not hold, as below /proc.
    let mut bytes = Vec::new();
    let from = fs::File::open(path).map_err(unreadable)?;
    from.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(unreadable(io::Error::other(format!("the file has more than {LARGEST_FILE} bytes"))));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(SourceText::new(shown, with_line_feeds(text)))),
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let file = Arc::new(SourceText::new(shown, text));
            let problem = Problem::new(Spot { file, bytes: start..start }, "here the file is not UTF-8 text");
            Err(LoadError::Problems(vec![problem]))
        }
    }
}

/// A text means the same with whatever ends of lines a checkout has given it.
pub(super) fn with_line_feeds(text: String) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n") } else { text }
}
