//! The sibling operations of a start: what makes, shows, cancels and deletes image pipelines and their executions.
//! Main types: `Sibling`, the operations, and `Desk`, what all of them work with. Starts are not known here.
//!
//! | operation | what it does |
//! |---|---|
//! | `CreateImagePipeline` | makes a pipeline, and answers its id |
//! | `DescribeImagePipelines` | lists the pipelines of a region, page by page |
//! | `DescribeImagePipelineExecutions` | lists the executions of a pipeline, page by page |
//! | `CancelImagePipelineExecution` | ends an execution that is being prepared, repaired or built |
//! | `DeleteImagePipeline` | deletes a pipeline that has no running execution, and its executions |
//!
//! # The order of checks
//!
//! All begin with what `gate` checks. Then each one takes its parameters, `RegionId` before all others; then the region
//! has to exist; then what the parameters name is looked up. In particular:
//!
//! - `CreateImagePipeline`: `RegionId`, `BaseImageType` (given, then known), `BaseImage` unless the type is `OSS`,
//!   `ClientToken`, tags, `Name`, `Description`, `ImageName`, `SystemDiskSize`, `InternetMaxBandwidthOut`, `AddAccount.N`,
//!   `ToRegionId.N`, the size of `BuildContent`, `DeleteInstanceOnFailure`, texts that are too long to keep; the region;
//!   a replay; the base image exists, then can be built on; both contents and their components as in a start.
//! - `DescribeImagePipelines`: `RegionId`, `ImagePipelineId.N`, `Name`, tags, `MaxResults`, `NextToken`; the region.
//! - `DescribeImagePipelineExecutions`: `RegionId`, `ImagePipelineId` or `ExecutionId`, `Status`, `MaxResults`, `NextToken`;
//!   the region; the pipeline.
//! - `CancelImagePipelineExecution`: `RegionId`, `ExecutionId`; the region; the execution exists; its status.
//! - `DeleteImagePipeline`: `RegionId`, `ImagePipelineId`; the region; the pipeline exists; no execution is running.
//!
//! # Where the sources are silent or disagree
//!
//! - Parameters that an operation does not have are ignored, and so are tags of executions, which are not public.
//! - What has no row of its own (`MaxResults`, `DeleteInstanceOnFailure`, text beyond 256 bytes where no limit is
//!   published) is answered with the shared `InvalidParameter`.
//! - An empty parameter counts as not given. Numbers are decimal digits without a sign.
//! - A pipeline is refused at its creation for its base image, its contents and their components; for an instance type,
//!   a vSwitch, an image name or an OSS object only when it is started.
//! - A content that is malformed is `InvalidParameter.BuildContent` or `InvalidParameter.TestContent`, as at a start; only
//!   the size of `BuildContent` has the older code `InvalidBuildContent.LengthExceeded`.
//! - A pipeline on `OSS` builds on the object `ImportImageOptions.DiskDeviceMappings.1.OSSObject`, on Linux. The account of
//!   those who call has no role to read OSS, so a start of it is refused.
//! - Lists are oldest first. A `NextToken` counts for the parameters that it was made for, and is empty on the last
//!   page. A tag filter with an empty value is met by any value of the key.
//! - An execution that is asked for by its id and is not there gives an empty list.
//! - A cancelled execution is `CANCELLED` at once. `BUILDING`, `PREPARING` and `REPAIRING` can be cancelled; the rule of
//!   2021 had `BUILDING`, `DISTRIBUTING` and `RELEASING`. In any other status, running or not, the answer is
//!   `InvalidStatus.CancelFailed`.
//! - `CANCELLING` is a running status here as it is for a start.
//! - Each pipeline has a time of its own: it is made at the start of the endpoint's calendar, and whatever happens to its
//!   executions is a second later each time. So times do not depend on what happens to other pipelines.
//! - Tokens of creations and of starts do not meet. The id of a new pipeline follows from its token and region, or else
//!   from the number of pipelines that were made before.

mod cancel;
mod create;
mod delete;
mod describe_executions;
mod describe_pipelines;
mod lookup;
mod page;
mod param;
mod row;

#[cfg(test)]
mod tests;

pub(super) use row::Denial;

use super::answer::Fields;
use super::calendar::Calendar;
use super::id::IdSource;
use super::policy::Policy;
use super::wire::Params;
use super::world::World;

/// The operations beside the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sibling {
    CreateImagePipeline,
    DescribeImagePipelines,
    DescribeImagePipelineExecutions,
    CancelImagePipelineExecution,
    DeleteImagePipeline,
}

/// What the operations work with, beside the world.
#[derive(Clone, Copy, Debug)]
pub(super) struct Desk<'a> {
    pub(super) policy: &'a Policy,
    pub(super) ids: &'a IdSource,
    pub(super) calendar: Calendar,
}

impl Sibling {
    const ALL: [Self; 5] = [
        Self::CreateImagePipeline,
        Self::DescribeImagePipelines,
        Self::DescribeImagePipelineExecutions,
        Self::CancelImagePipelineExecution,
        Self::DeleteImagePipeline,
    ];

    pub(super) fn of_action(action: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == action)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::CreateImagePipeline => "CreateImagePipeline",
            Self::DescribeImagePipelines => "DescribeImagePipelines",
            Self::DescribeImagePipelineExecutions => "DescribeImagePipelineExecutions",
            Self::CancelImagePipelineExecution => "CancelImagePipelineExecution",
            Self::DeleteImagePipeline => "DeleteImagePipeline",
        }
    }

    /// The root element of a successful XML answer.
    pub(super) const fn response_root(self) -> &'static str {
        match self {
            Self::CreateImagePipeline => "CreateImagePipelineResponse",
            Self::DescribeImagePipelines => "DescribeImagePipelinesResponse",
            Self::DescribeImagePipelineExecutions => "DescribeImagePipelineExecutionsResponse",
            Self::CancelImagePipelineExecution => "CancelImagePipelineExecutionResponse",
            Self::DeleteImagePipeline => "DeleteImagePipelineResponse",
        }
    }

    /// Does what is asked, and gives what the answer says beside the request id.
    pub(super) fn carry_out(
        self,
        params: &Params,
        world: &mut World,
        desk: Desk<'_>,
    ) -> Result<Fields, Denial> {
        match self {
            Self::CreateImagePipeline => create::create(params, world, desk),
            Self::DescribeImagePipelines => describe_pipelines::describe(params, world, desk),
            Self::DescribeImagePipelineExecutions => describe_executions::describe(params, world, desk),
            Self::CancelImagePipelineExecution => cancel::cancel(params, world, desk.policy),
            Self::DeleteImagePipeline => delete::delete(params, world, desk.policy),
        }
    }
}
