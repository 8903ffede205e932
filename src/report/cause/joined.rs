//! Causes that are one mistake, which only the whole run shows. Main types: [`WrongAnswers`], [`JoinedCauses`].
//!
//! Several promises that met the same unexpected answer are one cause, and so are limits of an error row that is not looked
//! for, and a snapshot that differs as an answer differs from its promise. Each case keeps the names of the causes that are joined, since those need no other case.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::trouble::Trouble;
use super::unexpected::UnexpectedAnswer;
use super::{Cause, CauseKey, name};
use crate::event::RunStart;
use crate::model::Promise;

/// From so many promises on, the same answer in place of each is one cause, and so are limits of one error row past which
/// values are accepted. Two may have it by accident, unless they are all limits of the row.
const PROMISES: usize = 3;

/// How a line of a snapshot that has the status begins.
const STATUS_LINE: &str = "status line: ";

/// What causes have in common that may be one mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shared {
    /// The same answer in place of others.
    Answer(UnexpectedAnswer),
    /// The same operation, the same error row, and the answer in place of it.
    Row(String, (u16, String), UnexpectedAnswer),
}

impl Shared {
    /// What a cause has in common with others.
    pub(super) fn of(key: &CauseKey, trouble: &Trouble) -> Option<Self> {
        let came = trouble.came.clone()?;
        if came.is_one_mistake() {
            return Some(Self::Answer(came));
        }
        let row = trouble.row.clone().filter(|_| key.code == Code::Status)?;
        Some(Self::Row(key.operation.clone(), row, came))
    }

    /// The name of the cause that joins all with it.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Answer(came) => name(Code::SameAnswer, &[&came.to_string()]),
            Self::Row(operation, row, came) => {
                let (expected, actual, came) = (String::new(), came.to_string(), came.to_string());
                let (operation, promise) = (operation.clone(), promise(row));
                CauseKey { code: Code::Status, operation, promise, expected, actual, came }.id()
            }
        }
    }
}

/// An error row, as a promise.
fn promise((status, code): &(u16, String)) -> String {
    Promise::ErrorRow { status: *status, code: code.clone() }.to_string()
}

/// What the causes of a run have in common. There is never more of it than there are known causes.
#[derive(Debug, Default)]
pub(super) struct WrongAnswers {
    found: BTreeMap<Shared, WrongAnswer>,
    /// How many limits each error of each operation answers.
    limits: BTreeMap<(String, String), usize>,
}

/// What is counted of one of them.
#[derive(Debug, Default)]
struct WrongAnswer {
    /// How many known causes have it.
    promises: usize,
    cases: usize,
    waived: usize,
    waived_in_part: usize,
}

impl WrongAnswers {
    /// For a run that starts.
    pub(super) fn of(start: &RunStart) -> Self {
        let mut limits: BTreeMap<(String, String), usize> = BTreeMap::new();
        for operation in &start.operations {
            let errors = operation.parameters.iter().flat_map(|parameter| &parameter.limits);
            for code in errors.flat_map(|limit| &limit.errors) {
                *limits.entry((operation.id.clone(), code.clone())).or_default() += 1;
            }
        }
        Self { limits, ..Self::default() }
    }

    /// Counts a cause that was not known; whether it is one of joined causes already.
    pub(super) fn add_promise(&mut self, shared: &Shared, cause: &str) -> bool {
        let is_joined = self.is_joined(shared);
        let is_row = matches!(shared, Shared::Row(_, row, _) if promise(row) == cause);
        self.found.entry(shared.clone()).or_default().promises += usize::from(!is_row);
        is_joined
    }

    /// Counts a case once for each thing that its causes share with others; a waiver covers all of it, or part.
    pub(super) fn add_case(&mut self, met: Vec<(Shared, (usize, usize))>) {
        let mut met_here: BTreeMap<Shared, Vec<(usize, usize)>> = BTreeMap::new();
        for (shared, waived) in met {
            met_here.entry(shared).or_default().push(waived);
        }
        for (shared, waived) in met_here {
            let is_waived = waived.iter().all(|(whole, _)| *whole == 1);
            let is_in_part = !is_waived && waived.iter().any(|(whole, part)| whole + part > 0);
            let known = self.found.entry(shared).or_default();
            known.cases += 1;
            known.waived += usize::from(is_waived);
            known.waived_in_part += usize::from(is_in_part);
        }
    }

    /// Whether so many promises have it that they are one cause.
    pub(super) fn is_joined(&self, shared: &Shared) -> bool {
        let promises = self.found.get(shared).map_or(0, |known| known.promises);
        let is_every_limit = || match shared {
            Shared::Answer(_) => false,
            Shared::Row(operation, (_, code), _) => {
                self.limits.get(&(operation.clone(), code.clone())) == Some(&promises) && promises > 1
            }
        };
        promises >= PROMISES || is_every_limit()
    }
}

/// The causes that are joined of others.
#[derive(Debug, Default)]
pub(super) struct JoinedCauses {
    all: Vec<Cause>,
    /// The joined cause of each cause that is not listed by itself.
    places: BTreeMap<String, usize>,
}

impl JoinedCauses {
    pub(super) fn of(known: &BTreeMap<CauseKey, Cause>, wrong: &WrongAnswers) -> Self {
        let mut joined = Self::default();
        for (shared, counts) in wrong.found.iter().filter(|(shared, _)| wrong.is_joined(shared)) {
            let parts = known.values().filter(|cause| cause.shared.as_ref() == Some(shared));
            if let Some(cause) = of_parts(shared, counts, &parts.collect::<Vec<_>>()) {
                joined.add(cause);
            }
        }
        for snapshot in known.values().filter(|cause| cause.code == Code::Snapshot) {
            let same: Vec<&Cause> = known.values().filter(|cause| is_same_change(snapshot, cause)).collect();
            let names: BTreeSet<&str> =
                same.iter().map(|cause| joined.name_of(&cause.id).unwrap_or(&cause.id)).collect();
            if let (Some(cause), 1) = (same.first(), names.len()) {
                joined.add_snapshot(cause, snapshot);
            }
        }
        joined
    }

    fn add(&mut self, cause: Cause) -> usize {
        let place = self.all.len();
        self.places.extend(cause.joined.iter().cloned().chain([cause.id.clone()]).map(|id| (id, place)));
        self.all.push(cause);
        place
    }

    /// Counts a snapshot with the cause of its change. No case has both: a snapshot counts where nothing else differs.
    fn add_snapshot(&mut self, cause: &Cause, snapshot: &Cause) {
        let place = match self.places.get(&cause.id) {
            Some(place) => *place,
            None => self.add(cause.clone()),
        };
        self.places.insert(snapshot.id.clone(), place);
        let joined = &mut self.all[place];
        joined.joined.push(snapshot.id.clone());
        joined.cases += snapshot.cases;
        joined.waived += snapshot.waived;
        joined.waived_in_part += snapshot.waived_in_part;
    }

    /// The joined causes.
    pub(super) fn all(&self) -> &[Cause] {
        &self.all
    }

    /// Whether a cause is listed with one of them, or is one.
    pub(super) fn has(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }

    /// The name of the cause with which one is listed.
    pub(super) fn name_of(&self, id: &str) -> Option<&str> {
        self.places.get(id).map(|place| self.all[*place].id.as_str())
    }
}

/// One cause in place of several, shown by the part that is read fastest.
fn of_parts(shared: &Shared, counts: &WrongAnswer, parts: &[&Cause]) -> Option<Cause> {
    let first = parts.iter().min_by_key(|cause| (cause.example.size, &cause.example.case))?;
    let operations: BTreeSet<&str> = parts.iter().map(|cause| cause.operation.as_str()).collect();
    let only = Some(first.operation.clone()).filter(|_| operations.len() == 1);
    let id = shared.id();
    let (code, promise, actual) = match shared {
        Shared::Answer(came) => {
            (Code::SameAnswer, format!("{} other answers", parts.len()), came.to_string())
        }
        Shared::Row(_, row, _) => (Code::Status, promise(row), first.actual.clone()),
    };
    Some(Cause {
        code,
        operation: only.unwrap_or_default(),
        promise,
        expected: first.expected.clone(),
        actual,
        cases: counts.cases,
        waived: counts.waived,
        waived_in_part: counts.waived_in_part,
        example: first.example.clone(),
        joined: parts.iter().map(|cause| cause.id.clone()).filter(|part| *part != id).collect(),
        id,
        ..(*first).clone()
    })
}

/// Whether a snapshot differs in its status as the answers of a cause differ from an error row.
fn is_same_change(snapshot: &Cause, cause: &Cause) -> bool {
    let (Some((status, code)), Some(came)) = (&cause.row, &cause.came) else { return false };
    let is_in = |text: &str, code: &str| text.contains(code);
    cause.code == Code::Status
        && cause.operation == snapshot.operation
        && status_line(&snapshot.expected) == Some(*status)
        && status_line(&snapshot.actual) == Some(came.status)
        && is_in(&snapshot.expected, code)
        && came.code.as_ref().is_none_or(|code| is_in(&snapshot.actual, code))
}

/// The status in the lines of a snapshot.
fn status_line(text: &str) -> Option<u16> {
    let status = text.lines().find_map(|line| line.strip_prefix(STATUS_LINE))?;
    status.split(' ').next()?.parse().ok()
}
