//! Finds what killed runs left behind, and removes it, as the contract's `[sweep]` says.

use super::recipe::{self, Context, RecipeValues};
use crate::model::{Contract, Sweep, Value};
use crate::template::{TemplateScope, Templates};
use crate::transport::Client;

use super::settings::Endpoint;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Its identifier.
    pub id: String,
    /// Why it could not be removed, if so; also none if nothing was to be removed.
    pub failure: Option<String>,
}

/// Finds what carries the mark of a run, and removes it unless it is only to be listed.
///
/// # Errors
/// If the endpoint does not list what there is.
pub async fn sweep(
    client: &Client,
    endpoint: &Endpoint,
    contract: &Contract,
    sweep: &Sweep,
    is_listing: bool,
) -> Result<Vec<Leftover>, String> {
    let templates = Templates::default();
    let context = Context {
        client: client.fresh_copy(),
        endpoint,
        contract,
        templates: &templates,
        stop: None,
        allows_billable: false,
    };
    let mut scope = TemplateScope::new(0, "sweep");
    for (name, value) in &endpoint.vars {
        scope.set(name, value);
    }
    let saved = recipe::send(&context, &sweep.find, &scope).await?;
    let Some((name, ids)) = saved.into_iter().next() else {
        return Ok(Vec::new());
    };
    let ids = if let Value::List(ids) = ids { ids } else { vec![ids] };
    let mut found = Vec::new();
    for id in ids {
        let mut scope = scope.clone();
        scope.set(&name, &id);
        let removed = if is_listing {
            Ok(())
        } else {
            recipe::follow_all(&context, &sweep.remove, RecipeValues::new(scope)).await
        };
        found.push(Leftover { id: id.to_plain(), failure: removed.err() });
    }
    Ok(found)
}
