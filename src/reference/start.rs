//! The operation: its parameters, what blocks a start, and the start.
//! Main types: `StartRequest`, the parameters once they are valid, and `Next`, what is to be done for them.
//! Examining and carrying out are two steps, which the caller takes as one.

use super::build;
use super::client_token::{self, ClientToken};
use super::execution::Execution;
use super::pipeline::Pipeline;
use super::policy::Policy;
use super::resource::Access;
use super::row::{ReferenceRow, Refusal, unknown_pipeline, unknown_region};
use super::tag::{self, Tags};
use super::token_policy::{Lookup, Memory};
use super::wire::Params;
use super::world::World;

/// The parameters of a start, valid as far as they can be judged without state.
#[derive(Clone, Debug)]
pub(super) struct StartRequest {
    region: String,
    pipeline: String,
    token: Option<ClientToken>,
}

/// What a request that was not refused leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The result of an earlier start is given again.
    Replay(String),
    Begin,
}

/// What tokens of starts are kept under.
const TOKEN_SCOPE: &str = "StartImagePipelineExecution";

impl StartRequest {
    /// Reads the parameters in the documented order of checks.
    ///
    /// The way is what an endpoint keeps tokens apart by that should not; it is empty for all others.
    pub(super) fn read(params: &Params, policy: &Policy, way: &str) -> Result<Self, Refusal> {
        let region = params.non_empty("RegionId");
        policy.refuse_if(region.is_none(), ReferenceRow::RegionMissing)?;
        let pipeline = params.non_empty("ImagePipelineId");
        policy.refuse_if(pipeline.is_none(), ReferenceRow::PipelineMissing)?;
        let token = client_token::read_token(params, policy)?;
        let (tags, template_tags) = (Tags::read(params, "Tag"), Tags::read(params, "TemplateTag"));
        tag::check(&tags, &template_tags, policy)?;
        let lists = [&tags, &template_tags];
        let token =
            token.map(|token| ClientToken::new(TOKEN_SCOPE, token, params, lists, policy).of_way(way));
        let region = region.unwrap_or_default();
        let cut = |region| World::region_by_prefix(region).filter(|_| !policy.whole_region_id.is_kept());
        Ok(Self {
            region: cut(region).unwrap_or(region).to_owned(),
            pipeline: pipeline.unwrap_or_default().to_owned(),
            token,
        })
    }

    /// Looks at the state of the world and decides what is to be done.
    pub(super) fn examine(&self, world: &World, policy: &Policy) -> Result<Next, Refusal> {
        let unknown = (!World::has_region(&self.region)).then(|| unknown_region(&self.region));
        policy.refuse_with(unknown, ReferenceRow::RegionNotFound)?;
        let cut = || world.pipeline_by_prefix(&self.pipeline).filter(|_| !policy.whole_pipeline_id.is_kept());
        let pipeline = world.pipeline(&self.pipeline).or_else(cut).filter(|found| {
            let is_own = found.region == self.region;
            is_own || !policy.own_region.is_kept()
        });
        let unknown = pipeline.is_none().then(|| unknown_pipeline(&self.pipeline));
        policy.refuse_with(unknown, ReferenceRow::PipelineNotFound)?;
        let is_denied = pipeline.is_some_and(|pipeline| pipeline.access == Access::Denied);
        policy.refuse_if(is_denied, ReferenceRow::Forbidden)?;
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
        policy: &Policy,
        new_id: impl FnOnce(&str, u64) -> String,
    ) -> String {
        match next {
            Next::Replay(execution) => execution,
            Next::Begin => {
                let begun = world.pipeline(&self.pipeline).map_or(0, |pipeline| pipeline.executions.total());
                let execution = new_id(&self.pipeline, begun);
                if policy.starts_begin.is_kept() {
                    world.begin(&self.pipeline, execution.clone());
                }
                let is_known = world.pipeline(&self.pipeline).is_some();
                if let Some(token) = self.token.filter(|_| is_known) {
                    token.remember(&self.region, &self.pipeline, &execution, world);
                }
                execution
            }
        }
    }

    /// Does to the memory of the token what a bad one does, once the request was answered.
    pub(super) fn misremember(&self, refused: Option<ReferenceRow>, world: &mut World, policy: &Policy) {
        let Some(token) = self.token else { return };
        if policy.token.memory == Memory::AlsoRefused && refused.is_some() {
            token.use_up(&self.region, &self.pipeline, world);
        } else {
            token.misremember(&self.region, refused, world, policy.token.memory);
        }
    }

    /// What an earlier start with the same token leads to, if this is the moment at which the policy looks for one.
    fn recall(&self, world: &World, policy: &Policy, moment: Lookup) -> Result<Option<Next>, Refusal> {
        let Some(token) = self.token.filter(|_| policy.token.lookup == moment) else {
            return Ok(None);
        };
        let Some(execution) = token.earlier(&self.region, world, policy)? else {
            return Ok(None);
        };
        let is_replay = policy.token.replay_starts_nothing.is_kept();
        let replay = || Next::Replay(execution.to_owned());
        Ok(Some(if is_replay { replay() } else { Next::Begin }))
    }
}

fn refuse_if_running(pipeline: &Pipeline, policy: &Policy) -> Result<(), Refusal> {
    let running = pipeline.executions.find_in(&policy.blocking);
    policy.refuse_with(running.map(Execution::hindrance), ReferenceRow::HasRunningExecution)
}
