//! The reference endpoint served on a port: readiness, the same verdicts as embedded, log, and its end.

#![cfg(unix)]

mod support;

use std::fs;

use serde_json::Value as Json;
use support::{Served, proofmark};

#[test]
fn a_served_endpoint_gets_the_same_verdicts_as_the_embedded_one() {
    let served = Served::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let verdicts = |arguments: &[&str]| {
        let path = folder.path().join("out.json");
        let report = format!("json={}", path.display());
        let output = proofmark(&[&["run", "-q", "--level", "body", "--report", &report], arguments].concat())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
        let json: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let cases = json["cases"].as_array().unwrap().iter();
        cases.map(|case| (case["id"].to_string(), case["verdict"].to_string())).collect::<Vec<_>>()
    };
    // The cases about signatures are not run where nothing is signed; tests/signing.rs runs them.
    let unsigned = |verdicts: Vec<(String, String)>| -> Vec<(String, String)> {
        verdicts.into_iter().filter(|(id, _)| !id.contains("/signature/")).collect()
    };
    let foreign =
        verdicts(&["--sign", "none", "--endpoint", served.at("url"), "--states", served.at("states")]);
    assert_eq!(unsigned(foreign), unsigned(verdicts(&[])));
    assert_eq!(served.end("-INT").code(), Some(0));
}

#[test]
fn a_fault_is_served_and_told_when_it_is_ready() {
    let served = Served::start(&["--fault", "no-host-id"]);
    assert_eq!(served.ready["faults"][0], "no-host-id");
    let output = proofmark(&[
        "run",
        "-q",
        "--endpoint",
        served.at("url"),
        "--states",
        served.at("states"),
        "without-state",
    ]);
    let output = { output }.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    served.end("-TERM");
}

#[test]
fn each_request_is_a_line_of_json_in_the_log_without_its_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.ndjson");
    let served = Served::start(&["--log", path.to_str().unwrap()]);
    let mut run = proofmark(&[
        "run",
        "-q",
        "--endpoint",
        served.at("url"),
        "--states",
        served.at("states"),
        "tag-count/duplicate-key-in-a-form",
    ]);
    assert_eq!(run.output().unwrap().status.code(), Some(0));
    served.end("-INT");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "set-up, request, teardown");
    assert_eq!(
        (&lines[1]["action"], &lines[1]["status"]),
        (&Json::from("StartImagePipelineExecution"), &Json::from(400))
    );
    assert!(!text.contains("cn-hangzhou"), "{text}");
}

#[test]
fn an_address_in_use_is_an_error_of_settings() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = proofmark(&["serve", "--listen", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&address));
}
