//! Compares what two endpoints answered to the same cases: what to mend in one to match the other.
//!
//! Pure: from the records of two runs to differences. It does not judge who is right. What cases assert is compared by
//! verdict; the values of answers as snapshots keep them, with names in the place of volatile ones.

mod cause;
mod stable;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::check::select_in;
use crate::model::{Answer, CaseRecord, Contract, Expect, Finding, Skipped, Value, Verdict};
use crate::plan::PlannedCase;
use crate::snapshot::{SnapshotRules, Transcript, VolatileNames};
use stable::{Leaf, leaves, shorten};

pub use cause::{DifferenceCause, DifferenceCauses};

/// The most findings that are shown of a failed case.
const SHOWN: usize = 3;

/// The longest text that is shown of an endpoint for a case, in characters.
const LONGEST: usize = 1_000;

/// What is kept of an answer for comparing: bounded, whatever was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerSummary {
    status: u16,
    code: Option<String>,
    message: Option<String>,
    leaves: Vec<Leaf>,
}

/// What is kept of a case: the answers to its steps and what they were judged, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaseSummary {
    /// Answers, in the order of steps.
    Answered {
        /// The answers.
        answers: Vec<AnswerSummary>,
        /// The problems with them, if the case failed.
        findings: Option<Vec<String>>,
    },
    /// It was tried, and cannot be decided.
    Inconclusive(String),
    /// It was not tried.
    Skipped {
        /// Why.
        reason: String,
        /// Whether it was skipped on purpose.
        is_on_purpose: bool,
    },
}

/// How the answers to a case differ, at the first level at which they do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// They do not.
    Same,
    /// One endpoint has other statuses.
    Status,
    /// Other codes.
    Code,
    /// Other messages, beyond what the contract leaves open.
    Message,
    /// Other fields in the body.
    Field,
    /// What the case asserts holds of one and not of the other, or fails in another way.
    Verdict,
    /// Other values, which no rule for snapshots names.
    Value,
    /// Only the first has answered.
    OnlyFirst,
    /// Only the second has answered.
    OnlySecond,
    /// Neither has answered, though one was asked.
    Neither,
    /// Neither was asked.
    Skipped,
    /// Neither was asked, on purpose.
    SkippedOnPurpose,
}

impl Difference {
    /// Whether both have answered, and differ.
    pub fn is_between_answers(&self) -> bool {
        match self {
            Self::Status | Self::Code | Self::Message | Self::Field | Self::Verdict | Self::Value => true,
            Self::Same
            | Self::OnlyFirst
            | Self::OnlySecond
            | Self::Neither
            | Self::Skipped
            | Self::SkippedOnPurpose => false,
        }
    }

    /// Whether nothing was compared, for a reason that was not asked for.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::OnlyFirst | Self::OnlySecond | Self::Neither | Self::Skipped)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Same => "same",
            Self::Status => "other status",
            Self::Code => "other code",
            Self::Message => "other message",
            Self::Field => "other fields",
            Self::Verdict => "other verdict",
            Self::Value => "other value",
            Self::OnlyFirst => "only the first answered",
            Self::OnlySecond => "only the second answered",
            Self::Neither => "neither answered",
            Self::Skipped => "skipped on both",
            Self::SkippedOnPurpose => "skipped on purpose",
        })
    }
}

/// The comparison of one case.
#[derive(Debug, Clone)]
pub struct CaseDifference {
    /// The case.
    pub id: String,
    /// The code of the row that it is about; none where it expects no code, or one of several.
    pub row: Option<String>,
    /// How the answers differ.
    pub difference: Difference,
    /// Where, if they have other values at a place.
    pub place: Option<String>,
    /// What the first endpoint has where they differ; its last answer where they do not, or only it could be asked.
    pub first: String,
    /// The same of the second one.
    pub second: String,
}

/// Sums up a case for comparing; `rules` are those for snapshots, the same for both endpoints.
pub fn summarise(record: &CaseRecord, contract: &Contract, rules: &SnapshotRules) -> CaseSummary {
    let findings = match &record.verdict {
        // An answer that judges nothing, such as one that asks to slow down, is none to compare with.
        Verdict::Inconclusive(unknown) => return CaseSummary::Inconclusive(unknown.to_string()),
        Verdict::Skipped(reason) => return summarise_skipped(reason),
        Verdict::Passed | Verdict::Flaky { .. } => None,
        Verdict::Failed | Verdict::Waived { .. } => Some(
            record.findings.iter().filter(|finding| finding.counts(record.gate)).map(show_finding).collect(),
        ),
    };
    let mut names = VolatileNames::default();
    record.given.iter().for_each(|(name, value)| names.add(name, value));
    let transcript = Transcript::new(&record.exchanges, rules, names);
    let view = transcript.view();
    let parts = transcript.parts().iter();
    let answers =
        parts.map(|part| answer(&part.exchange.answer, contract, leaves(part, &view, contract))).collect();
    CaseSummary::Answered { answers, findings }
}

fn summarise_skipped(reason: &Skipped) -> CaseSummary {
    CaseSummary::Skipped { reason: reason.to_string(), is_on_purpose: reason.is_meant() }
}

fn show_finding(finding: &Finding) -> String {
    let Finding { level, subject, expected, actual, step, .. } = finding;
    let subject = if *subject == level.name() { String::new() } else { format!(" {subject}") };
    format!("step {}: {level}{subject}: expected {expected}, found {actual}", step + 1)
}

fn answer(answer: &Answer, contract: &Contract, leaves: Vec<Leaf>) -> AnswerSummary {
    let at = |path: &Option<String>| {
        select_in(contract, answer, path.as_ref()?).ok().map(|value| value.to_plain())
    };
    AnswerSummary {
        status: answer.status,
        code: at(&contract.envelope.code),
        message: at(&contract.envelope.message),
        leaves,
    }
}

/// Compares a case's answers of two endpoints.
pub fn compare(planned: &PlannedCase, first: &CaseSummary, second: &CaseSummary) -> CaseDifference {
    use CaseSummary::{Answered, Inconclusive, Skipped};
    let mut place = None;
    let (difference, first, second) = match (first, second) {
        (Answered { .. }, Answered { .. }) => {
            let (found, at) = compare_answers(&planned.contract, first, second);
            place = at;
            found
        }
        (Answered { .. }, Inconclusive(_) | Skipped { .. }) => {
            (Difference::OnlyFirst, describe_whole(first), describe_whole(second))
        }
        (Inconclusive(_) | Skipped { .. }, Answered { .. }) => {
            (Difference::OnlySecond, describe_whole(first), describe_whole(second))
        }
        (Skipped { is_on_purpose: true, .. }, Skipped { is_on_purpose: true, .. }) => {
            (Difference::SkippedOnPurpose, describe_whole(first), describe_whole(second))
        }
        (Skipped { .. }, Skipped { .. }) => {
            (Difference::Skipped, describe_whole(first), describe_whole(second))
        }
        (Inconclusive(_) | Skipped { .. }, Inconclusive(_) | Skipped { .. }) => {
            (Difference::Neither, describe_whole(first), describe_whole(second))
        }
    };
    let [first, second] = [first, second].map(|text| shorten(text, LONGEST));
    CaseDifference { id: planned.id.to_string(), row: row(planned), difference, place, first, second }
}

/// The code that a case is about: what its last step with a code expects.
fn row(planned: &PlannedCase) -> Option<String> {
    let one = |expect: &Expect| match expect.codes()[..] {
        [code] if !expect.allows_other_codes() => Some(code.to_owned()),
        _ => None,
    };
    planned.case.steps.iter().rev().find_map(|step| one(&step.expect))
}

/// How answers differ and what both endpoints have there, and the place, if they have other values at one.
fn compare_answers(
    contract: &Contract,
    first: &CaseSummary,
    second: &CaseSummary,
) -> ((Difference, String, String), Option<String>) {
    let (
        CaseSummary::Answered { answers: one, findings: wrong_in_first },
        CaseSummary::Answered { answers: other, findings: wrong_in_second },
    ) = (first, second)
    else {
        return ((Difference::Neither, describe_whole(first), describe_whole(second)), None);
    };
    let mut place = None;
    let pairs = || one.iter().zip(other);
    let outer = pairs().find_map(|(one, other)| {
        let difference = outer_difference(contract, one, other)?;
        Some((difference.clone(), differing_part(one, &difference), differing_part(other, &difference)))
    });
    let fields = || {
        pairs().find_map(|(one, other)| {
            let (first, second) = other_fields(one, other)?;
            Some((Difference::Field, first, second))
        })
    };
    let verdict = || {
        (wrong_in_first != wrong_in_second
            && is_other_verdict(wrong_in_first.as_ref(), wrong_in_second.as_ref()))
        .then(|| (Difference::Verdict, verdict(wrong_in_first.as_ref()), verdict(wrong_in_second.as_ref())))
    };
    let mut values = || {
        pairs().find_map(|(one, other)| {
            let (at, first, second) = other_value(one, other)?;
            place = Some(at);
            Some((Difference::Value, first, second))
        })
    };
    // One of them ended the case earlier, though the answers of both are alike.
    let length = || {
        (one.len() != other.len()).then(|| {
            (Difference::Verdict, format!("{} answers", one.len()), format!("{} answers", other.len()))
        })
    };
    let found = outer.or_else(fields).or_else(verdict).or_else(&mut values).or_else(length);
    let alike = || (Difference::Same, describe_whole(first), describe_whole(second));
    (found.unwrap_or_else(alike), place)
}

fn outer_difference(contract: &Contract, one: &AnswerSummary, other: &AnswerSummary) -> Option<Difference> {
    if one.status != other.status {
        Some(Difference::Status)
    } else if one.code != other.code {
        Some(Difference::Code)
    } else if one.message != other.message && !is_left_open(contract, one, other) {
        Some(Difference::Message)
    } else {
        None
    }
}

/// Whether both messages fill the same template of the contract.
fn is_left_open(contract: &Contract, one: &AnswerSummary, other: &AnswerSummary) -> bool {
    let (Some(code), Some(left), Some(right)) = (&one.code, &one.message, &other.message) else {
        return false;
    };
    let rows = contract.rows_of(code).filter(|row| row.status == one.status);
    let templates = rows.filter_map(|row| row.message.as_ref()).filter(|message| message.has_blanks());
    templates.into_iter().any(|message| message.mismatch(left).is_none() && message.mismatch(right).is_none())
}

/// Two failures are alike if they are about the same; what was found is compared as a value.
fn is_other_verdict(first: Option<&Vec<String>>, second: Option<&Vec<String>>) -> bool {
    let wrong = |findings: &Vec<String>| -> Vec<String> {
        findings.iter().map(|text| text.split(": expected ").next().unwrap_or_default().to_owned()).collect()
    };
    first.map(wrong) != second.map(wrong)
}

fn verdict(findings: Option<&Vec<String>>) -> String {
    let Some(findings) = findings else { return "passed".into() };
    let more = findings.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    let shown: Vec<&str> = findings.iter().take(SHOWN).map(String::as_str).collect();
    format!("failed: {}{rest}", shown.join("; "))
}

/// The fields that one of two answers has alone. Of a list that is empty in one of them nothing is known.
fn other_fields(one: &AnswerSummary, other: &AnswerSummary) -> Option<(String, String)> {
    let empty: BTreeSet<String> = [one, other]
        .iter()
        .flat_map(|answer| &answer.leaves)
        .filter(|leaf| leaf.is_length && leaf.value == "a list of 0")
        .map(|leaf| format!("{}[*]", of_any_item(&leaf.place)))
        .collect();
    let fields = |answer: &AnswerSummary| -> BTreeSet<String> {
        let places = answer.leaves.iter().map(|leaf| of_any_item(&leaf.place));
        places.filter(|place| !empty.iter().any(|list| place.starts_with(list.as_str()))).collect()
    };
    let (first, second) = (fields(one), fields(other));
    let alone = |own: &BTreeSet<String>, others: &BTreeSet<String>| {
        let names: Vec<&str> = own.difference(others).map(String::as_str).collect();
        if names.is_empty() { "nothing more".to_owned() } else { format!("has {}", names.join(", ")) }
    };
    (first != second).then(|| (alone(&first, &second), alone(&second, &first)))
}

/// A place with `[*]` for every index.
fn of_any_item(place: &str) -> String {
    let mut text = String::new();
    for (at, part) in place.split('[').enumerate() {
        let index =
            part.split_once(']').filter(|(digits, _)| digits.bytes().all(|byte| byte.is_ascii_digit()));
        match (at, index) {
            (0, _) => text.push_str(part),
            (_, Some((_, rest))) => text.extend(["[*]", rest]),
            (_, None) => text.extend(["[", part]),
        }
    }
    text
}

/// The first place at which two answers have other values, and these with it.
fn other_value(one: &AnswerSummary, other: &AnswerSummary) -> Option<(String, String, String)> {
    // Messages have been compared, by the templates of the contract.
    let values = |answer: &AnswerSummary| -> Vec<(String, String)> {
        let leaves = answer.leaves.iter().filter(|leaf| !leaf.is_message);
        leaves.map(|leaf| (leaf.place.clone(), leaf.value.clone())).collect()
    };
    let (first, second) = (values(one), values(other));
    let shown = |(place, value): &(String, String)| format!("{place} {value}");
    let known: BTreeMap<&str, &str> =
        second.iter().map(|(place, value)| (place.as_str(), value.as_str())).collect();
    let differing = first.iter().find(|(place, value)| known.get(place.as_str()) != Some(&value.as_str()));
    if let Some(own) = differing {
        let theirs = known.get(own.0.as_str());
        let theirs =
            theirs.map_or_else(|| format!("{} nothing", own.0), |value| format!("{} {value}", own.0));
        return Some((own.0.clone(), shown(own), theirs));
    }
    // A snapshot does not keep the order of fields, and a field may be doubled.
    let more = second.iter().find(|(place, value)| !first.contains(&(place.clone(), value.clone())))?;
    Some((more.0.clone(), format!("{} nothing", more.0), shown(more)))
}

fn quote(text: &str) -> String {
    Value::text(text).to_string()
}

/// The last answer in a line: status, code and message; or why there is none.
fn describe_whole(summary: &CaseSummary) -> String {
    let answers = match summary {
        CaseSummary::Answered { answers, .. } => answers,
        CaseSummary::Inconclusive(reason) => return format!("inconclusive: {reason}"),
        CaseSummary::Skipped { reason, .. } => return format!("skipped: {reason}"),
    };
    let Some(last) = answers.last() else { return "nothing was asked".into() };
    let texts = [&last.code, &last.message].into_iter().flatten().map(|text| quote(text));
    std::iter::once(last.status.to_string()).chain(texts).collect::<Vec<_>>().join(" ")
}

fn differing_part(answer: &AnswerSummary, difference: &Difference) -> String {
    let text = |text: &Option<String>| text.as_ref().map_or_else(|| "nothing".into(), |text| quote(text));
    if *difference == Difference::Code {
        text(&answer.code)
    } else if *difference == Difference::Message {
        text(&answer.message)
    } else {
        let code = answer.code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
        format!("{}{code}", answer.status)
    }
}

/// How many cases have which difference, by the row that they are about.
pub fn by_row(differences: &[CaseDifference]) -> BTreeMap<Option<String>, BTreeMap<Difference, usize>> {
    let mut rows: BTreeMap<Option<String>, BTreeMap<Difference, usize>> = BTreeMap::new();
    for case in differences {
        *rows.entry(case.row.clone()).or_default().entry(case.difference.clone()).or_default() += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::{Difference, compare, summarise};
    use crate::check::tests::answer;
    use crate::judgement::tests::{planned, played};
    use crate::snapshot::SnapshotRules;

    #[test]
    fn a_warning_makes_no_other_verdict() {
        let header =
            "[envelope.request-id]\nbody = \"$.id\"\nheader = { name = \"x-id\", unpublished = true }\n";
        let table =
            "[[case]]\nid = \"c\"\nabout = \"x\"\nexpect = { status = 200, body = { \"$.a\" = 1 } }\n";
        let case = &planned(header, table)[0];
        let rules = SnapshotRules::new(&[], &[]);
        let sums = |with_header: bool, body: &str| {
            let headers = [("content-type", "application/json"), ("x-id", "i")];
            let record = played(case, &[answer(200, &headers[..=usize::from(with_header)], body)]);
            summarise(&record, &case.contract, &rules)
        };
        let wrong = r#"{"id": "i", "a": 2}"#;
        let found = compare(case, &sums(true, wrong), &sums(false, wrong));
        assert_eq!(found.difference, Difference::Same, "{found:?}");
        let right = r#"{"id": "i", "a": 1}"#;
        assert_eq!(compare(case, &sums(true, right), &sums(true, wrong)).difference, Difference::Verdict);
    }
}
