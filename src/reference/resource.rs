//! What the world keeps of the resources that a pipeline names. Main types: `ResourceKey`, by which one is found, and
//! `Access`, whether it may be used.

/// What a resource is found by: the region it is in, and its id or name there.
pub(super) type ResourceKey = (String, String);

/// An object in OSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OssObject {
    pub(super) access: Access,
    pub(super) storage: Storage,
}

/// Whether something may be done: the role may read an object, the caller may start a pipeline.
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
