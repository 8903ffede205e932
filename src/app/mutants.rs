//! The mutants of a run: of one that goes on, of one that is over, or of a bundle of evidence. Main type: [`Mutants`].

use std::collections::HashMap;
#[cfg(feature = "evidence")]
use std::path::Path;
use std::path::PathBuf;

use super::watched::watch;
use super::{AppError, Saved, SessionSettings, Target};
use crate::event::{Event, RunStart};
use crate::model::{CaseId, CaseRecord, Normalisation, Suite};
use crate::plan::{Plan, PlannedCase, case_ids};
use crate::protocol::contract_digest;
use crate::run::StopSwitch;
use crate::strength::{Bench, Bound, Came, Figures, Floor, Ground, Standing, Twins};

#[cfg(test)]
mod tests;

/// How many cases are named that could not be judged.
const NAMED: usize = 5;

/// Takes the records of a run, and has the mutants of their answers judged.
pub struct Mutants {
    bench: Bench,
    floor: Floor,
    twins: Twins,
    came: HashMap<CaseId, Came>,
    apart: Vec<String>,
}

/// What became of all mutants of a run.
#[derive(Debug)]
pub struct Mutated {
    /// The figures.
    pub figures: Figures,
    /// The best endpoint that implements nothing.
    pub floor: Option<Ground>,
    /// What is known of each error row.
    pub standings: Vec<Standing>,
    /// The first cases that could not be judged again, and why.
    pub apart: Vec<String>,
}

impl Mutants {
    /// For the records of a run with one of these seeds, of a suite with these cases; `own` is what snapshots of its
    /// endpoint leave out.
    pub fn new(all: &[PlannedCase], seeds: Vec<u64>, own: Normalisation, bound: Bound) -> Self {
        Self {
            floor: Floor::new(all, seeds.clone()),
            twins: Twins::of(all),
            bench: Bench::new(seeds, own, bound),
            came: HashMap::new(),
            apart: Vec::new(),
        }
    }

    /// Takes the record of a case.
    pub fn take(&mut self, planned: &PlannedCase, record: &CaseRecord) {
        self.came.insert(record.id.clone(), Came::of(&record.verdict));
        self.floor.take(planned, record);
        if let Err(apart) = self.bench.take(planned, record)
            && self.apart.len() < NAMED
        {
            self.apart.push(format!("{}: {apart}", record.id));
        }
    }

    /// What became of all of them.
    pub fn finish(self) -> Mutated {
        let came = |id: &CaseId| self.came.get(id).copied().unwrap_or(Came::Unmeasured);
        Mutated {
            floor: self.floor.best(&self.twins),
            standings: self.twins.rows().iter().map(|row| row.standing(came)).collect(),
            figures: self.bench.finish(),
            apart: self.apart,
        }
    }

    /// Runs a plan, and gives the mutants of its answers; none after an interrupt. What is worth a remark goes to
    /// `remark`.
    ///
    /// # Errors
    /// An endpoint that cannot be tested.
    pub async fn of_run(
        settings: SessionSettings,
        (suite, plan): (&Suite, &Plan),
        stop: &StopSwitch,
        remark: &dyn Fn(&str),
        bound: Bound,
    ) -> Result<Option<Mutated>, AppError> {
        settings.target.check(plan)?;
        let own = match &settings.target {
            Target::Other(endpoint) => endpoint.normalisation.clone(),
            Target::Reference(_) => Normalisation::default(),
        };
        let mut mutants = Self::new(&case_ids(suite)?, vec![settings.run.seed], own, bound);
        let take = |record: &CaseRecord, planned: &PlannedCase| mutants.take(planned, record);
        let is_whole = watch(settings, plan, stop, remark, take).await?;
        Ok(is_whole.map(|_| mutants.finish()))
    }

    /// The mutants of runs that are over, of these cases alone.
    ///
    /// # Errors
    /// Files that cannot be read, the runs of several endpoints, or runs of other contracts.
    pub fn of_saved(
        paths: &[PathBuf],
        suite: &Suite,
        wanted: &[PlannedCase],
        bound: Bound,
    ) -> Result<Mutated, AppError> {
        let mut following = Following::new(suite, wanted, bound)?;
        Saved::open(paths, None)?.replay(&mut |event| following.take(event))?;
        following.finish()
    }

    /// The mutants of a bundle, with the contracts and tables in it. Its signature is not checked.
    ///
    /// # Errors
    /// A file that is not a bundle, or not a whole one.
    #[cfg(feature = "evidence")]
    pub fn of_bundle(
        path: &Path,
        select: impl FnOnce(&Suite) -> Result<Vec<PlannedCase>, AppError>,
        bound: Bound,
    ) -> Result<Mutated, AppError> {
        use super::certify::{Parts, open_bundle};
        use crate::evidence::{Bundle, Divergence, Signer};

        let wrong = |reason: String| AppError::NoBundle { path: path.to_path_buf(), reason };
        let untrue = |divergence: Divergence| wrong(divergence.to_string());
        let mut file = open_bundle(path)?;
        let bundle = Bundle::open(&mut file, &Signer::Unknown).map_err(|error| wrong(error.to_string()))?;
        let parts = Parts::read(&bundle.files).map_err(untrue)?;
        let lines = bundle.events(&mut file).map_err(|error| wrong(error.to_string()))?;
        let wanted = select(&parts.suite)?;
        let mut following = Following::new(&parts.suite, &wanted, bound)?;
        for event in parts.events(lines).map_err(untrue)? {
            following.take(&event.map_err(untrue)?);
        }
        following.finish()
    }
}

/// Follows the events of a run that is over.
struct Following<'a> {
    suite: &'a Suite,
    all: Vec<PlannedCase>,
    wanted: HashMap<&'a str, &'a PlannedCase>,
    bound: Bound,
    mutants: Option<Mutants>,
    strange: Option<String>,
}

impl<'a> Following<'a> {
    fn new(suite: &'a Suite, wanted: &'a [PlannedCase], bound: Bound) -> Result<Self, AppError> {
        let wanted = wanted.iter().map(|planned| (planned.id.as_str(), planned)).collect();
        Ok(Self { suite, all: case_ids(suite)?, wanted, bound, mutants: None, strange: None })
    }

    fn take(&mut self, event: &Event) {
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
            Event::Warned { .. } | Event::Ended(_) | Event::SeriesEnded(_) => {}
        }
    }

    fn finish(self) -> Result<Mutated, AppError> {
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
