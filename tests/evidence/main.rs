//! Certificates and the bundles they rest on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bundle;
mod certificate;
mod certify;
mod doors;
mod memory;
mod strength;
#[path = "../support/mod.rs"]
mod support;
mod verify;
