//! The folder of our own inside a folder of snapshots, and the lock in it. Main type: [`FolderLock`].
//!
//! Who writes holds the lock, and only while it writes; who reads needs none. The system lets go of it when its
//! holder ends, however it ends.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::error::StoreError;
use crate::whole_file::WholeFile;

/// The folder of our own; a name that no operation's folder can have.
pub(super) const OWN_FOLDER: &str = ".proofmark";

/// The name of the side file, in the folder of our own.
pub(super) const SIDE_FILE: &str = "provenance.ndjson";

/// How long to wait for another process to write: a write takes milliseconds, and less than a second for the side file
/// of very many cases.
const WAIT: Duration = Duration::from_secs(5);

/// How long to wait before asking again: longer than most writes take, shorter than a person notices.
const PAUSE: Duration = Duration::from_millis(2);

/// The right to write in a folder of snapshots, until it is dropped.
#[derive(Debug)]
pub(super) struct FolderLock {
    file: File,
}

impl Drop for FolderLock {
    /// The file names no holder once there is none.
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

impl FolderLock {
    /// Takes the lock, or gives up after a while.
    pub(super) fn take(root: &Path) -> Result<Self, StoreError> {
        Self::within(root, WAIT)
    }

    fn within(root: &Path, wait: Duration) -> Result<Self, StoreError> {
        let path = own_folder(root)?.join("lock");
        let unwritable = |source| StoreError::Unwritable { path: path.clone(), source };
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(unwritable(io::Error::other("it is not a plain file")));
        }
        let file = File::options().create(true).append(true).open(&path).map_err(unwritable)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => {
                    note_holder(&file);
                    return Ok(Self { file });
                }
                // Some file systems have no locks; processes that share a folder there are not protected.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self { file });
                }
                Err(TryLockError::Error(error)) => return Err(unwritable(error)),
                Err(TryLockError::WouldBlock) if start.elapsed() < wait => sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let holder = holder(&path);
                    return Err(StoreError::Locked { folder: root.to_path_buf(), waited: wait, holder });
                }
            }
        }
    }
}

/// Writes into the lock who holds it; that is for the error of a process that waits, and nothing else depends on it.
fn note_holder(file: &File) {
    let mut file = file;
    let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
}

/// Who holds the lock, as far as it is known: a process that is stopped lets go of nothing until it goes on or ends.
fn holder(path: &Path) -> String {
    let id = fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u32>().ok());
    let Some(id) = id else { return "another run or review".into() };
    // The state is behind the name, which is in brackets and may hold any character (proc_pid_stat, 5).
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start().chars().next();
    if matches!(state, Some('T' | 't')) {
        return format!(
            "the process {id}, which is stopped (`kill -CONT {id}` lets it go on, `kill -KILL {id}` ends it),"
        );
    }
    format!("the process {id}")
}

/// Our own folder, which is made if need be; made by us, it keeps itself out of version control.
fn own_folder(root: &Path) -> Result<PathBuf, StoreError> {
    let folder = root.join(OWN_FOLDER);
    let unwritable = |source| StoreError::Unwritable { path: folder.clone(), source };
    match fs::symlink_metadata(&folder) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Err(unwritable(io::Error::other("it is a link or no folder, and is not followed"))),
        Err(_) => fs::create_dir_all(&folder).map_err(unwritable)?,
    }
    // Who shares the side file has it there, and says on their own what is ignored.
    let ignore = folder.join(".gitignore");
    if !ignore.exists() && !folder.join(SIDE_FILE).exists() {
        let written = WholeFile::in_place(&ignore).and_then(|mut file| {
            file.write_all(b"*\n")?;
            file.commit()
        });
        written.map_err(|source| StoreError::Unwritable { path: ignore, source })?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::error::StoreError;
    use super::FolderLock;

    #[test]
    fn who_waits_too_long_gives_up_and_names_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let held = FolderLock::take(folder.path()).unwrap();
        let error = FolderLock::within(folder.path(), Duration::ZERO).unwrap_err();
        assert!(matches!(error, StoreError::Locked { .. }));
        assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
        drop(held);
        FolderLock::within(folder.path(), Duration::ZERO).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_of_our_own_that_is_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("snapshots"), folder.path().join("outside"));
        std::fs::create_dir_all(&root).unwrap();
        std::fs::create_dir(&outside).unwrap();
        std::os::unix::fs::symlink(&outside, root.join(".proofmark")).unwrap();
        assert!(FolderLock::take(&root).is_err());
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
    }
}
