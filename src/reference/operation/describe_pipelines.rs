//! `DescribeImagePipelines`: the pipelines of a region, narrowed down by id, name, tags and resource group, page by page.
//! Main function: `describe`. It reads state and changes none; pipelines of the state hook are listed like all others.

use super::Desk;
use super::lookup::check_region;
use super::page::PageRequest;
use super::param::{list, name, region};
use super::row::{Denial, SiblingRow};
use crate::reference::answer::Fields;
use crate::reference::calendar::Calendar;
use crate::reference::pipeline::{ImageSource, Pipeline};
use crate::reference::tag::{self, Tags};
use crate::reference::wire::Params;
use crate::reference::world::World;
use serde_json::{Value, json};

/// The conditions that a listed pipeline meets.
struct Filter<'a> {
    ids: Vec<String>,
    name: Option<&'a str>,
    resource_group: Option<&'a str>,
    tags: Tags,
}

pub(super) fn describe(params: &Params, world: &World, desk: Desk<'_>) -> Result<Fields, Denial> {
    let region = region(params, desk.policy)?;
    let filter = Filter::read(params, desk)?;
    let page = PageRequest::read(params, "DescribeImagePipelines", desk.ids)?;
    check_region(region, desk.policy)?;
    let wanted = world.pipelines_in(region).filter(|(_, pipeline)| filter.lets(pipeline));
    let page = page.cut(wanted.collect(), desk.ids);
    Ok(page.fields("ImagePipeline", |pipeline| item(pipeline, desk.calendar)))
}

impl<'a> Filter<'a> {
    fn read(params: &'a Params, desk: Desk<'_>) -> Result<Self, Denial> {
        let ids = list(params, "ImagePipelineId", SiblingRow::TooManyPipelineIds)?;
        let name = name(params, "Name", 2..=128, SiblingRow::NameMalformed)?;
        let tags = Tags::read(params, "Tag");
        tag::check(&tags, &Tags::default(), desk.policy)?;
        Ok(Self { ids, name, resource_group: params.non_empty("ResourceGroupId"), tags })
    }

    fn lets(&self, pipeline: &Pipeline) -> bool {
        let details = &pipeline.details;
        let has_tag = |(key, value): (&str, &str)| {
            let mut tags = details.tags.iter();
            tags.any(|(known, own)| known == key && (value.is_empty() || own == value))
        };
        (self.ids.is_empty() || self.ids.contains(&pipeline.id))
            && self.name.is_none_or(|name| pipeline.name() == name)
            && self.resource_group.is_none_or(|group| details.resource_group == group)
            && self.tags.pairs_in_order().into_iter().all(has_tag)
    }
}

fn item(pipeline: &Pipeline, calendar: Calendar) -> Value {
    let details = &pipeline.details;
    let (kind, base) = match &pipeline.source {
        ImageSource::Image(id) => ("IMAGE", id.as_str()),
        ImageSource::Family(family) => ("IMAGE_FAMILY", family.as_str()),
        ImageSource::Oss { .. } => ("OSS", ""),
    };
    let tags = details.tags.iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value }));
    json!({
        "AddAccounts": { "AddAccount": details.add_accounts },
        "BaseImage": base,
        "BaseImageType": kind,
        "BuildContent": pipeline.build_content.as_deref().unwrap_or_default(),
        "CreationTime": calendar.time(0),
        "DeleteInstanceOnFailure": details.delete_instance_on_failure,
        "Description": details.description,
        "ImageName": pipeline.image_name,
        "ImagePipelineId": pipeline.id,
        "InstanceType": pipeline.instance_type,
        "InternetMaxBandwidthOut": details.bandwidth,
        "Name": pipeline.name(),
        "ResourceGroupId": details.resource_group,
        "SystemDiskSize": details.system_disk_size,
        "Tags": { "Tag": tags.collect::<Vec<_>>() },
        "TestContent": pipeline.test_content.as_deref().unwrap_or_default(),
        "ToRegionIds": { "ToRegionId": details.to_regions },
        "VSwitchId": pipeline.vswitch.as_deref().unwrap_or_default(),
    })
}
