//! What the parameters of an operation name: the region, and a pipeline in it.
//! What is not there is refused with the rows that starts have, too; what is to be done with it is not known here.

use super::row::Denial;
use crate::reference::pipeline::Pipeline;
use crate::reference::policy::Policy;
use crate::reference::row::{ReferenceRow, unknown_pipeline, unknown_region};
use crate::reference::world::World;

/// Refuses a region that is none of the world's.
pub(super) fn check_region(region: &str, policy: &Policy) -> Result<(), Denial> {
    let unknown = (!World::has_region(region)).then(|| unknown_region(region));
    Ok(policy.refuse_with(unknown, ReferenceRow::RegionNotFound)?)
}

/// A pipeline in its region; that there is none may be passed over only where a fault has it so.
pub(super) fn find_pipeline<'a>(
    region: &str,
    id: &str,
    world: &'a World,
    policy: &Policy,
) -> Result<Option<&'a Pipeline>, Denial> {
    let found = world.pipeline(id).filter(|pipeline| pipeline.region == region);
    let unknown = found.is_none().then(|| unknown_pipeline(id));
    policy.refuse_with(unknown, ReferenceRow::PipelineNotFound)?;
    Ok(found)
}
