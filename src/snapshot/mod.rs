//! Snapshots: transcripts made stable, kept in insta's file format.
//!
//! [`Transcript`] makes exchanges stable and a text of them, and is pure; [`Store`] compares it with the file and writes
//! where that is allowed. Insta's own macros panic, need cargo and scan whole folders, so only its
//! format is used, and its reader.

mod difference;
mod header;
mod marked;
mod moment;
mod names;
mod order;
mod pending;
mod render;
mod store;
mod text;
mod transcript;
mod tree;

pub use difference::{DiffLine, LineKind, Piece, hunks};
pub use marked::{Marked, Node};
pub use moment::is_time;
pub use names::Names;
pub use pending::PendingSnapshot;
pub use render::changes;
pub use store::{Compared, Kept, Location, Recorded, Store, StoreError, Update};
pub use transcript::{Part, StableBody, Transcript, View};
