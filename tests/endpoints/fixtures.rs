//! Fixtures: states that an endpoint has already, for just the parameters that they are declared for.

#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::process::Output;

use crate::support::odd::{JSON, answer, one_case, program, serve};
use serde_json::Value as Json;

const STATES: &str = r#"
[[state]]
name = "a thing"
about = "There is one."
[state.params.colour]
about = "Its colour."
required = true
[state.params.size]
about = "Its size."
[state.provides.thing]
about = "Its id."
example = "t"

[[state]]
name = "a shelf"
about = "There is one."
[state.provides.shelf]
about = "Its id."
example = "s"
"#;

const TABLE: &str = r#"
[[case]]
id = "thing"
about = "It is there."
given = { state = "a thing", params = { colour = "{{ colour }}" } }
request = { query = "id={{ thing }}" }
expect = { status = 200, body = { "$.id" = "{{ due }}" } }
rows = [{ id = "red", colour = "red", due = "t-red" }, { id = "seven", colour = 7, due = "t-seven" }, { id = "blue", colour = "blue", due = "" }]

[[case]]
id = "sized"
about = "It is there."
given = { state = "a thing", params = { colour = "red", size = 1 } }
expect = { status = 200 }

[[case]]
id = "shelf"
about = "It is there."
given = "a shelf"
request = { query = "id={{ shelf }}" }
expect = { status = 200, body = { "$.id" = "s-1" } }
"#;

const FIXTURES: &str = r#"
[endpoint.mock.fixtures."a shelf"]
shelf = "s-1"

[[endpoint.mock.fixture]]
state = "a thing"
params = { colour = "red" }
variables = { thing = "t-red" }

[[endpoint.mock.fixture]]
state = "a thing"
params = { colour = "7" }
variables = { thing = "t-seven" }
"#;

/// Runs the cases on an endpoint that answers with the id that it is asked for, and has these fixtures.
fn judged(command: &str, fixtures: &str) -> (Output, Json) {
    let url = serve(|head, stream| {
        let id = head.split("id=").nth(1).unwrap_or_default().split(' ').next().unwrap();
        stream.write_all(&answer("200 OK", JSON, format!("{{\"id\":\"{id}\"}}"))).unwrap();
    });
    let folder = one_case();
    fs::write(folder.path().join("shop/Get/states.toml"), STATES).unwrap();
    fs::write(folder.path().join("shop/Get/t.toml"), TABLE).unwrap();
    let endpoints = format!("[endpoint.mock]\nurl = \"{url}\"\n{fixtures}");
    fs::write(folder.path().join("endpoints.toml"), endpoints).unwrap();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let mut run = program(folder.path(), &["--endpoint", "mock", "--report", &report]);
    if command != "run" {
        run = std::process::Command::new(env!("CARGO_BIN_EXE_proofmark"));
        run.args([command, "--cases"]).arg(folder.path());
    }
    let output = run.env("COLUMNS", "150").output().unwrap();
    (output, fs::read(&path).map_or(Json::Null, |text| serde_json::from_slice(&text).unwrap()))
}

fn shown(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + &String::from_utf8(output.stderr.clone()).unwrap()
}

/// The verdict of a case, and the reason for it.
fn verdict(report: &Json, id: &str) -> (String, String) {
    let id = format!("shop/Get/t/{id}");
    let case = report["cases"].as_array().unwrap().iter().find(|case| case["id"] == id.as_str()).unwrap();
    let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("reason"))
}

#[test]
fn a_fixture_is_taken_for_the_parameters_that_it_is_declared_for() {
    let (output, report) = judged("run", FIXTURES);
    for id in ["thing/red", "thing/seven", "shelf"] {
        assert_eq!(verdict(&report, id).0, "passed", "{id}: {}", shown(&output));
    }
}

#[test]
fn a_case_that_asks_for_other_parameters_is_not_run_and_says_which() {
    let (output, report) = judged("run", FIXTURES);
    assert_eq!(output.status.code(), Some(5));
    for (id, asked) in [("thing/blue", "colour = \"blue\""), ("sized", "colour = \"red\", size = 1")] {
        let (verdict, reason) = verdict(&report, id);
        assert_eq!(verdict, "skipped", "{}", shown(&output));
        assert!(reason.contains(&format!("no fixture of it is for {asked}, and no recipe")), "{reason}");
    }
}

#[test]
fn a_fixture_that_suits_no_state_is_a_problem_at_its_place() {
    let full = |rest: &str| format!("[[endpoint.mock.fixture]]\nstate = \"a thing\"\n{rest}");
    for (fixtures, due) in [
        (
            "[endpoint.mock.fixtures.\"a thing\"]\nthing = \"t\"\n".to_owned(),
            "has to say which `colour` it is for",
        ),
        ("[endpoint.mock.fixtures.\"a shlef\"]\nshelf = \"s\"\n".to_owned(), "did you mean \"a shelf\"?"),
        (
            "[endpoint.mock.fixtures.\"a shelf\"]\nthing = \"s\"\n".to_owned(),
            "has to give the variable `shelf`",
        ),
        (
            full("params = { colour = \"red\", weight = 1 }\nvariables = { thing = \"t\" }\n"),
            "has no parameter `weight`",
        ),
        (full("params = { colour = \"red\" }\nvariables = {}\n"), "has to give the variable `thing`"),
        (full("params = { colour = \"red\" }\n"), "the key `variables` is missing"),
        (FIXTURES.replace("\"7\"", "\"red\""), "has another fixture for the same parameters"),
    ] {
        for command in ["check", "run"] {
            let (output, report) = judged(command, &fixtures);
            assert_eq!((output.status.code(), report), (Some(3), Json::Null), "{command}: {due}");
            assert!(shown(&output).contains(due), "{due}: {}", shown(&output));
            assert!(shown(&output).contains("endpoints.toml:"), "{}", shown(&output));
        }
    }
}

#[test]
fn fixtures_are_shown_with_their_parameters() {
    let (output, _) = judged("endpoints", FIXTURES);
    let due = "fixtures           a shelf, a thing (colour = red), a thing (colour = 7)  (endpoints.toml)";
    assert!(shown(&output).contains(due), "{}", shown(&output));
}
