//! What the judge says of an answer: which findings, at which level, and what they rest on.

use std::fs;

use serde_json::Value as Json;

use crate::support::odd;

const CONTRACT: &str = r#"operation = "Get"
version = "1"
about = "Gets things."

[request]
method = "GET"
path = "/"
place = "query"

[[param]]
name = "id"
type = "string"
constraints = [{ max-length = 3, error = "TooLong" }, { min-length = 1, error = "Other" }]

[[param]]
name = "other"
type = "string"
constraints = [{ max-length = 3, error = "TooLong" }]

[[error]]
status = 400
code = "TooLong"
message = "It is too long."

[[error]]
status = 404
code = "NotFound"
message = "There is no %s."

[[error]]
status = 404
code = "Other"

[envelope]
code = "$.code"
message = "$.message"
"#;

const TYPES: &str = "content-type = { json = \"application/json\" }\n";

/// What a run comes to with one answer: its report, and its events.
struct Judged {
    report: Json,
    events: Vec<Json>,
}

impl Judged {
    /// Subject and level of the findings of the first case, in their order.
    fn findings(&self) -> Vec<(String, String)> {
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        let findings = self.report["cases"][0]["findings"].as_array().unwrap();
        findings.iter().map(|finding| (text(&finding["subject"]), text(&finding["level"]))).collect()
    }

    fn subjects(&self) -> Vec<String> {
        self.findings().into_iter().map(|(subject, _)| subject).collect()
    }

    /// The finding about something.
    fn finding(&self, subject: &str) -> &Json {
        let findings = self.report["cases"][0]["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["subject"] == subject).unwrap()
    }

    /// An event of a kind.
    fn event(&self, kind: &str) -> &Json {
        self.events.iter().find(|event| event["event"] == kind).unwrap()
    }
}

/// Runs a table against one answer, at the level of bodies, with these arguments more.
fn judged_with(contract: &str, table: &str, answer: Vec<u8>, arguments: &[&str]) -> Judged {
    let url = odd::serve(odd::say(answer));
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("shop/Get");
    fs::create_dir_all(&operation).unwrap();
    fs::write(operation.join("contract.toml"), contract).unwrap();
    fs::write(operation.join("t.toml"), table).unwrap();
    let (json, lines) = (folder.path().join("out.json"), folder.path().join("out.ndjson"));
    let reports = [format!("json={}", json.display()), format!("ndjson={}", lines.display())];
    let common = ["--endpoint", &url, "--report", &reports[0], "--report", &reports[1]];
    let output = odd::program(folder.path(), &[&common, arguments].concat()).output().unwrap();
    let report = odd::finished(&output, &json).report;
    let lines = fs::read_to_string(lines).unwrap();
    Judged { report, events: lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect() }
}

fn judged(contract: &str, expect: &str, answer: Vec<u8>) -> Judged {
    let table = format!(
        "[[case]]\nid = \"c\"\nabout = \"x\"\nparams = {{ id = \"long\" }}\nexpect = {{ {expect} }}\n"
    );
    judged_with(contract, &table, answer, &[])
}

fn json(status: &str, body: &str) -> Vec<u8> {
    odd::answer(status, odd::JSON, body)
}

fn xml(status: &str, body: &str) -> Vec<u8> {
    odd::answer(status, "content-type: text/xml\r\n", body)
}

#[test]
fn a_contract_of_one_format_is_broken_by_the_other() {
    let of_xml = format!("{CONTRACT}content-type = {{ xml = \"text/xml\" }}\n");
    let of_json = format!("{CONTRACT}{TYPES}");
    let expect = "status = 200";
    let found = judged(&of_xml, expect, json("200 OK", "{}"));
    assert!(found.subjects().contains(&"body".to_owned()), "{:?}", found.findings());
    let expected = found.finding("body")["expected"].as_str().unwrap().to_lowercase();
    assert!(expected.contains("xml") && !expected.contains("json"), "{expected}");
    let found = judged(&of_json, expect, xml("200 OK", "<a/>"));
    let expected = found.finding("body")["expected"].as_str().unwrap().to_lowercase();
    assert!(expected.contains("json") && !expected.contains("xml"), "{expected}");
    for (contract, answer) in [(&of_xml, xml("200 OK", "<a/>")), (&of_json, json("200 OK", "{}"))] {
        assert_eq!(judged(contract, expect, answer).subjects(), Vec::<String>::new());
    }
    for answer in [xml("200 OK", "<a/>"), json("200 OK", "{}")] {
        let found = judged(CONTRACT, expect, answer);
        assert_eq!(found.subjects(), Vec::<String>::new(), "a contract that names no format promises none");
    }
}

#[test]
fn a_doubled_key_is_named_by_its_path_in_small_objects_and_in_large_ones() {
    let contract = format!("{CONTRACT}{TYPES}");
    let body = r#"{"l": [{"a": 1}, {"b": 1, "b": 2}, {"c": 1}, [{"d": 1, "d": 1}]], "z": {"q": 1, "q": 2}, "z2": 1}"#;
    let found = judged(&contract, "status = 200", json("200 OK", body));
    assert_eq!(found.subjects(), ["$.l[1].b", "$.l[3][0].d", "$.z.q"]);
    for length in [2, 11, 12, 13, 40] {
        let keys: Vec<String> = (0..length).map(|number| format!("\"k{number}\": 0")).collect();
        let once = format!("{{{}}}", keys.join(", "));
        assert_eq!(judged(&contract, "status = 200", json("200 OK", &once)).subjects(), Vec::<String>::new());
        let last = format!("{{{}, \"k{}\": 1}}", keys.join(", "), length - 1);
        let found = judged(&contract, "status = 200", json("200 OK", &last));
        assert_eq!(found.subjects(), [format!("$.k{}", length - 1)], "{length}");
    }
}

#[test]
fn of_alternatives_the_one_whose_first_disagreement_is_deepest_is_the_nearest() {
    let contract = format!("{CONTRACT}{TYPES}");
    let expect = r#"any = [
  { status = 400, body = { "$.a" = 1 } },
  { status = 404, code = "Other" },
]"#
    .replace('\n', " ");
    let found = judged(&contract, &expect, json("404 Not Found", r#"{"code": "NotFound", "a": 2}"#));
    let levels: Vec<String> = found.findings().into_iter().map(|(_, level)| level).collect();
    assert_eq!(levels, ["code"], "{:?}", found.findings());
    let expect = r#"any = [{ status = 404, body = { "$.a" = 1, "$.b" = 1 } }, { status = 404, body = { "$.a" = 1, "$.b" = 2 } }]"#;
    let found = judged(&contract, expect, json("404 Not Found", r#"{"a": 0, "b": 2}"#));
    assert_eq!(found.subjects(), ["$.a"], "of those equally deep, the one with fewer");
}

#[test]
fn a_code_alone_brings_its_message_along_if_each_of_its_rows_has_one() {
    let contract = format!("{CONTRACT}{TYPES}");
    let wrong = r#"{"code": "TooLong", "message": "Something."}"#;
    let found = judged(&contract, "code = \"TooLong\"", json("400 Bad", wrong));
    assert_eq!(found.findings(), [("message".to_owned(), "message".to_owned())]);
    let open = r#"{"code": "Other", "message": "Something."}"#;
    assert_eq!(judged(&contract, "code = \"Other\"", json("404 No", open)).findings(), []);
    // A code of the shared file may have several rows, of which one leaves the message open.
    let rows = "[[error]]\nstatus = 400\ncode = \"Shared\"\nmessage = \"One.\"\n\n[[error]]\nstatus = 400\ncode = \"Shared\"\n";
    let url = odd::serve(odd::say(json("400 Bad", r#"{"code": "Shared", "message": "Two."}"#)));
    let folder = tempfile::tempdir().unwrap();
    let operation = folder.path().join("shop/Get");
    fs::create_dir_all(&operation).unwrap();
    fs::write(folder.path().join("shop/common.toml"), rows).unwrap();
    let shared = contract.replacen("about =", "common = \"../common.toml\"\nabout =", 1);
    fs::write(operation.join("contract.toml"), shared).unwrap();
    let table = "[[case]]\nid = \"c\"\nabout = \"x\"\nexpect = { code = \"Shared\" }\n";
    fs::write(operation.join("t.toml"), table).unwrap();
    let path = folder.path().join("out.json");
    let report = format!("json={}", path.display());
    let output = odd::program(folder.path(), &["--endpoint", &url, "--report", &report]).output().unwrap();
    assert_eq!(odd::finished(&output, &path).verdict(), "passed");
}

#[test]
fn a_finding_cites_the_row_and_the_limits_of_what_was_sent_that_it_answers() {
    let contract = format!("{CONTRACT}{TYPES}");
    let found = judged(&contract, "code = \"TooLong\"", json("200 OK", "{}"));
    let cites = found.finding("code")["cites"].as_array().unwrap();
    let shown: Vec<(&str, &str)> = cites
        .iter()
        .map(|cite| (cite["kind"].as_str().unwrap(), cite["limit"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(shown, [("error-row", ""), ("limit", "max-length 3")]);
    assert_eq!(cites[0]["code"], "TooLong");
    assert_eq!(cites[1]["parameter"], "id", "`other` was not sent");
    let found = judged(&contract, "code = \"NotFound\"", json("200 OK", "{}"));
    let kinds: Vec<&Json> =
        found.finding("code")["cites"].as_array().unwrap().iter().map(|cite| &cite["kind"]).collect();
    assert_eq!(kinds, ["error-row"], "no limit is answered by this code");
}

#[test]
fn the_codes_that_a_row_gives_are_those_that_the_case_expects() {
    let contract = format!("{CONTRACT}{TYPES}");
    let table = "[[case]]\nid = \"c\"\nabout = \"x\"\nrows = [{ id = \"a\", c = \"NotFound\" }]\nexpect = { code = \"{{ c }}\" }\n";
    let answer = json("404 No", r#"{"code": "NotFound", "message": "There is no a."}"#);
    let found = judged_with(&contract, table, answer, &[]);
    assert_eq!(found.event("finished")["codes_due"], serde_json::json!([["NotFound"]]));
}

#[test]
fn a_row_is_met_by_an_answer_that_conforms_whatever_a_snapshot_says() {
    let contract = format!("{CONTRACT}{TYPES}");
    let right = r#"{"code": "NotFound", "message": "There is no a."}"#;
    let table = |expect: &str| format!("[[case]]\nid = \"c\"\nabout = \"x\"\nexpect = {{ {expect} }}\n");
    let met = |expect: &str, arguments: &[&str]| {
        let found = judged_with(&contract, &table(expect), json("404 No", right), arguments);
        (found.event("finished")["rows_met"].clone(), found.event("ended")["rows_met"].clone())
    };
    let (row, none) = (serde_json::json!(["404 NotFound \"There is no %s.\""]), serde_json::json!([]));
    assert_eq!(met("code = \"NotFound\"", &[]), (row.clone(), serde_json::json!([row])));
    let wrong_body = "code = \"NotFound\", body = { \"$.a\" = 1 }";
    assert_eq!(met(wrong_body, &[]), (Json::Null, serde_json::json!([none])));
    assert_eq!(met(wrong_body, &["--level", "code"]), (Json::Null, serde_json::json!([none])));
    // Another endpoint has no snapshot yet, which is a finding at the level of snapshots alone.
    let folder = tempfile::tempdir().unwrap();
    let snapshots = folder.path().display().to_string();
    let arguments = ["--level", "snapshot", "--snapshots", &snapshots, "--update", "no"];
    assert_eq!(met("code = \"NotFound\"", &arguments).0, row);
}

#[test]
fn each_outcome_of_a_snapshot_is_counted() {
    let contract = format!("{CONTRACT}{TYPES}");
    let table = "[[case]]\nid = \"c\"\nabout = \"x\"\nexpect = { status = 200 }\n";
    let folder = tempfile::tempdir().unwrap();
    let snapshots = folder.path().display().to_string();
    let run = |body: &str, update: &str| {
        let arguments = ["--level", "snapshot", "--snapshots", &snapshots, "--update", update];
        let found = judged_with(&contract, table, json("200 OK", body), &arguments);
        let counts = found.event("ended")["snapshots"].as_object().unwrap().clone();
        let counted = counts.into_iter().filter(|(_, count)| *count != 0);
        counted.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(run("{\"a\": 1}", "no"), "1 missing");
    assert_eq!(run("{\"a\": 1}", "unseen"), "1 written");
    assert_eq!(run("{\"a\": 1}", "no"), "1 same");
    assert_eq!(run("{\"a\": 2}", "no"), "1 different");
    let snapshot = folder.path().join("shop/Get/t/c.snap");
    fs::write(&snapshot, "no snapshot").unwrap();
    assert_eq!(run("{\"a\": 1}", "no"), "1 unusable");
}
