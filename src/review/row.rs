//! Which row of the contract an answer is an instance of. Main type: [`AnswerReading`].

use super::fact::AnswerOutcome;
use super::transcript::SnapshotAnswer;
use super::wording::cut;
use crate::check::select;
use crate::model::{Contract, ErrorRow, MessageTemplate, Value};

/// The longest message of a row that is repeated, in characters: two rows may differ at the end alone.
const LONGEST: usize = 400;

/// An answer as the contract reads it.
pub(super) struct AnswerReading<'a> {
    pub(super) status: u16,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    /// The row whose message fits, one with the answer's status before others.
    pub(super) row: Option<&'a ErrorRow>,
    /// Whether any contract says anything.
    is_known: bool,
    /// Whether rows have the answer's code at all.
    rows_of_code: Vec<&'a ErrorRow>,
}

impl<'a> AnswerReading<'a> {
    /// Reads an answer.
    pub(super) fn of(answer: &SnapshotAnswer<'_>, contract: Option<&'a Contract>) -> Self {
        let text = |path: Option<&String>| {
            let found = select(answer.body.tree()?, path?).ok()?;
            found.as_code().map(str::to_owned)
        };
        let envelope = contract.map(|contract| &contract.envelope);
        let code = text(envelope.and_then(|envelope| envelope.code.as_ref()));
        let message = text(envelope.and_then(|envelope| envelope.message.as_ref()));
        let rows_of_code: Vec<&ErrorRow> = match (contract, &code) {
            (Some(contract), Some(code)) => {
                let rows = contract.rows.iter().chain(&contract.shared_rows);
                rows.filter(|row| row.code == *code).collect()
            }
            (Some(_) | None, _) => Vec::new(),
        };
        let is_known = contract.is_some();
        let mut judged = Self { status: answer.status, code, message, row: None, is_known, rows_of_code };
        judged.row = judged.fitting();
        judged
    }

    fn fitting(&self) -> Option<&'a ErrorRow> {
        let message = self.message.as_ref()?;
        let fits = |row: &&&ErrorRow| {
            row.message.as_ref().is_none_or(|template| template.mismatch(message).is_none())
        };
        let rank = |row: &&&ErrorRow| {
            let has_blanks = row.message.as_ref().is_none_or(MessageTemplate::has_blanks);
            (row.status != self.status, has_blanks)
        };
        self.rows_of_code.iter().filter(fits).min_by_key(rank).copied()
    }

    pub(super) fn outcome(&self) -> AnswerOutcome {
        AnswerOutcome { status: self.status, code: self.code.clone() }
    }

    /// Whether status and body agree that it is a success; none if they do not agree.
    pub(super) fn is_success(&self) -> Option<bool> {
        let is_status = (200..300).contains(&self.status);
        let has_code = self.code.is_some();
        (!self.is_known || is_status != has_code).then_some(is_status)
    }

    /// The key that distinguishes its row from all others; empty without a row.
    pub(super) fn row_key(&self) -> String {
        self.row.map_or_else(String::new, |row| {
            let message = row.message.as_ref().map_or("", |message| message.as_str());
            format!("{} {} {message}", row.status, row.code)
        })
    }

    /// The row that it is an instance of, or why it is an instance of none, on one line.
    pub(super) fn line(&self) -> String {
        if let Some(row) = self.row.filter(|row| row.status == self.status) {
            return row_line(row);
        }
        let outcome = self.outcome();
        let Some(code) = &self.code else {
            return match self.status {
                200..300 => format!("{outcome}, a success"),
                _ => format!("no row of the contract: {outcome} without an error code"),
            };
        };
        match (self.row, &self.rows_of_code[..]) {
            (Some(row), _) => format!("no row of the contract: {code} has status {} there", row.status),
            (None, []) => format!("no row of the contract: it has no error code {code}"),
            (None, [_]) => format!("no row of the contract: {code} has another message there"),
            (None, rows) => {
                format!("no row of the contract: {code} has other messages in {} rows there", rows.len())
            }
        }
    }
}

fn row_line(row: &ErrorRow) -> String {
    format!("{} {}  {}", row.status, row.code, message_of(row))
}

fn message_of(row: &ErrorRow) -> String {
    let quoted = |message: &MessageTemplate| cut(message.as_str(), LONGEST);
    row.message.as_ref().map_or_else(|| "any message".to_owned(), quoted)
}

/// What the contract promises of a field at the top of the body.
pub(super) fn promise(contract: &Contract, path: &str, is_success: bool) -> Option<&'static str> {
    let name = path.strip_prefix("$.")?;
    let envelope = &contract.envelope;
    if is_success && envelope.absent.iter().any(|absent| absent == name) {
        return Some("the contract forbids it in a success");
    }
    let own = if is_success { &contract.response[..] } else { &[] };
    let shared = if is_success { &envelope.success } else { &envelope.error };
    if own.is_empty() && shared.is_empty() {
        return None;
    }
    let field = own.iter().chain(shared).find(|field| field.name == name);
    Some(match field {
        Some(field) if field.is_required => "the contract demands it",
        Some(_) => "the contract leaves it open",
        None => "not in the contract",
    })
}

/// A value as a text: no quotes around a text.
pub(super) fn plain_text(value: Option<&Value>) -> String {
    value.map(Value::to_plain).unwrap_or_default()
}

/// The literal texts of the rows of answers.
pub(super) fn templates<'a>(judged: &[&AnswerReading<'a>]) -> Vec<&'a str> {
    let rows = judged.iter().filter_map(|judged| judged.row);
    rows.filter_map(|row| row.message.as_ref()).map(MessageTemplate::as_str).collect()
}
