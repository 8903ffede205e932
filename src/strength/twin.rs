//! Which cases expect which error row, and the accepted case beside each: its *twin*. Main type: [`Twins`].
//!
//! An endpoint that refuses everything meets every row. A row is held only if a nearly equal request is
//! accepted.

use std::collections::{HashMap, HashSet};

use crate::model::{
    CaseId, Contract, ErrorRow, Expect, MessageTemplate, OperationId, Scheme, SentBody, StatusRule, Value,
    Verdict,
};
use crate::plan::{PlannedCase, preview, scheme};
use crate::template::Templates;
use crate::wire::encode;

/// The most accepted cases that one case is compared with.
const MOST_COMPARED: usize = 500;

/// Of every case of a suite that expects an error row, the row and the twin.
#[derive(Debug, Default)]
pub struct Twins {
    rows: Vec<RowCases>,
    misnamed: Vec<PlannedCase>,
}

/// An error row of a contract, and the cases that expect it.
#[derive(Debug)]
pub struct RowCases {
    /// The contract.
    pub contract: OperationId,
    /// The row, by status, code and message.
    pub row: String,
    /// The cases whose answer must be an instance of it, each with its twin.
    pub cases: Vec<(CaseId, Option<CaseId>)>,
}

/// What is known of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// It passed.
    Passed,
    /// It did not pass, and nothing is open.
    Failed,
    /// It is not known: it was skipped, not selected, or is inconclusive.
    Unmeasured,
}

impl Came {
    /// What a verdict says.
    pub fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Passed | Verdict::Flaky { .. } => Self::Passed,
            Verdict::Failed | Verdict::Waived { .. } => Self::Failed,
            Verdict::Inconclusive(_) | Verdict::Skipped(_) => Self::Unmeasured,
        }
    }
}

/// What is known of an error row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowResult {
    /// Every case that expects it passes, and so do their twins.
    Held,
    /// A case that expects it, or the twin of one, does not pass; or no case has a twin.
    NotHeld,
    /// Every case of it that was judged passes, with a twin, and of another case or twin nothing is known.
    HeldInPart,
    /// Of a case that expects it, or of a twin, nothing is known, and no case passes together with its twin.
    Unmeasured,
    /// No case expects it.
    Unexpected,
}

impl RowCases {
    /// What is known of the row, by what came of cases.
    pub fn row_result(&self, came: impl Fn(&CaseId) -> Came) -> RowResult {
        if self.cases.is_empty() {
            return RowResult::Unexpected;
        }
        let twins = self.cases.iter().filter_map(|(_, twin)| twin.as_ref());
        let passes_with_twin = |(case, twin): &(CaseId, Option<CaseId>)| {
            came(case) == Came::Passed && twin.as_ref().is_some_and(|twin| came(twin) == Came::Passed)
        };
        let all: Vec<Came> =
            self.cases.iter().map(|(case, _)| case).chain(twins.clone()).map(&came).collect();
        if all.contains(&Came::Failed) || twins.count() == 0 {
            RowResult::NotHeld
        } else if !all.contains(&Came::Unmeasured) {
            RowResult::Held
        } else if self.cases.iter().any(passes_with_twin) {
            RowResult::HeldInPart
        } else {
            RowResult::Unmeasured
        }
    }
}

impl Twins {
    /// Looks at every case of a suite, as it would be sent with the examples of its states.
    pub fn of(cases: &[PlannedCase]) -> Self {
        let templates = Templates::default();
        let seen: Vec<TwinCandidate> =
            cases.iter().filter_map(|planned| TwinCandidate::of(planned, &templates)).collect();
        let mut accepted: HashMap<TwinKey, Vec<&TwinCandidate>> = HashMap::new();
        for case in seen.iter().filter(|case| case.is_accepted) {
            accepted.entry(case.key()).or_default().push(case);
        }
        let mut twins = Self::default();
        let mut places: HashMap<(&str, String), usize> = HashMap::new();
        let mut known: HashSet<&OperationId> = HashSet::new();
        for planned in cases {
            if !known.insert(&planned.contract.id) {
                continue;
            }
            for row in &planned.contract.rows {
                places.entry((planned.contract.id.as_str(), row.label())).or_insert_with(|| {
                    let contract = planned.contract.id.clone();
                    twins.rows.push(RowCases { contract, row: row.label(), cases: Vec::new() });
                    twins.rows.len() - 1
                });
            }
        }
        for case in &seen {
            let by_name = case.planned.case.twin.as_deref().map(|name| named(case, name, &seen));
            if matches!(by_name, Some(None)) {
                twins.misname(case.planned);
            }
            let Some(row) = &case.row else { continue };
            let Some(place) = places.get(&(case.planned.contract.id.as_str(), row.clone())) else { continue };
            let alike = accepted.get(&case.key()).map(Vec::as_slice).unwrap_or_default();
            let twin = by_name.unwrap_or_else(|| nearest(case, alike));
            let twin = twin.map(|twin| twin.planned.id.clone());
            twins.rows[*place].cases.push((case.planned.id.clone(), twin));
        }
        twins
    }

    fn misname(&mut self, planned: &PlannedCase) {
        let is_known = |known: &PlannedCase| {
            known.case.name == planned.case.name && known.case.table == planned.case.table
        };
        if !self.misnamed.iter().any(is_known) {
            self.misnamed.push(planned.clone());
        }
    }

    /// The own error rows of every contract, in its order.
    pub fn rows(&self) -> &[RowCases] {
        &self.rows
    }

    /// The cases whose `twin` names no accepted case, each once.
    pub fn misnamed(&self) -> &[PlannedCase] {
        &self.misnamed
    }

    /// The rows that cases expect, none of which has a twin.
    pub fn rows_without_twin(&self) -> impl Iterator<Item = &RowCases> {
        self.rows
            .iter()
            .filter(|row| !row.cases.is_empty() && row.cases.iter().all(|(_, twin)| twin.is_none()))
    }
}

/// What twins have in common: contract, method, place, format and signature.
type TwinKey = (String, String, u8, Option<String>, Option<Scheme>);

/// A case as it would be sent.
struct TwinCandidate<'a> {
    planned: &'a PlannedCase,
    is_accepted: bool,
    row: Option<String>,
    key: TwinKey,
    params: Vec<(String, Value)>,
    states: Vec<String>,
}

impl<'a> TwinCandidate<'a> {
    fn of(planned: &'a PlannedCase, templates: &Templates) -> Option<Self> {
        let preview = preview(planned, 0, templates).ok()?;
        let expects = || preview.steps.iter().map(|step| &*step.expect);
        let is_accepted = expects().all(is_of_success);
        let position = preview.steps.len().checked_sub(1)?;
        let last = &preview.steps[position];
        let row = expects().find_map(|expect| only_row(&planned.contract, expect));
        let request = encode(&planned.contract, last).ok()?;
        let place = match request.body {
            SentBody::Empty => 0,
            SentBody::Form(_) => 1,
            SentBody::Json(_) => 2,
            SentBody::Raw(_) => 3,
        };
        let key = (
            planned.contract.id.to_string(),
            request.method.to_string(),
            place,
            request.format.map(|format| format.to_string()),
            scheme(planned, position),
        );
        let given = planned.case.given.iter().chain(planned.case.steps.iter().flat_map(|step| &step.given));
        let states = given.map(|need| format!("{} {:?}", need.state, need.params)).collect();
        Some(Self { planned, is_accepted, row, key, params: last.params.clone(), states })
    }

    fn key(&self) -> TwinKey {
        self.key.clone()
    }

    /// Whether it is the case that another one of its contract calls so, as `table/case`.
    fn is_named(&self, by: &Self, name: &str) -> bool {
        let (own, contract) = (&self.planned.id, &self.planned.contract.id);
        let inside = own.table().strip_prefix(contract.as_str()).and_then(|table| table.strip_prefix('/'));
        by.planned.contract.id == *contract
            && name.rsplit_once('/').is_some_and(|(table, case)| inside == Some(table) && own.case() == case)
    }

    /// In how many parameters and states two cases differ.
    fn distance(&self, other: &Self) -> usize {
        let is_same = |(key, value): &&(String, Value)| {
            other.params.iter().any(|(known, other)| known == key && value.is_same(other))
        };
        let same = self.params.iter().filter(is_same).count();
        let params = self.params.len().max(other.params.len()) - same;
        let states = self.states.iter().filter(|state| !other.states.contains(state)).count();
        params + states
    }
}

/// The accepted case that differs least; of several, the first.
fn nearest<'s, 'a>(
    case: &TwinCandidate<'_>,
    others: &[&'s TwinCandidate<'a>],
) -> Option<&'s TwinCandidate<'a>> {
    others.iter().take(MOST_COMPARED).min_by_key(|other| case.distance(other)).copied()
}

/// The accepted case of this name, as `table/case`; of its rows and axes what is sent in the same way, and differs least.
fn named<'s, 'a>(
    case: &TwinCandidate<'_>,
    name: &str,
    all: &'s [TwinCandidate<'a>],
) -> Option<&'s TwinCandidate<'a>> {
    let of_name: Vec<&TwinCandidate> =
        all.iter().filter(|other| other.is_accepted && other.is_named(case, name)).collect();
    let alike: Vec<&TwinCandidate> = of_name.iter().filter(|other| other.key == case.key).copied().collect();
    nearest(case, if alike.is_empty() { &of_name } else { &alike })
}

/// Whether an expectation leaves an answer of success, and nothing else.
fn is_of_success(expect: &Expect) -> bool {
    let is_below = |rule: &StatusRule| match rule {
        StatusRule::Exact(status) => *status < 400,
        StatusRule::Class(class) => *class < 4,
        StatusRule::Template(_) => false,
    };
    expect.alternatives.is_empty()
        && expect.code.is_none()
        && !expect.status.is_empty()
        && expect.status.iter().all(is_below)
}

/// The own row of a contract that an answer must be an instance of; none if it may be one of several.
fn only_row(contract: &Contract, expect: &Expect) -> Option<String> {
    let codes = expect.codes();
    let [code] = codes.as_slice() else { return None };
    if expect.allows_other_codes() {
        return None;
    }
    let has_status = |row: &ErrorRow| {
        expect.status.is_empty() || expect.status.iter().any(|rule| rule.matches(row.status))
    };
    let wanted = expect.message.as_ref().and_then(crate::model::Matcher::as_text);
    let has_message = |message: &MessageTemplate| {
        wanted.is_none_or(|text| message.as_str() == text || message.mismatch(text).is_none())
    };
    let is_it = |row: &&ErrorRow| {
        row.code == *code && has_status(row) && row.message.as_ref().is_none_or(has_message)
    };
    let mut rows = contract.rows.iter().filter(is_it);
    let row = rows.next()?;
    rows.next().is_none().then(|| row.label())
}
