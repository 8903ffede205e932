//! Judges an answer: pure functions from contract, expectation and answer to findings.
//!
//! [`check`] looks at every level and reports all it finds. No clock, no I/O, no async.

mod doubled;
mod effect;
mod envelope;
mod expectation;
mod grounds;
mod header_field;
mod listed;
mod matcher;
mod mismatch;
mod path;
mod pattern;
mod subject;

pub use effect::{Due, additions, effect, replay};
pub use envelope::{is_shared_id, request_id, shared_id, unique_values};
pub use expectation::{check, throttle_reason};
pub use listed::{as_lists, select_in};
#[cfg(test)]
pub use path::PathError;
pub use path::{TreePlaces, places, select};
pub use pattern::{compile, compile_together};
pub use subject::Subject;

#[cfg(test)]
pub(crate) mod tests;
