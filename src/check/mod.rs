//! Judges an answer: pure functions from contract, expectation and answer to findings.
//!
//! [`check`] looks at every level and reports all it finds. No clock, no I/O, no async.

mod envelope;
mod expectation;
mod matcher;
mod path;

pub use expectation::{Subject, check, throttled};
pub use path::{PathError, select};
