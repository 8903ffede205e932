//! What a run says first: what to mend, most cases first. A small mock that gets five things wrong is the example.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::Output;

use crate::support::odd::{JSON, answer, program, serve};
use crate::support::{code, err, out, proofmark};
use serde_json::{Value as Json, json};

const CONTRACT: &str = r#"
operation = "Sell"
version = "1"
about = "Sells a thing."

[request]
method = "GET"
path = "/sell"
place = "query"

[[param]]
name = "item"
type = "string"
required = true

[[param]]
name = "count"
type = "string"

[[param]]
name = "money"
type = "string"

[[response]]
name = "total"
type = "string"

[envelope]
code = "$.code"
message = "$.message"
content-type = { json = "application/json" }
[envelope.error]
fields = [{ name = "code", type = "string" }, { name = "message", type = "string" }]

[[error]]
status = 404
code = "NoSuchItem"
message = "There is no such item."

[[error]]
status = 400
code = "InvalidCount"
message = "The count is not from 1 to 99."

[[error]]
status = 400
code = "EmptyItem"
message = "The item is empty."

[[error]]
status = 400
code = "InvalidMoney"
message = "The money is not known."
"#;

const STATES: &str = "[[state]]\nname = \"a shop that is closed\"\nabout = \"Closed.\"\n\n[[state]]\nname = \"a shop without stock\"\nabout = \"Empty.\"\n";

/// Five mistakes: an unknown item is sold, a wrong count has another status, an empty item another message, an answer of
/// success no total of its type, and unknown money a page of a server that broke.
fn mock() -> String {
    serve(|head: &str, stream: &mut TcpStream| {
        let target = head.split(' ').nth(1).unwrap_or_default();
        let query: BTreeMap<&str, &str> =
            target.split(['?', '&']).filter_map(|pair| pair.split_once('=')).collect();
        let value = |name: &str| query.get(name).copied().unwrap_or_default();
        let refused = |status: &str, code: &str, message: &str| {
            answer(status, JSON, json!({ "code": code, "message": message }).to_string())
        };
        let count: u32 = value("count").parse().unwrap_or(1);
        let bytes = if value("item").is_empty() {
            refused("400 Bad", "EmptyItem", "%s is empty")
        } else if !(1..=99).contains(&count) {
            refused("422 Bad", "InvalidCount", "The count is not from 1 to 99.")
        } else if value("money") == "shells" {
            answer("500 Oh", "content-type: text/html\r\n", "<html>\n<h1>Internal Server Error</h1>\n</html>")
        } else if value("item").starts_with("unknown") {
            answer("200 OK", JSON, json!({ "total": "5" }).to_string())
        } else {
            answer("200 OK", JSON, json!({ "total": 5 }).to_string())
        };
        let _ = stream.write_all(&bytes);
    })
}

/// A case for each of so many values of a parameter.
fn rows(text: &mut String, id: &str, params: &str, expect: &str, values: &[String]) {
    let rows =
        values.iter().enumerate().map(|(at, value)| format!("{{ id = \"r{at:02}\", value = \"{value}\" }}"));
    let rows = rows.collect::<Vec<_>>().join(", ");
    let _ = writeln!(
        text,
        "[[case]]\nid = \"{id}\"\nabout = \"It is as the contract says.\"\nparams = {params}\nrows = [{rows}]\nexpect = {expect}\n"
    );
}

fn table() -> String {
    let values =
        |name: &str, count: usize| -> Vec<String> { (0..count).map(|at| format!("{name}{at}")).collect() };
    let numbers: Vec<String> = (100..112).map(|count| count.to_string()).collect();
    let mut text = "about = \"Sales\"\n\n".to_owned();
    let value = "\"{{ value }}\"";
    rows(
        &mut text,
        "unknown",
        &format!("{{ item = {value} }}"),
        "{ code = \"NoSuchItem\" }",
        &values("unknown", 14),
    );
    rows(
        &mut text,
        "count",
        &format!("{{ item = \"a\", count = {value} }}"),
        "{ code = \"InvalidCount\" }",
        &numbers,
    );
    rows(
        &mut text,
        "empty",
        &format!("{{ item = \"\", money = {value} }}"),
        "{ code = \"EmptyItem\" }",
        &values("m", 9),
    );
    rows(&mut text, "sold", &format!("{{ item = {value} }}"), "{ status = 200 }", &values("thing", 7));
    let money = format!("{{ item = {value}, money = \"shells\" }}");
    rows(&mut text, "money", &money, "{ code = \"InvalidMoney\" }", &values("thing", 4));
    for (id, state) in [
        ("closed", "a shop that is closed"),
        ("bare", "a shop without stock"),
        ("bare-too", "a shop without stock"),
    ] {
        let _ = writeln!(
            text,
            "[[case]]\nid = \"{id}\"\nabout = \"It is refused.\"\nparams = {{ item = \"a\" }}\ngiven = \"{state}\"\nexpect = {{ status = 500 }}\n"
        );
    }
    text
}

fn shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("shop/Sell");
    fs::create_dir_all(&operation).unwrap();
    for (name, text) in [("contract.toml", CONTRACT), ("states.toml", STATES), ("sales.toml", &table())] {
        fs::write(operation.join(name), text).unwrap();
    }
    folder
}

/// The five mistakes as a cause names them, most cases first, and how many cases show each.
const FIVE: [(&str, &str); 5] = [
    ("14 cases", "PM001  error row 404 NoSuchItem: expected 404, got 200"),
    ("12 cases", "PM001  error row 400 InvalidCount: expected 400, got 422"),
    (
        "9 cases",
        "PM003  error row 400 EmptyItem, message: expected \"The item is empty.\", got \"%s is empty\"",
    ),
    ("7 cases", "PM005  field total: expected a string, got 5"),
    ("4 cases", "PM006  envelope body: expected a body of JSON or XML, got a page of HTML with status 500"),
];

fn sold(folder: &Path, url: &str, arguments: &[&str]) -> Output {
    let output = program(folder, &[&["--endpoint", url], arguments].concat()).output().unwrap();
    assert_eq!(code(&output), 1, "{}{}", out(&output), err(&output));
    output
}

/// The position of the line of each mistake.
fn places(text: &str) -> Vec<usize> {
    let place = |(count, words): &(&str, &str)| {
        let found = text.lines().position(|line| line.contains(count) && line.contains(words));
        found.unwrap_or_else(|| panic!("{count} {words}: {text}"))
    };
    FIVE.iter().map(place).collect()
}

#[test]
fn a_run_names_what_to_mend_first_and_shows_each_once() {
    let (folder, url) = (shop(), mock());
    let text = out(&sold(folder.path(), &url, &[]));
    let places = places(&text);
    assert!(places.is_sorted() && places[4] < 40, "{places:?} {text}");
    assert!(text.lines().count() < 80, "{} lines: {text}", text.lines().count());
    for part in ["> GET /sell?", "< HTTP 422 application/json", "curl -sS -i", "because   error row 404"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("and 13 more"), "{text}");
    let states: Vec<usize> =
        ["2 cases  PM301  a shop without stock", "1 case   PM301  a shop that is closed"]
            .map(|state| text.find(state).unwrap_or_else(|| panic!("{state}: {text}")))
            .to_vec();
    assert!(states.is_sorted(), "{text}");
    let next = text.split_once("\nNEXT  ").unwrap().1;
    assert!(
        next.contains("proofmark show shop/Sell/sales/unknown/r00")
            && next.contains("proofmark explain PM001")
    );
}

#[test]
fn no_line_of_a_run_is_printed_twice() {
    let (folder, url) = (shop(), mock());
    let text = out(&sold(folder.path(), &url, &[]));
    // Two answers may begin alike.
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("  < HTTP "));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    lines.for_each(|line| *counts.entry(line).or_default() += 1);
    counts.retain(|_, count| *count > 1);
    assert_eq!(counts, BTreeMap::new(), "{text}");
}

#[test]
fn a_quiet_run_says_in_15_lines_what_to_mend() {
    let (folder, url) = (shop(), mock());
    let text = out(&sold(folder.path(), &url, &["-q"]));
    assert!(text.lines().count() <= 15, "{text}");
    assert!(places(&text).is_sorted(), "{text}");
    assert!(text.starts_with("DOES NOT CONFORM  0 of 49 cases passed, 46 failed, 3 skipped\n"), "{text}");
    let states = "3 cases  PM301  2 states: the endpoint has no state hook";
    assert!(
        text.contains(states) && text.contains(": a shop without stock, a shop that is closed"),
        "{text}"
    );
}

#[test]
fn a_verbose_run_has_every_case_and_the_causes() {
    let (folder, url) = (shop(), mock());
    let text = out(&sold(folder.path(), &url, &["-v"]));
    assert!(places(&text).is_sorted(), "{text}");
    assert_eq!(text.matches("FAILED  shop/Sell/sales/").count(), 46, "{text}");
    // The reason of a row is that of its status, its code and its message.
    let of_one =
        text.split("FAILED  ").find(|block| block.starts_with("shop/Sell/sales/unknown/r03\n")).unwrap();
    assert_eq!(of_one.matches("because   ").count(), 1, "{of_one}");
}

#[test]
fn causes_are_the_same_for_one_job_and_for_sixteen() {
    let (folder, url) = (shop(), mock());
    let shown = |jobs: &str| {
        let path = folder.path().join(format!("{jobs}.json"));
        let report = format!("json={}", path.display());
        let text = out(&sold(folder.path(), &url, &["--jobs", jobs, "--seed", "1", "--report", &report]));
        let report: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        // The command to go on with has the flags of the run.
        let differs = |line: &str| line.starts_with("  time ") || line.contains("run --failed");
        let text: Vec<String> = text.lines().filter(|line| !differs(line)).map(str::to_owned).collect();
        (text, report["causes"].clone())
    };
    let (one, sixteen) = (shown("1"), shown("16"));
    assert_eq!(one, sixteen);
    assert_eq!(one.1.as_array().unwrap().len(), 7, "{:#}", one.1);
}

#[test]
fn a_reason_that_states_share_is_given_once_in_markdown_and_on_the_page() {
    let (folder, url) = (shop(), mock());
    let reports = ["markdown=out.md", "html=out.html"];
    let flags = reports.map(|report| {
        let (format, name) = report.split_once('=').unwrap();
        format!("--report={format}={}", folder.path().join(name).display())
    });
    sold(folder.path(), &url, &flags.each_ref().map(String::as_str));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let markdown = read("out.md");
    let states = markdown.split_once("### States that the endpoint does not offer\n\n").unwrap().1;
    let states = states.split_once("\n\n| contract |").unwrap().0;
    assert!(states.starts_with("the endpoint has no state hook"), "{states}");
    assert_eq!(states.matches("no state hook").count(), 1, "{states}");
    assert!(states.contains("| 2 | PM301 | <code>a shop without stock</code> |"), "{states}");
    let page = read("out.html");
    let states = page.split_once("States that the endpoint does not offer: ").unwrap().1;
    let states = states.split_once("</section>").unwrap().0;
    assert_eq!(states.matches("no state hook").count(), 1, "{states}");
    assert!(states.contains(">a shop without stock</span>"), "{states}");
}

#[test]
fn every_report_has_the_causes() {
    let (folder, url) = (shop(), mock());
    let path = |format: &str| folder.path().join(format!("out.{format}"));
    let formats = ["json", "markdown", "github", "junit", "sarif", "html"];
    let flags: Vec<String> = formats
        .iter()
        .flat_map(|format| ["--report".to_owned(), format!("{format}={}", path(format).display())])
        .collect();
    sold(folder.path(), &url, &flags.iter().map(String::as_str).collect::<Vec<_>>());
    let read = |format: &str| fs::read_to_string(path(format)).unwrap();

    let report: Json = serde_json::from_str(&read("json")).unwrap();
    let causes = report["causes"].as_array().unwrap();
    let counts: Vec<u64> = causes.iter().map(|cause| cause["cases"].as_u64().unwrap()).collect();
    assert_eq!(counts, [14, 12, 9, 7, 4, 2, 1]);
    assert_eq!(causes[0]["promise"], "error row 404 NoSuchItem");
    assert_eq!(causes[0]["example"]["id"], "shop/Sell/sales/unknown/r00");
    // Each case names its cause, so the counts can be had from the cases.
    for cause in causes {
        let all = report["cases"].as_array().unwrap().iter();
        let of_cause = all.filter(|case| case["causes"].as_array().unwrap().contains(&cause["id"]));
        assert_eq!(Some(of_cause.count() as u64), cause["cases"].as_u64(), "{cause}");
    }

    let markdown = read("markdown");
    let table = markdown.split_once("### Causes\n").unwrap().1;
    assert!(table.find("| 14 | PM001 |") < table.find("| 4 | PM006 |"), "{markdown}");
    assert!(table.find("| 4 | PM006 |") < table.find("| 2 | PM301 |"), "{markdown}");

    let github = read("github");
    assert_eq!(github.lines().count(), 7, "one a cause: {github}");
    assert!(github.lines().next().unwrap().contains("PM001%3A 14 cases"), "{github}");

    let junit = read("junit");
    let id = causes[0]["id"].as_str().unwrap();
    assert!(
        junit.contains(&format!("<property name=\"cause {id}\" value=\"14 cases: error row 404")),
        "{junit}"
    );

    let sarif: Json = serde_json::from_str(&read("sarif")).unwrap();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let rules: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let of_item: Vec<&&str> = rules.iter().filter(|rule| rule.contains("NoSuchItem")).collect();
    assert_eq!(
        of_item,
        [&"shop/Sell/NoSuchItem"],
        "status, code and message of a row are one promise: {rules:?}"
    );

    let page = read("html");
    let (first, below) = page.split_once("id=\"cases\"").unwrap();
    // Of a hundred cases with a few causes, each cause has some, and no cause has many.
    let listed = first.split_once("<ul class=\"listed\">").unwrap().1.split_once("</ul>").unwrap().0;
    assert_eq!(listed.matches("<li class=").count(), listed_cases(&counts), "{listed}");
    let rows = markdown.lines().filter(|line| line.starts_with("| <code>shop/Sell/")).count();
    assert_eq!(rows, listed_cases(&counts), "{markdown}");
    assert!(markdown.contains(" more; of each cause, at most 3 cases are listed."), "{markdown}");
    let mend = first.find("What to mend").unwrap();
    assert!(mend < first.find("What to look at").unwrap() && mend < first.find("class=\"counts\"").unwrap());
    assert!(first[mend..].find("error row 404 NoSuchItem") < first[mend..].find("envelope body"), "{first}");
    assert_eq!(below.matches("<details class=\"case ").count(), 49);
}

/// How many cases a report names one by one, of causes with so many.
fn listed_cases(counts: &[u64]) -> usize {
    counts.iter().map(|count| usize::try_from(*count).unwrap().min(3)).sum()
}

/// The events of a run of which so many cases failed, for three causes.
fn many(count: usize) -> String {
    let kinds =
        [("400", "200"), ("200", "500"), ("404", "403")].map(|(due, came)| (due.to_owned(), came.to_owned()));
    failing(count, &kinds)
}

/// The events of a run of which so many cases failed: what was expected and what came, in turn.
fn failing(count: usize, kinds: &[(String, String)]) -> String {
    let start = json!({"event": "started", "format": "proofmark-events", "version": 1, "tool": "0", "endpoint": {"name": "m", "url": "http://m", "reference": false}, "contracts": [{"id": "a/B", "version": "1", "cases": count, "error_rows": []}], "selected": count, "known": count, "seed": 0, "level": "body", "faults": [], "snapshots": null});
    let mut text = format!("{start}\n");
    for at in 0..count {
        let (expected, actual) = &kinds[at % kinds.len()];
        let case = json!({"event": "finished", "table": "a/B/t", "case": format!("c{at:05}"), "about": "It is as the contract says.", "file": "t.toml", "line": at + 1, "column": 1, "verdict": {"name": "failed"}, "level": "body", "findings": [{"level": "status", "step": 1, "subject": "status", "expected": expected, "actual": actual, "because": "the contract"}], "answered": 1, "exchanges": [{"step": 1, "request": {"method": "GET", "target": format!("/?at={at}"), "headers": [], "body": {"kind": "empty"}, "params": [], "format": null}, "answer": {"status": 200, "headers": [["content-type", "application/json"]], "text": format!("{{\"at\":{at}}}"), "duration_us": 5}}], "steps_not_sent": 0, "snapshot": {"name": "unchecked"}, "duration_us": 7});
        let _ = writeln!(text, "{case}");
    }
    let end = json!({"event": "ended", "counts": {"passed": 0, "flaky": 0, "failed": count, "waived": 0, "inconclusive": 0, "skipped": 0, "not_meant": 0}, "rows_met": [[]], "orphans": [], "stale_snapshots": null, "stale_waivers": [], "unpublished": {}, "snapshots": {"same": 0, "different": 0, "outranked": 0, "missing": 0, "written": 0, "unusable": 0}, "left_behind": 0, "exchanges": count, "stopped": null, "duration_us": 9, "outcome": "does not conform"});
    let _ = writeln!(text, "{end}");
    text
}

#[test]
fn ten_thousand_cases_that_fail_for_three_reasons_are_three_causes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("events.ndjson"), many(10_000)).unwrap();
    let flags = ["json=out.json", "html=out.html", "github=out.github", "markdown=out.md"];
    let mut command = proofmark(&["report", "--from", "events.ndjson"]);
    for flag in flags {
        command.args(["--report", flag]);
    }
    let output = command.current_dir(folder.path()).output().unwrap();
    let text = out(&output);
    assert_eq!(code(&output), 1, "{text}{}", err(&output));
    assert!(text.lines().count() < 60, "{text}");
    assert!(text.contains("3334 cases  PM001  status: expected 400, got 200"), "{text}");
    let mut lines: Vec<&str> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with("  < HTTP ")).collect();
    lines.retain(|line| !line.starts_with("  because "));
    let count = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), count, "{text}");
    let report: Json = serde_json::from_str(&fs::read_to_string(path("out.json")).unwrap()).unwrap();
    assert_eq!(report["causes"].as_array().unwrap().len(), 3);
    assert_eq!(fs::read_to_string(path("out.github")).unwrap().lines().count(), 3);
    assert!(fs::metadata(path("out.md")).unwrap().len() < 300_000);
    // What a browser opens in two seconds; most of it is laid out when it is scrolled to.
    assert!(fs::metadata(path("out.html")).unwrap().len() < 24 << 20);
}

#[test]
fn annotations_stay_few() {
    let folder = tempfile::tempdir().unwrap();
    let kinds: Vec<(String, String)> = (0..15).map(|at| ("200".to_owned(), (500 + at).to_string())).collect();
    fs::write(folder.path().join("events.ndjson"), failing(30, &kinds)).unwrap();
    let mut command =
        proofmark(&["report", "-q", "--from", "events.ndjson", "--report", "github=out.github"]);
    let output = command.current_dir(folder.path()).output().unwrap();
    let text = fs::read_to_string(folder.path().join("out.github")).unwrap();
    assert_eq!(text.lines().count(), 10, "{text}{}", err(&output));
    assert!(text.lines().last().unwrap().contains("and 6 more, listed in the log"), "{text}");
}

#[test]
fn a_code_is_explained_and_an_unknown_one_refused() {
    for name in ["PM001", "pm001", "PM001-1a2b3c4d"] {
        let output = proofmark(&["explain", name]).output().unwrap();
        assert!(out(&output).starts_with("PM001: another status\n"), "{}", out(&output));
        assert!(out(&output).contains("What to do: "));
    }
    let all = out(&proofmark(&["explain"]).output().unwrap());
    assert_eq!(all.lines().count(), 20, "{all}");
    let output = proofmark(&["explain", "PM999"]).output().unwrap();
    assert!(code(&output) == 2 && err(&output).contains("`proofmark explain` lists all"), "{}", err(&output));
}
