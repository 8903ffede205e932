//! Documents, the recipes in them, and the structure that they describe.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod block;
#[path = "../bookshop/server.rs"]
#[allow(dead_code, reason = "the documents need a shop without mistakes")]
mod bookshop;
mod ci_recipes;
mod circles;
mod docs;
mod doors;
mod layering;
mod limits;
mod matchers;
mod messages;
mod names;
#[path = "../support/mod.rs"]
mod support;
mod words;
