//! Which cases a report names one by one: a few of each cause, those that failed first. Main type: [`CaseList`].

use std::collections::BTreeMap;

use super::cause;
use super::headline::{HeadlineKind, headline, is_listed, kind};
use crate::model::CaseRecord;

/// How many cases are named at the most, and how many of one cause: those after them say nothing new.
const LISTED: usize = 50;
pub(super) const OF_A_CAUSE: usize = 3;

/// The cases that are named, each as a report shows it.
#[derive(Debug)]
pub(super) struct CaseList<T> {
    failed: Vec<T>,
    others: Vec<T>,
    /// How many there are to look at, named or not.
    count: usize,
    /// How many are named of each cause.
    of_cause: BTreeMap<String, usize>,
}

impl<T> Default for CaseList<T> {
    fn default() -> Self {
        Self { failed: Vec::new(), others: Vec::new(), count: 0, of_cause: BTreeMap::new() }
    }
}

impl<T> CaseList<T> {
    /// Takes in a case, and asks how to show it if it is named.
    pub(super) fn add(&mut self, record: &CaseRecord, show: impl FnOnce() -> T) {
        if !is_listed(record) {
            return;
        }
        self.count += 1;
        let list = if kind(record) == HeadlineKind::Broken { &mut self.failed } else { &mut self.others };
        if list.len() == LISTED {
            return;
        }
        let causes = causes(record);
        let is_known = |cause: &String| self.of_cause.get(cause).is_some_and(|count| *count >= OF_A_CAUSE);
        if !causes.is_empty() && causes.iter().all(is_known) {
            return;
        }
        for cause in causes {
            *self.of_cause.entry(cause).or_default() += 1;
        }
        list.push(show());
    }

    /// The cases that are named, and how many are not.
    pub(super) fn finish(self) -> (Vec<T>, usize) {
        let Self { mut failed, others, count, .. } = self;
        failed.extend(others);
        failed.truncate(LISTED);
        let rest = count - failed.len();
        (failed, rest)
    }
}

/// What a case has in common with others. Each flaky case is one of its own.
fn causes(record: &CaseRecord) -> Vec<String> {
    let causes = cause::ids(record);
    match kind(record) {
        HeadlineKind::Waived if causes.is_empty() => vec![headline(record)],
        HeadlineKind::Passed
        | HeadlineKind::StartedAgain
        | HeadlineKind::Flaky
        | HeadlineKind::Broken
        | HeadlineKind::Waived
        | HeadlineKind::Inconclusive
        | HeadlineKind::Skipped => causes,
    }
}
