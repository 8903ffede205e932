//! Groups problems by cause, so that a reader sees what to mend first. Main type: [`Causes`].
//!
//! It looks at records alone. Their order changes nothing, as long as there are not more causes than are kept.

mod answer;
mod code;
mod contrast;
mod example;
mod group;
mod joined;
mod shared;
mod similar;
#[cfg(test)]
mod tests;
mod trouble;
mod unexpected;
mod waivable;

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::digest::sha256_hex;
use crate::event::RunStart;
use crate::model::{CaseRecord, Verdict, plural};
use crate::plain::printable;
use crate::report::Repeat;
use contrast::Contrast;
use group::troubles;
use joined::{JoinedCauses, Shared, WrongAnswers};
use trouble::Trouble;
use unexpected::UnexpectedAnswer;

pub use self::similar::similar;
pub use code::Code;
pub(super) use example::Example;
pub(super) use shared::{shared_reason, shared_reason_line};
pub(super) use trouble::cited_promise;
pub use waivable::{Waivable, waivable};

/// The most causes that are kept apart. An endpoint could make one of each case, and a list of more helps no reader.
const KEPT: usize = 1000;

/// How many hexadecimal digits distinguish causes of one kind: with a thousand causes, two have the same digits in one
/// of eight thousand runs.
const DIGITS: usize = 8;

/// The most characters of what came, in the line of a cause where nothing was expected in its place.
const WHOLE: usize = 240;

/// One thing to mend: a promise, what was found instead, and how many cases show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    /// What kind of finding it is.
    pub(super) code: Code,
    /// The operation, where the promise is one of its own.
    pub(super) operation: String,
    /// The promise, such as `error row 400 Duplicate.TagKey`.
    pub(super) promise: String,
    /// What was expected, in the example.
    pub(super) expected: String,
    /// What came instead, in the example.
    pub(super) actual: String,
    /// How many cases show it.
    pub(super) cases: usize,
    /// In how many of them a waiver covers it, and not all else that is wrong with the case.
    pub(super) waived: usize,
    /// In how many of them a waiver covers some of its findings.
    pub(super) waived_in_part: usize,
    /// Of those with the shortest request, the first by id.
    pub(super) example: Example,
    /// Its name: the same in every run with the same finding.
    pub(super) id: String,
    /// The names of the causes that it is joined of, but for its own.
    pub(super) joined: Vec<String>,
    /// The answer that came, where another one is promised.
    came: Option<UnexpectedAnswer>,
    /// The status and the code of the error row that is promised.
    row: Option<(u16, String)>,
    /// What it may be joined with others for.
    shared: Option<Shared>,
}

/// What distinguishes a cause from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct CauseKey {
    code: Code,
    operation: String,
    promise: String,
    expected: String,
    actual: String,
    came: String,
}

impl CauseKey {
    /// The name of its cause.
    fn id(&self) -> String {
        let Self { code, operation, promise, expected, actual, came } = self;
        name(*code, &[code.name(), operation, promise, expected, actual, came])
    }
}

/// The name of a cause that these parts tell from others.
fn name(code: Code, parts: &[&str]) -> String {
    format!("{}-{}", code.name(), &sha256_hex(parts.join("\0").as_bytes())[..DIGITS])
}

/// The causes of a run, as far as its records have come in.
#[derive(Debug, Default)]
pub(super) struct Causes {
    repeat: Repeat,
    /// Whether causes name their operation, since the run has several.
    has_operations: bool,
    known: BTreeMap<CauseKey, Cause>,
    wrong: WrongAnswers,
    /// What is joined of the known ones, once it is asked for.
    joined: OnceLock<JoinedCauses>,
    /// Cases with causes that are not kept apart any more.
    others: usize,
    /// Cases that were skipped on purpose, and why.
    skipped: usize,
    reasons: BTreeSet<String>,
}

impl Causes {
    /// For a run that starts.
    pub(super) fn of(start: &RunStart) -> Self {
        let (repeat, wrong) = (Repeat::of(start), WrongAnswers::of(start));
        Self { repeat, has_operations: start.operations.len() > 1, wrong, ..Self::default() }
    }

    /// Takes in a case; whether it shows a cause that no case before has shown.
    pub(super) fn add(&mut self, record: &CaseRecord) -> bool {
        if let Verdict::Skipped(reason) = &record.verdict
            && reason.is_meant()
        {
            self.skipped += 1;
            self.reasons.insert(reason.to_string());
        }
        let mut is_new = false;
        let mut is_other = false;
        let causes = causes_of(record);
        if !causes.is_empty() {
            self.joined.take();
        }
        let mut kept = Vec::new();
        for (key, trouble) in causes {
            let is_full = self.known.len() >= KEPT;
            let shared = Shared::of(&key, &trouble).map(|shared| (shared, count_waived(&trouble)));
            match self.known.entry(key) {
                Entry::Occupied(mut known) => known.get_mut().join(trouble, record, &self.repeat),
                Entry::Vacant(_) if is_full => {
                    is_other = true;
                    continue;
                }
                Entry::Vacant(place) => {
                    let id = place.key().id();
                    let operation = place.key().operation.clone();
                    let promise = &place.key().promise;
                    is_new |=
                        !shared.as_ref().is_some_and(|(shared, _)| self.wrong.add_promise(shared, promise));
                    let cause = Cause::new(id, operation, trouble, record, &self.repeat);
                    place
                        .insert(Cause { shared: shared.as_ref().map(|(shared, _)| shared.clone()), ..cause });
                }
            }
            kept.extend(shared);
        }
        self.wrong.add_case(kept);
        self.others += usize::from(is_other);
        is_new
    }

    /// The causes: broken promises first, those of most cases first.
    pub(super) fn causes_in_order(&self) -> Vec<&Cause> {
        let joined = self.joined();
        let apart = self.known.values().filter(|cause| !joined.has(&cause.id));
        let mut listed: Vec<&Cause> = apart.chain(joined.all()).collect();
        // The map's own order decides between equals.
        listed.sort_by_key(|cause| (cause.code.rank(), Reverse(cause.cases)));
        listed
    }

    /// What is to be mended, and the states that the endpoint does not offer.
    pub(super) fn split(&self) -> (Vec<&Cause>, Vec<&Cause>) {
        self.causes_in_order().into_iter().partition(|cause| cause.code != Code::NoState)
    }

    /// What has to be done before a command of these causes sends a request again, if anything.
    pub(super) fn head(&self, shown: &[&Cause]) -> Option<String> {
        self.repeat.head(shown.iter().any(|cause| cause.example.is_undone))
    }

    /// How many causes break promises.
    pub(super) fn count_broken(&self) -> usize {
        self.causes_in_order().into_iter().filter(|cause| cause.code.rank() == 0).count()
    }

    /// What is joined of the causes so far.
    fn joined(&self) -> &JoinedCauses {
        self.joined.get_or_init(|| JoinedCauses::of(&self.known, &self.wrong))
    }

    /// The name under which a cause is listed: that of the one that it is joined in.
    pub(super) fn listed_id<'a>(&'a self, id: &'a str) -> &'a str {
        self.joined().name_of(id).unwrap_or(id)
    }

    /// The names of the causes of a case, as they are joined so far.
    pub(super) fn ids_so_far(&self, record: &CaseRecord) -> Vec<String> {
        let id = |(key, trouble): &(CauseKey, Trouble)| {
            let joined = Shared::of(key, trouble).filter(|shared| self.wrong.is_joined(shared));
            joined.map_or_else(|| key.id(), |shared| shared.id())
        };
        causes_of(record).iter().map(id).collect()
    }

    /// How many cases have a cause beyond those that are kept apart.
    pub(super) fn others(&self) -> usize {
        self.others
    }

    /// What was skipped on purpose, in a line.
    pub(super) fn describe_skipped(&self) -> Option<String> {
        let reasons: Vec<&str> = self.reasons.iter().map(String::as_str).collect();
        let plural = plural(self.skipped, "", "s");
        (self.skipped > 0)
            .then(|| format!("{} case{plural} skipped on purpose: {}", self.skipped, join_reasons(&reasons)))
    }

    /// A cause in a line: what is wrong, and where there are several operations, of which.
    pub(super) fn line(&self, cause: &Cause) -> String {
        let of = match cause.operation.as_str() {
            operation if self.has_operations && !operation.is_empty() => format!("{operation}: "),
            _ => String::new(),
        };
        let waived = match (cause.waived, cause.waived_in_part) {
            (0, 0) => "",
            (waived, _) if waived == cause.cases => " (waived)",
            _ => " (waived in part)",
        };
        to_one_line(&format!("{of}{}{waived}", cause.line()))
    }
}

/// The names of the causes of one case; the list is that of [`Causes`], which may join some.
pub(super) fn ids(record: &CaseRecord) -> Vec<String> {
    causes_of(record).iter().map(|(key, _)| key.id()).collect()
}

/// The causes of a case, each once.
fn causes_of(record: &CaseRecord) -> Vec<(CauseKey, Trouble)> {
    let mut found: Vec<(CauseKey, Trouble)> = Vec::new();
    for trouble in troubles(record) {
        let key = trouble.key(record);
        match found.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => known.with(trouble),
            None => found.push((key, trouble)),
        }
    }
    found
}

/// The reasons, as one where they differ in one word.
fn join_reasons(reasons: &[&str]) -> String {
    let words: Vec<Vec<&str>> = reasons.iter().map(|reason| reason.split(' ').collect()).collect();
    let Some((first, others)) = words.split_first().filter(|(_, others)| !others.is_empty()) else {
        return reasons.join("; ");
    };
    let differs_at = |other: &[&str], place: usize| {
        other.len() == first.len() && (0..first.len()).all(|at| at == place || other[at] == first[at])
    };
    let Some(place) = (0..first.len()).find(|place| others.iter().all(|other| differs_at(other, *place)))
    else {
        return reasons.join("; ");
    };
    let each = words.iter().map(|words| words[place]).collect::<Vec<_>>().join(" or ");
    let mut joined = first.clone();
    joined[place] = &each;
    joined.join(" ")
}

impl Cause {
    fn new(id: String, operation: String, trouble: Trouble, record: &CaseRecord, repeat: &Repeat) -> Self {
        let example = Example::of(&trouble, record, repeat);
        let (waived, waived_in_part) = count_waived(&trouble);
        let Trouble { code, promise, expected, actual, came, row, .. } = trouble;
        let (cases, joined, shared) = (1, Vec::new(), None);
        Self {
            code,
            operation,
            promise,
            expected,
            actual,
            cases,
            waived,
            waived_in_part,
            example,
            id,
            joined,
            came,
            row,
            shared,
        }
    }

    /// Takes in the same cause of another case.
    fn join(&mut self, trouble: Trouble, record: &CaseRecord, repeat: &Repeat) {
        let (waived, in_part) = count_waived(&trouble);
        let sums = (self.cases + 1, self.waived + waived, self.waived_in_part + in_part);
        let size = example::size(&trouble, record);
        if (size, &record.id) < (self.example.size, &self.example.case) {
            let (id, operation) = (std::mem::take(&mut self.id), std::mem::take(&mut self.operation));
            let shared = self.shared.take();
            *self = Self { shared, ..Self::new(id, operation, trouble, record, repeat) };
        }
        (self.cases, self.waived, self.waived_in_part) = sums;
    }

    /// What is wrong, in a line.
    fn line(&self) -> String {
        let Self { code, promise, .. } = self;
        let Contrast { expected, actual, reason } =
            Contrast::of(&to_one_line(&self.expected), &to_one_line(&self.actual));
        let because = reason.map(|reason| format!("{reason}: ")).unwrap_or_default();
        let whole = short(&self.actual, WHOLE);
        match code {
            Code::NoState => format!("{promise}: {whole}"),
            Code::Unsigned | Code::Billable => format!("skipped: {whole}"),
            Code::LeftBehind => format!("left behind: {whole}"),
            Code::Transport | Code::Throttled | Code::SetUp | Code::Paused | Code::Unprepared => {
                format!("inconclusive, {promise}: {whole}")
            }
            Code::SameAnswer => format!("{whole} in place of {promise}"),
            Code::SnapshotFile => format!("snapshot: {whole}"),
            Code::Snapshot => format!("snapshot: expected {expected}, got {actual}"),
            Code::Status
            | Code::ErrorCode
            | Code::Message
            | Code::Value
            | Code::Envelope
            | Code::Unreadable
            | Code::Unexplained
            | Code::Effect => format!("{promise}: {because}expected {expected}, got {actual}"),
        }
    }
}

/// Whether a waiver covers what is wrong, as a count: as a whole, and in part.
fn count_waived(trouble: &Trouble) -> (usize, usize) {
    let is_waived = trouble.is_waived();
    (usize::from(is_waived), usize::from(!is_waived && trouble.waived > 0))
}

/// The beginning of a text, on one line.
fn short(text: &str, longest: usize) -> String {
    let line = to_one_line(text);
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A text on one line, without a character that acts.
fn to_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    printable(&words.join(" ")).into_owned()
}
