//! Rules of contracts and endpoints made ready to be applied, once for a run. Main types: [`SnapshotRules`], and
//! [`RuleBook`], which keeps those of each contract.

use std::sync::{Arc, Mutex, PoisonError};

use regex::Regex;

use crate::check::{compile, compile_together};
use crate::model::{AnswerPlace, Contract, Normalisation, OrderRule, ValueKind, ValueRule};

/// Rules that make transcripts stable, ready to be applied.
#[derive(Debug)]
pub struct SnapshotRules {
    /// Those for values at a place.
    pub(super) placed: Vec<SnapshotRule>,
    pub(super) anywhere: Anywhere,
    pub(super) orders: Vec<OrderRule>,
    /// The header fields that a snapshot shows, in its order.
    pub(super) headers: Vec<String>,
}

impl SnapshotRules {
    /// Makes rules ready, those of the contract before those of the endpoint. A snapshot shows these header fields.
    pub fn new(rules: &[&Normalisation], headers: &[String]) -> Self {
        let values = rules.iter().flat_map(|rules| &rules.values).enumerate();
        let values = values.map(|(position, rule)| SnapshotRule::new(position, rule));
        let (anywhere, placed) = values.partition(|rule| rule.place == AnswerPlace::Anywhere);
        let orders = rules.iter().flat_map(|rules| &rules.unordered).cloned().collect();
        Self { placed, anywhere: Anywhere::of(anywhere), orders, headers: headers.to_vec() }
    }

    /// The names of times, which have no number.
    pub(super) fn times(&self) -> impl Iterator<Item = &str> {
        let all = self.placed.iter().chain(&self.anywhere.rules);
        all.filter(|rule| rule.kind == ValueKind::Time).map(|rule| &*rule.name)
    }
}

/// The rules of the contracts of a run, each made ready when the first of its cases asks for them.
#[derive(Debug, Default)]
pub struct RuleBook(Mutex<Vec<(Arc<Contract>, Arc<SnapshotRules>)>>);

impl RuleBook {
    /// The rules of a contract and those of the endpoint, which are the same in each call.
    pub fn of(&self, contract: &Arc<Contract>, own: &Normalisation) -> Arc<SnapshotRules> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rules)) = made.iter().find(|(known, _)| Arc::ptr_eq(known, contract)) {
            return Arc::clone(rules);
        }
        let rules = Arc::new(SnapshotRules::new(&[&contract.normalisation, own], &contract.snapshot_headers));
        made.push((Arc::clone(contract), Arc::clone(&rules)));
        rules
    }
}

/// A rule, ready to be applied.
#[derive(Debug)]
pub(super) struct SnapshotRule {
    pub(super) position: usize,
    pub(super) kind: ValueKind,
    pub(super) name: Arc<str>,
    pub(super) place: AnswerPlace,
    pub(super) pattern: RulePattern,
}

#[derive(Debug)]
pub(super) enum RulePattern {
    None,
    Found(Arc<Regex>),
    /// The loader has checked it; one that is none finds nothing.
    Broken,
}

impl SnapshotRule {
    fn new(position: usize, rule: &ValueRule) -> Self {
        let pattern = match rule.pattern.as_deref().map(compile) {
            None => RulePattern::None,
            Some(Ok(regex)) => RulePattern::Found(regex),
            Some(Err(_)) => RulePattern::Broken,
        };
        Self {
            position,
            kind: rule.kind,
            name: rule.name.as_str().into(),
            place: rule.place.clone(),
            pattern,
        }
    }
}

/// The rules that hold for every text.
#[derive(Debug)]
pub(super) struct Anywhere {
    pub(super) rules: Vec<SnapshotRule>,
    /// Their patterns together: in most texts there is nothing to be found, which so is known at once.
    pub(super) patterns: Option<Arc<Regex>>,
}

impl Anywhere {
    fn of(rules: Vec<SnapshotRule>) -> Self {
        let patterns = rules.iter().map(|rule| match &rule.pattern {
            RulePattern::Found(regex) => Some(regex.as_str()),
            RulePattern::None | RulePattern::Broken => None,
        });
        let patterns: Option<Vec<&str>> = patterns.collect();
        let patterns = patterns.filter(|patterns| !patterns.is_empty());
        Self { patterns: patterns.and_then(|patterns| compile_together(&patterns)), rules }
    }
}
