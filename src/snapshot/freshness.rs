//! Which snapshots are stale, and why: no recent run has confirmed them, or the contract has changed since.
//! Main types: [`FreshnessRecord`], [`Doubt`].

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::error::StoreError;
use super::file::SnapshotFile;
use super::provenance::{History, Provenance, digest, is_future};
use super::sighting::{Sighted, Sighting};
use crate::model::{Contract, duration};

/// How old a confirmation may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaxAge {
    text: String,
    length: SignedDuration,
}

/// The longest age, in seconds: a hundred years, past any use and far from the ends of time.
const LONGEST: i64 = 3_155_760_000;

impl FromStr for MaxAge {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let length = duration(text).ok_or_else(|| {
            format!("`{text}` is not an age; write a number and a unit: ms, s, m, h, d or w, such as 30d")
        })?;
        match SignedDuration::try_from(length).ok().filter(|length| length.as_secs() <= LONGEST) {
            Some(length) => Ok(Self { text: text.to_owned(), length }),
            None => Err(format!("`{text}` is longer than a hundred years")),
        }
    }
}

impl fmt::Display for MaxAge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// Why a snapshot may no longer show what its endpoint answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// No run has confirmed it in this folder.
    NeverConfirmed,
    /// What was confirmed is another text.
    OtherText,
    /// The last confirmation is too old.
    Old {
        /// When it was.
        at: Timestamp,
        /// How old it may be.
        limit: MaxAge,
    },
    /// The last confirmation lies in the future, so a clock was wrong.
    Future {
        /// When it says it was.
        at: Timestamp,
    },
    /// The contract has another version by now.
    OtherVersion {
        /// The version that was confirmed.
        old: String,
        /// The version now.
        new: String,
    },
    /// The contract says something else about such answers by now.
    OtherPromise,
}

impl fmt::Display for Doubt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverConfirmed => out.write_str("never confirmed here"),
            Self::OtherText => out.write_str("its text is not the one that was confirmed here"),
            Self::Old { at, limit } => write!(out, "confirmed {at}, more than {limit} ago"),
            Self::Future { at } => write!(out, "confirmed {at}, which lies in the future"),
            Self::OtherVersion { old, new } => {
                write!(out, "seen under version {old} of the contract, which is {new} now")
            }
            Self::OtherPromise => out.write_str("what the contract says about it has changed since"),
        }
    }
}

/// What is known of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreshnessRecord {
    /// Its case.
    pub case: String,
    /// When its text was recorded; none if it came from elsewhere.
    pub recorded: Option<Sighting>,
    /// When an endpoint last answered so.
    pub confirmed: Option<Sighting>,
    /// Why it is stale; nothing if it is fresh.
    pub doubts: Vec<Doubt>,
}

/// How fresh the snapshots of some cases are.
#[derive(Debug, Default)]
pub struct Freshness {
    /// The snapshots, in the order of cases.
    pub snapshots: Vec<FreshnessRecord>,
    /// The cases that have none.
    pub missing: Vec<String>,
    /// Files that cannot be used: snapshots, or the side file, without which nothing counts as confirmed.
    pub unusable: Vec<StoreError>,
}

impl Freshness {
    /// The snapshots that are stale.
    pub fn stale(&self) -> impl Iterator<Item = &FreshnessRecord> {
        self.snapshots.iter().filter(|standing| !standing.doubts.is_empty())
    }
}

/// Compares what is known of a snapshot with the current contract and a limit of age.
pub(super) fn assess(
    provenance: &Provenance,
    case: &str,
    snapshot: &SnapshotFile,
    contract: &Contract,
    limit: Option<&MaxAge>,
) -> FreshnessRecord {
    let History { recorded, confirmed } = match provenance.history(case, &digest(&snapshot.text)) {
        Some(history) => history,
        None if provenance.knows(case) => {
            let doubts = vec![Doubt::OtherText];
            return FreshnessRecord { case: case.to_owned(), recorded: None, confirmed: None, doubts };
        }
        None => History::default(),
    };
    let now = Timestamp::now();
    let mut doubts = Vec::new();
    match &confirmed {
        None => doubts.push(Doubt::NeverConfirmed),
        Some(last) if is_future(last.at, now) => doubts.push(Doubt::Future { at: last.at }),
        Some(last) => {
            let is_old = |limit: &&MaxAge| now.duration_since(last.at) > limit.length;
            let old = limit.filter(is_old);
            doubts.extend(old.map(|limit| Doubt::Old { at: last.at, limit: limit.clone() }));
        }
    }
    let last = confirmed.as_ref().or(recorded.as_ref());
    let version = last.map_or(&snapshot.version, |last| &last.contract);
    if *version != contract.version {
        doubts.push(Doubt::OtherVersion { old: version.clone(), new: contract.version.clone() });
    }
    if last.is_some_and(|last| !last.basis.holds(contract)) {
        doubts.push(Doubt::OtherPromise);
    }
    let sighting = |seen: Option<Sighted>| seen.map(|seen| (*seen).clone());
    FreshnessRecord {
        case: case.to_owned(),
        recorded: sighting(recorded),
        confirmed: sighting(confirmed),
        doubts,
    }
}

#[cfg(test)]
mod tests {
    use super::MaxAge;

    #[test]
    fn an_age_is_a_number_and_a_unit() {
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("5m", 300),
            ("2h", 7200),
            ("30d", 2_592_000),
            ("30 d", 2_592_000),
            ("1w", 604_800),
        ] {
            assert_eq!(text.parse::<MaxAge>().unwrap().length.as_secs(), seconds, "{text}");
        }
        for text in ["", "30", "d", "-1d", "1.5h", "30D", "1y", "99999999999999999999s", "5301w"] {
            assert!(text.parse::<MaxAge>().is_err(), "{text}");
        }
    }
}
