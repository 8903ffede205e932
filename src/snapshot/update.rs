//! What a run may write. Main type: [`Update`].

/// What happens to a snapshot that is missing or differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// Nothing is written: in CI, or when asked for.
    Never,
    /// A `.snap.new` is left beside it.
    Pending,
    /// A missing one is written; a different one is left as `.snap.new`.
    Unseen,
    /// It is written.
    Always,
}

impl Update {
    /// The mode that insta's variables ask for: `INSTA_UPDATE`, and `CI`, in which nothing is written
    /// unless the mode is named, and no snapshot unless that is allowed.
    ///
    /// # Errors
    /// A mode that insta does not have, or that is not allowed in CI.
    pub fn resolve(mode: Option<&str>, ci: Option<&str>, is_allowed_in_ci: bool) -> Result<Self, String> {
        let is_ci = ci.is_some_and(|value| !matches!(value, "" | "0" | "false"));
        match mode.unwrap_or("auto") {
            "auto" | "" if is_ci => Ok(Self::Never),
            "auto" | "" | "new" => Ok(Self::Pending),
            "no" => Ok(Self::Never),
            "unseen" | "always" | "force" if is_ci && !is_allowed_in_ci => {
                Err("in CI, `unseen` and `always` would accept snapshots without a review".into())
            }
            "unseen" => Ok(Self::Unseen),
            "always" | "force" => Ok(Self::Always),
            other => Err(format!(
                "`{other}` is not a mode of updating; the modes are auto, new, no, unseen, always"
            )),
        }
    }

    /// The mode of a run with a fault, of which no answer is what it should be: nothing is written, unless a mode
    /// asks for pending files by name.
    ///
    /// # Errors
    /// A mode that writes snapshots.
    pub fn with_fault(self, mode: Option<&str>) -> Result<Self, String> {
        match self {
            Self::Always | Self::Unseen => Err("a run with a fault writes no snapshots".into()),
            Self::Pending if mode != Some("new") => Ok(Self::Never),
            Self::Pending | Self::Never => Ok(self),
        }
    }
}
