//! The report in SARIF: valid against the standard's own schema, with results at the case and at what the contract says.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::odd::{self, JSON, answer, one_case, program, say, serve};
use crate::support::{Served, code, copied_cases, err, proofmark};
use serde_json::Value as Json;

/// The schema of SARIF 2.1.0; tests/data/README.md tells where it comes from.
const SCHEMA: &str = include_str!("../data/sarif-schema-2.1.0.json");

const FAULT: &str = "wrong-message:Duplicate.TagKey";

/// The report of a run in a folder, which is valid.
fn report(folder: &Path, arguments: &[&str], due: i32) -> Json {
    let mut command = proofmark(&[arguments, &["-q", "--report", "sarif=out.sarif"]].concat());
    let output = command.current_dir(folder).output().unwrap();
    assert_eq!(code(&output), due, "{}", err(&output));
    valid(&fs::read_to_string(folder.join("out.sarif")).unwrap())
}

fn valid(text: &str) -> Json {
    let log: Json = serde_json::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    log
}

fn results(log: &Json) -> &Vec<Json> {
    log["runs"][0]["results"].as_array().unwrap()
}

fn shown<'a>(result: &'a Json, key: &str) -> &'a str {
    result[key].as_str().unwrap()
}

/// The line that a location points at.
fn line(folder: &Path, location: &Json) -> String {
    let place = &location["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    let text = fs::read_to_string(folder.join(place["artifactLocation"]["uri"].as_str().unwrap())).unwrap();
    let number = place["region"]["startLine"].as_u64().unwrap();
    let column = place["region"]["startColumn"].as_u64().unwrap();
    let line = text.lines().nth(usize::try_from(number).unwrap() - 1).unwrap();
    line.chars().skip(usize::try_from(column).unwrap() - 1).collect()
}

#[test]
fn the_schema_refuses_what_is_no_sarif() {
    let validator = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let folder = copied_cases();
    let log = report(folder.path(), &["run", "--fault", FAULT, "tag-count/duplicate-key*"], 1);
    for (pointer, value) in [
        ("/version", Json::from("2.0.0")),
        ("/runs/0/results/0/level", "grave".into()),
        ("/runs/0/results/0/ruleIndex", "0".into()),
        ("/runs/0/tool", Json::Null),
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", 0.into()),
    ] {
        let mut wrong = log.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        assert!(!validator.is_valid(&wrong), "{pointer}");
    }
}

#[test]
fn a_failure_points_at_its_case_and_at_the_promises_that_it_breaks() {
    let folder = copied_cases();
    let cases = "*/tag-count/duplicate-out-of-order";
    let log = report(folder.path(), &["run", "--level", "body", "--fault", FAULT, cases], 1);
    let [result, note] = &results(&log)[..] else { panic!("{log}") };
    assert_eq!((shown(note, "ruleId"), shown(note, "level")), ("snapshot", "note"));
    assert_eq!((shown(result, "kind"), shown(result, "level")), ("fail", "error"));
    assert_eq!(shown(result, "ruleId"), "ecs/StartImagePipelineExecution/Duplicate.TagKey");
    let rule = &log["runs"][0]["tool"]["driver"]["rules"]
        [usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!(rule["id"], result["ruleId"]);
    let case = &result["locations"][0];
    assert_eq!(
        case["logicalLocations"][0]["fullyQualifiedName"],
        "ecs/StartImagePipelineExecution/tag-count/duplicate-out-of-order"
    );
    assert_eq!(line(folder.path(), case), "[[case]]");
    let [row, limit] = &result["relatedLocations"].as_array().unwrap()[..] else { panic!("{result}") };
    assert_eq!(row["message"]["text"], "error row 400 Duplicate.TagKey");
    assert_eq!(line(folder.path(), row), "[[error]]");
    assert_eq!(limit["message"]["text"], "parameter Tag.N.Key: unique");
    assert!(line(folder.path(), limit).starts_with("{ unique = true"), "{}", line(folder.path(), limit));
}

#[test]
fn a_field_that_is_missing_points_at_its_promise() {
    let folder = one_case();
    let url = serve(say(answer("200 OK", JSON, "{}")));
    let mut command = program(folder.path(), &["--endpoint", &url, "-q", "--report", "sarif=-", "plain"]);
    let output = command.output().unwrap();
    let log = valid(&String::from_utf8(output.stdout).unwrap());
    let [result] = &results(&log)[..] else { panic!("{log}") };
    let cited = &result["relatedLocations"][0];
    assert_eq!(cited["message"]["text"], "field id");
    let uri = cited["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.starts_with("file:///") && uri.ends_with("shop/Get/contract.toml"), "{uri}");
    assert_eq!(cited["physicalLocation"]["region"]["startLine"], 10);
}

#[test]
fn a_disagreement_that_does_not_count_is_a_note() {
    let folder = copied_cases();
    let log = report(folder.path(), &["run", "--level", "code", "--fault", FAULT, "tag-count"], 0);
    let levels: BTreeSet<&str> = results(&log).iter().map(|result| shown(result, "level")).collect();
    assert_eq!(levels, BTreeSet::from(["note"]));
    assert!(results(&log).iter().all(|result| result["properties"]["verdict"] == "passed"));
}

#[test]
fn what_could_not_be_found_out_is_open_and_what_the_whole_run_met_is_told_once() {
    let folder = one_case();
    let closing = serve(odd::say_and_close(""));
    for (endpoint, due, successful) in [(&*closing, 1, true), ("http://127.0.0.1:9", 0, false)] {
        let mut command = program(folder.path(), &["--endpoint", endpoint, "-q", "plain"]);
        let output = command.args(["--report", "sarif=-"]).output().unwrap();
        assert_eq!(code(&output), 5, "{}", err(&output));
        let log = valid(&String::from_utf8(output.stdout).unwrap());
        let open = results(&log).iter().filter(|result| shown(result, "kind") == "open");
        assert_eq!((open.count(), results(&log).len()), (due, due), "{log}");
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], successful);
        assert_eq!(invocation["exitCodeDescription"], "inconclusive");
        let shown = invocation["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(shown.iter().filter(|shown| shown["level"] == "error").count(), usize::from(!successful));
    }
}

#[test]
fn what_is_waived_is_suppressed_with_the_reason_and_a_stale_waiver_is_told() {
    let served = Served::start(&["--fault", FAULT]);
    let folder = copied_cases();
    let (url, states) = (served.at("url"), served.at("states"));
    let endpoints = format!("[endpoint.mock]\nurl = \"{url}\"\nstates = \"{states}\"\n");
    fs::write(folder.path().join("cases/endpoints.toml"), endpoints).unwrap();
    let waivers = ["duplicate-key*", "none*"].map(|case| {
        format!(
            "[[waiver]]\nendpoint = \"mock\"\ncase = \"*/tag-count/{case}\"\nlevel = \"message\"\nreason = \"the dot\"\nowner = \"us\"\nexpires = \"9999-12-31\"\n"
        )
    });
    fs::write(folder.path().join("cases/waivers.toml"), waivers.concat()).unwrap();
    let arguments = ["run", "--endpoint", "mock", "*/tag-count/duplicate-key*", "*/tag-count/none*"];
    let log = report(folder.path(), &arguments, 1);
    assert!(!results(&log).is_empty());
    for result in results(&log) {
        assert_eq!((shown(result, "kind"), shown(result, "level")), ("fail", "warning"));
        let suppression = &result["suppressions"][0];
        assert_eq!((&suppression["kind"], &suppression["status"]), (&"external".into(), &"accepted".into()));
        assert!(suppression["justification"].as_str().unwrap().contains("the dot"));
    }
    let shown = &log["runs"][0]["invocations"][0]["toolConfigurationNotifications"];
    assert!(shown[0]["message"]["text"].as_str().unwrap().starts_with("stale waiver: "), "{shown}");
}

#[test]
fn fingerprints_tell_results_apart_and_stay_when_lines_move() {
    let fingerprints = |folder: &Path| {
        let log = report(folder, &["run", "--fault", FAULT, "tag-count"], 1);
        let print =
            |result: &Json| shown(&result["partialFingerprints"], "primaryLocationLineHash").to_owned();
        let lines = results(&log)
            .iter()
            .map(|result| result["locations"][0]["physicalLocation"]["region"].to_string());
        let found: Vec<String> = results(&log).iter().map(print).collect();
        (found, lines.collect::<Vec<String>>())
    };
    let folder = copied_cases();
    let (before, lines) = fingerprints(folder.path());
    assert!(before.len() > 10);
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), before.len());
    let table = folder.path().join("cases/ecs/StartImagePipelineExecution/tag-count.toml");
    fs::write(&table, format!("# A line.\n{}", fs::read_to_string(&table).unwrap())).unwrap();
    let (after, moved) = fingerprints(folder.path());
    assert_eq!(after, before);
    assert_ne!(moved, lines);
}

#[test]
fn several_endpoints_are_runs_of_categories_of_their_own() {
    let folder = one_case();
    let mut command = program(folder.path(), &["-q", "--report", "sarif=-", "plain"]);
    command.args(["--endpoint", "http://127.0.0.1:9", "--endpoint", "http://127.0.0.1:10"]);
    let log = valid(&String::from_utf8(command.output().unwrap().stdout).unwrap());
    let runs = log["runs"].as_array().unwrap();
    let ids: Vec<&str> = runs.iter().map(|run| shown(&run["automationDetails"], "id")).collect();
    assert_eq!(ids, ["proofmark/http%3A%2F%2F127.0.0.1%3A9/", "proofmark/http%3A%2F%2F127.0.0.1%3A10/"]);
}

#[test]
fn events_that_an_earlier_program_wrote_are_read_and_cite_nothing() {
    let folder = copied_cases();
    let path = folder.path().join("out.ndjson").display().to_string();
    let target = format!("ndjson={path}");
    proofmark(&["run", "-q", "--fault", FAULT, "tag-count", "--report", &target]).output().unwrap();
    let old: Vec<String> = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(|line| {
            let mut event: Json = serde_json::from_str(line).unwrap();
            for finding in event.get_mut("findings").and_then(Json::as_array_mut).into_iter().flatten() {
                finding.as_object_mut().unwrap().remove("cites");
            }
            event.to_string() + "\n"
        })
        .collect();
    fs::write(&path, old.concat()).unwrap();
    let log = report(folder.path(), &["report", "--from", &path], 1);
    assert!(results(&log).iter().all(|result| result["relatedLocations"].is_null()));
    assert!(results(&log).iter().any(|result| shown(result, "ruleId") == "message"));
}
