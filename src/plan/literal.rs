//! What of a step's request is written out in the table, and so is the same in every run.

use super::expand::PlannedCase;
use crate::model::{Literals, ParameterPlace, Value};
use crate::template::is_template;

/// The parts of a step's request without a template.
pub fn literals(planned: &PlannedCase, position: usize) -> Literals {
    let (case, contract) = (&planned.case, &planned.contract);
    let step = &case.steps[position];
    let row_params = planned.row().map(|row| row.params.as_slice()).unwrap_or_default();
    let mut literals = Literals::default();
    for (name, value) in case.params.iter().chain(row_params).chain(planned.axes.params()).chain(&step.params)
    {
        if has_template(value) {
            literals.params.remove(name);
        } else {
            literals.params.insert(name.clone());
        }
    }
    let raw = case.request.merge(&step.request).raw;
    let headers = raw.headers.iter().filter(|(_, value)| !is_template(value));
    literals.headers = headers.map(|(name, _)| name.clone()).collect();
    literals.has_body = raw.body.as_ref().is_none_or(|body| !is_template(body));
    let in_path =
        contract.parameters.iter().filter(|parameter| parameter.place == Some(ParameterPlace::Path));
    literals.has_path = match &raw.path {
        Some(path) => !is_template(path),
        None => { in_path }.all(|parameter| literals.params.contains(&parameter.name)),
    };
    literals
}

fn has_template(value: &Value) -> bool {
    match value {
        Value::Text(text) => is_template(text),
        Value::List(items) => items.iter().any(has_template),
        Value::Map(entries) => entries.iter().any(|(key, item)| is_template(key) || has_template(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
