//! What can be done with a suite of cases, for every front end: the command line, the test harness, and programs in Rust.
//!
//! Nothing here knows of arguments, prints, or decides an exit code. The caller hands in the
//! environment ([`EnvironmentVariables`]) and the listeners of a run.

#[cfg(feature = "evidence")]
pub mod certify;
mod command_line;
mod credentials;
mod diff;
mod end_figures;
mod endpoint;
mod error;
mod followed;
mod forecast;
mod init;
mod keep;
mod last_run;
mod manifest;
mod mutants;
mod noise;
mod preview;
pub mod review;
mod saved;
mod series;
mod session;
mod shard;
mod stale;
mod suite;
mod sweep;
mod unnamed;
mod waivers;
mod watched;

pub use command_line::command_line;
pub use diff::diff;
pub use endpoint::{
    Connected, EnvironmentVariables, Overrides, costs_nothing, endpoint, entry, is_address, resolve, variable,
};
pub use error::AppError;
pub use forecast::Forecast;
pub use init::{ENDPOINT, FirstBody, FirstFile, FirstPath, Project, first_method, first_operation, has_body};
pub use keep::{Keep, OutputKind};
pub use last_run::LastRun;
pub use manifest::{current_manifest, manifest_drift};
#[cfg(feature = "evidence")]
pub use mutants::mutants_of_bundle;
pub use mutants::{mutants_of_run, mutants_of_saved};
pub use noise::noise;
pub use preview::{ShownCase, meant};
pub use saved::Saved;
pub use series::series;
pub use session::{Background, REFERENCE, Session, SessionSettings, SnapshotSettings, TestTarget};
pub use shard::Shard;
pub use stale::{freshness, keep_stale, stale_snapshot, unusable_files};
pub use suite::{CaseChoice, Checked, all_ids, check_endpoints, check_sendable, check_suite, load_selection};
pub use sweep::{Swept, sweep};
pub use unnamed::{ENDPOINT_VARIABLE, Unnamed};
pub use waivers::{Proposed, WaiverTerms};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::Day;
use manifest::Roll;

/// The day of a moment, in UTC: waivers expire by it.
pub fn day_of(moment: Timestamp) -> Day {
    Day::from_checked(moment.to_zoned_datetime(TimeZone::UTC).date().to_string())
}

/// This day, in UTC.
pub fn today() -> Day {
    day_of(Timestamp::now())
}
