//! The suite as it is meant to be: which cases there are, and which contract they test. Main types: [`Manifest`], and
//! [`Drift`] for how a suite differs from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::OperationId;
use super::plural;

/// The agreed contents of a suite.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The contracts, by id.
    pub contracts: BTreeMap<OperationId, ListedContract>,
}

/// A contract, and the cases that test it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedContract {
    /// The digest of its text.
    pub digest: String,
    /// The ids of its cases, whole.
    pub cases: BTreeSet<String>,
}

/// How a suite differs from its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Cases that are listed, and are not there.
    pub missing: Vec<String>,
    /// Cases that are there, and are not listed.
    pub new: Vec<String>,
    /// Contracts of which another text is listed.
    pub changed: Vec<String>,
    /// Parts of the run that are not there, such as `2/3`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
}

impl Manifest {
    /// The ids of all cases, in order within each contract.
    pub fn cases(&self) -> impl Iterator<Item = &str> {
        self.contracts.values().flat_map(|contract| contract.cases.iter().map(String::as_str))
    }

    /// How a suite of these cases and contracts differs from the manifest. Each contract comes with its digest, if that
    /// is known.
    ///
    /// A contract that lost all its cases shows up as missing cases only.
    pub fn drift<'a>(
        &self,
        cases: &BTreeSet<&str>,
        contracts: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Drift {
        let listed: BTreeSet<&str> = self.cases().collect();
        let owned = |ids: BTreeSet<&str>| ids.into_iter().map(str::to_owned).collect();
        let mut changed = Vec::new();
        for (id, digest) in contracts {
            let known = self.contracts.iter().find(|(known, _)| known.as_str() == id);
            if known.is_some_and(|(_, listed)| Some(listed.digest.as_str()) != digest) {
                changed.push(id.to_owned());
            }
        }
        Drift {
            missing: owned(listed.difference(cases).copied().collect()),
            new: owned(cases.difference(&listed).copied().collect()),
            changed,
            parts: Vec::new(),
        }
    }
}

impl Drift {
    /// Whether the suite is the one that is listed.
    pub fn is_empty(&self) -> bool {
        [&self.missing, &self.new, &self.changed, &self.parts].iter().all(|list| list.is_empty())
    }

    /// This and another one together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let union = |one: Vec<String>, another: Vec<String>| {
            one.into_iter().chain(another).collect::<BTreeSet<_>>().into_iter().collect()
        };
        Self {
            missing: union(self.missing, other.missing),
            new: union(self.new, other.new),
            changed: union(self.changed, other.changed),
            parts: union(self.parts, other.parts),
        }
    }

    /// A line for each difference, the first `most` of them, and how many there are beyond.
    pub fn lines(&self, most: usize) -> Vec<String> {
        // A contract has one line, which must not come after a thousand lines of cases.
        let (changed, missing, new, parts) = (&self.changed, &self.missing, &self.new, &self.parts);
        let parts = [
            ("missing part", parts),
            ("changed contract", changed),
            ("missing", missing),
            ("not listed", new),
        ];
        let all = parts.iter().flat_map(|(what, ids)| ids.iter().map(move |id| format!("{what}: {id}")));
        let count = parts.iter().map(|(_, ids)| ids.len()).sum::<usize>();
        let mut lines: Vec<String> = all.take(most).collect();
        if count > lines.len() {
            lines.push(format!("and {} more", count - lines.len()));
        }
        lines
    }
}

/// Shown as a sentence without a full stop.
impl fmt::Display for Drift {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cases = |count: usize| format!("{count} case{}", plural(count, "", "s"));
        let is = |count: usize| plural(count, "is", "are");
        let (missing, new, changed) = (self.missing.len(), self.new.len(), self.changed.len());
        let mut parts = Vec::new();
        match self.parts.len() {
            0 => {}
            1 => parts.push("1 part of the run is missing".to_owned()),
            count => parts.push(format!("{count} parts of the run are missing")),
        }
        if missing > 0 {
            parts.push(format!("{} of the manifest {} missing", cases(missing), is(missing)));
        }
        if new > 0 {
            parts.push(format!("{} {} not in the manifest", cases(new), is(new)));
        }
        match self.changed.as_slice() {
            [] => {}
            [one] => parts.push(format!("the contract {one} is not that of the manifest")),
            _ => parts.push(format!("{changed} contracts are not those of the manifest")),
        }
        out.write_str(&if parts.is_empty() {
            "as the manifest lists it".to_owned()
        } else {
            parts.join(", ")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Drift, ListedContract, Manifest};
    use crate::model::OperationId;

    fn manifest() -> Manifest {
        let id = OperationId::from_parts(["a", "B"]).unwrap();
        let cases = ["a/B/t/one", "a/B/t/two"].map(str::to_owned).into();
        let listed = ListedContract { digest: "d".into(), cases };
        Manifest { contracts: [(id, listed)].into() }
    }

    #[test]
    fn every_difference_is_told_and_nothing_else() {
        let drift =
            |cases: &[&str], digest| manifest().drift(&cases.iter().copied().collect(), [("a/B", digest)]);
        assert_eq!(drift(&["a/B/t/one", "a/B/t/two"], Some("d")), Drift::default());
        let found = drift(&["a/B/t/one", "a/B/t/three"], Some("e"));
        assert_eq!(
            found.lines(9),
            ["changed contract: a/B", "missing: a/B/t/two", "not listed: a/B/t/three"]
        );
        assert_eq!(found.lines(1), ["changed contract: a/B", "and 2 more"]);
        assert_eq!(
            found.to_string(),
            "1 case of the manifest is missing, 1 case is not in the manifest, \
             the contract a/B is not that of the manifest"
        );
        assert_eq!(
            drift(&["a/B/t/one", "a/B/t/two"], None).changed,
            ["a/B"],
            "what is not known does not hold"
        );
    }

    #[test]
    fn what_two_say_is_said_once() {
        let drift = |id: &str| Drift { missing: vec![id.into()], ..Drift::default() };
        assert_eq!(drift("b").and(drift("a")).and(drift("b")).missing, ["a", "b"]);
    }
}
