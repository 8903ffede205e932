//! `mutants` on a shop that no program of this project implements: which wrong answers its cases would not notice.

use std::path::{Path, PathBuf};

use crate::bookshop_server::{self, Mistake};
use crate::support::{code, err, out, proofmark};
use serde_json::Value as Json;
use wiremock::MockServer;

const BOOKSHOP: &str = "tests/bookshop/cases";

/// What the program prints and ends with, on a shop.
fn mutants(shop: &MockServer, more: &[&str]) -> (i32, String) {
    let url = shop.uri();
    let states = format!("{url}/states");
    let mut command = proofmark(&["mutants", "--endpoint", &url, "--states", &states, "--seed", "7"]);
    let output = command.args(more).output().unwrap();
    (code(&output), out(&output))
}

fn of_run(shop: &MockServer, more: &[&str]) -> Json {
    let (code, text) = mutants(shop, &[&["--format", "json"], more].concat());
    assert_eq!(code, 0, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The figures without what names files, which a bundle calls by other names.
fn bare(mut figures: Json) -> Json {
    figures.as_object_mut().unwrap().remove("open_places");
    figures
}

fn program(arguments: &[&str]) -> (i32, String) {
    let output = proofmark(arguments).output().unwrap();
    (code(&output), out(&output) + &err(&output))
}

fn from(arguments: &[&str]) -> Json {
    let output = proofmark(&[&["mutants", "--format", "json"], arguments].concat()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", err(&output));
    serde_json::from_str(&out(&output)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_a_runs_events_and_of_its_bundle_are_the_same() {
    let shop = bookshop_server::start(Mistake::None).await;
    let url = shop.uri();
    let states = format!("{url}/states");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (events, bundle, key) = (path("run.ndjson"), path("shop.proof"), path("key.pem"));
    let report = format!("ndjson={events}");
    assert_eq!(program(&["keygen", "--output", &key]).0, 0);
    let certify = ["certify", "--output", &bundle, "--key", &key, "--report", &report, "--cases", BOOKSHOP];
    let (code, text) = program(&[certify.as_slice(), &["--endpoint", &url, "--states", &states]].concat());
    assert_eq!(code, 0, "{text}");
    let saved = from(&["--cases", BOOKSHOP, "--from", &events]);
    assert_eq!(saved["cases_left_out"], 0);
    assert!(bare(from(&["--from", &bundle])) == bare(saved), "the bundle has other figures");
}

#[test]
fn the_figures_of_a_run_are_those_of_its_events_with_any_number_of_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("run.ndjson").display().to_string();
    let report = format!("ndjson={events}");
    let (code, text) = program(&["run", "tag-value/", "--all-exchanges", "--report", &report]);
    assert_eq!(code, 0, "{text}");
    let saved = from(&["--from", &events]);
    for jobs in ["1", "16"] {
        assert!(from(&["tag-value/", "--jobs", jobs]) == saved, "{jobs} jobs");
    }
}

#[test]
fn a_run_reports_the_same_figures_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let forms = ["json", "ndjson", "markdown", "html"];
    let reports = forms.map(|form| format!("{form}={}", path(form)));
    let reports: Vec<&str> = reports.iter().flat_map(|report| ["--report", report]).collect();
    let (code, text) = program(&[&["run", "tag-value/", "--mutants"], reports.as_slice()].concat());
    assert_eq!(code, 0, "{text}");
    let due = from(&["--from", &path("ndjson")]);
    let report: Json = serde_json::from_str(&std::fs::read_to_string(path("json")).unwrap()).unwrap();
    let mutants = &report["strength"]["mutants"];
    assert!(mutants["killed"].as_u64().unwrap() > 1000, "{mutants}");
    for (key, name) in
        [("killed", "killed"), ("open", "open"), ("gaps", "gaps"), ("operators_version", "set")]
    {
        assert_eq!(due[key], mutants[name], "{key}");
    }
    assert_eq!(due["floor"], report["strength"]["floor"]);
    let line = format!("killed 100.0 %: {0} of {0}; open {1}, gaps 0", mutants["killed"], mutants["open"]);
    let written = |form: &str| std::fs::read_to_string(path(form)).unwrap();
    for text in [text, written("markdown"), written("html")] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&line) && text.contains("an endpoint that "), "{text}");
    }
    let plain = program(&["run", "tag-value/", "--report", &format!("json={}", path("plain"))]);
    assert_eq!(plain.0, 0, "{}", plain.1);
    let plain: Json = serde_json::from_str(&written("plain")).unwrap();
    assert!(plain["strength"].is_null());
}

/// A copy of the shop's cases, of which one table is another.
fn cases_with(table: &str, edit: impl FnOnce(String) -> String) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(BOOKSHOP), folder.path());
    let path = folder.path().join(table);
    let text = std::fs::read_to_string(&path).unwrap();
    let edited = edit(text.clone());
    assert_ne!(edited, text);
    std::fs::write(&path, edited).unwrap();
    let cases = folder.path().to_path_buf();
    (folder, cases)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn gaps(figures: &Json, operator: &str) -> u64 {
    let of = figures["by_operator"].as_array().unwrap().iter();
    of.filter(|one| one["operator"] == operator).map(|one| one["gaps"].as_u64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_looks_at_less_shows_as_gaps_and_fails_a_minimum() {
    let start = || bookshop_server::start(Mistake::None);
    let whole = of_run(&start().await, &["--cases", BOOKSHOP]);
    let weaken =
        |text: String| text.replace("expect = { code = \"invalid_book\" }", "expect = { status = \"4xx\" }");
    let (_folder, weak) = cases_with("shop/AddBook/adding.toml", weaken);
    let weak = weak.display().to_string();
    let figures = of_run(&start().await, &["--cases", &weak]);
    for operator in ["status-4xx", "code-of-another-row", "message-of-another-row"] {
        let (strong, weak) = (gaps(&whole, operator), gaps(&figures, operator));
        assert!(weak > strong, "{operator}: {weak} and {strong}");
    }
    let percent = |figures: &Json| figures["percent"].as_f64().unwrap();
    assert!(percent(&figures) < percent(&whole));
    let min = percent(&whole).to_string();
    assert_eq!(mutants(&start().await, &["-q", "--cases", BOOKSHOP, "--min", &min]).0, 0);
    let (code, text) = mutants(&start().await, &["-q", "--cases", &weak, "--min", &min]);
    assert_eq!(code, 1, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80) && !text.contains('\x1b'), "{text}");
    let (code, text) = mutants(&start().await, &["-q", "--cases", BOOKSHOP, "--most", "100"]);
    assert_eq!((code, text.lines().next().unwrap().starts_with("100 mutants of ")), (5, true), "{text}");
}

#[test]
fn what_is_not_a_run_of_these_contracts_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson").display().to_string();
    let report = format!("ndjson={path}");
    let run = proofmark(&["run", "required/", "--all-exchanges", "--report", &report]).output().unwrap();
    assert_eq!(code(&run), 0);
    let other = proofmark(&["mutants", "--cases", BOOKSHOP, "--from", &path]).output().unwrap();
    assert_eq!(code(&other), 2);
    assert!(err(&other).contains("the run has cases of ecs/StartImagePipelineExecution"), "{}", err(&other));
    std::fs::write(&path, "no events\n").unwrap();
    assert_eq!(code(&proofmark(&["mutants", "--from", &path]).output().unwrap()), 3);
    // Without exchanges there is nothing to change.
    std::fs::remove_file(&path).unwrap();
    let run = proofmark(&["run", "required/", "--report", &report]).output().unwrap();
    assert_eq!(code(&run), 0);
    let bare = proofmark(&["mutants", "-q", "--from", &path]).output().unwrap();
    assert_eq!(code(&bare), 5);
    assert!(out(&bare).contains("recorded without --all-exchanges"), "{}", out(&bare));
}

#[test]
fn no_wrong_answer_of_the_first_contract_is_passed_over_in_silence() {
    // All of its cases take minutes in a build without optimisation.
    let output = proofmark(&["mutants", "-q", "--min", "100", "--shard", "3/16"]).output().unwrap();
    let text = out(&output);
    assert_eq!(code(&output), 0, "{text}");
    assert!(text.contains("\nno gaps\n") && text.contains("\nopen: "), "{text}");
}
