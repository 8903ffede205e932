//! Exit codes, and the errors that lead to them.

use std::io;
use std::path::PathBuf;

use crate::app::AppError;
use crate::event::Outcome;
use crate::plan::PlanError;
use crate::reference::StartError;
use crate::snapshot::StoreError;
use crate::watch::WatchError;

/// Everything holds, or what was asked for is done.
pub(super) const CONFORMS: u8 = 0;
/// The contract is broken, or a snapshot differs.
pub(super) const BROKEN: u8 = 1;
/// The arguments or settings make no sense.
pub(super) const USAGE: u8 = 2;
/// A file is invalid.
pub(super) const INVALID_FILES: u8 = 3;
/// No case is selected.
pub(super) const NOTHING_SELECTED: u8 = 4;
/// It cannot be decided.
pub(super) const INCONCLUSIVE: u8 = 5;
/// A report could not be written.
pub(super) const NO_REPORT: u8 = 6;
/// The run was interrupted: 128 and the number of SIGINT, as shells count.
pub(super) const INTERRUPTED: u8 = 130;

/// The exit code of a finished run.
pub(super) fn of_run(outcome: Outcome, is_reported: bool) -> u8 {
    match outcome {
        Outcome::Interrupted => INTERRUPTED,
        Outcome::Conforms | Outcome::Broken | Outcome::Inconclusive if !is_reported => NO_REPORT,
        Outcome::Broken => BROKEN,
        Outcome::Inconclusive => INCONCLUSIVE,
        Outcome::Conforms => CONFORMS,
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// Arguments or settings.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// What could not be done.
    #[error(transparent)]
    App(AppError),
    /// The served endpoint.
    #[error("the reference endpoint does not start")]
    Reference(#[from] StartError),
    /// Files whose changes are to be noticed.
    #[error(transparent)]
    Watch(WatchError),
    /// The machinery that waits for the network.
    #[error("the program cannot wait for the network")]
    Runtime(#[source] io::Error),
    /// Standard output.
    #[error("standard output cannot be written")]
    Output(#[source] io::Error),
    /// A report.
    #[error("the report {path} cannot be written", path = path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl CliError {
    /// Arguments or settings that make no sense.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    /// The exit code that it leads to.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::App(error) => code_of(error),
            Self::Usage { .. } | Self::Watch(_) | Self::Reference(_) | Self::Runtime(_) => USAGE,
            Self::Output(_) | Self::Report { .. } => NO_REPORT,
        }
    }
}

/// Whatever something below could not be done for.
impl<E> From<E> for CliError
where
    AppError: From<E>,
{
    fn from(error: E) -> Self {
        Self::App(error.into())
    }
}

/// The exit code that something leads to that could not be done.
fn code_of(error: &AppError) -> u8 {
    match error {
        AppError::Settings { .. }
        | AppError::Pattern(_)
        | AppError::Filter(_)
        | AppError::Transport(_)
        | AppError::Embedded(_) => USAGE,
        AppError::Load(_)
        | AppError::Prepare(_)
        | AppError::Encode(_)
        | AppError::Events { .. }
        | AppError::Unreadable { .. }
        | AppError::NoEvents { .. }
        | AppError::Key { .. }
        | AppError::NoStatement { .. }
        | AppError::NoBundle { .. }
        | AppError::Store(StoreError::Unreadable { .. } | StoreError::Changed { .. })
        | AppError::Orphans(_)
        | AppError::Plan(PlanError::Id { .. } | PlanError::TooMany) => INVALID_FILES,
        AppError::Plan(
            PlanError::Unmatched(_)
            | PlanError::UnmatchedId(_)
            | PlanError::UnknownTag { .. }
            | PlanError::NothingFiltered { .. }
            | PlanError::NothingSkipped(_)
            | PlanError::AllSkipped
            | PlanError::Empty,
        )
        | AppError::EmptyShard { .. }
        | AppError::NothingPending { .. } => NOTHING_SELECTED,
        AppError::NoCertificate { .. } => INCONCLUSIVE,
        AppError::Scratch(_)
        | AppError::Unwritable { .. }
        | AppError::Store(StoreError::Unwritable { .. } | StoreError::Locked { .. }) => NO_REPORT,
    }
}

#[cfg(test)]
mod tests {
    use super::{INTERRUPTED, NO_REPORT, of_run};
    use crate::event::Outcome;

    #[test]
    fn an_unwritten_report_outranks_every_outcome_but_an_interrupt() {
        let codes =
            [Outcome::Conforms, Outcome::Broken, Outcome::Inconclusive].map(|outcome| of_run(outcome, false));
        assert_eq!(codes, [NO_REPORT; 3]);
        assert_eq!(of_run(Outcome::Interrupted, false), INTERRUPTED);
        assert_eq!(
            [Outcome::Conforms, Outcome::Broken, Outcome::Inconclusive].map(|outcome| of_run(outcome, true)),
            [0, 1, 5]
        );
    }
}
