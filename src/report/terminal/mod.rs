//! The report for a person at a terminal, and for a log: `TerminalReport` for a run, `case_text` for one case.

mod case;
mod paint;
#[cfg(feature = "cli")]
mod report;

pub use case::case_text;
pub use paint::{TerminalStyle, Verbosity};
#[cfg(feature = "cli")]
pub use report::TerminalReport;
