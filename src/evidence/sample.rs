//! A statement that the tests of this module share.

use super::{
    Attested, CertifiedContract, CertifiedEndpoint, CertifiedRows, Conformance, Digest, ObservedEffects,
    Omission, ResourceDescriptor, Statement, StatementScope, TestResult,
};

/// A fingerprint.
pub(super) const KEYID: &str = "a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f";

pub(super) fn resource(name: &str) -> ResourceDescriptor {
    ResourceDescriptor { digest: Digest { sha256: "ab".repeat(32) }, name: name.into(), uri: None }
}

pub(super) fn omission(id: &str) -> Omission {
    Omission { id: id.into(), reason: "no way to it".into() }
}

/// A statement about a mock that conforms.
pub(super) fn statement() -> Statement {
    let scope = StatementScope {
        cases: 4,
        contracts: vec![CertifiedContract { id: "shop/Order".into(), version: "2024-01-01".into() }],
        effects: ObservedEffects { not_observed: 0, observed: 3 },
        endpoints: vec![CertifiedEndpoint {
            kind: "mock".into(),
            name: "mock".into(),
            url: "http://127.0.0.1:9000".into(),
        }],
        formats: vec!["xml".into(), "json".into()],
        levels: ["envelope", "status", "code", "message", "body"].map(String::from).to_vec(),
        signatures: vec!["v3".into(), "none".into()],
        unpublished: Vec::new(),
    };
    let conformance = Conformance {
        not_rederivable: vec![omission("shop/Order/a/slow")],
        scope,
        rows_held: vec![CertifiedRows {
            contract: "shop/Order".into(),
            held: 2,
            not_held: 0,
            not_measured: 1,
            rows: 3,
        }],
        skipped: Vec::new(),
        strength: None,
        rows_out_of_reach: vec![omission("shop/Order 404 sold")],
        waived: Vec::new(),
    };
    Statement {
        subject: vec![resource("mock.tar")],
        result: TestResult::Passed,
        configuration: vec![resource("cases/shop/Order/contract.toml")],
        url: None,
        passed: vec!["shop/Order/a/two".into(), "shop/Order/a/one".into()],
        warned: Vec::new(),
        failed: Vec::new(),
        conformance,
    }
}

/// The statement as the key of [`KEYID`] has signed it.
pub(super) fn attest(statement: &Statement) -> Attested<'_> {
    Attested { statement, keyid: KEYID, bundle: None }
}
