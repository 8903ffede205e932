//! The operation: its parameters, what stands in the way of a start, and the start.
//! Main types: `StartRequest`, the parameters once they are valid, and `Next`, what is to be done for them.
//! Examining and carrying out are two steps, which the caller takes as one.

use super::build;
use super::pipeline::Pipeline;
use super::policy::{Lookup, Policy};
use super::row::{ErrorRow, Refusal, quoted};
use super::tag::{self, Tags};
use super::wire::Params;
use super::world::{Remembered, World};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The parameters of a start, valid as far as they can be judged without state.
#[derive(Clone, Debug)]
pub(super) struct StartRequest {
    region: String,
    pipeline: String,
    token: Option<Token>,
}

/// A client token with what a replay is recognised by. Both are kept as digests, which take the same room for any request.
#[derive(Clone, Copy, Debug)]
struct Token {
    digest: u128,
    fingerprint: u128,
}

/// What a request that was not refused leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The result of an earlier start is given again.
    Replay(String),
    Begin,
}

/// Parameters that differ between a request and its replay, or say nothing about what is asked for.
const COMMON_PARAMETERS: [&str; 13] = [
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

impl StartRequest {
    /// Reads the parameters in the documented order of checks.
    pub(super) fn read(params: &Params, policy: &Policy) -> Result<Self, Refusal> {
        let region = params.given("RegionId");
        policy.refuse_if(region.is_none(), ErrorRow::RegionMissing)?;
        let pipeline = params.given("ImagePipelineId");
        policy.refuse_if(pipeline.is_none(), ErrorRow::PipelineMissing)?;
        let token = params.given("ClientToken");
        let is_bad_token = token.is_some_and(|token| is_unsupported(token, policy));
        policy.refuse_if(is_bad_token, ErrorRow::TokenUnsupported)?;
        let (tags, template_tags) = (Tags::read(params, "Tag"), Tags::read(params, "TemplateTag"));
        tag::check(&tags, &template_tags, policy)?;
        let token = token.map(|token| Token {
            digest: token_digest(token, policy),
            fingerprint: fingerprint(params, &tags, &template_tags),
        });
        Ok(Self {
            region: region.unwrap_or_default().to_owned(),
            pipeline: pipeline.unwrap_or_default().to_owned(),
            token,
        })
    }

    /// Looks at the state of the world and decides what is to be done.
    pub(super) fn examine(&self, world: &World, policy: &Policy) -> Result<Next, Refusal> {
        let region = quoted(&self.region);
        let unknown = || format!("The specified RegionId \"{region}\" does not exist.");
        let unknown = (!World::has_region(&self.region)).then(unknown);
        policy.refuse_with(unknown, ErrorRow::RegionNotFound)?;
        let pipeline = world.pipeline(&self.pipeline).filter(|found| {
            let is_own = found.region == self.region;
            is_own || !policy.own_region.is_kept()
        });
        let id = quoted(&self.pipeline);
        let unknown = || format!("The specified ImagePipelineId \"{id}\" does not exist in the region.");
        let unknown = pipeline.is_none().then(unknown);
        policy.refuse_with(unknown, ErrorRow::PipelineNotFound)?;
        if let Some(next) = self.recall(world, policy, Lookup::BeforeRunningCheck)? {
            return Ok(next);
        }
        let Some(pipeline) = pipeline else {
            return Ok(Next::Begin);
        };
        refuse_if_running(pipeline, policy)?;
        if let Some(next) = self.recall(world, policy, Lookup::AfterRunningCheck)? {
            return Ok(next);
        }
        build::check(world, pipeline, policy)?;
        Ok(Next::Begin)
    }

    /// Does what was decided, and gives the id of the execution. Only a start that succeeds is
    /// remembered, and only with its pipeline, which takes the memory along when it goes.
    pub(super) fn carry_out(
        &self,
        next: Next,
        world: &mut World,
        new_id: impl FnOnce(&str, u64) -> String,
    ) -> String {
        match next {
            Next::Replay(execution) => execution,
            Next::Begin => {
                let begun = world.pipeline(&self.pipeline).map_or(0, |pipeline| pipeline.executions.begun());
                let execution = new_id(&self.pipeline, begun);
                world.begin(&self.pipeline, execution.clone());
                let is_known = world.pipeline(&self.pipeline).is_some();
                if let Some(token) = self.token.filter(|_| is_known) {
                    let start = Remembered {
                        fingerprint: token.fingerprint,
                        execution: execution.clone(),
                        pipeline: self.pipeline.clone(),
                    };
                    world.remember(&self.region, token.digest, start);
                }
                execution
            }
        }
    }

    /// What an earlier start with the same token leads to, if this is the moment at which the policy looks for one.
    fn recall(&self, world: &World, policy: &Policy, moment: Lookup) -> Result<Option<Next>, Refusal> {
        let Some(token) = self.token.filter(|_| policy.token.lookup == moment) else {
            return Ok(None);
        };
        let Some(earlier) = world.remembered(&self.region, token.digest) else {
            return Ok(None);
        };
        let is_mismatch = earlier.fingerprint != token.fingerprint;
        policy.refuse_if(is_mismatch && policy.token.mismatch_refused.is_kept(), ErrorRow::TokenMismatch)?;
        let is_replay = policy.token.replay_starts_nothing.is_kept();
        let replay = || Next::Replay(earlier.execution.clone());
        Ok(Some(if is_replay { replay() } else { Next::Begin }))
    }
}

fn refuse_if_running(pipeline: &Pipeline, policy: &Policy) -> Result<(), Refusal> {
    let running = pipeline.executions.find_in(&policy.blocking);
    let running = running.map(|execution| {
        let (id, status) = (&execution.id, execution.status.name());
        format!("The image pipeline has an execution that has not ended: {id} is {status}.")
    });
    policy.refuse_with(running, ErrorRow::HasRunningExecution)
}

fn is_unsupported(token: &str, policy: &Policy) -> bool {
    let is_foreign = !token.is_ascii() && policy.token.ascii_only.is_kept();
    is_foreign || token.chars().count() > policy.limits.token
}

fn token_digest(token: &str, policy: &Policy) -> u128 {
    if policy.token.case_sensitive.is_kept() { digest(&token) } else { digest(&token.to_lowercase()) }
}

/// Tags are compared as sets, whatever their numbers; every other parameter, known or not, counts as it was sent.
fn fingerprint(params: &Params, tags: &Tags, template_tags: &Tags) -> u128 {
    let is_tag = |name: &str| name.starts_with("Tag.") || name.starts_with("TemplateTag.");
    let mut names: Vec<&str> = params.iter().map(|(name, _)| name).collect();
    names.retain(|name| !is_tag(name) && !COMMON_PARAMETERS.contains(name));
    names.sort_unstable();
    names.dedup();
    let others: Vec<_> = names.into_iter().map(|name| (name, params.get(name))).collect();
    digest(&(others, tags.sorted(), template_tags.sorted()))
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
