//! Client tokens: what one may look like, what an operation remembers of it, and how a replay is recognised.
//! Main type: `Token`. Which operation is made idempotent by it is not known here; it gives its name as a scope.

use super::policy::Policy;
use super::row::{ErrorRow, Refusal};
use super::tag::Tags;
use super::wire::Params;
use super::world::{Remembered, World};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A client token with what a replay is recognised by. Both are kept as digests, which take the same room for any request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    digest: u128,
    fingerprint: u128,
}

/// Parameters that differ between a request and its replay, or say nothing about what is asked for.
pub(super) const COMMON_PARAMETERS: [&str; 13] = [
    "Action",
    "Version",
    "Format",
    "AccessKeyId",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "RequestId",
    "ClientToken",
];

/// The token of a request, if it has one and may have it.
pub(super) fn given<'a>(params: &'a Params, policy: &Policy) -> Result<Option<&'a str>, Refusal> {
    let token = params.given("ClientToken");
    let is_bad_token = token.is_some_and(|token| is_unsupported(token, policy));
    policy.refuse_if(is_bad_token, ErrorRow::TokenUnsupported)?;
    Ok(token)
}

impl Token {
    /// The token of a request to one operation, whose name is the scope: operations do not share tokens.
    pub(super) fn new(scope: &str, token: &str, params: &Params, lists: [&Tags; 2], policy: &Policy) -> Self {
        let is_any_case = !policy.token.case_sensitive.is_kept();
        let token = if is_any_case { token.to_lowercase() } else { token.to_owned() };
        Self { digest: digest(&(scope, token)), fingerprint: fingerprint(params, lists) }
    }

    /// The result of an earlier request with the token; one that asked for something else is a refusal.
    pub(super) fn earlier<'a>(
        self,
        region: &str,
        world: &'a World,
        policy: &Policy,
    ) -> Result<Option<&'a str>, Refusal> {
        let Some(earlier) = world.remembered(region, self.digest) else {
            return Ok(None);
        };
        let is_mismatch = earlier.fingerprint != self.fingerprint;
        policy.refuse_if(is_mismatch && policy.token.mismatch_refused.is_kept(), ErrorRow::TokenMismatch)?;
        Ok(Some(&earlier.result))
    }

    /// Remembers a result for as long as there is the pipeline that it is about.
    pub(super) fn remember(self, region: &str, pipeline: &str, result: &str, world: &mut World) {
        let remembered = Remembered {
            fingerprint: self.fingerprint,
            result: result.to_owned(),
            pipeline: pipeline.to_owned(),
        };
        world.remember(region, self.digest, remembered);
    }
}

fn is_unsupported(token: &str, policy: &Policy) -> bool {
    let is_foreign = !token.is_ascii() && policy.token.ascii_only.is_kept();
    is_foreign || token.chars().count() > policy.limits.token
}

/// Tags are compared as sets, whatever their numbers; every other parameter, known or not, counts as it was sent.
fn fingerprint(params: &Params, lists: [&Tags; 2]) -> u128 {
    let is_tag = |name: &str| name.starts_with("Tag.") || name.starts_with("TemplateTag.");
    let mut names: Vec<&str> = params.iter().map(|(name, _)| name).collect();
    names.retain(|name| !is_tag(name) && !COMMON_PARAMETERS.contains(name));
    names.sort_unstable();
    names.dedup();
    let others: Vec<_> = names.into_iter().map(|name| (name, params.get(name))).collect();
    digest(&(others, lists.map(Tags::sorted)))
}

/// 128 bits from two differently started hashes: enough that two requests never look alike by chance.
fn digest(content: &impl Hash) -> u128 {
    let half = |start: u8| {
        let mut hasher = DefaultHasher::new();
        start.hash(&mut hasher);
        content.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    (half(0) << 64) | half(1)
}
