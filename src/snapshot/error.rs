//! Why a snapshot cannot be used. Main type: [`StoreError`].

use std::io;
use std::path::PathBuf;
use std::time::Duration;

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
    /// Something else is writing to the folder.
    #[error(
        "cannot write below {folder}: {holder} has been writing there for {waited:?}",
        folder = folder.display()
    )]
    Locked {
        /// The folder of snapshots.
        folder: PathBuf,
        /// How long the wait for it was.
        waited: Duration,
        /// Who holds it.
        holder: String,
    },
    /// It is not what it was when it was looked at.
    #[error("{path} has changed since it was looked at, so nothing is decided about it", path = path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}
