//! Why something could not be done. Main type: [`AppError`].

use std::io;
use std::path::PathBuf;

use super::Shard;
use crate::embedded::EmbeddedError;
#[cfg(feature = "evidence")]
use crate::evidence::KeyError;
use crate::plan::{FilterError, PatternError, PlanError, PrepareError};
use crate::run::OrphanError;
use crate::snapshot::StoreError;
use crate::source::LoadError;
use crate::transport::TransportError;
use crate::wire::EncodeError;

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Settings that make no sense, or not together.
    #[error("{message}")]
    Settings {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Files.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Patterns.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// Expressions.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// Selection.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A case that cannot be shown.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// A request that cannot be shown.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A part in which there is no case.
    #[error("no case that is selected is in the part {shard}")]
    EmptyShard {
        /// The part.
        shard: Shard,
    },
    /// A pattern that selects no pending snapshot.
    #[error("nothing that is pending matches `{pattern}`")]
    NothingPending {
        /// The pattern.
        pattern: String,
    },
    /// An address, or the client.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The embedded endpoint.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// Snapshots that belong to no case.
    #[error(transparent)]
    Orphans(#[from] OrphanError),
    /// A file of a snapshot.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file for what is not held in memory.
    #[error("a file for what a run has said cannot be written or read again")]
    Scratch(#[source] io::Error),
    /// A file that is needed and cannot be read.
    #[error("{path} cannot be read", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that was asked for.
    #[error("{path} cannot be written", path = path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that holds no key, or not the one that is needed.
    #[cfg(feature = "evidence")]
    #[error("{path} holds no key that can be used", path = path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// A file that holds no signed statement, or none that this key has signed.
    #[cfg(feature = "evidence")]
    #[error("{path} is not a statement that can be shown: {reason}", path = path.display())]
    NoStatement {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A run that certifies nothing.
    #[cfg(feature = "evidence")]
    #[error("no certificate is written: {reason}")]
    NoCertificate {
        /// Why.
        reason: String,
    },
    /// A file that is not a bundle, or not a whole one.
    #[error("{path} is not a bundle that can be used: {reason}", path = path.display())]
    NoBundle {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file of events that cannot be read.
    #[error("the events {path} cannot be read", path = path.display())]
    Events {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that is not an event log, or not a whole one.
    #[error("{path}:{line}: {reason}", path = path.display())]
    NoEvents {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

impl AppError {
    /// Settings that make no sense.
    pub fn settings(message: impl Into<String>) -> Self {
        Self::Settings { message: message.into(), hint: None }
    }

    /// A run that certifies nothing, and why.
    #[cfg(feature = "evidence")]
    pub(super) fn no_certificate(reason: impl Into<String>) -> Self {
        Self::NoCertificate { reason: reason.into() }
    }

    /// The same, with what to do.
    pub fn settings_with(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Settings { message: message.into(), hint: Some(hint.into()) }
    }
}
