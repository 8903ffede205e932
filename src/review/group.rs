//! Changes of the same kind, gathered. Main type: [`ChangeGroup`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::change::findings;
use super::fact::Fact;
use super::keyed::SnapshotFacts;
use crate::model::Contract;
use crate::snapshot::PendingSnapshot;

/// A pending snapshot, and what has changed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The snapshot.
    pub snapshot: PendingSnapshot,
    /// What has changed; more than one fact if several things did.
    pub facts: Vec<Fact>,
    /// The contract's rows that the change touches, as lines for a person: whether the answer was, is or still is
    /// an instance of it, then status, code and message.
    pub rows: Vec<String>,
}

/// Snapshots whose change is of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeGroup {
    /// What has changed in all of them, without what differs from case to case.
    pub facts: Vec<Fact>,
    /// The snapshots, in the order of their cases; at least one.
    pub changes: Vec<Change>,
}

/// What is said of changes that were recorded while a fault was switched on, if any were: they say nothing of what the
/// endpoint does otherwise.
pub fn fault_note(changes: &[&Change]) -> Option<String> {
    let meant = changes.iter().filter(|change| !change.snapshot.faults.is_empty());
    let (count, faults) = (meant.clone().count(), meant.flat_map(|change| &change.snapshot.faults));
    let names: Vec<&str> = faults.map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect();
    let some = if count == changes.len() { String::new() } else { format!(" in {count} of them") };
    (count > 0).then(|| format!("recorded while a fault was switched on{some}: {}", names.join(", ")))
}

/// What makes two changes one kind: the keys of their facts.
type ChangeKind = Vec<String>;

/// The snapshots by the kind of their change, in the order of the first case of each kind.
///
/// `contract` gives the contract of a case's id; without it, a change is described in words that fit any contract.
/// The head of the module defines when two changes are of one kind.
pub fn group<'a>(
    mut snapshots: Vec<PendingSnapshot>,
    contract: impl Fn(&str) -> Option<&'a Contract>,
) -> Vec<ChangeGroup> {
    snapshots.sort_by(|left, right| left.case.cmp(&right.case));
    let mut places: HashMap<ChangeKind, usize> = HashMap::new();
    let mut groups: Vec<Gathered> = Vec::new();
    for snapshot in snapshots {
        let SnapshotFacts { facts, rows, silent } = findings(&snapshot, contract(&snapshot.case));
        let mut kind: ChangeKind = facts.iter().map(|(_, key)| key.clone()).chain(silent).collect();
        kind.sort_unstable();
        let at = *places.entry(kind).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Gathered::default());
        }
        groups[at].take(snapshot, facts, rows);
    }
    groups.into_iter().map(Gathered::group).collect()
}

/// A group that is being gathered.
#[derive(Default)]
struct Gathered {
    /// The fact of each key, without what differs between the changes so far.
    general: BTreeMap<String, Fact>,
    /// The keys in the order of the first change.
    order: Vec<String>,
    changes: Vec<Change>,
}

impl Gathered {
    fn take(&mut self, snapshot: PendingSnapshot, facts: Vec<(Fact, String)>, rows: Vec<String>) {
        let mut own = Vec::with_capacity(facts.len());
        for (fact, key) in facts {
            if self.changes.is_empty() {
                self.order.push(key.clone());
                self.general.insert(key, fact.clone());
            } else if let Some(general) = self.general.get_mut(&key)
                && *general != fact
            {
                *general = general.common(&fact);
            }
            own.push(fact);
        }
        self.changes.push(Change { snapshot, facts: own, rows });
    }

    fn group(mut self) -> ChangeGroup {
        let facts = self.order.iter().filter_map(|key| self.general.remove(key)).collect();
        ChangeGroup { facts, changes: self.changes }
    }
}
