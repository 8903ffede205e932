//! Signed runs: the same verdicts with signing on, credentials that are missing, and secrets that never show.

#![cfg(unix)]

use std::fs;
use std::process::Output;

use crate::faults::varied;
use crate::support::{self, Served, code, err, out, proofmark};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use proofmark::inside::embedded;
use proofmark::inside::model::Verdict;
use proofmark::inside::plan::case_ids;
use proofmark::inside::run::{Observing, RunSettings, Runner, StopSwitch};
use proofmark::inside::sign::Credentials;
use proofmark::inside::source::{Wanted, load};
use proofmark::inside::transport::{Client, Connection, TransportLimits};
use proofmark::reference::{AuthMode, Fault, Reference, ReferenceSettings};
use serde_json::Value as Json;

fn signed(served: &Served, secret: &str, arguments: &[&str]) -> Output {
    let common = ["run", "--endpoint", served.at("url"), "--states", served.at("states")];
    let mut command = proofmark(&[&common, arguments].concat());
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret);
    command.output().unwrap()
}

#[test]
fn an_endpoint_that_verifies_gets_the_same_verdicts_by_either_scheme() {
    // A half of the cases each: what the schemes share is tried with both in tests of single cases.
    for (scheme, part) in [("v1", "1/2"), ("v3", "2/2")] {
        let served = Served::start(&["--auth", "any"]);
        let output = signed(&served, "testsecret", &["-q", "--sign", scheme, "--shard", part]);
        assert_eq!(code(&output), 0, "{}", out(&output));
        assert!(out(&output).starts_with("CONFORMS"), "{}", out(&output));
    }
}

#[test]
fn unsigned_requests_are_turned_away_by_an_endpoint_that_verifies() {
    let served = Served::start(&["--auth", "any"]);
    let output = served.judged(&["accepted/required-only*"]);
    assert_eq!(code(&output), 1, "{}", out(&output));
}

#[test]
fn cases_about_signatures_are_not_run_where_nothing_is_signed_and_pass_only_where_that_is_meant() {
    let served = Served::start(&[]);
    let output = served.judged(&["*signature*"]);
    assert_eq!(code(&output), 5, "{}", out(&output));
    assert!(out(&output).contains("no credentials to sign by v1"), "{}", out(&output));
    let hints = out(&output).matches("with --sign none such cases are skipped").count();
    assert!((1..=20).contains(&hints), "one reason for cases in a row: {hints}");
    let beside = served.judged(&["--sign", "none", "*signature*", "accepted/required-only*"]);
    assert_eq!(code(&beside), 0, "{}", out(&beside));
    let alone = served.judged(&["--sign", "none", "*signature*"]);
    assert_eq!(code(&alone), 5, "a run that tries nothing finds out nothing: {}", out(&alone));
    assert!(out(&alone).contains("INCONCLUSIVE  0 of"), "{}", out(&alone));
}

#[test]
fn credentials_that_are_missing_are_told_before_the_first_request() {
    let folder = tempfile::tempdir().unwrap();
    for (scheme, shown) in [
        ("v1", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        ("bearer", "PROOFMARK_BEARER_TOKEN"),
        ("basic", "PROOFMARK_BASIC_USER"),
    ] {
        let mut command = proofmark(&["run", "--endpoint", "http://127.0.0.1:9", "--sign", scheme]);
        command.env("HOME", folder.path());
        for name in ["ALIBABA_CLOUD_ACCESS_KEY_ID", "PROOFMARK_BEARER_TOKEN", "PROOFMARK_BASIC_USER"] {
            command.env_remove(name);
        }
        let output = command.output().unwrap();
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains(shown), "{}", err(&output));
    }
}

#[test]
fn a_secret_that_no_request_can_carry_is_refused_before_the_first_one_and_not_shown() {
    for secret in ["a-long-enough-secret\n", "a-long-\u{1b}enough-secret"] {
        let mut command = proofmark(&["run", "--endpoint", "http://127.0.0.1:9", "--sign", "bearer"]);
        let output = command.env("PROOFMARK_BEARER_TOKEN", secret).output().unwrap();
        assert_eq!(code(&output), 2, "{}", err(&output));
        let said = "PROOFMARK_BEARER_TOKEN: the value has a line end or another control character";
        assert!(err(&output).contains(said), "{}", err(&output));
        assert!(!err(&output).contains("enough"), "{}", err(&output));
    }
}

#[test]
fn a_profile_of_the_providers_command_line_gives_credentials() {
    // Some of the cases are signed in the older way, whatever the others are.
    let served = Served::start(&["--auth", "any"]);
    let folder = support::copied_cases();
    fs::create_dir(folder.path().join(".aliyun")).unwrap();
    let config = r#"{"current": "x", "profiles": [{"name": "test", "mode": "AK", "access_key_id": "testid", "access_key_secret": "testsecret"}]}"#;
    fs::write(folder.path().join(".aliyun/config.json"), config).unwrap();
    let endpoints = format!(
        "[endpoint.mock]\nurl = \"{}\"\nstates = \"{}\"\nsign = \"v3\"\ncredentials = \"profile:test\"\n",
        served.at("url"),
        served.at("states")
    );
    fs::write(folder.path().join("cases/endpoints.toml"), endpoints).unwrap();
    let mut command = proofmark(&["run", "-q", "--endpoint", "mock", "accepted"]);
    let output = command.current_dir(folder.path()).env("HOME", folder.path()).output().unwrap();
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
}

#[test]
fn a_secret_shows_nowhere_plain_or_encoded() {
    let secret = "S3cret/+with=odd&parts";
    let served = Served::start(&["--auth", "any"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let snapshots = folder.path().join("snapshots");
    let written = [
        "-v",
        "--report",
        &report,
        "--snapshots",
        snapshots.to_str().unwrap(),
        "--update",
        "always",
        "*signature*",
        "accepted",
    ];
    let mut seen = String::new();
    for scheme in ["v1", "v3"] {
        let output = signed(&served, secret, &[&["--sign", scheme], &written[..]].concat());
        assert_eq!(code(&output), 1, "the secret is not the right one");
        seen += &(out(&output) + &err(&output) + &fs::read_to_string(&path).unwrap());
    }
    let table = snapshots.join("ecs/StartImagePipelineExecution/accepted");
    for entry in fs::read_dir(table).unwrap() {
        seen += &fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    let percent = "S3cret%2F%2Bwith%3Dodd%26parts";
    for form in [
        secret.to_owned(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("{secret}&")),
        percent.to_owned(),
    ] {
        assert!(!seen.contains(&form), "{form}");
    }
    assert!(serde_json::from_slice::<Json>(&fs::read(&path).unwrap()).is_ok());
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_build_that_lacks_a_scheme_says_how_to_build_one_that_has_it() {
    for name in ["aws-sigv4", "sigv4"] {
        let output = support::run(&["run", "--endpoint", "http://127.0.0.1:9", "--sign", name]);
        assert_eq!(code(&output), 2);
        let shown = err(&output);
        assert!(shown.contains("this build of the program cannot sign by aws-sigv4"), "{shown}");
        assert!(shown.contains("--features aws"), "{shown}");
    }
}

#[test]
fn a_signature_for_a_region_needs_one_in_the_file() {
    let folder = support::copied_cases();
    let text = "[endpoint.a]\nurl = \"http://127.0.0.1:9\"\nsign = \"sigv4\"\nregion = \"eu-west-1\"\n";
    fs::write(folder.path().join("cases/endpoints.toml"), text).unwrap();
    let output = proofmark(&["check"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("requests signed by aws-sigv4 need `service`"), "{}", err(&output));
    assert!(err(&output).contains("endpoints.toml:3:8"), "{}", err(&output));
    assert!(!err(&output).contains("need `region`"), "{}", err(&output));
}

#[test]
fn a_key_that_is_refused_is_one_clear_error_and_no_case_is_sent() {
    for scheme in ["v1", "v3"] {
        let folder = tempfile::tempdir().unwrap();
        let (log, path) = (folder.path().join("log.ndjson"), folder.path().join("out.json"));
        let served = Served::start(&["--auth", "any", "--log", log.to_str().unwrap()]);
        let report = format!("json={}", path.display());
        let arguments = ["run", "--endpoint", served.at("url"), "--states", served.at("states")];
        let more = ["--sign", scheme, "--report", &report, "tag-count"];
        let mut command = proofmark(&[&arguments, &more[..]].concat());
        let key = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "nobodys"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")];
        let output = command.envs(key).output().unwrap();
        assert_eq!(code(&output), 5, "{}", out(&output));
        let shown = "the endpoint would refuse every signed request: it answers 404 \"InvalidAccessKeyId.NotFound\" to this key";
        assert_eq!(out(&output).matches("InvalidAccessKeyId").count(), 1, "{}", out(&output));
        assert!(out(&output).contains(shown), "{}", out(&output));
        let report: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(
            (&report["stopped"], &report["counts"]["total"]),
            (&"refused".into(), &report["counts"]["skipped"])
        );
        served.end("-INT");
        // One for the time, and one for the key, which asks for nothing.
        assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_temporary_key_is_let_in_with_its_own_token_alone() {
    const TOKEN: &str = "token/+of=a&temporary-key";
    let key = Credentials::new("STS.temporary", "temporarysecret").with_security_token(TOKEN);
    let settings = ReferenceSettings { auth: AuthMode::Any, keys: vec![key], ..ReferenceSettings::default() };
    let reference = Reference::start(settings).await.unwrap();
    let (url, states) = (reference.url(), reference.states_url());
    let tried = |scheme: &str, token: Option<&str>| {
        let common = ["run", "--endpoint", &url, "--states", &states, "--sign", scheme];
        let mut command = proofmark(&[&common, &["signature/let-in/get*", "*security-token*"][..]].concat());
        command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.temporary");
        command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "temporarysecret");
        command.env_remove("ALIBABA_CLOUD_SECURITY_TOKEN");
        token.map(|token| command.env("ALIBABA_CLOUD_SECURITY_TOKEN", token));
        let output = command.output().unwrap();
        assert!(!out(&output).contains(TOKEN), "{}", out(&output));
        (code(&output), out(&output))
    };
    for scheme in ["v1", "v3"] {
        let (code, text) = tried(scheme, Some(TOKEN));
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("14 of 14 cases passed"), "{text}");
        for (token, due) in [(None, "MissingSecurityToken"), (Some("another-token"), "MismatchWithAccessKey")]
        {
            let (code, text) = tried(scheme, token);
            assert_eq!(code, 5, "{text}");
            assert!(text.contains(due), "{due}: {text}");
        }
    }
    reference.shut_down().await;
}

#[test]
fn a_served_endpoint_takes_the_token_of_its_temporary_key_and_no_other() {
    let served = Served::start(&["--auth", "any"]);
    let tried = |scheme: &str, token: Option<&str>| {
        let cases = ["signature/let-in/get*", "*security-token*", "--sign", scheme];
        let common = ["run", "--endpoint", served.at("url"), "--states", served.at("states")];
        let mut command = proofmark(&[&common[..], &cases].concat());
        command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.testid");
        command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "temporarysecret");
        command.env_remove("ALIBABA_CLOUD_SECURITY_TOKEN");
        token.map(|token| command.env("ALIBABA_CLOUD_SECURITY_TOKEN", token));
        let output = command.output().unwrap();
        (code(&output), out(&output))
    };
    for scheme in ["v1", "v3"] {
        let (code, text) = tried(scheme, Some("temporarytoken"));
        assert!(code == 0 && text.contains("14 of 14 cases passed"), "{text}");
        for (token, due) in [(None, "MissingSecurityToken"), (Some("another-token"), "MismatchWithAccessKey")]
        {
            let (code, text) = tried(scheme, token);
            assert!(code == 5 && text.contains(due), "{text}");
        }
    }
}

/// Promises that no shipped case can test, because it would need a key of another kind, or because no
/// source settles the wording.
const OPEN: [&str; 9] = [
    // They need a temporary key; another test has one.
    "wrong-status:MissingSecurityToken",
    "wrong-code:MissingSecurityToken",
    "wrong-message:MissingSecurityToken",
    "refused-and-started:MissingSecurityToken",
    // It needs two keys.
    "shared-nonces",
    // A digest that is not the body's makes the signature differ, too.
    "ignore-content-hash",
    // No source says which fields must be signed.
    "accept-unsigned-headers",
    // The message ends in a blank, which has no last character to lose.
    "wrong-message:SignatureDoesNotMatch",
    // With and without a full stop: both are published.
    "wrong-message:MissingParameter.Signature",
];

/// Whether a table's cases are about who is let in.
fn is_about_signatures(table: &str) -> bool {
    ["/signature", "/signature-ways"].iter().any(|end| table.ends_with(end))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_promise_about_signatures_that_is_broken_is_found_by_a_case() {
    let cases = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let planned = case_ids(&load(&cases, Wanted::All).unwrap()).unwrap();
    let about: Vec<_> = planned.iter().filter(|planned| is_about_signatures(planned.id.table())).collect();
    let mut missed = Vec::new();
    for entry in Fault::signature_catalogue() {
        let (endpoint, _reference) = embedded::start(vec![entry.name.parse().unwrap()]).await.unwrap();
        let client =
            Client::new(TransportLimits::default(), &Connection::default(), endpoint.addresses()).unwrap();
        let runner = Runner::new(
            client,
            endpoint,
            RunSettings { allows_billable: true, observing: Observing::Always, ..RunSettings::default() },
            None,
        );
        let stop = StopSwitch::default();
        let listener = stop.listen();
        let likely = varied(about.iter().copied(), &entry.name);
        let verdicts = stream::iter(likely).map(|planned| runner.case(planned, &listener)).buffered(4);
        let is_found = verdicts.any(|record| std::future::ready(record.verdict == Verdict::Failed)).await;
        if !is_found && !OPEN.contains(&entry.name.as_str()) {
            missed.push(entry.name);
        }
    }
    assert_eq!(missed, Vec::<String>::new());
}
