//! Whether a pipeline can be built: its source, contents, credential and surroundings, looked up in the world.
//! Main function: `check`, which runs through the checks in their order. It reads state and changes none.

use super::content::{Script, Stage};
use super::pipeline::{ImageSource, Pipeline, System};
use super::policy::Policy;
use super::resource::{Access, OssObject, ResourceKey, Storage, Zone};
use super::row::{ReferenceRow, Refusal, quote};
use super::world::World;

/// A pipeline under examination.
struct Build<'a> {
    world: &'a World,
    pipeline: &'a Pipeline,
    policy: &'a Policy,
}

/// Refuses a pipeline that cannot be built, with the first reason in the documented order.
pub(super) fn check(world: &World, pipeline: &Pipeline, policy: &Policy) -> Result<(), Refusal> {
    let build = Build { world, pipeline, policy };
    let system = build.check_source()?;
    build.check_contents(system)?;
    build.check_docker()?;
    build.check_surroundings()
}

/// Refuses a pipeline whose contents would not do on the operating system that it builds on.
pub(super) fn check_contents(
    world: &World,
    pipeline: &Pipeline,
    system: System,
    policy: &Policy,
) -> Result<(), Refusal> {
    Build { world, pipeline, policy }.check_contents(system)
}

impl Build<'_> {
    /// The operating system of the base image. Linux, which no check refuses, if the image is not found.
    fn check_source(&self) -> Result<System, Refusal> {
        let policy = self.policy;
        let system = match &self.pipeline.source {
            ImageSource::Image(id) => {
                let image = self.world.image(&self.at(id));
                policy.refuse_if(image.is_none(), ReferenceRow::BaseImageNotFound)?;
                image.map(|image| image.system)
            }
            ImageSource::Family(family) => {
                let image = self.world.image_of_family(&self.pipeline.region, family);
                let family = quote(family);
                let empty = || format!("The image family \"{family}\" has no available image");
                policy.refuse_with(image.is_none().then(empty), ReferenceRow::ImageNotFound)?;
                image.map(|image| image.system)
            }
            ImageSource::Oss { object, system } => {
                self.check_oss(object)?;
                Some(*system)
            }
        };
        let system = system.unwrap_or(System::Linux);
        policy.refuse_if(system == System::FreeBsd, ReferenceRow::OsTypeUnsupported)?;
        Ok(system)
    }

    fn check_oss(&self, object: &str) -> Result<(), Refusal> {
        let policy = self.policy;
        let has_role = self.world.has_oss_role(&self.pipeline.account);
        policy.refuse_if(!has_role, ReferenceRow::NoRightAccessOss)?;
        let object = self.world.object(&self.at(object));
        policy.refuse_if(object.is_none(), ReferenceRow::OssObjectNotFound)?;
        let Some(OssObject { access, storage }) = object else {
            return Ok(());
        };
        policy.refuse_if(access == Access::Denied, ReferenceRow::OssObjectNotAuthorized)?;
        policy.refuse_if(storage == Storage::Archived, ReferenceRow::OssObjectNeedRestore)
    }

    fn check_contents(&self, system: System) -> Result<(), Refusal> {
        let (build, test) = (&self.pipeline.build_content, &self.pipeline.test_content);
        let build = self.read(build.as_deref(), Stage::Build, ReferenceRow::BuildContent)?;
        let test = self.read(test.as_deref(), Stage::Test, ReferenceRow::TestContent)?;
        let mut components = build.components.iter().chain(&test.components);
        components.try_for_each(|component| self.check_component(component, system))
    }

    /// A content that is not there does nothing.
    fn read(&self, content: Option<&str>, stage: Stage, row: ReferenceRow) -> Result<Script, Refusal> {
        let Some(content) = content else {
            return Ok(Script::default());
        };
        match Script::parse(content, stage) {
            Ok(script) => Ok(script),
            Err(flaw) => {
                self.policy.refuse_with(Some(flaw), row)?;
                Ok(Script::default())
            }
        }
    }

    fn check_component(&self, id: &str, system: System) -> Result<(), Refusal> {
        let component = self.world.component(&self.at(id));
        let id = quote(id);
        let missing = || format!("The image component \"{id}\" does not exist");
        let missing = component.is_none().then(missing);
        self.policy.refuse_with(missing, ReferenceRow::ComponentNotFound)?;
        let is_for_another = component.is_some_and(|made_for| made_for != system);
        let other = || {
            format!("The image component \"{id}\" does not support the operating system of the base image")
        };
        let other = is_for_another.then(other);
        self.policy.refuse_with(other, ReferenceRow::ComponentNotSupported)
    }

    fn check_docker(&self) -> Result<(), Refusal> {
        let Some(docker) = &self.pipeline.docker else {
            return Ok(());
        };
        let limits = &self.policy.limits;
        let is_fit = limits.docker_registry.contains(&limits.length(&docker.registry));
        self.policy.refuse_if(!is_fit, ReferenceRow::DockerRegistryMalformed)?;
        let is_fit = limits.docker_user.contains(&limits.length(&docker.user));
        self.policy.refuse_if(!is_fit, ReferenceRow::DockerUserMalformed)
    }

    fn check_surroundings(&self) -> Result<(), Refusal> {
        let (world, policy) = (self.world, self.policy);
        let has_type = world.has_instance_type(&self.at(&self.pipeline.instance_type));
        policy.refuse_if(!has_type, ReferenceRow::InstanceTypeNotFound)?;
        let zone = match &self.pipeline.vswitch {
            Some(vswitch) => world.vswitch(&self.at(vswitch)),
            None => Some(Zone::Building),
        };
        policy.refuse_if(zone.is_none(), ReferenceRow::VSwitchNotFound)?;
        let name = &self.pipeline.image_name;
        let is_taken = world.has_image_named(&self.pipeline.region, name);
        policy.refuse_if(is_taken, ReferenceRow::ImageNameDuplicated)?;
        policy.refuse_if(zone == Some(Zone::OutOfService), ReferenceRow::StartFailed)
    }

    fn at(&self, id: &str) -> ResourceKey {
        (self.pipeline.region.clone(), id.to_owned())
    }
}
