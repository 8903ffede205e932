//! Selects cases and multiplies out their rows and axes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::filter::{CaseFilter, IdleCondition, Selectable};
use super::pattern::{Pattern, Unmatched};
use crate::model::{AxisChoice, Case, CaseId, Contract, IdError, Row, Spot, Suite, last_part};

/// The most cases of a suite: each takes some hundred bytes, and a few lines of a table may come to any number.
const MOST_CASES: usize = 1_000_000;

/// Why there is nothing to run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Patterns that select no case.
    #[error("no case matches {0}")]
    Unmatched(Unmatched),
    /// Patterns of cases to skip that match none of those that are selected.
    #[error("--skip: no selected case matches {0}")]
    NothingSkipped(Unmatched),
    /// A pattern of an expression that matches no case.
    #[error("-E: no case matches {0}")]
    UnmatchedId(Unmatched),
    /// A tag of an expression that no case has.
    #[error("-E: no case has the tag `{tag}`")]
    UnknownTag {
        /// The tag.
        tag: String,
        /// The tags that cases have.
        known: Vec<String>,
    },
    /// An expression that selects no case.
    #[error("-E: no case that is selected meets `{filter}`")]
    NothingFiltered {
        /// The expression.
        filter: String,
    },
    /// Every case that is selected is skipped on purpose.
    #[error("--skip leaves none of the selected cases")]
    AllSkipped,
    /// The suite has no cases.
    #[error("there are no cases")]
    Empty,
    /// The suite has too many cases.
    #[error("there are more than {MOST_CASES} cases, with each row and each of the axes")]
    TooMany,
    /// Parts of an id do not go together.
    #[error("the case {name} gets no id: {source}")]
    Id {
        /// The case.
        name: String,
        /// Why.
        source: IdError,
    },
}

/// One expanded case.
#[derive(Debug, Clone)]
pub struct PlannedCase {
    /// Its id.
    pub id: CaseId,
    /// What it is expanded from.
    pub case: Arc<Case>,
    /// The contract that it is checked against.
    pub contract: Arc<Contract>,
    /// Its axes.
    pub axes: AxisChoice,
    row: Option<usize>,
    /// The pattern by which it is skipped on purpose.
    skipped: Option<Arc<str>>,
}

impl PlannedCase {
    /// The pattern by which it is skipped on purpose, if it is.
    pub fn skip_pattern(&self) -> Option<&str> {
        self.skipped.as_deref()
    }

    /// Its row, if the case has rows.
    pub fn row(&self) -> Option<&Row> {
        self.row.and_then(|position| self.case.rows.get(position))
    }

    /// Where it is in its file: at its row, if it has one.
    pub fn spot(&self) -> &Spot {
        self.row().map_or(&self.case.spot, |row| &row.spot)
    }
}

impl Selectable for PlannedCase {
    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn tags(&self) -> &BTreeSet<String> {
        &self.case.tags
    }

    fn is_named(&self, pattern: &Pattern) -> bool {
        let former = |name: &String| pattern.matches(&format!("{}/{name}", self.id.table()));
        pattern.matches(self.id.as_str()) || self.case.former.iter().any(former)
    }
}

/// The cases of a run, in the order of their ids.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The cases.
    pub cases: Vec<PlannedCase>,
    /// How many cases there are with those that were not selected.
    pub known: usize,
}

impl Plan {
    /// Marks the cases that any of the patterns matches as skipped on purpose.
    ///
    /// # Errors
    /// A pattern that matches nothing, or patterns that leave nothing.
    pub fn skip(&mut self, patterns: &[Pattern]) -> Result<(), PlanError> {
        let mut unmatched = Vec::new();
        for pattern in patterns {
            let (name, mut is_matched) = (Arc::from(pattern.as_str()), false);
            for case in self.cases.iter_mut().filter(|case| case.is_named(pattern)) {
                is_matched = true;
                case.skipped.get_or_insert_with(|| Arc::clone(&name));
            }
            if !is_matched {
                unmatched.push(pattern);
            }
        }
        if let Some(unmatched) = Unmatched::of(&unmatched, self.cases.iter().map(|case| case.id.as_str())) {
            return Err(PlanError::NothingSkipped(unmatched));
        }
        if self.cases.iter().all(|case| case.skipped.is_some()) {
            return Err(PlanError::AllSkipped);
        }
        Ok(())
    }

    /// The plan without the cases that are skipped on purpose.
    #[must_use]
    pub fn without_skipped(mut self) -> Self {
        self.cases.retain(|case| case.skipped.is_none());
        self
    }
}

/// Every case of a suite, in the order of ids.
///
/// # Errors
/// Parts of an id that do not go together, such as a row and axes that make it too long.
pub fn case_ids(suite: &Suite) -> Result<Vec<PlannedCase>, PlanError> {
    let mut cases = Vec::new();
    for operation in &suite.operations {
        for case in operation.tables.iter().flat_map(|table| &table.cases) {
            expand(case, &operation.contract, &mut cases)?;
        }
    }
    cases.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(cases)
}

/// Refuses a case more than there may be.
fn check_room(cases: usize) -> Result<(), PlanError> {
    if cases < MOST_CASES { Ok(()) } else { Err(PlanError::TooMany) }
}

fn expand(case: &Arc<Case>, contract: &Arc<Contract>, cases: &mut Vec<PlannedCase>) -> Result<(), PlanError> {
    let rows: Vec<Option<usize>> =
        if case.rows.is_empty() { vec![None] } else { (0..case.rows.len()).map(Some).collect() };
    for row in rows {
        for axes in &case.axes {
            check_room(cases.len())?;
            let row_id = row.map(|position| case.rows[position].id.as_str());
            let part = last_part(row_id, &axes.id());
            let id = CaseId::new(&case.table, &case.name, part.as_deref())
                .map_err(|source| PlanError::Id { name: case.name.clone(), source })?;
            cases.push(PlannedCase {
                id,
                case: Arc::clone(case),
                contract: Arc::clone(contract),
                axes: axes.clone(),
                row,
                skipped: None,
            });
        }
    }
    Ok(())
}

/// Selects the cases that any of the patterns matches; all of them without patterns.
///
/// # Errors
/// A pattern that matches nothing, since a gate that tests nothing must not pass.
pub fn plan(suite: &Suite, patterns: &[Pattern]) -> Result<Plan, PlanError> {
    filtered(suite, patterns, &[])
}

/// The same, and of those the cases that any of the expressions selects.
///
/// # Errors
/// As [`plan`], and expressions that select nothing, or name what no case has.
pub fn filtered(suite: &Suite, patterns: &[Pattern], filters: &[CaseFilter]) -> Result<Plan, PlanError> {
    let mut cases = case_ids(suite)?;
    let known = cases.len();
    select(&mut cases, patterns, filters)?;
    if cases.is_empty() {
        return Err(PlanError::Empty);
    }
    Ok(Plan { cases, known })
}

/// Keeps the cases that any of the patterns matches, and of those the ones that any of the expressions selects.
///
/// # Errors
/// As [`filtered`].
pub fn select<T: Selectable>(
    cases: &mut Vec<T>,
    patterns: &[Pattern],
    filters: &[CaseFilter],
) -> Result<(), PlanError> {
    let unmatched: Vec<&Pattern> =
        patterns.iter().filter(|pattern| !cases.iter().any(|case| case.is_named(pattern))).collect();
    if let Some(unmatched) = Unmatched::of(&unmatched, cases.iter().map(Selectable::id)) {
        return Err(PlanError::Unmatched(unmatched));
    }
    filters.iter().try_for_each(|filter| check(filter, cases))?;
    if !patterns.is_empty() {
        cases.retain(|case| patterns.iter().any(|pattern| case.is_named(pattern)));
    }
    if let Some(filter) = filters.iter().find(|filter| !cases.iter().any(|case| filter.matches(case))) {
        return Err(PlanError::NothingFiltered { filter: filter.as_str().to_owned() });
    }
    if !filters.is_empty() {
        cases.retain(|case| filters.iter().any(|filter| filter.matches(case)));
    }
    Ok(())
}

/// Leaves out the cases that a pattern matches.
///
/// # Errors
/// As [`Plan::skip`].
pub fn leave_out<T: Selectable>(cases: &mut Vec<T>, patterns: &[Pattern]) -> Result<(), PlanError> {
    let unmatched: Vec<&Pattern> =
        patterns.iter().filter(|pattern| !cases.iter().any(|case| case.is_named(pattern))).collect();
    if let Some(unmatched) = Unmatched::of(&unmatched, cases.iter().map(Selectable::id)) {
        return Err(PlanError::NothingSkipped(unmatched));
    }
    cases.retain(|case| !patterns.iter().any(|pattern| case.is_named(pattern)));
    if cases.is_empty() { Err(PlanError::AllSkipped) } else { Ok(()) }
}

/// Refuses an expression with a tag or a pattern that no case of the suite has.
fn check(filter: &CaseFilter, cases: &[impl Selectable]) -> Result<(), PlanError> {
    match filter.idle(cases).first() {
        None => Ok(()),
        Some(IdleCondition::Id(pattern)) => {
            let ids = cases.iter().map(Selectable::id);
            Err(PlanError::UnmatchedId(Unmatched::of(&[*pattern], ids).unwrap_or_default()))
        }
        Some(IdleCondition::Tag(tag)) => {
            let known: BTreeSet<&String> = cases.iter().flat_map(Selectable::tags).collect();
            let known = known.into_iter().cloned().collect();
            Err(PlanError::UnknownTag { tag: (*tag).to_owned(), known })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_CASES, check_room};

    #[test]
    fn as_many_cases_as_there_may_be_are_taken_and_one_more_is_not() {
        assert!(check_room(MOST_CASES - 1).is_ok() && check_room(MOST_CASES).is_err());
    }
}
