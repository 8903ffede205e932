//! Requests that are sent again: only where that is asked for, and never as a plain pass.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{code, out, proofmark};
use serde_json::Value as Json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Answers 503 with a code so many times, then well.
struct Faltering {
    asked: Arc<AtomicUsize>,
    bad: usize,
}

impl Respond for Faltering {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        if self.asked.fetch_add(1, Ordering::SeqCst) < self.bad {
            let body = r#"{"code": "Busy", "message": "later"}"#;
            return ResponseTemplate::new(503)
                .insert_header("x-acs-retry-after", "5")
                .set_body_raw(body, "application/json");
        }
        ResponseTemplate::new(200).set_body_raw(r#"{"id": "a"}"#, "application/json")
    }
}

struct Judged {
    code: i32,
    text: String,
    case: Json,
    counts: Json,
    asked: usize,
}

/// One case against a server that is bad so many times, with this `[endpoint.mock.retry]`.
async fn judged(bad: usize, retry: &str) -> Judged {
    let server = MockServer::start().await;
    let asked = Arc::new(AtomicUsize::new(0));
    Mock::given(any()).respond_with(Faltering { asked: Arc::clone(&asked), bad }).mount(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("cases/shop/Get");
    fs::create_dir_all(&operation).unwrap();
    let contract = "operation = \"Get\"\nversion = \"1\"\nabout = \"Gets.\"\n\n[request]\nmethod = \"GET\"\npath = \"/\"\nplace = \"query\"\n\n[envelope]\ncode = \"$.code\"\n";
    fs::write(operation.join("contract.toml"), contract).unwrap();
    fs::write(
        operation.join("t.toml"),
        "[[case]]\nid = \"plain\"\nabout = \"It is there.\"\nexpect = { status = 200 }\n",
    )
    .unwrap();
    fs::write(
        folder.path().join("cases/endpoints.toml"),
        format!("[endpoint.mock]\nurl = \"{}\"\n{retry}", server.uri()),
    )
    .unwrap();
    let mut command = proofmark(&["run", "--endpoint", "mock", "--report", "json=out.json"]);
    command.current_dir(folder.path());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let report: Json = serde_json::from_slice(&fs::read(folder.path().join("out.json")).unwrap()).unwrap();
    Judged {
        code: code(&output),
        text: out(&output),
        case: report["cases"][0].clone(),
        counts: report["counts"].clone(),
        asked: asked.load(Ordering::SeqCst),
    }
}

const THRICE: &str = "[endpoint.mock.retry]\nattempts = 3\ncodes = [\"Busy\"]\n";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_again_unless_that_is_asked_for() {
    let judged = judged(1, "").await;
    assert_eq!((judged.code, judged.asked), (1, 1), "{}", judged.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_after_another_attempt_is_flaky_with_every_attempt_told() {
    let judged = judged(2, THRICE).await;
    assert_eq!((judged.code, judged.asked), (0, 3), "{}", judged.text);
    assert_eq!(
        (&judged.case["verdict"], &judged.counts["passed"], &judged.counts["flaky"]),
        (&"flaky".into(), &0.into(), &1.into())
    );
    assert!(judged.text.contains("FLAKY") && judged.text.contains("attempt 2: 503 Busy"), "{}", judged.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_attempt_is_judged_as_it_is() {
    let judged = judged(9, THRICE).await;
    assert_eq!((judged.code, judged.asked), (1, 3), "{}", judged.text);
    assert_eq!(judged.case["retried"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_not_listed_is_not_sent_again() {
    let judged = judged(1, "[endpoint.mock.retry]\nattempts = 3\ncodes = [\"Other\"]\n").await;
    assert_eq!((judged.code, judged.asked), (1, 1), "{}", judged.text);
}
