//! Which error rows of the contracts were provoked, and what that took. Main type: [`RowEvidence`], the entries of the
//! bundle's `coverage.json`.

use serde::Serialize;

use super::judged::Judged;
use super::recorded::Recorded;
use crate::coverage::Coverage;
use crate::model::{CaseId, CaseRecord, Contract, NotRun, Reach, Verdict, row_label};

/// The name of the file.
pub const COVERAGE: &str = "coverage.json";

/// The class of evidence for an error row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A request alone has provoked it.
    ByRequest,
    /// A request has provoked it in a state that was brought about for it.
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
}

impl RowEvidence {
    /// The row's name: its status, code and message.
    pub fn label(&self) -> String {
        row_label(self.status, &self.code, self.message.as_deref())
    }
}

/// The evidence for every error row of the contracts of a run. `aims` has the cases that expect each row.
pub fn provoked(judged: &Judged, recorded: &Recorded, aims: &[Coverage]) -> Vec<RowEvidence> {
    let mut contracts: Vec<&Contract> = Vec::new();
    for planned in &judged.planned {
        if !contracts.iter().any(|known| known.id == planned.contract.id) {
            contracts.push(&planned.contract);
        }
    }
    let rows =
        contracts.into_iter().flat_map(|contract| contract.rows.iter().map(move |row| (contract, row)));
    rows.map(|(contract, row)| {
        let is_own = |record: &&CaseRecord| {
            let operation = record.id.table().rsplit_once('/').map(|(operation, _)| operation);
            operation == Some(contract.id.as_str()) && !judged.is_underivable(record.id.as_str())
        };
        let records = || recorded.records.iter().filter(is_own);
        let met = records().filter(|record| record.rows_met.iter().any(|met| **met == *row.label()));
        let cases: Vec<String> = met.map(|record| record.id.to_string()).collect();
        let lacks_state =
            |record: &CaseRecord| matches!(record.verdict, Verdict::NotRun(NotRun::NoWayTo { .. }));
        let aims = aims.iter().filter(|coverage| coverage.operation == contract.id.as_str());
        let aims = aims.flat_map(|coverage| &coverage.rows).find(|aim| aim.is_of(row));
        let is_beyond = |id: &CaseId| records().any(|record| record.id == *id && lacks_state(record));
        let is_out_of_reach = aims.is_some_and(|aim| aim.cases.iter().any(is_beyond));
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
        }
    })
    .collect()
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
