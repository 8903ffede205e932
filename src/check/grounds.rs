//! What of the contract says so: in words, and as places of its file. Main type: [`FindingGrounds`].

use super::subject::Subject;
use crate::model::{
    Backing, Citation, Constraint, EffectRule, ErrorRow, Field, FileLocation, Parameter, Promise,
    name_sources,
};

/// The most limits that a finding cites: a contract may give one code to a great many. A judgement keeps those that the
/// request breaks.
const LIMITS: usize = 100;

/// What a finding rests on.
#[derive(Debug, Default)]
pub(super) struct FindingGrounds {
    pub(super) because: Option<String>,
    pub(super) cites: Vec<Citation>,
    /// Whether the promise is marked as unpublished.
    pub(super) is_warning: bool,
}

impl FindingGrounds {
    /// The field of a body.
    pub(super) fn of_field(field: &Field) -> Self {
        Self::of(Promise::Field { name: field.name.clone() }, &field.backing)
    }

    /// A rule of the envelope, by its key.
    pub(super) fn of_rule(name: &str, backing: &Backing) -> Self {
        Self::of(Promise::Envelope { name: name.to_owned() }, backing)
    }

    /// What an accepted request does.
    pub(super) fn of_effect(rule: &EffectRule) -> Self {
        Self::of(Promise::Effect { about: rule.about.clone() }, &rule.backing)
    }

    fn of(promise: Promise, backing: &Backing) -> Self {
        let cites = vec![Citation { promise, site: FileLocation::from(&backing.spot) }];
        Self { because: Some(backing.because()), cites, is_warning: backing.is_unpublished }
    }

    /// The row, and the limits on what was sent that are answered by it.
    pub(super) fn of_row(row: Option<&ErrorRow>, subject: &Subject<'_>) -> Self {
        let Some(row) = row else { return Self::default() };
        let row_cited = Citation {
            promise: Promise::ErrorRow { status: row.status, code: row.code.clone() },
            site: FileLocation::from(&row.spot),
        };
        let limits = limits(row, subject).take(LIMITS).map(|(parameter, constraint)| Citation {
            promise: Promise::Limit {
                parameter: parameter.name.clone(),
                limit: constraint.limit.to_string(),
            },
            site: FileLocation::from(&constraint.spot),
        });
        let cites = std::iter::once(row_cited).chain(limits).collect();
        Self { because: Some(because(row)), cites, is_warning: false }
    }
}

/// The row, as a reader of a finding needs it: with the titles of its sources, or else its file and line.
fn because(row: &ErrorRow) -> String {
    let place = if row.source.is_empty() {
        format!("{}:{}, without a source", row.spot.file.path.display(), row.spot.line())
    } else {
        name_sources(&row.source)
    };
    format!("error row {} ({place})", row.label())
}

/// The limits on parameters of the request past which the row is answered.
fn limits<'a>(
    row: &'a ErrorRow,
    subject: &'a Subject<'_>,
) -> impl Iterator<Item = (&'a Parameter, &'a Constraint)> {
    let is_sent =
        |parameter: &&Parameter| subject.request.params.iter().any(|(name, _)| parameter.covers(name));
    let is_answered =
        |constraint: &Constraint| constraint.error.as_ref().is_some_and(|code| *code == row.code);
    let parameters = subject.contract.parameters.iter().filter(is_sent);
    parameters
        .flat_map(|parameter| parameter.constraints.iter().map(move |constraint| (parameter, constraint)))
        .filter(move |(_, constraint)| is_answered(constraint))
}
