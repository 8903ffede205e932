//! Statements: the one encoding, and what contradicts itself.

use serde_json::{Value as Json, json};

use super::{Contradiction, Statement, StatementError, TestResult};
use crate::evidence::sample::{omission, statement};

/// The same JSON with the keys of every object sorted, as RFC 8785 sorts keys of ASCII.
fn sorted(json: &Json) -> Json {
    match json {
        Json::Object(entries) => {
            let mut keys: Vec<&String> = entries.keys().collect();
            keys.sort();
            keys.into_iter()
                .map(|key| (key.clone(), sorted(&entries[key])))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Json::Array(items) => items.iter().map(sorted).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => json.clone(),
    }
}

#[test]
fn a_statement_is_an_in_toto_statement_about_a_test_result() {
    let json: Json = serde_json::from_slice(&statement().to_bytes()).unwrap();
    assert_eq!(json["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(json["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
    assert_eq!(json["subject"], json!([{ "name": "mock.tar", "digest": { "sha256": "ab".repeat(32) } }]));
    let predicate = &json["predicate"];
    assert_eq!(predicate["result"], "PASSED");
    assert_eq!(predicate["passedTests"], json!(["shop/Order/a/one", "shop/Order/a/two"]));
    assert_eq!((&predicate["warnedTests"], &predicate["failedTests"]), (&json!([]), &json!([])));
    assert_eq!(predicate["configuration"][0]["name"], "cases/shop/Order/contract.toml");
    assert_eq!(predicate["proofmarkConformance"]["scope"]["formats"], json!(["json", "xml"]));
    assert!(predicate.get("url").is_none());
}

#[test]
fn it_is_written_with_every_key_in_order_and_reads_back_as_the_same() {
    let mut whole = statement();
    whole.url = Some("https://ci.example/\u{1}\"é😀\u{2028}".into());
    whole.subject[0].uri = Some("pkg:oci/mock".into());
    let bytes = whole.to_bytes();
    let json: Json = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), sorted(&json).to_string());
    let read = Statement::from_bytes(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!(read.url, whole.url);
    assert_eq!(read.passed, ["shop/Order/a/one", "shop/Order/a/two"]);
}

#[test]
fn any_other_encoding_is_refused() {
    let text = String::from_utf8(statement().to_bytes()).unwrap();
    let not_canonical = [
        format!(" {text}"),
        format!("{text}\n"),
        text.replace("a/one", "a\\/one"),
        text.replace("\"PASSED\"", "\"P\\u0041SSED\""),
        text.replace(r#"["json","xml"]"#, r#"["xml","json"]"#),
        text.replace(r#"["json","xml"]"#, r#"["json","json","xml"]"#),
        text.replace("\"cases\":4", "\"cases\": 4"),
        text.replace(r#""name":"mock.tar""#, r#""name":"mock.tar","uri":null"#),
    ];
    for other in not_canonical {
        assert_ne!(other, text);
        assert_eq!(Statement::from_bytes(other.as_bytes()), Err(StatementError::NotCanonical), "{other}");
    }
    let misshapen = [
        String::new(),
        "[".repeat(100_000),
        text.replace("\"cases\":4", "\"cases\":4.0"),
        text.replace("\"cases\":4", "\"cases\":-4"),
        text.replace("\"cases\":4", "\"cases\":4,\"cases\":4"),
        text.replace("\"cases\":4", "\"cases\":4,\"more\":4"),
        text.replace("PASSED", "passed"),
    ];
    for other in misshapen {
        assert!(
            matches!(Statement::from_bytes(other.as_bytes()), Err(StatementError::Shape { .. })),
            "{other}"
        );
    }
    for other in [text.replace("Statement/v1", "Statement/v0.1"), text.replace("test-result/v0.1", "vsa/v1")]
    {
        assert_eq!(Statement::from_bytes(other.as_bytes()), Err(StatementError::Type));
    }
}

#[test]
fn a_statement_that_contradicts_itself_is_refused() {
    let changed = |change: fn(&mut Statement)| {
        let mut statement = statement();
        change(&mut statement);
        Statement::from_bytes(&statement.to_bytes()).unwrap_err()
    };
    let result = |result| Contradiction::Result { result };
    let twice = || Contradiction::Twice { case: "shop/Order/a/one".into() };
    for (found, due) in [
        (changed(|it| it.subject.clear()), Contradiction::NoSubject),
        (
            changed(|it| it.subject[0].digest.sha256.make_ascii_uppercase()),
            Contradiction::Digest { name: "mock.tar".into() },
        ),
        (changed(|it| it.passed.clear()), result(TestResult::Passed)),
        (changed(|it| it.failed.push("x".into())), result(TestResult::Passed)),
        (changed(|it| it.warned.push("x".into())), result(TestResult::Passed)),
        (changed(|it| it.result = TestResult::Warned), result(TestResult::Warned)),
        (changed(|it| it.conformance.skipped.push(omission("shop/Order/a/one"))), twice()),
        (changed(|it| it.conformance.not_rederivable.push(omission("shop/Order/a/one"))), twice()),
        (
            changed(|it| {
                it.result = TestResult::Failed;
                it.failed.push("shop/Order/a/one".into());
            }),
            twice(),
        ),
        (changed(|it| it.conformance.waived.push(omission("x"))), Contradiction::Waived),
        (
            changed(|it| {
                it.result = TestResult::Warned;
                it.warned.push("x".into());
            }),
            Contradiction::Waived,
        ),
        (changed(|it| it.conformance.scope.contracts.clear()), Contradiction::Scope),
        (changed(|it| it.conformance.scope.endpoints.clear()), Contradiction::Scope),
        (changed(|it| it.conformance.scope.cases = 1), Contradiction::Scope),
        (changed(|it| it.conformance.scope.levels.clear()), Contradiction::Levels),
        (changed(|it| it.conformance.scope.levels.swap(0, 1)), Contradiction::Levels),
        (changed(|it| it.conformance.scope.levels = vec!["status".into()]), Contradiction::Levels),
    ] {
        assert_eq!(found, StatementError::Contradiction(due));
    }
}

#[test]
fn waived_and_failed_cases_are_told_with_the_result_that_they_lead_to() {
    let mut whole = statement();
    whole.result = TestResult::Warned;
    whole.warned.push("shop/Order/a/three".into());
    whole.conformance.waived.push(omission("shop/Order/a/three"));
    let read = Statement::from_bytes(&whole.to_bytes()).unwrap();
    assert_eq!(
        (read.warned, read.conformance.waived),
        (whole.warned.clone(), whole.conformance.waived.clone())
    );
    whole.result = TestResult::Failed;
    whole.failed.push("shop/Order/a/sold".into());
    let read = Statement::from_bytes(&whole.to_bytes()).unwrap();
    assert_eq!(read.failed, ["shop/Order/a/sold"]);
}
