//! Rules for what differs. Main types: [`Drafts`], the rules that are being tried, and [`Proposal`], one that helps.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::NoiseDifference;
use super::pattern::{TextGap, expression, gaps};
use super::place::DifferencePlace;
use crate::model::{AnswerPlace, Contract, Normalisation, OrderRule, ValueKind, ValueRule};
use crate::snapshot::is_time;

/// How far two numbers are apart, in milliseconds, if they are times of two runs: no more than a day.
const A_DAY: f64 = 86_400_000.0;

/// The most rules that are proposed: a longer list is of no use, and each rule is applied to the recorded answers.
const MOST: usize = 100;

/// Keys that say nothing without the one above them.
const BROAD: [&str; 8] = ["id", "name", "value", "key", "time", "date", "url", "uuid"];

/// A rule that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The operation whose contract it is for; none if it is the endpoint's.
    pub operation: Option<String>,
    /// The rule.
    pub rule: ProposedRule,
    /// The cases that it was made for.
    pub cases: Vec<String>,
    /// The value in the first run and in the second, if the rule is about values.
    pub example: Option<[String; 2]>,
}

/// A rule of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposedRule {
    /// About values.
    Value(ValueRule),
    /// About the order of a list.
    Order(OrderRule),
}

/// A difference, and in which pair of transcripts it was seen.
pub(super) struct PairDifference<'a> {
    pub(super) pair: usize,
    pub(super) contract: &'a Contract,
    pub(super) difference: NoiseDifference,
}

/// Rules that are being tried.
pub(super) struct Drafts {
    /// Whether they are the endpoint's.
    is_own: bool,
    drafts: Vec<RuleDraft>,
}

struct RuleDraft {
    operation: Option<String>,
    rule: ProposedRule,
    pairs: BTreeSet<usize>,
    example: Option<[String; 2]>,
    is_on: bool,
}

/// What was seen at one place: in which pair, in the first run, and in the second.
type PlaceValues<'a> = Vec<(usize, &'a str, &'a str)>;

impl Drafts {
    pub(super) fn new(is_own: bool) -> Self {
        Self { is_own, drafts: Vec::new() }
    }

    fn scope(&self, contract: &Contract) -> Option<String> {
        (!self.is_own).then(|| contract.id.to_string())
    }

    /// The rules that count for a contract.
    pub(super) fn rules(&self, contract: &Contract) -> Normalisation {
        let scope = self.scope(contract);
        let mut rules = Normalisation::default();
        for draft in self.drafts.iter().filter(|draft| draft.is_on && draft.operation == scope) {
            match &draft.rule {
                ProposedRule::Value(rule) => rules.values.push(rule.clone()),
                ProposedRule::Order(rule) => rules.unordered.push(rule.clone()),
            }
        }
        rules
    }

    /// Adds rules for what was seen; whole values and orders first, and parts of texts only where those do not help.
    /// Gives whether there is any new one.
    pub(super) fn add(&mut self, found: &[PairDifference<'_>], own: &Normalisation) -> bool {
        let before = self.drafts.len();
        let taken = RuleNames::new(found, own);
        let mut values: BTreeMap<(Option<String>, &DifferencePlace), PlaceValues<'_>> = BTreeMap::new();
        for seen in found {
            let scope = self.scope(seen.contract);
            match &seen.difference {
                NoiseDifference::Value { place, first, second } => {
                    values.entry((scope, place)).or_default().push((seen.pair, first, second));
                }
                NoiseDifference::Order { at, by } => self.add_order(scope, at, by.as_ref(), seen.pair),
                NoiseDifference::Beyond(_) => {}
            }
        }
        for ((scope, place), values) in &values {
            if let Some(kind) = as_a_whole(place, values) {
                let name = taken.name(&self.drafts, place_name(place), kind);
                let rule = ValueRule { name, kind, place: answer_place(place), pattern: None };
                self.add_value(scope.clone(), rule, values);
            }
        }
        if self.drafts.len() == before {
            for ((scope, place), values) in &values {
                self.add_patterns(scope.as_ref(), place, values, &taken);
            }
        }
        self.drafts.len() > before
    }

    fn add_order(&mut self, scope: Option<String>, at: &str, by: Option<&String>, pair: usize) {
        let is_known = |draft: &&mut RuleDraft| {
            draft.operation == scope && matches!(&draft.rule, ProposedRule::Order(rule) if rule.at == at)
        };
        if let Some(known) = self.drafts.iter_mut().find(is_known) {
            known.pairs.insert(pair);
            if let ProposedRule::Order(rule) = &mut known.rule
                && rule.by.as_ref() != by
            {
                rule.by = None;
            }
            return;
        }
        if self.drafts.len() >= MOST {
            return;
        }
        let rule = ProposedRule::Order(OrderRule { at: at.to_owned(), by: by.cloned() });
        let pairs = BTreeSet::from([pair]);
        self.drafts.push(RuleDraft { operation: scope, rule, pairs, example: None, is_on: true });
    }

    fn add_value(&mut self, scope: Option<String>, rule: ValueRule, values: &PlaceValues<'_>) {
        let is_known = |draft: &RuleDraft| {
            draft.operation == scope
                && matches!(&draft.rule, ProposedRule::Value(known)
                    if known.place == rule.place && known.pattern == rule.pattern)
        };
        if self.drafts.len() >= MOST || self.drafts.iter().any(is_known) {
            return;
        }
        let pairs = values.iter().map(|(pair, ..)| *pair).collect();
        let example = values.first().map(|(_, first, second)| [(*first).to_owned(), (*second).to_owned()]);
        self.drafts.push(RuleDraft {
            operation: scope,
            rule: ProposedRule::Value(rule),
            pairs,
            example,
            is_on: true,
        });
    }

    fn add_patterns(
        &mut self,
        scope: Option<&String>,
        place: &DifferencePlace,
        values: &PlaceValues<'_>,
        taken: &RuleNames,
    ) {
        let mut seen: BTreeMap<TextGap, Vec<(usize, [String; 2])>> = BTreeMap::new();
        for (pair, first, second) in values {
            for (gap, parts) in gaps(first, second).unwrap_or_default() {
                seen.entry(gap).or_default().push((*pair, parts));
            }
        }
        for (gap, parts) in seen {
            let all: Vec<&str> = parts.iter().flat_map(|(_, parts)| parts).map(String::as_str).collect();
            let kind = if gap.is_time { ValueKind::Time } else { ValueKind::Volatile };
            let name = taken.name(&self.drafts, gap_name(&gap).unwrap_or_else(|| place_name(place)), kind);
            let pattern = Some(expression(&gap, &all));
            let rule = ValueRule { name, kind, place: answer_place(place), pattern };
            let values = parts.iter().map(|(pair, [first, second])| (*pair, first.as_str(), second.as_str()));
            self.add_value(scope.cloned(), rule, &values.collect());
        }
    }

    /// The rules, those first that are the least worth having.
    pub(super) fn by_worth(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.drafts.len()).collect();
        order.sort_by_key(|index| match &self.drafts[*index].rule {
            ProposedRule::Value(ValueRule { pattern: Some(pattern), .. }) => (0, usize::MAX - pattern.len()),
            ProposedRule::Value(ValueRule { place: AnswerPlace::Body(path), .. }) => {
                (2, usize::MAX - path.len())
            }
            ProposedRule::Value(_) => (1, 0),
            ProposedRule::Order(_) => (3, 0),
        });
        order
    }

    /// The pairs that a rule was made for.
    pub(super) fn pairs(&self, index: usize) -> &BTreeSet<usize> {
        &self.drafts[index].pairs
    }

    /// Switches a rule on or off.
    pub(super) fn switch(&mut self, index: usize, is_on: bool) {
        self.drafts[index].is_on = is_on;
    }

    /// The rules that are left; `case` names the case of a pair.
    pub(super) fn finish(self, case: impl Fn(usize) -> String) -> Vec<Proposal> {
        let left = self.drafts.into_iter().filter(|draft| draft.is_on);
        let proposal = |draft: RuleDraft| Proposal {
            operation: draft.operation,
            rule: draft.rule,
            cases: draft.pairs.into_iter().map(&case).collect::<BTreeSet<_>>().into_iter().collect(),
            example: draft.example,
        };
        let mut proposals: Vec<Proposal> = left.map(proposal).collect();
        // Rules of one contract come together.
        proposals.sort_by(|left, right| left.operation.cmp(&right.operation));
        proposals
    }
}

/// What kind of value a whole text is that differs; none if only a part of it does, or it is a text to be read.
fn as_a_whole(place: &DifferencePlace, values: &PlaceValues<'_>) -> Option<ValueKind> {
    if *place == DifferencePlace::Text {
        return None;
    }
    if values.iter().all(|(_, first, second)| are_times(first, second)) {
        return Some(ValueKind::Time);
    }
    let is_read = |text: &str| text.contains(char::is_whitespace);
    let has_parts = |(_, first, second): &(usize, &str, &str)| {
        is_read(first) || is_read(second) || gaps(first, second).is_some()
    };
    (!values.iter().any(has_parts)).then_some(ValueKind::Volatile)
}

/// Whether two texts are times of two runs: numbers that could be times are, if they are close.
fn are_times(first: &str, second: &str) -> bool {
    if !is_time(first) || !is_time(second) {
        return false;
    }
    let milliseconds = |text: &str| {
        let number: f64 = text.parse().ok()?;
        Some(if number < 1e11 { number * 1000.0 } else { number })
    };
    match (milliseconds(first), milliseconds(second)) {
        (Some(first), Some(second)) => (first - second).abs() <= A_DAY,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn answer_place(place: &DifferencePlace) -> AnswerPlace {
    match place {
        DifferencePlace::Body(path) => AnswerPlace::Body(path.clone()),
        DifferencePlace::Header(name) => AnswerPlace::Header(name.clone()),
        DifferencePlace::Text => AnswerPlace::Anywhere,
    }
}

/// Names that other rules have.
struct RuleNames(Vec<(String, ValueKind)>);

impl RuleNames {
    fn new(found: &[PairDifference<'_>], own: &Normalisation) -> Self {
        let contracts = found.iter().flat_map(|seen| &seen.contract.normalisation.values);
        Self(contracts.chain(&own.values).map(|rule| (rule.name.clone(), rule.kind)).collect())
    }

    /// The name, with another ending if it is one of another kind of value.
    fn name(&self, drafts: &[RuleDraft], name: String, kind: ValueKind) -> String {
        let drafts = drafts.iter().filter_map(|draft| match &draft.rule {
            ProposedRule::Value(rule) => Some((rule.name.as_str(), rule.kind)),
            ProposedRule::Order(_) => None,
        });
        let known = self.0.iter().map(|(name, kind)| (name.as_str(), *kind));
        let is_clash = known.chain(drafts).any(|(other, of)| other == name && of != kind);
        match kind {
            _ if !is_clash => name,
            ValueKind::Time => name + "-at",
            ValueKind::Volatile => name + "-value",
        }
    }
}

/// A name after the last word before a gap, or the first behind it.
fn gap_name(gap: &TextGap) -> Option<String> {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        words.filter(|word| word.len() >= 2).map(kebab).collect()
    };
    words(&gap.before).pop().or_else(|| words(&gap.after).into_iter().next()).filter(|name| !name.is_empty())
}

/// A name after the key, with the one above it where it is a broad one.
fn place_name(place: &DifferencePlace) -> String {
    let path = match place {
        DifferencePlace::Body(path) => path.as_str(),
        DifferencePlace::Header(name) => name.as_str(),
        DifferencePlace::Text => "text",
    };
    let keys = path.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != '-');
    let keys: Vec<String> = keys.map(kebab).filter(|key| !key.is_empty()).collect();
    match &keys[..] {
        [] => "value".to_owned(),
        [.., above, last] if BROAD.contains(&last.as_str()) => {
            format!("{}-{last}", above.strip_suffix('s').unwrap_or(above))
        }
        [.., last] => last.clone(),
    }
}

/// `ExecutionId` as `execution-id`.
fn kebab(key: &str) -> String {
    let mut name = String::new();
    let mut was_lower = false;
    for letter in key.chars() {
        if letter.is_ascii_uppercase() && was_lower {
            name.push('-');
        }
        was_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        name.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    }
    name.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{DifferencePlace, are_times, place_name};

    #[test]
    fn names_follow_from_places() {
        for (path, expected) in [
            ("$.ExecutionId", "execution-id"),
            ("$.Items[*].Id", "item-id"),
            ("$[*]", "value"),
            ("$.a['weird key']", "weird-key"),
            ("$.requestID", "request-id"),
        ] {
            assert_eq!(place_name(&DifferencePlace::Body(path.into())), expected, "{path}");
        }
    }

    #[test]
    fn numbers_are_times_only_if_they_are_close() {
        assert!(are_times("1700000000", "1700000009") && are_times("1700000000123", "1700000009123"));
        assert!(!are_times("1700000000", "1900000000"));
        assert!(are_times("2026-11-24T10:11:12Z", "2026-11-25T10:11:12Z"));
    }
}
