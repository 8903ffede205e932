//! `--keep-states`: states stay, so that the lines of a run can be used, and that is said.

use std::fs;
use std::process::Command;

use crate::support::{self, Served, code, copied_cases, err, out, proofmark, run};

const CASE: &str = "ecs/StartImagePipelineExecution/running/another-pipeline";
const FAULT: &str = "wrong-status:InvalidImagePipeline.HasRunningExecution";

/// How many requests the state hook got.
fn asked(log: &std::path::Path) -> usize {
    fs::read_to_string(log).unwrap().lines().filter(|line| line.contains("/_proofmark/states")).count()
}

#[cfg(unix)]
#[test]
fn states_stay_and_the_printed_line_meets_them() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, requests, due) in [(&[][..], 2, "404"), (&["--keep-states"], 1, "401")] {
        let log = folder.path().join(due);
        let served = Served::start(&["--fault", FAULT, "--log", log.to_str().unwrap()]);
        let common =
            ["run", "--endpoint", served.at("url"), "--states", served.at("states"), "--exact", CASE];
        let output = run(&[&common, arguments].concat());
        let text = out(&output);
        assert_eq!(code(&output), 1, "{text}");
        assert_eq!(asked(&log), requests, "{text}");
        let said = format!(
            "WARNING  --keep-states: 1 state is left in place on {}: 1 × \"an image pipeline with an execution\"",
            served.at("url")
        );
        assert_eq!(text.contains(&said), !arguments.is_empty(), "{text}");
        // Without the flag, the line would be met by another state.
        assert_eq!(text.contains("# states are gone after the run"), arguments.is_empty(), "{text}");
        if Command::new("curl").arg("--version").output().is_err() {
            support::skipped("there is no `curl` on this machine, so its lines are not tried");
            continue;
        }
        let line = text.lines().find(|line| line.contains("curl -sS")).unwrap();
        let answer = out(&Command::new("sh").args(["-c", line.trim()]).output().unwrap());
        assert!(answer.starts_with(&format!("HTTP/1.1 {due}")), "{line}\n{answer}");
    }
}

#[test]
fn what_may_cost_money_is_not_left_in_place() {
    let served = Served::start(&[]);
    let folder = copied_cases();
    // A host that is looked up nowhere, so that the endpoint is not on this machine by its address.
    let place = served.at("url").trim_start_matches("http://");
    let port = place.rsplit(':').next().unwrap();
    let endpoint = |name: &str, host: &str| {
        format!(
            "[endpoint.{name}]\nurl = \"http://{host}:{port}\"\nstates = \"{}\"\nsign = \"none\"\nallow = [\"billable\"]\nresolve = {{ \"{host}\" = \"{place}\" }}\n",
            served.at("states"),
        )
    };
    let text = endpoint("far", "api.example.invalid") + &endpoint("near", "localhost");
    fs::write(folder.path().join("cases/endpoints.toml"), text).unwrap();
    let judged = |arguments: &[&str]| {
        let common = ["run", "-v", "--keep-states", "running/both-run", "tag-count/duplicate-key-in-a-form"];
        let output = proofmark(&[&common, arguments].concat()).current_dir(folder.path()).output().unwrap();
        (code(&output), out(&output) + &err(&output))
    };
    let (code, text) = judged(&["--endpoint", "far"]);
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("it may cost money") && text.contains("and --keep-states never does"), "{text}");
    assert!(text.contains("1 passed") && text.contains("1 state is left in place"), "{text}");
    let (code, text) = judged(&["--endpoint", "near"]);
    assert_eq!((code, text.contains("2 passed")), (0, true), "{text}");
    let (code, text) = judged(&["--endpoint", "far", "--allow", "billable"]);
    assert_eq!((code, text.contains("cannot be used with")), (2, true), "{text}");
}

#[test]
fn nothing_is_left_at_an_endpoint_that_ends_with_the_run() {
    for arguments in [&["run", "--keep-states"][..], &["--keep-states", "--endpoint", "reference"]] {
        let output = run(arguments);
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains("--keep-states needs --endpoint"), "{}", err(&output));
    }
    for arguments in [&["noise", "--keep-states"][..], &["diff", "reference", "reference", "--keep-states"]] {
        let output = run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(err(&output).contains("--keep-states"), "{}", err(&output));
    }
}
