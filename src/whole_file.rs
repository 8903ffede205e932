//! Files that appear whole or not at all: written beside their place, then renamed into it.
//!
//! It knows nothing of what is written.

mod pipe;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::{Builder, NamedTempFile, SpooledTempFile, TempPath, spooled_tempfile, tempfile};

pub(crate) use pipe::Pipe;

/// What the name of a temporary file ends with.
const TEMPORARY: &str = ".proofmark-tmp";

/// How often a temporary file is made anew that another process has taken for one of a process that has ended.
const ATTEMPTS: usize = 10;

/// A file under way. Dropped before [`WholeFile::commit`], it leaves nothing, and an old file stays.
///
/// What a link points to is replaced, and not the link. A pipe or a device cannot be replaced: it is written to.
///
/// Where the process is killed, a temporary file is left. It is locked as long as its process lives, so the next one that
/// writes in the folder sees that it is not needed, and removes it.
#[derive(Debug)]
pub struct WholeFile(WriteTarget);

#[derive(Debug)]
enum WriteTarget {
    /// The file and its name are apart, so that no error shows the name of a temporary file.
    Beside {
        target: PathBuf,
        out: BufWriter<File>,
        path: TempPath,
    },
    Straight(Pipe),
}

impl WholeFile {
    /// Starts a file that will be at `target`, in a folder that exists.
    ///
    /// # Errors
    /// A folder in which nothing can be written, or a pipe without a reader.
    pub fn create(target: &Path) -> io::Result<Self> {
        // A link is followed. If nothing is there yet, the target is taken as it is given.
        let target = target.canonicalize().unwrap_or_else(|_| target.to_path_buf());
        if fs::metadata(&target).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            return Ok(Self(WriteTarget::Straight(Pipe::open(&target)?)));
        }
        Self::in_place(&target)
    }

    /// Starts a file that will be at `target` itself: a link there is replaced, and not followed.
    ///
    /// # Errors
    /// A folder in which nothing can be written.
    pub fn in_place(target: &Path) -> io::Result<Self> {
        Self::beside(target, readable)
    }

    /// Starts a file that only its owner can read, from the start, on systems that have such a permission.
    ///
    /// # Errors
    /// A folder in which nothing can be written.
    pub fn secret(target: &Path) -> io::Result<Self> {
        // A temporary file is its owner's alone, unless something else is asked for.
        Self::beside(target, |_| {})
    }

    fn beside(target: &Path, adjust: fn(&mut Builder<'_, '_>)) -> io::Result<Self> {
        let folder = folder_of(target);
        clean_once(folder);
        let mut builder = Builder::new();
        builder.prefix(".").suffix(TEMPORARY);
        adjust(&mut builder);
        // A missing folder is reported in the system's own words.
        let shown = |error: io::Error| fs::metadata(folder).err().unwrap_or_else(|| plain_error(&error));
        for _ in 0..ATTEMPTS {
            let (file, path) = builder.tempfile_in(folder).map_err(shown)?.into_parts();
            // Some file systems know no locks; there, what is left stays.
            let is_held = file.lock().is_err() || path.exists();
            if is_held {
                return Ok(Self(WriteTarget::Beside {
                    target: target.to_path_buf(),
                    out: BufWriter::new(file),
                    path,
                }));
            }
        }
        Err(io::Error::other("temporary files disappear from the folder"))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// A disk that is full, or a place that cannot be replaced; the old file stays then.
    pub fn commit(self) -> io::Result<()> {
        match self.0 {
            WriteTarget::Beside { target, out, path } => {
                // It stays open, and so locked, until it is in its place.
                let _file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                path.persist(&target).map_err(|error| error.error)
            }
            WriteTarget::Straight(out) => out.finish(),
        }
    }

    /// Puts the file in its place, unless something is there, even a link that leads nowhere.
    ///
    /// # Errors
    /// The same as of [`WholeFile::commit`], and a place that is taken.
    pub fn commit_new(self) -> io::Result<()> {
        match self.0 {
            WriteTarget::Beside { target, out, path } => {
                let _file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                path.persist_noclobber(&target).map_err(|error| error.error)
            }
            WriteTarget::Straight(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            WriteTarget::Beside { out, .. } => out.write(bytes),
            WriteTarget::Straight(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            WriteTarget::Beside { out, .. } => out.flush(),
            WriteTarget::Straight(out) => out.flush(),
        }
    }
}

/// Whether a file has the name of a temporary one.
pub fn is_temporary(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(TEMPORARY.as_bytes())
}

/// Removes a temporary file that a killed process has left; one that a process is writing is locked, and stays.
pub fn remove_left(path: &Path) {
    let is_plain = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    if is_plain
        && let Ok(file) = File::options().write(true).open(path)
        && file.try_lock().is_ok()
    {
        // Where it cannot be removed, it does no harm.
        let _ = fs::remove_file(path);
    }
}

/// Removes what killed processes have left in a folder, at the first file that is written there.
fn clean_once(folder: &Path) {
    static CLEAN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    if !CLEAN.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_path_buf()) {
        return;
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| is_temporary(&entry.file_name())).for_each(|entry| remove_left(&entry.path()));
}

/// A file without a name, for what is too large for memory and belongs to a file at `target`: on the same disk, or where
/// that is a pipe or a device, in the folder for temporary files. It is gone when it is closed.
///
/// # Errors
/// A folder in which nothing can be written.
pub fn scratch(target: &Path) -> io::Result<File> {
    let is_odd = fs::metadata(target).is_ok_and(|found| !found.is_file() && !found.is_dir());
    if is_odd {
        return scratch_anywhere();
    }
    let target = target.canonicalize().unwrap_or_else(|_| target.to_path_buf());
    // It has a name for a moment, by which what a killed process leaves is known.
    let made = Builder::new().prefix(".").suffix(TEMPORARY).tempfile_in(folder_of(&target));
    made.map(NamedTempFile::into_file).map_err(|error| plain_error(&error))
}

/// A file without a name in the folder for temporary files.
///
/// # Errors
/// A folder in which nothing can be written.
pub fn scratch_anywhere() -> io::Result<File> {
    tempfile().map_err(no_folder)
}

fn folder_of(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// How many bytes of a spool stay in memory.
const SPOOLED: usize = 256 * 1024;

/// Bytes that are held back until the text before them is known: in memory while they are few, then in a temporary file
/// without a name.
#[derive(Debug)]
pub struct Spool(SpooledTempFile);

impl Default for Spool {
    fn default() -> Self {
        Self(spooled_tempfile(SPOOLED))
    }
}

impl Spool {
    /// Writes all that has gathered.
    ///
    /// # Errors
    /// A spool that cannot be read, or output that cannot be written.
    pub fn pour(mut self, out: &mut impl Write) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0))?;
        io::copy(&mut self.0, out).map(|_| ())
    }
}

impl Spool {
    /// Reads all that has gathered, from its beginning.
    ///
    /// # Errors
    /// A spool that cannot be read.
    pub fn into_reader(mut self) -> io::Result<impl Read + fmt::Debug> {
        self.0.seek(SeekFrom::Start(0))?;
        Ok(self.0)
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(no_folder)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A spool that no longer fits into memory needs a folder for temporary files, whose name explains what is wrong.
fn no_folder(error: io::Error) -> io::Error {
    let folder = std::env::temp_dir();
    if folder.is_dir() {
        return error;
    }
    let message = format!("the folder for temporary files (TMPDIR), {}, is not there", folder.display());
    io::Error::new(io::ErrorKind::NotFound, message)
}

/// The error without the temporary file's name, which the user does not know.
fn plain_error(error: &io::Error) -> io::Error {
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

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_another_writes_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (left, other) = (folder.path().join(".a.proofmark-tmp"), folder.path().join("notes.tmp"));
        fs::write(&left, "half").unwrap();
        fs::write(&other, "mine").unwrap();
        let under_way = folder.path().join(".b.proofmark-tmp");
        let held = fs::File::create(&under_way).unwrap();
        held.lock().unwrap();
        let first = WholeFile::create(&folder.path().join("a.txt")).unwrap();
        assert!(!left.exists() && other.exists() && under_way.exists());
        let second = WholeFile::create(&folder.path().join("a.txt")).unwrap();
        first.commit().unwrap();
        second.commit().unwrap();
        drop(held);
        super::remove_left(&under_way);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_spool_gives_back_what_it_got_also_past_what_stays_in_memory() {
        for size in [0, 10, super::SPOOLED * 2] {
            let mut spool = super::Spool::default();
            spool.write_all(&vec![b'a'; size]).unwrap();
            let mut out = Vec::new();
            spool.pour(&mut out).unwrap();
            assert_eq!(out, vec![b'a'; size]);
        }
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

    #[cfg(unix)]
    #[test]
    fn a_secret_file_is_its_owners_alone_and_takes_no_place_that_is_taken() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("a.txt"), folder.path().join("link"));
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
        let written = |target, text: &[u8]| {
            let mut file = WholeFile::secret(target).unwrap();
            file.write_all(text).unwrap();
            file.commit_new()
        };
        written(&target, b"first").unwrap();
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        for taken in [&target, &link] {
            let error = written(taken, b"second").unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
        }
        assert_eq!(fs::read_to_string(&target).unwrap(), "first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_a_device_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("a.txt"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut file = WholeFile::create(&link).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let device = folder.path().join("device");
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        let mut file = WholeFile::create(&device).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
