//! Which promises of the contracts the cases test, found from what the cases send and expect. Main function:
//! [`coverage`].
//!
//! Nothing is taken on a case's word. A case counts for a promise only if an answer that breaks the promise would fail
//! the case: what an expectation fails is found by judging such answers.

mod expected;
mod limits;

use std::collections::BTreeMap;

use crate::model::{CaseId, Contract, ErrorRow, MessageTemplate, Suite, row_label};
use crate::plan::{PlanError, case_ids, preview};
use crate::template::Templates;
use crate::wire::encode;
use expected::Expected;

pub use limits::ConstraintCoverage;

/// What the cases of a suite test.
#[derive(Debug)]
pub struct SuiteCoverage {
    /// One entry for each contract, by its id.
    pub contracts: Vec<Coverage>,
    /// One entry for each file of errors that contracts share.
    pub services: Vec<ServiceCoverage>,
}

/// What the cases of one contract test.
#[derive(Debug)]
pub struct Coverage {
    /// The operation's id.
    pub operation: String,
    /// The version of the API.
    pub version: String,
    /// How many cases there are.
    pub cases: usize,
    /// Its own error rows, in the contract's order.
    pub rows: Vec<RowCoverage>,
    /// Its constraints.
    pub constraints: Vec<ConstraintCoverage>,
    /// Its rules.
    pub rules: Vec<RuleCoverage>,
}

/// What the cases of all contracts that share a file test of its error rows.
#[derive(Debug)]
pub struct ServiceCoverage {
    /// The file.
    pub file: String,
    /// Its error rows, in its order.
    pub rows: Vec<RowCoverage>,
}

/// The cases that meet an error row.
#[derive(Debug)]
pub struct RowCoverage {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The message, which tells rows with one status and code apart.
    pub message: Option<String>,
    /// The cases that expect just this row.
    pub cases: Vec<CaseId>,
}

/// The cases that cite a rule.
#[derive(Debug)]
pub struct RuleCoverage {
    /// The rule's id.
    pub id: String,
    /// The cases.
    pub cases: Vec<CaseId>,
}

impl Coverage {
    /// What no case tests, one line each.
    pub fn gaps(&self) -> Vec<String> {
        let sides = self.constraints.iter().flat_map(ConstraintCoverage::gaps);
        let rules =
            self.rules.iter().filter(|rule| rule.cases.is_empty()).map(|rule| format!("rule {}", rule.id));
        row_gaps(&self.rows).chain(sides).chain(rules).collect()
    }
}

fn row_gaps(rows: &[RowCoverage]) -> impl Iterator<Item = String> {
    let unmet = rows.iter().filter(|row| row.cases.is_empty());
    unmet.map(|row| format!("error row {}", row.label()))
}

impl RowCoverage {
    fn new(row: &ErrorRow) -> Self {
        let message = row.message.as_ref().map(|message| message.as_str().to_owned());
        Self { status: row.status, code: row.code.clone(), message, cases: Vec::new() }
    }

    /// Whether it is about a row.
    pub fn is_of(&self, row: &ErrorRow) -> bool {
        let message = row.message.as_ref().map(MessageTemplate::as_str);
        (self.status, self.code.as_str(), self.message.as_deref()) == (row.status, row.code.as_str(), message)
    }

    /// Its status, code and message.
    pub fn label(&self) -> String {
        row_label(self.status, &self.code, self.message.as_deref())
    }
}

/// Finds what the cases of a suite test.
///
/// # Errors
/// As [`case_ids`].
pub fn coverage(suite: &Suite) -> Result<SuiteCoverage, PlanError> {
    find(suite, true)
}

/// Finds which rows and rules the cases of a suite test. What they test of limits takes ten times as long to find.
///
/// # Errors
/// As [`case_ids`].
pub fn row_coverage(suite: &Suite) -> Result<SuiteCoverage, PlanError> {
    find(suite, false)
}

fn find(suite: &Suite, has_limits: bool) -> Result<SuiteCoverage, PlanError> {
    let mut found: BTreeMap<String, Coverage> = suite
        .operations
        .iter()
        .map(|operation| (operation.contract.id.to_string(), empty(&operation.contract)))
        .collect();
    let mut services: BTreeMap<String, ServiceCoverage> = BTreeMap::new();
    for operation in &suite.operations {
        if let Some(file) = shared_file(&operation.contract) {
            let rows = operation.contract.shared_rows.iter().map(RowCoverage::new).collect();
            services.entry(file.clone()).or_insert(ServiceCoverage { file, rows });
        }
    }
    let templates = Templates::default();
    for planned in case_ids(suite)? {
        let contract = &planned.contract;
        let Some(coverage) = found.get_mut(contract.id.as_str()) else { continue };
        coverage.cases += 1;
        for rule in coverage.rules.iter_mut().filter(|rule| planned.case.rules.contains(&rule.id)) {
            rule.cases.push(planned.id.clone());
        }
        let Ok(preview) = preview(&planned, 0, &templates) else { continue };
        let mut shared = shared_file(contract).and_then(|file| services.get_mut(&file));
        for step in &preview.steps {
            let Ok(request) = encode(contract, step) else { continue };
            let expected = Expected { contract, expect: &step.expect, request: &request };
            if let Some(row) = expected.only_row() {
                let shared = shared.as_mut().map(|service| &mut service.rows);
                note_row(coverage, shared, contract, row, &planned.id);
            }
            if has_limits {
                limits::note(&mut coverage.constraints, &planned.id, &expected);
            }
        }
    }
    Ok(SuiteCoverage { contracts: found.into_values().collect(), services: services.into_values().collect() })
}

fn empty(contract: &Contract) -> Coverage {
    Coverage {
        operation: contract.id.to_string(),
        version: contract.version.clone(),
        cases: 0,
        rows: contract.rows.iter().map(RowCoverage::new).collect(),
        constraints: limits::none(contract),
        rules: contract
            .rules
            .iter()
            .map(|rule| RuleCoverage { id: rule.id.clone(), cases: Vec::new() })
            .collect(),
    }
}

/// The file of a contract's shared rows, with `/` between folders on every system.
fn shared_file(contract: &Contract) -> Option<String> {
    let file = &contract.shared_rows.first()?.spot.file.path;
    let parts: Vec<_> = file.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Some(parts.join("/").replacen("//", "/", 1))
}

/// Notes a case for a row, which is one of the contract's own or of the shared file.
fn note_row(
    coverage: &mut Coverage,
    shared: Option<&mut Vec<RowCoverage>>,
    contract: &Contract,
    row: &ErrorRow,
    id: &CaseId,
) {
    let position = |rows: &[ErrorRow]| rows.iter().position(|known| std::ptr::eq(known, row));
    if let Some(entry) = position(&contract.rows).and_then(|at| coverage.rows.get_mut(at)) {
        push_once(&mut entry.cases, id);
    }
    let entry = position(&contract.shared_rows).zip(shared).and_then(|(at, rows)| rows.get_mut(at));
    if let Some(entry) = entry {
        push_once(&mut entry.cases, id);
    }
}

fn push_once(cases: &mut Vec<CaseId>, id: &CaseId) {
    if cases.last() != Some(id) {
        cases.push(id.clone());
    }
}
