//! The cases of runs that are over which a choice selects. Main type: [`Chosen`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::lines::EventLines;
use crate::app::{AppError, CaseChoice};
use crate::event::{Event, RunStart};
use crate::model::{CaseId, CaseRecord};
use crate::plan::Selectable;

/// The ids that are reported, with how many of them each contract has.
pub(super) struct Chosen {
    ids: BTreeSet<String>,
    by_contract: BTreeMap<String, usize>,
}

/// A case as far as a choice looks at it.
struct Reported {
    id: CaseId,
    tags: BTreeSet<String>,
}

impl Selectable for Reported {
    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn tags(&self) -> &BTreeSet<String> {
        &self.tags
    }
}

impl Chosen {
    /// Reads which cases runs have reported, and selects of them.
    ///
    /// # Errors
    /// Files that cannot be read, several endpoints, and a choice that selects nothing.
    pub(super) fn of(paths: &[PathBuf], choice: &CaseChoice) -> Result<Self, AppError> {
        let mut cases = BTreeMap::new();
        for path in paths {
            let mut lines = EventLines::open(path)?;
            while let Some(event) = lines.next()? {
                match event {
                    Event::Finished(record) => {
                        let CaseRecord { id, tags, .. } = *record;
                        cases.insert(id.to_string(), Reported { id, tags });
                    }
                    Event::SeriesStarted { .. } => {
                        let message =
                            "patterns, -E and --skip select cases of one endpoint, and --from has several";
                        return Err(AppError::settings(message));
                    }
                    Event::Started(_) | Event::Warned { .. } | Event::Ended(_) | Event::SeriesEnded(_) => {}
                }
            }
        }
        let mut cases: Vec<Reported> = cases.into_values().collect();
        choice.select(&mut cases)?;
        let mut by_contract = BTreeMap::new();
        for case in &cases {
            let contract = case.id.table().rsplit_once('/').map_or("", |(contract, _)| contract);
            *by_contract.entry(contract.to_owned()).or_default() += 1;
        }
        Ok(Self { ids: cases.into_iter().map(|case| case.id.to_string()).collect(), by_contract })
    }

    /// Whether a case is reported.
    pub(super) fn has(&self, id: &CaseId) -> bool {
        self.ids.contains(id.as_str())
    }

    /// The start of a run of these cases alone.
    pub(super) fn start(&self, mut start: RunStart) -> RunStart {
        start.selected = self.ids.len();
        for operation in &mut start.operations {
            operation.selected = self.by_contract.get(&operation.id).copied().unwrap_or(0);
        }
        start
    }
}
