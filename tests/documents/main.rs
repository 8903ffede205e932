//! Documents, the recipes in them, and the structure that they describe.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod block;
mod ci_recipes;
mod circles;
mod docs;
mod layering;
mod limits;
mod matchers;
#[path = "../support/mod.rs"]
mod support;
