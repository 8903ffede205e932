//! The JSON Schemas of what is written: real output of every kind is valid, has no key that a schema does not name, and
//! what lacks a key or has one of another type is refused.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::odd::{JSON, answer, one_case, program, say, say_and_close, serve};
use crate::support::{self, code, out, proofmark, run};
use jsonschema::Validator;
use serde_json::Value as Json;

const FAULT: &str = "wrong-message:Duplicate.TagKey";

fn schema(kind: &str) -> Json {
    serde_json::from_str(&out(&run(&["schema", kind]))).unwrap()
}

fn validator(kind: &str) -> Validator {
    jsonschema::validator_for(&schema(kind)).unwrap()
}

/// The schema with no key allowed but those that it names.
///
/// A key that two parts of a schema name together, such as a tag and what belongs to it, is allowed by both.
fn closed(mut schema: Json) -> Validator {
    fn close(schema: &mut Json) {
        match schema {
            Json::Object(entries) => {
                entries.values_mut().for_each(close);
                if entries.contains_key("properties") || entries.contains_key("allOf") {
                    entries.insert("unevaluatedProperties".to_owned(), false.into());
                }
            }
            Json::Array(items) => items.iter_mut().for_each(close),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
    /// What a condition looks at, and what follows from it, is a part of an object alone.
    fn open_conditions(schema: &mut Json) {
        match schema {
            Json::Object(entries) => {
                for (key, value) in entries.iter_mut() {
                    if matches!(key.as_str(), "if" | "then")
                        && let Some(part) = value.as_object_mut()
                    {
                        part.remove("unevaluatedProperties");
                    }
                    open_conditions(value);
                }
            }
            Json::Array(items) => items.iter_mut().for_each(open_conditions),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
    close(&mut schema);
    open_conditions(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

fn errors(validator: &Validator, value: &Json) -> Vec<String> {
    let shown = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator.iter_errors(value).map(shown).map(|text| text.chars().take(400).collect()).collect()
}

fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What runs of every kind wrote: reports, and lines of events.
struct Written {
    reports: Vec<Json>,
    events: Vec<Json>,
}

impl Written {
    fn new() -> Self {
        Self { reports: Vec::new(), events: Vec::new() }
    }

    /// Runs a command with a report in each format.
    fn add(&mut self, command: &mut Command, due: i32) {
        let folder = tempfile::tempdir().unwrap();
        for format in ["json", "ndjson"] {
            command.args(["--report", &target(folder.path(), format)]);
        }
        let output = command.output().unwrap();
        assert_eq!(code(&output), due, "{}{}", out(&output), support::err(&output));
        self.read(folder.path());
    }

    fn read(&mut self, folder: &Path) {
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        self.reports.push(serde_json::from_str(&read("out.json")).unwrap());
        self.events.extend(lines(&read("out.ndjson")));
    }
}

fn target(folder: &Path, format: &str) -> String {
    format!("{format}={}", folder.join(format!("out.{format}")).display())
}

/// An interrupted run: the endpoint is silent, so the first case cannot end by itself.
fn interrupted(written: &mut Written) {
    let folder = one_case();
    let (asked, was_asked) = mpsc::channel();
    let url = serve(move |_: &str, _: &mut std::net::TcpStream| {
        asked.send(()).unwrap();
        thread::park();
    });
    let arguments = ["--endpoint", &url, "--answer-timeout", "60", "plain"];
    let mut command = program(folder.path(), &arguments);
    for format in ["json", "ndjson"] {
        command.args(["--report", &target(folder.path(), format)]);
    }
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    was_asked.recv_timeout(Duration::from_mins(1)).unwrap();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(code(&child.wait_with_output().unwrap()), 130);
    written.read(folder.path());
}

/// Runs of every kind.
fn written() -> Written {
    let mut written = Written::new();
    written.add(&mut proofmark(&["run", "-q", "tag-key"]), 0);
    written.add(&mut proofmark(&["run", "-q", "--max-age", "1d", "--fault", FAULT, "tag-count"]), 1);
    let folder = one_case();
    let good = serve(say(answer("200 OK", JSON, "{\"id\":\"t\"}")));
    let binary = serve(say(answer("500 No", JSON, b"{\"code\":\"\xff")));
    let closing = serve(say_and_close(""));
    let fixed = ["--connect-timeout", "5"];
    let one = |url: &str| program(folder.path(), &[&["-q", "--endpoint", url], &fixed[..]].concat());
    // The stateful case has no way to its state.
    written.add(&mut one(&good), 5);
    written.add(&mut one(&binary), 1);
    written.add(&mut one(&closing), 5);
    written.add(&mut one("http://127.0.0.1:9"), 5);
    written.add(one(&good).args(["--endpoint", &binary, "plain"]), 1);
    written.add(one(&good).args(["--repeat", "2", "plain"]), 0);
    interrupted(&mut written);
    written
}

#[test]
fn what_runs_of_every_kind_write_is_valid_and_has_no_key_without_a_place() {
    let written = written();
    let outcomes: BTreeSet<String> =
        written.reports.iter().map(|report| report["outcome"].to_string()).collect();
    assert_eq!(outcomes.len(), 4, "{outcomes:?}");
    for (kind, all) in [("report", &written.reports), ("events", &written.events)] {
        let (open, closed) = (validator(kind), closed(schema(kind)));
        for value in all {
            assert_eq!(errors(&open, value), Vec::<String>::new(), "{kind}");
            assert_eq!(errors(&closed, value), Vec::<String>::new(), "{kind}");
        }
    }
    let events: BTreeSet<&str> =
        written.events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let known = ["ended", "finished", "series-ended", "series-started", "started", "warned"];
    assert_eq!(events.iter().copied().chain(["warned"]).collect::<BTreeSet<_>>(), BTreeSet::from(known));
}

#[test]
fn what_coverage_prints_is_valid_and_has_no_key_without_a_place() {
    let coverage: Json = serde_json::from_str(&out(&run(&["coverage", "--format", "json"]))).unwrap();
    assert_eq!(errors(&closed(schema("coverage")), &coverage), Vec::<String>::new());
    assert_refuses(&validator("coverage"), &coverage);
}

#[test]
fn a_report_that_lacks_a_key_or_has_one_of_another_type_is_refused() {
    let written = written();
    let (reports, events) = (validator("report"), validator("events"));
    for report in &written.reports {
        assert_refuses(&reports, report);
    }
    for event in &written.events {
        assert_refuses(&events, event);
    }
}

/// Keys of events that may be left out.
const OPTIONAL: [&str; 33] = [
    "effects",
    "observations",
    "rows_held",
    "strength",
    "started",
    "command",
    "parts",
    "warning",
    "unpublished",
    "request_ids",
    "set_ups",
    "paused_us",
    "row",
    "findings",
    "exchanges",
    "given",
    "unanswered",
    "rows_met",
    "retried",
    "repeated",
    "left_behind",
    "because",
    "cites",
    "digest",
    "manifest",
    "variables",
    "codes_due",
    "rows",
    "parameters",
    "limits",
    "errors",
    "deprecated",
    "disputed",
];

/// Drops each key, and changes the type of each value, in turn; each is refused.
fn assert_refuses(validator: &Validator, whole: &Json) {
    assert!(validator.is_valid(whole));
    let mut places = Vec::new();
    collect(whole, "", &mut places);
    // What a state gives may be any value.
    places.retain(|place| !place.starts_with("/variables/") || !place.contains("/1"));
    assert!(!places.is_empty());
    for place in places {
        let mut changed = whole.clone();
        let value = changed.pointer_mut(&place).unwrap();
        // Nothing has this type.
        *value = serde_json::json!([[[0.5]]]);
        assert!(!validator.is_valid(&changed), "{place} has another type: {changed}");
        let (parent, key) = place.rsplit_once('/').unwrap();
        let mut shorter = whole.clone();
        let parent = shorter.pointer_mut(parent).unwrap();
        if let (Some(entries), false) = (parent.as_object_mut(), OPTIONAL.contains(&key)) {
            entries.remove(key);
            assert!(!validator.is_valid(&shorter), "{place} is missing: {shorter}");
        }
    }
}

/// The places of all values; of a list, those of the first two items.
fn collect(value: &Json, place: &str, places: &mut Vec<String>) {
    let inner: Vec<(String, &Json)> = match value {
        Json::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Json::Array(items) => {
            items.iter().take(2).enumerate().map(|(at, item)| (at.to_string(), item)).collect()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Vec::new(),
    };
    for (key, value) in inner {
        let place = format!("{place}/{key}");
        collect(value, &place, places);
        places.push(place);
    }
}

#[test]
fn the_schemas_that_are_committed_are_those_that_are_printed() {
    for kind in ["report", "events", "coverage"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/report/schemas/{kind}.json"));
        assert_eq!(out(&run(&["schema", kind])), fs::read_to_string(path).unwrap());
    }
    let output = run(&["schema", "nosuch"]);
    assert!(code(&output) == 2 && support::err(&output).contains("report, events, coverage"));
}

#[test]
fn every_schema_has_an_id_of_its_own_and_can_be_used_by_it() {
    let formats = ["report", "events", "coverage", "mutants"];
    let files = ["table", "contract", "common", "states", "endpoints", "waivers", "manifest"];
    let mut ids = BTreeSet::new();
    for kind in formats.iter().chain(&files) {
        let schema = schema(kind);
        let version = if formats.contains(kind) { ":1" } else { "" };
        let id = schema["$id"].as_str().unwrap().to_owned();
        assert_eq!(id, format!("urn:proofmark:schema:{kind}{version}"));
        // Another schema refers to it by that name, and what it refers to inside is found.
        let registry = jsonschema::Registry::new().add(&id, schema).unwrap().prepare().unwrap();
        let user = serde_json::json!({ "$ref": id });
        jsonschema::options().with_registry(&registry).build(&user).unwrap();
        assert!(ids.insert(id));
    }
}

#[test]
fn a_later_key_within_the_version_is_allowed_and_a_later_version_is_not() {
    let mut report: Json = {
        let folder = tempfile::tempdir().unwrap();
        run(&["run", "-q", "tag-count/none", "--report", &target(folder.path(), "json")]);
        serde_json::from_str(&fs::read_to_string(folder.path().join("out.json")).unwrap()).unwrap()
    };
    report["later"] = 1.into();
    report["cases"][0]["later"] = 1.into();
    assert!(validator("report").is_valid(&report));
    report["version"] = 2.into();
    assert!(!validator("report").is_valid(&report));
}
