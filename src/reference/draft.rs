//! A pipeline in the making: sound at first, then altered, then put into the world with all that it names.
//! Main type: `PipelineDraft`. What goes is made and taken away again, so that a state is real and never a promise
//! of an answer.

use super::execution::{Executions, Status};
use super::id::IdSource;
use super::image::Image;
use super::pipeline::{Details, DockerCredential, ImageSource, Pipeline, System};
use super::resource::{Access, OssObject, Zone};
use super::world::{COMMON_INSTANCE_TYPE, HOME_REGION, PUBLIC_IMAGE, Resource, World};

/// Whether something that was made is still there once the state is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResourceFate {
    Stays,
    Goes,
}

/// A pipeline in the making, and the resources that it names.
pub(super) struct PipelineDraft<'a> {
    ids: &'a IdSource,
    pub(super) pipeline: Pipeline,
    resources: Vec<(Resource, ResourceFate)>,
    pub(super) fate: ResourceFate,
    /// The execution that the state reports.
    execution: Option<String>,
}

/// What was made, by the names under which a caller refers to it.
pub(super) struct CreatedPipeline {
    pub(super) region: String,
    pub(super) pipeline: String,
    pub(super) execution: Option<String>,
}

/// A length of credentials that no limit is near.
pub(super) const SOME_LENGTH: usize = 16;

impl<'a> PipelineDraft<'a> {
    /// A pipeline that has nothing wrong with it.
    pub(super) fn new(ids: &'a IdSource) -> Self {
        let pipeline = Pipeline {
            id: ids.resource("ip"),
            region: HOME_REGION.to_owned(),
            account: ids.resource("account"),
            source: ImageSource::Image(PUBLIC_IMAGE.to_owned()),
            image_name: ids.resource("image"),
            build_content: Some("RUN yum -y update".to_owned()),
            test_content: None,
            docker: None,
            instance_type: COMMON_INSTANCE_TYPE.to_owned(),
            vswitch: None,
            details: Details::default(),
            executions: Executions::default(),
            ends_as: None,
            access: Access::Granted,
        };
        Self { ids, pipeline, resources: Vec::new(), fate: ResourceFate::Stays, execution: None }
    }

    pub(super) fn add_execution(&mut self, status: Status) {
        let id = self.ids.resource("exec");
        self.pipeline.executions.add(id.clone(), status);
        self.execution = Some(id);
    }

    pub(super) fn add_image(
        &mut self,
        name: String,
        family: Option<String>,
        system: System,
        fate: ResourceFate,
    ) -> String {
        let id = self.ids.resource("m");
        let image = Image { name, family, system };
        self.resources.push((Resource::Image(id.clone(), image), fate));
        id
    }

    pub(super) fn build_on_image(&mut self, system: System, fate: ResourceFate) {
        let name = self.ids.resource("image");
        self.pipeline.source = ImageSource::Image(self.add_image(name, None, system, fate));
    }

    pub(super) fn build_on_family(&mut self, fate: ResourceFate) {
        let (name, family) = (self.ids.resource("image"), self.ids.resource("family"));
        self.add_image(name, Some(family.clone()), System::Linux, fate);
        self.pipeline.source = ImageSource::Family(family);
    }

    pub(super) fn build_on_oss(&mut self, object: OssObject, fate: ResourceFate) {
        let name = format!("{}.vhd", self.ids.resource("disk"));
        let role = Resource::OssRole(self.pipeline.account.clone());
        self.resources.push((role, ResourceFate::Stays));
        self.resources.push((Resource::Object(name.clone(), object), fate));
        let system = System::Linux;
        self.pipeline.source = ImageSource::Oss { object: name, system };
    }

    pub(super) fn withdraw_role(&mut self) {
        for (resource, fate) in &mut self.resources {
            if matches!(resource, Resource::OssRole(_)) {
                *fate = ResourceFate::Goes;
            }
        }
    }

    pub(super) fn add_component(&mut self, system: System, fate: ResourceFate) {
        let id = self.ids.resource("ic");
        self.pipeline.build_content = Some(format!("RUN yum -y update\nCOMPONENT {id}"));
        self.resources.push((Resource::Component(id, system), fate));
    }

    pub(super) fn sign_in(&mut self, registry_length: usize, user_length: usize) {
        self.pipeline.docker =
            Some(DockerCredential { registry: "r".repeat(registry_length), user: "u".repeat(user_length) });
    }

    pub(super) fn take_image_name(&mut self) {
        let name = self.pipeline.image_name.clone();
        self.add_image(name, None, System::Linux, ResourceFate::Stays);
    }

    pub(super) fn add_vswitch(&mut self, zone: Zone, fate: ResourceFate) {
        let id = self.ids.resource("vsw");
        self.resources.push((Resource::VSwitch(id.clone(), zone), fate));
        self.pipeline.vswitch = Some(id);
    }

    pub(super) fn run_on_retired_type(&mut self) {
        let id = self.ids.resource("ecs.old");
        self.resources.push((Resource::InstanceType(id.clone()), ResourceFate::Goes));
        self.pipeline.instance_type = id;
    }

    /// Puts everything into the world, takes away what goes, and returns the names of what was made.
    pub(super) fn settle(self, world: &mut World) -> CreatedPipeline {
        let (id, region) = (self.pipeline.id.clone(), self.pipeline.region.clone());
        let made = self.resources.iter().map(|(resource, _)| resource.clone());
        world.create(self.pipeline, made.collect());
        for (resource, fate) in &self.resources {
            if *fate == ResourceFate::Goes {
                world.remove(&region, resource);
            }
        }
        if self.fate == ResourceFate::Goes {
            world.delete(&id);
        }
        CreatedPipeline { region, pipeline: id, execution: self.execution }
    }
}
