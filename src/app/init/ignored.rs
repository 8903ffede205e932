//! The lines of `.gitignore` that a project needs: what runs write, and no commit is to have.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::FirstFile;
use crate::app::AppError;
use crate::whole_file::WholeFile;

/// The file that git reads.
pub(super) const FILE: &str = ".gitignore";

/// What git ignores.
const LINES: [&str; 2] = ["/.proofmark", "/proofmark.json"];

/// Whether something else than a file has its place.
pub(super) fn is_in_the_way(folder: &Path) -> bool {
    let place = folder.join(FILE);
    fs::symlink_metadata(&place).is_ok() && !place.is_file()
}

/// Adds what the file lacks, or writes it; none if it lacks nothing.
///
/// # Errors
/// A file that cannot be read or written; it stays as it was.
pub(super) fn add(folder: &Path) -> Result<Option<FirstFile>, AppError> {
    let path = folder.join(FILE);
    added(&path).map_err(|source| AppError::Unwritable { path, source })
}

fn added(path: &Path) -> io::Result<Option<FirstFile>> {
    let is_there = path.exists();
    let before = if is_there { fs::read(path)? } else { Vec::new() };
    let Some(text) = with_lines(&before) else { return Ok(None) };
    let mut file = WholeFile::create(path)?;
    file.write_all(&text)?;
    if is_there { file.commit() } else { file.commit_new() }?;
    Ok(Some(FirstFile { path: PathBuf::from(FILE), is_added_to: is_there }))
}

/// The text with the lines that it lacks; none if it has them all. Its encoding does not matter.
fn with_lines(before: &[u8]) -> Option<Vec<u8>> {
    let plain = |line: &[u8]| {
        let line = line.trim_ascii();
        let line = line.strip_prefix(b"/").unwrap_or(line);
        line.strip_suffix(b"/").unwrap_or(line).to_vec()
    };
    let known: Vec<Vec<u8>> = before.split(|byte| *byte == b'\n').map(plain).collect();
    let lacking = LINES.into_iter().filter(|line| !known.contains(&plain(line.as_bytes())));
    let lines: Vec<u8> = lacking.flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect();
    if lines.is_empty() {
        return None;
    }
    let end: &[u8] = if before.is_empty() || before.ends_with(b"\n") { b"" } else { b"\n" };
    Some([before, end, &lines].concat())
}

#[cfg(test)]
mod tests {
    use super::with_lines;

    #[test]
    fn only_lines_that_a_file_lacks_are_added_to_it() {
        for (before, after) in [
            ("", Some("/.proofmark\n/proofmark.json\n")),
            ("/target\n", Some("/target\n/.proofmark\n/proofmark.json\n")),
            ("/target", Some("/target\n/.proofmark\n/proofmark.json\n")),
            (".proofmark/\r\n", Some(".proofmark/\r\n/proofmark.json\n")),
            ("proofmark.json\n /.proofmark/", None),
        ] {
            let found = with_lines(before.as_bytes());
            assert_eq!(found.as_deref(), after.map(str::as_bytes), "{before:?}");
        }
    }
}
