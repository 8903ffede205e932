//! Snapshots: transcripts made stable, kept in insta's file format.
//!
//! [`render()`] makes a text of a transcript and is pure; [`Store`] compares it with the file and writes
//! where that is allowed. Insta's own macros panic, need cargo and scan whole folders, so only its
//! format is used, and its reader.

mod difference;
mod header;
mod normalise;
mod pending;
mod render;
mod store;

pub use difference::{DiffLine, LineKind, Piece, hunks, replacements};
pub use normalise::{Names, volatile_values};
pub use pending::PendingSnapshot;
pub use render::{changes, render};
pub use store::{Compared, Kept, Location, Recorded, Store, StoreError, Update};
