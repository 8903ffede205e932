//! Certificates: what a run has said, in a file while it goes on, and the examination of a bundle of evidence.

mod examine;
mod recording;

pub use examine::{Examined, Parts, Refusal, examine};
pub(crate) use examine::{PART, divergence, open_bundle};
pub(crate) use recording::{Recorder, Recording};
