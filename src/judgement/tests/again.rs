//! Judging a record again.

use super::{SEED, one, played};
use crate::check::tests::json;
use crate::judgement::{ReplayError, judge_again};
use crate::model::{CaseRecord, Method, SentBody, Value, Verdict};
use crate::plan::PlannedCase;
use crate::template::Templates;

const STEPS: &str = r#"given = "a thing"

[[case.step]]
params = { id = "{{ v }}" }
expect = { status = 200 }

[[case.step]]
given = { state = "a thing", as = "new" }
params = { id = "{{ new_thing }}" }
expect = { status = 200, body = { "$.a" = 1 } }"#;

fn case() -> PlannedCase {
    one("", STEPS)
}

fn answered(case: &PlannedCase, last: &str) -> CaseRecord {
    played(case, &[json(200, "{}"), json(200, last)])
}

fn again(case: &PlannedCase, record: &CaseRecord) -> Result<CaseRecord, ReplayError> {
    judge_again(case, record, SEED, &Templates::default())
}

#[test]
fn a_record_comes_to_the_same_again_whatever_it_says_of_its_verdict() {
    let case = case();
    for (last, verdict) in [(r#"{"a": 1}"#, Verdict::Passed), ("{}", Verdict::Failed)] {
        let record = answered(&case, last);
        assert_eq!(record.verdict, verdict);
        let lie = CaseRecord {
            verdict: Verdict::Waived { reason: "x".into() },
            findings: Vec::new(),
            rows_met: vec!["a".into()],
            codes_due: vec![vec!["a".into()]],
            answered: 9,
            steps_not_sent: 9,
            about: "Something.".into(),
            ..record.clone()
        };
        for given in [&record, &lie] {
            let again = again(&case, given).unwrap();
            assert_eq!(again.verdict, record.verdict);
            assert_eq!(again.findings, record.findings);
            assert_eq!(again.exchanges, record.exchanges);
            assert_eq!((again.answered, again.steps_not_sent), (2, 0));
            assert_eq!((&again.rows_met, &again.codes_due), (&record.rows_met, &record.codes_due));
            assert_eq!(again.about, record.about);
            assert_eq!((&again.spot, &again.variables), (&record.spot, &record.variables));
        }
    }
    let one_step = CaseRecord { exchanges: Vec::new(), variables: Vec::new(), ..answered(&case, "{}") };
    assert!(again(&case, &one_step).is_err());
}

#[test]
fn a_record_of_a_second_attempt_has_the_random_values_of_that() {
    let case = case();
    let record = CaseRecord { started_again: Some("lost".into()), ..answered(&case, r#"{"a": 1}"#) };
    assert!(matches!(again(&case, &record), Err(ReplayError::Request { step: 0, .. })));
    assert_eq!((record.attempt(), answered(&case, "{}").attempt()), (2, 1));
    let mut flaky = answered(&case, r#"{"a": 1}"#);
    flaky.retried = vec!["late".into()];
    assert_eq!(again(&case, &flaky).unwrap().verdict, Verdict::Flaky { attempts: vec!["late".into()] });
}

#[test]
fn variables_of_states_are_those_that_the_case_asks_for_and_in_its_order() {
    let case = case();
    let record = answered(&case, r#"{"a": 1}"#);
    let with = |variables: Vec<(String, Value)>| again(&case, &CaseRecord { variables, ..record.clone() });
    let named = |name: &str| (name.to_owned(), Value::text("x"));
    let unrecorded = |name: &str| ReplayError::Unrecorded { state: "a thing".into(), name: name.into() };
    assert_eq!(with(vec![]).unwrap_err(), unrecorded("thing"));
    assert_eq!(with(vec![named("thing")]).unwrap_err(), unrecorded("new_thing"));
    assert_eq!(with(vec![named("new_thing"), named("thing")]).unwrap_err(), unrecorded("thing"));
    let mut more = record.variables.clone();
    more.push(named("other"));
    assert_eq!(with(more).unwrap_err(), ReplayError::Surplus { name: "other".into() });
    assert!(with(record.variables.clone()).is_ok());
}

#[test]
fn exchanges_are_those_of_the_case_and_no_others() {
    let case = case();
    let record = answered(&case, r#"{"a": 1}"#);
    let with = |exchanges| again(&case, &CaseRecord { exchanges, ..record.clone() }).unwrap_err();
    let [first, second] = &record.exchanges[..] else { panic!() };
    assert_eq!(with(vec![]), ReplayError::Missing { step: 0 });
    assert_eq!(with(vec![first.clone()]), ReplayError::Missing { step: 1 });
    assert_eq!(with(vec![second.clone(), first.clone()]), ReplayError::Missing { step: 0 });
    assert_eq!(with(vec![first.clone(), first.clone()]), ReplayError::Missing { step: 1 });
    assert_eq!(with(vec![first.clone(), second.clone(), second.clone()]), ReplayError::Beyond { step: 1 });
    // After a finding that counts nothing is sent.
    let mut broken = first.clone();
    broken.answer.status = 500;
    assert_eq!(with(vec![broken, second.clone()]), ReplayError::Beyond { step: 1 });
}

#[test]
fn a_request_that_is_not_the_one_of_the_case_is_named_by_what_differs() {
    let case = case();
    let record = answered(&case, r#"{"a": 1}"#);
    let with = |change: &dyn Fn(&mut crate::model::Request)| {
        let mut changed = record.clone();
        change(&mut changed.exchanges[1].request);
        let ReplayError::Request { step: 1, what } = again(&case, &changed).unwrap_err() else { panic!() };
        what
    };
    assert_eq!(
        with(&|request| request.method = Method::new("PUT").unwrap()),
        "method \"PUT\" in place of \"POST\""
    );
    assert_eq!(with(&|request| request.target = "/".into()), "target \"/\" in place of \"/things\"");
    let body = with(&|request| request.body = SentBody::Json("x".repeat(401)));
    assert_eq!(
        body,
        format!("body \"{}\" in place of \"{{\\\"id\\\":\\\"new_thing-1\\\"}}\"", "x".repeat(400))
    );
    assert_eq!(with(&|request| request.headers.clear()), "other header fields");
    assert_eq!(with(&|request| request.params.clear()), "other parameters");
    assert_eq!(with(&|request| request.format = Some(crate::model::AnswerFormat::Xml)), "other parameters");
}
