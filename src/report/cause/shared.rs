//! The reason that states which an endpoint does not offer share, so that a reader sees it once.

use std::collections::BTreeMap;

use super::{Cause, Causes, Code, WHOLE, short, to_one_line};

/// The reason that most states share, if several do.
pub(in crate::report) fn shared_reason<'a>(states: &[&'a Cause]) -> Option<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for state in states {
        *counts.entry(&state.actual).or_default() += 1;
    }
    let (reason, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count > 1).then_some(reason)
}

/// The line above the states that share a reason.
pub(in crate::report) fn shared_reason_line(states: &[&Cause]) -> Option<String> {
    let reason = shared_reason(states)?;
    let is_of_all = states.iter().all(|state| state.actual == reason);
    let others = if is_of_all { "" } else { "where no other reason is given: " };
    Some(format!("{others}{}", short(reason, WHOLE)))
}

impl Causes {
    /// A cause in a line, where the reason that states share is above it: such a state by its name alone.
    pub(in crate::report) fn line_below(&self, cause: &Cause, shared: Option<&str>) -> String {
        if cause.code == Code::NoState && shared == Some(cause.actual.as_str()) {
            return to_one_line(&cause.promise);
        }
        self.line(cause)
    }
}
