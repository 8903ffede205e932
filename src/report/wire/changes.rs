//! How a run differs from earlier ones.

use serde::{Deserialize, Serialize};

use super::WireError;
use super::run::moment;
use crate::event::{RunChanges, StillFailing};

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::report) struct RawChanges {
    before: Vec<String>,
    new: Vec<String>,
    mended: Vec<String>,
    still: Vec<RawStill>,
    undecided: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawStill {
    id: String,
    since: String,
}

impl From<&RunChanges> for RawChanges {
    fn from(changes: &RunChanges) -> Self {
        let still = |still: &StillFailing| RawStill {
            id: still.case.clone(),
            since: still.since.as_str().to_owned(),
        };
        Self {
            before: changes.before.iter().map(|before| before.as_str().to_owned()).collect(),
            new: changes.new.clone(),
            mended: changes.mended.clone(),
            still: changes.still.iter().map(still).collect(),
            undecided: changes.undecided.clone(),
        }
    }
}

impl TryFrom<RawChanges> for RunChanges {
    type Error = WireError;

    fn try_from(raw: RawChanges) -> Result<Self, WireError> {
        let still = |still: RawStill| Ok(StillFailing { case: still.id, since: moment(still.since)? });
        Ok(Self {
            before: raw.before.into_iter().map(moment).collect::<Result<_, _>>()?,
            new: raw.new,
            mended: raw.mended,
            still: raw.still.into_iter().map(still).collect::<Result<_, WireError>>()?,
            undecided: raw.undecided,
        })
    }
}
