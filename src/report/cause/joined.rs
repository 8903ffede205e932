//! Causes that are one mistake, which only the whole run shows. Main types: [`WrongAnswers`], [`JoinedCauses`].
//!
//! Several promises that met the same unexpected answer are one cause, and so is a snapshot that differs as an answer
//! differs from its promise. Each case keeps the names of the causes that are joined, since those need no other case.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::unexpected::UnexpectedAnswer;
use super::{Cause, CauseKey, name};

/// From so many promises on, the same answer in place of each is one cause. Two may have it by accident.
const PROMISES: usize = 3;

/// How a line of a snapshot that has the status begins.
const STATUS_LINE: &str = "status line: ";

/// The unexpected answers of a run. There are never more than known causes.
#[derive(Debug, Default)]
pub(super) struct WrongAnswers(BTreeMap<UnexpectedAnswer, WrongAnswer>);

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
    /// Counts a cause that was not known; whether its answer is one of joined causes already.
    pub(super) fn add_promise(&mut self, came: &UnexpectedAnswer) -> bool {
        let is_joined = self.is_joined(came);
        self.0.entry(came.clone()).or_default().promises += 1;
        is_joined
    }

    /// Counts a case once for each unexpected answer that it met; a waiver covers all of it, or part.
    pub(super) fn add_case(&mut self, met: Vec<(UnexpectedAnswer, (usize, usize))>) {
        let mut met_here: BTreeMap<UnexpectedAnswer, Vec<(usize, usize)>> = BTreeMap::new();
        for (came, waived) in met {
            met_here.entry(came).or_default().push(waived);
        }
        for (came, waived) in met_here {
            let is_waived = waived.iter().all(|(whole, _)| *whole == 1);
            let is_in_part = !is_waived && waived.iter().any(|(whole, part)| whole + part > 0);
            let known = self.0.entry(came).or_default();
            known.cases += 1;
            known.waived += usize::from(is_waived);
            known.waived_in_part += usize::from(is_in_part);
        }
    }

    /// Whether so many promises met it that they are one cause.
    pub(super) fn is_joined(&self, came: &UnexpectedAnswer) -> bool {
        came.is_one_mistake() && self.0.get(came).is_some_and(|known| known.promises >= PROMISES)
    }
}

/// The name of the cause that joins all causes with an answer.
pub(super) fn id(came: &UnexpectedAnswer) -> String {
    name(Code::SameAnswer, &[&came.to_string()])
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
        for (came, counts) in wrong.0.iter().filter(|(came, _)| wrong.is_joined(came)) {
            let parts = known.values().filter(|cause| cause.came.as_ref() == Some(came));
            joined.add(of_answer(came, counts, &parts.collect::<Vec<_>>()));
        }
        for snapshot in known.values().filter(|cause| cause.code == Code::Snapshot) {
            let mut same = known.values().filter(|cause| is_same_change(snapshot, cause));
            if let (Some(cause), None) = (same.next(), same.next()) {
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

/// One answer in place of several, shown by the part that is read fastest.
fn of_answer(came: &UnexpectedAnswer, counts: &WrongAnswer, parts: &[&Cause]) -> Cause {
    let first = parts.iter().min_by_key(|cause| (cause.example.size, &cause.example.case));
    let first = first.expect("each answer that is counted is that of a known cause");
    let operations: BTreeSet<&str> = parts.iter().map(|cause| cause.operation.as_str()).collect();
    let only = Some(first.operation.clone()).filter(|_| operations.len() == 1);
    Cause {
        code: Code::SameAnswer,
        operation: only.unwrap_or_default(),
        promise: format!("{} other answers", parts.len()),
        expected: first.expected.clone(),
        actual: came.to_string(),
        cases: counts.cases,
        waived: counts.waived,
        waived_in_part: counts.waived_in_part,
        example: first.example.clone(),
        id: id(came),
        joined: parts.iter().map(|cause| cause.id.clone()).collect(),
        came: None,
        row: None,
    }
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
