//! Puts the endpoint into states through its hook, its fixtures, or recipes, and undoes them.
//!
//! A hook is an HTTP POST of `{"state", "params", "action"}` that answers variables as a JSON
//! object: the shape of provider-state handlers in Pact. Teardown also gets the variables that
//! set-up answered, so that a handler knows which instance is meant. `purpose` says what a state is
//! for, by seed, case and number; a handler may name what it makes after it, or pass over it.

use serde_json::{Map, Value as Json, json};

use super::recipe::{self, Context, StartedRecipe};
use crate::model::{CaseId, Inconclusive, NoAnswer, Skipped, StateDefinition, Value};
use crate::plan::billable_steps;
use crate::transport::{Address, HookAnswer};
use crate::wire::{read_json, to_json};

/// Why an answer of a hook is of no use behind whose end there are bytes. They are not shown: they may begin a secret.
const SURPLUS: &str =
    "bytes came behind the hook's answer: it was answered twice, or the length of the answer is wrong";

/// How much of a hook's error is shown, in characters.
const SHOWN: usize = 200;

/// What undoes a state.
pub(super) enum Undo {
    /// The hook.
    Hook(PreparedState),
    /// The clean-up of a recipe.
    Recipe {
        /// The state.
        state: String,
        /// The recipe, as far as it came.
        started: StartedRecipe,
    },
}

/// A state that a hook set up, with all that undoes it.
pub(super) struct PreparedState {
    state: String,
    params: Map<String, Json>,
    variables: Value,
    /// What the hook was sent.
    asked: String,
}

impl Undo {
    /// The name of the state.
    pub(super) fn state(&self) -> &str {
        match self {
            Self::Hook(PreparedState { state, .. }) | Self::Recipe { state, .. } => state,
        }
    }

    /// What a hook was sent, if one set the state up.
    pub(super) fn hook_request(&self) -> Option<&str> {
        match self {
            Self::Hook(set_up) => Some(&set_up.asked),
            Self::Recipe { .. } => None,
        }
    }
}

/// Why a state is not there.
pub(super) enum NoState {
    Inconclusive(Inconclusive),
    Skipped(Skipped),
}

/// What a set-up gives: what undoes it, if anything, and the variables that the definition promises, or
/// why what came is of no use.
pub(super) type Brought = (Option<Undo>, Result<Vec<(String, Value)>, Inconclusive>);

/// Puts the endpoint into a state by the first way that leads there: the hook, then a fixture, then a recipe.
pub(super) async fn bring_about(
    context: &Context<'_>,
    definition: &StateDefinition,
    params: &[(String, Value)],
    purpose: &str,
) -> Result<Brought, NoState> {
    let endpoint = context.endpoint;
    let mut tried = "the endpoint has no state hook (`--states URL` names one)".to_owned();
    if let Some(hook) = &endpoint.states {
        match set_up(context, hook, definition, params, purpose).await {
            Err(HookFailure::DoesNotKnow(answer)) => tried = format!("the hook does not know it: {answer}"),
            Err(HookFailure::Failed(reason)) => {
                return Err(NoState::Inconclusive(Inconclusive::SetUp {
                    state: definition.name.clone(),
                    reason,
                }));
            }
            Ok((set_up, has_surplus)) => {
                let promised = if has_surplus {
                    let (state, reason) = (definition.name.clone(), SURPLUS.to_owned());
                    Err(Inconclusive::SetUp { state, reason })
                } else {
                    check_promised(definition, &set_up.variables, "the hook's answer")
                };
                return Ok((Some(Undo::Hook(set_up)), promised));
            }
        }
    }
    let fixtures = endpoint.fixtures.get(&definition.name).map(Vec::as_slice).unwrap_or_default();
    if let Some(fixture) = fixtures.iter().find(|fixture| fixture.fits(params)) {
        let variables = Value::Map(fixture.variables.clone());
        return Ok((None, check_promised(definition, &variables, "its fixture")));
    }
    let declared = if fixtures.is_empty() {
        "no fixture is declared".to_owned()
    } else {
        format!("no fixture of it is for {}", describe_params(params))
    };
    if let Some(recipe) = recipe::find(definition, params) {
        if let Some(missing) = recipe::lacks(recipe, definition, params, endpoint) {
            let reason =
                format!("{tried}, {declared}, and its recipe needs the endpoint's variable `{missing}`");
            return Err(NoState::Skipped(Skipped::NoWayTo { state: definition.name.clone(), reason }));
        }
        if !context.allows_billable && billable_steps(context.contract, recipe) > 0 {
            return Err(NoState::Skipped(Skipped::Billable));
        }
        let (started, promised) = recipe::follow(context, definition, recipe, params, purpose).await;
        let state = definition.name.clone();
        let promised = promised.map_err(|reason| Inconclusive::SetUp { state: state.clone(), reason });
        return Ok((Some(Undo::Recipe { state, started }), promised));
    }
    let reason = format!("{tried}, {declared}, and no recipe leads there");
    Err(NoState::Skipped(Skipped::NoWayTo { state: definition.name.clone(), reason }))
}

fn describe_params(params: &[(String, Value)]) -> String {
    if params.is_empty() {
        return "a state without parameters".into();
    }
    params.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
}

/// Why a hook did not set a state up.
enum HookFailure {
    DoesNotKnow(String),
    Failed(String),
}

/// What a state is for. A handler may name what it makes after it.
pub fn purpose(seed: u64, case: &CaseId, number: usize) -> String {
    format!("{seed}/{case}/{number}")
}

/// What a hook is sent to set a state up, as JSON.
pub fn set_up_request(state: &str, params: &[(String, Value)], purpose: &str) -> String {
    let params: Map<String, Json> = params.iter().map(|(key, value)| (key.clone(), to_json(value))).collect();
    json!({ "state": state, "params": params, "action": "setup", "purpose": purpose }).to_string()
}

/// Asks a hook to set a state up. Gives what undoes that, and whether bytes came behind the answer.
async fn set_up(
    context: &Context<'_>,
    hook: &Address,
    definition: &StateDefinition,
    params: &[(String, Value)],
    purpose: &str,
) -> Result<(PreparedState, bool), HookFailure> {
    let state = definition.name.clone();
    let asked = set_up_request(&state, params, purpose);
    let params: Map<String, Json> = params.iter().map(|(key, value)| (key.clone(), to_json(value))).collect();
    let answer = post(context, hook, asked.clone()).await;
    let HookAnswer { status, body, has_surplus } =
        answer.map_err(|fault| HookFailure::Failed(describe(&fault)))?;
    let is_done = (200..300).contains(&status);
    match variables(&body).filter(|_| is_done) {
        // Whatever came behind it, the state is there and has to be undone.
        Some(variables) => Ok((PreparedState { state, params, variables, asked }, has_surplus)),
        None if has_surplus => Err(HookFailure::Failed(SURPLUS.to_owned())),
        None if status == 404 => Err(HookFailure::DoesNotKnow(show_bytes(&body))),
        None if !is_done => {
            Err(HookFailure::Failed(format!("the hook answered {status}: {}", show_bytes(&body))))
        }
        None => Err(HookFailure::Failed(format!(
            "the hook's answer is neither a JSON object of variables nor empty: {}",
            show_bytes(&body)
        ))),
    }
}

/// The variables of a hook's answer. A handler that has none to give may answer nothing, `OK` or `true`, as many of
/// Pact's do.
fn variables(bytes: &[u8]) -> Option<Value> {
    let none = || Some(Value::Map(Vec::new()));
    let text = bytes.trim_ascii();
    if text.is_empty() || text.eq_ignore_ascii_case(b"ok") {
        return none();
    }
    match read_json(text).ok()? {
        variables @ Value::Map(_) => Some(variables),
        Value::Bool(true) | Value::Null => none(),
        Value::Text(text) if text.eq_ignore_ascii_case("ok") => none(),
        Value::Bool(false) | Value::Text(_) | Value::Number(_) | Value::List(_) => None,
    }
}

fn check_promised(
    definition: &StateDefinition,
    variables: &Value,
    giver: &str,
) -> Result<Vec<(String, Value)>, Inconclusive> {
    let mut found = Vec::new();
    for variable in &definition.provides {
        match variables.get(&variable.name) {
            Some(value) => found.push((variable.name.clone(), value.clone())),
            None => {
                return Err(Inconclusive::SetUp {
                    state: definition.name.clone(),
                    reason: format!("{giver} lacks `{}`", variable.name),
                });
            }
        }
    }
    Ok(found)
}

/// Undoes a state.
///
/// # Errors
/// What did not work, as a sentence for the report.
pub(super) async fn tear_down(context: &Context<'_>, undo: &Undo) -> Result<(), String> {
    let (state, done) = match undo {
        Undo::Hook(set_up) => (&set_up.state, tell_hook(context, set_up).await),
        Undo::Recipe { state, started } => (state, recipe::clean_up(context, started).await),
    };
    done.map_err(|reason| format!("the state \"{state}\" could not be torn down: {reason}"))
}

async fn tell_hook(context: &Context<'_>, set_up: &PreparedState) -> Result<(), String> {
    let Some(hook) = &context.endpoint.states else {
        return Ok(());
    };
    let body = json!({
        "state": set_up.state,
        "params": set_up.params,
        "action": "teardown",
        "variables": to_json(&set_up.variables),
    });
    let answer = post(context, hook, body.to_string()).await;
    let HookAnswer { status, body, has_surplus } = answer.map_err(|fault| describe(&fault))?;
    if has_surplus {
        Err(SURPLUS.to_owned())
    } else if (200..300).contains(&status) {
        Ok(())
    } else {
        Err(format!("the hook answered {status}: {}", show_bytes(&body)))
    }
}

async fn post(context: &Context<'_>, hook: &Address, json: String) -> Result<HookAnswer, NoAnswer> {
    let turn = context.turn().await?;
    context.client.post_json(turn, hook, json).await
}

fn describe(fault: &NoAnswer) -> String {
    format!("the hook gave no answer: {fault}")
}

fn show_bytes(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let cut: String = text.chars().take(SHOWN).collect();
    Value::Text(cut).to_string()
}

#[cfg(test)]
mod tests {
    use super::variables;

    #[test]
    fn a_hook_without_variables_may_answer_nothing_ok_or_true() {
        for text in ["", " \r\n", "OK", "ok\n", "\"OK\"", "true", "null", "{}"] {
            assert_eq!(variables(text.as_bytes()).unwrap().to_string(), "{}", "{text}");
        }
        assert_eq!(variables(br#"{"id": 5}"#).unwrap().to_string(), r#"{"id": 5}"#);
        for text in ["false", "0", "[]", "not ok", "error", "<html/>", "{", "\"failed\""] {
            assert_eq!(variables(text.as_bytes()), None, "{text}");
        }
    }
}
