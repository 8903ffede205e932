//! All that is known of a suite's strength from the records of a run: mutants, floor and error rows. Main type:
//! [`Mutants`].

use std::collections::HashMap;

use super::bench::{Bench, Bound};
use super::figures::Figures;
use super::floor::Floor;
use super::twin::{Came, RowResult, Twins};
use crate::model::{CaseId, CaseRecord, FloorScore, Normalisation, Strength};
use crate::plan::PlannedCase;

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
    pub floor: Option<FloorScore>,
    /// What is known of each error row.
    pub standings: Vec<RowResult>,
    /// The first cases that could not be judged again, and why.
    pub apart: Vec<String>,
}

impl Mutated {
    /// The figures that certificates and reports repeat.
    pub fn strength(&self) -> Strength {
        Strength { floor: self.floor.clone(), mutants: self.figures.score() }
    }
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
            standings: self.twins.rows().iter().map(|row| row.row_result(came)).collect(),
            figures: self.bench.finish(),
            apart: self.apart,
        }
    }
}
