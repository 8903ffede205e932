//! Several endpoints in one run: each with its own settings, verdicts and outcome, and what all of it comes to.

#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::choosing;
use crate::support::odd::{JSON, answer, one_case, program, say, serve};
use proofmark::inside::report::ReportFormat;
use serde_json::Value as Json;

/// A folder with one case, and these endpoints by name and address.
fn project(endpoints: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = one_case();
    let shown =
        endpoints.iter().map(|(name, url, more)| format!("[endpoint.{name}]\nurl = \"{url}\"\n{more}\n"));
    fs::write(folder.path().join("endpoints.toml"), shown.collect::<String>()).unwrap();
    folder
}

fn good() -> String {
    serve(say(answer("200 OK", JSON, "{\"id\":\"t\"}")))
}

fn broken() -> String {
    serve(say(answer("500 Internal Server Error", JSON, "{\"code\":\"No\",\"message\":\"no\"}")))
}

/// An address at which nothing listens.
fn gone() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

/// Runs the plain case, from the folder itself, and gives the report if there is one.
fn run(folder: &Path, arguments: &[&str]) -> (Output, Json) {
    let path = folder.join("out.json");
    let report = format!("json={}", path.display());
    let output = program(folder, &[arguments, &["--report", &report, "plain"]].concat());
    let output = { output }.env("INSTA_UPDATE", "no").current_dir(folder).output().unwrap();
    let report = fs::read(&path).map_or(Json::Null, |text| serde_json::from_slice(&text).unwrap());
    (output, report)
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn each_endpoint_has_its_own_run_and_one_line_sums_all_up() {
    let folder = project(&[("mock", &good(), ""), ("staging", &broken(), "")]);
    let (output, report) = run(folder.path(), &["--endpoint", "mock", "--endpoint", "staging"]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let places = [
        "ENDPOINT  mock  (1 of 2)  http://127.0.0.1:",
        "CONFORMS  1 of 1 case passed",
        "ENDPOINT  staging  (2 of 2)  http://127.0.0.1:",
        "PM001  shop/Get/t/plain",
        "DOES NOT CONFORM  0 of 1 case passed",
        "\n\nDOES NOT CONFORM  2 endpoints: mock conforms, staging does not conform\n",
    ]
    .map(|part| text.find(part).unwrap_or_else(|| panic!("{part}: {text}")));
    assert!(places.is_sorted(), "{places:?}: {text}");
    assert_eq!(report["format"], "proofmark-report-series");
    assert_eq!((&report["version"], &report["outcome"]), (&Json::from(1), &Json::from("does not conform")));
    let runs = report["runs"].as_array().unwrap();
    let shown = |key: &str| runs.iter().map(|run| run[key].clone()).collect::<Vec<_>>();
    assert_eq!(shown("format"), ["proofmark-report", "proofmark-report"]);
    assert_eq!(shown("outcome"), ["conforms", "does not conform"]);
    assert_eq!(
        (&runs[0]["endpoint"]["name"], &runs[1]["endpoint"]["name"]),
        (&"mock".into(), &"staging".into())
    );
    assert!(runs.iter().all(|run| run["cases"].as_array().unwrap().len() == 1), "{report}");
    assert_ne!(runs[0]["seed"], runs[1]["seed"], "each has a seed of its own");
    assert_eq!(report["not_started"], Json::Array(Vec::new()));
}

#[test]
fn a_single_endpoint_is_told_and_reported_as_ever() {
    let folder = project(&[("mock", &good(), "")]);
    let (output, report) = run(folder.path(), &["--endpoint", "mock"]);
    let text = out(&output);
    assert!(!text.contains("ENDPOINT") && !text.contains("endpoints:"), "{text}");
    assert_eq!((&report["format"], &report["runs"]), (&Json::from("proofmark-report"), &Json::Null));
}

#[test]
fn the_most_telling_outcome_makes_the_exit_code() {
    let (good, broken, gone) = (good(), broken(), gone());
    for (first, second, due) in
        [(&good, &gone, 5), (&gone, &good, 5), (&gone, &broken, 1), (&broken, &gone, 1), (&good, &gone, 5)]
    {
        let folder = project(&[("a", first, ""), ("b", second, "")]);
        let (output, _) = run(folder.path(), &["--endpoint", "a", "--endpoint", "b"]);
        assert_eq!(output.status.code(), Some(due), "{}", out(&output));
    }
}

#[test]
fn one_that_cannot_be_reached_stops_no_other() {
    let folder = project(&[("a", &gone(), ""), ("b", &good(), "")]);
    let (output, report) = run(folder.path(), &["--endpoint", "a", "--endpoint", "b"]);
    assert_eq!(report["runs"][0]["stopped"], "unreachable", "{}", out(&output));
    assert_eq!(
        (&report["runs"][1]["stopped"], &report["runs"][1]["outcome"]),
        (&Json::Null, &"conforms".into())
    );
}

#[test]
fn settings_and_waivers_are_each_endpoints_own() {
    let fails = broken();
    let folder = project(&[("a", &fails, ""), ("b", &format!("{fails}/"), "")]);
    let waiver = "[[waiver]]\nendpoint = \"a\"\ncase = \"plain\"\nlevel = \"LEVEL\"\nreason = \"r\"\nowner = \"o\"\nexpires = \"2999-12-31\"\n";
    let waivers: String = ["envelope", "status", "code", "message", "body"]
        .iter()
        .map(|level| waiver.replace("LEVEL", level))
        .collect();
    fs::write(folder.path().join("waivers.toml"), waivers).unwrap();
    let (output, report) = run(folder.path(), &["--level", "status", "--endpoint", "a", "--endpoint", "b"]);
    let verdict = |run: usize| report["runs"][run]["cases"][0]["verdict"].as_str().unwrap();
    assert_eq!((verdict(0), verdict(1)), ("waived", "failed"), "{}", out(&output));
}

#[test]
fn what_is_meant_for_one_endpoint_is_refused_for_several() {
    let url = gone();
    let slash = format!("{url}/");
    let folder =
        project(&[("a", &url, ""), ("A", "http://127.0.0.1:9", ""), ("b", "http://127.0.0.1:9", "")]);
    let two = ["--endpoint", "a", "--endpoint", "b"];
    for (arguments, shown) in [
        (&[&two[..], &["--states", &url]].concat(), "--states is for one endpoint"),
        (&[&two[..], &["--snapshots", "here"]].concat(), "--snapshots is for one endpoint"),
        (&vec!["--endpoint", "a", "--endpoint", "a"], "`a` is named twice"),
        (&vec!["--endpoint", "a", "--endpoint", "A"], "`a` is named twice"),
        (&vec!["--endpoint", &url, "--endpoint", &slash], "is named twice"),
        (&vec!["--endpoint", "a", "--endpoint", "c"], "endpoints.toml does not name it"),
    ] {
        let (output, report) = run(folder.path(), arguments);
        assert_eq!((output.status.code(), report), (Some(2), Json::Null), "{arguments:?}");
        assert!(err(&output).contains(shown), "{shown}: {}", err(&output));
    }
}

#[test]
fn a_setting_of_the_last_that_is_wrong_is_told_before_anything_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let folder = project(&[("a", &url, ""), ("b", "https://127.0.0.1:9", "ca-file = \"nosuch.pem\"")]);
    let (output, _) = run(folder.path(), &["--endpoint", "a", "--endpoint", "b"]);
    assert_eq!(output.status.code(), Some(2), "{}", out(&output));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "a connection came");
}

#[test]
fn a_dry_run_shows_a_plan_for_each() {
    let folder = project(&[("a", "http://127.0.0.1:9", ""), ("b", "http://127.0.0.1:9", "rate = \"1/60s\"")]);
    let (output, _) = run(folder.path(), &["--dry-run", "--endpoint", "a", "--endpoint", "b"]);
    let text = out(&output);
    let (first, second) = text.split_once("\n\n").unwrap();
    assert!(first.contains("endpoint   a\n") && !first.contains("rate"), "{text}");
    assert!(second.contains("endpoint   b\n") && second.contains("rate       1/60s"), "{text}");
}

#[test]
fn each_endpoint_writes_snapshots_of_its_own() {
    let folder = project(&[("a", &good(), ""), ("b", &good(), "")]);
    // The folder of snapshots is beside the folder of cases.
    let beside = folder.path().join("cases");
    fs::create_dir(&beside).unwrap();
    for name in ["shop", "endpoints.toml"] {
        fs::rename(folder.path().join(name), beside.join(name)).unwrap();
    }
    let mut command =
        program(&beside, &["--update", "always", "--endpoint", "a", "--endpoint", "b", "plain"]);
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    for name in ["@a", "@b"] {
        let path = folder.path().join("snapshots").join(name).join("shop/Get/t/plain.snap");
        assert!(path.is_file(), "{}", path.display());
    }
}

#[test]
fn an_interrupt_ends_the_whole_and_names_what_never_started() {
    let (asked, is_asked) = mpsc::channel();
    // It takes a request and never answers.
    let slow = serve(move |_, _| {
        asked.send(()).unwrap();
        thread::sleep(Duration::from_mins(1));
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let next = format!("http://{}", listener.local_addr().unwrap());
    let folder = project(&[("slow", &slow, ""), ("next", &next, "")]);
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let arguments = ["--endpoint", "slow", "--endpoint", "next", "--report", &report, "plain"];
    let child = program(folder.path(), &arguments).stdout(std::process::Stdio::piped()).spawn().unwrap();
    is_asked.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let text = out(&output);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("INTERRUPTED  2 endpoints: slow interrupted, next not started"), "{text}");
    let report: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!((report["runs"].as_array().unwrap().len(), &report["not_started"][0]), (1, &"next".into()));
    assert_eq!(report["outcome"], "interrupted");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "a connection came");
}

#[test]
fn what_several_endpoints_came_to_is_told_again_to_the_byte() {
    let folder = project(&[("good", &good(), ""), ("broken", &broken(), ""), ("gone", &gone(), "")]);
    let shown = |name: &str, mut command: Command| {
        let formats = ReportFormat::NAMES;
        let place = |format: &str| folder.path().join(format!("{name}.{format}"));
        for format in formats {
            command.arg("--report").arg(format!("{format}={}", place(format).display()));
        }
        let output = command.env("INSTA_UPDATE", "no").output().unwrap();
        let reports = formats.map(|format| fs::read_to_string(place(format)).unwrap());
        (output.status.code(), out(&output), reports)
    };
    let endpoints = ["--endpoint", "good", "--endpoint", "broken", "--endpoint", "gone", "plain"];
    let at_once = shown("a", program(folder.path(), &endpoints));
    assert_eq!(at_once.0, Some(1));
    let events = folder.path().join("a.ndjson").display().to_string();
    assert_eq!(shown("b", again(&["--from", &events])), at_once);
}

/// Reports made of events.
fn again(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    command.arg("report").args(arguments).env_remove("GITHUB_ACTIONS").env_remove("CLICOLOR_FORCE");
    command
}

#[test]
fn events_of_several_endpoints_that_do_not_fit_together_are_refused() {
    let folder = project(&[("good", &good(), ""), ("broken", &broken(), "")]);
    let place = |name: &str| folder.path().join(name).display().to_string();
    let report = format!("ndjson={}", place("a.ndjson"));
    let arguments = ["--endpoint", "good", "--endpoint", "broken", "--report", &report, "plain"];
    program(folder.path(), &arguments).env("INSTA_UPDATE", "no").output().unwrap();
    let events = fs::read_to_string(place("a.ndjson")).unwrap();
    let lines: Vec<&str> = events.lines().collect();
    let ended = lines.iter().position(|line| line.starts_with("{\"event\":\"ended\"")).unwrap();
    let without = |from: usize, to: usize| [&lines[..from], &lines[to..]].concat();
    for (lines, because) in [
        (without(1, ended + 1), "the end is not that of the runs before it"),
        (without(ended, ended + 1), "this event cannot stand here"),
        (without(1, 2), "this event cannot stand here"),
        (without(lines.len() - 1, lines.len()), "it ends before the series does"),
        ([&lines[..], &lines[ended..=ended]].concat(), "this event cannot stand here"),
    ] {
        fs::write(place("b.ndjson"), lines.join("\n") + "\n").unwrap();
        let junit = format!("junit={}", place("b.xml"));
        let output = again(&["--from", &place("b.ndjson"), "--report", &junit]).output().unwrap();
        assert!(output.status.code() == Some(3) && err(&output).contains(because), "{}", err(&output));
        assert!(!folder.path().join("b.xml").exists(), "{because}");
    }
}

#[test]
fn no_case_of_an_endpoint_hides_that_of_another_in_junit() {
    let folder = project(&[("good", &good(), ""), ("broken", &broken(), "")]);
    let path = folder.path().join("out.xml");
    let report = format!("junit={}", path.display());
    let arguments = ["--endpoint", "good", "--endpoint", "broken", "--report", &report, "plain"];
    program(folder.path(), &arguments).env("INSTA_UPDATE", "no").output().unwrap();
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("<testcase "));
    let names: Vec<&str> = lines.map(|line| line.split(" time=").next().unwrap()).collect();
    let [first, second] = names[..] else { panic!("{text}") };
    assert!(first.contains("classname=\"good.") && second.contains("classname=\"broken."), "{names:?}");
}

#[test]
fn the_end_lists_the_error_rows_that_some_endpoint_does_not_hold() {
    let folder = choosing::project();
    let operation = folder.path().join("cases/shop/Get");
    let contract = fs::read_to_string(operation.join("contract.toml")).unwrap();
    let errors = ["Both", "One", "None"]
        .map(|code| format!("[[error]]\nstatus = 400\ncode = \"{code}\"\nmessage = \"no\"\n\n"));
    fs::write(operation.join("contract.toml"), format!("{contract}\n{}", errors.concat())).unwrap();
    let refused = ["Both", "One", "None"].map(|code| {
        let id = code.to_lowercase();
        format!(
            "[[case]]\nid = \"{id}\"\nabout = \"It is refused.\"\nparams = {{ row = \"{code}\" }}\nexpect = {{ code = \
             \"{code}\" }}\n"
        )
    });
    let accepted = "[[case]]\nid = \"good\"\nabout = \"It is there.\"\nparams = { row = \"x\" }\nexpect = { status = 200 }\n";
    fs::write(operation.join("t.toml"), format!("{accepted}{}", refused.concat())).unwrap();
    let endpoint = |codes: &'static [&'static str]| {
        serve(move |head, stream| {
            let found = codes.iter().find(|code| head.contains(&format!("row={code}")));
            let bytes = match found {
                Some(code) => answer("400 No", JSON, format!("{{\"code\":\"{code}\",\"message\":\"no\"}}")),
                None => answer("200 OK", JSON, "{}"),
            };
            let _ = stream.write_all(&bytes);
        })
    };
    let endpoints = [("a", endpoint(&["Both", "One"])), ("b", endpoint(&["Both"]))]
        .map(|(name, url)| format!("[endpoint.{name}]\nurl = \"{url}\"\n"));
    fs::write(folder.path().join("cases/endpoints.toml"), endpoints.concat()).unwrap();
    let run =
        ["run", "--endpoint", "a", "--endpoint", "b", "--report", "ndjson=run.ndjson", "--skip", "t/none"];
    let (status, text) = choosing::ran(&folder, &run);
    assert_eq!(status, 1, "{text}");
    let (_, table) = text.split_once("ERROR ROWS  ").unwrap_or_else(|| panic!("{text}"));
    let due = "1 of 3 error rows held on each of 2 endpoints, 1 measured on none\n  400 One \"no\"\n    not held: b; \
               held: a\n\nDOES NOT CONFORM  2 endpoints: a conforms, b does not conform\n";
    assert_eq!(table, due);
    // What was said can be shown again.
    let (_, again) = choosing::ran(&folder, &["report", "--from", "run.ndjson"]);
    assert_eq!(again.split_once("ERROR ROWS  ").map(|(_, table)| table), Some(due), "{again}");
    let reports = ["--report", "json=out.json", "--report", "markdown=out.md", "--report", "html=out.html"];
    let (_, quiet) = choosing::ran(&folder, &[&run[..], &["-q"], &reports].concat());
    let brief = "ERROR ROWS  1 of 3 error rows held on each of 2 endpoints, 1 measured on none\n  400 One \"no\": not held: b; \
                 held: a\n";
    assert!(quiet.contains(brief), "{quiet}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let report: Json = serde_json::from_str(&read("out.json")).unwrap();
    let row = serde_json::json!({
        "contract": "shop/Get", "row": "400 One \"no\"", "held": ["a"], "held_in_part": [], "not_held": ["b"], "not_measured": [],
    });
    assert_eq!(report["error_rows"], Json::Array(vec![row]));
    let markdown = read("out.md");
    assert!(markdown.contains("| contract | error row | <code>a</code> | <code>b</code> |"), "{markdown}");
    assert!(markdown.contains(" | held | not held |\n"), "{markdown}");
    assert!(read("out.html").contains("<td>not held: b; held: a</td>"));
}
