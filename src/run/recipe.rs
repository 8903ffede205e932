//! Puts the endpoint into states through its API: sends requests in order, and others that clean up after them.
//!
//! What a recipe makes carries the run's id in the names or tags that the recipe gives it.

use std::collections::BTreeSet;

use crate::check::select;
use crate::model::{
    Contract, NoAnswer, PreparedStep, Recipe, RecipeStep, RequestSpec, StateDefinition, Value, is_singular,
    merge_params,
};
use crate::template::{FUNCTIONS, TemplateScope, Templates, names};
use crate::transport::{Client, Turn};
use crate::wire::encode;

use super::settings::Endpoint;
use super::stop::Stop;

/// How much of an answer is shown when a recipe fails, in characters.
const SHOWN: usize = 200;

/// How many pages of a list are asked for: with those of the usual size, a million items.
const MOST_PAGES: usize = 10_000;

/// What is needed to send the requests of recipes, hooks and observations.
pub(super) struct Context<'a> {
    pub(super) client: Client,
    pub(super) endpoint: &'a Endpoint,
    pub(super) contract: &'a Contract,
    pub(super) templates: &'a Templates,
    /// What stops a wait for the rate; nothing stops clean-up.
    pub(super) stop: Option<&'a Stop>,
    pub(super) allows_billable: bool,
}

impl Context<'_> {
    /// Waits until a request may be sent.
    pub(super) async fn turn(&self) -> Result<Turn, NoAnswer> {
        let Some(stop) = self.stop else {
            return Ok(self.client.turn().await);
        };
        tokio::select! {
            biased;
            reason = stop.stopped() => Err(reason.into()),
            turn = self.client.turn() => Ok(turn),
        }
    }
}

/// A recipe under way, with the values that its clean-up needs.
pub(super) struct StartedRecipe {
    clean_up: Vec<RecipeStep>,
    values: RecipeValues,
}

/// What the requests of a recipe can use.
#[derive(Clone)]
pub(super) struct RecipeValues {
    scope: TemplateScope,
    /// Saved lists: a request that uses one is sent once for each of its items.
    lists: Vec<(String, Vec<Value>)>,
}

impl RecipeValues {
    /// Values of which none was saved.
    pub(super) fn new(scope: TemplateScope) -> Self {
        Self { scope, lists: Vec::new() }
    }

    /// Keeps what a request has saved.
    fn keep(&mut self, step: &RecipeStep, saved: &[(String, Value)]) {
        for (name, value) in saved {
            self.scope.set(name, value);
            self.lists.retain(|(known, _)| known != name);
            let is_list = step.save.iter().any(|(known, path)| known == name && !is_singular(path));
            if let (Value::List(items), true) = (value, is_list) {
                self.lists.push((name.clone(), items.clone()));
            }
        }
    }

    /// The values with which a request is sent: once, or once for each item of a list that it uses.
    fn turns(&self, step: &RecipeStep) -> Vec<TemplateScope> {
        let used = names(&Value::Map(step.params.clone())).unwrap_or_default();
        let Some((name, items)) = self.lists.iter().find(|(name, _)| used.contains(name)) else {
            return vec![self.scope.clone()];
        };
        let with = |item: &Value| {
            let mut scope = self.scope.clone();
            scope.set(name, item);
            scope
        };
        items.iter().map(with).collect()
    }
}

/// The recipe for a state with these parameters, if there is one.
pub(super) fn find<'a>(definition: &'a StateDefinition, params: &[(String, Value)]) -> Option<&'a Recipe> {
    let has = |(name, wanted): &(String, String)| {
        params.iter().any(|(key, value)| key == name && value.to_plain() == *wanted)
    };
    definition.recipes.iter().find(|recipe| recipe.when.iter().all(has))
}

/// A variable that a recipe needs and the endpoint does not give, so that the recipe leads nowhere here.
pub(super) fn lacks(
    recipe: &Recipe,
    definition: &StateDefinition,
    params: &[(String, Value)],
    endpoint: &Endpoint,
) -> Option<String> {
    let mut known: BTreeSet<String> = FUNCTIONS.iter().map(|name| (*name).to_owned()).collect();
    known.insert("run".to_owned());
    known.extend(endpoint.vars.iter().chain(params).map(|(name, _)| name.clone()));
    for step in &recipe.steps {
        let used = names(&Value::Map(step.params.clone())).unwrap_or_default();
        if let Some(missing) = used.into_iter().find(|name| !known.contains(name)) {
            return Some(missing);
        }
        known.extend(step.save.iter().map(|(name, _)| name.clone()));
    }
    definition.provides.iter().map(|variable| &variable.name).find(|name| !known.contains(*name)).cloned()
}

/// Follows a recipe. The caller has to clean up after it, also where it fails.
pub(super) async fn follow(
    context: &Context<'_>,
    definition: &StateDefinition,
    recipe: &Recipe,
    params: &[(String, Value)],
    purpose: &str,
) -> (StartedRecipe, Result<Vec<(String, Value)>, String>) {
    let mut scope = TemplateScope::new(0, purpose);
    scope.set("run", &Value::text(run_id(purpose)));
    for (name, value) in context.endpoint.vars.iter().chain(params) {
        scope.set(name, value);
    }
    let mut known = context.endpoint.vars.clone();
    let mut values = RecipeValues::new(scope);
    let followed = follow_steps(context, &recipe.steps, &mut values, &mut known).await;
    let promised = followed.and_then(|()| {
        definition.provides.iter().map(|variable| find_provided(&variable.name, &known)).collect()
    });
    (StartedRecipe { clean_up: recipe.clean_up.clone(), values }, promised)
}

/// Sends requests up to the first that fails.
async fn follow_steps(
    context: &Context<'_>,
    steps: &[RecipeStep],
    values: &mut RecipeValues,
    known: &mut Vec<(String, Value)>,
) -> Result<(), String> {
    for step in steps {
        for scope in values.turns(step) {
            let saved = send(context, step, &scope).await?;
            let is_empty = |(_, value): &&(String, Value)| *value == Value::List(Vec::new());
            if let Some((name, _)) = saved.iter().find(is_empty).filter(|_| !step.is_optional) {
                return Err(format!("the answer has nothing to be saved as `{name}`"));
            }
            values.keep(step, &saved);
            known.extend(saved);
        }
    }
    Ok(())
}

fn find_provided(name: &str, known: &[(String, Value)]) -> Result<(String, Value), String> {
    let found = known.iter().rev().find(|(known, _)| known == name);
    found.cloned().ok_or_else(|| format!("neither the recipe nor the endpoint's vars give `{name}`"))
}

/// The part of a purpose that names the run: its seed.
fn run_id(purpose: &str) -> &str {
    purpose.split('/').next().unwrap_or_default()
}

/// Cleans up; a step that cannot be prepared is one whose value was never made.
pub(super) async fn clean_up(context: &Context<'_>, started: &StartedRecipe) -> Result<(), String> {
    follow_all(context, &started.clean_up, started.values.clone()).await
}

/// Sends every request that can be prepared, whatever came of those before.
pub(super) async fn follow_all(
    context: &Context<'_>,
    steps: &[RecipeStep],
    mut values: RecipeValues,
) -> Result<(), String> {
    let mut failed = Vec::new();
    for step in steps {
        for scope in values.turns(step) {
            if prepare(context, step, &scope).is_err() {
                continue;
            }
            match send(context, step, &scope).await {
                Ok(saved) => values.keep(step, &saved),
                Err(_) if step.is_optional => {}
                Err(reason) => failed.push(reason),
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

fn prepare(context: &Context<'_>, step: &RecipeStep, scope: &TemplateScope) -> Result<PreparedStep, String> {
    let mut params = merge_params(context.contract.request.fixed.clone(), &step.params);
    for (name, value) in &mut params {
        *value = context.templates.render(value, scope).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(PreparedStep { params, request: step.request.clone(), expect: std::sync::Arc::default() })
}

/// Sends the request of a step, and the same for every further page if it is for a list; what its answers give.
pub(super) async fn send(
    context: &Context<'_>,
    step: &RecipeStep,
    scope: &TemplateScope,
) -> Result<Vec<(String, Value)>, String> {
    send_pages(context, step, scope, MOST_PAGES).await
}

/// The same, for a list of at most so many pages.
pub(super) async fn send_pages(
    context: &Context<'_>,
    step: &RecipeStep,
    scope: &TemplateScope,
    most: usize,
) -> Result<Vec<(String, Value)>, String> {
    let Some(field) = &step.pages else {
        return Ok(send_page(context, step, scope, None).await?.saved);
    };
    let (mut all, mut tokens, mut last) = (Vec::new(), BTreeSet::new(), None);
    while tokens.len() < most {
        let page =
            send_page(context, step, scope, last.as_deref().map(|token| (field.as_str(), token))).await?;
        page.saved.into_iter().for_each(|(name, value)| collect(&mut all, name, value));
        let Some(next) = page.next else {
            return Ok(all);
        };
        if !tokens.insert(next.clone()) {
            return Err(format!("the list has no end: the endpoint gives the same {field} again"));
        }
        last = Some(next);
    }
    Err(format!("the list has more than {most} pages"))
}

/// Adds what a page gives to what earlier ones gave.
fn collect(all: &mut Vec<(String, Value)>, name: String, value: Value) {
    let items = |value| if let Value::List(items) = value { items } else { vec![value] };
    match all.iter_mut().find(|(known, _)| *known == name) {
        None => all.push((name, value)),
        Some((_, before)) => {
            let mut both = items(std::mem::replace(before, Value::Null));
            both.extend(items(value));
            *before = Value::List(both);
        }
    }
}

/// What the answer for one page gives.
struct PageResult {
    saved: Vec<(String, Value)>,
    /// What leads to the next one, if there is one.
    next: Option<String>,
}

/// What leads to the page after this one. A list ends where that is empty or not there.
fn next_page(tree: Option<&Value>, field: &str) -> Result<Option<String>, String> {
    let Some(tree @ Value::Map(_)) = tree else {
        return Err("the answer is not an object, so the end of the list is not known".into());
    };
    match tree.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(token) | Value::Number(token)) => {
            Ok(Some(token.clone()).filter(|it| !it.is_empty()))
        }
        Some(Value::Bool(_) | Value::List(_) | Value::Map(_)) => {
            Err(format!("{field} of the answer does not lead to a page, so the end of the list is not known"))
        }
    }
}

async fn send_page(
    context: &Context<'_>,
    step: &RecipeStep,
    scope: &TemplateScope,
    page: Option<(&str, &str)>,
) -> Result<PageResult, String> {
    let mut prepared = prepare(context, step, scope)?;
    if let Some((name, token)) = page {
        prepared.params = merge_params(prepared.params, &[(name.to_owned(), Value::text(token))]);
    }
    let mut request = encode(context.contract, &prepared).map_err(|error| error.to_string())?;
    let endpoint = context.endpoint;
    endpoint
        .signing
        .sign(&mut request, &RequestSpec::default(), &endpoint.address)
        .map_err(|error| error.to_string())?;
    let turn = context.turn().await.map_err(|fault| fault.to_string())?;
    let answer = context.client.send(turn, &endpoint.address, &request).await;
    let answer = answer.map_err(|fault| fault.to_string())?;
    if !(200..300).contains(&answer.status) {
        let text: String = String::from_utf8_lossy(&answer.bytes).chars().take(SHOWN).collect();
        return Err(format!("the endpoint answered {}: {}", answer.status, Value::Text(text)));
    }
    let mut saved = Vec::new();
    for (name, path) in &step.save {
        let value = answer.tree().and_then(|tree| select(tree, path).ok());
        if value.is_none() && step.is_optional {
            continue;
        }
        saved.push((name.clone(), value.ok_or_else(|| format!("there is nothing at {path} of the answer"))?));
    }
    let next = step.pages.as_deref().map(|field| next_page(answer.tree(), field)).transpose()?.flatten();
    Ok(PageResult { saved, next })
}
