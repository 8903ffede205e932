//! Certificates and the bundles they rest on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bundle;
mod certificate;
mod certify;
mod memory;
#[path = "../support/mod.rs"]
mod support;
mod verify;
