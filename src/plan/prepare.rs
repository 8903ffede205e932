//! Renders a case's steps once its values are known.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::expand::PlannedCase;
use crate::model::{PreparedStep, RawParts, RequestSpec, Scheme, Value, put_over};
use crate::template::{Scope, TemplateError, Templates, Unrendered, has_templates};

/// Why a step cannot be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {source}")]
pub struct PrepareError {
    what: String,
    source: TemplateError,
}

fn failed(what: &str) -> impl FnOnce(TemplateError) -> PrepareError {
    |source| PrepareError { what: what.to_owned(), source }
}

/// The names that a case has before any state is set up: its row's.
///
/// # Errors
/// A row's value that gives nothing.
pub fn open_scope(planned: &PlannedCase, seed: u64, templates: &Templates) -> Result<Scope, PrepareError> {
    let mut scope = Scope::new(seed, planned.id.as_str());
    for variable in planned.row().map(|row| row.vars.as_slice()).unwrap_or_default() {
        let value = templates.render(&variable.value, &scope).map_err(failed(&variable.name))?;
        scope.set(&variable.name, &value);
    }
    Ok(scope)
}

/// Adds the case's own variables, in their order; states have been set up by then.
///
/// # Errors
/// A variable that gives nothing.
pub fn set_variables(
    planned: &PlannedCase,
    scope: &mut Scope,
    templates: &Templates,
) -> Result<(), PrepareError> {
    for variable in &planned.case.vars {
        let value = templates.render(&variable.value, scope).map_err(failed(&variable.name))?;
        scope.set(&variable.name, &value);
    }
    Ok(())
}

/// The sentence that says what a case shows.
pub fn about(planned: &PlannedCase, scope: &Scope, templates: &Templates) -> String {
    let own = planned.row().and_then(|row| row.about.as_ref()).unwrap_or(&planned.case.about);
    templates.render_text(own, scope).unwrap_or_else(|_| own.clone())
}

/// Merges and renders one step: contract, table, case, row, step, and the format; `unset` comes last.
///
/// # Errors
/// A template that gives nothing.
pub fn prepare(
    planned: &PlannedCase,
    position: usize,
    scope: &Scope,
    templates: &Templates,
) -> Result<PreparedStep, PrepareError> {
    let case = &planned.case;
    let step = &case.steps[position];
    let request = axes_applied(planned).merged(&step.request);
    let (row_params, row_unset) =
        planned.row().map(|row| (row.params.as_slice(), row.unset.as_slice())).unwrap_or_default();
    let format = request.format.zip(planned.contract.request.format.as_ref());
    let format = format.map(|(format, choice)| (choice.param.clone(), Value::text(choice.value(format))));
    let mut params: Vec<(&String, &Value)> = case.params.iter().map(|(key, value)| (key, value)).collect();
    let over = row_params.iter().chain(&step.params).chain(&format).map(|(key, value)| (key, value));
    put_over(&mut params, over.collect());
    let unset: BTreeSet<&String> = case.unset.iter().chain(row_unset).chain(&step.unset).collect();
    let mut rendered = Vec::with_capacity(params.len());
    for (key, value) in params {
        if !unset.contains(key) {
            rendered.push((key.clone(), templates.render(value, scope).map_err(failed(key))?));
        }
    }
    Ok(PreparedStep {
        params: rendered,
        request: RequestSpec { raw: raw(&request.raw, scope, templates)?, ..request },
        expect: if has_templates(&step.expect) {
            let expect = templates.render_expect(&step.expect, scope, Unrendered::Refuse);
            Arc::new(expect.map_err(failed("expect"))?)
        } else {
            Arc::clone(&step.expect)
        },
    })
}

/// The case's request with its axes; an axis is stronger than the case, a step stronger than both.
fn axes_applied(planned: &PlannedCase) -> RequestSpec {
    planned.case.request.merged(&RequestSpec {
        method: planned.axes.method.clone(),
        place: planned.axes.place,
        format: planned.axes.format,
        sign: planned.axes.sign,
        raw: RawParts::default(),
    })
}

fn raw(raw: &RawParts, scope: &Scope, templates: &Templates) -> Result<RawParts, PrepareError> {
    let text = |text: &Option<String>, what: &str| {
        text.as_ref().map(|text| templates.render_text(text, scope).map_err(failed(what))).transpose()
    };
    let mut headers = Vec::with_capacity(raw.headers.len());
    for (name, value) in &raw.headers {
        headers.push((name.clone(), templates.render_text(value, scope).map_err(failed(name))?));
    }
    Ok(RawParts {
        path: text(&raw.path, "path")?,
        query: text(&raw.query, "query")?,
        headers,
        body: text(&raw.body, "body")?,
        after_signing: text(&raw.after_signing, "after-signing")?,
    })
}

/// The scheme that a step asks to be signed with, if it does not leave that to the endpoint.
pub fn scheme(planned: &PlannedCase, position: usize) -> Option<Scheme> {
    let case = &planned.case;
    case.steps[position].request.sign.or(planned.axes.sign).or(case.request.sign)
}

/// A case as it would be sent, with examples in the place of what only an endpoint can tell.
#[derive(Debug)]
pub struct Preview {
    /// The sentence that says what the case shows.
    pub about: String,
    /// The steps.
    pub steps: Vec<PreparedStep>,
}

/// Prepares a case without an endpoint: variables of states are their examples, saved values are
/// their names in angle brackets.
///
/// # Errors
/// A template that gives nothing even so.
pub fn preview(planned: &PlannedCase, seed: u64, templates: &Templates) -> Result<Preview, PrepareError> {
    let mut scope = open_scope(planned, seed, templates)?;
    let about = about(planned, &scope, templates);
    let steps = &planned.case.steps;
    let given = planned.case.given.iter().chain(steps.iter().flat_map(|step| &step.given));
    for (need, state) in given.filter_map(|need| Some((need, planned.contract.state(&need.state)?))) {
        for variable in &state.provides {
            scope.set(&need.variable(&variable.name), &Value::text(variable.example.as_str()));
        }
    }
    set_variables(planned, &mut scope, templates)?;
    let mut prepared = Vec::new();
    for (position, step) in steps.iter().enumerate() {
        prepared.push(prepare(planned, position, &scope, templates)?);
        for (name, _) in &step.save {
            scope.set(name, &Value::Text(format!("<{name}>")));
        }
    }
    Ok(Preview { about, steps: prepared })
}
