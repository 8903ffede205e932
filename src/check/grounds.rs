//! What of the contract says so: in words, and as places of its file. Main type: [`Grounds`].

use super::subject::Subject;
use crate::model::{Citation, Constraint, ErrorRow, Field, Parameter, Promise, Site, Value};

/// The most limits that a finding cites: a contract may give one code to a great many.
const LIMITS: usize = 8;

/// What a finding rests on.
#[derive(Debug, Default)]
pub(super) struct Grounds {
    pub(super) because: Option<String>,
    pub(super) cites: Vec<Citation>,
}

impl Grounds {
    /// The field of a body.
    pub(super) fn of_field(field: &Field) -> Self {
        let because = (!field.source.is_empty()).then(|| format!("sources: {}", field.source.join(", ")));
        let promise = Promise::Field { name: field.name.clone() };
        Self { because, cites: vec![Citation { promise, site: Site::from(&field.spot) }] }
    }

    /// The rows, and the limits on what was sent that are answered by one of them.
    pub(super) fn of_rows(rows: &[&ErrorRow], subject: &Subject<'_>) -> Self {
        let cited = rows.iter().map(|row| Citation {
            promise: Promise::ErrorRow { status: row.status, code: row.code.clone() },
            site: Site::from(&row.spot),
        });
        let limits = limits(rows, subject).take(LIMITS).map(|(parameter, constraint)| Citation {
            promise: Promise::Limit {
                parameter: parameter.name.clone(),
                limit: constraint.limit.to_string(),
            },
            site: Site::from(&constraint.spot),
        });
        Self { because: because(rows), cites: cited.chain(limits).collect() }
    }
}

/// The rows, as a reader of a finding needs them.
fn because(rows: &[&ErrorRow]) -> Option<String> {
    let row = rows.first()?;
    let message =
        row.message.as_ref().map(|message| format!(" {}", Value::text(message.as_str()))).unwrap_or_default();
    let sources = if row.source.is_empty() { String::new() } else { format!(" ({})", row.source.join(", ")) };
    Some(format!("error row {} {}{message}{sources}", row.status, row.code))
}

/// The limits on parameters of the request past which one of the rows is answered.
fn limits<'a>(
    rows: &'a [&ErrorRow],
    subject: &'a Subject<'_>,
) -> impl Iterator<Item = (&'a Parameter, &'a Constraint)> {
    let is_sent =
        |parameter: &&Parameter| subject.request.params.iter().any(|(name, _)| parameter.covers(name));
    let is_answered = |constraint: &Constraint| {
        rows.iter().any(|row| constraint.error.as_ref().is_some_and(|code| *code == row.code))
    };
    let parameters = subject.contract.parameters.iter().filter(is_sent);
    parameters
        .flat_map(|parameter| parameter.constraints.iter().map(move |constraint| (parameter, constraint)))
        .filter(move |(_, constraint)| is_answered(constraint))
}
