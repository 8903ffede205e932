//! Waivers: a known failure is waived, and nothing but that, for as long as it holds.

#![cfg(unix)]

use std::fs;
use std::io::Write;

use super::choosing::{project, ran};
use crate::support::odd::{JSON, answer, serve};
use crate::support::project::Project;
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
    let more = ["--report", "junit=out.xml", "tag-count/duplicate-key*"];
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
    let line = " cases: the dot is missing (team-mock, until 2999-12-31)\n";
    assert!(judged.text.contains("  waived      ") && judged.text.contains(line), "{}", judged.text);
    assert!(!judged.text.contains("WAIVED"), "what is waived is counted: {}", judged.text);
    // One case is not named by the waiver, and fails.
    assert!(
        judged.text.contains(&format!("\nPM003  ecs/StartImagePipelineExecution/{in_a_form}")),
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
    for (fault, waivers, shown) in [
        ("", waiver("mock", CASES, "message", "2999-12-31"), "11 of 11 cases pass"),
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
            "11 of 11 cases fail, but not in the way that is waived",
        ),
    ] {
        let judged = judged(fault, &waivers);
        assert_eq!(judged.code, 1, "{}", judged.text);
        assert!(judged.text.contains(shown), "{shown}: {}", judged.text);
        let stale = judged.report["stale_waivers"].as_array().unwrap();
        assert!(!stale.is_empty());
        let cases = junit_cases(&judged.junit);
        let shown: Vec<_> = cases.iter().filter(|case| case.suite == "waivers").collect();
        assert!(
            shown.len() == stale.len() && shown.iter().all(|case| case.results == ["failure"]),
            "{shown:?}"
        );
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
    for (text, shown) in [
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
            judged.text.replace('\n', " ").contains(shown) || judged.text.contains(shown),
            "{shown}: {}",
            judged.text
        );
    }
}

#[test]
fn check_refuses_a_waiver_that_has_expired() {
    for (expires, shown) in [("2020-01-01", true), ("2999-12-31", false)] {
        let folder = copied_cases();
        let cases = folder.path().join("cases");
        fs::write(cases.join("endpoints.toml"), "[endpoint.mock]\nurl = \"http://127.0.0.1:9\"\n").unwrap();
        fs::write(cases.join("waivers.toml"), waiver("mock", CASES, "message", expires)).unwrap();
        let output = proofmark(&["check"]).current_dir(folder.path()).output().unwrap();
        assert_eq!(code(&output), if shown { 3 } else { 0 }, "{}", err(&output));
        assert_eq!(err(&output).contains("the waiver expired on 2020-01-01"), shown, "{}", err(&output));
    }
}

#[test]
fn a_quiet_run_still_says_which_waiver_fails_it() {
    let served = Served::start(&[]);
    for (case, expires, shown) in
        [(CASES, "2020-01-01", "it expired on 2020-01-01"), (CASES, "2999-12-31", "11 of 11 cases pass")]
    {
        let folder = copied_cases();
        let cases = folder.path().join("cases");
        fs::write(cases.join("waivers.toml"), waiver(served.at("url"), case, "message", expires)).unwrap();
        let arguments = ["run", "-q", "--endpoint", served.at("url"), "--states", served.at("states")];
        let mut command = proofmark(&[&arguments[..], &["tag-count/duplicate-key*"]].concat());
        let output = command.current_dir(folder.path()).output().unwrap();
        assert_eq!(code(&output), 1, "{}", out(&output));
        assert!(out(&output).contains(shown), "{}", out(&output));
        assert!(!out(&output).contains("verdicts"), "{}", out(&output));
    }
}

/// A project of its own with a run whose events are in run.ndjson: five cases that fail for two causes on an endpoint
/// named mock, one that passes, and one that cannot be decided.
fn failed_run() -> tempfile::TempDir {
    let url = serve(|head, stream| {
        let row = head.split("row=").nth(1).map(|rest| &rest[..1]);
        let bytes = match row {
            Some("a" | "b" | "c") => answer("500 Broken", JSON, r#"{"code":"Broken"}"#),
            Some("d") => answer("200 OK", JSON, r#"{"id":"x"}"#),
            Some("e") => Vec::new(),
            _ => answer("200 OK", JSON, r#"{"id":"y"}"#),
        };
        let _ = stream.write_all(&bytes);
        if bytes.is_empty() {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    });
    let folder = project();
    let rows = ["a", "b", "c", "d", "e", "f", "aa"].map(|row| format!("{{ id = \"{row}\", r = \"{row}\" }}"));
    let table = format!(
        "[[case]]\nid = \"one\"\nabout = \"It is there.\"\nparams = {{ row = \"{{{{ r }}}}\" }}\nrows = [{}]\n\
         expect = {{ status = 200, body = {{ \"$.id\" = \"y\" }} }}\n",
        rows.join(", ")
    );
    fs::write(folder.path().join("cases/shop/Get/t.toml"), table).unwrap();
    fs::write(folder.path().join("cases/endpoints.toml"), format!("[endpoint.mock]\nurl = \"{url}\"\n"))
        .unwrap();
    let (status, text) = ran(&folder, &RUN);
    assert_eq!(status, 1, "{text}");
    folder
}

const RUN: [&str; 5] = ["run", "--endpoint", "mock", "--report", "ndjson=run.ndjson"];

const WRITE: [&str; 10] = [
    "waivers",
    "--write",
    "--from",
    "run.ndjson",
    "--owner",
    "team \"mock\"",
    "--expires",
    "2999-12-31",
    "--reason",
    "being mended",
];

#[test]
fn a_run_becomes_one_waiver_for_each_cause_behind_those_that_there_are() {
    let folder = failed_run();
    let path = folder.path().join("cases/waivers.toml");
    let before = "# ours, without an end of the line\n[[waiver]]\nendpoint='mock'\ncase=\"*/one/d\"\nlevel=\"message\"\n\
                  reason=\"r\"\nowner=\"o\"\nexpires=\"2999-12-31\"";
    fs::write(&path, before).unwrap();
    let printing: Vec<&str> = WRITE.iter().copied().filter(|word| *word != "--write").collect();
    let (status, text) = ran(&folder, &printing);
    assert!(status == 0 && text.matches("[[waiver]]").count() == 2, "{text}");
    assert_eq!(fs::read_to_string(&path).unwrap(), before, "nothing is written without --write");
    let (status, text) = ran(&folder, &WRITE);
    assert_eq!(status, 0, "{text}");
    assert!(text.contains("added 2 waivers of 5 cases to cases/waivers.toml"), "{text}");
    assert!(text.contains("not waived: 1 case") && text.contains("one/e"), "{text}");
    let after = fs::read_to_string(&path).unwrap();
    assert!(after.starts_with(before) && after.matches("[[waiver]]").count() == 3, "{after}");
    let added = &after[before.len()..];
    for part in [
        "\"shop/Get/t/one/c\"",
        "# PM001-",
        "owner = \"team \\\"mock\\\"\"",
        "level = [\"status\", ",
        "subject = [",
    ] {
        assert!(added.contains(part), "{part}: {added}");
    }
    assert!(!added.contains("one/e") && !added.contains("one/f"), "{added}");
    // Every failure of it is waived now.
    fs::write(&path, &after[before.len()..]).unwrap();
    let (status, text) = ran(&folder, &[&RUN[..], &["--skip", "one/e"]].concat());
    assert!(status == 0 && text.contains("0 failed, 5 waived"), "{text}");
    // What is waived is not waived again.
    let (status, text) = ran(&folder, &WRITE);
    assert!(status == 0 && text.contains("nothing to waive"), "{text}");
    // What is wrong in another way is not covered.
    fs::write(&path, added.replace("\"status\", ", "")).unwrap();
    let (status, text) = ran(&folder, &RUN);
    assert!(status == 1 && text.contains("4 failed"), "{text}");
}

/// A waiver for the endpoint named mock.
fn of_mock(case: &str, levels: &str) -> String {
    waiver("mock", case, "LEVEL", "2999-12-31").replace("\"LEVEL\"", levels)
}

#[test]
fn a_stale_waiver_is_one_line_however_many_cases_show_it() {
    let folder = failed_run();
    let path = folder.path().join("cases/waivers.toml");
    fs::write(&path, of_mock("*/one/*", "\"status\"") + &of_mock("*/one/f", "\"status\"")).unwrap();
    let due = [
        "cases/waivers.toml:1:1: 1 of 6 cases passes; 1 fails, but not in the way that is waived",
        "cases/waivers.toml:8:1: shop/Get/t/one/f passes",
    ];
    let arguments = [&RUN[..], &["--report", "json=out.json", "--report", "markdown=out.md"]].concat();
    let (status, text) = ran(&folder, &arguments);
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("waivers     2 do not hold any more, which fails the run:"), "{text}");
    let report: Json = serde_json::from_slice(&fs::read(folder.path().join("out.json")).unwrap()).unwrap();
    assert_eq!(report["stale_waivers"], serde_json::json!(due));
    let markdown = fs::read_to_string(folder.path().join("out.md")).unwrap();
    assert_eq!(text.matches("waivers.toml:").count(), 2, "{text}");
    assert_eq!(markdown.matches("Stale waiver: ").count(), 2, "{markdown}");
    assert!(due.iter().all(|line| text.contains(line)), "{text}");
    let (_, text) = ran(&folder, &[&RUN[..], &["-q"]].concat());
    assert!(text.contains(&format!("2 do not hold any more: {}; and 1 more", due[0])), "{text}");
    // Of merged shards there is one line, too.
    let shards = ["1/2", "2/2"].map(|shard| {
        let file = format!("ndjson={}.ndjson", &shard[..1]);
        ran(&folder, &["run", "-q", "--endpoint", "mock", "--shard", shard, "--report", &file]).0
    });
    assert_eq!(shards, [1, 1]);
    let (_, text) = ran(&folder, &["report", "--from", "1.ndjson", "--from", "2.ndjson"]);
    assert_eq!(text.matches("waivers.toml:1:1").count(), 1, "{text}");
}

#[test]
fn a_case_that_a_waiver_covers_in_part_says_so() {
    let folder = failed_run();
    let path = folder.path().join("cases/waivers.toml");
    fs::write(&path, of_mock("*/one/a", "\"body\"")).unwrap();
    let reports = ["--report", "json=out.json", "--report", "markdown=out.md", "--report", "html=out.html"];
    let (status, text) = ran(&folder, &[&RUN[..], &reports, &["one/a"]].concat());
    assert!(status == 1 && text.contains(" (waived in part)"), "{text}");
    let (_, verbose) = ran(&folder, &[&RUN[..], &["-v", "one/a"]].concat());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    for text in [&verbose, &read("out.md")] {
        assert!(text.contains("    waived    the dot is missing (team-mock, until 2999-12-31)"), "{text}");
    }
    assert!(read("out.html").contains("waived: the dot is missing (team-mock, until 2999-12-31)"));
    let report: Json = serde_json::from_str(&read("out.json")).unwrap();
    let (cause, findings) = (&report["causes"][0], &report["cases"][0]["findings"]);
    assert_eq!((&cause["waived"], &cause["waived_in_part"]), (&0.into(), &1.into()));
    let waived = findings.as_array().unwrap().iter().filter(|finding| !finding["waived"].is_null());
    let levels: Vec<&Json> = waived.map(|finding| &finding["level"]).collect();
    assert_eq!(levels, ["body"]);
}

#[test]
fn ids_of_a_waiver_name_those_cases_alone() {
    let folder = failed_run();
    let path = folder.path().join("cases/waivers.toml");
    let waiver = |cases: &str| {
        format!(
            "[[waiver]]\nendpoint = \"mock\"\n{cases}\nlevel = [\"status\", \"code\", \"body\"]\nreason = \"r\"\n\
             owner = \"o\"\nexpires = \"2999-12-31\"\n"
        )
    };
    fs::write(&path, waiver("cases = [\"shop/Get/t/one/a\"]")).unwrap();
    let (_, text) = ran(&folder, &RUN);
    // One whose id begins like that still fails.
    assert!(text.contains("4 failed, 1 waived"), "{text}");
    // A part of an id is none.
    fs::write(&path, waiver("cases = [\"shop/Get/t/one\", \"one/a\"]")).unwrap();
    let (status, text) = ran(&folder, &["check"]);
    assert!(status == 3 && text.contains("there is no case `one/a`, nor of 1 more"), "{text}");
    for (cases, message) in [
        ("cases = []", "`cases` lists no case"),
        ("case = \"x\"\ncases = [\"y\"]", "not both"),
        ("", "the key `case` is missing"),
    ] {
        fs::write(&path, waiver(cases)).unwrap();
        let (status, text) = ran(&folder, &["check"]);
        assert!(status == 3 && text.contains(message), "{cases}: {text}");
    }
}

#[test]
fn a_waiver_needs_an_owner_a_reason_and_a_day_to_come() {
    let folder = failed_run();
    let with = |flag: &str, value: Option<&str>| {
        let mut words = WRITE.to_vec();
        let at = words.iter().position(|word| *word == flag).unwrap();
        match value {
            Some(value) => words[at + 1] = value,
            None => drop(words.drain(at..at + 2)),
        }
        ran(&folder, &words)
    };
    for (flag, value, message) in [
        ("--owner", None, "--owner"),
        ("--expires", None, "--expires"),
        ("--reason", None, "--reason"),
        ("--owner", Some(" "), "--owner says nothing"),
        ("--reason", Some(""), "--reason says nothing"),
        ("--expires", Some("soon"), "`soon` is not a day"),
        ("--expires", Some("2020-01-01"), "is over"),
    ] {
        let (status, text) = with(flag, value);
        assert!(status == 2 && text.contains(message), "{flag} {value:?}: {text}");
    }
    fs::write(folder.path().join("cases/waivers.toml"), "[[waiver]]\n").unwrap();
    let (status, text) = ran(&folder, &WRITE);
    assert!(status == 3 && text.contains("waivers.toml:1:1"), "{text}");
    assert_eq!(fs::read_to_string(folder.path().join("cases/waivers.toml")).unwrap(), "[[waiver]]\n");
    let served = Project::new();
    served.run(&["run", "-q", "--fault", FAULT, "--report", "ndjson=run.ndjson", "tag-count/duplicate-key*"]);
    let (status, text) = served.run(&WRITE);
    assert!(status == 2 && text.contains("nothing is waived for the reference endpoint"), "{text}");
}
