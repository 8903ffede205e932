//! Snapshots: transcripts made stable, kept in insta's file format.
//!
//! [`Transcript`] makes exchanges stable and a text of them, and is pure; [`Store`] compares it with the file and writes
//! where that is allowed. Insta's own macros panic, need cargo and scan whole folders, so only its
//! format is used, and its reader.
//!
//! A side file holds what is known of a snapshot beside its text; a run renews it once, at its end. Every write below a
//! folder of snapshots holds the folder's lock, and no link leads a write out of it.

mod basis;
mod difference;
mod error;
mod file;
mod finder;
mod freshness;
mod header;
mod inventory;
mod journal;
mod lock;
mod marked;
mod moment;
mod names;
mod occurrence;
mod order;
mod orphan;
mod pending;
mod provenance;
mod render;
mod rules;
mod sighting;
mod store;
mod text;
mod transcript;
mod tree;
mod update;

pub use difference::{DiffLine, LineKind, Piece, hunks, replacements};
pub use error::StoreError;
pub use file::SnapshotFile;
pub use freshness::{Freshness, FreshnessRecord, MaxAge};
pub use marked::MarkedNode;
pub use moment::is_time;
pub use names::VolatileNames;
pub use pending::PendingSnapshot;
pub use render::changes;
pub use rules::{RuleBook, SnapshotRules};
pub use sighting::Origin;
pub use store::{KeepResult, Location, SnapshotComparison, Store};
pub use transcript::{StableBody, StableExchange, Transcript, TranscriptView};
pub use update::Update;
