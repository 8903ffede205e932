//! What a program in Rust does through the doors of the crate: it runs cases, and verifies a certificate.

use std::fs;
use std::io::{Cursor, Write};

use proofmark::events::{Event, Outcome, Verdict};
use proofmark::harness::{Addresses, Harness, HarnessError};
use proofmark::inside::evidence::SigningKey;
use proofmark::verify::{BundleRefusal, ExpectedSigner, PublicKey, TestResult, examine};

use crate::bundle::Desk;
use crate::support::copied_cases;
use crate::support::odd::{JSON, answer, one_case, serve};

#[test]
fn a_run_hands_out_what_happens() {
    let folder = one_case();
    let harness = |status: &'static str| {
        let url = serve(move |_, stream| {
            let _ = stream.write_all(&answer(status, JSON, r#"{"id": "t"}"#));
        });
        let start = move || Ok(Addresses { url: url.clone(), states: None });
        Harness::new(folder.path()).cases(folder.path()).snapshots(None).endpoint(start)
    };
    let outcome = |status| {
        let mut seen = Vec::new();
        let end = harness(status).events(|event| {
            if let Event::Finished(case) = event {
                seen.push((case.id.to_string(), case.verdict.clone(), case.findings.len()));
            }
        });
        let plain = seen.iter().find(|(id, ..)| id == "shop/Get/t/plain").expect("the case has run");
        (end.unwrap().outcome(), seen.len(), plain.1.clone(), plain.2)
    };
    // The other case needs a state, which this endpoint does not offer.
    assert_eq!(outcome("200 OK"), (Outcome::Inconclusive, 2, Verdict::Passed, 0));
    let (broken, _, verdict, findings) = outcome("201 Created");
    assert_eq!((broken, verdict), (Outcome::Broken, Verdict::Failed));
    assert!(findings > 0);
}

#[test]
fn a_run_is_judged_by_the_manifest_and_says_which_rows_are_held() {
    let folder = copied_cases();
    let run = || Harness::new(folder.path()).snapshots(None).events(drop).unwrap();
    let table = folder.path().join("cases/ecs/StartImagePipelineExecution");
    for entry in fs::read_dir(&table).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !["contract.toml", "states.toml", "tag-count.toml"].contains(&name) {
            fs::remove_file(path).unwrap();
        }
    }
    let end = run();
    assert_eq!((end.outcome(), end.drift.is_none()), (Outcome::Conforms, true));
    let held = &end.rows_held.unwrap()[0].held;
    assert!(held.iter().any(|row| row.contains("Duplicate.TagKey")), "{held:?}");
    fs::copy("cases/manifest.toml", folder.path().join("cases/manifest.toml")).unwrap();
    let end = run();
    assert_eq!(end.outcome(), Outcome::Inconclusive);
    assert!(!end.drift.unwrap().missing.is_empty());
}

#[test]
fn a_run_of_files_that_are_wrong_sends_nothing() {
    let folder = one_case();
    fs::write(folder.path().join("shop/Get/t.toml"), "[[case]]\nid = 1\n").unwrap();
    let start = || -> Result<Addresses, String> { panic!("the endpoint was asked for") };
    let harness = Harness::new(folder.path()).cases(folder.path()).snapshots(None).endpoint(start);
    let error = harness.events(|event| panic!("{event:?}")).unwrap_err();
    assert!(matches!(error, HarnessError::Load(_)), "{error}");
}

#[test]
fn a_certificate_is_judged_again() {
    let desk = Desk::new();
    let (code, text) = desk.certify(&["tag-count/none"]);
    assert_eq!(code, 0, "{text}");
    let pem = fs::read_to_string(desk.path("key.pem.pub")).unwrap();
    let signer = ExpectedSigner::Key(PublicKey::from_pem(&pem).unwrap());
    let found = examine(&mut Cursor::new(desk.bundle()), &signer).unwrap();
    assert_eq!(found.statement().result, TestResult::Passed);
    assert_eq!(found.confirmed(), found.statement().passed.len());
    assert!(found.confirmed() > 0);
    let other = ExpectedSigner::Key(SigningKey::generate().unwrap().public());
    let refused = examine(&mut Cursor::new(desk.bundle()), &other).unwrap_err();
    assert!(matches!(refused, BundleRefusal::Bundle(_)), "{refused}");
}
