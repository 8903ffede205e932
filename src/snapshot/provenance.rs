//! Where snapshots come from, and when they were last confirmed: the side file of a folder of snapshots. Main type:
//! [`Provenance`].
//!
//! It is beside the snapshots and not in them, so that a run that confirms touches no file that is reviewed. An entry
//! counts for one text, by its digest: the entry of a pending snapshot is found again, whatever accepted the snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::StoreError;
use super::file::{bytes, replace};
use super::lock::{OWN_FOLDER, SIDE_FILE};
use super::sighting::{Sighted, Sightings};
use crate::digest::sha256_hex;

/// The first line: what the file is, and the version of its form.
const HEAD: &str = "{\"format\":\"proofmark-provenance\",\"version\":1}";

/// How far clocks that share a side file may be apart.
const SKEW_SECONDS: i64 = 60;

/// What a run did about a case's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextStatus {
    /// The snapshot has it.
    Same,
    /// It was written into the snapshot.
    Written,
    /// It is pending beside the snapshot.
    Waiting,
}

/// A text that a run has seen.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) seen: TextStatus,
    pub(super) digest: String,
    pub(super) sighting: Sighted,
}

/// What is known of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ProvenanceEntry {
    case: String,
    /// The digest of the accepted text that the next two are about.
    digest: Option<String>,
    recorded: Option<Sighted>,
    confirmed: Option<Sighted>,
    /// The text that is pending, or was.
    pending: Option<Waiting>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Waiting {
    digest: String,
    recorded: Sighted,
}

/// An entry as a line has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvenanceLine<'a> {
    case: String,
    digest: Option<String>,
    #[serde(borrow)]
    recorded: Option<&'a RawValue>,
    #[serde(borrow)]
    confirmed: Option<&'a RawValue>,
    #[serde(borrow)]
    pending: Option<WaitingText<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitingText<'a> {
    digest: String,
    #[serde(borrow)]
    recorded: &'a RawValue,
}

/// What is known of one text of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct History {
    pub(super) recorded: Option<Sighted>,
    pub(super) confirmed: Option<Sighted>,
}

impl ProvenanceLine<'_> {
    fn entry(self, known: &mut Sightings) -> serde_json::Result<ProvenanceEntry> {
        let Self { case, digest, recorded, confirmed, pending } = self;
        let waiting = |WaitingText { digest, recorded }, known: &mut Sightings| {
            serde_json::Result::Ok(Waiting { digest, recorded: known.read(recorded)? })
        };
        Ok(ProvenanceEntry {
            case,
            digest,
            recorded: recorded.map(|text| known.read(text)).transpose()?,
            confirmed: confirmed.map(|text| known.read(text)).transpose()?,
            pending: pending.map(|pending| waiting(pending, known)).transpose()?,
        })
    }
}

impl ProvenanceEntry {
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

    fn note(&mut self, note: Note) {
        let Note { seen, digest, sighting } = note;
        let kind = sighting.kind;
        if seen == TextStatus::Waiting {
            self.pending = Some(Waiting { digest, recorded: sighting });
            return;
        }
        let history = match seen {
            TextStatus::Written => history_of(sighting),
            TextStatus::Same | TextStatus::Waiting => {
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
fn history_of(recorded: Sighted) -> History {
    let confirmed = Some(recorded.clone()).filter(|sighting| sighting.faults.is_empty());
    History { recorded: Some(recorded), confirmed }
}

/// The later of two sightings; one that lies in the future is none.
fn later(known: Option<Sighted>, new: Sighted) -> Option<Sighted> {
    known.filter(|known| known.at > new.at && !is_future(known.at, Timestamp::now())).or(Some(new))
}

/// Whether a time cannot have come yet, by a clock that may be a little off.
pub(super) fn is_future(at: Timestamp, now: Timestamp) -> bool {
    now.checked_add(SKEW_SECONDS.seconds()).is_ok_and(|latest| at > latest)
}

/// The side file of a folder of snapshots: one entry for each case.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Provenance(BTreeMap<String, ProvenanceEntry>);

impl Provenance {
    /// Reads the side file; one that is not there knows nothing.
    ///
    /// # Errors
    /// A file that was cut off, holds conflict markers, or is another tool's.
    pub(super) fn read(root: &Path) -> Result<Self, StoreError> {
        let path = side_file(root);
        let Some(file) = bytes(root, &path)? else { return Ok(Self::default()) };
        parse(&file).map_err(|what| StoreError::Unreadable {
            path,
            reason: format!(
                "{what}; mend it, or remove it: runs make it anew, and until then nothing is confirmed"
            ),
        })
    }

    /// Writes the side file whole. The caller holds the lock.
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

    pub(super) fn note(&mut self, case: String, note: Note) {
        let entry = self.0.entry(case).or_insert_with_key(|case| ProvenanceEntry::new(case));
        entry.note(note);
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

fn parse(file: &[u8]) -> Result<Provenance, String> {
    let text = std::str::from_utf8(file).map_err(|_| "it is not text".to_owned())?;
    // A checkout may have put other ends to the lines.
    let body = text.strip_suffix('\n').ok_or("it is cut off")?;
    let mut lines = body.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).zip(1..);
    match lines.next() {
        Some((HEAD, _)) => {}
        Some(_) | None => return Err("it does not begin as a side file of this version".into()),
    }
    let (mut entries, mut known) = (BTreeMap::new(), Sightings::default());
    for (line, number) in lines {
        let entry = serde_json::from_str(line).and_then(|line: ProvenanceLine<'_>| line.entry(&mut known));
        let entry = entry.map_err(|_| format!("line {number} is not an entry of a case"))?;
        if let Some(twice) = entries.insert(entry.case.clone(), entry) {
            return Err(format!("line {number} names the case {} again", twice.case));
        }
    }
    Ok(Provenance(entries))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::basis::ContractBasis;
    use super::super::sighting::{Sighted, Sighting};
    use super::later;
    use crate::model::EndpointKind;

    fn at(time: &str) -> Sighted {
        Sighted::new(Sighting {
            at: time.parse::<Timestamp>().unwrap(),
            kind: EndpointKind::Mock,
            endpoint: "mock".into(),
            contract: "1".into(),
            basis: serde_json::from_str::<ContractBasis>(r#"{"codes":[],"success":true,"promises":""}"#)
                .unwrap(),
            faults: Vec::new(),
        })
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
