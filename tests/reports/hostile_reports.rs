//! Whatever an endpoint answers, the structure of every report stays the same, and nothing in it acts.

#[allow(dead_code, reason = "what is not read is shown where two structures differ")]
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::hostile::{HARMLESS, acts, cases, endpoint, texts};
use crate::support::odd::program;
use crate::support::structure::{self, commands, junit_cases, tap_points};
use proofmark::inside::report::ReportFormat;
use serde_json::Value as Json;

/// Reads the structure of a report.
type Structure = fn(&str) -> Vec<String>;

/// Each format, and how its structure is read: what no text of an answer may change.
const FORMATS: &[(&str, Structure)] = &[
    ("json", |text| vec![shape(&parsed(text))]),
    ("ndjson", |text| text.lines().map(|line| shape(&parsed(line))).collect()),
    ("junit", |text| junit_cases(text).iter().map(|case| format!("{case:?}")).collect()),
    ("tap", tap_points),
    ("markdown", markdown),
    ("github", |text| commands(text).iter().map(|command| properties(command)).collect()),
    ("sarif", |text| vec![shape(&parsed(text))]),
];

#[test]
fn the_structure_of_each_format_is_read() {
    // A page has its own way: `reports/markup.rs`.
    let read: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).chain(["html"]).collect();
    assert!(ReportFormat::NAMES.iter().all(|name| read.contains(name)), "{read:?}");
}

fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

/// Looks at every text of a value, as it is once it is read.
fn texts_of(value: &Json, look: &impl Fn(&str)) {
    match value {
        Json::String(text) => look(text),
        Json::Array(items) => items.iter().for_each(|item| texts_of(item, look)),
        Json::Object(entries) => entries.values().for_each(|value| texts_of(value, look)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// The keys of a value and the types below them. A body is under `base64` where it is not text.
fn shape(value: &Json) -> String {
    match value {
        Json::Null => "-".into(),
        Json::Bool(_) => "b".into(),
        Json::Number(_) => "n".into(),
        Json::String(_) => "s".into(),
        Json::Array(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
        Json::Object(entries) => {
            let key = |key: &String| if key == "base64" { "text".to_owned() } else { key.clone() };
            let entries = entries.iter().map(|(name, value)| format!("{}:{}", key(name), shape(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}

/// What a page of Markdown consists of, outside of its fences, by how lines begin.
fn markdown(text: &str) -> Vec<String> {
    let (mut kinds, mut fence) = (Vec::new(), None);
    for line in text.lines() {
        match fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => {
                fence = line.strip_suffix("text");
                kinds.push("fence".to_owned());
            }
            None => {
                let cells = line.replace("\\|", "").matches('|').count();
                let markup = line.matches('<').count();
                kinds
                    .push(format!("{} {cells} {markup}", line.split_whitespace().next().unwrap_or_default()));
            }
        }
    }
    assert_eq!(fence, None, "a fence has no end: {text}");
    kinds
}

/// A command of GitHub's without what its properties and its text are.
fn properties(command: &str) -> String {
    let (head, _) = command[2..].split_once("::").unwrap();
    head.split(',').map(|property| property.split('=').next().unwrap()).collect::<Vec<_>>().join(",")
}

/// A run on an endpoint that answers this text wherever it can.
struct Printed {
    /// What a person reads.
    terminal: String,
    reports: BTreeMap<&'static str, String>,
}

fn printed(text: &str, arguments: &[&str]) -> Printed {
    let folder = tempfile::tempdir().unwrap();
    let (url, hook) = endpoint(text);
    let fixed = ["--endpoint", &url, "--states", &hook, "--color", "never", "--seed", "1"];
    let mut command = program(&cases(), &[&fixed, arguments].concat());
    for (format, _) in FORMATS {
        command.args(["--report", &format!("{format}={}", folder.path().join(format).display())]);
    }
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let terminal = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{terminal}");
    let read = |format: &str| fs::read_to_string(folder.path().join(format)).unwrap();
    Printed { terminal, reports: FORMATS.iter().map(|(format, _)| (*format, read(format))).collect() }
}

/// The lines that are not indented: what comes from the program, and not from the endpoint.
fn own_lines(text: &str) -> Vec<String> {
    let own = text.lines().filter(|line| !line.is_empty() && !line.starts_with(' '));
    own.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

fn assert_inert(name: &str, text: &str) {
    if let Some((at, letter)) = text.char_indices().find(|(_, letter)| acts(*letter)) {
        let start = text[..at].char_indices().rev().nth(80).map_or(0, |(start, _)| start);
        panic!("{name} has {letter:?} behind {:?}", &text[start..at]);
    }
}

#[test]
fn no_text_in_any_place_of_an_answer_changes_the_structure_of_a_report_or_acts() {
    let harmless = printed(HARMLESS, &[]);
    assert_eq!(structure::tap_points(&harmless.reports["tap"]).len(), 13);
    for text in texts() {
        let hostile = printed(&text, &[]);
        for (format, structure) in FORMATS {
            let report = &hostile.reports[*format];
            assert_inert(format, report);
            if *format == "sarif" {
                texts_of(&parsed(report), &|text| assert_inert("what SARIF shows", text));
            }
            let (found, due) = (structure(report), structure(&harmless.reports[*format]));
            assert_eq!(found, due, "{format} of {:?}", &text.chars().take(40).collect::<String>());
        }
    }
}

#[test]
fn a_report_made_later_of_hostile_events_is_the_same_and_as_inert() {
    let folder = tempfile::tempdir().unwrap();
    for text in texts() {
        let hostile = printed(&text, &[]);
        let events = folder.path().join("events");
        fs::write(&events, &hostile.reports["ndjson"]).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
        command.args(["report", "--from"]).arg(&events);
        for (format, _) in FORMATS {
            command.args(["--report", &format!("{format}={}", folder.path().join(format).display())]);
        }
        let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        for (format, _) in FORMATS {
            let later = fs::read_to_string(folder.path().join(format)).unwrap();
            assert!(later == hostile.reports[*format], "{format}");
        }
    }
}

#[test]
fn no_text_acts_on_the_terminal_while_it_is_told_or_in_the_end() {
    for arguments in [&[][..], &["-v"], &["-q"], &["-j", "1", "--fail-fast"]] {
        let harmless = printed(HARMLESS, arguments);
        for text in texts() {
            let hostile = printed(&text, arguments);
            assert_inert("the terminal", &hostile.terminal);
            assert_eq!(own_lines(&hostile.terminal), own_lines(&harmless.terminal), "{arguments:?}");
        }
    }
}

/// Puts a text in the place of every text of an event that names nothing: what a file of events may hold.
fn poison(value: &mut Json, key: &str, text: &str) {
    const NAMES: [&str; 23] = [
        "event",
        "started",
        "format",
        "name",
        "kind",
        "level",
        "outcome",
        "why",
        "table",
        "case",
        "row",
        "method",
        "scheme",
        "base64",
        "digest",
        "headers",
        "params",
        "given",
        "target",
        "rows_met",
        "reach",
        "limit",
        "codes_due",
    ];
    match value {
        Json::String(printed) if !NAMES.contains(&key) => text.clone_into(printed),
        Json::Array(items) if !NAMES.contains(&key) => {
            for item in items.iter_mut() {
                poison(item, key, text);
            }
        }
        Json::Object(entries) => {
            // An endpoint's name is free, and nothing else that is called so.
            let is_endpoint = key == "endpoint";
            for (name, value) in entries {
                poison(value, if is_endpoint { "" } else { name }, text);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {}
    }
}

#[test]
fn a_file_of_events_acts_no_more_than_an_answer_does() {
    let folder = tempfile::tempdir().unwrap();
    let usual = printed(HARMLESS, &[]).reports["ndjson"].clone();
    let lists = ["orphans"];
    let report = |text: &str| {
        let mut lines = Vec::new();
        for line in usual.lines() {
            let mut event = parsed(line);
            if event["event"] == "ended" {
                for list in lists {
                    event[list] = serde_json::json!(["x"]);
                }
                event["stale_waivers"] = serde_json::json!([{ "at": "x", "why": "itself", "reason": "x" }]);
                event["outcome"] = "does not conform".into();
                event["manifest"] = serde_json::json!({ "missing": ["x"], "new": ["x"], "changed": ["x"] });
            }
            if event["event"] == "started" {
                event["faults"] = serde_json::json!(["x"]);
            }
            if event["event"] == "finished" {
                event["retried"] = serde_json::json!(["x"]);
            }
            poison(&mut event, "", text);
            lines.push(event.to_string() + "\n");
            if event["event"] == "started" {
                lines.push(serde_json::json!({ "event": "warned", "text": text }).to_string() + "\n");
            }
        }
        fs::write(folder.path().join("events"), lines.concat()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
        command.args(["report", "-v", "--color", "never", "--from", "events"]).current_dir(folder.path());
        for (format, _) in FORMATS {
            command.args(["--report", &format!("{format}=out.{format}")]);
        }
        let output = command.output().unwrap();
        let terminal = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(1), "{terminal}");
        let read = |format: &str| fs::read_to_string(folder.path().join(format!("out.{format}"))).unwrap();
        (terminal, FORMATS.iter().map(|(format, _)| read(format)).collect::<Vec<String>>())
    };
    let (usual_terminal, usual_reports) = report(HARMLESS);
    for text in texts() {
        let (terminal, reports) = report(&text);
        assert_inert("the terminal", &terminal);
        assert_eq!(own_lines(&terminal), own_lines(&usual_terminal), "{terminal}");
        for ((format, structure), (found, usual)) in FORMATS.iter().zip(reports.iter().zip(&usual_reports)) {
            assert_inert(format, found);
            assert_eq!(
                structure(found),
                structure(usual),
                "{format} of {:?}",
                &text.chars().take(40).collect::<String>()
            );
        }
    }
}

/// What a command says in a folder of its own.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    command.args(arguments).current_dir(folder).env_remove("CI").env_remove("INSTA_UPDATE");
    let output = command.output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn no_text_acts_where_two_endpoints_are_compared_or_snapshots_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases().display().to_string();
    let (plain, plain_hook) = endpoint(HARMLESS);
    let (other, other_hook) = endpoint("y");
    for text in texts() {
        let (url, hook) = endpoint(&text);
        let sides = ["diff", &plain, &url, "--first-states", &plain_hook, "--second-states", &hook];
        for format in ["text", "json"] {
            let compared = |sides: &[&str]| {
                said(folder.path(), &[sides, &["--cases", &cases, "--format", format]].concat())
            };
            let shown = compared(&sides);
            assert_inert("diff", &shown);
            assert!(shown.contains("shop/Get/answers/hostile"), "{shown}");
            if format == "text" {
                let usual = [&sides[..2], &[&other], &sides[3..6], &[&other_hook]].concat();
                assert_eq!(own_lines(&shown), own_lines(&compared(&usual)), "{shown}");
            }
        }
        let store = ["--cases", &cases, "--snapshots", "snaps"];
        let run = |url: &str, hook: &str, mode: &str| {
            let at =
                ["run", "-q", "--endpoint", url, "--states", hook, "--update", mode, "--level", "snapshot"];
            said(folder.path(), &[&at[..], &store].concat())
        };
        run(&plain, &plain_hook, "always");
        assert_inert("a run that differs", &run(&url, &hook, "new"));
        for command in ["pending", "review", "reject"] {
            assert_inert(command, &said(folder.path(), &[&[command][..], &store].concat()));
        }
    }
}
