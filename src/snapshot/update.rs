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
    /// unless the mode is named.
    ///
    /// # Errors
    /// A mode that insta does not have.
    pub fn resolve(mode: Option<&str>, ci: Option<&str>) -> Result<Self, String> {
        let is_ci = ci.is_some_and(|value| !matches!(value, "" | "0" | "false"));
        match mode.unwrap_or("auto") {
            "auto" | "" if is_ci => Ok(Self::Never),
            "auto" | "" | "new" => Ok(Self::Pending),
            "no" => Ok(Self::Never),
            "unseen" => Ok(Self::Unseen),
            "always" | "force" => Ok(Self::Always),
            other => {
                Err(format!("`{other}` is no mode of updating; the modes are auto, new, no, unseen, always"))
            }
        }
    }
}
