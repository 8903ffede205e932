//! `CancelImagePipelineExecution`: an execution ends before its time.
//! Main function: `cancel`. No time passes here, so a cancellation is never seen under way.

use super::lookup::check_region;
use super::param::{region, require};
use super::row::{Denial, SiblingRow};
use crate::reference::answer::Fields;
use crate::reference::execution::Status;
use crate::reference::policy::Policy;
use crate::reference::wire::Params;
use crate::reference::world::World;

/// The statuses in which an execution may be cancelled, by the present documentation.
const CANCELLABLE: [Status; 3] = [Status::Building, Status::Preparing, Status::Repairing];

pub(super) fn cancel(params: &Params, world: &mut World, policy: &Policy) -> Result<Fields, Denial> {
    let region = region(params, policy)?;
    let id = require(params, "ExecutionId", SiblingRow::ExecutionMissing)?;
    check_region(region, policy)?;
    let found = world.execution(region, id);
    SiblingRow::ExecutionNotFound.deny_if(found.is_none())?;
    if let Some((pipeline, execution)) = found {
        SiblingRow::CancelFailed.deny_if(!CANCELLABLE.contains(&execution.status))?;
        let pipeline = pipeline.id.clone();
        world.put(&pipeline, id, Status::Cancelled);
    }
    Ok(Fields::new())
}
