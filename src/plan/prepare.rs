//! Renders a case's steps once its values are known.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::expand::PlannedCase;
use crate::model::{Expect, Given, PreparedStep, RawParts, RequestSpec, Scheme, Value, put_over};
use crate::template::{TemplateError, TemplateScope, Templates, Unrendered, has_templates};

/// Why a step cannot be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {source}")]
pub struct PrepareError {
    what: String,
    source: TemplateError,
}

fn prepare_error(what: &str) -> impl FnOnce(TemplateError) -> PrepareError {
    |source| PrepareError { what: what.to_owned(), source }
}

/// The names that a case has before any state is set up: its row's.
///
/// # Errors
/// A row's value that gives nothing.
pub fn open_scope(
    planned: &PlannedCase,
    seed: u64,
    templates: &Templates,
) -> Result<TemplateScope, PrepareError> {
    let mut scope = TemplateScope::new(seed, planned.id.as_str());
    for variable in planned.row().map(|row| row.vars.as_slice()).unwrap_or_default() {
        let value = templates.render(&variable.value, &scope).map_err(prepare_error(&variable.name))?;
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
    scope: &mut TemplateScope,
    templates: &Templates,
) -> Result<(), PrepareError> {
    for variable in &planned.case.vars {
        let value = templates.render(&variable.value, scope).map_err(prepare_error(&variable.name))?;
        scope.set(&variable.name, &value);
    }
    Ok(())
}

/// The sentence that says what a case shows.
pub fn about(planned: &PlannedCase, scope: &TemplateScope, templates: &Templates) -> String {
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
    scope: &TemplateScope,
    templates: &Templates,
) -> Result<PreparedStep, PrepareError> {
    prepare_open(planned, position, scope, templates, &|_| false)
}

/// Prepares a step of which some texts are not known yet.
fn prepare_open(
    planned: &PlannedCase,
    position: usize,
    scope: &TemplateScope,
    templates: &Templates,
    is_open: &dyn Fn(&str) -> bool,
) -> Result<PreparedStep, PrepareError> {
    let case = &planned.case;
    let step = &case.steps[position];
    let request = axes_applied(planned).merge(&step.request);
    let (row_params, row_unset) =
        planned.row().map(|row| (row.params.as_slice(), row.unset.as_slice())).unwrap_or_default();
    let format = request.format.zip(planned.contract.request.format.as_ref());
    let format = format.map(|(format, choice)| (choice.param.clone(), Value::text(choice.value(format))));
    let mut params: Vec<(&String, &Value)> = case.params.iter().map(|(key, value)| (key, value)).collect();
    let with = planned.axes.params();
    let over =
        row_params.iter().chain(with).chain(&step.params).chain(&format).map(|(key, value)| (key, value));
    put_over(&mut params, over.collect());
    let unset: BTreeSet<&String> = case.unset.iter().chain(row_unset).chain(&step.unset).collect();
    let mut rendered = Vec::with_capacity(params.len());
    for (key, value) in params {
        if !unset.contains(key) {
            rendered.push((key.clone(), templates.render(value, scope).map_err(prepare_error(key))?));
        }
    }
    Ok(PreparedStep {
        params: rendered,
        request: RequestSpec { raw: raw(&request.raw, scope, templates)?, ..request },
        expect: if has_templates(&step.expect) {
            Arc::new(expectation(&step.expect, scope, templates, is_open)?)
        } else {
            Arc::clone(&step.expect)
        },
    })
}

/// An expectation with its templates rendered. What could not be known before is looked at now: a matcher that can't be
/// used says nothing about an answer.
fn expectation(
    expect: &Expect,
    scope: &TemplateScope,
    templates: &Templates,
    is_open: &dyn Fn(&str) -> bool,
) -> Result<Expect, PrepareError> {
    let expect =
        templates.render_expect(expect, scope, Unrendered::Refuse).map_err(prepare_error("expect"))?;
    match expect.flaws(is_open).into_iter().next() {
        Some((place, flaw)) => {
            Err(PrepareError { what: format!("expect: {place}"), source: TemplateError::new(flaw.message) })
        }
        None => Ok(expect),
    }
}

/// The case's request with its axes; an axis is stronger than the case, a step stronger than both.
fn axes_applied(planned: &PlannedCase) -> RequestSpec {
    planned.case.request.merge(&RequestSpec {
        method: planned.axes.method.clone(),
        place: planned.axes.place,
        format: planned.axes.format,
        sign: planned.axes.sign,
        raw: RawParts::default(),
    })
}

fn raw(raw: &RawParts, scope: &TemplateScope, templates: &Templates) -> Result<RawParts, PrepareError> {
    let text = |text: &Option<String>, what: &str| {
        text.as_ref().map(|text| templates.render_text(text, scope).map_err(prepare_error(what))).transpose()
    };
    let mut headers = Vec::with_capacity(raw.headers.len());
    for (name, value) in &raw.headers {
        headers.push((name.clone(), templates.render_text(value, scope).map_err(prepare_error(name))?));
    }
    Ok(RawParts {
        path: text(&raw.path, "path")?,
        query: text(&raw.query, "query")?,
        headers,
        body: text(&raw.body, "body")?,
        after_signing: text(&raw.after_signing, "after-signing")?,
        signed_at: raw.signed_at,
        signed_as: raw.signed_as.clone(),
    })
}

/// The scheme that a step asks to be signed with, if it does not leave that to the endpoint.
pub fn scheme(planned: &PlannedCase, position: usize) -> Option<Scheme> {
    let case = &planned.case;
    case.steps[position].request.sign.or(planned.axes.sign).or(case.request.sign)
}

/// A case as it would be sent, with examples in place of values that only an endpoint can give.
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
    preview_with(planned, seed, templates, |need, scope| {
        let state = planned.contract.state(&need.given.state);
        for variable in state.map(|state| state.provides.as_slice()).unwrap_or_default() {
            scope.set(&need.given.variable(&variable.name), &Value::text(variable.example.as_str()));
        }
    })
}

/// A state that a case needs.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// The state, as the case asks for it.
    pub given: &'a Given,
    /// The position of the step that needs it, from 0.
    pub step: usize,
    /// The states are numbered, from 1, in the order in which a run sets them up.
    pub number: usize,
}

/// As [`preview`], with the variables of states that `provide` sets, in the order in which a run sets them up.
///
/// # Errors
/// A template that gives nothing even so.
pub fn preview_with(
    planned: &PlannedCase,
    seed: u64,
    templates: &Templates,
    mut provide: impl FnMut(Need<'_>, &mut TemplateScope),
) -> Result<Preview, PrepareError> {
    let mut scope = open_scope(planned, seed, templates)?;
    let about = about(planned, &scope, templates);
    let mut number = 0;
    let mut set_up = |given: &[Given], step: usize, scope: &mut TemplateScope| {
        for given in given {
            number += 1;
            provide(Need { given, step, number }, scope);
        }
    };
    set_up(&planned.case.given, 0, &mut scope);
    set_variables(planned, &mut scope, templates)?;
    let (mut prepared, mut saved) = (Vec::new(), Vec::new());
    for (position, step) in planned.case.steps.iter().enumerate() {
        set_up(&step.given, position, &mut scope);
        // Saved values are not known here, so a matcher that needs one is not checked.
        let is_open = |text: &str| saved.iter().any(|name: &String| text.contains(name.as_str()));
        prepared.push(prepare_open(planned, position, &scope, templates, &is_open)?);
        for (name, _) in &step.save {
            let placeholder = format!("<{name}>");
            scope.set(name, &Value::text(placeholder.as_str()));
            saved.push(placeholder);
        }
    }
    Ok(Preview { about, steps: prepared })
}
