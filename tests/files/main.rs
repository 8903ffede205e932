//! What the program reads: cases, contracts, manifests, and the problems in them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod confined;
mod coverage;
mod files;
mod hostile_folder;
mod manifest;
mod problems;
mod schemas;
mod slips;
#[path = "../support/mod.rs"]
mod support;
