//! Files that appear whole or not at all: written beside their place, then renamed into it.
//!
//! It knows nothing of what is written.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A file under way. Dropped before [`WholeFile::commit`], it leaves nothing, and an old file stays.
#[derive(Debug)]
pub struct WholeFile {
    target: PathBuf,
    out: BufWriter<NamedTempFile>,
}

impl WholeFile {
    /// Starts a file that will stand at `target`, in a folder that exists.
    ///
    /// # Errors
    /// A folder in which nothing can be written.
    pub fn create(target: &Path) -> io::Result<Self> {
        let folder =
            target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = Builder::new();
        readable(&mut builder);
        Ok(Self {
            target: target.to_path_buf(),
            out: BufWriter::new(builder.tempfile_in(folder).map_err(|error| plain(&error))?),
        })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// A disk that is full, or a place that cannot be replaced; the old file stays then.
    pub fn commit(self) -> io::Result<()> {
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.persist(&self.target).map(|_| ()).map_err(|error| error.error)
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The error without the temporary file's name, which nobody has asked for.
fn plain(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::from(error.kind()), io::Error::from_raw_os_error)
}

/// A temporary file would be its owner's alone; this one is to be read by whom the umask allows.
#[cfg(unix)]
fn readable(builder: &mut Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable(_builder: &mut Builder<'_, '_>) {}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::WholeFile;

    #[test]
    fn a_file_that_is_not_committed_leaves_the_old_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        fs::write(&target, "old").unwrap();
        let mut file = WholeFile::create(&target).unwrap();
        file.write_all(b"new").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_committed_file_is_whole_and_others_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        let mut file = WholeFile::create(&target).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_ne!(fs::metadata(&target).unwrap().permissions().mode() & 0o044, 0);
    }
}
