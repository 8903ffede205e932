//! The facts of a change, each with a key. Main type: [`SnapshotFacts`].
//!
//! Two facts with the same key are the same change, in whatever case.

use std::collections::BTreeSet;

use super::fact::Fact;
use super::row::AnswerReading;
use crate::snapshot::replacements;

/// What has changed in a snapshot.
#[derive(Default)]
pub(super) struct SnapshotFacts {
    /// Facts, each with its key; no key is there twice.
    pub(super) facts: Vec<(Fact, String)>,
    /// Lines about rows of the contract.
    pub(super) rows: Vec<String>,
    /// Further keys, of changes that have no fact.
    pub(super) silent: BTreeSet<String>,
}

impl SnapshotFacts {
    pub(super) fn add(&mut self, fact: Fact, key: impl Into<String>) {
        let key = key.into();
        if self.facts.iter().all(|(_, known)| *known != key) {
            self.facts.push((fact, key));
        }
    }

    pub(super) fn row(&mut self, when: &str, judged: &AnswerReading<'_>) {
        let line = format!("{when}  {}", judged.line());
        if !self.rows.contains(&line) {
            self.rows.push(line);
        }
    }
}

/// The lines that are replaced and those that replace them, whole.
pub(super) fn lines_key(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let parts = replacements(&old, &new).into_iter();
    let parts: Vec<String> =
        parts.map(|(left, right)| [old[left].join("\n"), new[right].join("\n")].join("\n\n")).collect();
    parts.join("\n\n")
}
