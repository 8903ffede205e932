//! Which cases a report names one by one: a few of each cause, those that failed first. Main type: [`CaseList`].

use std::collections::BTreeMap;

use super::cause::Causes;
use super::headline::{HeadlineKind, headline, is_listed, kind};
use crate::model::CaseRecord;

/// How many cases are named at the most, and how many of one cause: those after them say nothing new.
const LISTED: usize = 50;
pub(super) const OF_A_CAUSE: usize = 3;

/// The cases that are named, each as a report shows it.
#[derive(Debug)]
pub(super) struct CaseList<T> {
    failed: Vec<(T, Vec<String>)>,
    others: Vec<(T, Vec<String>)>,
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
    /// Takes in a case that these causes have taken in, and asks how to show it if it is named.
    pub(super) fn add(&mut self, record: &CaseRecord, causes: &Causes, show: impl FnOnce() -> T) {
        if !is_listed(record) {
            return;
        }
        self.count += 1;
        let list = if kind(record) == HeadlineKind::Broken { &mut self.failed } else { &mut self.others };
        if list.len() == LISTED {
            return;
        }
        let causes = names(record, causes);
        let is_known = |cause: &String| self.of_cause.get(cause).is_some_and(|count| *count >= OF_A_CAUSE);
        if !causes.is_empty() && causes.iter().all(is_known) {
            return;
        }
        for cause in &causes {
            *self.of_cause.entry(cause.clone()).or_default() += 1;
        }
        list.push((show(), causes));
    }

    /// The cases that are named, and how many are not. Causes may be joined by now.
    pub(super) fn finish(self, causes: &Causes) -> (Vec<T>, usize) {
        let Self { failed, others, count, .. } = self;
        let mut of_cause: BTreeMap<String, usize> = BTreeMap::new();
        let mut named = Vec::new();
        for (item, ids) in failed.into_iter().chain(others) {
            let ids: Vec<&str> = ids.iter().map(|id| causes.listed_id(id)).collect();
            let is_known = |id: &&str| of_cause.get(*id).is_some_and(|count| *count >= OF_A_CAUSE);
            if named.len() == LISTED || (!ids.is_empty() && ids.iter().all(is_known)) {
                continue;
            }
            for id in ids {
                *of_cause.entry(id.to_owned()).or_default() += 1;
            }
            named.push(item);
        }
        let rest = count - named.len();
        (named, rest)
    }
}

/// What a case has in common with others. Each flaky case is one of its own.
fn names(record: &CaseRecord, causes: &Causes) -> Vec<String> {
    let causes = causes.ids_so_far(record);
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
