//! `proofmark certificate`, and the sample of a signed statement that other readers are tried on.
//!
//! The sample is signed with the published key of RFC 8410, so it is the same bytes each time. `PROOFMARK_UPDATE_DOCS=1`
//! writes it anew.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::bundle::{CASES, Desk};
use crate::support::{code, err, out, run};
use proofmark::inside::digest::sha256_hex;
use proofmark::inside::evidence::{
    CertifiedContract, CertifiedEndpoint, CertifiedRows, Conformance, Digest, ObservedEffects, Omission,
    ResourceDescriptor, SigningKey, Statement, StatementScope, TestResult, seal,
};
use proofmark::inside::model::{FloorScore, MutantScore, Strength};

/// RFC 8410, section 10.3.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/evidence").join(name)
}

fn resource(name: &str) -> ResourceDescriptor {
    ResourceDescriptor {
        digest: Digest { sha256: sha256_hex(name.as_bytes()) },
        name: name.into(),
        uri: None,
    }
}

/// A mock of a shop that conforms but for one case.
fn statement() -> Statement {
    let omission = |id: &str, reason: &str| Omission { id: id.into(), reason: reason.into() };
    let scope = StatementScope {
        cases: 6,
        contracts: vec![CertifiedContract { id: "shop/PlaceOrder".into(), version: "2024-01-01".into() }],
        effects: ObservedEffects { not_observed: 0, observed: 3 },
        endpoints: vec![CertifiedEndpoint {
            kind: "mock".into(),
            name: "shop-mock".into(),
            url: "http://127.0.0.1:9000".into(),
        }],
        formats: vec!["json".into(), "xml".into()],
        levels: ["envelope", "status", "code", "message", "body"].map(String::from).to_vec(),
        signatures: vec!["none".into(), "v3".into()],
        unpublished: Vec::new(),
    };
    Statement {
        subject: vec![resource("shop-mock.tar")],
        result: TestResult::Warned,
        configuration: vec![
            resource("cases/shop/PlaceOrder/contract.toml"),
            resource("cases/shop/PlaceOrder/amount.toml"),
        ],
        url: Some("https://ci.example/runs/42".into()),
        passed: ["negative", "one", "zero"].map(|case| format!("shop/PlaceOrder/amount/{case}")).to_vec(),
        warned: vec!["shop/PlaceOrder/amount/too-many".into()],
        failed: Vec::new(),
        conformance: Conformance {
            not_rederivable: vec![omission("shop/PlaceOrder/amount/in-time", "it judges a time")],
            rows_held: vec![CertifiedRows {
                contract: "shop/PlaceOrder".into(),
                held: 3,
                not_held: 1,
                not_measured: 1,
                rows: 5,
            }],
            scope,
            skipped: Vec::new(),
            strength: Some(Strength {
                floor: Some(FloorScore {
                    cases: 6,
                    endpoint: "accepts every request".into(),
                    held: 0,
                    passed: 2,
                    rows: 5,
                }),
                mutants: MutantScore { gaps: 1, killed: 499, open: 20, set: 1, stopped: false },
            }),
            rows_out_of_reach: vec![omission(
                "shop/PlaceOrder 409 sold-out",
                "the endpoint does not offer the state",
            )],
            waived: vec![omission("shop/PlaceOrder/amount/too-many", "the mock leaves out the | dot")],
        },
    }
}

/// Holds a file of the sample against what it should be.
fn held(name: &str, due: &str) {
    if env::var("PROOFMARK_UPDATE_DOCS").is_ok_and(|value| value == "1") {
        fs::write(sample(name), due).unwrap();
    }
    assert_eq!(
        fs::read_to_string(sample(name)).unwrap(),
        due,
        "{name}; PROOFMARK_UPDATE_DOCS=1 writes it anew"
    );
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_sample_is_what_the_library_makes() {
    let key = SigningKey::from_pem(PRIVATE).unwrap();
    held("signer.pub", &key.public().to_pem());
    held("statement.dsse.json", &String::from_utf8(seal(&statement().to_bytes(), &key)).unwrap());
}

#[test]
fn a_badge_and_a_page_say_what_was_signed() {
    let folder = tempfile::tempdir().unwrap();
    let (badge, page) = (folder.path().join("badge.svg"), folder.path().join("certificate.md"));
    let key = SigningKey::from_pem(PRIVATE).unwrap();
    let (envelope, public) = (folder.path().join("statement.dsse.json"), folder.path().join("signer.pub"));
    fs::write(&envelope, seal(&statement().to_bytes(), &key)).unwrap();
    fs::write(&public, key.public().to_pem()).unwrap();
    let arguments = ["certificate", text(&envelope), "--key", text(&public)];
    let done = run(&[&arguments[..], &["--badge", text(&badge), "--markdown", text(&page)]].concat());
    assert_eq!((code(&done), out(&done), err(&done)), (0, String::new(), String::new()));
    held("badge.svg", &fs::read_to_string(badge).unwrap());
    held("certificate.md", &fs::read_to_string(page).unwrap());
}

#[test]
fn what_the_key_has_not_signed_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let key = SigningKey::from_pem(PRIVATE).unwrap();
    let other = SigningKey::generate().unwrap();
    let whole = seal(&statement().to_bytes(), &key);
    let public = folder.path().join("signer.pub");
    fs::write(&public, key.public().to_pem()).unwrap();
    let mut torn = whole.clone();
    torn[40] ^= 1;
    let mut contradictory = statement();
    contradictory.result = TestResult::Passed;
    for (bytes, due) in [
        (torn, "statement"),
        (seal(&statement().to_bytes(), &other), "has not signed it"),
        (seal(&contradictory.to_bytes(), &key), "its result cannot be PASSED"),
        (seal(b"{}", &key), "it is not a statement about a test result"),
        ([&whole[..], b"\n"].concat(), "not written in the one way"),
        (b"\x1b[2J".to_vec(), "it is not a DSSE envelope"),
    ] {
        let envelope = folder.path().join("statement.dsse.json");
        let badge = folder.path().join("badge.svg");
        fs::write(&envelope, bytes).unwrap();
        let arguments = ["certificate", text(&envelope), "--key", text(&public), "--badge", text(&badge)];
        let done = run(&arguments);
        assert_eq!(code(&done), 3, "{}", err(&done));
        assert!(err(&done).contains(due), "{}", err(&done));
        assert!(!badge.exists());
    }
}

#[test]
fn a_bundle_is_shown_by_its_digest_and_only_if_it_verifies() {
    let desk = Desk::new();
    let (certified, shown) = desk.certify(&[CASES]);
    assert_eq!(certified, 0, "{shown}");
    let honest = desk.bundle();
    let forged = desk.forged().signed(|statement| statement.passed.truncate(1));
    let (page, badge) = (desk.path("page.md"), desk.path("badge.svg"));
    let (taken, public) = (desk.path("taken.proof"), desk.text("key.pem.pub"));
    let show = |bytes: &[u8]| {
        fs::write(&taken, bytes).unwrap();
        let arguments = ["certificate", text(&taken), "--key", &public, "--badge", text(&badge)];
        run(&[&arguments[..], &["--markdown", text(&page)]].concat())
    };
    let mut torn = honest.clone();
    torn[honest.len() / 2] ^= 1;
    for (bytes, due) in [(&torn, "that the manifest lists"), (&forged, "the cases that passed")] {
        let done = show(bytes);
        assert_eq!(code(&done), 3, "{}", err(&done));
        assert!(err(&done).contains(due) && !page.exists() && !badge.exists(), "{}", err(&done));
    }
    let done = show(&honest);
    assert_eq!((code(&done), err(&done)), (0, String::new()));
    let digest = sha256_hex(&honest);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains(&format!("| evidence | SHA-256 <code>{digest}</code> |")), "{page}");
    assert!(fs::read_to_string(badge).unwrap().contains(&format!("Evidence {digest}.")));
}

#[test]
fn a_page_that_cannot_be_written_is_told_by_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let badge = folder.path().join("nowhere/badge.svg");
    let (envelope, public) = (sample("statement.dsse.json"), sample("signer.pub"));
    let arguments = ["certificate", text(&envelope), "--key", text(&public)];
    let done = run(&[&arguments[..], &["--badge", text(&badge)]].concat());
    assert_eq!(code(&done), 6, "{}", err(&done));
    assert_eq!(code(&run(&arguments)), 2, "neither a badge nor a page is asked for");
}
