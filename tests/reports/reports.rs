//! Reports for programs: each in its own format, whole or not at all, whatever an endpoint answers; and made
//! later of the events of a run, or of several parts of one.

mod history;
mod html;
mod markup;
mod occasion;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::odd::{JSON, answer, one_case, program, say, serve};
use crate::support::structure::{commands, junit_cases};
use crate::support::{Served, code, err, out, proofmark, run};
use proofmark::inside::report::ReportFormat;
use serde_json::{Value as Json, json};

const FAULT: &str = "wrong-message:Duplicate.TagKey";

/// Every format that a report has.
const FORMATS: [&str; ReportFormat::NAMES.len()] = ReportFormat::NAMES;

/// What an endpoint may answer to break out of a format.
const HOSTILE: &str = "</failure>]]>\n::error::x\n  ::set-output name=a::b\n##[error]x\nnot ok 9 - x\nBail out!\n1..7\n  ...\n```\n# title\n| a | b |\n<script>alert(1)</script>![i](http://x)\u{1b}[2J\u{0}\u{202e}\u{feff}\u{fffe}\u{85}\\ud800";

struct Reports(tempfile::TempDir);

impl Reports {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Flags for a report of each format, in files of this name.
    fn flags(&self, name: &str, formats: &[&str]) -> Vec<String> {
        let place = |format: &&str| self.path(&format!("{name}.{format}")).display().to_string();
        formats.iter().flat_map(|format| ["--report".into(), format!("{format}={}", place(format))]).collect()
    }

    fn run(&self, arguments: &[&str], name: &str, formats: &[&str]) -> Output {
        proofmark(arguments).args(self.flags(name, formats)).output().unwrap()
    }
}

/// The report of a run on an endpoint whose answers hold what is hostile, in every format.
fn hostile(reports: &Reports) -> Output {
    let text = Json::from(HOSTILE).to_string();
    let body = format!("{{\"id\": 1, \"code\": {text}, {text}: {text}}}");
    let url = serve(say(answer("500 Oh", JSON, body)));
    let folder = one_case();
    let mut command = program(folder.path(), &["--endpoint", &url, "-v", "plain"]);
    command.args(reports.flags("hostile", &FORMATS)).output().unwrap()
}

fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_report_shows_the_answer_that_fails_a_case_and_none_of_one_that_passes() {
    let reports = Reports::new();
    let url = serve(say(answer("502 Bad", "content-type: text/html\r\n", "<p>Bad\nGateway of the front")));
    let folder = one_case();
    let mut command = program(folder.path(), &["--endpoint", &url, "plain"]);
    let output = command.args(reports.flags("bad", &FORMATS)).output().unwrap();
    let terminal = String::from_utf8(output.stdout).unwrap();
    assert!(
        terminal.contains("  < HTTP 502 text/html\n  < <p>Bad\n  < Gateway of the front\n"),
        "{terminal}"
    );
    for format in FORMATS {
        let text = reports.read(&format!("bad.{format}"));
        for part in ["502", "text/html", "Gateway of the front"] {
            assert!(text.contains(part), "{format} lacks {part}: {text}");
        }
    }
    let url = serve(say(answer("200 OK", JSON, r#"{"id": "Gateway of the front"}"#)));
    let mut command = program(folder.path(), &["--endpoint", &url, "plain"]);
    let output = command.args(reports.flags("good", &["json", "markdown", "sarif"])).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    for format in ["json", "markdown", "sarif"] {
        assert!(!reports.read(&format!("good.{format}")).contains("Gateway"), "{format}");
    }
}

#[test]
fn a_report_made_later_is_the_one_made_at_once() {
    for arguments in [&["--fault", FAULT, "tag-count"][..], &["--endpoint", "http://127.0.0.1:9", "tag-key"]]
    {
        let reports = Reports::new();
        let arguments = [&["run"], arguments].concat();
        let at_once = reports.run(&arguments, "a", &FORMATS);
        let events = reports.path("a.ndjson").display().to_string();
        let later = reports.run(&["report", "--from", &events], "b", &FORMATS);
        assert_eq!((code(&later), out(&later)), (code(&at_once), out(&at_once)));
        assert!(code(&later) == 1 || code(&later) == 5, "{}", err(&later));
        for format in FORMATS {
            assert_eq!(
                reports.read(&format!("a.{format}")),
                reports.read(&format!("b.{format}")),
                "{format}"
            );
        }
    }
}

#[test]
fn exchanges_of_cases_that_passed_are_kept_where_that_is_asked_for() {
    let reports = Reports::new();
    for (name, flags) in
        [("some", &["run", "tag-count"][..]), ("all", &["run", "tag-count", "--all-exchanges"])]
    {
        assert_eq!(code(&reports.run(flags, name, &["ndjson"])), 0);
        let lines = lines(&reports.read(&format!("{name}.ndjson")));
        let cases: Vec<&Json> = lines.iter().filter(|line| line["event"] == "finished").collect();
        let kept = cases.iter().filter(|case| !case["exchanges"].is_null());
        assert!(cases.len() > 5 && cases.iter().all(|case| case["answered"] != 0));
        assert_eq!(kept.count(), if name == "all" { cases.len() } else { 0 });
    }
}

#[test]
fn parts_of_a_run_put_together_are_the_whole_run() {
    let reports = Reports::new();
    let tables = ["tag-count", "client-token", "running"];
    for table in tables {
        reports.run(&["run", "--fault", FAULT, &format!("*/{table}/*")], table, &["ndjson"]);
    }
    let patterns = tables.map(|table| format!("*/{table}/*"));
    let whole: Vec<&str> =
        ["run", "--fault", FAULT].into_iter().chain(patterns.iter().map(String::as_str)).collect();
    let whole = reports.run(&whole, "whole", &["json"]);
    let files: Vec<String> =
        tables.iter().map(|table| reports.path(&format!("{table}.ndjson")).display().to_string()).collect();
    let from: Vec<&str> = files.iter().flat_map(|file| ["--from", file]).collect();
    let merged = reports.run(&[&["report"], &from[..]].concat(), "merged", &["json"]);
    assert_eq!((code(&whole), code(&merged)), (1, 1));
    let shown = |name: &str| {
        let mut report: Json = serde_json::from_str(&reports.read(name)).unwrap();
        // Parts do not show which rows are held.
        for row in report["error_rows"].as_array_mut().unwrap() {
            for key in ["held", "held_in_part", "not_held", "not_measured"] {
                row.as_object_mut().unwrap().remove(key);
            }
        }
        let cases = report["cases"].as_array().unwrap();
        let cases: Vec<(String, String)> =
            cases.iter().map(|case| (case["id"].to_string(), case["verdict"].to_string())).collect();
        let rest = ["contracts", "counts", "error_rows", "exchanges", "outcome", "faults"];
        (cases, rest.map(|key| report[key].clone()))
    };
    assert!(shown("whole.json").0.len() > 50);
    assert_eq!(shown("whole.json"), shown("merged.json"));
}

#[test]
fn files_that_are_no_parts_of_one_run_are_refused_and_no_report_appears() {
    let reports = Reports::new();
    reports.run(&["run", "--fault", FAULT, "tag-count"], "a", &["ndjson", "json"]);
    reports.run(&["run", "client-token"], "plain", &["ndjson"]);
    let text = reports.read("a.ndjson");
    let write = |name: &str, text: &str| fs::write(reports.path(name), text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    write("cut", &lines[..9].join("\n"));
    write("early", &(lines[..9].join("\n") + "\n"));
    write("headless", &(lines[1..].join("\n") + "\n"));
    write("disordered", &([lines[0], lines[2], lines[1]].join("\n") + "\n"));
    write("newer", &text.replacen("\"version\":1", "\"version\":2", 1));
    write("flipped", &text.replace("\"does not conform\"", "\"conforms\""));
    for (names, exit, said) in [
        (&["a.ndjson", "a.ndjson"][..], 3, "as well"),
        (&["a.ndjson", "plain.ndjson"], 2, "different faults"),
        (&["cut"], 3, "cut:9: the line is cut off"),
        (&["early"], 3, "early:10: it ends before the run does"),
        (&["headless"], 3, "headless:1: it does not begin with the start of a run"),
        (&["disordered"], 3, "disordered:3: "),
        (&["newer"], 3, "newer:1: this is `proofmark-events` version 2"),
        (&["flipped"], 3, "outcome"),
        (&["a.json"], 3, "a.json:1: "),
        (&["nosuch"], 3, "nosuch cannot be read"),
    ] {
        let files: Vec<String> = names.iter().map(|name| reports.path(name).display().to_string()).collect();
        let from: Vec<&str> = files.iter().flat_map(|file| ["--from", file]).collect();
        let output = reports.run(&[&["report"], &from[..]].concat(), "never", &["junit"]);
        assert_eq!(code(&output), exit, "{names:?} {}", err(&output));
        assert!(err(&output).contains(said), "{names:?} {}", err(&output));
        assert!(!reports.path("never.junit").exists(), "{names:?}");
    }
}

#[test]
fn junit_has_the_elements_and_attributes_that_the_strict_schema_allows() {
    let reports = Reports::new();
    let output =
        reports.run(&["run", "--fault", FAULT, "*/tag-count/*", "*/running/*"], "a", &["junit", "json"]);
    assert_eq!(code(&output), 1);
    let cases = junit_cases(&reports.read("a.junit"));
    let json: Json = serde_json::from_str(&reports.read("a.json")).unwrap();
    let failed = cases.iter().filter(|case| case.results == ["failure"]).count() as u64;
    assert_eq!(cases.len() as u64, json["counts"]["total"].as_u64().unwrap());
    assert_eq!((Some(failed), failed > 3), (json["counts"]["failed"].as_u64(), true));
    assert!(cases.iter().all(|case| case.suite.starts_with("ecs/StartImagePipelineExecution/")));
    // Skipped on purpose, an error where nothing could be decided.
    reports.run(&["run", "--endpoint", "http://127.0.0.1:9", "tag-key/empty"], "b", &["junit"]);
    let cases = junit_cases(&reports.read("b.junit"));
    assert!(!cases.is_empty() && cases.iter().all(|case| case.results == ["error"]), "{cases:?}");
}

#[test]
fn markdown_shows_an_answer_and_never_obeys_it() {
    let reports = Reports::new();
    hostile(&reports);
    let text = reports.read("hostile.markdown");
    // Inside the fence, which is longer than any in the answer, nothing is obeyed.
    let mut fence = None;
    for line in text.lines() {
        match fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if line.starts_with("````") => fence = line.strip_suffix("text"),
            None => assert!(
                !line.contains("<script") && !line.contains("![i]") && !line.starts_with("# "),
                "{line}"
            ),
        }
    }
    assert!(fence.is_none() && text.contains("&lt;script&gt;"), "{text}");
    // Addresses and names of people are looked for in every text but code.
    let row = text.lines().find(|line| line.contains("&lt;script&gt;")).unwrap();
    assert!(row.contains("| failed | <code>") && row.ends_with("</code> |"), "{row}");
    assert_eq!(text.matches("\n## ").count() + usize::from(text.starts_with("## ")), 1, "{text}");
}

#[test]
fn a_report_on_standard_output_has_it_for_itself() {
    let output = run(&["run", "tag-key/empty", "--report", "ndjson=-"]);
    assert_eq!(code(&output), 0);
    let events = lines(&out(&output));
    assert_eq!(events.first().unwrap()["event"], "started");
    assert_eq!(events.last().unwrap()["event"], "ended");
    assert!(err(&output).contains("CONFORMS"), "{}", err(&output));
    assert_eq!(code(&run(&["--report", "tap=-", "--report", "junit=-"])), 2);
}

#[test]
fn events_are_written_as_they_happen() {
    let reports = Reports::new();
    reports.run(&["run", "tag-count"], "a", &["ndjson"]);
    let events = lines(&reports.read("a.ndjson"));
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!((names[0], names[names.len() - 1]), ("started", "ended"));
    assert!(names[1..names.len() - 1].iter().all(|name| *name == "finished"), "{names:?}");
}

#[test]
fn github_gets_annotations_at_the_case_and_a_summary_without_being_asked() {
    let reports = Reports::new();
    fs::write(reports.path("summary.md"), "before\n").unwrap();
    let mut command = proofmark(&["run", "-q", "--fault", FAULT, "tag-count/duplicate-out-of-order"]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", reports.path("summary.md"));
    command.env("GITHUB_WORKSPACE", Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap());
    let output = command.output().unwrap();
    assert_eq!(code(&output), 1, "{}", err(&output));
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).file_name().unwrap().to_string_lossy().into_owned();
    let text = out(&output);
    let [annotation, fault] = &commands(&text)[..] else { panic!("{text}") };
    assert!(fault.starts_with("::warning title=fault::wrong-message:"), "{fault}");
    let place = format!("file={here}/cases/ecs/StartImagePipelineExecution/tag-count.toml,line=");
    assert!(annotation.starts_with("::error ") && annotation.contains(&place), "{annotation}");
    let summary = reports.read("summary.md");
    assert!(summary.starts_with("before\n## proofmark") && summary.contains("does not conform"), "{summary}");
}

#[test]
fn what_is_told_to_a_person_is_no_command_to_github_and_nobody_can_know_how_that_ends() {
    let run = || {
        let output = proofmark(&["run", "tag-key/empty"]).env("GITHUB_ACTIONS", "true").output().unwrap();
        let text = out(&output);
        assert_eq!(commands(&text), Vec::<String>::new());
        let (first, last) = (text.lines().next().unwrap(), text.lines().last().unwrap());
        let token = first.strip_prefix("::stop-commands::").unwrap().to_owned();
        assert_eq!(last, format!("::{token}::"));
        assert_eq!(token.len(), 32);
        token
    };
    assert_ne!(run(), run());
}

#[test]
fn shards_put_together_are_the_whole_suite() {
    let reports = Reports::new();
    for number in 1..=3 {
        let output =
            reports.run(&["run", "-q", "--shard", &format!("{number}/3")], &number.to_string(), &["ndjson"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
    }
    let files: Vec<String> =
        (1..=3).map(|number| reports.path(&format!("{number}.ndjson")).display().to_string()).collect();
    let from: Vec<&str> = files.iter().flat_map(|file| ["--from", file]).collect();
    let output = reports.run(&[&["report"], &from[..]].concat(), "all", &["json"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let report: Json = serde_json::from_str(&reports.read("all.json")).unwrap();
    let listed: Vec<String> = out(&run(&["list"])).lines().map(str::to_owned).collect();
    let ids = report["cases"].as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap());
    assert!(ids.eq(listed.iter().map(String::as_str)));
    assert_eq!(report["error_rows"][0]["not_met"].as_array().unwrap().len(), 0);
}

/// Runs parts of a suite, each on an instance of its own and with its own seed, and gives their addresses and events.
fn parts_on_instances(reports: &Reports) -> (Vec<String>, Vec<String>) {
    let one = |number: usize| {
        let served = Served::start(&[]);
        let (shard, seed, name) = (format!("{number}/3"), (40 + number).to_string(), number.to_string());
        let place = ["--endpoint", served.at("url"), "--states", served.at("states")];
        let common =
            ["run", "-q", "--level", "body", "--sign", "none", "--shard", &shard, "--seed", &seed, "tag-*"];
        let output = reports.run(&[&common[..], &place].concat(), &name, &["ndjson"]);
        assert_eq!(code(&output), 0, "{}", out(&output) + &err(&output));
        (served.at("url").to_owned(), reports.path(&format!("{name}.ndjson")).display().to_string())
    };
    (1..=3).map(one).unzip()
}

#[test]
fn parts_on_instances_of_one_endpoint_are_merged_and_each_keeps_its_seed() {
    let reports = Reports::new();
    let (urls, files) = parts_on_instances(&reports);
    let from: Vec<&str> = files.iter().rev().flat_map(|file| ["--from", file]).collect();
    let output =
        reports.run(&[&["report"], &from[..]].concat(), "all", &["json", "ndjson", "html", "markdown"]);
    assert_eq!(code(&output), 0, "{}", out(&output) + &err(&output));
    let report: Json = serde_json::from_str(&reports.read("all.json")).unwrap();
    let due: Vec<Json> = (1..=3)
        .map(|number| json!({ "number": number, "of": 3, "seed": 40 + number, "url": urls[number - 1] }))
        .collect();
    let mut parts = report["parts"].clone();
    for part in parts.as_array_mut().unwrap() {
        part.as_object_mut().unwrap().remove("command");
    }
    assert_eq!(parts, Json::from(due));
    let seeds = "41 (part 1/3), 42 (part 2/3), 43 (part 3/3)";
    for text in [out(&output), reports.read("all.html"), reports.read("all.markdown")] {
        assert!(text.contains(seeds), "{text}");
    }
    // A merged run says the same when it is reported again.
    let again = reports.path("all.ndjson").display().to_string();
    let output = reports.run(&["report", "--from", &again], "again", &["json"]);
    assert_eq!((code(&output), reports.read("again.json")), (0, reports.read("all.json")));
}

#[test]
fn a_missing_part_is_noticed_without_a_manifest_and_a_doubled_one_is_refused() {
    let reports = Reports::new();
    let (_, files) = parts_on_instances(&reports);
    let merge = |parts: &[usize], name: &str| {
        let from: Vec<&str> = parts.iter().flat_map(|part| ["--from", &files[part - 1]]).collect();
        let output = reports.run(&[&["report"], &from[..]].concat(), name, &["json", "ndjson", "html"]);
        (code(&output), out(&output) + &err(&output))
    };
    for (parts, name, missing) in [(&[1, 3][..], "two", &["2/3"][..]), (&[2], "one", &["1/3", "3/3"])] {
        let (exit, text) = merge(parts, name);
        assert_eq!(exit, 5, "{text}");
        assert!(missing.iter().all(|part| text.contains(&format!("missing part: {part}"))), "{text}");
        let report: Json = serde_json::from_str(&reports.read(&format!("{name}.json"))).unwrap();
        assert_eq!(report["manifest"]["parts"], json!(missing));
        assert!(reports.read(&format!("{name}.html")).contains("of the run"), "{name}");
    }
    let (exit, text) = merge(&[1, 2, 1], "twice");
    assert!(exit == 2 && text.contains("part 1/3"), "{text}");
    // What was merged without its last part is whole once that comes.
    let (two, last) = (reports.path("two.ndjson").display().to_string(), &files[1]);
    let output = reports.run(&["report", "--from", &two, "--from", last], "whole", &["json"]);
    assert_eq!(code(&output), 0, "{}", out(&output) + &err(&output));
}

#[test]
fn no_report_takes_the_place_of_another_or_of_what_it_is_made_from() {
    let reports = Reports::new();
    let place = |name: &str| reports.path(name).display().to_string();
    let twice = [format!("json={}", place("a.txt")), format!("tap={}", place("./a.txt"))];
    let output = run(&["run", "-q", "tag-count/none", "--report", &twice[0], "--report", &twice[1]]);
    assert!(code(&output) == 2 && err(&output).contains("cannot both be the file"), "{}", err(&output));
    assert!(!reports.path("a.txt").exists());
    reports.run(&["run", "tag-count/none"], "a", &["ndjson"]);
    let events = reports.read("a.ndjson");
    let onto = format!("junit={}", place("./a.ndjson"));
    let output = run(&["report", "--from", &place("a.ndjson"), "--report", &onto]);
    assert!(
        code(&output) == 2
            && err(&output).contains("would replace a file that is needed: it is what --from reads"),
        "{}",
        err(&output)
    );
    assert_eq!(reports.read("a.ndjson"), events);
}

#[cfg(unix)]
#[test]
fn a_device_takes_as_many_reports_as_there_are() {
    let output =
        run(&["run", "-q", "tag-count/none", "--report", "json=/dev/null", "--report", "tap=/dev/null"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
}

#[test]
fn a_warning_at_the_end_of_a_run_is_told_again() {
    let reports = Reports::new();
    reports.run(&["run", "tag-count/none"], "a", &["ndjson"]);
    let events = reports.read("a.ndjson");
    let (before, end) = events.trim_end().rsplit_once('\n').unwrap();
    let late = format!("{before}\n{{\"event\":\"warned\",\"text\":\"it came late\"}}\n{end}\n");
    fs::write(reports.path("a.ndjson"), &late).unwrap();
    let from = reports.path("a.ndjson").display().to_string();
    reports.run(&["report", "--from", &from], "b", &["json", "ndjson", "markdown"]);
    let report: Json = serde_json::from_str(&reports.read("b.json")).unwrap();
    assert_eq!(report["warnings"][0], "it came late");
    assert_eq!(reports.read("b.ndjson"), late);
    let page = reports.read("b.markdown");
    assert!(page.find("## proofmark").unwrap() < page.find("Warning: it came late").unwrap(), "{page}");
}

#[test]
fn cases_that_never_began_do_not_hide_those_that_failed() {
    let reports = Reports::new();
    let arguments = ["run", "-j", "1", "--fail-fast", "--fault", FAULT, "tag-count"];
    let output = reports.run(&arguments, "a", &["markdown", "github"]);
    assert_eq!(code(&output), 1, "{}", err(&output));
    let page = reports.read("a.markdown");
    assert!(page.contains("Stopped: no further case was started after 1 had failed"), "{page}");
    assert_eq!((page.matches("<details>").count(), page.contains("| skipped | ")), (1, false), "{page}");
    let commands = commands(&reports.read("a.github"));
    assert!(commands.len() == 3 && commands[0].contains("no further case was started"), "{commands:?}");
}

#[test]
fn parts_that_ended_early_tell_how_many_failed_in_all_of_them() {
    let reports = Reports::new();
    let arguments = ["run", "-j", "1", "--fail-fast", "--fault", FAULT, "tag-count", "--shard"];
    for part in ["1/2", "2/2"] {
        let output = reports.run(&[&arguments[..], &[part]].concat(), &part[..1], &["ndjson"]);
        assert_eq!(code(&output), 1, "{}", err(&output));
    }
    let files = ["1", "2"].map(|name| reports.path(&format!("{name}.ndjson")).display().to_string());
    let output = run(&["report", "--from", &files[0], "--from", &files[1]]);
    let text = out(&output);
    assert!(text.contains("2 failed") && text.contains("started after 2 had failed"), "{text}");
}

#[test]
fn a_folder_that_is_missing_is_told_as_such() {
    let reports = Reports::new();
    let place = format!("junit={}", reports.path("none").join("a.xml").display());
    let output = run(&["run", "-q", "tag-count/none", "--report", &place]);
    assert!(code(&output) == 6 && err(&output).contains("os error 2"), "{}", err(&output));
}

#[test]
fn what_failed_is_listed_before_what_could_not_be_found_out() {
    let reports = Reports::new();
    // Without a hook, no state is reached, so most cases are skipped; those of the last table fail.
    let url = serve(say(answer("200 OK", JSON, "{}")));
    let arguments = ["run", "--endpoint", &url, "--sign", "none", "tag-key", "without-state"];
    let output = reports.run(&arguments, "a", &["markdown", "github", "json"]);
    assert_eq!(code(&output), 1, "{}", err(&output));
    let report: Json = serde_json::from_str(&reports.read("a.json")).unwrap();
    let [failed, skipped] = ["failed", "skipped"].map(|name| report["counts"][name].as_u64().unwrap());
    assert!((2..9).contains(&failed) && skipped >= 46, "{failed} and {skipped}");
    let commands = commands(&reports.read("a.github"));
    let is_failed = |line: &&String| line.contains("title=PM00");
    let first = commands.iter().take_while(is_failed).count();
    assert!(first > 0 && first < commands.len(), "{commands:?}");
    assert!(commands[first..].iter().all(|line| line.contains("title=PM301")), "{commands:?}");
    let page = reports.read("a.markdown");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| <code>ecs/Start")).skip(1).collect();
    let first = rows.iter().take_while(|row| row.contains("| failed |")).count() as u64;
    // All that are skipped wait for one state, and those after the third say nothing new.
    let listed = rows.len() as u64;
    assert!(first > 1 && first <= failed && listed - first == 3, "{page}");
    let rest = format!("and {} more; of each cause, at most 3 cases are listed.", failed + skipped - listed);
    assert!(page.contains(&rest), "{page}");
}
