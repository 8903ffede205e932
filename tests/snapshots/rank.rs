//! Kinds of endpoints, and which of their snapshots may be written over by which answers.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Served;
use crate::support::project::{CASES, FAULT, OPERATION, Project};

/// A case that the fault changes.
const CASE: &str = "tag-count/duplicate-key-in-a-form";

/// A project with a real endpoint, whose snapshots were recorded, and a mock that answers some cases otherwise.
struct Two {
    project: Project,
    _served: [Served; 2],
}

impl Two {
    fn recorded() -> Self {
        let served = [Served::start(&[]), Served::start(&["--fault", FAULT])];
        let project = Project::new();
        let [real, mock] = &served;
        let entry = |name: &str, kind: &str, served: &Served| {
            let (url, states) = (served.at("url"), served.at("states"));
            let allow = "allow = [\"billable\"]\n";
            format!("[endpoint.{name}]\n{allow}kind = \"{kind}\"\nurl = \"{url}\"\nstates = \"{states}\"\n")
        };
        let text = entry("cloud", "real", real) + &entry("mock", "mock", mock);
        fs::write(project.path("cases/endpoints.toml"), text).unwrap();
        let two = Self { project, _served: served };
        let (exit, text) = two.run("cloud", &["--update", "unseen"], &[CASES, "tag-count/none"]);
        assert_eq!(exit, 0, "{text}");
        two
    }

    fn run(&self, endpoint: &str, flags: &[&str], patterns: &[&str]) -> (i32, String) {
        let fixed = ["run", "-v", "--endpoint", endpoint];
        self.project.run(&[&fixed, flags, patterns].concat())
    }

    fn snapshot(&self) -> PathBuf {
        self.project.path(&format!("snapshots/@cloud/{OPERATION}/{CASE}.snap"))
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_snapshot_keeps_the_kind_of_endpoint_that_it_was_recorded_from() {
    let two = Two::recorded();
    assert!(text(&two.snapshot()).contains("\n  endpoint: real\n---\n"), "{}", text(&two.snapshot()));
    let entry =
        fs::read_to_string(two.project.path("snapshots/@cloud/.proofmark/provenance.ndjson")).unwrap();
    assert!(entry.contains("\"kind\":\"real\",\"endpoint\":\"cloud\""), "{entry}");
    let (_, shown) = two.project.run(&["endpoints"]);
    assert!(shown.contains("  kind               real  (endpoints.toml)"), "{shown}");
    fs::write(
        two.project.path("cases/endpoints.toml"),
        "[endpoint.a]\nurl = \"http://a\"\nkind = \"best\"\n",
    )
    .unwrap();
    assert_eq!(two.project.run(&["check"]).0, 3);
}

#[test]
fn what_a_mock_answers_is_not_written_over_what_a_real_endpoint_answered() {
    let two = Two::recorded();
    let before = two.project.snapshots();
    for mode in ["new", "unseen", "always", "no"] {
        let flags = ["--snapshots", "snapshots/@cloud", "--update", mode, "--report", "json=report.json"];
        let (exit, shown) = two.run("mock", &flags, &[CASE]);
        assert_eq!(exit, 1, "{shown}");
        assert_eq!(two.project.snapshots(), before, "nor does anything wait: {mode}");
        let report: serde_json::Value =
            serde_json::from_str(&text(&two.project.path("report.json"))).unwrap();
        let case = &report["cases"][0];
        assert_eq!(case["snapshot"], "outranked");
        let findings = case["findings"].as_array().unwrap();
        let because = findings.iter().find(|finding| finding["level"] == "snapshot").unwrap();
        assert!(because["because"].as_str().unwrap().contains("--overwrite-real"), "{because}");
    }
    let flags = ["--snapshots", "snapshots/@cloud", "--update", "always", "--overwrite-real"];
    two.run("mock", &flags, &[CASE]);
    assert!(text(&two.snapshot()).contains("  endpoint: mock\n"), "the flag allows it");
}

#[test]
fn what_a_real_endpoint_left_waiting_is_not_written_over_nor_removed_by_a_mock() {
    let two = Two::recorded();
    let waiting = two.snapshot().with_extension("snap.new");
    fs::rename(two.snapshot(), &waiting).unwrap();
    let before = text(&waiting);
    let flags = ["--snapshots", "snapshots/@cloud"];
    let (exit, shown) = two.run("mock", &flags, &[CASE]);
    assert!(exit == 1 && shown.contains("outranks"), "{shown}");
    assert_eq!(text(&waiting), before);
    // The same text as what waits, accepted from a mock.
    fs::write(two.snapshot(), before.replace("endpoint: real", "endpoint: mock")).unwrap();
    two.run("reference", &flags, &[CASE]);
    assert_eq!(text(&waiting), before);
    two.run("cloud", &[], &[CASE]);
    assert!(!waiting.exists(), "its own kind takes it back");
}

#[test]
fn a_real_endpoint_writes_over_what_a_mock_answered() {
    let two = Two::recorded();
    let flags = ["--snapshots", "other", "--update", "always"];
    two.run("mock", &flags, &[CASE]);
    let (exit, shown) = two.run("cloud", &["--snapshots", "other"], &[CASE]);
    assert_eq!(exit, 1, "{shown}");
    let waiting = two.project.path(&format!("other/{OPERATION}/{CASE}.snap.new"));
    assert!(text(&waiting).contains("endpoint: real"));
}

#[test]
fn a_mock_that_answers_alike_does_not_confirm_what_a_real_endpoint_answered() {
    let two = Two::recorded();
    let side_file = two.project.path("snapshots/@cloud/.proofmark/provenance.ndjson");
    let before = text(&side_file);
    let flags = ["--snapshots", "snapshots/@cloud"];
    assert_eq!(two.run("mock", &flags, &["tag-count/none"]).0, 0);
    assert_eq!(two.run("reference", &flags, &["tag-count/none"]).0, 0);
    assert_eq!(text(&side_file), before);
    let past = before.replace("\"at\":\"2", "\"at\":\"1");
    fs::write(&side_file, &past).unwrap();
    assert_eq!(two.run("cloud", &[], &["tag-count/none"]).0, 0);
    assert_eq!(text(&side_file).matches("\"at\":\"2").count(), 2, "the real one does");
}

#[test]
fn no_name_of_an_endpoint_leads_out_of_the_folder() {
    let project = Project::new();
    for name in ["a/../../../x", "a\\\\b"] {
        let entry = format!("[endpoint.\"{name}\"]\nurl = \"http://127.0.0.1:9\"\n");
        fs::write(project.path("cases/endpoints.toml"), entry).unwrap();
        let (exit, shown) = project.run(&["run", "--endpoint", name, "--update", "unseen"]);
        assert!(exit == 3 && shown.contains("cannot be the name of a folder"), "{shown}");
    }
}

#[test]
fn what_a_mock_left_waiting_before_is_told_when_accepted_and_taken_back_by_a_run() {
    let two = Two::recorded();
    let (accepted, waiting) = (two.snapshot(), two.snapshot().with_extension("snap.new"));
    let of_mock = text(&accepted).replace("endpoint: real", "endpoint: mock").replace("< 400", "< 401");
    let flags = ["--snapshots", "snapshots/@cloud"];
    fs::write(&waiting, &of_mock).unwrap();
    let (exit, shown) = two.run("mock", &flags, &[CASE]);
    assert!(exit == 1 && shown.contains("outranks"), "{shown}");
    assert!(!waiting.exists(), "nothing is left that could be accepted over it");
    fs::write(&waiting, &of_mock).unwrap();
    let (_, shown) = two.project.run(&[&["pending"][..], &flags].concat());
    assert!(shown.contains("recorded from the endpoint `mock`, before from `real`"), "{shown}");
    let (exit, shown) = two.project.run(&[&["accept"][..], &flags].concat());
    assert_eq!(exit, 0, "a person may: {shown}");
    assert!(
        shown.contains("1 over what was recorded from a real endpoint, and recorded from none"),
        "{shown}"
    );
}
