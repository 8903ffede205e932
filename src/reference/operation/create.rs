//! `CreateImagePipeline`: makes a pipeline out of parameters, after the checks that are possible before a start.
//! Main type: `CreateRequest`, the parameters once they are valid. Whether a start will succeed is not decided here.

use super::Desk;
use super::lookup::check_region;
use super::param::{describe_malformed, list, name, number, read_kept, region, require, truth};
use super::row::{Denial, SiblingRow};
use crate::reference::answer::Fields;
use crate::reference::build;
use crate::reference::client_token::{self, ClientToken};
use crate::reference::content::SIZE_LIMIT;
use crate::reference::execution::Executions;
use crate::reference::pipeline::{Details, ImageSource, Pipeline, System};
use crate::reference::policy::Policy;
use crate::reference::resource::Access;
use crate::reference::row::{ReferenceRow, quote};
use crate::reference::tag::{self, Tags};
use crate::reference::token_policy::Lookup;
use crate::reference::wire::Params;
use crate::reference::world::{COMMON_INSTANCE_TYPE, World};
use serde_json::Value;

/// The parameters of a creation, valid as far as they can be judged without state.
#[derive(Debug)]
struct CreateRequest<'a> {
    region: &'a str,
    source: ImageSource,
    token: Option<(&'a str, ClientToken)>,
    image_name: Option<&'a str>,
    build_content: Option<&'a str>,
    test_content: Option<&'a str>,
    instance_type: String,
    vswitch: String,
    details: Details,
}

/// What tokens of creations are kept under.
const TOKEN_SCOPE: &str = "CreateImagePipeline";
/// The account that owns pipelines created through the API; no role lets it read OSS.
const ACCOUNT: &str = "account-of-the-caller";
const OSS_OBJECT: &str = "ImportImageOptions.DiskDeviceMappings.1.OSSObject";

pub(super) fn create(params: &Params, world: &mut World, desk: Desk<'_>) -> Result<Fields, Denial> {
    let request = CreateRequest::read(params, desk.policy)?;
    check_region(request.region, desk.policy)?;
    if let Some(id) = request.recall(world, desk.policy)? {
        return Ok(answer(&id));
    }
    let (region, token) = (request.region, request.token);
    let id = request.new_id(world, desk);
    let pipeline = request.into_pipeline(id.clone());
    check(&pipeline, world, desk.policy)?;
    world.create(pipeline, Vec::new());
    if let Some((_, token)) = token {
        token.remember(region, &id, &id, world);
    }
    Ok(answer(&id))
}

fn answer(id: &str) -> Fields {
    vec![("ImagePipelineId", Value::from(id))]
}

impl<'a> CreateRequest<'a> {
    /// Reads the parameters in the documented order of checks.
    fn read(params: &'a Params, policy: &Policy) -> Result<Self, Denial> {
        let region = region(params, policy)?;
        let source = source(params)?;
        let token = client_token::read_token(params, policy)?;
        let (tags, template_tags) = (Tags::read(params, "Tag"), Tags::read(params, "TemplateTag"));
        tag::check(&tags, &template_tags, policy)?;
        let (details, image_name) = details(params, &tags)?;
        let build_content = params.non_empty("BuildContent");
        let is_too_long = build_content.is_some_and(|content| content.len() > SIZE_LIMIT);
        let too_long = || "The specified BuildContent is larger than 16 KB.".to_owned();
        SiblingRow::BuildContentTooLong.deny_with(is_too_long.then(too_long))?;
        let lists = [&tags, &template_tags];
        let token = token.map(|token| (token, ClientToken::new(TOKEN_SCOPE, token, params, lists, policy)));
        Ok(Self {
            region,
            source,
            token,
            image_name,
            build_content,
            test_content: params.non_empty("TestContent"),
            instance_type: read_kept(params, "InstanceType")?,
            vswitch: read_kept(params, "VSwitchId")?,
            details,
        })
    }

    /// The pipeline that an earlier request with the same token made.
    fn recall(&self, world: &World, policy: &Policy) -> Result<Option<String>, Denial> {
        let Some((_, token)) = self.token.filter(|_| policy.token.lookup != Lookup::Never) else {
            return Ok(None);
        };
        let earlier = token.earlier(self.region, world, policy)?;
        let is_replay = policy.token.replay_starts_nothing.is_kept();
        Ok(earlier.filter(|_| is_replay).map(str::to_owned))
    }

    /// An id that follows from the token, so that it does not depend on who else is creating; without one, or where it is
    /// taken, from the number of pipelines before it.
    fn new_id(&self, world: &World, desk: Desk<'_>) -> String {
        let region = self.region;
        let labelled = |label: String| desk.ids.derive(&label).resource("ip");
        let by_token = self.token.map(|(token, _)| labelled(format!("create/{region}/token/{token}")));
        let is_free = |id: &String| world.pipeline(id).is_none();
        let by_number = || labelled(format!("create/{region}/number/{}", world.pipelines_made()));
        by_token.filter(is_free).unwrap_or_else(by_number)
    }

    fn into_pipeline(self, id: String) -> Pipeline {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        Pipeline {
            region: self.region.to_owned(),
            account: ACCOUNT.to_owned(),
            source: self.source,
            image_name: self.image_name.unwrap_or(&id).to_owned(),
            build_content: self.build_content.map(str::to_owned),
            test_content: self.test_content.map(str::to_owned),
            docker: None,
            instance_type: given(self.instance_type).unwrap_or_else(|| COMMON_INSTANCE_TYPE.to_owned()),
            vswitch: given(self.vswitch),
            details: self.details,
            executions: Executions::default(),
            ends_as: None,
            access: Access::Granted,
            id,
        }
    }
}

fn source(params: &Params) -> Result<ImageSource, Denial> {
    let kind = require(params, "BaseImageType", SiblingRow::BaseImageTypeMissing)?;
    let of_image = |make: fn(String) -> ImageSource| {
        require(params, "BaseImage", SiblingRow::BaseImageMissing)?;
        read_kept(params, "BaseImage").map(make)
    };
    match kind {
        "IMAGE" => of_image(ImageSource::Image),
        "IMAGE_FAMILY" => of_image(ImageSource::Family),
        "OSS" => Ok(ImageSource::Oss { object: read_kept(params, OSS_OBJECT)?, system: System::Linux }),
        other => {
            let filling = describe_malformed("BaseImageType", other);
            Err(Denial::Own { row: SiblingRow::BaseImageTypeUnsupported, filling })
        }
    }
}

/// The details of the pipeline and the name of its images, which is checked in between them.
fn details<'a>(params: &'a Params, tags: &Tags) -> Result<(Details, Option<&'a str>), Denial> {
    let own_name = name(params, "Name", 2..=128, SiblingRow::NameMalformed)?;
    let description = description(params)?;
    let image_name = name(params, "ImageName", 2..=64, SiblingRow::ImageNameMalformed)?;
    let size = number(params, "SystemDiskSize", 20..=500, SiblingRow::SystemDiskSizeUnsupported)?;
    let bandwidth = number(params, "InternetMaxBandwidthOut", 0..=100, SiblingRow::BandwidthUnsupported)?;
    let defaults = Details::default();
    let details = Details {
        name: own_name.map(str::to_owned),
        description: description.to_owned(),
        system_disk_size: size.unwrap_or(defaults.system_disk_size),
        bandwidth: bandwidth.unwrap_or(defaults.bandwidth),
        add_accounts: list(params, "AddAccount", SiblingRow::TooManyAccounts)?,
        to_regions: list(params, "ToRegionId", SiblingRow::TooManyRegions)?,
        delete_instance_on_failure: truth(params, "DeleteInstanceOnFailure")?
            .unwrap_or(defaults.delete_instance_on_failure),
        resource_group: read_kept(params, "ResourceGroupId")?,
        tags: tags
            .pairs_in_order()
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
    };
    Ok((details, image_name))
}

fn description(params: &Params) -> Result<&str, Denial> {
    let Some(text) = params.non_empty("Description") else {
        return Ok("");
    };
    let is_link = text.starts_with("http://") || text.starts_with("https://");
    let is_fit = (2..=256).contains(&text.chars().count()) && !is_link;
    SiblingRow::DescriptionMalformed.deny_with((!is_fit).then(|| describe_malformed("Description", text)))?;
    Ok(text)
}

/// Refuses a pipeline for a base image that is not there or cannot be built on, or for contents that will not do.
fn check(pipeline: &Pipeline, world: &World, policy: &Policy) -> Result<(), Denial> {
    let region = &pipeline.region;
    let (image, name) = match &pipeline.source {
        ImageSource::Image(id) => (world.image(&(region.clone(), id.clone())), id),
        ImageSource::Family(family) => (world.image_of_family(region, family), family),
        ImageSource::Oss { system, .. } => {
            return Ok(build::check_contents(world, pipeline, *system, policy)?);
        }
    };
    let unknown = || format!("The specified BaseImage \"{}\" does not exist.", quote(name));
    SiblingRow::BaseImageUnknown.deny_with(image.is_none().then(unknown))?;
    let system = image.map_or(System::Linux, |image| image.system);
    policy.refuse_if(system == System::FreeBsd, ReferenceRow::OsTypeUnsupported)?;
    Ok(build::check_contents(world, pipeline, system, policy)?)
}
