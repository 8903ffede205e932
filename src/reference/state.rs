//! The states that the hook can bring about, by name, and the parameters that they take.
//! Main type: `State`. Each is built in the world out of a `PipelineDraft`; which answer it leads to is not known here.

use super::content::{Script, Stage};
use super::draft::{CreatedPipeline, PipelineDraft, ResourceFate, SOME_LENGTH};
use super::execution::Status;
use super::id::IdSource;
use super::pipeline::System;
use super::resource::{Access, OssObject, Storage, Zone};
use super::world::{HOME_REGION, OTHER_REGION, World};
use crate::model::nearest;
use serde_json::{Map, Value};
use thiserror::Error;

/// Declares the states once, with their names and parameters.
macro_rules! states {
    ($($variant:ident $name:literal [$($param:literal)*])+) => {
        /// A named state.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum State { $($variant,)+ }

        impl State {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The parameters that the state takes.
            const fn params(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($param,)*],)+ }
            }
        }
    };
}

states! {
    Region "a region" []
    OtherRegion "another region" []
    Sound "an image pipeline" []
    WithExecution "an image pipeline with an execution" ["status"]
    Deleted "a deleted image pipeline" []
    WithBuildContent "an image pipeline with build content" ["content"]
    WithTestContent "an image pipeline with test content" ["content"]
    MalformedBuildContent "an image pipeline with malformed build content" ["content"]
    MalformedTestContent "an image pipeline with malformed test content" ["content"]
    BaseImageUnbuildable "an image pipeline whose base image cannot be built on" []
    BaseImageGone "an image pipeline whose base image is gone" []
    FromFamily "an image pipeline built from an image family" []
    FamilyEmpty "an image pipeline whose image family is empty" []
    WithComponent "an image pipeline with a component" []
    ComponentUnsupported "an image pipeline with an unsupported component" []
    ComponentMissing "an image pipeline with a missing component" []
    DockerRegistry "an image pipeline with a Docker registry of a given length" ["length"]
    DockerUser "an image pipeline with a Docker user of a given length" ["length"]
    ImageNameTaken "an image pipeline whose image name is taken" []
    BuildServiceDown "an image pipeline whose build service is down" []
    FromOss "an image pipeline built from an OSS object" []
    OssRestored "an image pipeline with a restored OSS object" []
    OssDenied "an image pipeline with an OSS object that may not be read" []
    OssArchived "an image pipeline with an archived OSS object" []
    OssMissing "an image pipeline with a missing OSS object" []
    OssWithoutRole "an image pipeline without the OSS role" []
    InstanceTypeGone "an image pipeline whose instance type is gone" []
    VSwitchGone "an image pipeline whose vSwitch is gone" []
    EndsAtOnce "an image pipeline whose tasks end at once" ["status"]
    Forbidden "an image pipeline that the caller may not start" []
}

/// The parameters of a state do not fit it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum ParamError {
    #[error("the state takes no parameter `{name}`")]
    Unknown { name: String },
    #[error("the state needs a parameter `{name}`")]
    Missing { name: &'static str },
    #[error("the parameter `length` is not a number from 0 to {LENGTH_LIMIT}")]
    NotALength,
    #[error("the parameter `status` names no status; {hint}")]
    NotAStatus { hint: String },
    #[error("the parameter `status` names a status in which a task has not ended")]
    NotAnEnd,
    #[error("the parameter `content` is not a text of up to {CONTENT_LIMIT} bytes")]
    NotAContent,
    #[error("the parameter `content` holds a well-formed content")]
    WellFormed,
}

/// Well past the limits that are published for these lengths.
const LENGTH_LIMIT: usize = 4096;
/// Twice the size that is published for a content.
const CONTENT_LIMIT: usize = 32 * 1024;

/// What a state gives to those who asked for it.
pub(super) type StateValues = Map<String, Value>;

impl State {
    /// Brings the state about.
    pub(super) fn bring_about(
        self,
        params: &Map<String, Value>,
        world: &mut World,
        ids: &IdSource,
    ) -> Result<StateValues, ParamError> {
        if let Some(name) = params.keys().find(|name| !self.params().contains(&name.as_str())) {
            return Err(ParamError::Unknown { name: name.clone() });
        }
        let mut draft = PipelineDraft::new(ids);
        match self {
            Self::Region => return Ok(variables([("region", HOME_REGION)])),
            Self::OtherRegion => return Ok(variables([("other_region", OTHER_REGION)])),
            Self::Sound => {}
            Self::WithExecution => draft.add_execution(status(params)?),
            Self::Deleted => draft.fate = ResourceFate::Goes,
            Self::WithBuildContent => draft.pipeline.build_content = Some(content(params)?),
            Self::WithTestContent => draft.pipeline.test_content = Some(content(params)?),
            Self::MalformedBuildContent => {
                draft.pipeline.build_content = Some(malformed_content(params, Stage::Build)?);
            }
            Self::MalformedTestContent => {
                draft.pipeline.test_content = Some(malformed_content(params, Stage::Test)?);
            }
            Self::BaseImageUnbuildable => draft.build_on_image(System::FreeBsd, ResourceFate::Stays),
            Self::BaseImageGone => draft.build_on_image(System::Linux, ResourceFate::Goes),
            Self::FromFamily => draft.build_on_family(ResourceFate::Stays),
            Self::FamilyEmpty => draft.build_on_family(ResourceFate::Goes),
            Self::WithComponent => draft.add_component(System::Linux, ResourceFate::Stays),
            Self::ComponentUnsupported => draft.add_component(System::Windows, ResourceFate::Stays),
            Self::ComponentMissing => draft.add_component(System::Linux, ResourceFate::Goes),
            Self::DockerRegistry => draft.sign_in(length(params)?, SOME_LENGTH),
            Self::DockerUser => draft.sign_in(SOME_LENGTH, length(params)?),
            Self::ImageNameTaken => draft.take_image_name(),
            Self::BuildServiceDown => draft.add_vswitch(Zone::OutOfService, ResourceFate::Stays),
            Self::FromOss => draft.build_on_oss(READABLE, ResourceFate::Stays),
            Self::OssRestored => draft.build_on_oss(RESTORED, ResourceFate::Stays),
            Self::OssDenied => draft.build_on_oss(DENIED, ResourceFate::Stays),
            Self::OssArchived => draft.build_on_oss(ARCHIVED, ResourceFate::Stays),
            Self::OssMissing => draft.build_on_oss(READABLE, ResourceFate::Goes),
            Self::OssWithoutRole => {
                draft.build_on_oss(READABLE, ResourceFate::Stays);
                draft.withdraw_role();
            }
            Self::InstanceTypeGone => draft.run_on_retired_type(),
            Self::VSwitchGone => draft.add_vswitch(Zone::Building, ResourceFate::Goes),
            Self::EndsAtOnce => draft.pipeline.ends_as = Some(end_status(params)?),
            Self::Forbidden => draft.pipeline.access = Access::Denied,
        }
        Ok(variables_of(draft.settle(world)))
    }
}

const READABLE: OssObject = OssObject { access: Access::Granted, storage: Storage::Standard };
const RESTORED: OssObject = OssObject { storage: Storage::ArchivedAndRestored, ..READABLE };
const DENIED: OssObject = OssObject { access: Access::Denied, ..READABLE };
const ARCHIVED: OssObject = OssObject { storage: Storage::Archived, ..READABLE };

fn variables_of(made: CreatedPipeline) -> StateValues {
    let mut all = variables([("region", &made.region), ("pipeline", &made.pipeline)]);
    if let Some(execution) = made.execution {
        all.insert("execution".to_owned(), Value::from(execution));
    }
    all
}

fn variables<const N: usize>(pairs: [(&str, &str); N]) -> StateValues {
    let pairs = pairs.into_iter();
    pairs.map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

/// A number, or a text that is one, since templates may give either.
fn length(params: &Map<String, Value>) -> Result<usize, ParamError> {
    let value = params.get("length").ok_or(ParamError::Missing { name: "length" })?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let length = text.parse().map_err(|_| ParamError::NotALength)?;
    if length > LENGTH_LIMIT {
        return Err(ParamError::NotALength);
    }
    Ok(length)
}

fn status(params: &Map<String, Value>) -> Result<Status, ParamError> {
    let value = params.get("status").ok_or(ParamError::Missing { name: "status" })?;
    let asked = value.as_str().unwrap_or_default();
    if let Some(status) = Status::ALL.iter().find(|status| status.name() == asked) {
        return Ok(*status);
    }
    let names: Vec<&str> = Status::ALL.iter().map(|status| status.name()).collect();
    let hint = match nearest(asked, &names) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are {}", names.join(", ")),
    };
    Err(ParamError::NotAStatus { hint })
}

/// A status in which a task has ended.
fn end_status(params: &Map<String, Value>) -> Result<Status, ParamError> {
    status(params)
        .and_then(|status| if status.is_terminal() { Ok(status) } else { Err(ParamError::NotAnEnd) })
}

fn content(params: &Map<String, Value>) -> Result<String, ParamError> {
    let value = params.get("content").ok_or(ParamError::Missing { name: "content" })?;
    let content = value.as_str().filter(|content| content.len() <= CONTENT_LIMIT);
    content.map(str::to_owned).ok_or(ParamError::NotAContent)
}

/// The given content, which must be malformed for the state to be true, or a default one with an unknown command.
fn malformed_content(params: &Map<String, Value>, stage: Stage) -> Result<String, ParamError> {
    if !params.contains_key("content") {
        return Ok("RUN yum -y update\nLAUNCH rocket".to_owned());
    }
    let content = content(params)?;
    match Script::parse(&content, stage) {
        Ok(_) => Err(ParamError::WellFormed),
        Err(_) => Ok(content),
    }
}
