//! Whether the endpoint keeps one of its promises. Main type: `PromiseState`.

/// Whether a promise is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PromiseState {
    Kept,
    Dropped,
}

impl PromiseState {
    pub(super) fn is_kept(self) -> bool {
        self == Self::Kept
    }
}
