//! What a case comes to, from its exchanges and from what states gave it: the same in a run and offline, later.
//!
//! [`Judge`] holds one answer after the other against the case; [`judge_again`] does so with what was recorded.
//! [`WaiverBook`] and [`Tally`] make the verdicts of a run of it. No clock, no I/O, no async.

mod again;
mod cited;
mod effect;
mod judge;
mod parallel;
mod promise;
mod retrial;
mod tally;
mod unique;
mod waiver;

pub use again::{ReplayError, judge_again};
pub use effect::ObservationPlace;
pub use judge::{Ended, Judge, open, render_params, verdict};
pub use promise::{codes_due, operations};
pub use retrial::{Retrial, Retried, passes_with};
pub use tally::Tally;
pub use unique::UniqueIds;
pub use waiver::{WaiverBook, find_unmatched};

#[cfg(test)]
pub(crate) mod tests;
