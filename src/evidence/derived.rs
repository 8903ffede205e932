//! What a judged run certifies, and what it does not: the statement that follows from the evidence alone.

use std::collections::BTreeSet;

use super::account::Account;
use super::bundle::BundleFiles;
use super::judged::{CaseResult, JudgedRun};
use super::manifest::MANIFEST;
use super::provoked::{Class, RowEvidence};
use super::statement::{
    CertifiedContract, CertifiedEndpoint, CertifiedRows, Conformance, Digest, ObservedEffects, Omission,
    ResourceDescriptor, Statement, StatementScope, TestResult,
};
use crate::digest::sha256_hex;
use crate::event::RunStart;
use crate::model::{Level, Verdict};

/// What a statement follows from.
#[derive(Debug)]
pub struct StatementBasis<'a> {
    /// How the run was made.
    pub account: &'a Account,
    /// How it started.
    pub start: &'a RunStart,
    /// What it comes to.
    pub judged: &'a JudgedRun,
    /// Which rows were provoked.
    pub rows: &'a [RowEvidence],
    /// The files of the bundle, with the manifest.
    pub files: &'a BundleFiles,
}

/// The statement about a run. Its subject is the tested program, if the account names it, or else the evidence itself.
/// The digest of the manifest binds the evidence in either case.
///
/// # Errors
/// An account that does not say what the endpoint is.
pub fn statement(basis: &StatementBasis<'_>) -> Result<Statement, String> {
    let manifest = resource(MANIFEST, basis.files.get(MANIFEST).map(Vec::as_slice).unwrap_or_default());
    let tables = basis.files.iter().filter(|(name, _)| name.starts_with("cases/"));
    let mut lists = Lists::default();
    basis.judged.results.iter().filter(|result| result.is_shown).for_each(|result| lists.add(result));
    let not_selected = |id: &String| Omission { id: id.clone(), reason: "not selected".to_owned() };
    lists.skipped.extend(basis.judged.outside.iter().map(not_selected));
    let beyond = basis.rows.iter().filter(|row| row.evidence == Class::OnlyOnTheReferenceEndpoint);
    let rows_out_of_reach = beyond.map(|row| Omission {
        id: format!("{} {}", row.contract, row.label()),
        reason: "the endpoint does not offer a state in which it can be provoked".to_owned(),
    });
    Ok(Statement {
        subject: vec![basis.account.subject.clone().unwrap_or_else(|| manifest.clone())],
        result: result(&lists, basis.judged),
        configuration: std::iter::once(manifest)
            .chain(tables.map(|(name, bytes)| resource(name, bytes)))
            .collect(),
        url: basis.account.url.clone(),
        passed: lists.passed,
        warned: lists.warned.iter().map(|omission| omission.id.clone()).collect(),
        failed: lists.failed,
        conformance: Conformance {
            not_rederivable: basis.judged.underivable.clone(),
            rows_held: rows_held(basis),
            scope: scope(basis)?,
            rows_out_of_reach: rows_out_of_reach.collect(),
            skipped: lists.skipped,
            strength: basis.judged.end.strength.clone(),
            waived: lists.warned,
        },
    })
}

/// The cases by what they came to.
#[derive(Debug, Default)]
struct Lists {
    passed: Vec<String>,
    warned: Vec<Omission>,
    failed: Vec<String>,
    skipped: Vec<Omission>,
}

impl Lists {
    fn add(&mut self, record: &CaseResult) {
        let id = record.id.to_string();
        let omission = || Omission { id: id.clone(), reason: record.verdict.reason().unwrap_or_default() };
        match &record.verdict {
            Verdict::Passed => self.passed.push(id),
            Verdict::Waived { .. } => self.warned.push(omission()),
            Verdict::Flaky { attempts } => {
                let reason = format!("passed, but not at the first attempt: {}", attempts.join("; "));
                self.warned.push(Omission { id, reason });
            }
            Verdict::Failed | Verdict::Inconclusive(_) => self.failed.push(id),
            Verdict::Skipped(_) => {
                self.skipped.push(omission());
                self.failed.push(id);
            }
        }
    }
}

/// Every case of the selection is required. What was skipped, or cannot be shown, has not passed; a waiver that does
/// not hold any more fails a run, and so its certificate.
fn result(lists: &Lists, judged: &JudgedRun) -> TestResult {
    let is_short = !judged.underivable.is_empty() || !judged.end.stale_waivers.is_empty();
    if !lists.failed.is_empty() || is_short {
        TestResult::Failed
    } else if lists.warned.is_empty() {
        TestResult::Passed
    } else {
        TestResult::Warned
    }
}

/// The counts of error rows, by contract.
fn rows_held(basis: &StatementBasis<'_>) -> Vec<CertifiedRows> {
    let held = basis.judged.end.rows_held.iter().flatten();
    let of = basis.start.operations.iter().zip(held);
    of.map(|(operation, rows)| CertifiedRows {
        contract: operation.id.clone(),
        held: rows.held.len(),
        not_held: rows.not_held.len(),
        not_measured: rows.unmeasured.len(),
        rows: operation.rows.len(),
    })
    .collect()
}

fn scope(basis: &StatementBasis<'_>) -> Result<StatementScope, String> {
    let (start, judged) = (basis.start, basis.judged);
    let tested = basis.account.tested_endpoint()?;
    let contracts = start.operations.iter();
    Ok(StatementScope {
        cases: start.known,
        contracts: contracts
            .map(|operation| CertifiedContract {
                id: operation.id.clone(),
                version: operation.version.clone(),
            })
            .collect(),
        effects: ObservedEffects {
            not_observed: judged.end.effects.not_observed,
            observed: judged.end.effects.observed,
        },
        endpoints: vec![CertifiedEndpoint {
            kind: tested.kind.name().to_owned(),
            name: start.endpoint.name.clone(),
            url: start.endpoint.url.clone(),
        }],
        formats: judged.formats.iter().cloned().collect(),
        levels: Level::ALL
            .iter()
            .filter(|level| **level <= start.gate)
            .map(|level| level.name().into())
            .collect(),
        signatures: judged.signatures.iter().cloned().collect(),
        unpublished: unpublished(judged),
    })
}

/// The promises that were not judged, by contract.
fn unpublished(judged: &JudgedRun) -> Vec<String> {
    let (mut names, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for contract in judged.planned.iter().map(|planned| &planned.contract) {
        if seen.insert(contract.id.as_str()) {
            let marked = contract.unpublished().into_iter();
            names.extend(marked.map(|(name, _)| (contract.id.to_string(), name)));
        }
    }
    names.into_iter().map(|(contract, name)| format!("{contract} {name}")).collect()
}

fn resource(name: &str, bytes: &[u8]) -> ResourceDescriptor {
    ResourceDescriptor { digest: Digest { sha256: sha256_hex(bytes) }, name: name.to_owned(), uri: None }
}
