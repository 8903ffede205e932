//! What has changed in an endpoint's answers, in the contract's words, so that a person can decide on it.
//!
//! [`group()`] gathers pending snapshots by the kind of their change, so that the same change in many cases is
//! decided once. Pure: it reads no file, and decides nothing itself.
//!
//! # What is one kind of change
//! A change comes to facts ([`Fact`]), and two changes are of one kind if their facts are the same:
//!
//! - A status, an error code and a message belong to a row of the contract: the same change in another row is another
//!   kind. A field or a header is the same wherever it is, so that a field that is gone from all answers is
//!   decided once, whatever else they say.
//! - Of a text, what is replaced by what counts, and not what stays. What fills a blank of the row's template, and
//!   what the message repeats of the request (the name or the value of a parameter, or its error code), counts by its
//!   place: *the value of a parameter became a constant* is one kind, whatever the value is. The same part that
//!   became something else is another kind.
//! - What is new or gone counts by name and type; a value that changed counts with both values.
//! - The step of a case does not count, nor a position in a list, nor the number of a volatile value's name. Which
//!   values are equal does.
//! - What is seen for the first time goes by its answers: status, code, row and fields.
//! - A text that is not a transcript goes by the lines that differ, whole.
//!
//! Where a rule leaves a doubt, there are two kinds: to decide twice costs a key, to decide too much costs more.

mod change;
mod decision;
mod echo;
mod fact;
mod group;
mod keyed;
mod message;
mod name;
mod named;
mod notation;
mod page;
mod pair;
#[cfg(test)]
mod round_trip;
mod row;
#[cfg(test)]
mod tests;
mod transcript;
mod tree;
mod wording;

pub use decision::{Choice, Decision, DecisionTarget, Decisions};
pub use fact::Fact;
pub use group::{Change, ChangeGroup, fault_note, group};
pub use page::ReviewPage;
