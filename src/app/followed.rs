//! The mutants of a run that is over, from its events. Main type: [`Following`].

use std::collections::HashMap;

use super::AppError;
use crate::digest::contract_digest;
use crate::event::{Event, RunEnd, RunStart, Stopped};
use crate::model::{Normalisation, Suite};
use crate::plan::{PlannedCase, case_ids};
use crate::strength::{Bound, Mutants, Mutated};

/// Follows the events of a run that is over.
pub(super) struct Following<'a> {
    suite: &'a Suite,
    all: Vec<PlannedCase>,
    wanted: HashMap<&'a str, &'a PlannedCase>,
    bound: Bound,
    mutants: Option<Mutants>,
    strange: Option<String>,
}

impl<'a> Following<'a> {
    pub(super) fn new(suite: &'a Suite, wanted: &'a [PlannedCase], bound: Bound) -> Result<Self, AppError> {
        let wanted = wanted.iter().map(|planned| (planned.id.as_str(), planned)).collect();
        Ok(Self { suite, all: case_ids(suite)?, wanted, bound, mutants: None, strange: None })
    }

    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::Started(start) => {
                self.strange = self.strange.take().or_else(|| other_contract(self.suite, start));
                let seeds = start.parts.iter().map(|part| part.seed).chain([start.seed]).collect();
                self.mutants = Some(Mutants::new(&self.all, seeds, Normalisation::default(), self.bound));
            }
            Event::Finished(record) => {
                let planned = self.wanted.get(record.id.as_str());
                if let (Some(mutants), Some(planned)) = (&mut self.mutants, planned) {
                    mutants.take(planned, record);
                }
            }
            Event::SeriesStarted { .. } => {
                self.strange = Some("it has the runs of several endpoints; one is needed".to_owned());
            }
            Event::Ended(RunEnd { stopped: Some(Stopped::MixedUp), .. }) => {
                self.strange = Some(format!("in this run {}", Stopped::MixedUp.reason()));
            }
            Event::Warned { .. } | Event::Ended(_) | Event::SeriesEnded(_) => {}
        }
    }

    pub(super) fn finish(self) -> Result<Mutated, AppError> {
        if let Some(strange) = self.strange {
            return Err(AppError::settings(format!("--from: {strange}")));
        }
        match self.mutants {
            Some(mutants) => Ok(mutants.finish()),
            None => Err(AppError::settings("--from: there is no run in it")),
        }
    }
}

/// A contract of a run that is not the one of the suite.
fn other_contract(suite: &Suite, start: &RunStart) -> Option<String> {
    let contracts = suite.operations.iter().map(|operation| &operation.contract);
    let known: HashMap<&str, String> =
        contracts.map(|contract| (contract.id.as_str(), contract_digest(contract))).collect();
    start.operations.iter().find_map(|operation| match known.get(operation.id.as_str()) {
        None => {
            Some(format!("the run has cases of {}, which the folder of cases does not have", operation.id))
        }
        Some(digest) if operation.digest.as_ref().is_some_and(|recorded| recorded != digest) => {
            Some(format!("the contract {} has changed since the run; run the cases again", operation.id))
        }
        Some(_) => None,
    })
}
