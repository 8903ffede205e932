//! Snapshots: written, compared, reviewed, and kept stable.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod diff;
mod noise;
mod normalisation;
mod page;
mod provenance;
mod rank;
mod review;
mod review_terminal;
#[path = "../support/mod.rs"]
mod support;
