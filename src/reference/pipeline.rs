//! What an image pipeline consists of.
//! Main types: `Pipeline` and `Details`. A pipeline names other resources and does not hold them.

use super::execution::{Executions, Status};
use super::resource::Access;

/// An image pipeline: what a start looks at, and the details that only descriptions repeat.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) id: String,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) source: ImageSource,
    pub(super) image_name: String,
    /// Without one, the build leaves the base image unchanged.
    pub(super) build_content: Option<String>,
    pub(super) test_content: Option<String>,
    pub(super) docker: Option<DockerCredential>,
    pub(super) instance_type: String,
    /// Without one the default vSwitch of the region is used.
    pub(super) vswitch: Option<String>,
    pub(super) details: Details,
    pub(super) executions: Executions,
    /// The status in which its executions are as soon as they have begun; without one they are being prepared.
    pub(super) ends_as: Option<Status>,
    /// Whether the caller has the right to start it.
    pub(super) access: Access,
}

/// What a pipeline has and no start depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Details {
    /// Without one the pipeline is named by its id.
    pub(super) name: Option<String>,
    pub(super) description: String,
    pub(super) resource_group: String,
    pub(super) system_disk_size: u64,
    pub(super) bandwidth: u64,
    pub(super) delete_instance_on_failure: bool,
    pub(super) add_accounts: Vec<String>,
    pub(super) to_regions: Vec<String>,
    /// Keys and values.
    pub(super) tags: Vec<(String, String)>,
}

impl Pipeline {
    pub(super) fn name(&self) -> &str {
        self.details.name.as_deref().unwrap_or(&self.id)
    }
}

/// The published default of `SystemDiskSize`, in GiB.
const SYSTEM_DISK_SIZE: u64 = 40;

impl Default for Details {
    /// What a pipeline has that is created with no more than it needs.
    fn default() -> Self {
        Self {
            name: None,
            description: String::new(),
            resource_group: String::new(),
            system_disk_size: SYSTEM_DISK_SIZE,
            bandwidth: 0,
            delete_instance_on_failure: true,
            add_accounts: Vec::new(),
            to_regions: Vec::new(),
            tags: Vec::new(),
        }
    }
}

/// What the pipeline builds on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ImageSource {
    /// An image by its id.
    Image(String),
    /// The newest image of a family, by the family's name.
    Family(String),
    /// A disk in an OSS bucket, by the object's name, and the system that is on it.
    Oss { object: String, system: System },
}

/// An operating system, as far as building tells systems apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    Windows,
    /// A system that images can have and that cannot be built on.
    FreeBsd,
}

/// Who the build signs in to a Docker registry as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DockerCredential {
    pub(super) registry: String,
    pub(super) user: String,
}
