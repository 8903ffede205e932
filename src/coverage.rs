//! Which promises of the contracts the cases test, found from what the cases send and expect.
//!
//! An error row is met by a case that expects just its code. A constraint has two sides: a request
//! within the limit that does not expect the constraint's error, and one just past it that does.
//! Nothing is taken on a case's word.

use std::collections::BTreeMap;

use crate::model::{
    CaseId, Constraint, Contract, Expect, Limit, Matcher, Parameter, Request, Suite, row_label,
};
use crate::plan::{PlanError, case_ids, preview};
use crate::protocol::{encode, sides};
use crate::template::Templates;

/// What the cases of one contract test.
#[derive(Debug)]
pub struct Coverage {
    /// The operation's id.
    pub operation: String,
    /// The version of the API.
    pub version: String,
    /// How many cases there are.
    pub cases: usize,
    /// Its error rows, in the contract's order.
    pub rows: Vec<RowCoverage>,
    /// Its constraints.
    pub constraints: Vec<ConstraintCoverage>,
    /// Its rules.
    pub rules: Vec<RuleCoverage>,
}

/// The cases that meet an error row.
#[derive(Debug)]
pub struct RowCoverage {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The message, exact or with blanks; none if no source gives one.
    pub message: Option<String>,
    /// The cases that expect just this code.
    pub cases: Vec<CaseId>,
}

impl RowCoverage {
    /// The row's name: its status, code and message.
    pub fn label(&self) -> String {
        row_label(self.status, &self.code, self.message.as_deref())
    }
}

/// The cases on each side of a constraint.
#[derive(Debug)]
pub struct ConstraintCoverage {
    /// The parameter.
    pub parameter: String,
    /// The limit, as text.
    pub limit: String,
    /// Cases within the limit: at it, where it is a number.
    pub within: Vec<CaseId>,
    /// Cases just past the limit, which expect its error.
    pub past: Vec<CaseId>,
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
        let rows = self
            .rows
            .iter()
            .filter(|row| row.cases.is_empty())
            .map(|row| format!("error row {}", row.label()));
        let sides = self.constraints.iter().flat_map(|constraint| {
            let name = format!("{} {}", constraint.parameter, constraint.limit);
            let within = constraint.within.is_empty().then(|| format!("within {name}"));
            let past = constraint.past.is_empty().then(|| format!("past {name}"));
            within.into_iter().chain(past)
        });
        let rules =
            self.rules.iter().filter(|rule| rule.cases.is_empty()).map(|rule| format!("rule {}", rule.id));
        rows.chain(sides).chain(rules).collect()
    }
}

/// Finds what the cases of a suite test, one entry for each contract.
///
/// # Errors
/// As [`case_ids`].
pub fn coverage(suite: &Suite) -> Result<Vec<Coverage>, PlanError> {
    let mut found: BTreeMap<String, Coverage> = suite
        .operations
        .iter()
        .map(|operation| (operation.contract.id.to_string(), empty(&operation.contract)))
        .collect();
    let templates = Templates::default();
    for planned in case_ids(suite)? {
        let Some(coverage) = found.get_mut(planned.contract.id.as_str()) else { continue };
        coverage.cases += 1;
        for rule in coverage.rules.iter_mut().filter(|rule| planned.case.rules.contains(&rule.id)) {
            rule.cases.push(planned.id.clone());
        }
        let Ok(preview) = preview(&planned, 0, &templates) else { continue };
        for step in &preview.steps {
            note_row(coverage, &planned.id, &step.expect);
            if let Ok(request) = encode(&planned.contract, step) {
                note_sides(coverage, &planned.contract, &planned.id, &request, &step.expect);
            }
        }
    }
    Ok(found.into_values().collect())
}

fn empty(contract: &Contract) -> Coverage {
    let constraints = limits(contract).map(|(parameter, constraint)| ConstraintCoverage {
        parameter: parameter.name.clone(),
        limit: constraint.limit.to_string(),
        within: Vec::new(),
        past: Vec::new(),
    });
    Coverage {
        operation: contract.id.to_string(),
        version: contract.version.clone(),
        cases: 0,
        rows: contract
            .rows
            .iter()
            .map(|row| RowCoverage {
                status: row.status,
                code: row.code.clone(),
                message: row.message.as_ref().map(|message| message.as_str().to_owned()),
                cases: Vec::new(),
            })
            .collect(),
        constraints: constraints.collect(),
        rules: contract
            .rules
            .iter()
            .map(|rule| RuleCoverage { id: rule.id.clone(), cases: Vec::new() })
            .collect(),
    }
}

/// Every constraint that a request alone can show, with `required` made one like the others.
fn limits(contract: &Contract) -> impl Iterator<Item = (&Parameter, Constraint)> {
    contract.parameters.iter().flat_map(|parameter| {
        let required = parameter.is_required.then(|| Constraint {
            limit: Limit::Required,
            error: None,
            source: parameter.source.clone(),
            about: None,
            disputed: None,
            spot: parameter.spot.clone(),
        });
        let shown =
            parameter.constraints.iter().filter(|constraint| !matches!(constraint.limit, Limit::Known(_)));
        required.into_iter().chain(shown.cloned()).map(move |constraint| (parameter, constraint))
    })
}

fn note_row(coverage: &mut Coverage, id: &CaseId, expect: &Expect) {
    let Some(Matcher::Equals(code)) = &expect.code else { return };
    for row in coverage.rows.iter_mut().filter(|row| code.as_code() == Some(&row.code)) {
        push_once(&mut row.cases, id);
    }
}

fn push_once(cases: &mut Vec<CaseId>, id: &CaseId) {
    if cases.last() != Some(id) {
        cases.push(id.clone());
    }
}

fn note_sides(coverage: &mut Coverage, contract: &Contract, id: &CaseId, request: &Request, expect: &Expect) {
    let codes = expect.codes();
    for ((parameter, constraint), entry) in limits(contract).zip(&mut coverage.constraints) {
        let errors: Vec<&str> = if constraint.limit == Limit::Required {
            parameter.missing.iter().map(String::as_str).collect()
        } else {
            constraint.error.as_deref().into_iter().collect()
        };
        let expects_error = errors.iter().any(|code| codes.contains(code));
        let (is_within, is_past) = sides(&parameter.name, &constraint.limit, request);
        if is_past && (expects_error || errors.is_empty()) {
            push_once(&mut entry.past, id);
        }
        if is_within && !expects_error {
            push_once(&mut entry.within, id);
        }
    }
}
