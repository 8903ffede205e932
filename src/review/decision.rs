//! What was decided on the page of a review, read back. Main type: [`Decisions`].
//!
//! A decision names a snapshot by the id of its case and by the digests of what the person saw. It is never
//! turned into a path, and counts only as long as both texts are still the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::digest::sha256_hex;
use crate::model::{Problem, SourceText, Spot};
use crate::snapshot::{PendingSnapshot, SnapshotFile};

/// The format of a file of decisions.
pub(super) const FORMAT: &str = "proofmark-decisions";

/// Its version.
pub(super) const VERSION: u32 = 1;

/// How many problems of a file are reported: each is shown with its line, and you mend a few at a time.
const MOST_PROBLEMS: usize = 100;

/// What a file of decisions says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decisions {
    /// The name of the store that they are about.
    pub store: String,
    /// The decisions, none about the same case as another.
    pub decisions: Vec<Decision>,
}

/// What becomes of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// It takes the place of what was accepted before.
    Accept,
    /// It goes away.
    Reject,
}

/// A decision on a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The id of its case.
    pub case: String,
    /// The digest of what was accepted then; none if nothing was. A file has to say so.
    #[serde(deserialize_with = "old_digest")]
    pub old: Option<String>,
    /// The digest of what waited then.
    #[serde(deserialize_with = "new_digest")]
    pub new: String,
    /// What was decided.
    #[serde(rename = "decision")]
    pub choice: Choice,
}

/// What a decision finds in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionTarget<'a> {
    /// The snapshot that was decided on is still pending.
    Waits(&'a PendingSnapshot),
    /// The decision is carried out already.
    Done,
    /// Another snapshot is pending, or what was accepted before has changed.
    Changed,
    /// No snapshot is pending, and the accepted one is not the one that the decision would leave.
    Gone,
}

/// The digest by which a decision knows a snapshot: that of its text, without its head.
pub fn digest(recorded: &SnapshotFile) -> String {
    sha256_hex(recorded.text.as_bytes())
}

impl Decision {
    /// Whether the decision can be applied, by the snapshots that are pending and accepted for the case now.
    pub fn find_target<'a>(
        &self,
        pending: Option<&'a PendingSnapshot>,
        accepted: Option<&SnapshotFile>,
    ) -> DecisionTarget<'a> {
        if let Some(snapshot) = pending {
            let is_same = digest(&snapshot.new) == self.new && snapshot.old.as_ref().map(digest) == self.old;
            return if is_same { DecisionTarget::Waits(snapshot) } else { DecisionTarget::Changed };
        }
        let wanted = match self.choice {
            Choice::Accept => Some(&self.new),
            Choice::Reject => self.old.as_ref(),
        };
        if accepted.map(digest).as_ref() == wanted { DecisionTarget::Done } else { DecisionTarget::Gone }
    }
}

/// The keys that say how the rest is to be read.
#[derive(Deserialize)]
struct RawHead<'a> {
    #[serde(borrow)]
    format: &'a RawValue,
    #[serde(borrow)]
    version: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDecisions<'a> {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u32,
    store: String,
    #[serde(borrow)]
    decisions: Vec<&'a RawValue>,
}

impl Decisions {
    /// Reads a file of decisions.
    ///
    /// # Errors
    /// What is wrong with it, each problem at its place; at most a hundred.
    pub fn read(file: &Arc<SourceText>) -> Result<Self, Vec<Problem>> {
        let reader = DecisionReader { file };
        // A reader that serde derives would take a list of values for an object, too.
        if !file.text.trim_start().starts_with('{') {
            return Err(vec![reader.problem_at(0, "a file of decisions is a JSON object".into())]);
        }
        let whole = |error: serde_json::Error| vec![reader.problem(0, &file.text, &error)];
        let head: RawHead<'_> = serde_json::from_str(&file.text).map_err(whole)?;
        if head.format.get() != format!("\"{FORMAT}\"") {
            return Err(vec![reader.at(head.format, format!("the format is not `{FORMAT}`"))]);
        }
        if head.version.get() != VERSION.to_string() {
            let message = format!("the version is not {VERSION}, which is all that this program knows");
            return Err(vec![reader.at(head.version, message)]);
        }
        let raw: RawDecisions<'_> = serde_json::from_str(&file.text).map_err(whole)?;
        let decisions = reader.decisions(&raw.decisions)?;
        Ok(Self { store: raw.store, decisions })
    }
}

struct DecisionReader<'a> {
    file: &'a Arc<SourceText>,
}

impl DecisionReader<'_> {
    fn decisions(&self, raw: &[&RawValue]) -> Result<Vec<Decision>, Vec<Problem>> {
        let (mut decisions, mut problems) = (Vec::<Decision>::with_capacity(raw.len()), Vec::new());
        let mut seen = BTreeSet::new();
        for each in raw {
            match serde_json::from_str::<Decision>(each.get()) {
                _ if !each.get().starts_with('{') => {
                    problems.push(self.at(each, "a decision is a JSON object".into()));
                }
                Err(error) => problems.push(self.problem(self.offset(each), each.get(), &error)),
                Ok(decision) if !seen.insert(decision.case.clone()) => {
                    problems.push(self.at(each, format!("`{}` is decided twice", decision.case)));
                }
                Ok(decision) => decisions.push(decision),
            }
            if problems.len() == MOST_PROBLEMS {
                break;
            }
        }
        if problems.is_empty() { Ok(decisions) } else { Err(problems) }
    }

    /// Where a value begins; it is a part of the file's text.
    fn offset(&self, raw: &RawValue) -> usize {
        raw.get().as_ptr().addr() - self.file.text.as_ptr().addr()
    }

    fn at(&self, raw: &RawValue, message: String) -> Problem {
        let start = self.offset(raw);
        Problem::new(Spot { file: Arc::clone(self.file), bytes: start..start + raw.get().len() }, message)
    }

    /// What the parser says of a part of the file that begins at `offset`, without its own count of lines.
    fn problem(&self, offset: usize, part: &str, error: &serde_json::Error) -> Problem {
        let lines = part.split_inclusive('\n').take(error.line().saturating_sub(1));
        let start = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
        let at = (offset + start).min(self.file.text.len());
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        self.problem_at(at, message.to_owned())
    }

    fn problem_at(&self, at: usize, message: String) -> Problem {
        Problem::new(Spot { file: Arc::clone(self.file), bytes: at..at }, message)
    }
}

fn new_digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() == 64 && text.bytes().all(is_digit) {
        return Ok(text);
    }
    Err(serde::de::Error::custom("a digest has 64 hexadecimal digits, in lower case"))
}

/// A function of its own makes the key needed: without one, a key that is left out would be taken for null.
fn old_digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct DigestText(#[serde(deserialize_with = "new_digest")] String);
    Ok(Option::<DigestText>::deserialize(deserializer)?.map(|digest| digest.0))
}

#[cfg(test)]
mod tests {
    use super::{Choice, Decision, DecisionTarget, Decisions, digest};
    use crate::model::SourceText;
    use crate::snapshot::SnapshotFile;
    use std::sync::Arc;

    fn read(text: &str) -> Result<Decisions, Vec<String>> {
        let file = Arc::new(SourceText::new("d.json", text));
        Decisions::read(&file).map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    fn file(decisions: &str) -> String {
        format!(
            "{{\"format\": \"proofmark-decisions\", \"version\": 1, \"store\": \"s\",\n\"decisions\": [\n{decisions}\n]}}"
        )
    }

    fn decision(case: &str) -> String {
        let digest = "0".repeat(64);
        format!("{{\"case\": \"{case}\", \"old\": null, \"new\": \"{digest}\", \"decision\": \"accept\"}}")
    }

    #[test]
    fn a_file_is_read_as_it_is_written() {
        let read = read(&file(&decision("a/é"))).unwrap();
        let expected =
            Decision { case: "a/é".into(), old: None, new: "0".repeat(64), choice: Choice::Accept };
        assert_eq!(read, Decisions { store: "s".into(), decisions: vec![expected] });
    }

    #[test]
    fn every_decision_that_is_wrong_is_told_at_its_place() {
        let good = decision("a");
        let wrong = [
            (good.replace("accept", "maybe"), "unknown variant `maybe`, expected `accept` or `reject`"),
            (good.replace("\"old\": null, ", ""), "missing field `old`"),
            (good.replace("\"old\": null", "\"old\": \"x\""), "a digest has 64 hexadecimal digits"),
            (good.replace("0\", ", "G\", "), "a digest has 64 hexadecimal digits"),
            (good.replace("\"old\"", "\"path\": \"../x\", \"old\""), "unknown field `path`"),
            (good.replace("\"a\"", "1"), "invalid type: integer `1`, expected a string"),
            ("3".to_owned(), "a decision is a JSON object"),
            (format!("[\"b\", null, \"{}\", \"accept\"]", "0".repeat(64)), "a decision is a JSON object"),
            (good.clone(), "`a` is decided twice"),
        ];
        let lines: Vec<&str> = wrong.iter().map(|(line, _)| line.as_str()).collect();
        let shown = read(&file(&format!("{good},\n{}", lines.join(",\n")))).unwrap_err();
        assert_eq!(shown.len(), wrong.len(), "{shown:#?}");
        for (position, (shown, (_, expected))) in shown.iter().zip(&wrong).enumerate() {
            assert!(shown.starts_with(&format!("d.json:{}:", position + 4)), "{shown}");
            assert!(shown.contains(expected) && !shown.contains(" at line"), "{shown}");
        }
    }

    #[test]
    fn a_file_of_another_kind_is_told_once() {
        let good = file(&decision("a"));
        for (text, expected) in [
            (
                good.replace("-decisions\"", "-report\""),
                "d.json:1:12: the format is not `proofmark-decisions`",
            ),
            (
                good.replace("\"version\": 1", "\"version\": 2, \"new\": 0"),
                "d.json:1:46: the version is not 1,",
            ),
            (good.replace("\"version\": 1, ", ""), "missing field `version`"),
            (good.replace("\"store\"", "\"stores\""), "unknown field `stores`"),
            (
                good.replace("\"store\": \"s\"", "\"store\": \"s\", \"store\": \"t\""),
                "duplicate field `store`",
            ),
            (good.replace("\"s\"", "[]"), "invalid type: sequence, expected a string"),
            (good.trim_end_matches('}').to_owned(), "d.json:4:1: EOF while parsing an object"),
            (good.clone() + "x", "d.json:4:3: trailing characters"),
            (String::new(), "d.json:1:1: a file of decisions is a JSON object"),
            ("[".repeat(100_000), "a file of decisions is a JSON object"),
            (good.replace("null", &"[".repeat(100_000)), "d.json:3:100022: expected value"),
        ] {
            let shown = read(&text).unwrap_err();
            assert!(shown.len() == 1 && shown[0].contains(expected), "{shown:?} has no {expected:?}");
        }
    }

    #[test]
    fn a_decision_that_is_carried_out_already_is_known_by_what_is_accepted() {
        let recorded = |text: &str| SnapshotFile {
            text: text.into(),
            about: String::new(),
            endpoint: String::new(),
            version: String::new(),
        };
        let (old, new, other) = (recorded("old"), recorded("new"), recorded("other"));
        let decided = |decision, before: Option<&SnapshotFile>| Decision {
            case: "a".into(),
            old: before.map(digest),
            new: digest(&new),
            choice: decision,
        };
        for (decision, before, accepted, expected) in [
            (Choice::Accept, Some(&old), Some(&new), DecisionTarget::Done),
            (Choice::Accept, Some(&old), Some(&old), DecisionTarget::Gone),
            (Choice::Accept, None, None, DecisionTarget::Gone),
            (Choice::Reject, Some(&old), Some(&old), DecisionTarget::Done),
            (Choice::Reject, None, None, DecisionTarget::Done),
            (Choice::Reject, Some(&old), Some(&new), DecisionTarget::Gone),
            (Choice::Reject, Some(&old), None, DecisionTarget::Gone),
            (Choice::Reject, None, Some(&other), DecisionTarget::Gone),
        ] {
            assert_eq!(
                decided(decision, before).find_target(None, accepted),
                expected,
                "{decision:?} {accepted:?}"
            );
        }
    }
}
