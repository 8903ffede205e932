//! Where snapshots come from, and when they were last confirmed: the side file of a folder of snapshots. Main type:
//! [`Provenance`].
//!
//! It stands beside the snapshots and not in them, so that a run that confirms touches no file that is reviewed. An
//! entry counts for one text, by its digest: whatever accepts a snapshot, the entry of what waited is found again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{Timestamp, ToSpan, Unit};
use serde::{Deserialize, Serialize};

use super::basis::Basis;
use super::error::StoreError;
use super::file::{bytes, replace};
use super::lock::OWN_FOLDER;
use crate::model::EndpointKind;
use crate::protocol::sha256_hex;

/// The name of the side file, in the folder of our own.
pub(super) const SIDE_FILE: &str = "provenance.ndjson";

/// The first line: what the file is, and the version of its form.
const HEAD: &str = "{\"format\":\"proofmark-provenance\",\"version\":1}";

/// How far clocks that share a side file may be apart.
const SKEW_SECONDS: i64 = 60;

/// Where and when a run has seen a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sighting {
    /// When the run began, to the second.
    pub at: Timestamp,
    /// The kind of endpoint.
    #[serde(with = "kind_by_name")]
    pub kind: EndpointKind,
    /// The endpoint's name.
    pub endpoint: String,
    /// The version of the contract.
    pub contract: String,
    /// What of the contract it rests on.
    pub(super) basis: Basis,
    /// The faults that were switched on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

impl fmt::Display for Sighting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, kind, endpoint, contract, basis: _, faults } = self;
        write!(out, "{at}  {kind}  {endpoint}  contract {contract}")?;
        if faults.is_empty() { Ok(()) } else { write!(out, "  with the fault {}", faults.join(", ")) }
    }
}

/// What a run has in common for all that it sees.
#[derive(Debug, Clone)]
pub struct Origin {
    at: Timestamp,
    kind: EndpointKind,
    endpoint: String,
    faults: Vec<String>,
}

impl Origin {
    /// A run that begins now.
    pub fn now(kind: EndpointKind, endpoint: impl Into<String>, faults: Vec<String>) -> Self {
        let now = Timestamp::now();
        Self { at: now.round(Unit::Second).unwrap_or(now), kind, endpoint: endpoint.into(), faults }
    }

    /// Whether the endpoint answers as it is meant to, so that it can confirm anything.
    pub(super) fn is_faultless(&self) -> bool {
        self.faults.is_empty()
    }
}

/// What a run did about a case's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// The snapshot has it.
    Same,
    /// It was written into the snapshot.
    Written,
    /// It waits beside the snapshot.
    Waiting,
}

/// A text that a run has seen.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) seen: Seen,
    pub(super) digest: String,
    pub(super) contract: String,
    pub(super) basis: Arc<Basis>,
}

/// What is known of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    case: String,
    /// The digest of the accepted text that the next two are about.
    digest: Option<String>,
    recorded: Option<Sighting>,
    confirmed: Option<Sighting>,
    /// The text that waits, or did.
    pending: Option<Waiting>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    digest: String,
    recorded: Sighting,
}

/// What is known of one text of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct History {
    pub(super) recorded: Option<Sighting>,
    pub(super) confirmed: Option<Sighting>,
}

impl Entry {
    fn new(case: &str) -> Self {
        Self { case: case.to_owned(), digest: None, recorded: None, confirmed: None, pending: None }
    }

    fn history(&self, digest: &str) -> Option<History> {
        if self.digest.as_deref() == Some(digest) {
            return Some(History { recorded: self.recorded.clone(), confirmed: self.confirmed.clone() });
        }
        let waiting = self.pending.as_ref().filter(|waiting| waiting.digest == digest)?;
        Some(history_of(waiting.recorded.clone()))
    }

    fn note(&mut self, note: Note, origin: &Origin) {
        let Note { seen, digest, contract, basis } = note;
        let basis = Arc::unwrap_or_clone(basis);
        let Origin { at, kind, endpoint, faults } = origin.clone();
        let sighting = Sighting { at, kind, endpoint, contract, basis, faults };
        if seen == Seen::Waiting {
            self.pending = Some(Waiting { digest, recorded: sighting });
            return;
        }
        let history = match seen {
            Seen::Written => history_of(sighting),
            Seen::Same | Seen::Waiting => {
                let known = self.history(&digest);
                let known = known.unwrap_or_default();
                History { confirmed: later(known.confirmed, sighting), ..known }
            }
        };
        let is_outranked =
            |waiting: &Waiting| waiting.digest == digest || !waiting.recorded.kind.outranks(kind);
        self.pending = self.pending.take().filter(|waiting| !is_outranked(waiting));
        (self.recorded, self.confirmed) = (history.recorded, history.confirmed);
        self.digest = Some(digest);
    }
}

/// What a run has written is confirmed by the same run, unless a fault made the answer.
fn history_of(recorded: Sighting) -> History {
    let confirmed = Some(recorded.clone()).filter(|sighting| sighting.faults.is_empty());
    History { recorded: Some(recorded), confirmed }
}

/// The later of two sightings; one that lies in the future is none.
fn later(known: Option<Sighting>, new: Sighting) -> Option<Sighting> {
    known.filter(|known| known.at > new.at && !is_future(known.at, Timestamp::now())).or(Some(new))
}

/// Whether a time cannot have come yet, by a clock that may be a little off.
pub(super) fn is_future(at: Timestamp, now: Timestamp) -> bool {
    now.checked_add(SKEW_SECONDS.seconds()).is_ok_and(|latest| at > latest)
}

/// The side file of a folder of snapshots: one entry for each case.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Provenance(BTreeMap<String, Entry>);

impl Provenance {
    /// Reads the side file; one that is not there knows nothing.
    ///
    /// # Errors
    /// A file that was cut off, holds conflict markers, or is another tool's.
    pub(super) fn read(root: &Path) -> Result<Self, StoreError> {
        let path = side_file(root);
        let Some(file) = bytes(root, &path)? else { return Ok(Self::default()) };
        parsed(&file).map_err(|what| StoreError::Unreadable {
            path,
            reason: format!(
                "{what}; mend it, or remove it: runs make it anew, and until then nothing is confirmed"
            ),
        })
    }

    /// Writes the side file whole; whoever does holds the lock.
    pub(super) fn write(&self, root: &Path) -> Result<(), StoreError> {
        let mut text = format!("{HEAD}\n").into_bytes();
        for entry in self.0.values() {
            // Plain records cannot fail to be written to memory.
            let _ = serde_json::to_writer(&mut text, entry);
            text.push(b'\n');
        }
        replace(root, &side_file(root), &text)
    }

    /// What is known of a text of a case.
    pub(super) fn history(&self, case: &str, digest: &str) -> Option<History> {
        self.0.get(case)?.history(digest)
    }

    /// Whether another text of a case is known.
    pub(super) fn knows(&self, case: &str) -> bool {
        self.0.get(case).is_some_and(|entry| entry.digest.is_some())
    }

    pub(super) fn note(&mut self, case: String, note: Note, origin: &Origin) {
        let entry = self.0.entry(case).or_insert_with_key(|case| Entry::new(case));
        entry.note(note, origin);
    }

    /// Drops what is known of cases that are not among these, and says how many there were.
    pub(super) fn keep_only(&mut self, known: &BTreeSet<&str>) -> usize {
        let before = self.0.len();
        self.0.retain(|case, _| known.contains(case.as_str()));
        before - self.0.len()
    }
}

fn side_file(root: &Path) -> PathBuf {
    root.join(OWN_FOLDER).join(SIDE_FILE)
}

/// The digest by which a text is known again.
pub(super) fn digest(text: &str) -> String {
    sha256_hex(text.as_bytes())
}

fn parsed(file: &[u8]) -> Result<Provenance, String> {
    let text = std::str::from_utf8(file).map_err(|_| "it is no text".to_owned())?;
    // A checkout may have put other ends to the lines.
    let body = text.strip_suffix('\n').ok_or("it is cut off")?;
    let mut lines = body.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).zip(1..);
    match lines.next() {
        Some((HEAD, _)) => {}
        Some(_) | None => return Err("it does not begin as a side file of this version".into()),
    }
    let mut entries = BTreeMap::new();
    for (line, number) in lines {
        let entry: Entry =
            serde_json::from_str(line).map_err(|_| format!("line {number} is no entry of a case"))?;
        if let Some(twice) = entries.insert(entry.case.clone(), entry) {
            return Err(format!("line {number} names the case {} again", twice.case));
        }
    }
    Ok(Provenance(entries))
}

mod kind_by_name {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::model::EndpointKind;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    pub(super) fn serialize<S: Serializer>(kind: &EndpointKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.name())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<EndpointKind, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Basis, EndpointKind, Sighting, later};

    fn at(time: &str) -> Sighting {
        Sighting {
            at: time.parse::<Timestamp>().unwrap(),
            kind: EndpointKind::Mock,
            endpoint: "mock".into(),
            contract: "1".into(),
            basis: serde_json::from_str::<Basis>(r#"{"codes":[],"success":true,"promises":""}"#).unwrap(),
            faults: Vec::new(),
        }
    }

    #[test]
    fn the_later_of_two_runs_counts_unless_it_lies_in_the_future() {
        let (old, new) = ("2001-01-01T00:00:00Z", "2002-01-01T00:00:00Z");
        for (known, seen, due) in [(old, new, new), (new, old, new), ("2999-01-01T00:00:00Z", new, new)] {
            assert_eq!(later(Some(at(known)), at(seen)), Some(at(due)), "{known} {seen}");
        }
        assert_eq!(later(None, at(new)), Some(at(new)));
    }
}
