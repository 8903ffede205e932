//! Client tokens: what one may look like, what an operation remembers of it, and how a replay is recognised.
//! Main type: `ClientToken`. Which operation is made idempotent by it is not known here; it gives its name as a scope.

use super::fault_kind::FingerprintFault;
use super::policy::Policy;
use super::row::{ReferenceRow, Refusal};
use super::tag::Tags;
use super::token_policy::{Ascii, Memory, TokenScope};
use super::wire::Params;
use super::world::{TokenRecord, World};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A client token with what a replay is recognised by. Both are kept as digests, which take the same room for any request.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientToken {
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
pub(super) fn read_token<'a>(params: &'a Params, policy: &Policy) -> Result<Option<&'a str>, Refusal> {
    let token = params.non_empty("ClientToken");
    let is_bad_token = token.is_some_and(|token| is_unsupported(token, policy));
    policy.refuse_if(is_bad_token, ReferenceRow::TokenUnsupported)?;
    Ok(token)
}

impl ClientToken {
    /// The token of a request to one operation, whose name is the scope: operations do not share tokens.
    pub(super) fn new(scope: &str, token: &str, params: &Params, lists: [&Tags; 2], policy: &Policy) -> Self {
        let is_any_case = !policy.token.case_sensitive.is_kept();
        let token = if is_any_case { token.to_lowercase() } else { token.to_owned() };
        let token: String = token.chars().take(policy.token.known_by).collect();
        let with = match policy.token.scope {
            TokenScope::Region | TokenScope::Method | TokenScope::Place | TokenScope::Signature => None,
            TokenScope::Pipeline => params.get("ImagePipelineId"),
        };
        let fingerprint = fingerprint(params, lists, &policy.token.blind);
        Self { digest: digest(&(scope, token, with)), fingerprint }
    }

    /// The same token as one that came another way, to an endpoint that keeps them apart.
    pub(super) fn of_way(self, way: &str) -> Self {
        if way.is_empty() { self } else { Self { digest: digest(&(self.digest, way)), ..self } }
    }

    /// The result of an earlier request with the token; one that asked for something else is a refusal.
    pub(super) fn earlier<'a>(
        self,
        region: &str,
        world: &'a World,
        policy: &Policy,
    ) -> Result<Option<&'a str>, Refusal> {
        let Some(earlier) = world.token_record(region, self.digest) else {
            return Ok(None);
        };
        let is_mismatch = earlier.fingerprint != self.fingerprint;
        policy
            .refuse_if(is_mismatch && policy.token.mismatch_refused.is_kept(), ReferenceRow::TokenMismatch)?;
        Ok(Some(&earlier.result))
    }

    /// Does to what is known of the token what an endpoint does that has a bad memory, once a request was answered.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most memories are good ones")]
    pub(super) fn misremember(
        self,
        region: &str,
        refused: Option<ReferenceRow>,
        world: &mut World,
        memory: Memory,
    ) {
        let Some(earlier) = world.token_record(region, self.digest).cloned() else { return };
        match memory {
            Memory::UntilReplay if refused.is_none() => world.forget(region, self.digest),
            Memory::UntilMismatch if refused == Some(ReferenceRow::TokenMismatch) => {
                world.forget(region, self.digest);
            }
            Memory::LastCounts if refused == Some(ReferenceRow::TokenMismatch) => {
                world.remember(region, self.digest, TokenRecord { fingerprint: self.fingerprint, ..earlier });
            }
            _ => {}
        }
    }

    /// Remembers a result for as long as there is the pipeline that it is about.
    pub(super) fn remember(self, region: &str, pipeline: &str, result: &str, world: &mut World) {
        let remembered = TokenRecord {
            fingerprint: self.fingerprint,
            result: result.to_owned(),
            pipeline: pipeline.to_owned(),
        };
        world.remember(region, self.digest, remembered);
    }
}

impl ClientToken {
    /// Remembers the token of a request that was refused, so that no other may have it.
    pub(super) fn use_up(self, region: &str, pipeline: &str, world: &mut World) {
        if world.token_record(region, self.digest).is_none() {
            Self { fingerprint: !self.fingerprint, ..self }.remember(region, pipeline, "", world);
        }
    }
}

fn is_unsupported(token: &str, policy: &Policy) -> bool {
    let is_foreign = match policy.token.ascii {
        Ascii::All => !token.is_ascii(),
        Ascii::First => token.chars().next().is_some_and(|first| !first.is_ascii()),
        Ascii::Last => token.chars().next_back().is_some_and(|last| !last.is_ascii()),
        Ascii::None => false,
    };
    is_foreign || token.chars().count() > policy.limits.token
}

/// Tags are compared as sets, whatever their numbers; every other parameter, known or not, counts as it was sent.
fn fingerprint(params: &Params, lists: [&Tags; 2], blind: &[FingerprintFault]) -> u128 {
    let is_blind = |fault| blind.contains(&fault);
    let is_tag = |name: &str| name.starts_with("Tag.") || name.starts_with("TemplateTag.");
    let mut names: Vec<&str> = params.iter().map(|(name, _)| name).collect();
    names.retain(|name| !is_tag(name) && !COMMON_PARAMETERS.contains(name));
    names.retain(|name| *name != "ImagePipelineId" || !is_blind(FingerprintFault::WithoutPipeline));
    names.sort_unstable();
    names.dedup();
    let others: Vec<_> = names.into_iter().map(|name| (name, params.get(name))).collect();
    let [tags, template_tags] = lists.map(|list| visible_tags(list.pairs(), blind));
    let tags = if is_blind(FingerprintFault::WithoutTags) { Vec::new() } else { tags };
    let template_tags =
        if is_blind(FingerprintFault::WithoutTemplateTags) { Vec::new() } else { template_tags };
    digest(&(others, [tags, template_tags]))
}

/// How much of a value is seen where not all of it is, in characters.
const PART: usize = 8;

/// Tags in one order, without what is not seen of them.
#[expect(clippy::wildcard_enum_match_arm, reason = "each fault hides a part of its own")]
fn visible_tags(mut tags: Vec<(&str, &str)>, blind: &[FingerprintFault]) -> Vec<(String, String)> {
    for fault in blind {
        match fault {
            FingerprintFault::WithoutFirstTag => drop(tags.drain(..tags.len().min(1))),
            FingerprintFault::WithoutLastTag => drop(tags.pop()),
            FingerprintFault::WithoutMiddleTags if tags.len() > 2 => drop(tags.drain(1..tags.len() - 1)),
            FingerprintFault::WithoutEmptyValues => tags.retain(|(_, value)| !value.is_empty()),
            _ => {}
        }
    }
    let mut tags: Vec<_> = tags.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    for (key, value) in &mut tags {
        for fault in blind {
            match fault {
                FingerprintFault::WithoutTagKeys => key.clear(),
                FingerprintFault::WithoutTagValues => value.clear(),
                FingerprintFault::ValueHead => *value = value.chars().take(PART).collect(),
                FingerprintFault::ValueTail => *value = value.chars().rev().take(PART).collect(),
                FingerprintFault::CaseFolded => {
                    *value = value.to_lowercase();
                    *key = key.to_lowercase();
                }
                _ => {}
            }
        }
    }
    tags.sort_unstable();
    tags
}

/// 128 bits from two differently started hashes: wide enough that two different requests never get the same digest.
fn digest(content: &impl Hash) -> u128 {
    let half = |start: u8| {
        let mut hasher = DefaultHasher::new();
        start.hash(&mut hasher);
        content.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    (half(0) << 64) | half(1)
}
