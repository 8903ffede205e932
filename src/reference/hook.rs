//! The state hook: the one way to bring the endpoint into a state, the same for us as for anyone.
//! Main function: `respond`. The request is `{"state", "params", "action", "variables"}`, the shape of Pact's
//! provider states; set-up answers the variables of the state, teardown takes them back and answers `{}`.
//! An optional `purpose` says what the state is for, and the identifiers made for it follow from that text.

use super::id::IdSource;
use super::state::State;
use super::world::World;
use crate::model::nearest_of;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The path of the hook.
pub(super) const PATH: &str = "/_proofmark/states";

/// An answer of the hook.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StateReply {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl StateReply {
    /// An answer that says what went wrong.
    pub(super) fn error(status: u16, message: &str) -> Self {
        Self { status, body: json!({ "error": message }) }
    }
}

#[derive(Deserialize)]
struct RawStateRequest {
    state: String,
    params: Option<Map<String, Value>>,
    #[serde(default)]
    action: Action,
    variables: Option<Map<String, Value>>,
    /// Who asks: what is made for one caller gets the same identifiers whatever others ask for.
    purpose: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    #[default]
    Setup,
    Teardown,
}

/// The most characters of the name of an unknown state that are repeated.
const LONGEST_NAME: usize = 128;

/// Sets a state up or tears it down.
pub(super) fn respond(world: &mut World, ids: &IdSource, body: &[u8]) -> StateReply {
    let request: RawStateRequest = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return StateReply::error(400, &format!("cannot read the request: {error}")),
    };
    let Some(state) = State::ALL.iter().find(|state| state.name() == request.state) else {
        return StateReply::error(404, &unknown_state(&request.state));
    };
    match request.action {
        Action::Setup => {
            let own = request.purpose.map(|purpose| ids.derive(&purpose)).filter(|own| is_free(own, world));
            set_up(*state, &request.params.unwrap_or_default(), world, own.as_ref().unwrap_or(ids))
        }
        Action::Teardown => tear_down(&request.variables.unwrap_or_default(), world),
    }
}

/// The variables that an endpoint with this seed gives for what its hook is sent, if nothing was sent for the same
/// purpose before; none if it sets no state up for that.
#[must_use]
pub fn first_variables(seed: u64, asked: &str) -> Option<Map<String, Value>> {
    let reply = respond(&mut World::new(), &IdSource::new(seed), asked.as_bytes());
    reply.body.as_object().filter(|_| reply.status == 200).cloned()
}

/// Whether no pipeline has the next identifier of a source yet, as one that was never torn down would.
fn is_free(own: &IdSource, world: &World) -> bool {
    world.pipeline(&own.peek("ip")).is_none()
}

fn set_up(state: State, params: &Map<String, Value>, world: &mut World, ids: &IdSource) -> StateReply {
    match state.bring_about(params, world, ids) {
        Ok(variables) => StateReply { status: 200, body: Value::Object(variables) },
        Err(error) => StateReply::error(400, &error.to_string()),
    }
}

/// Frees the pipeline that the variables name; one that is gone already is as good as freed.
fn tear_down(variables: &Map<String, Value>, world: &mut World) -> StateReply {
    if let Some(pipeline) = variables.get("pipeline").and_then(Value::as_str) {
        world.delete(pipeline);
    }
    StateReply { status: 200, body: json!({}) }
}

fn unknown_state(name: &str) -> String {
    let near = nearest_of(name, State::ALL.iter().map(|state| state.name()));
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    // The asked name may be of any length.
    let name: String = name.chars().take(LONGEST_NAME).collect();
    format!("no state is named `{name}`{hint}")
}
