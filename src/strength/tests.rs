//! Mutants of answers that are made up, judged in cases that are.

use std::fmt::Write;

use super::bench::Bench;
use super::figures::MOST_GROUPS;
use super::{Bound, Figures, Operator};
use crate::check::tests::answer;
use crate::judgement::tests::{SEED, planned, played};
use crate::model::{Answer, Normalisation};

fn bench() -> Bench {
    Bench::new(vec![SEED], Normalisation::default(), Bound { mutants: u64::MAX })
}

/// What becomes of the mutants of an answer to the only case of a table.
fn figures(envelope: &str, expect: &str, answers: &[Answer]) -> Figures {
    let table =
        format!("[[case]]\nid = \"c\"\nabout = \"x\"\nparams = {{ id = \"a\" }}\nexpect = {expect}\n");
    let cases = planned(envelope, &table);
    let mut bench = bench();
    for (planned, answer) in cases.iter().zip(answers) {
        let record = played(planned, std::slice::from_ref(answer));
        assert_eq!(record.findings, Vec::new());
        bench.take(planned, &record).unwrap();
    }
    bench.finish()
}

fn json(status: u16, body: &str) -> Answer {
    answer(status, &[("content-type", "application/json")], body)
}

#[test]
fn objects_lists_numbers_and_truth_values_are_changed_at_any_depth() {
    let body = r#"{"o": {"n": 1.0, "b": true}, "l": [{"x": "a"}, 2, "c"], "z": null}"#;
    let figures = figures("", "{ status = 200 }", &[json(200, body)]);
    for operator in [
        Operator::ObjectDropped,
        Operator::NumberReplaced,
        Operator::BooleanReversed,
        Operator::ItemAdded,
        Operator::ItemRemoved,
        Operator::ItemsExchanged,
        Operator::ListEmptied,
    ] {
        assert!(figures.operators[&operator].gaps > 0, "{operator}");
    }
    let places: Vec<&str> = figures.gaps.keys().map(|(_, _, _, place)| place.as_str()).collect();
    for place in ["$.o.n", "$.o.b", "$.l", "$.l[0].x", "$.l[2]", "$.z"] {
        assert!(places.contains(&place), "{place}");
    }
    assert!(!places.contains(&"$.l[1]"), "of a list the first item and the last");
}

/// The gaps of one operator.
fn gaps(figures: &Figures, operator: Operator) -> u64 {
    figures.operators.get(&operator).map_or(0, |count| count.gaps)
}

/// The sentences that permit what is open.
fn sentences(figures: &Figures) -> Vec<&str> {
    figures.open.keys().map(|(_, _, text)| text.as_str()).collect()
}

#[test]
fn silence_is_a_gap_and_a_sentence_that_permits_is_named() {
    let expect = "{ status = \"4xx\" }";
    let refused = json(404, r#"{"code": "NotFound", "message": "There is no x."}"#);
    let weak = figures("", expect, std::slice::from_ref(&refused));
    assert!(gaps(&weak, Operator::StatusClientError) > 0);
    assert!(gaps(&weak, Operator::CodeOfAnotherRow) > 0);
    assert!(gaps(&weak, Operator::MessageOfAnotherRow) > 0);
    assert_eq!(gaps(&weak, Operator::StatusSuccess), 0);
    let strong = figures("", "{ code = \"NotFound\" }", std::slice::from_ref(&refused));
    for operator in [
        Operator::StatusClientError,
        Operator::CodeOfAnotherRow,
        Operator::MessageOfAnotherRow,
        Operator::MessageUnfilled,
        Operator::MessageBlank,
    ] {
        assert_eq!(gaps(&strong, operator), 0, "{operator}");
    }
    assert!(strong.operators[&Operator::MessageUnfilled].killed > 0);
    assert_eq!(sentences(&strong), ["error row 404 NotFound \"There is no %s.\" leaves `%s` open"]);
}

#[test]
fn alternatives_permit_what_they_speak_of() {
    let answers = [json(404, r#"{"code": "NotFound", "message": "There is no x."}"#)];
    let any = |one: &str, other: &str| format!("{{ any = [{one}, {other}] }}");
    let named = any("{ status = 404, code = \"NotFound\" }", "{ status = 404, code = \"Gone\" }");
    let named = figures("", &named, &answers);
    assert_eq!(gaps(&named, Operator::CodeOfAnotherRow), 0);
    let bare = figures("", &any("{ status = 404 }", "{ status = 200 }"), &answers);
    assert!(gaps(&bare, Operator::CodeOfAnotherRow) > 0);
    assert_eq!(bare.operators[&Operator::StatusClientError].open, 0);
    let two = figures("", &any("{ status = 404 }", "{ status = 403 }"), &answers);
    assert!(two.operators[&Operator::StatusClientError].open > 0);
    assert!(sentences(&two).contains(&"the case names this alternative"));
}

/// The envelope that follows the contract of these tests.
fn with(fields: &str) -> String {
    format!("[envelope.success]\n{fields}\n")
}

#[test]
fn fields_are_open_if_the_contract_says_so_and_for_what_it_says() {
    let field = |rest: &str| with(&format!("fields = [{{ name = \"a\", type = \"string\"{rest} }}]"));
    let answers = [json(200, r#"{"a": "xyz"}"#)];
    let of = |rest: &str| figures(&field(rest), "{ status = 200 }", &answers);
    let bare = of("");
    assert!(gaps(&bare, Operator::TextReplaced) > 0);
    assert_eq!(gaps(&bare, Operator::FieldDropped), 0);
    let optional = of(", required = false");
    assert_eq!(optional.operators[&Operator::FieldDropped].open, 1);
    assert!(gaps(&optional, Operator::TextReplaced) > 0);
    let formed = of(", pattern = \"^[a-z]+$\"");
    assert_eq!(gaps(&formed, Operator::TextReplaced), 0);
    assert_eq!(formed.operators[&Operator::TextCase].killed, 1);
    let open = of(", open = \"the page does not say\"");
    assert_eq!(gaps(&open, Operator::TextReplaced), 0);
    assert!(sentences(&open).contains(&"field a is open: the page does not say"));
}

#[test]
fn bodies_are_closed_or_open_or_have_gaps() {
    let answers = [json(200, r#"{"a": "xyz"}"#)];
    let of = |rest: &str| {
        let fields = "fields = [{ name = \"a\", type = \"string\" }]";
        let figures = figures(&with(&format!("{fields}\n{rest}")), "{ status = 200 }", &answers);
        figures.operators[&Operator::FieldAdded]
    };
    let counts = ["", "closed = true", "open = \"proxies add some\""].map(of);
    let counts = counts.map(|count| (count.killed, count.open, count.gaps));
    assert_eq!(counts, [(0, 0, 1), (1, 0, 0), (0, 1, 0)]);
}

#[test]
fn header_fields_are_promised_open_or_have_gaps() {
    let answer = answer(200, &[("content-type", "application/json"), ("x-a", "1"), ("date", "now")], "{}");
    let of = |rest: &str| {
        let envelope =
            if rest.is_empty() { String::new() } else { format!("headers = [{{ name = \"X-A\"{rest} }}]") };
        let figures = figures(&envelope, "{ status = 200 }", std::slice::from_ref(&answer));
        assert!(figures.gaps.keys().all(|(_, _, _, place)| place != "header date"));
        let dropped = figures.operators[&Operator::HeaderDropped];
        let changed = figures.operators[&Operator::HeaderChanged];
        // The content type is dropped, too.
        (dropped.gaps, dropped.killed, dropped.open, changed.gaps)
    };
    assert_eq!(of(""), (2, 0, 0, 2));
    assert_eq!(of(", pattern = \"^[0-9/]*$\""), (1, 1, 0, 0));
    assert_eq!(of(", required = false, pattern = \"^[0-9/]*$\""), (1, 0, 1, 0));
    assert_eq!(of(", open = \"why not\""), (1, 1, 0, 0));
}

#[test]
fn of_a_large_answer_so_many_places_are_changed() {
    let body = |count: usize| {
        let fields: Vec<String> = (0..count).map(|number| format!("\"k{number}\": 1")).collect();
        json(200, &format!("{{{}}}", fields.join(", ")))
    };
    for (count, places, cut) in [(200, 200, 0), (201, 200, 1), (5000, 200, 1)] {
        let figures = figures("", "{ status = 200 }", &[body(count)]);
        assert_eq!((figures.operators[&Operator::FieldDropped].gaps, figures.cut), (places, cut));
    }
}

#[test]
fn of_very_many_gaps_a_thousand_groups_are_listed_and_the_rest_is_counted() {
    let mut body = String::from("{");
    for number in 0..200 {
        let _ = write!(body, "{}\"k{number}\": \"v\"", if number == 0 { "" } else { ", " });
    }
    body.push('}');
    let figures = figures("", "{ status = 200 }", &[json(200, &body)]);
    assert_eq!(figures.gaps.len(), MOST_GROUPS);
    let listed: u64 = figures.gaps.values().map(|gap| gap.count).sum();
    assert_eq!(listed + figures.gaps_unlisted, figures.total.gaps);
    assert!(figures.gaps_unlisted > 0);
}

#[test]
fn what_differs_by_nothing_that_counts_is_not_a_mutant() {
    let answers = [json(200, r#"{"a": 1, "l": ["x", "x"]}"#)];
    let figures = figures("", "{ status = 200 }", &answers);
    assert!(!figures.operators.contains_key(&Operator::ItemsExchanged), "equal items");
    let charset = answer(200, &[("content-type", "application/json;charset=utf-8")], "{}");
    let figures = self::figures("", "{ status = 200 }", &[charset]);
    assert!(!figures.operators.contains_key(&Operator::CharsetDropped), "RFC 8259, section 11");
    assert_eq!(figures.operators[&Operator::CharsetChanged].killed, 2);
}
