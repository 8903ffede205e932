//! Describes the contracts of a run for its reports: rows, parameters and limits, and which codes its cases expect.

use std::sync::Arc;

use crate::digest::contract_digest;
use crate::event::{LimitStart, OperationStart, ParameterStart, RowStart};
use crate::model::{Constraint, ErrorRow, Expect, Limit, Parameter};
use crate::plan::PlannedCase;

/// The contracts of these cases, in the order in which the cases come to them.
pub fn operations(cases: &[PlannedCase]) -> Vec<OperationStart> {
    let mut operations: Vec<OperationStart> = Vec::new();
    for planned in cases {
        let contract = &planned.contract;
        match operations.iter_mut().find(|operation| operation.id == contract.id.as_str()) {
            Some(operation) => operation.selected += 1,
            None => operations.push(OperationStart {
                id: contract.id.to_string(),
                version: contract.version.clone(),
                selected: 1,
                rows: contract.rows.iter().map(|row| Arc::from(row.label())).collect(),
                error_rows: contract.rows.iter().map(row_told).collect(),
                parameters: contract.parameters.iter().map(parameter_told).collect(),
                digest: Some(contract_digest(contract)),
            }),
        }
    }
    operations
}

fn row_told(row: &ErrorRow) -> RowStart {
    let message = row.message.as_ref().map(|message| message.as_str().to_owned());
    RowStart { status: row.status, code: Arc::from(row.code.as_str()), message, reach: row.reach }
}

fn parameter_told(parameter: &Parameter) -> ParameterStart {
    let limit = |constraint: &Constraint| LimitStart {
        limit: constraint.limit.clone(),
        errors: constraint.error.clone().into_iter().collect(),
        is_disputed: constraint.disputed.is_some(),
    };
    let required = parameter.is_required.then(|| LimitStart {
        limit: Limit::Required,
        errors: parameter.missing.clone(),
        is_disputed: false,
    });
    ParameterStart {
        name: parameter.name.clone(),
        kind: parameter.kind.name().to_owned(),
        is_deprecated: parameter.is_deprecated,
        about: parameter.about.clone(),
        limits: required.into_iter().chain(parameter.constraints.iter().map(limit)).collect(),
    }
}

/// The codes that each step of a case expects, as far as they are written down; nothing at all where none does.
pub fn codes_due(planned: &PlannedCase) -> Vec<Vec<Arc<str>>> {
    unless_empty(planned.case.steps.iter().map(|step| codes(&step.expect)).collect())
}

/// Nothing at all where no step expects a code.
pub(super) fn unless_empty(codes: Vec<Vec<Arc<str>>>) -> Vec<Vec<Arc<str>>> {
    if codes.iter().all(Vec::is_empty) { Vec::new() } else { codes }
}

/// The codes that are expected of an answer; those that are still templates are not known.
pub(super) fn codes(expect: &Expect) -> Vec<Arc<str>> {
    let known = expect.codes().into_iter().filter(|code| !code.contains("{{"));
    let mut codes: Vec<Arc<str>> = known.map(Arc::from).collect();
    if !codes.is_empty() && expect.allows_other_codes() {
        codes.push(Arc::from(""));
    }
    codes
}
