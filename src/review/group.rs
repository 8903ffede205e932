//! Changes of the same kind, gathered. Main type: [`Group`].

use std::collections::BTreeMap;
use std::fmt;

use crate::model::Contract;
use crate::snapshot::{PendingSnapshot, changes};

/// One thing that has changed, in the contract's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// There was no snapshot before.
    FirstSeen,
    /// The text differs, in no way that has a word.
    Text,
}

impl fmt::Display for Fact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::FirstSeen => "seen for the first time",
            Self::Text => "the text differs",
        })
    }
}

/// A snapshot that waits, and what has changed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The snapshot.
    pub snapshot: PendingSnapshot,
    /// What has changed; more than one fact if several things did.
    pub facts: Vec<Fact>,
    /// The contract's rows that the change touches, as lines for a person: status, code and message.
    pub rows: Vec<String>,
}

/// Snapshots whose change is of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What has changed in all of them, without what differs from case to case.
    pub facts: Vec<Fact>,
    /// The snapshots, in the order of their cases; at least one.
    pub changes: Vec<Change>,
}

/// The snapshots by the kind of their change, in the order of the first case of each kind.
///
/// `contract` gives the contract of a case's id; without it, a change is told in words that hold for any.
pub fn group<'a>(
    snapshots: Vec<PendingSnapshot>,
    contract: impl Fn(&str) -> Option<&'a Contract>,
) -> Vec<Group> {
    let mut kinds: BTreeMap<(String, String), Vec<Change>> = BTreeMap::new();
    for snapshot in snapshots {
        let _ = contract(&snapshot.case);
        let old = snapshot.old.as_ref().map_or("", |old| &old.text);
        let fact = if snapshot.old.is_some() { Fact::Text } else { Fact::FirstSeen };
        let key = changes(old, &snapshot.new.text);
        kinds.entry(key).or_default().push(Change { snapshot, facts: vec![fact], rows: Vec::new() });
    }
    let mut groups: Vec<Group> =
        kinds.into_values().map(|changes| Group { facts: changes[0].facts.clone(), changes }).collect();
    groups.sort_by(|left, right| left.changes[0].snapshot.case.cmp(&right.changes[0].snapshot.case));
    groups
}
