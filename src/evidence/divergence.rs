//! What is recorded, and is not so. Main type: [`Divergence`].

/// Something that is recorded, and is not so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{subject}: {what}")]
pub struct Divergence {
    /// A case, or a part of the evidence.
    pub subject: String,
    /// What is wrong.
    pub what: String,
}
