//! Waivers: a known failure is waived, and nothing but that, for as long as it holds.

#![cfg(unix)]

use std::fs;

use crate::support::structure::junit_cases;
use crate::support::{Served, code, copied_cases, err, out, proofmark};
use serde_json::Value as Json;

struct Judged {
    code: i32,
    text: String,
    report: Json,
    junit: String,
}

/// Runs the cases about doubled keys against an endpoint with a fault, with these waivers.
fn judged(fault: &str, waivers: &str) -> Judged {
    judged_up_to("snapshot", fault, waivers)
}

fn judged_up_to(level: &str, fault: &str, waivers: &str) -> Judged {
    let served = Served::start(if fault.is_empty() { vec![] } else { vec!["--fault", fault] }.as_slice());
    let folder = copied_cases();
    let cases = folder.path().join("cases");
    let endpoints = format!(
        "[endpoint.mock]\nurl = \"{}\"\nstates = \"{}\"\n[endpoint.other]\nurl = \"http://127.0.0.1:9\"\n",
        served.at("url"),
        served.at("states")
    );
    fs::write(cases.join("endpoints.toml"), endpoints).unwrap();
    fs::write(cases.join("waivers.toml"), waivers).unwrap();
    let arguments = ["run", "--endpoint", "mock", "--report", "json=out.json", "--level", level];
    let more = ["--report", "junit=out.xml", "tag-count/duplicate-key"];
    let mut command = proofmark(&[&arguments[..], &more].concat());
    let output = command.current_dir(folder.path()).output().unwrap();
    let report = fs::read(folder.path().join("out.json"))
        .map_or(Json::Null, |text| serde_json::from_slice(&text).unwrap());
    let junit = fs::read_to_string(folder.path().join("out.xml")).unwrap_or_default();
    Judged { code: code(&output), text: out(&output) + &err(&output), report, junit }
}

fn waiver(endpoint: &str, case: &str, level: &str, expires: &str) -> String {
    format!(
        "[[waiver]]\nendpoint = \"{endpoint}\"\ncase = \"{case}\"\nlevel = \"{level}\"\nreason = \"the dot is missing\"\nowner = \"team-mock\"\nexpires = \"{expires}\"\n"
    )
}

const FAULT: &str = "wrong-message:Duplicate.TagKey";
const CASES: &str = "*/tag-count/duplicate-key*";

#[test]
fn a_failure_that_is_waived_as_a_whole_does_not_fail_the_run() {
    let judged = judged(FAULT, &waiver("mock", "*/tag-count/duplicate-key/*", "message", "2999-12-31"));
    let in_a_form = "tag-count/duplicate-key-in-a-form";
    assert!(judged.text.contains("WAIVED  ecs/"), "{}", judged.text);
    assert!(judged.text.contains("the dot is missing (team-mock, until 2999-12-31)"), "{}", judged.text);
    // One case is not named by the waiver, and fails.
    assert!(
        judged.text.contains(&format!("FAILED  ecs/StartImagePipelineExecution/{in_a_form}")),
        "{}",
        judged.text
    );
    assert_eq!(judged.code, 1);
    assert!(judged.report["counts"]["waived"].as_u64().unwrap() > 3);
}

#[test]
fn a_run_in_which_every_failure_is_waived_passes_its_gate() {
    let judged = judged(FAULT, &waiver("mock", CASES, "message", "2999-12-31"));
    assert_eq!((judged.code, judged.report["counts"]["failed"].as_u64()), (0, Some(0)), "{}", judged.text);
}

#[test]
fn a_waiver_that_does_not_hold_fails_the_run() {
    for (fault, waivers, told) in [
        ("", waiver("mock", CASES, "message", "2999-12-31"), "passes"),
        (FAULT, waiver("mock", CASES, "message", "2020-01-01"), "it expired on 2020-01-01"),
        (
            FAULT,
            waiver("mock", CASES, "message", "2999-12-31")
                + &waiver("mock", "*/nosuch", "message", "2999-12-31"),
            "no case matches `*/nosuch`",
        ),
        (
            "wrong-code:Duplicate.TagKey",
            waiver("mock", CASES, "message", "2999-12-31"),
            "fails, but not in the way that is waived",
        ),
    ] {
        let judged = judged(fault, &waivers);
        assert_eq!(judged.code, 1, "{}", judged.text);
        assert!(judged.text.contains(told), "{told}: {}", judged.text);
        let stale = judged.report["stale_waivers"].as_array().unwrap();
        assert!(!stale.is_empty());
        let cases = junit_cases(&judged.junit);
        let told: Vec<_> = cases.iter().filter(|case| case.suite == "waivers").collect();
        assert!(told.len() == stale.len() && told.iter().all(|case| case.results == ["failure"]), "{told:?}");
    }
}

#[test]
fn a_waiver_of_another_endpoint_waives_nothing() {
    let judged = judged(FAULT, &waiver("other", CASES, "message", "2999-12-31"));
    assert_eq!((judged.code, judged.report["counts"]["waived"].as_u64()), (1, Some(0)), "{}", judged.text);
}

#[test]
fn a_waiver_deeper_than_the_gate_is_not_held_against_the_run() {
    let waivers = waiver("mock", CASES, "message", "2999-12-31");
    let judged = judged_up_to("code", FAULT, &waivers);
    assert_eq!(judged.code, 0, "{}", judged.text);
    assert_eq!(judged.report["stale_waivers"].as_array().map(Vec::len), Some(0), "{}", judged.text);
    let judged = judged_up_to("code", "", &waivers);
    assert_eq!(judged.code, 0, "what the run does not look at is not known to be mended: {}", judged.text);
}

#[test]
fn check_finds_a_waiver_that_no_case_matches() {
    let folder = copied_cases();
    for (pattern, expected) in [("*/tag-count/*", 0), ("*/nosuch", 3)] {
        let waivers = waiver("http://127.0.0.1:9/", pattern, "message", "2999-12-31");
        fs::write(folder.path().join("cases/waivers.toml"), waivers).unwrap();
        let output = proofmark(&["check"]).current_dir(folder.path()).output().unwrap();
        assert_eq!(code(&output), expected, "{}", err(&output));
        assert_eq!(err(&output).contains("no case matches `*/nosuch`"), expected == 3, "{}", err(&output));
        assert_eq!(err(&output).contains("waivers.toml:1:1"), expected == 3, "{}", err(&output));
    }
}

#[test]
fn a_waiver_that_is_not_whole_is_an_invalid_file() {
    for (text, told) in [
        (waiver("mock", CASES, "message", "soon"), "waivers.toml:7:11"),
        (waiver("reference", CASES, "message", "2999-12-31"), "nothing is waived for the reference endpoint"),
        (waiver("mock", CASES, "colour", "2999-12-31"), "`colour` is not one of"),
        (waiver("mock", CASES, "message", "2999-12-31").replace("owner", "onwer"), "unknown key `onwer`"),
        (waiver("mokc", CASES, "message", "2999-12-31"), "no endpoint is named `mokc`"),
        (waiver("mokc", CASES, "message", "2999-12-31"), "did you mean `mock`?"),
    ] {
        let judged = judged("", &text);
        assert_eq!(judged.code, 3, "{}", judged.text);
        assert!(
            judged.text.replace('\n', " ").contains(told) || judged.text.contains(told),
            "{told}: {}",
            judged.text
        );
    }
}

#[test]
fn check_refuses_a_waiver_that_has_expired() {
    for (expires, told) in [("2020-01-01", true), ("2999-12-31", false)] {
        let folder = copied_cases();
        let cases = folder.path().join("cases");
        fs::write(cases.join("endpoints.toml"), "[endpoint.mock]\nurl = \"http://127.0.0.1:9\"\n").unwrap();
        fs::write(cases.join("waivers.toml"), waiver("mock", CASES, "message", expires)).unwrap();
        let output = proofmark(&["check"]).current_dir(folder.path()).output().unwrap();
        assert_eq!(code(&output), if told { 3 } else { 0 }, "{}", err(&output));
        assert_eq!(err(&output).contains("the waiver expired on 2020-01-01"), told, "{}", err(&output));
    }
}

#[test]
fn a_quiet_run_still_says_which_waiver_fails_it() {
    let served = Served::start(&[]);
    for (case, expires, told) in
        [(CASES, "2020-01-01", "it expired on 2020-01-01"), (CASES, "2999-12-31", "passes")]
    {
        let folder = copied_cases();
        let cases = folder.path().join("cases");
        fs::write(cases.join("waivers.toml"), waiver(served.at("url"), case, "message", expires)).unwrap();
        let arguments = ["run", "-q", "--endpoint", served.at("url"), "--states", served.at("states")];
        let mut command = proofmark(&[&arguments[..], &["tag-count/duplicate-key"]].concat());
        let output = command.current_dir(folder.path()).output().unwrap();
        assert_eq!(code(&output), 1, "{}", out(&output));
        assert!(out(&output).contains(told), "{}", out(&output));
        assert!(!out(&output).contains("verdicts"), "{}", out(&output));
    }
}
