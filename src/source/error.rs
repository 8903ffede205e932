//! Why files cannot be used. Main type: [`LoadError`].

use std::io;
use std::path::PathBuf;

use crate::model::{Problem, plural};

/// Why a folder of cases cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A folder or file cannot be read.
    #[error("cannot read {path}", path = path.display())]
    Unreadable {
        /// What cannot be read.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No folder below has a `contract.toml`.
    #[error("no contract.toml below {path}", path = path.display())]
    Empty {
        /// Where was looked.
        path: PathBuf,
    },
    /// The files have problems, at least one.
    #[error("the files have {count} problem{plural}", count = .0.len(), plural = plural(.0.len(), "", "s"))]
    Problems(Vec<Problem>),
}
