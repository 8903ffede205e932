//! One answer after the other.

use std::sync::Arc;
use std::time::Duration;

use super::{Played, one, played};
use crate::check::tests::json;
use crate::judgement::{Ended, codes_due, open, render_params};
use crate::model::{Answer, Given, Inconclusive, Level, SentBody, Skipped, Value, Verdict};
use crate::template::Templates;

const THROTTLED: &str = "[envelope.throttled]\nstatus = [429]\n";

fn sent(body: &SentBody) -> String {
    body.as_str().to_owned()
}

#[test]
fn random_values_follow_from_seed_and_attempt() {
    let case = one("", "params = { id = \"{{ v }}\" }\nexpect = { status = 200 }");
    let sent = |seed: u64, attempt: u64| {
        let played = Played::at(&case, Level::Body, &[json(200, "{}")], seed, attempt);
        sent(&played.judge.exchanges[0].request.body)
    };
    for seed in [0, 1, 2, 3, 7, u64::MAX, 2 << 32, 3 << 32] {
        let all: Vec<String> = (1..4).map(|attempt| sent(seed, attempt)).collect();
        assert_eq!(all, (1..4).map(|attempt| sent(seed, attempt)).collect::<Vec<_>>());
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2], "{seed} {all:?}");
    }
    assert_ne!(sent(1, 1), sent(2, 1));
    assert_ne!(sent(1, 2), sent(2, 2));
}

#[test]
fn an_answer_that_may_have_been_late_by_a_pause_decides_nothing() {
    let came = |expect: &str, elapsed: u64, paused: u64| {
        let case = one("", &format!("expect = {{ {expect} }}"));
        let times = (Duration::from_millis(elapsed), Duration::from_millis(paused));
        let answer = Answer { elapsed: times.0, paused: times.1, ..json(200, "{}") };
        played(&case, &[answer]).verdict
    };
    let within = |limit: u64| format!("status = 200, within = \"{limit}ms\"");
    let paused =
        |time: u64| Verdict::Inconclusive(Inconclusive::Paused { paused: Duration::from_millis(time) });
    assert_eq!(came(&within(5), 5, 0), Verdict::Passed);
    assert_eq!(came(&within(5), 5, 1), paused(1), "just in time without the pause");
    assert_eq!(came(&within(6), 5, 1), Verdict::Passed, "in time with the pause");
    assert_eq!(came(&within(6), 5, 2), paused(2));
    assert_eq!(came(&within(4), 5, 9), Verdict::Failed, "late without the pause");
    assert_eq!(came("status = 200", 5, 9), Verdict::Passed);
    let either = "any = [{ status = 404 }, { status = 200, within = \"5ms\" }]";
    assert_eq!((came(either, 5, 0), came(either, 5, 1)), (Verdict::Passed, paused(1)));
}

#[test]
fn a_value_that_a_later_step_needs_has_to_be_there() {
    let case = |path: &str| {
        let first = format!("[[case.step]]\nexpect = {{ status = 200 }}\nsave = {{ w = \"{path}\" }}");
        let second = "[[case.step]]\nparams = { id = \"{{ w }}\" }\nexpect = { status = 200 }";
        one("", &format!("{first}\n\n{second}"))
    };
    let answers = |body: &str| [json(200, body), json(200, "{}")];
    let saved = case("$.a");
    let record = played(&saved, &answers(r#"{"a": "x"}"#));
    assert_eq!((record.verdict, record.answered), (Verdict::Passed, 2));
    assert_eq!(sent(&record.exchanges[1].request.body), "{\"id\":\"x\"}");
    // An empty list is a value of one place, and nothing where a path could find several.
    assert_eq!(played(&case("$.a"), &answers(r#"{"a": []}"#)).verdict, Verdict::Passed);
    assert_eq!(played(&case("$.a[*]"), &answers(r#"{"a": [1]}"#)).verdict, Verdict::Passed);
    for (path, body) in [("$.a", "{}"), ("$.a[*]", r#"{"a": []}"#)] {
        let planned = case(path);
        let record = played(&planned, &answers(body));
        assert_eq!(
            (record.verdict, record.answered, record.steps_not_sent),
            (Verdict::Failed, 1, 1),
            "{path}"
        );
        let finding = &record.findings[0];
        assert_eq!((finding.level, finding.step, finding.subject.as_str()), (Level::Body, 0, path));
        assert_eq!(
            (finding.expected.as_str(), finding.actual.as_str()),
            ("a value, to be used as `w` later", "nothing")
        );
        // Where bodies do not count, it is not known how the case would go on.
        let shallow = Played::new(&planned, Level::Code, &answers(body)).record(&planned);
        let reason = format!("there is nothing at {path}");
        assert_eq!(shallow.verdict, Verdict::Inconclusive(Inconclusive::Unprepared { reason }));
        assert_eq!(shallow.findings.len(), 1);
    }
}

#[test]
fn a_finding_that_counts_ends_a_case_and_others_do_not() {
    let first = "[[case.step]]\nexpect = { status = 200, body = { \"$.a\" = 1 } }";
    let case = one("", &format!("{first}\n\n[[case.step]]\nexpect = {{ status = 200 }}"));
    let answers = [json(200, "{}"), json(200, "{}")];
    let at = |gate: Level| {
        let record = Played::new(&case, gate, &answers).record(&case);
        (record.verdict, record.answered, record.findings.len())
    };
    assert_eq!(at(Level::Body), (Verdict::Failed, 1, 1));
    assert_eq!(at(Level::Snapshot), (Verdict::Failed, 1, 1));
    assert_eq!(at(Level::Message), (Verdict::Passed, 2, 1));
}

#[test]
fn an_answer_that_says_too_many_requests_decides_nothing_unless_it_is_expected() {
    let header =
        "\n[envelope.request-id]\nbody = \"$.id\"\nheader = { name = \"x-id\", unpublished = true }\n";
    let verdict = |envelope: &str, expect: &str, answer| {
        let case = one(envelope, &format!("expect = {{ {expect} }}"));
        let record = played(&case, &[answer]);
        (record.verdict, record.findings.len(), record.answered)
    };
    let throttled = |answer: &str| Verdict::Inconclusive(Inconclusive::Throttled { answer: answer.into() });
    assert_eq!(verdict(THROTTLED, "status = 200", json(429, "{}")), (throttled("429"), 0, 1));
    assert_eq!(verdict(THROTTLED, "status = 429", json(429, "{}")), (Verdict::Passed, 0, 1));
    assert_eq!(verdict("", "status = 200", json(429, "{}")), (Verdict::Failed, 1, 1));
    // A warning does not make the answer an unexpected one.
    let warned = format!("{THROTTLED}{header}");
    assert_eq!(verdict(&warned, "status = 429", json(429, r#"{"id": "a"}"#)), (Verdict::Passed, 1, 1));
}

#[test]
fn the_verdict_is_that_of_the_end_then_of_findings_then_of_attempts() {
    let case = one("", "expect = { status = 200, body = { \"$.a\" = 1 } }");
    let judge = |gate: Level, body: &str| Played::new(&case, gate, &[json(200, body)]).judge;
    let right = judge(Level::Body, r#"{"a": 1}"#);
    let wrong = judge(Level::Body, "{}");
    let shallow = judge(Level::Code, "{}");
    let unknown = || Inconclusive::Unprepared { reason: "x".into() };
    let retried = ["late".to_owned()];
    assert_eq!(right.verdict(None, &[]), Verdict::Passed);
    assert_eq!(right.verdict(None, &retried), Verdict::Flaky { attempts: retried.to_vec() });
    assert_eq!(right.verdict(Some(Ended::Broken), &retried), Verdict::Failed);
    assert_eq!(wrong.verdict(None, &retried), Verdict::Failed);
    assert_eq!(wrong.verdict(Some(Ended::Inconclusive(unknown())), &[]), Verdict::Inconclusive(unknown()));
    assert_eq!(
        right.verdict(Some(Ended::Skipped(Skipped::Billable)), &[]),
        Verdict::Skipped(Skipped::Billable)
    );
    assert_eq!(shallow.verdict(None, &[]), Verdict::Passed, "what does not count fails nothing");
}

#[test]
fn a_row_is_met_by_its_status_code_and_message_and_by_answers_that_conform() {
    let met = |envelope: &str, expect: &str, answer| {
        let case = one(envelope, &format!("expect = {{ {expect} }}"));
        played(&case, &[answer]).rows_met.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let any = "status = [400, 404]";
    let long = r#"{"code": "TooLong", "message": "It is too long."}"#;
    assert_eq!(met("", any, json(400, long)), ["400 TooLong \"It is too long.\""]);
    assert_eq!(met("", any, json(404, long)), [""; 0], "another status");
    assert_eq!(met("", any, json(400, r#"{"code": "TooLong", "message": "x"}"#)), [""; 0]);
    assert_eq!(met("", any, json(400, r#"{"code": "TooLong"}"#)), [""; 0]);
    assert_eq!(
        met("", any, json(404, r#"{"code": "Gone", "message": "It is gone."}"#)),
        ["404 Gone \"It is gone.\""]
    );
    assert_eq!(met("", any, json(404, r#"{"code": "Gone"}"#)), ["404 Gone"]);
    assert_eq!(met("", any, json(400, r#"{"code": 7}"#)), ["400 7"]);
    assert_eq!(met("", any, json(400, r#"{"code": "7"}"#)), [""; 0], "a text is not a number");
    let written = crate::check::tests::answer(400, &[("content-type", "text/xml")], "<r><code>7</code></r>");
    assert_eq!(met("", any, written), ["400 7"], "XML has texts alone");
    assert_eq!(met("", "status = 404, body = { \"$.a\" = 1 }", json(404, r#"{"code": "Gone"}"#)), [""; 0]);
    let warned =
        "[envelope.request-id]\nbody = \"$.code\"\nheader = { name = \"x-id\", unpublished = true }\n";
    assert_eq!(
        met(warned, any, json(404, r#"{"code": "Gone"}"#)),
        ["404 Gone"],
        "a warning is no finding that counts"
    );
}

#[test]
fn parameters_of_a_state_are_rendered() {
    let case = one("", "expect = { status = 200 }");
    let (templates, spot) = (Templates::default(), case.spot().clone());
    let (scope, _) = open(&case, 1, 1, &templates).unwrap();
    let given = |text: &str| {
        let params = vec![("a".to_owned(), Value::text(text)), ("b".to_owned(), Value::Null)];
        let given = Given { state: "a thing".into(), prefix: None, params, spot: spot.clone() };
        render_params(&given, &scope, &templates)
    };
    let wanted = [("a".to_owned(), Value::text("ab")), ("b".to_owned(), Value::Null)];
    assert_eq!(given("a{{ 'b' }}").unwrap(), wanted);
    assert!(matches!(given("{{ nosuch }}"), Err(Ended::Inconclusive(Inconclusive::Unprepared { .. }))));
}

#[test]
fn codes_that_are_written_down_are_known_before_a_case_runs() {
    let due = |expect: &str| codes_due(&one("", &format!("expect = {{ {expect} }}")));
    assert_eq!(due("code = \"Gone\""), [[Arc::from("Gone")]]);
    assert!(due("status = 404").is_empty());
}

#[test]
fn the_codes_that_are_due_are_known_once_a_step_is_prepared() {
    let due = |case: &str| {
        let case = one("", case);
        let answer = json(404, r#"{"code": "Gone"}"#);
        played(&case, &[answer]).codes_due.iter().map(|codes| codes.join(" or ")).collect::<Vec<_>>()
    };
    assert_eq!(due("expect = { code = \"Gone\" }"), ["Gone"]);
    assert_eq!(due("rows = [{ id = \"r\", d = \"Gone\" }]\nexpect = { code = \"{{ d }}\" }"), ["Gone"]);
    assert_eq!(due("expect = { any = [{ code = \"Gone\" }, { status = 404 }] }"), ["Gone or "]);
    assert_eq!(due("expect = { status = 404 }"), [""; 0]);
}
