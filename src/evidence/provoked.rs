//! Which error rows of the contracts were provoked, and what that took. Main type: [`RowEvidence`], the entries of the
//! bundle's `coverage.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::judged::{CaseResult, JudgedRun};
use crate::coverage::Coverage;
use crate::event::RowsHeld;
use crate::model::{CaseId, Contract, Reach, Skipped, Verdict, row_label};

/// The name of the file.
pub const COVERAGE: &str = "coverage.json";

/// The class of evidence for an error row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A request alone has provoked it.
    ByRequest,
    /// A request has provoked it in a state that was set up for it.
    ByState,
    /// It needs a state to which no way leads on this endpoint; the reference endpoint alone offers it.
    OnlyOnTheReferenceEndpoint,
    /// No case has provoked it.
    NotProvoked,
}

/// What is known of an error row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowEvidence {
    /// The contract.
    pub contract: String,
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The message, exact or with blanks; none if no source gives one.
    pub message: Option<String>,
    /// The class of evidence.
    pub evidence: Class,
    /// The cases whose answers are instances of it.
    pub cases: Vec<String>,
    /// Whether it is held: each case that expects it passes, and so does an accepted request that is nearly the same.
    /// Null if that is not known, since a case was skipped or not selected, or expected by none.
    pub held: Option<bool>,
}

impl RowEvidence {
    /// The row's name: its status, code and message.
    pub fn label(&self) -> String {
        row_label(self.status, &self.code, self.message.as_deref())
    }
}

/// The evidence for every error row of the contracts of a run. `aims` has the cases that expect each row.
pub fn find_provoked(judged: &JudgedRun, aims: &[Coverage]) -> Vec<RowEvidence> {
    let mut contracts: Vec<&Contract> = Vec::new();
    for planned in &judged.planned {
        if !contracts.iter().any(|known| known.id == planned.contract.id) {
            contracts.push(&planned.contract);
        }
    }
    let mut by_operation: BTreeMap<&str, Vec<&CaseResult>> = BTreeMap::new();
    for result in judged.results.iter().filter(|result| result.is_shown) {
        let operation = result.id.table().rsplit_once('/').map_or("", |(operation, _)| operation);
        by_operation.entry(operation).or_default().push(result);
    }
    let lacks_state =
        |result: &&CaseResult| matches!(result.verdict, Verdict::Skipped(Skipped::NoWayTo { .. }));
    let beyond: BTreeSet<&CaseId> =
        judged.results.iter().filter(lacks_state).map(|result| &result.id).collect();
    let of = |position: usize| judged.end.rows_held.as_ref().and_then(|held| held.get(position));
    let rows = contracts.into_iter().enumerate();
    let rows = rows.flat_map(|(at, contract)| contract.rows.iter().map(move |row| (of(at), contract, row)));
    rows.map(|(held, contract, row)| {
        let label = row.label();
        let own = by_operation.get(contract.id.as_str()).into_iter().flatten();
        let met = own.filter(|result| result.rows_met.iter().any(|met| **met == *label));
        let cases: Vec<String> = met.map(|result| result.id.to_string()).collect();
        let aims = aims.iter().filter(|coverage| coverage.operation == contract.id.as_str());
        let aims = aims.flat_map(|coverage| &coverage.rows).find(|aim| aim.is_of(row));
        let is_out_of_reach = aims.is_some_and(|aim| aim.cases.iter().any(|id| beyond.contains(id)));
        let evidence = match (cases.is_empty(), row.reach) {
            (false, Reach::Request) => Class::ByRequest,
            (false, Reach::State) => Class::ByState,
            (true, _) if is_out_of_reach => Class::OnlyOnTheReferenceEndpoint,
            (true, Reach::Request | Reach::State) => Class::NotProvoked,
        };
        RowEvidence {
            contract: contract.id.to_string(),
            status: row.status,
            code: row.code.clone(),
            message: row.message.as_ref().map(|message| message.as_str().to_owned()),
            evidence,
            cases,
            held: held.and_then(|rows| is_held(rows, &label)),
        }
    })
    .collect()
}

/// Whether a row is held, if that is known.
fn is_held(rows: &RowsHeld, label: &str) -> Option<bool> {
    if rows.held.contains(label) { Some(true) } else { rows.not_held.contains(label).then_some(false) }
}

#[derive(Serialize)]
struct RawCoverage<'a> {
    format: &'static str,
    version: u32,
    rows: &'a [RowEvidence],
}

/// The evidence as it is written.
pub fn coverage_bytes(rows: &[RowEvidence]) -> Vec<u8> {
    super::canonical(&RawCoverage { format: "proofmark-coverage", version: 1, rows })
}
