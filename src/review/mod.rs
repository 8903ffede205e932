//! What has changed in an endpoint's answers, in the contract's words, so that a person can decide on it.
//!
//! [`group()`] gathers snapshots that wait by the kind of their change, so that the same change in many cases is
//! decided once. Pure: it reads no file, and decides nothing itself.

mod decision;
mod group;
mod page;

pub use decision::{Choice, Decision, Decisions, Standing, digest};
pub use group::{Change, Fact, Group, group};
pub use page::Page;
