//! What the end of a run says of the suite: which error rows are held, and what became of mutants. Main type:
//! [`EndFigures`].

use std::collections::HashMap;
use std::sync::Arc;
use std::vec::IntoIter;

use crate::event::{Event, RowsHeld, RunEnd};
use crate::model::CaseId;
use crate::plan::{Plan, PlannedCase};
use crate::strength::{Came, Mutants, RowResult, Twins};

/// Takes the events of a run, in the order of the plan, and adds to its end.
pub(super) struct EndFigures {
    twins: Option<Twins>,
    mutants: Option<(Mutants, IntoIter<PlannedCase>)>,
    contracts: Vec<String>,
    came: HashMap<CaseId, Came>,
}

impl EndFigures {
    pub(super) fn new(twins: Option<Twins>, mutants: Option<Mutants>, plan: &Plan) -> Self {
        let mutants = mutants.map(|mutants| (mutants, plan.cases.clone().into_iter()));
        Self { twins, mutants, contracts: Vec::new(), came: HashMap::new() }
    }

    /// The event, at the end of a run with the figures.
    pub(super) fn take(&mut self, event: Event) -> Event {
        match event {
            Event::Started(start) => {
                self.contracts = start.operations.iter().map(|operation| operation.id.clone()).collect();
                Event::Started(start)
            }
            Event::Finished(record) => {
                self.came.insert(record.id.clone(), Came::of(&record.verdict));
                if let Some((mutants, cases)) = &mut self.mutants
                    && let Some(planned) = cases.find(|planned| planned.id == record.id)
                {
                    mutants.take(&planned, &record);
                }
                Event::Finished(record)
            }
            Event::Ended(end) => {
                let rows_held =
                    self.twins.as_ref().map(|twins| rows_held(twins, &self.contracts, &self.came));
                let strength = self.mutants.take().map(|(mutants, _)| mutants.finish().strength());
                Event::Ended(RunEnd { rows_held, strength, ..end })
            }
            Event::Warned { .. } | Event::SeriesStarted { .. } | Event::SeriesEnded(_) => event,
        }
    }
}

/// Which error rows of these contracts are held, by what came of cases.
pub(super) fn rows_held(twins: &Twins, contracts: &[String], came: &HashMap<CaseId, Came>) -> Vec<RowsHeld> {
    let came = |id: &CaseId| came.get(id).copied().unwrap_or(Came::Unmeasured);
    let of = |contract: &String| {
        let mut rows = RowsHeld::default();
        for row in twins.rows().iter().filter(|row| row.contract.as_str() == contract) {
            match row.row_result(came) {
                RowResult::Held => rows.held.insert(Arc::from(&*row.row)),
                RowResult::Unmeasured => rows.unmeasured.insert(Arc::from(&*row.row)),
                RowResult::HeldInPart => {
                    rows.held_in_part.insert(Arc::from(&*row.row));
                    rows.unmeasured.insert(Arc::from(&*row.row))
                }
                RowResult::NotHeld => rows.not_held.insert(Arc::from(&*row.row)),
                RowResult::Unexpected => false,
            };
        }
        rows
    };
    contracts.iter().map(of).collect()
}
