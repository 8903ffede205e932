//! Compares what was added on the endpoint with what an answer says. Main functions: [`effect`], [`replay`].

use std::collections::BTreeSet;

use super::grounds::FindingGrounds;
use super::listed::select_in;
use crate::model::{Answer, Contract, EffectRule, Finding, Level, Value};

/// How many values a finding shows.
const SHOWN: usize = 5;

/// What a request may add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Nothing: it was refused.
    Refused,
    /// Nothing: it repeats the request of this step, from 0.
    Replay(usize),
    /// What the answer names, each once.
    Added(BTreeSet<String>),
    /// What the answer names, or nothing: the contract does not say whether it repeats an earlier request.
    Either(BTreeSet<String>),
}

impl Due {
    /// Whether a request that is due this may have added these values.
    pub fn holds(&self, added: &BTreeSet<String>) -> bool {
        match self {
            Self::Refused | Self::Replay(_) => added.is_empty(),
            Self::Added(due) => added == due,
            Self::Either(due) => added.is_empty() || added == due,
        }
    }

    /// Whether something that is due is not there yet.
    pub fn is_awaited(&self, added: &BTreeSet<String>) -> bool {
        matches!(self, Self::Added(due) if !due.is_subset(added))
    }

    /// What two requests that were sent at the same time are due to add together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Added(mut all), Self::Added(more)) => {
                all.extend(more);
                Self::Added(all)
            }
            (Self::Added(all), _) | (_, Self::Added(all)) => Self::Added(all),
            (Self::Either(mut all), Self::Either(more)) => {
                all.extend(more);
                Self::Either(all)
            }
            (Self::Either(all), _) | (_, Self::Either(all)) => Self::Either(all),
            (Self::Replay(step), _) | (_, Self::Replay(step)) => Self::Replay(step),
            (Self::Refused, Self::Refused) => Self::Refused,
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Refused => "nothing added, since the request was refused".to_owned(),
            Self::Replay(step) => format!("nothing added, since it repeats the request of step {}", step + 1),
            Self::Added(due) if due.is_empty() => "nothing added, since the answer names nothing".to_owned(),
            Self::Added(due) => format!("{} added, as the answer says", list_values(due)),
            Self::Either(due) => format!("{} added, or nothing", list_values(due)),
        }
    }
}

fn list_values(values: &BTreeSet<String>) -> String {
    let shown: Vec<String> =
        values.iter().take(SHOWN).map(|value| Value::text(value.as_str()).to_string()).collect();
    let more = values.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// What an answer of success says that its request added.
pub fn additions(contract: &Contract, rule: &EffectRule, answer: &Answer) -> BTreeSet<String> {
    match select_in(contract, answer, &rule.adds) {
        Ok(Value::List(items)) => items.iter().map(Value::to_plain).collect(),
        Ok(value) => [value.to_plain()].into(),
        Err(_) => BTreeSet::new(),
    }
}

/// The finding, if other values were added than those that are due. `is_whole` says whether all places were observed: if
/// not, what is missing may be in the others.
pub fn effect(
    rule: &EffectRule,
    step: usize,
    due: &Due,
    found: &BTreeSet<String>,
    is_whole: bool,
) -> Option<Finding> {
    let is_known = is_whole || !due.is_awaited(found);
    let holds = due.holds(found) || (!is_known && matches!(due, Due::Added(due) if found.is_subset(due)));
    if holds {
        return None;
    }
    let actual =
        if found.is_empty() { "nothing added".to_owned() } else { format!("{} added", list_values(found)) };
    Some(finding(rule, step, due.show(), actual))
}

/// The finding, if the answer to a request that repeats that of the step `first` names something else than the first
/// answer did.
pub fn replay(
    rule: &EffectRule,
    step: usize,
    first: usize,
    due: &BTreeSet<String>,
    named: &BTreeSet<String>,
) -> Option<Finding> {
    if named.is_empty() || due.is_empty() || named == due {
        return None;
    }
    let expected = format!("{} named, since it repeats the request of step {}", list_values(due), first + 1);
    let found = finding(rule, step, expected, format!("{} named", list_values(named)));
    #[cfg(test)]
    if super::tests::is_switched_off(&found) {
        return None;
    }
    Some(found)
}

fn finding(rule: &EffectRule, step: usize, expected: String, actual: String) -> Finding {
    let grounds = FindingGrounds::of_effect(rule);
    Finding {
        level: Level::Effect,
        step,
        subject: Level::Effect.name().to_owned(),
        expected,
        actual,
        because: grounds.because,
        cites: grounds.cites,
        is_warning: grounds.is_warning,
        waived: None,
    }
}
