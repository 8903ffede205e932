//! From two snapshots of a case to what has changed between them.

use std::collections::BTreeSet;

use super::echo::Echoes;
use super::fact::{AnswerChange, Fact};
use super::keyed::{SnapshotFacts, lines_key};
use super::name::{bare, equality_facts};
use super::pair::ExchangePair;
use super::row::{AnswerReading, templates};
use super::transcript::{SnapshotExchange, read};
use super::tree::MOST;
use crate::model::{Contract, Value};
use crate::snapshot::{PendingSnapshot, SnapshotFile};

/// What has changed in a pending snapshot.
pub(super) fn findings(snapshot: &PendingSnapshot, contract: Option<&Contract>) -> SnapshotFacts {
    let mut findings = SnapshotFacts::default();
    let new = bare(&snapshot.new.text);
    let Some(old) = &snapshot.old else {
        findings.add(Fact::FirstSeen, "first");
        match read(&new) {
            Some(exchanges) => first_seen(&exchanges, contract, &mut findings),
            None => drop(findings.silent.insert(new.into_owned())),
        }
        return findings;
    };
    head(old, &snapshot.new, &mut findings);
    let before = findings.facts.len();
    let old_text = bare(&old.text);
    if let Some((old, new)) = read(&old_text).zip(read(&new)) {
        exchanges(&old, &new, contract, &mut findings);
    }
    let before_text = old.text.as_str();
    if let Some((old, new)) = read(before_text).zip(read(&snapshot.new.text)) {
        let facts = equality_facts(&old, &new);
        if let Some(rest) = facts.len().checked_sub(MOST).filter(|rest| *rest > 0) {
            let key = lines_key(before_text, &snapshot.new.text);
            findings.add(Fact::More(rest), format!("more equal {key}"));
        }
        facts.into_iter().take(MOST).for_each(|(fact, key)| findings.add(fact, key));
    }
    if findings.facts.len() == before {
        findings.add(Fact::Text, "text ".to_owned() + &lines_key(before_text, &snapshot.new.text));
    }
    findings
}

fn head(old: &SnapshotFile, new: &SnapshotFile, findings: &mut SnapshotFacts) {
    if old.version != new.version {
        let (old, new) = (old.version.clone(), new.version.clone());
        findings.add(Fact::Version { old: old.clone(), new: new.clone() }, format!("version {old} {new}"));
    }
    if old.endpoint != new.endpoint {
        let (old, new) = (old.endpoint.clone(), new.endpoint.clone());
        findings.add(Fact::Endpoint { old: old.clone(), new: new.clone() }, format!("endpoint {old} {new}"));
    }
}

/// The facts of a case that has no snapshot yet.
fn first_seen(exchanges: &[SnapshotExchange<'_>], contract: Option<&Contract>, findings: &mut SnapshotFacts) {
    for (at, exchange) in exchanges.iter().enumerate() {
        let judged = AnswerReading::of(&exchange.answer, contract);
        let fields = match exchange.answer.body.tree() {
            Some(Value::Map(entries)) => entries.iter().map(|(key, _)| key.as_str()).collect(),
            Some(_) | None => BTreeSet::new(),
        };
        let fields = fields.into_iter().collect::<Vec<_>>().join(" ");
        let echoes = Echoes::of([&exchange.request; 2], contract, &templates(&[&judged]));
        let message = match judged.row {
            Some(_) => judged.row_key(),
            None => echoes.mask(judged.message.as_deref().unwrap_or_default(), &[]),
        };
        let outcome = judged.outcome();
        let key = format!("outcome {outcome} {message} {fields}");
        let step = (exchanges.len() > 1).then_some(at + 1);
        findings.add(Fact::Answer { step, change: AnswerChange::Outcome(outcome) }, key);
        findings.row("now", &judged);
    }
}

fn exchanges(
    old: &[SnapshotExchange<'_>],
    new: &[SnapshotExchange<'_>],
    contract: Option<&Contract>,
    findings: &mut SnapshotFacts,
) {
    if old.len() != new.len() {
        let outcomes = new[old.len().min(new.len())..]
            .iter()
            .map(|exchange| AnswerReading::of(&exchange.answer, contract));
        let outcomes: Vec<String> = outcomes.map(|judged| judged.outcome().to_string()).collect();
        let key = format!("answers {} {} {}", old.len(), new.len(), outcomes.join(" "));
        findings.add(Fact::Answers { old: old.len(), new: new.len() }, key);
    }
    let count = old.len().max(new.len());
    for (at, (old, new)) in old.iter().zip(new).enumerate() {
        let step = (count > 1).then_some(at + 1);
        let mut pair = ExchangePair { step, contract, findings };
        pair.request(&old.request, &new.request);
        pair.answer(old, new);
    }
}
