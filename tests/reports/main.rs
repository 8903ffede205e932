//! Reports of a run, in every format.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod causes;
mod hostile;
mod hostile_reports;
mod one_mistake;
mod reports;
mod sarif;
#[path = "../support/mod.rs"]
mod support;
mod whole;
