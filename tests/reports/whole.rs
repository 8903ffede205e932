//! Each format says all that there is to say of a run: a table of sayings over all formats, with the exceptions and the
//! reason for each. A format that is new is asked for all of them.

use std::fs;
use std::path::Path;

use proofmark::inside::report::ReportFormat;
use serde_json::{Value as Json, json};

use crate::support::{code, err, proofmark};

/// What is said, and the texts of which one says it: in words, in JSON, or in an event.
const SAYINGS: [(&str, &[&str]); 19] = [
    ("the reason of a waived case", &["known-to-us"]),
    ("what a case left behind", &["state-left-behind"]),
    ("how many cases left something behind", &["left something behind", "\"left_behind\":1"]),
    ("why a case is skipped on purpose", &["tag-count/none/form"]),
    (
        "how many are skipped on purpose",
        &["kipped on purpose", "\"skipped_on_purpose\":1", "\"not_meant\":1"],
    ),
    ("a stale waiver", &["waiver-without-use"]),
    ("a difference from the manifest", &["a/B/t/drifted"]),
    ("why the run is of no use", &["bytes came on a kept connection", "\"mixed up\"", "\"mixed-up\""]),
    (
        "a fault that is switched on",
        &["wrong-message&#58;Duplicate.TagKey", "wrong-message:Duplicate.TagKey"],
    ),
    ("a warning", &["doubtful-from-the-start"]),
    ("answers that differ in what is unpublished", &["field-nowhere-published"]),
    ("an orphan", &["orphan.snap"]),
    ("a stale snapshot", &["stale-for-a-year"]),
    ("a case that fails and did not", &["a/B/t/newly-failing"]),
    ("what the snapshots did", &["7 outranked", "\"outranked\":7"]),
    ("of how many cases the effects were observed", &["observed in 91 of 92 cases", "\"observed\":91"]),
    (
        "how many error rows are held",
        &["3 of 23 held", "3 held", "of 23 | 3 |", "\"held\":3", "\"rows_held\":[{"],
    ),
    ("how many mutants are killed", &["97 of 100", "\"killed\":97"]),
    ("the best endpoint that implements nothing", &["answers-always-the-same"]),
];

/// What a format leaves out, and why.
const EXCEPTIONS: [(ReportFormat, &[&str], &str); 1] = [(
    ReportFormat::Github,
    &[
        "why a case is skipped on purpose",
        "how many are skipped on purpose",
        "a case that fails and did not",
        "what the snapshots did",
        "of how many cases the effects were observed",
        "how many error rows are held",
        "how many mutants are killed",
        "the best endpoint that implements nothing",
    ],
    "annotations are few, and for what has to be looked at; the summary of the step has the rest",
)];

/// The events of a run, with one thing of each kind.
fn events(folder: &Path) -> Vec<Json> {
    let place = folder.join("run.ndjson");
    let report = format!("ndjson={}", place.display());
    let fault = ["--fault", "wrong-message:Duplicate.TagKey", "--level", "message"];
    let chosen = ["tag-count/none", "tag-count/duplicate-among-twenty", "--skip", "tag-count/none/form"];
    let arguments = [&["run", "-q", "--report", &report], &fault[..], &chosen[..]].concat();
    let output = proofmark(&arguments).output().unwrap();
    assert_eq!(code(&output), 1, "{}", err(&output));
    let text = fs::read_to_string(place).unwrap();
    let mut events: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed = events.iter().position(|event| event["verdict"]["name"] == "failed").unwrap();
    events[failed]["verdict"] = json!({ "name": "waived", "reason": "known-to-us" });
    let passed = events.iter().position(|event| event["verdict"]["name"] == "passed").unwrap();
    events[passed]["left_behind"] = json!(["state-left-behind"]);
    events.insert(1, json!({ "event": "warned", "text": "doubtful-from-the-start" }));
    let rows = events[0]["contracts"][0]["error_rows"].clone();
    events[0]["snapshots"] = "snapshots".into();
    let end = events.last_mut().unwrap();
    change_end(end, &rows);
    events
}

fn change_end(end: &mut Json, rows: &Json) {
    end["counts"]["failed"] = 0.into();
    end["counts"]["waived"] = 1.into();
    end["left_behind"] = 1.into();
    end["rows_held"] = json!([{ "held": [rows[0], rows[1], rows[2]], "not_held": [], "not_measured": [] }]);
    end["strength"] = json!({
        "floor": { "cases": 3, "endpoint": "answers-always-the-same", "held": 0, "passed": 1, "rows": 23 },
        "mutants": { "gaps": 3, "killed": 97, "open": 0, "set": 1, "stopped": false },
    });
    end["orphans"] = json!(["orphan.snap"]);
    end["stale_snapshots"] = json!([{ "id": "a/B/t/c", "why": "stale-for-a-year" }]);
    end["stale_waivers"] = json!([{ "at": "w.toml:1:1", "why": "itself", "reason": "waiver-without-use" }]);
    end["unpublished"] = json!({ "field-nowhere-published": 2 });
    end["manifest"] = json!({ "missing": ["a/B/t/drifted"], "new": [], "changed": [] });
    end["changes"] = json!({
        "before": ["2026-01-02T03:04:05Z"], "new": ["a/B/t/newly-failing"], "mended": [], "still": [],
        "undecided": [],
    });
    end["snapshots"]["outranked"] = 7.into();
    end["effects"] = json!({ "observed": 91, "not_observed": 1 });
    end["stopped"] = json!({ "why": "mixed-up" });
    end["outcome"] = "inconclusive".into();
}

/// The reports in every format that are made of these events.
fn reports(folder: &Path, events: &[Json]) -> Vec<(ReportFormat, String)> {
    let from = folder.join("events.ndjson");
    let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
    fs::write(&from, lines.join("\n") + "\n").unwrap();
    let place = |format: ReportFormat| folder.join(format.name());
    let mut command = proofmark(&["report", "-q", "--from", from.to_str().unwrap()]);
    for format in ReportFormat::ALL {
        command.arg("--report").arg(format!("{format}={}", place(format).display()));
    }
    let output = command.output().unwrap();
    assert!([5, 130].contains(&code(&output)), "{}", err(&output));
    ReportFormat::ALL.map(|format| (format, fs::read_to_string(place(format)).unwrap())).into()
}

#[test]
fn each_format_says_all_that_there_is_to_say_or_is_a_reasoned_exception() {
    let folder = tempfile::tempdir().unwrap();
    let events = events(folder.path());
    for (format, text) in reports(folder.path(), &events) {
        for (saying, words) in SAYINGS {
            let is_left_out = EXCEPTIONS.iter().any(|(of, left, _)| *of == format && left.contains(&saying));
            let is_said = words.iter().any(|word| text.contains(word));
            assert_eq!(is_said, !is_left_out, "{format}: {saying}\n{text:.9000}");
        }
    }
}

#[test]
fn each_format_names_an_endpoint_of_a_series_that_was_not_tested() {
    let folder = tempfile::tempdir().unwrap();
    let run = events(folder.path());
    let (name, outcome) = (&run[0]["endpoint"]["name"], &run.last().unwrap()["outcome"]);
    let mut events = vec![json!({ "event": "series-started", "endpoints": [name, "never-begun"] })];
    events.extend(run.clone());
    let runs = json!([{ "endpoint": name, "outcome": outcome }]);
    events.push(json!({ "event": "series-ended", "runs": runs, "not_started": ["never-begun"] }));
    for (format, text) in reports(folder.path(), &events) {
        assert!(text.contains("never-begun"), "{format}: {text:.9000}");
    }
}
