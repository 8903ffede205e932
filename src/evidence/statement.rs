//! What is certified: an in-toto Statement, version 1, with the predicate "test result", version 0.1.
//!
//! [`Statement`] is the record; [`Statement::to_bytes`] writes it in the one way in which it is read. Facts without a
//! field in the predicate are in the extension `proofmarkConformance`, which follows in-toto's monotonic principle: it
//! can add reasons to refuse a result, and none to accept it.

mod consistency;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Strength;

pub use consistency::Contradiction;

/// What kind of statement it is (in-toto attestation framework, spec/v1/statement.md).
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// What is stated (in-toto attestation framework, spec/predicates/test-result.md).
const PREDICATE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// What a run has shown of a subject, and under which conditions.
///
/// Lists of cases, contracts, endpoints and words are sets: they are written in order, each entry once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What was tested: the mock's binary or image, or the evidence's own manifest; at least one.
    pub subject: Vec<ResourceDescriptor>,
    /// What it came to.
    pub result: TestResult,
    /// What it was tested with: contracts, tables, states, waivers, rules.
    pub configuration: Vec<ResourceDescriptor>,
    /// Where the run can be looked up, such as a job of a CI service.
    pub url: Option<String>,
    /// The ids of the cases that passed.
    pub passed: Vec<String>,
    /// The ids of the cases whose failure is waived.
    pub warned: Vec<String>,
    /// The ids of the cases that failed.
    pub failed: Vec<String>,
    /// The extension.
    pub conformance: Conformance,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TestResult {
    /// Every case that is required ran, and passed.
    Passed,
    /// Some have failed, and for each a waiver says so.
    Warned,
    /// Some have failed, or were required and skipped.
    Failed,
}

impl TestResult {
    /// The result as the statement has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Warned => "WARNED",
            Self::Failed => "FAILED",
        }
    }
}

impl fmt::Display for TestResult {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Bytes that a statement is about, by their digest (in-toto's `ResourceDescriptor`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceDescriptor {
    /// Their digest.
    pub digest: Digest,
    /// Their name, such as a path in the bundle.
    pub name: String,
    /// Where they come from, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

/// A digest of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// The SHA-256, in 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// The extension: what was certified, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Conformance {
    /// Cases that cannot be judged from the evidence alone, and so count nowhere.
    pub not_rederivable: Vec<Omission>,
    /// How many error rows are held, by contract.
    pub rows_held: Vec<CertifiedRows>,
    /// Error rows that nothing can provoke on this endpoint, by contract and code.
    pub rows_out_of_reach: Vec<Omission>,
    /// What the result is about, and no more.
    pub scope: StatementScope,
    /// Cases that were skipped.
    pub skipped: Vec<Omission>,
    /// How strong the suite is, if mutants of the recorded answers were judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// Cases that failed, with the reason that the waiver gives; the same as [`Statement::warned`].
    pub waived: Vec<Omission>,
}

/// A case or a row that does not count as passed, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Omission {
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// How many error rows of a contract are held: each case that expects one passes, and so does an accepted request that
/// is nearly the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CertifiedRows {
    /// The operation's id.
    pub contract: String,
    /// So many are held.
    pub held: usize,
    /// So many are not.
    pub not_held: usize,
    /// Of so many a case was skipped or not selected.
    pub not_measured: usize,
    /// So many rows has the contract.
    pub rows: usize,
}

/// What a result is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementScope {
    /// How many cases the suite has for these contracts, whether they were selected or not.
    pub cases: usize,
    /// The contracts.
    pub contracts: Vec<CertifiedContract>,
    /// In how many cases the effects on the endpoint were observed.
    pub effects: ObservedEffects,
    /// The endpoints.
    pub endpoints: Vec<CertifiedEndpoint>,
    /// The formats in which answers were asked for.
    pub formats: Vec<String>,
    /// The levels that counted, in the order of depth.
    pub levels: Vec<String>,
    /// The schemes by which requests were signed.
    pub signatures: Vec<String>,
    /// Promises of the contracts that no published source has, and so were not judged.
    pub unpublished: Vec<String>,
}

/// Of the cases that were judged and whose contracts promise an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ObservedEffects {
    /// So many were not observed, or not to the end.
    pub not_observed: usize,
    /// So many were.
    pub observed: usize,
}

/// A contract in a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedContract {
    /// The operation's id.
    pub id: String,
    /// The version of the API.
    pub version: String,
}

/// An endpoint in a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedEndpoint {
    /// What it is: reference, real, mock or foreign.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
}

/// Why a statement is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Other JSON, or none.
    #[error("it is not a statement about a test result: unexpected at line {line}, column {column}")]
    Shape {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A statement of another type, or about something else.
    #[error("its type is not `{STATEMENT}`, or its predicate's is not `{PREDICATE}`")]
    Type,
    /// Parts that cannot hold together.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// The same, written in another way.
    #[error(
        "it is not written in the one way in which a statement is written: compact JSON, keys and lists in order"
    )]
    NotCanonical,
}

/// A statement as JSON. The fields of this and of everything inside are in the order of their names, as RFC 8785 has
/// it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawStatement {
    #[serde(rename = "_type")]
    kind: String,
    predicate: RawPredicate,
    predicate_type: String,
    subject: Vec<ResourceDescriptor>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawPredicate {
    configuration: Vec<ResourceDescriptor>,
    failed_tests: Vec<String>,
    passed_tests: Vec<String>,
    proofmark_conformance: Conformance,
    result: TestResult,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    warned_tests: Vec<String>,
}

impl Statement {
    /// The statement as canonical JSON (RFC 8785), with every set in order.
    #[expect(clippy::missing_panics_doc, reason = "it cannot panic: what is written is always JSON")]
    pub fn to_bytes(&self) -> Vec<u8> {
        let predicate = RawPredicate {
            configuration: self.configuration.clone(),
            failed_tests: set(&self.failed),
            passed_tests: set(&self.passed),
            proofmark_conformance: self.conformance.in_order(),
            result: self.result,
            url: self.url.clone(),
            warned_tests: set(&self.warned),
        };
        let raw = RawStatement {
            kind: STATEMENT.to_owned(),
            predicate,
            predicate_type: PREDICATE.to_owned(),
            subject: self.subject.clone(),
        };
        serde_json::to_vec(&raw).expect("texts and numbers in structures are always JSON")
    }

    /// Reads a statement.
    ///
    /// # Errors
    /// All that [`Statement::to_bytes`] would not have written, and a statement that contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StatementError> {
        let raw: RawStatement = serde_json::from_slice(bytes)
            .map_err(|error| StatementError::Shape { line: error.line(), column: error.column() })?;
        if raw.kind != STATEMENT || raw.predicate_type != PREDICATE {
            return Err(StatementError::Type);
        }
        let statement = Self {
            subject: raw.subject,
            result: raw.predicate.result,
            configuration: raw.predicate.configuration,
            url: raw.predicate.url,
            passed: raw.predicate.passed_tests,
            warned: raw.predicate.warned_tests,
            failed: raw.predicate.failed_tests,
            conformance: raw.predicate.proofmark_conformance,
        };
        if statement.to_bytes() != bytes {
            return Err(StatementError::NotCanonical);
        }
        statement.consistent()?;
        Ok(statement)
    }
}

impl Conformance {
    fn in_order(&self) -> Self {
        Self {
            not_rederivable: set(&self.not_rederivable),
            rows_held: set(&self.rows_held),
            scope: self.scope.in_order(),
            rows_out_of_reach: set(&self.rows_out_of_reach),
            skipped: set(&self.skipped),
            strength: self.strength.clone(),
            waived: set(&self.waived),
        }
    }
}

impl StatementScope {
    /// Levels have an order of their own, and keep it.
    fn in_order(&self) -> Self {
        Self {
            cases: self.cases,
            contracts: set(&self.contracts),
            effects: self.effects,
            endpoints: set(&self.endpoints),
            formats: set(&self.formats),
            levels: self.levels.clone(),
            signatures: set(&self.signatures),
            unpublished: set(&self.unpublished),
        }
    }
}

/// The entries in order, each once.
fn set<T: Clone + Ord>(entries: &[T]) -> Vec<T> {
    let mut entries = entries.to_vec();
    entries.sort_unstable();
    entries.dedup();
    entries
}
