//! The state of the reference endpoint: regions and what is in them, and the client tokens that were used.
//! Main type: `World`. It stores and finds; which state breaks which promise is decided by `start` and `build`.
//! Everything that grows is bounded: what was made for a pipeline goes when the pipeline goes, the oldest first. Nothing
//! that a start looks at takes longer the more there is.

use super::bounded::Bounded;
use super::execution::{Execution, Status};
use super::image::{Image, Images};
use super::pipeline::{Pipeline, System};
use super::resource::{OssObject, ResourceKey, Zone};
use super::slice::Past;
use std::collections::{HashMap, HashSet};
use std::time::Instant;

/// The region that states are set up in.
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

/// What a client token is found by: the region that it belongs to, and its digest.
type TokenKey = (String, u128);

/// Everything that exists.
#[derive(Debug)]
pub(super) struct World {
    pipelines: Bounded<String, Estate>,
    /// How many pipelines have been made, with those that are gone.
    made: u64,
    tokens: Bounded<TokenKey, TokenRecord>,
    /// The pipelines of executions.
    executions: HashMap<String, String>,
    images: Images,
    objects: HashMap<ResourceKey, OssObject>,
    components: HashMap<ResourceKey, System>,
    vswitches: HashMap<ResourceKey, Zone>,
    instance_types: HashSet<ResourceKey>,
    oss_roles: HashSet<String>,
}

/// A pipeline and what goes with it: resources, and the tokens that are remembered of it.
#[derive(Debug)]
struct Estate {
    pipeline: Pipeline,
    resources: Vec<Resource>,
    tokens: HashSet<TokenKey>,
    /// How many starts of it were refused.
    refusals: u64,
    made: Instant,
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

/// What is kept of a request that had a client token and succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenRecord {
    pub(super) fingerprint: u128,
    pub(super) result: String,
    pub(super) pipeline: String,
}

impl World {
    /// A world with its public resources and nothing else.
    pub(super) fn new() -> Self {
        let place = |region: &str, id: &str| (region.to_owned(), id.to_owned());
        let image = Image { name: PUBLIC_IMAGE.to_owned(), family: None, system: System::Linux };
        let mut images = Images::default();
        for region in REGIONS {
            images.add(place(region, PUBLIC_IMAGE), image.clone());
        }
        let types = REGIONS.map(|region| place(region, COMMON_INSTANCE_TYPE));
        Self {
            pipelines: Bounded::new(PIPELINE_LIMIT),
            made: 0,
            tokens: Bounded::new(TOKEN_LIMIT),
            executions: HashMap::new(),
            images,
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

    /// A pipeline with what happened to it.
    pub(super) fn past(&self, pipeline: &str) -> Option<Past<'_>> {
        let estate = self.pipelines.get(pipeline)?;
        Some(Past { pipeline: &estate.pipeline, refusals: estate.refusals, age: estate.made.elapsed() })
    }

    /// Notes that a start of a pipeline was refused.
    pub(super) fn note_refusal(&mut self, pipeline: &str) {
        if let Some(estate) = self.pipelines.get_mut(pipeline) {
            estate.refusals += 1;
        }
    }

    /// The pipeline of whose id the given one is a longer form, to an endpoint that looks at the start alone.
    pub(super) fn pipeline_by_prefix(&self, id: &str) -> Option<&Pipeline> {
        let mut pipelines = self.pipelines.by_age().map(|(_, estate)| &estate.pipeline);
        pipelines.find(|pipeline| id.starts_with(pipeline.id.as_str()))
    }

    /// The region of whose id the given one is a longer form.
    pub(super) fn region_by_prefix(id: &str) -> Option<&'static str> {
        REGIONS.into_iter().find(|region| id.starts_with(region))
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
        let pipeline = self.pipeline(self.executions.get(id)?)?;
        let mut executions = pipeline.executions.iter();
        let execution = executions.find(|execution| execution.id == id)?;
        (pipeline.region == region).then_some((pipeline, execution))
    }

    pub(super) fn image(&self, place: &ResourceKey) -> Option<&Image> {
        self.images.get(place)
    }

    /// The newest image of the family.
    pub(super) fn image_of_family(&self, region: &str, family: &str) -> Option<&Image> {
        self.images.of_family(&(region.to_owned(), family.to_owned()))
    }

    pub(super) fn has_image_named(&self, region: &str, name: &str) -> bool {
        self.images.has_name(&(region.to_owned(), name.to_owned()))
    }

    pub(super) fn object(&self, place: &ResourceKey) -> Option<OssObject> {
        self.objects.get(place).copied()
    }

    pub(super) fn component(&self, place: &ResourceKey) -> Option<System> {
        self.components.get(place).copied()
    }

    pub(super) fn vswitch(&self, place: &ResourceKey) -> Option<Zone> {
        self.vswitches.get(place).copied()
    }

    pub(super) fn has_instance_type(&self, place: &ResourceKey) -> bool {
        self.instance_types.contains(place)
    }

    pub(super) fn has_oss_role(&self, account: &str) -> bool {
        self.oss_roles.contains(account)
    }

    pub(super) fn token_record(&self, region: &str, token: u128) -> Option<&TokenRecord> {
        self.tokens.get(&(region.to_owned(), token))
    }

    /// Remembers a start of a pipeline; the oldest memory makes room.
    pub(super) fn remember(&mut self, region: &str, token: u128, remembered: TokenRecord) {
        let key = (region.to_owned(), token);
        if let Some((displaced, forgotten)) = self.tokens.make_room(&key)
            && let Some(estate) = self.pipelines.get_mut(&forgotten.pipeline)
        {
            estate.tokens.remove(&displaced);
        }
        if let Some(estate) = self.pipelines.get_mut(&remembered.pipeline) {
            estate.tokens.insert(key.clone());
            self.tokens.insert(key, remembered);
        }
    }

    /// Forgets a token.
    pub(super) fn forget(&mut self, region: &str, token: u128) {
        let key = (region.to_owned(), token);
        if let Some(forgotten) = self.tokens.remove(&key)
            && let Some(estate) = self.pipelines.get_mut(&forgotten.pipeline)
        {
            estate.tokens.remove(&key);
        }
    }

    /// Notes an execution that has begun; a pipeline that is gone has nowhere to note it.
    pub(super) fn begin(&mut self, pipeline: &str, execution: String) {
        let Some(estate) = self.pipelines.get_mut(pipeline) else { return };
        self.executions.insert(execution.clone(), pipeline.to_owned());
        let status = estate.pipeline.ends_as.unwrap_or(Status::Preparing);
        if let Some(forgotten) = estate.pipeline.executions.add(execution, status) {
            self.executions.remove(&forgotten.id);
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
        let id = pipeline.id.clone();
        if let Some((_, displaced)) = self.pipelines.make_room(&id) {
            self.clear(&displaced);
        }
        for resource in &resources {
            self.provide(&pipeline.region, resource.clone());
        }
        let executions = pipeline.executions.iter();
        self.executions.extend(executions.map(|execution| (execution.id.clone(), id.clone())));
        self.made += 1;
        let (tokens, made) = (HashSet::new(), Instant::now());
        self.pipelines.insert(id, Estate { pipeline, resources, tokens, refusals: 0, made });
    }

    /// Removes a resource that a pipeline goes on naming.
    pub(super) fn remove(&mut self, region: &str, resource: &Resource) {
        let at = |id: &String| (region.to_owned(), id.clone());
        match resource {
            Resource::Image(id, _) => self.images.remove(&at(id)),
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
            Resource::Image(id, image) => self.images.add(at(id), image),
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
        for token in &estate.tokens {
            self.tokens.remove(token);
        }
        for execution in estate.pipeline.executions.iter() {
            self.executions.remove(&execution.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PIPELINE_LIMIT, TOKEN_LIMIT, TokenRecord, World};
    use crate::reference::draft::{PipelineDraft, ResourceFate};
    use crate::reference::execution::Status;
    use crate::reference::id::IdSource;

    /// A pipeline with an image in a family, an execution, and three tokens; its id.
    fn add(world: &mut World, ids: &IdSource) -> String {
        let mut draft = PipelineDraft::new(ids);
        draft.build_on_family(ResourceFate::Stays);
        draft.add_execution(Status::Failed);
        let pipeline = draft.settle(world).pipeline;
        for _ in 0..3 {
            let [result, token] = ["exec", "token"].map(|kind| ids.resource(kind));
            let digest = token.bytes().fold(0, |digest: u128, byte| (digest << 4) ^ u128::from(byte));
            world.begin(&pipeline, result.clone());
            let remembered = TokenRecord { fingerprint: 0, result, pipeline: pipeline.clone() };
            world.remember("cn-hangzhou", digest, remembered);
        }
        pipeline
    }

    /// How much the world holds of each kind, with the tokens that pipelines think are remembered of them.
    fn sizes(world: &World) -> [usize; 5] {
        let noted = world.pipelines.by_age().map(|(_, estate)| estate.tokens.len()).sum();
        [world.pipelines.len(), world.executions.len(), world.tokens.len(), noted, world.images.len()]
    }

    #[test]
    fn what_goes_with_a_pipeline_goes_with_it() {
        let (mut world, ids) = (World::new(), IdSource::new(1));
        let before = sizes(&world);
        let pipelines: Vec<String> = (0..10).map(|_| add(&mut world, &ids)).collect();
        assert_eq!(sizes(&world), [10, 40, 30, 30, before[4] + 10]);
        for pipeline in &pipelines {
            world.delete(pipeline);
        }
        assert_eq!(sizes(&world), before);
    }

    #[test]
    fn a_world_that_is_full_holds_no_more_however_much_is_added() {
        let (mut world, ids) = (World::new(), IdSource::new(2));
        let mut first = String::new();
        for number in 0..PIPELINE_LIMIT * 3 {
            let pipeline = add(&mut world, &ids);
            first = if number == 0 { pipeline } else { first };
        }
        assert_eq!(world.pipeline(&first).map(|found| &found.id), None);
        let images = World::new().images.len() + PIPELINE_LIMIT;
        let tokens = PIPELINE_LIMIT * 3;
        assert!(tokens < TOKEN_LIMIT);
        assert_eq!(sizes(&world), [PIPELINE_LIMIT, PIPELINE_LIMIT * 4, tokens, tokens, images]);
    }

    #[test]
    fn one_pipeline_holds_no_more_than_the_limits_of_tokens_and_executions() {
        let (mut world, ids) = (World::new(), IdSource::new(3));
        let pipeline = add(&mut world, &ids);
        for number in 0..20_000_u128 {
            let result = ids.resource("exec");
            world.begin(&pipeline, result.clone());
            let remembered =
                TokenRecord { fingerprint: 0, result: result.clone(), pipeline: pipeline.clone() };
            world.remember("cn-hangzhou", number << 64, remembered);
            assert_eq!(world.execution("cn-hangzhou", &result).map(|(found, _)| &found.id), Some(&pipeline));
        }
        assert_eq!(sizes(&world)[..4], [1, 32, TOKEN_LIMIT, TOKEN_LIMIT]);
    }

    #[test]
    fn an_execution_is_found_in_its_region_alone() {
        let (mut world, ids) = (World::new(), IdSource::new(4));
        let pipeline = add(&mut world, &ids);
        world.begin(&pipeline, "exec-a".to_owned());
        assert!(world.execution("cn-hangzhou", "exec-a").is_some());
        assert!(world.execution("cn-shanghai", "exec-a").is_none());
        world.delete(&pipeline);
        assert!(world.execution("cn-hangzhou", "exec-a").is_none());
    }
}
