//! `DescribeImagePipelineExecutions`: the executions of a pipeline, or one by its id, page by page.
//! Main function: `describe`. It reads state and changes none.

use super::Desk;
use super::lookup::{check_region, find_pipeline};
use super::page::PageRequest;
use super::param::region;
use super::row::{Denial, SiblingRow};
use crate::reference::answer::Fields;
use crate::reference::calendar::Calendar;
use crate::reference::execution::{Execution, Status};
use crate::reference::pipeline::Pipeline;
use crate::reference::row::quote;
use crate::reference::wire::Params;
use crate::reference::world::World;
use serde_json::{Value, json};

pub(super) fn describe(params: &Params, world: &World, desk: Desk<'_>) -> Result<Fields, Denial> {
    let region = region(params, desk.policy)?;
    let (pipeline, execution) = (params.non_empty("ImagePipelineId"), params.non_empty("ExecutionId"));
    SiblingRow::PipelineOrExecutionMissing.deny_if(pipeline.is_none() && execution.is_none())?;
    let statuses = statuses(params)?;
    let page = PageRequest::read(params, "DescribeImagePipelineExecutions", desk.ids)?;
    check_region(region, desk.policy)?;
    let pipeline = match (pipeline, execution) {
        (Some(id), _) => find_pipeline(region, id, world, desk.policy)?,
        (None, Some(id)) => world.execution(region, id).map(|(pipeline, _)| pipeline),
        (None, None) => None,
    };
    let executions = pipeline.into_iter().flat_map(|pipeline| {
        let executions = pipeline.executions.iter();
        executions.map(move |execution| (execution.number, (pipeline, execution)))
    });
    let wanted = executions.filter(|(_, (_, found))| {
        execution.is_none_or(|id| found.id == id)
            && statuses.as_ref().is_none_or(|statuses| statuses.contains(&found.status))
    });
    let page = page.cut(wanted.collect(), desk.ids);
    Ok(page
        .fields("ImagePipelineExecution", |(pipeline, execution)| item(pipeline, execution, desk.calendar)))
}

/// The statuses of a list with commas; nothing if any will do.
fn statuses(params: &Params) -> Result<Option<Vec<Status>>, Denial> {
    let Some(list) = params.non_empty("Status") else {
        return Ok(None);
    };
    let named = |name: &str| Status::ALL.iter().find(|status| status.name() == name).copied();
    if let Some(unknown) = list.split(',').find(|name| named(name).is_none()) {
        let unknown = format!("The specified Status \"{}\" is not valid.", quote(unknown));
        SiblingRow::StatusUnknown.deny_with(Some(unknown))?;
    }
    Ok(Some(list.split(',').filter_map(named).collect()))
}

/// No image is ever built here, so an execution has none.
fn item(pipeline: &Pipeline, execution: &Execution, calendar: Calendar) -> Value {
    json!({
        "CreationTime": calendar.time(execution.created),
        "ExecutionId": execution.id,
        "ImageId": "",
        "ImagePipelineId": pipeline.id,
        "Message": "",
        "ModifiedTime": calendar.time(execution.modified),
        "ResourceGroupId": pipeline.details.resource_group,
        "Status": execution.status.name(),
        "Tags": { "Tag": [] },
    })
}
