//! The two sides of each limit of a contract, and the cases that test them. Main type: [`ConstraintCoverage`].

use super::expected::Expected;
use super::push_once;
use crate::limit::{SentParameters, Tried, is_the_only_one};
use crate::model::{CaseId, Constraint, Contract, Limit, Parameter};

/// The cases on each side of a constraint.
#[derive(Debug)]
pub struct ConstraintCoverage {
    /// The parameter.
    pub parameter: String,
    /// The limit, as text.
    pub limit: String,
    /// Why the sources do not settle what answers a value past it.
    pub disputed: Option<String>,
    /// Cases within the limit, at it where it is a number, that its error fails.
    pub within: Vec<CaseId>,
    /// Cases just past the limit that any answer but its error fails.
    pub past: Vec<CaseId>,
}

impl ConstraintCoverage {
    /// The sides that no case tests.
    pub(super) fn gaps(&self) -> impl Iterator<Item = String> {
        let note = if self.disputed.is_some() { " (disputed)" } else { "" };
        let name = format!("{} {}{note}", self.parameter, self.limit);
        let within = self.within.is_empty().then(|| format!("within {name}"));
        let past = self.past.is_empty().then(|| format!("past {name}"));
        within.into_iter().chain(past)
    }
}

/// The limits of a contract, without any case.
pub(super) fn none(contract: &Contract) -> Vec<ConstraintCoverage> {
    let without = |(parameter, constraint): (&Parameter, Constraint)| ConstraintCoverage {
        parameter: parameter.name.clone(),
        limit: constraint.limit.to_string(),
        disputed: constraint.disputed,
        within: Vec::new(),
        past: Vec::new(),
    };
    limits(contract).map(without).collect()
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

/// Notes a case for the sides that it tests.
pub(super) fn note(entries: &mut [ConstraintCoverage], id: &CaseId, expected: &Expected<'_>) {
    let limits: Vec<(&Parameter, Constraint)> = limits(expected.contract).collect();
    let sent = SentParameters::of(expected.request);
    let sides: Vec<(bool, bool)> =
        limits.iter().map(|(parameter, constraint)| sent.sides(&parameter.name, &constraint.limit)).collect();
    let errors: Vec<Vec<&str>> =
        limits.iter().map(|(parameter, constraint)| errors(parameter, constraint)).collect();
    let tried: Vec<Tried<'_>> = limits
        .iter()
        .zip(&errors)
        .zip(&sides)
        .map(|(((parameter, _), errors), (_, is_past))| Tried {
            parameter: &parameter.name,
            errors,
            is_past: *is_past,
        })
        .collect();
    for (position, entry) in entries.iter_mut().enumerate() {
        let ((is_within, is_past), errors) = (sides[position], &errors[position]);
        if is_past && expected.demands(errors) && is_the_only_one(&tried, position) {
            push_once(&mut entry.past, id);
        }
        if is_within && expected.fails(errors) {
            push_once(&mut entry.within, id);
        }
    }
}

/// The codes that answer a value past a limit.
fn errors<'a>(parameter: &'a Parameter, constraint: &'a Constraint) -> Vec<&'a str> {
    if constraint.limit == Limit::Required {
        parameter.missing.iter().map(String::as_str).collect()
    } else {
        constraint.error.as_deref().into_iter().collect()
    }
}
