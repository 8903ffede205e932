//! Runs that are over, from the events that they wrote. Main type: [`Saved`].

mod chosen;
mod history;
mod lines;
mod merge;
mod series;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{AppError, CaseChoice, Roll};
use crate::event::{Event, Outcome};
use chosen::Chosen;
use history::RunHistory;
use lines::EventLines;
#[cfg(feature = "evidence")]
pub(super) use lines::{EventLine, LONGEST_LINE, next_line};
use merge::{MergedParts, PartReader};
use series::SavedSeries;

/// What files of events hold, read as far as what each begins with.
pub struct Saved {
    runs: Runs,
    roll: Option<Roll>,
}

enum Runs {
    Merged(MergedParts),
    History(RunHistory),
    Series(SavedSeries),
}

impl Saved {
    /// Opens the files that a run has written; several are parts of one run. With a manifest, the run must have
    /// reported just the cases that the manifest lists.
    ///
    /// # Errors
    /// A file that cannot be read or does not begin as a run does, parts that do not fit together, an invalid manifest.
    pub fn open(paths: &[PathBuf], manifest: Option<&Path>) -> Result<Self, AppError> {
        Self::of(paths, manifest, |parts| Ok(Runs::Merged(MergedParts::new(parts, None)?)))
    }

    /// The cases of it that a choice selects; what belongs to the run as a whole is left out then. Runs of one suite on one
    /// endpoint, one after the other, are not merged but compared.
    ///
    /// # Errors
    /// As [`Saved::open`], and a choice that selects nothing.
    pub fn compared(
        paths: &[PathBuf],
        manifest: Option<&Path>,
        choice: &CaseChoice,
    ) -> Result<Self, AppError> {
        let chosen = if choice.is_all() { None } else { Some(Rc::new(Chosen::of(paths, choice)?)) };
        Self::of(paths, manifest, |parts| {
            Ok(match RunHistory::of(parts, chosen.clone())? {
                Ok(history) => Runs::History(history),
                Err(parts) => Runs::Merged(MergedParts::new(parts, chosen)?),
            })
        })
    }

    fn of(
        paths: &[PathBuf],
        manifest: Option<&Path>,
        runs: impl FnOnce(Vec<PartReader>) -> Result<Runs, AppError>,
    ) -> Result<Self, AppError> {
        let roll = manifest.map(Roll::open).transpose()?;
        let mut parts = Vec::with_capacity(paths.len());
        for path in paths {
            let mut lines = EventLines::open(path)?;
            match lines.next()? {
                Some(Event::Started(start)) => parts.push(PartReader::new(lines, start)?),
                Some(Event::SeriesStarted { endpoints }) if paths.len() == 1 => {
                    return Ok(Self { runs: Runs::Series(SavedSeries { lines, endpoints }), roll });
                }
                Some(Event::SeriesStarted { .. }) => {
                    return Err(
                        lines.wrong("it has the runs of several endpoints, which are not part of one run")
                    );
                }
                Some(Event::Warned { .. } | Event::Finished(_) | Event::Ended(_) | Event::SeriesEnded(_))
                | None => return Err(lines.wrong("it does not begin with the start of a run")),
            }
        }
        Ok(Self { runs: runs(parts)?, roll })
    }

    /// Emits the events again, as one run or one series, and gives what it comes to.
    ///
    /// # Errors
    /// An event that cannot be where it is, or a case that is in two files. Events before it were emitted.
    pub fn replay(mut self, emit: &mut dyn FnMut(&Event)) -> Result<Outcome, AppError> {
        match self.runs {
            Runs::Merged(merged) => merged.replay(self.roll.as_mut(), emit),
            Runs::History(history) => history.replay(self.roll.as_mut(), emit),
            Runs::Series(series) => series.replay(self.roll.as_mut(), emit),
        }
    }
}
