//! Looks whether the endpoint takes the key that requests are signed with.
//!
//! No request is made for that alone, and most are cases or may cost something. What tells it is the contract's own
//! operation without any of its own parameters: where one of them is required, no endpoint that keeps its contract
//! accepts that, and a key is looked at before parameters are. If it is not, nothing is said.

use std::sync::Arc;
use std::time::Duration;

use super::settings::Endpoint;
use crate::check::select_in;
use crate::model::{Contract, Expect, PreparedStep, RequestSpec, Value};
use crate::transport::Client;
use crate::wire::encode;

/// How long the answer may take; without it, nothing is said.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of a code is shown, in characters.
const SHOWN: usize = 200;

/// What an endpoint makes of a signed request.
pub(super) enum KeyAcceptance {
    /// It answers otherwise than it answers a key or a time that it does not take.
    Yes,
    /// It is refused, with this answer.
    No(String),
}

/// Whether the endpoint accepts our signatures; none if that cannot be decided.
pub(super) async fn try_key<'a>(
    client: &Client,
    endpoint: &Endpoint,
    contracts: impl Iterator<Item = &'a Contract>,
) -> Option<KeyAcceptance> {
    if !endpoint.signing.signs(None) {
        return None;
    }
    let contract = { contracts }.find(|contract| can_tell(contract))?;
    let params = contract.request.fixed.clone();
    let step = PreparedStep { params, request: RequestSpec::default(), expect: Arc::new(Expect::default()) };
    let mut request = encode(contract, &step).ok()?;
    endpoint.signing.sign(&mut request, &RequestSpec::default(), &endpoint.address).ok()?;
    let turn = client.turn().await;
    let answer = client.fresh_copy().within(PATIENCE).send(turn, &endpoint.address, &request).await.ok()?;
    let code = select_in(contract, &answer, contract.envelope.code.as_deref()?).ok()?.to_plain();
    let is_refusal = contract.envelope.refused.iter().any(|start| code.starts_with(start.as_str()));
    // The message may repeat a security token as a part of what was signed.
    let shown = Value::Text(code.chars().take(SHOWN).collect());
    let refusal = || format!("it answers {} {shown} to this key", answer.status);
    Some(if is_refusal { KeyAcceptance::No(refusal()) } else { KeyAcceptance::Yes })
}

/// Whether a contract says how a key is refused, and what must not be accepted.
fn can_tell(contract: &Contract) -> bool {
    let is_fixed = |name: &str| contract.request.fixed.iter().any(|(fixed, _)| fixed == name);
    let is_missing = contract.parameters.iter().any(|param| param.is_required && !is_fixed(&param.name));
    is_missing && !contract.envelope.refused.is_empty()
}
