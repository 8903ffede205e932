//! Compares what two endpoints answered to the same cases: what to mend in one to match the other.
//!
//! Pure: from the records of two runs to differences. It does not judge who is right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::check::select_in;
use crate::model::{Answer, CaseRecord, Contract, Value, Verdict};
use crate::plan::PlannedCase;

/// What is kept of an answer for comparing: small, whatever was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerSummary {
    status: u16,
    code: Option<String>,
    message: Option<String>,
    fields: BTreeSet<String>,
}

/// What is kept of a case: the answers to its steps, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseSummary {
    /// Answers, in the order of steps.
    Answered(Vec<AnswerSummary>),
    /// It could not be found out.
    Unreached(String),
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
    /// Only the first could be reached.
    OnlyFirst,
    /// Only the second could be reached.
    OnlySecond,
    /// Neither could be reached.
    Neither,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Same => "same",
            Self::Status => "other status",
            Self::Code => "other code",
            Self::Message => "other message",
            Self::Field => "other fields",
            Self::OnlyFirst => "only the first reachable",
            Self::OnlySecond => "only the second reachable",
            Self::Neither => "neither reachable",
        })
    }
}

/// The comparison of one case.
#[derive(Debug, Clone)]
pub struct CaseDifference {
    /// The case.
    pub id: String,
    /// The row of the contract that it is about: its error code, or none for a success.
    pub row: Option<String>,
    /// How the answers differ.
    pub difference: Difference,
    /// What the first endpoint has where they differ; its last answer where they do not, or only it could be asked.
    pub first: String,
    /// The same of the second one.
    pub second: String,
}

/// Sums up a case for comparing.
pub fn summarise(record: &CaseRecord, contract: &Contract) -> CaseSummary {
    // An answer that judges nothing, such as one that asks to slow down, is none to compare with.
    if let Verdict::Indeterminate(_) | Verdict::NotRun(_) = &record.verdict {
        return CaseSummary::Unreached(record.verdict.reason().unwrap_or_default());
    }
    CaseSummary::Answered(
        record.exchanges.iter().map(|exchange| answer(&exchange.answer, contract)).collect(),
    )
}

fn answer(answer: &Answer, contract: &Contract) -> AnswerSummary {
    let at = |path: &Option<String>| {
        select_in(contract, answer, path.as_ref()?).ok().map(|value| value.to_plain())
    };
    let fields = match answer.tree() {
        Some(Value::Map(entries)) => entries.iter().map(|(key, _)| key.clone()).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_)) | None => {
            BTreeSet::new()
        }
    };
    AnswerSummary {
        status: answer.status,
        code: at(&contract.envelope.code),
        message: at(&contract.envelope.message),
        fields,
    }
}

/// Compares a case's answers of two endpoints.
pub fn compare(planned: &PlannedCase, first: &CaseSummary, second: &CaseSummary) -> CaseDifference {
    let (difference, told) = match (first, second) {
        (CaseSummary::Answered(first), CaseSummary::Answered(second)) => {
            answers(&planned.contract, first, second)
        }
        (CaseSummary::Answered(first), CaseSummary::Unreached(reason)) => {
            (Difference::OnlyFirst, (whole(first), reason.clone()))
        }
        (CaseSummary::Unreached(reason), CaseSummary::Answered(second)) => {
            (Difference::OnlySecond, (reason.clone(), whole(second)))
        }
        (CaseSummary::Unreached(first), CaseSummary::Unreached(second)) => {
            (Difference::Neither, (first.clone(), second.clone()))
        }
    };
    CaseDifference {
        id: planned.id.to_string(),
        row: row(planned),
        difference,
        first: told.0,
        second: told.1,
    }
}

/// The code that a case is about: what its last step expects.
fn row(planned: &PlannedCase) -> Option<String> {
    let codes = planned.case.steps.iter().rev().filter_map(|step| step.expect.code.as_ref());
    codes.into_iter().find_map(|matcher| matcher.as_text().map(str::to_owned))
}

fn answers(
    contract: &Contract,
    first: &[AnswerSummary],
    second: &[AnswerSummary],
) -> (Difference, (String, String)) {
    for (one, other) in first.iter().zip(second) {
        if let Some(difference) = difference(contract, one, other) {
            return (difference.clone(), (told(one, &difference), told(other, &difference)));
        }
    }
    if first.len() == second.len() {
        return (Difference::Same, (whole(first), whole(second)));
    }
    // One of them ended the case earlier, though what both answered is alike.
    (Difference::Field, (format!("{} answers", first.len()), format!("{} answers", second.len())))
}

fn difference(contract: &Contract, one: &AnswerSummary, other: &AnswerSummary) -> Option<Difference> {
    if one.status != other.status {
        Some(Difference::Status)
    } else if one.code != other.code {
        Some(Difference::Code)
    } else if one.message != other.message && !is_left_open(contract, one, other) {
        Some(Difference::Message)
    } else if one.fields != other.fields {
        Some(Difference::Field)
    } else {
        None
    }
}

/// Whether both messages fill the same template of the contract.
fn is_left_open(contract: &Contract, one: &AnswerSummary, other: &AnswerSummary) -> bool {
    let (Some(code), Some(left), Some(right)) = (&one.code, &one.message, &other.message) else {
        return false;
    };
    let templates =
        contract.rows_of(code).filter_map(|row| row.message.as_ref()).filter(|message| message.has_blanks());
    templates.into_iter().any(|message| message.mismatch(left).is_none() && message.mismatch(right).is_none())
}

/// The last answer in a line: status, code and message.
fn whole(answers: &[AnswerSummary]) -> String {
    let Some(last) = answers.last() else { return "nothing was asked".into() };
    let texts =
        [&last.code, &last.message].into_iter().flatten().map(|text| Value::text(text.as_str()).to_string());
    std::iter::once(last.status.to_string()).chain(texts).collect::<Vec<_>>().join(" ")
}

fn told(answer: &AnswerSummary, difference: &Difference) -> String {
    let text = |text: &Option<String>| {
        text.as_ref().map_or_else(|| "nothing".into(), |text| Value::text(text.as_str()).to_string())
    };
    match difference {
        Difference::Code => text(&answer.code),
        Difference::Message => text(&answer.message),
        Difference::Field => answer.fields.iter().cloned().collect::<Vec<_>>().join(", "),
        Difference::Same
        | Difference::Status
        | Difference::OnlyFirst
        | Difference::OnlySecond
        | Difference::Neither => match &answer.code {
            Some(code) => format!("{} {code}", answer.status),
            None => answer.status.to_string(),
        },
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
