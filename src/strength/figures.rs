//! What became of the mutants of a run. Main type: [`Figures`].

use std::collections::BTreeMap;

use super::operator::{Operator, SET};
use super::permit::Permit;
use crate::model::{CaseId, FileLocation, Level, MutantScore, killed_percent};

/// The most groups of gaps, and the most places of open ones, that are kept with an example each.
pub const MOST_GROUPS: usize = 1000;

/// The longest text of an answer that a group repeats, in characters.
const LONGEST: usize = 200;

/// How many mutants became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Something was wrong with them, at the level of envelope or a deeper one, snapshots apart.
    pub killed: u64,
    /// Nothing was, and a sentence permits them.
    pub open: u64,
    /// Nothing was, and nothing permits them.
    pub gaps: u64,
}

impl Count {
    /// How many of those that nothing permits were noticed, in percent, rounded down to a tenth. None of none.
    pub fn percent(self) -> Option<f64> {
        killed_percent(self.killed, self.gaps)
    }
}

/// Mutants that were neither noticed nor permitted, all with the same kind of change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// How many there are.
    pub count: u64,
    /// How many of them the snapshots would notice.
    pub in_snapshots: u64,
    /// The first case of whose answers one is made.
    pub case: String,
    /// The step of the case, from 0.
    pub step: usize,
    /// What is there in its answer instead.
    pub change: String,
}

/// A sentence that permits mutants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPlace {
    /// How many mutants it permits.
    pub count: u64,
    /// By what they were made, each once.
    pub operators: Vec<Operator>,
    /// The first case of whose answers one is made.
    pub case: String,
}

/// What a gap is about: contract, row, operator and place.
pub(super) type GapKey = (String, String, Operator, String);

/// What became of the mutants of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many cases have mutants.
    pub cases: u64,
    /// How many answers have.
    pub answers: u64,
    /// Cases without mutants: those that did not pass, or of which no exchange is recorded.
    pub left_out: u64,
    /// All mutants.
    pub total: Count,
    /// How many of the open ones and the gaps the snapshots would notice.
    pub in_snapshots: u64,
    /// Answers with more places than are changed.
    pub cut: u64,
    /// Whether there are more mutants than were asked for.
    pub is_stopped: bool,
    /// By operator.
    pub operators: BTreeMap<Operator, Count>,
    /// The killed ones by the first level at which something was wrong.
    pub levels: BTreeMap<Level, u64>,
    /// By contract and by the row that the answer is an instance of; `success` for a success.
    pub rows: BTreeMap<(String, String), Count>,
    /// By case.
    pub by_case: BTreeMap<String, Count>,
    /// The sentences that permit the open ones, by file, line and text.
    pub open: BTreeMap<(String, usize, String), OpenPlace>,
    /// Open ones whose sentence is not listed any more.
    pub open_unlisted: u64,
    /// The gaps, alike ones together.
    pub gaps: BTreeMap<GapKey, Gap>,
    /// Gaps that are in no group any more.
    pub gaps_unlisted: u64,
}

/// The mutant that is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) case: &'a CaseId,
    pub(super) contract: &'a str,
    pub(super) row: &'a str,
    pub(super) step: usize,
    pub(super) operator: Operator,
    pub(super) place: &'a str,
    pub(super) change: &'a str,
}

impl Figures {
    /// The figures that certificates and reports repeat.
    pub fn score(&self) -> MutantScore {
        let Count { killed, open, gaps } = self.total;
        MutantScore { gaps, killed, open, set: SET, stopped: self.is_stopped }
    }

    /// How many mutants there are.
    pub fn mutants(&self) -> u64 {
        self.total.killed + self.total.open + self.total.gaps
    }

    fn counts(&mut self, of: Counted<'_>, add: impl Fn(&mut Count)) {
        add(&mut self.total);
        add(self.operators.entry(of.operator).or_default());
        add(self.rows.entry((of.contract.to_owned(), of.row.to_owned())).or_default());
        add(self.by_case.entry(of.case.to_string()).or_default());
    }

    pub(super) fn count_killed(&mut self, of: Counted<'_>, level: Level) {
        self.counts(of, |count| count.killed += 1);
        *self.levels.entry(level).or_default() += 1;
    }

    pub(super) fn count_open(&mut self, of: Counted<'_>, permit: &Permit, in_snapshots: bool) {
        self.counts(of, |count| count.open += 1);
        self.in_snapshots += u64::from(in_snapshots);
        let Permit { text, site: FileLocation { file, line, .. } } = permit;
        let key = (file.display().to_string(), *line, short(text));
        let is_full = self.open.len() >= MOST_GROUPS && !self.open.contains_key(&key);
        if is_full {
            self.open_unlisted += 1;
            return;
        }
        let new = || OpenPlace { count: 0, operators: Vec::new(), case: of.case.to_string() };
        let place = self.open.entry(key).or_insert_with(new);
        place.count += 1;
        if !place.operators.contains(&of.operator) {
            place.operators.push(of.operator);
        }
    }

    pub(super) fn gap(&mut self, of: Counted<'_>, in_snapshots: bool) {
        self.counts(of, |count| count.gaps += 1);
        self.in_snapshots += u64::from(in_snapshots);
        let key = (of.contract.to_owned(), of.row.to_owned(), of.operator, short(of.place));
        if self.gaps.len() >= MOST_GROUPS && !self.gaps.contains_key(&key) {
            self.gaps_unlisted += 1;
            return;
        }
        let new = || Gap {
            count: 0,
            in_snapshots: 0,
            case: of.case.to_string(),
            step: of.step,
            change: short(of.change),
        };
        let gap = self.gaps.entry(key).or_insert_with(new);
        gap.count += 1;
        gap.in_snapshots += u64::from(in_snapshots);
    }
}

/// No answer may flood what is printed.
fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
