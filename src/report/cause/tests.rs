//! What is one cause, and what is several.

mod one_mistake;

use serde_json::json;

use super::{Cause, Causes, KEPT, ids};
use crate::event::Event;
use crate::model::CaseRecord;
use crate::report::read_event;

type Findings = serde_json::Value;

fn record(id: &str, verdict: &serde_json::Value, findings: &Findings) -> CaseRecord {
    let line = json!({
        "event": "finished", "table": "a/B/t", "case": id, "about": "It is.", "file": "t.toml", "line": 3, "column": 2,
        "verdict": verdict, "level": "snapshot", "findings": findings, "answered": 1, "steps_not_sent": 0,
        "snapshot": { "name": "same" }, "duration_us": 7,
    });
    let Event::Finished(record) = read_event(&line.to_string()).unwrap() else { panic!("a case") };
    *record
}

fn failed(id: &str, findings: &Findings) -> CaseRecord {
    record(id, &json!({ "name": "failed" }), findings)
}

fn finding(level: &str, subject: &str, expected: &str, actual: &str) -> serde_json::Value {
    json!({ "level": level, "step": 0, "subject": subject, "expected": expected, "actual": actual })
}

/// A finding that cites an error row, and so many limits.
fn cited(level: &str, actual: &str, limits: &[&str]) -> serde_json::Value {
    let mut finding = finding(level, level, "what a case put in its own way", actual);
    let row =
        json!({ "kind": "error-row", "status": 400, "code": "X", "file": "c.toml", "line": 9, "column": 1 });
    let limits = limits.iter().map(
        |limit| json!({ "kind": "limit", "parameter": "p", "limit": limit, "file": "c.toml", "line": 4, "column": 5 }),
    );
    finding["cites"] = std::iter::once(row).chain(limits).collect();
    finding
}

fn lines(causes: &Causes) -> Vec<String> {
    let line = |cause: &&Cause| format!("{} {}: {}", cause.cases, cause.promise, cause.actual);
    causes.causes_in_order().iter().map(line).collect()
}

fn of(records: &[CaseRecord]) -> Vec<String> {
    let mut causes = Causes::default();
    for record in records {
        causes.add(record);
    }
    lines(&causes)
}

#[test]
fn one_wrong_answer_is_one_cause_at_its_first_level() {
    let findings = json!([
        finding("status", "status", "400", "200"),
        finding("code", "code", "\"X\"", "nothing"),
        finding("message", "message", "\"No.\"", "nothing"),
        finding("body", "$.a", "1", "2"),
        finding("snapshot", "a.snap", "1", "2"),
    ]);
    assert_eq!(of(&[failed("a", &findings)]), ["1 status: 200"]);
}

#[test]
fn each_rule_of_the_envelope_is_a_cause_of_its_own() {
    let findings = json!([
        finding("envelope", "content-type", "application/json", "\"text/plain\""),
        finding("envelope", "$.HostId", "a string", "nothing"),
        finding("status", "status", "400", "422"),
        finding("body", "content-type", "a match", "\"text/plain\""),
    ]);
    assert_eq!(
        of(&[failed("a", &findings)]),
        ["1 status: 422", "1 envelope $.HostId: nothing", "1 envelope content-type: \"text/plain\""]
    );
}

#[test]
fn an_answer_that_cannot_be_read_is_one_cause() {
    let findings = json!([
        finding("envelope", "body", "a body of JSON or XML", "not JSON"),
        finding("envelope", "content-type", "application/json", "\"text/html\""),
        finding("status", "status", "400", "502"),
    ]);
    assert_eq!(of(&[failed("a", &findings)]), ["1 envelope body: not JSON with status 502"]);
}

#[test]
fn a_row_counts_whatever_a_case_says_of_it_and_one_limit_says_more_than_the_row() {
    let mut other = cited("status", "200", &[]);
    other["expected"] = "400 or 404".into();
    let records = [
        failed("a", &json!([cited("status", "200", &[])])),
        failed("b", &json!([other])),
        failed("c", &json!([cited("status", "200", &["ascii"])])),
        failed("d", &json!([cited("status", "200", &["ascii", "at most 9 characters"])])),
        failed("e", &json!([cited("message", "\"No\"", &[])])),
    ];
    assert_eq!(
        of(&records),
        ["3 error row 400 X: 200", "1 parameter p: ascii: 200", "1 error row 400 X, message: \"No\""]
    );
}

#[test]
fn values_made_for_one_answer_and_places_in_lists_do_not_tell_causes_apart() {
    let at = |place: usize, id: &str| json!([finding("body", &format!("$.a[{place}].b"), "nothing", id)]);
    let records = [
        failed("a", &at(0, "\"e-0a1b2c3d4e\"")),
        failed("b", &at(17, "\"e-9f8e7d6c5b\"")),
        failed("c", &at(0, "\"other\"")),
        failed("d", &at(0, "7")),
    ];
    assert_eq!(of(&records), ["3 body $.a[].b: \"e-0a1b2c3d4e\"", "1 body $.a[].b: 7"]);
}

/// What an endpoint may make anew for each answer.
fn made() -> Vec<String> {
    let id = |at: u32| {
        (0..20).filter_map(move |place| char::from_u32(u32::from(b'a') + (at * 7 + place * place * 5) % 26))
    };
    let ids = (0..60).map(|at| format!("\"exec-{}\"", id(at).collect::<String>()));
    let mixed = (0..60_u64).map(|at| format!("\"exec-{:016x}\"", at * 0x9e37_79b9_7f4a));
    let uuids = (0..60_u64).map(|at| format!("\"0D974139-3038-4D50-9E26-{:012X}\"", at * 0x51_2345));
    let times = (0..60).map(|at| format!("\"2026-11-30T08:{at:02}:{:02}.{at}Z\"", 59 - at));
    let dates = (0..60).map(|at| format!("\"Mon, {} Nov 2026 08:58:{at:02} GMT\"", at % 30 + 1));
    ids.chain(mixed).chain(uuids).chain(times).chain(dates).collect()
}

fn numbers() -> impl Iterator<Item = String> {
    (0..60_u64)
        .flat_map(|at| [(at * at * 7).to_string(), format!("{}.5", at * 1_000_003), format!("-{at}e7")])
}

/// A finding that rests on a rule of the contract.
fn of_rule(rule: &str, subject: &str, expected: &str, actual: &str) -> serde_json::Value {
    let mut finding = finding("envelope", subject, expected, actual);
    finding["cites"] =
        json!([{ "kind": "envelope", "name": rule, "file": "c.toml", "line": 9, "column": 1 }]);
    finding
}

#[test]
fn one_mistake_is_one_cause_whatever_the_endpoint_makes() {
    let values: Vec<String> = made().into_iter().chain(numbers()).collect();
    let counted = |findings: &dyn Fn(&str) -> serde_json::Value, values: &[String]| {
        let each = values.iter().enumerate();
        let records: Vec<CaseRecord> =
            each.map(|(at, value)| failed(&format!("c{at}"), &json!([findings(value)]))).collect();
        of(&records).len()
    };
    let unnamed = |value: &str| of_rule("error.closed", "$.timestamp", crate::model::UNNAMED_FIELD, value);
    assert_eq!(counted(&unnamed, &values), 1, "a field that the contract does not name");
    let pattern = |value: &str| of_rule("request-id", "$.RequestId", "a match of /^R/", value);
    assert_eq!(counted(&pattern, &made()), 1, "texts that break a rule");
    let value = |value: &str| finding("body", "$.count", "nothing", value);
    assert_eq!(counted(&value, &numbers().collect::<Vec<_>>()), 1, "numbers");
    // A case may expect what an earlier answer made.
    let expected = |value: &str| finding("body", "$.id", value, "nothing");
    assert_eq!(counted(&expected, &made()), 1, "expected texts");
    assert_eq!(counted(&expected, &numbers().collect::<Vec<_>>()), 1, "expected numbers");
    let message = |value: &str| finding("message", "message", "\"No.\"", value);
    assert_eq!(counted(&message, &made()), 1, "messages without a row");
    let line = |value: &str| finding("snapshot", "a.snap", "", &format!("  \"at\": {value}"));
    assert_eq!(counted(&line, &values), 2, "a line of a snapshot with a text and with a number");
    let field =
        |value: &str| finding("snapshot", "a.snap", "", &format!("< date: {}", value.trim_matches('"')));
    assert_eq!(counted(&field, &values), 1, "a header field of a snapshot");
}

#[test]
fn two_mistakes_are_two_causes() {
    let pairs = [
        (finding("body", "$.a", "\"x\"", "nothing"), finding("body", "$.b", "\"x\"", "nothing")),
        (finding("body", "$.a", "\"Open\"", "\"x\""), finding("body", "$.a", "\"Closed\"", "\"x\"")),
        (finding("body", "$.a", "1", "nothing"), finding("body", "$.a", "1", "null")),
        (finding("body", "$.a", "1", "2"), finding("body", "$.a", "1", "\"2\"")),
        (finding("body", "$.a", "\"x\"", "\"\""), finding("body", "$.a", "\"x\"", "\"y\"")),
        (finding("status", "status", "200", "404"), finding("status", "status", "200", "500")),
        (finding("code", "code", "\"A\"", "\"B\""), finding("code", "code", "\"A\"", "\"C\"")),
        (
            finding("message", "message", "\"No.\"", "\"x\""),
            finding("message", "message", "\"Gone.\"", "\"x\""),
        ),
        (
            of_rule("success.closed", "$.a", crate::model::UNNAMED_FIELD, "1"),
            of_rule("success.closed", "$.b", crate::model::UNNAMED_FIELD, "1"),
        ),
        (
            of_rule("type", "content-type", "application/json", "\"text/html\""),
            of_rule("type", "content-type", "application/json", "\"text/plain; charset=utf-8\""),
        ),
        (
            finding("snapshot", "a.snap", "status line: 400", "status line: 422"),
            finding("snapshot", "a.snap", "status line: 400", "status line: 500"),
        ),
        (
            finding("snapshot", "a.snap", "  \"title\": \"Emma\"", "  \"title\": \"E\""),
            finding("snapshot", "a.snap", "  \"author\": \"Austen\"", "  \"author\": \"A\""),
        ),
    ];
    for (one, other) in pairs {
        let records = [failed("a", &json!([one])), failed("b", &json!([other]))];
        assert_eq!(of(&records).len(), 2, "{one} {other}");
    }
}

#[test]
fn the_example_is_the_case_that_sends_least() {
    let sending = |id: &str, count: usize| {
        let mut record = failed(id, &json!([finding("status", "status", "400", "200")]));
        record.unanswered = Some(crate::model::Request {
            method: crate::model::Method::new("GET").unwrap(),
            target: format!("/?a=b{}", "&c=d".repeat(count)),
            headers: Vec::new(),
            body: crate::model::SentBody::Empty,
            params: Vec::new(),
            format: None,
        });
        record.answered = 0;
        record
    };
    let mut causes = Causes::default();
    for record in [sending("a", 20), sending("c", 2), sending("b", 2)] {
        causes.add(&record);
    }
    assert_eq!(causes.causes_in_order()[0].example.case.as_str(), "a/B/t/b");
}

#[test]
fn the_order_of_cases_changes_nothing() {
    let texts = ["1", "2", "2", "3", "3", "3"];
    let mut records: Vec<CaseRecord> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| failed(&format!("c{at}"), &json!([finding("status", "status", "200", text)])))
        .collect();
    let mut forth = Causes::default();
    for record in &records {
        forth.add(record);
    }
    records.reverse();
    let mut back = Causes::default();
    for record in &records {
        back.add(record);
    }
    assert_eq!(forth.causes_in_order(), back.causes_in_order());
    assert_eq!(lines(&forth), ["3 status: 3", "2 status: 2", "1 status: 1"]);
    let examples: Vec<&str> =
        forth.causes_in_order().iter().map(|cause| cause.example.case.as_str()).collect();
    assert_eq!(examples, ["a/B/t/c3", "a/B/t/c1", "a/B/t/c0"]);
}

#[test]
fn states_are_told_apart_from_failures_and_a_snapshot_counts_where_nothing_else_differs() {
    let waiting = json!({ "name": "skipped", "because": { "kind": "no-way-to", "state": "an old one", "reason": "no fixture" } });
    let records = [
        record("a", &waiting, &json!([])),
        record("b", &waiting, &json!([])),
        failed("c", &json!([finding("snapshot", "a.snap", "1", "2")])),
    ];
    let mut causes = Causes::default();
    assert!(causes.add(&records[0]));
    assert!(!causes.add(&records[1]), "the same state again is nothing new");
    assert!(causes.add(&records[2]));
    assert_eq!(lines(&causes), ["1 snapshot: 2", "2 an old one: no fixture"]);
}

#[test]
fn what_does_not_count_and_what_passed_is_no_cause() {
    let mut shallow =
        failed("a", &json!([finding("snapshot", "a.snap", "1", "2"), finding("status", "status", "1", "2")]));
    shallow.gate = crate::model::Level::Status;
    let passed = record("b", &json!({ "name": "passed" }), &json!([finding("snapshot", "b.snap", "1", "2")]));
    assert_eq!(of(&[shallow, passed]), ["1 status: 2"]);
}

#[test]
fn causes_without_end_are_counted_and_not_kept() {
    let mut causes = Causes::default();
    for at in 0..KEPT + 5 {
        causes
            .add(&failed(&format!("c{at}"), &json!([finding("status", "status", "200", &format!("{at}"))])));
    }
    assert_eq!((causes.causes_in_order().len(), causes.others()), (KEPT, 5));
    // A cause that is kept goes on counting.
    causes.add(&failed("d", &json!([finding("status", "status", "200", "0")])));
    assert_eq!((causes.causes_in_order()[0].cases, causes.others()), (2, 5));
}

#[test]
fn another_message_of_a_row_is_one_cause_and_no_message_another() {
    let records = ["\"Tag a is bad.\"", "\"Tag b is bad.\"", "nothing"]
        .iter()
        .enumerate()
        .map(|(at, text)| failed(&format!("c{at}"), &json!([cited("message", text, &[])])))
        .collect::<Vec<_>>();
    assert_eq!(
        of(&records),
        ["2 error row 400 X, message: \"Tag a is bad.\"", "1 error row 400 X, message: nothing"]
    );
}

#[test]
fn a_promise_of_an_operation_is_one_for_each_and_a_rule_of_the_envelope_one_for_all() {
    let of_table = |table: &str, findings: &Findings| {
        let mut record = failed("a", findings);
        let table =
            crate::model::TableId::new(crate::model::OperationId::from_parts(table.split('/')).unwrap(), "t")
                .unwrap();
        record.id = crate::model::CaseId::new(&table, "a", None).unwrap();
        record
    };
    let status = json!([finding("status", "status", "400", "200")]);
    let field = json!([finding("envelope", "$.RequestId", "a string", "nothing")]);
    let records = [("a/B", &status), ("a/C", &status), ("a/B", &field), ("a/C", &field)];
    let records: Vec<CaseRecord> =
        records.iter().map(|(table, findings)| of_table(table, findings)).collect();
    assert_eq!(of(&records), ["2 envelope $.RequestId: nothing", "1 status: 200", "1 status: 200"]);
}

#[test]
fn a_case_that_failed_always_has_a_cause() {
    for findings in [
        json!([]),
        json!([{ "level": "status", "step": 0, "subject": "status", "expected": "1",
        "actual": "2", "warning": true }]),
    ] {
        assert_eq!(of(&[failed("a", &findings)]), ["1 the case: a failure without a finding"]);
    }
}

#[test]
fn a_cause_has_the_same_name_in_every_run_and_its_cases_have_it() {
    let record = |id: &str, actual: &str| failed(id, &json!([finding("status", "status", "400", actual)]));
    let mut causes = Causes::default();
    for record in [record("b", "200"), record("a", "200"), record("c", "500")] {
        causes.add(&record);
    }
    let names: Vec<&str> = causes.causes_in_order().iter().map(|cause| cause.id.as_str()).collect();
    assert_eq!(ids(&record("z", "200")), [names[0]]);
    assert_eq!(ids(&record("z", "500")), [names[1]]);
    assert!(names[0].starts_with("PM001-") && names[0] != names[1], "{names:?}");
}

#[test]
fn what_several_levels_say_of_one_answer_is_one_block() {
    let findings = json!([
        finding("status", "status", "400", "200"),
        finding("code", "code", "\"X\"", "nothing"),
        finding("body", "$.a", "1", "2"),
    ]);
    let mut causes = Causes::default();
    causes.add(&failed("a", &findings));
    let listed = causes.causes_in_order();
    let example = &listed[0].example;
    assert_eq!(example.expected, "status: 400, code: \"X\", $.a: 1");
    assert_eq!(example.actual, "status: 200, code: nothing, $.a: 2");
}

#[test]
fn reasons_that_differ_in_one_word_are_one() {
    let joined = |reasons: &[&str]| super::join_reasons(reasons);
    assert_eq!(joined(&["not signed by v1 here", "not signed by v3 here"]), "not signed by v1 or v3 here");
    assert_eq!(
        joined(&["not signed by v1 here", "left out by --skip"]),
        "not signed by v1 here; left out by --skip"
    );
    assert_eq!(joined(&["left out by --skip"]), "left out by --skip");
    assert_eq!(joined(&[]), "");
}
