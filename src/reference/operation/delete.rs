//! `DeleteImagePipeline`: a pipeline goes, with its executions and all that is remembered of it.
//! Main function: `delete`. Which statuses count as running is known by `Status`, and faults of starts do not act here.

use super::lookup::{check_region, find_pipeline};
use super::param::region;
use super::row::Denial;
use crate::reference::answer::Fields;
use crate::reference::execution::Execution;
use crate::reference::policy::Policy;
use crate::reference::row::ReferenceRow;
use crate::reference::wire::Params;
use crate::reference::world::World;

pub(super) fn delete(params: &Params, world: &mut World, policy: &Policy) -> Result<Fields, Denial> {
    let region = region(params, policy)?;
    let id = params.non_empty("ImagePipelineId");
    policy.refuse_if(id.is_none(), ReferenceRow::PipelineMissing)?;
    let id = id.unwrap_or_default();
    check_region(region, policy)?;
    if let Some(pipeline) = find_pipeline(region, id, world, policy)? {
        let running = pipeline.executions.iter().find(|execution| !execution.status.is_terminal());
        let hindrance = running.map(Execution::hindrance);
        policy.refuse_with(hindrance, ReferenceRow::HasRunningExecution)?;
        world.delete(id);
    }
    Ok(Fields::new())
}
