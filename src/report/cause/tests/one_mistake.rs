//! One mistake of an endpoint is one cause, whatever else of an answer is wrong for its sake.

use serde_json::{Value, json};

use super::{Causes, cited, failed, finding, of, of_rule};
use crate::model::{A_PAGE, ABSENT_FIELD, CaseRecord, OWN_ID, OWN_VALUE, UNNAMED_FIELD};
use crate::report::cause::{KEPT, ids, waivable};

/// A finding of a row with this code.
fn of_row(level: &str, code: &str, expected: &str, actual: &str) -> Value {
    let mut finding = cited(level, actual, &[]);
    finding["expected"] = expected.into();
    finding["cites"][0]["code"] = code.into();
    finding
}

fn at_step(step: usize, mut finding: Value) -> Value {
    finding["step"] = step.into();
    finding
}

/// What the envelope says of an error in place of success.
fn error_in_success() -> Vec<Value> {
    vec![
        of_rule("success.absent", "$.Code", ABSENT_FIELD, "\"X\""),
        of_rule("success.closed", "$.HostId", UNNAMED_FIELD, "\"h\""),
        finding("envelope", "$.ExecutionId", "a string", "nothing"),
        of_rule("xml", "root element", "R", "Error"),
    ]
}

#[test]
fn an_error_that_is_sent_with_success_is_one_cause() {
    let mut findings = error_in_success();
    findings.push(of_row("status", "X", "400", "200"));
    let record = failed("a", &json!(findings));
    assert_eq!(of(std::slice::from_ref(&record)), ["1 error row 400 X: 200"]);
    let covered = waivable(&record);
    assert_eq!((covered.len(), covered[0].findings.len()), (1, 5), "a waiver has to cover all of it");
    // What has nothing to do with it stays a cause of its own.
    findings.push(finding("envelope", "date", "a header field", "no such header"));
    assert_eq!(of(&[failed("a", &json!(findings))]).len(), 2);
    // Where no other status is expected, the body is what is wrong.
    let body = of(&[failed("a", &json!(error_in_success()))]);
    assert_eq!(body, ["1 envelope body: a body of another form"]);
}

#[test]
fn rules_of_an_answer_in_its_own_form_are_causes_of_their_own() {
    // An error with its code, and success without one.
    let error =
        json!([of_row("status", "X", "400", "422"), finding("envelope", "$.HostId", "a string", "nothing")]);
    let success = json!([
        of_row("status", "X", "400", "200"),
        of_row("code", "X", "\"X\"", "nothing"),
        of_rule("success.closed", "$.Timestamp", UNNAMED_FIELD, "1"),
    ]);
    for findings in [error, success] {
        assert_eq!(of(&[failed("a", &findings)]).len(), 2, "{findings}");
    }
}

#[test]
fn a_page_and_a_body_of_another_form_are_one_cause_whatever_is_promised() {
    let page = |format: &str, code: &str| {
        json!([
            finding("envelope", "body", &format!("{format}, as asked for"), A_PAGE),
            of_row("status", code, "400", "500"),
            of_row("code", code, "\"X\"", "nothing"),
        ])
    };
    let records = [failed("a", &page("json", "X")), failed("b", &page("xml", "Y"))];
    assert_eq!(of(&records), ["2 envelope body: a page of HTML with status 500"]);
    let form = |code: &str| {
        json!([
            of_row("status", code, "400", "500"),
            of_row("code", code, "\"X\"", "nothing"),
            finding("envelope", "$.Code", "a string", "nothing"),
            finding("envelope", "$.Message", "a string", "nothing"),
            of_rule("error.closed", "$.error", UNNAMED_FIELD, "\"Internal Server Error\""),
        ])
    };
    let records = [failed("a", &form("X")), failed("b", &form("Y"))];
    assert_eq!(of(&records), ["2 envelope body: a body of another form with status 500"]);
}

#[test]
fn a_body_in_the_other_format_counts_where_the_answer_is_right() {
    let format = || finding("envelope", "body", "xml, as asked for", "json");
    let records = [
        failed("a", &json!([format()])),
        failed("b", &json!([format(), of_row("code", "X", "\"X\"", "\"Y\"")])),
    ];
    assert_eq!(of(&records), ["1 error row 400 X: \"Y\"", "1 envelope body: json"]);
}

#[test]
fn a_value_that_two_answers_share_is_one_cause_wherever_it_was_before() {
    let shared = |place: &str| of_rule("request-id", "$.RequestId", OWN_ID, place);
    let records = [
        failed("a", &json!([shared("\"0D97\", as in the answer to step 1")])),
        failed("b", &json!([shared("the same as in the answer to step 1 of a/B/t/a")])),
    ];
    assert_eq!(of(&records).len(), 1);
    // One of another type is no mistake of two kinds.
    let both = json!([
        finding("envelope", "$.ExecutionId", "a string", "42"),
        finding("effect", "$.ExecutionId", OWN_VALUE, "the same as in the answer to step 1 of a/B/t/a"),
    ]);
    assert_eq!(of(&[failed("c", &both)]), ["1 envelope $.ExecutionId: 42"]);
}

#[test]
fn what_a_case_says_of_any_field_is_the_cause_of_the_field() {
    let findings = json!([
        of_rule("success.closed", "$.Timestamp", UNNAMED_FIELD, "1"),
        finding("body", "$.*", "a list, 2 items", "3 found"),
        finding("message", "message", "\"No.\"", "\"x\""),
    ]);
    assert_eq!(of(&[failed("a", &findings)]).len(), 2);
    let findings = json!([
        of_rule("success.closed", "$.Timestamp", UNNAMED_FIELD, "1"),
        finding("body", "$.*", "a list, 2 items", "3 found"),
    ]);
    assert_eq!(of(&[failed("a", &findings)]), ["1 envelope success.closed, $.Timestamp: 1"]);
    let findings = json!([
        finding("envelope", "$.Message", "a string", "null"),
        of_row("message", "X", "\"No.\"", "null"),
    ]);
    assert_eq!(of(&[failed("a", &findings)]), ["1 envelope $.Message: null"]);
}

#[test]
fn another_media_type_is_one_cause_with_and_without_its_charset() {
    let found = |rule: &str, actual: &str| json!([of_rule(rule, "content-type", "as promised", actual)]);
    let records = [
        failed("a", &found("content-type", "\"text/plain\"")),
        failed("b", &found("content-type.charset", "\"text/plain\"")),
        failed("c", &found("content-type.charset", "\"text/xml\"")),
    ];
    assert_eq!(
        of(&records),
        [
            "2 envelope content-type: \"text/plain\"",
            "1 envelope content-type.charset, content-type: \"text/xml\""
        ]
    );
}

/// A case for each of so many rows, with the same answer in place of each.
fn instead(rows: usize, actual: &str) -> Vec<CaseRecord> {
    let record = |at: usize| {
        let status = of_row("status", &format!("Row{at}"), "404", actual);
        failed(&format!("c{at}"), &json!([status, of_row("code", "Row", "\"Row\"", "\"Odd\"")]))
    };
    (0..rows).map(record).collect()
}

#[test]
fn the_same_answer_in_place_of_three_others_is_one_cause() {
    assert_eq!(of(&instead(2, "400")).len(), 2);
    assert_eq!(of(&instead(3, "400")), ["3 3 other answers: 400 Odd"]);
    // Success in place of errors is as many mistakes as there are errors.
    assert_eq!(of(&instead(5, "200")).len(), 5);
    let mut causes = Causes::default();
    let mut records = instead(4, "400");
    let other = json!([of_row("status", "Z", "404", "400"), of_row("code", "Z", "\"Z\"", "\"Other\"")]);
    records.push(failed("z", &other));
    let is_new: Vec<bool> = records.iter().map(|record| causes.add(record)).collect();
    assert_eq!(is_new, [true, true, true, false, true]);
    let listed = causes.causes_in_order();
    assert_eq!(causes.line(listed[0]), "400 Odd in place of 4 other answers");
    assert_eq!(causes.count_broken(), 2);
    for record in &records[..4] {
        assert!(listed[0].joined.contains(&ids(record)[0]), "a case keeps the name that needs no other case");
        assert_eq!(causes.listed_id(&ids(record)[0]), listed[0].id);
    }
    assert_eq!(causes.listed_id(&ids(&records[4])[0]), listed[1].id);
    // The order changes nothing.
    records.reverse();
    let mut back = Causes::default();
    for record in &records {
        back.add(record);
    }
    assert_eq!(back.causes_in_order(), listed);
}

#[test]
fn limits_of_a_row_that_is_not_looked_for_are_one_cause() {
    let limits = ["ascii", "max-length 3", "min-length 1"];
    let records = |count: usize| -> Vec<CaseRecord> {
        let record =
            |at: usize| failed(&format!("c{at}"), &json!([cited("status", "200", &limits[at..=at])]));
        (0..count).map(record).collect()
    };
    assert_eq!(of(&records(2)).len(), 2, "two limits may be two mistakes");
    assert_eq!(of(&records(3)), ["3 error row 400 X: 200"]);
    let mut all = records(3);
    all.push(failed("d", &json!([cited("status", "200", &limits)])));
    assert_eq!(of(&all), ["4 error row 400 X: 200"], "with those of several limits");
    let mut causes = Causes::default();
    for record in &all {
        causes.add(record);
    }
    assert_eq!(causes.causes_in_order()[0].id, ids(&all[3])[0], "the cause of the row itself");
    assert_eq!(causes.causes_in_order()[0].joined.len(), 3);
    assert_eq!(causes.ids_so_far(&all[0]), ids(&all[3]));
}

#[test]
fn a_case_counts_once_in_a_cause_that_is_joined_and_each_waiver_covers_its_own_findings() {
    let row = |step: usize, code: &str| at_step(step, of_row("status", code, "404", "500"));
    let mut record = failed("a", &json!([row(1, "A"), row(2, "B"), row(3, "C")]));
    assert_eq!(of(std::slice::from_ref(&record)), ["1 3 other answers: 500"]);
    let covered: Vec<usize> = waivable(&record).iter().map(|waivable| waivable.findings.len()).collect();
    assert_eq!(covered, [1, 1, 1]);
    let waived = |record: &CaseRecord| {
        let mut causes = Causes::default();
        causes.add(record);
        let cause = causes.causes_in_order()[0].clone();
        (cause.waived, cause.waived_in_part)
    };
    assert_eq!(waived(&record), (0, 0));
    record.findings[0].waived = Some("known".to_owned());
    assert_eq!(waived(&record), (0, 1));
    record.findings.iter_mut().for_each(|finding| finding.waived = Some("known".to_owned()));
    assert_eq!(waived(&record), (1, 0));
}

#[test]
fn codes_without_end_are_counted_and_not_kept() {
    let mut causes = Causes::default();
    for at in 0..KEPT + 5 {
        let code = of_row("code", "X", "\"X\"", &format!("\"Code-{}\"", letters(at)));
        causes.add(&failed(&format!("c{at}"), &json!([code])));
    }
    assert_eq!((causes.causes_in_order().len(), causes.others()), (KEPT, 5));
}

/// A word for a number.
fn letters(mut number: usize) -> String {
    let mut word = String::new();
    while number > 0 || word.is_empty() {
        word.extend(char::from_digit(10 + u32::try_from(number % 26).unwrap(), 36));
        number /= 26;
    }
    word
}

#[test]
fn a_snapshot_with_another_status_is_the_cause_of_that_status() {
    let snapshot = |was: &str, is: &str| {
        let (expected, actual) = (
            format!("status line: {was}\n  \"Code\": \"X\","),
            format!("status line: {is}\n  \"Id\": \"i\","),
        );
        json!([finding("snapshot", "a.snap", &expected, &actual)])
    };
    let status = || failed("a", &json!([of_row("status", "X", "400", "200")]));
    let same = [status(), failed("b", &snapshot("400", "200"))];
    assert_eq!(of(&same), ["2 error row 400 X: 200"]);
    let mut causes = Causes::default();
    for record in &same {
        causes.add(record);
    }
    let listed = causes.causes_in_order();
    assert_eq!((ids(&same[0]), ids(&same[1])), (vec![listed[0].id.clone()], listed[0].joined.clone()));
    // Another change, and one that two causes may have made.
    assert_eq!(of(&[status(), failed("b", &snapshot("400", "500"))]).len(), 2);
    let two = failed("c", &json!([of_row("status", "X", "400", "200"), finding("body", "$.a", "1", "2")]));
    let mut other = of_row("status", "X", "400", "200");
    other["cites"].as_array_mut().unwrap().push(
        json!({ "kind": "limit", "parameter": "p", "limit": "ascii", "file": "c.toml", "line": 4, "column": 5 }),
    );
    let other = failed("d", &json!([other]));
    assert_eq!(of(&[two, other, failed("b", &snapshot("400", "200"))]).len(), 3);
}
