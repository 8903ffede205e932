//! The one rule for every file that a folder of cases brings in, by a path in a file of it or by a link: it is inside
//! that folder. Main function: [`inside`].
//!
//! Messages about a file show lines of it, so what is outside is never read. docs/contracts.md has the rule.

use std::io;
use std::path::{Path, PathBuf};

/// Where a path leads once every link is followed, if that is inside of the folder.
///
/// # Errors
/// A path that leads nowhere, or one that leads outside.
pub(super) fn inside(folder: &Path, path: &Path) -> io::Result<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let real = path.canonicalize()?;
    if real.starts_with(folder.canonicalize()?) {
        return Ok(real);
    }
    let (real, folder) = (real.display(), folder.display());
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "it leads to {real}, which is outside of {folder}; files are read only inside of that folder"
        ),
    ))
}

/// Whether that is why a file is not read.
pub(super) fn is_outside(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none()
}
