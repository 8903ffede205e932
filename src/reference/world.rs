//! The state of the reference endpoint: regions and what is in them, and the client tokens that were used.
//! Main type: `World`. It stores and finds; which state breaks which promise is decided by `start` and `build`.
//! Everything that grows is bounded: what was made for a pipeline goes when the pipeline goes, the oldest first.

use super::bounded::Bounded;
use super::execution::{Execution, Status};
use super::pipeline::{Pipeline, System};
use std::collections::{HashMap, HashSet};

/// The region in which states are brought about.
pub(super) const HOME_REGION: &str = "cn-hangzhou";
/// A second region, in which nothing is.
pub(super) const OTHER_REGION: &str = "cn-shanghai";
const REGIONS: [&str; 4] = [HOME_REGION, OTHER_REGION, "ap-southeast-1", "eu-central-1"];

/// A public image that every region has.
pub(super) const PUBLIC_IMAGE: &str = "aliyun_3_x64_20G_alibase_20240819.vhd";
/// An instance type that every region has.
pub(super) const COMMON_INSTANCE_TYPE: &str = "ecs.g7.large";

/// More pipelines than a run has in use at once; a harness that never tears down meets this limit.
const PIPELINE_LIMIT: usize = 2048;
/// More tokens than there are pipelines with a start each, since a pipeline takes its tokens along.
const TOKEN_LIMIT: usize = 8192;

/// What a resource is found by: the region it is in, and its id or name there.
pub(super) type Place = (String, String);

/// Everything that exists.
#[derive(Debug)]
pub(super) struct World {
    pipelines: Bounded<String, Estate>,
    /// How many pipelines have been made, with those that are gone.
    made: u64,
    tokens: Bounded<(String, u128), Remembered>,
    images: HashMap<Place, Image>,
    objects: HashMap<Place, OssObject>,
    components: HashMap<Place, System>,
    vswitches: HashMap<Place, Zone>,
    instance_types: HashSet<Place>,
    oss_roles: HashSet<String>,
}

/// A pipeline and the resources that go with it.
#[derive(Debug)]
struct Estate {
    pipeline: Pipeline,
    resources: Vec<Resource>,
}

/// A resource, to be put into the world for a pipeline.
#[derive(Clone, Debug)]
pub(super) enum Resource {
    Image(String, Image),
    Object(String, OssObject),
    Component(String, System),
    VSwitch(String, Zone),
    InstanceType(String),
    /// An account in which ECS may assume the role that reads OSS.
    OssRole(String),
}

/// A machine image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) name: String,
    pub(super) family: Option<String>,
    pub(super) system: System,
}

/// An object in OSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OssObject {
    pub(super) access: Access,
    pub(super) storage: Storage,
}

/// Whether the role may read an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Granted,
    Denied,
}

/// How an object is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    Standard,
    Archived,
    ArchivedAndRestored,
}

/// A zone, as far as building goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    Building,
    /// The build service of the zone takes no work.
    OutOfService,
}

/// What is kept of a request that had a client token and succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) fingerprint: u128,
    pub(super) result: String,
    pub(super) pipeline: String,
}

impl World {
    /// A world with its public resources and nothing else.
    pub(super) fn new() -> Self {
        let place = |region: &str, id: &str| (region.to_owned(), id.to_owned());
        let image = Image { name: PUBLIC_IMAGE.to_owned(), family: None, system: System::Linux };
        let images = REGIONS.map(|region| (place(region, PUBLIC_IMAGE), image.clone()));
        let types = REGIONS.map(|region| place(region, COMMON_INSTANCE_TYPE));
        Self {
            pipelines: Bounded::new(PIPELINE_LIMIT),
            made: 0,
            tokens: Bounded::new(TOKEN_LIMIT),
            images: images.into(),
            objects: HashMap::new(),
            components: HashMap::new(),
            vswitches: HashMap::new(),
            instance_types: types.into(),
            oss_roles: HashSet::new(),
        }
    }

    pub(super) fn has_region(region: &str) -> bool {
        REGIONS.contains(&region)
    }

    pub(super) fn pipeline(&self, id: &str) -> Option<&Pipeline> {
        self.pipelines.get(id).map(|estate| &estate.pipeline)
    }

    /// How many pipelines have been made, with those that are gone.
    pub(super) fn pipelines_made(&self) -> u64 {
        self.made
    }

    /// The pipelines of a region with their places in the order in which they were made, oldest first.
    pub(super) fn pipelines_in(&self, region: &str) -> impl Iterator<Item = (u64, &Pipeline)> {
        let pipelines = self.pipelines.by_age().map(|(age, estate)| (age, &estate.pipeline));
        pipelines.filter(move |(_, pipeline)| pipeline.region == region)
    }

    /// An execution in a region, and the pipeline that it is an execution of.
    pub(super) fn execution(&self, region: &str, id: &str) -> Option<(&Pipeline, &Execution)> {
        let mut executions = self.pipelines_in(region).flat_map(|(_, pipeline)| {
            let executions = pipeline.executions.iter();
            executions.map(move |execution| (pipeline, execution))
        });
        executions.find(|(_, execution)| execution.id == id)
    }

    pub(super) fn image(&self, place: &Place) -> Option<&Image> {
        self.images.get(place)
    }

    /// An image of the family; which one matters to nobody here.
    pub(super) fn image_of_family(&self, region: &str, family: &str) -> Option<&Image> {
        self.images_in(region).find(|image| image.family.as_deref() == Some(family))
    }

    pub(super) fn has_image_named(&self, region: &str, name: &str) -> bool {
        self.images_in(region).any(|image| image.name == name)
    }

    fn images_in(&self, region: &str) -> impl Iterator<Item = &Image> {
        let images = self.images.iter();
        images.filter(move |((place, _), _)| place == region).map(|(_, image)| image)
    }

    pub(super) fn object(&self, place: &Place) -> Option<OssObject> {
        self.objects.get(place).copied()
    }

    pub(super) fn component(&self, place: &Place) -> Option<System> {
        self.components.get(place).copied()
    }

    pub(super) fn vswitch(&self, place: &Place) -> Option<Zone> {
        self.vswitches.get(place).copied()
    }

    pub(super) fn has_instance_type(&self, place: &Place) -> bool {
        self.instance_types.contains(place)
    }

    pub(super) fn has_oss_role(&self, account: &str) -> bool {
        self.oss_roles.contains(account)
    }

    pub(super) fn remembered(&self, region: &str, token: u128) -> Option<&Remembered> {
        self.tokens.get(&(region.to_owned(), token))
    }

    pub(super) fn remember(&mut self, region: &str, token: u128, remembered: Remembered) {
        self.tokens.insert((region.to_owned(), token), remembered);
    }

    /// Notes an execution that has begun; a pipeline that is gone has nowhere to note it.
    pub(super) fn begin(&mut self, pipeline: &str, execution: String) {
        if let Some(estate) = self.pipelines.get_mut(pipeline) {
            estate.pipeline.executions.add(execution, Status::Preparing);
        }
    }

    /// Puts an execution of a pipeline into a status.
    pub(super) fn put(&mut self, pipeline: &str, execution: &str, status: Status) {
        if let Some(estate) = self.pipelines.get_mut(pipeline) {
            estate.pipeline.executions.put(execution, status);
        }
    }

    /// Creates a pipeline with the resources that it names.
    pub(super) fn create(&mut self, pipeline: Pipeline, resources: Vec<Resource>) {
        for resource in &resources {
            self.provide(&pipeline.region, resource.clone());
        }
        self.made += 1;
        let id = pipeline.id.clone();
        let estate = Estate { pipeline, resources };
        if let Some(displaced) = self.pipelines.insert(id, estate) {
            self.clear(&displaced);
        }
    }

    /// Removes a resource that a pipeline goes on naming.
    pub(super) fn remove(&mut self, region: &str, resource: &Resource) {
        let at = |id: &String| (region.to_owned(), id.clone());
        match resource {
            Resource::Image(id, _) => drop(self.images.remove(&at(id))),
            Resource::Object(id, _) => drop(self.objects.remove(&at(id))),
            Resource::Component(id, _) => drop(self.components.remove(&at(id))),
            Resource::VSwitch(id, _) => drop(self.vswitches.remove(&at(id))),
            Resource::InstanceType(id) => drop(self.instance_types.remove(&at(id))),
            Resource::OssRole(account) => drop(self.oss_roles.remove(account)),
        }
    }

    /// Deletes a pipeline with all that was made for it and all that is remembered of it.
    pub(super) fn delete(&mut self, pipeline: &str) {
        if let Some(estate) = self.pipelines.remove(pipeline) {
            self.clear(&estate);
        }
    }

    fn provide(&mut self, region: &str, resource: Resource) {
        let at = |id: String| (region.to_owned(), id);
        match resource {
            Resource::Image(id, image) => drop(self.images.insert(at(id), image)),
            Resource::Object(id, object) => drop(self.objects.insert(at(id), object)),
            Resource::Component(id, system) => drop(self.components.insert(at(id), system)),
            Resource::VSwitch(id, zone) => drop(self.vswitches.insert(at(id), zone)),
            Resource::InstanceType(id) => drop(self.instance_types.insert(at(id))),
            Resource::OssRole(account) => drop(self.oss_roles.insert(account)),
        }
    }

    fn clear(&mut self, estate: &Estate) {
        for resource in &estate.resources {
            self.remove(&estate.pipeline.region, resource);
        }
        self.tokens.retain(|start| start.pipeline != estate.pipeline.id);
    }
}
