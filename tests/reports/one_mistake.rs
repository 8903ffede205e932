//! One mistake of an endpoint is one cause, in real runs.

use std::fs;
use std::process::Output;

use crate::support::{code, err, out, proofmark};
use serde_json::Value as Json;

/// A run of all shipped cases on the embedded endpoint with these faults, and its report.
fn with(faults: &[&str]) -> (Output, Json) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.json");
    let mut command = proofmark(&["run", "-q", "--update", "no", "--report"]);
    command.arg(format!("json={}", path.display()));
    for fault in faults {
        command.args(["--fault", fault]);
    }
    let output = command.output().unwrap();
    assert_eq!(code(&output), 1, "{}{}", out(&output), err(&output));
    (output, serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
}

/// The causes in a line each, but for their numbers of cases.
fn lines(report: &Json) -> Vec<String> {
    let text = |cause: &Json, key: &str| cause[key].as_str().unwrap().to_owned();
    let line = |cause: &Json| {
        format!("{} {}: {}", text(cause, "code"), text(cause, "promise"), text(cause, "actual"))
    };
    report["causes"].as_array().unwrap().iter().map(line).collect()
}

/// Whether each cause has as many cases as name it, or one of those that it is joined of.
fn assert_counts(report: &Json) {
    for cause in report["causes"].as_array().unwrap() {
        let ids: Vec<&Json> = cause["joined"].as_array().unwrap().iter().chain([&cause["id"]]).collect();
        let is_named = |case: &&Json| case["causes"].as_array().unwrap().iter().any(|id| ids.contains(&id));
        let count = report["cases"].as_array().unwrap().iter().filter(is_named).count();
        assert_eq!(cause["cases"].as_u64(), Some(count as u64), "{cause}");
    }
}

#[test]
fn xml_that_is_refused_is_one_cause() {
    let (output, report) = with(&["xml-refused"]);
    assert_eq!(lines(&report), ["PM009 41 other answers: 400 InvalidParameter.Format"]);
    let cause = &report["causes"][0];
    assert_eq!((cause["cases"].as_u64(), cause["joined"].as_array().unwrap().len()), (Some(542), 41));
    assert_eq!(cause["cases"], report["counts"]["failed"]);
    assert_counts(&report);
    let text = out(&output);
    assert!(
        text.contains("542 cases  PM009  400 InvalidParameter.Format in place of 41 other answers"),
        "{text}"
    );
}

#[test]
fn a_form_that_is_ignored_is_a_few_causes() {
    let (_, report) = with(&["form-ignored"]);
    let lines = lines(&report);
    assert!(lines.len() <= 6, "{lines:#?}");
    assert!(
        lines[0].starts_with("PM009 ") && lines[0].ends_with(": 400 MissingParameter.RegionId"),
        "{lines:#?}"
    );
    assert!(lines[1].starts_with("PM009 ") && lines[1].ends_with(": 400 MissingParameter"), "{lines:#?}");
    assert_counts(&report);
}

#[test]
fn two_limits_of_one_error_are_two_causes_that_name_them() {
    let (_, report) = with(&["drop-rule:Tag.N.Key.max-length", "allow-key-prefix-acs"]);
    // What only snapshots show may be either of the two.
    let mut lines: Vec<String> = lines(&report).into_iter().filter(|line| !line.starts_with("PM1")).collect();
    lines.sort();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    for (line, limit) in lines.iter().zip(["max-length 128", "not-prefix"]) {
        assert!(line.starts_with(&format!("PM001 parameter Tag.N.Key: {limit}")), "{lines:#?}");
    }
}

#[test]
fn a_snapshot_that_shows_the_same_mistake_is_no_cause_of_its_own() {
    let (_, report) = with(&["running-ignored"]);
    assert_eq!(lines(&report), ["PM001 error row 403 InvalidImagePipeline.HasRunningExecution: 200"]);
    assert_eq!(report["causes"][0]["cases"], report["counts"]["failed"]);
    assert!(!report["causes"][0]["joined"].as_array().unwrap().is_empty());
    assert_counts(&report);
}
