//! How durations, positions, paths and reasons are written out in events and reports, and read back: the forms that serde's
//! derives do not have by themselves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration in whole microseconds.
pub(crate) mod micros {
    use super::{Deserialize, Deserializer, Duration, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(written: D) -> Result<Duration, D::Error> {
        u64::deserialize(written).map(Duration::from_micros)
    }

    /// Nearly every case has no pause, and does not say so.
    pub(crate) fn is_none(duration: &Duration) -> bool {
        duration.as_micros() == 0
    }
}

/// A position, which counts from 0, as a number from 1.
pub(crate) mod ordinal {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    pub(crate) fn serialize<S: Serializer>(position: &usize, out: S) -> Result<S::Ok, S::Error> {
        position.saturating_add(1).serialize(out)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(written: D) -> Result<usize, D::Error> {
        usize::deserialize(written).map(|number| number.saturating_sub(1))
    }
}

/// The reason for a verdict, in a field of that name.
pub(crate) mod because {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Because<T> {
        because: T,
    }

    pub(crate) fn serialize<S: Serializer, T: Serialize>(because: &T, out: S) -> Result<S::Ok, S::Error> {
        Because { because }.serialize(out)
    }

    pub(crate) fn deserialize<'de, D, T>(written: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: Deserialize<'de>,
    {
        Because::deserialize(written).map(|Because { because }| because)
    }
}

/// What was seen in a field `seen`, or why it is not known in a field `failed`.
pub(crate) mod seen {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Look<S, F> {
        Seen(S),
        Failed(F),
    }

    pub(crate) fn serialize<S: Serializer>(
        seen: &Result<Vec<String>, String>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        match seen {
            Ok(seen) => Look::<_, &str>::Seen(seen).serialize(out),
            Err(reason) => Look::<&[String], _>::Failed(reason).serialize(out),
        }
    }

    pub(crate) fn deserialize<'de, D>(written: D) -> Result<Result<Vec<String>, String>, D::Error>
    where
        D: Deserializer<'de>,
    {
        Ok(match Look::deserialize(written)? {
            Look::Seen(seen) => Ok(seen),
            Look::Failed(reason) => Err(reason),
        })
    }
}

/// A path as it is shown; serde's own form is an error for a name that is not UTF-8.
pub(crate) fn path<S: Serializer>(path: &Path, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(&path.display())
}

/// Paths as they are shown.
pub(crate) fn paths<S: Serializer>(paths: &[PathBuf], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(paths.iter().map(|path| path.display().to_string()))
}

/// A path as it is shown, or null.
#[expect(clippy::ref_option, reason = "serde hands out references")]
pub(crate) fn any_path<S: Serializer>(path: &Option<PathBuf>, out: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.display().to_string()).serialize(out)
}
