//! What a run says, in order: all that reports ever learn.
//!
//! A run emits one [`Event::Started`], a [`Event::Warned`] for what is doubtful from the start or could not be kept
//! at the end, a [`Event::Finished`] for each case in the order of ids, and
//! one [`Event::Ended`], also when it was interrupted. Runs on several endpoints come one after the other
//! between a [`Event::SeriesStarted`] and a [`Event::SeriesEnded`].
//!
//! Each event has one form in which it is written out, as a line of the format [`FORMAT`]; the derives are that form.

mod end;
mod line;
mod stale_waiver;
mod start;

use serde::{Deserialize, Serialize};

use crate::model::CaseRecord;

pub use end::{
    EffectCounts, Outcome, RowsHeld, RunChanges, RunEnd, SeriesEnd, SeriesRun, SnapshotCounts, StaleSnapshot,
    StillFailing, Stopped,
};
pub use line::{FORMAT, VERSION};
pub use stale_waiver::{StaleCases, StaleWaiver, Staleness, WaiverSight};
pub use start::{
    EndpointDescription, LimitStart, OperationStart, ParameterStart, PartNumber, PartStart, RowStart,
    RunStart,
};

/// Something that a run says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "of the large ones there is one in a run")]
pub enum Event {
    /// Several runs begin, on these endpoints.
    SeriesStarted {
        /// Their names, in order.
        endpoints: Vec<String>,
    },
    /// The run starts.
    #[serde(with = "line::start")]
    Started(RunStart),
    /// Something is doubtful, and the run goes on.
    Warned {
        /// What, as a sentence.
        text: String,
    },
    /// A case is finished.
    Finished(Box<CaseRecord>),
    /// The run is over.
    #[serde(with = "line::end")]
    Ended(RunEnd),
    /// All runs are over.
    SeriesEnded(SeriesEnd),
}
