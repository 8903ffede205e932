//! What verdicts are called, and how they are counted.

use std::time::Duration;

use super::{Inconclusive, Skipped, Verdict, VerdictCounts, whole_micros};
use crate::model::{NoAnswer, Scheme};

fn text() -> String {
    "x".to_owned()
}

/// Each verdict, its name, and its reason.
fn verdicts() -> Vec<(Verdict, &'static str, Option<&'static str>)> {
    vec![
        (Verdict::Passed, "passed", None),
        (Verdict::Flaky { attempts: vec!["one".into(), "two".into()] }, "flaky", Some("one; two")),
        (Verdict::Failed, "failed", None),
        (Verdict::Waived { reason: text() }, "waived", Some("x")),
        (
            Verdict::Inconclusive(Inconclusive::Throttled { answer: text() }),
            "inconclusive",
            Some("throttled: x"),
        ),
        (Verdict::Skipped(Skipped::Interrupted), "skipped", Some("the run was interrupted before")),
    ]
}

#[test]
fn each_verdict_has_its_name_and_its_reason() {
    for (verdict, name, reason) in verdicts() {
        assert_eq!((verdict.name(), verdict.reason().as_deref()), (name, reason));
    }
}

#[test]
fn why_nothing_is_known_is_said() {
    let paused = "this machine was paused for 1.5s, so it is not known whether the answer came in time";
    for (unknown, said) in [
        (Inconclusive::Transport(NoAnswer::Interrupted), "interrupted"),
        (Inconclusive::Throttled { answer: text() }, "throttled: x"),
        (Inconclusive::SetUp { state: text(), reason: text() }, "the state \"x\" could not be set up: x"),
        (Inconclusive::Paused { paused: Duration::from_millis(1500) }, paused),
        (Inconclusive::Unprepared { reason: text() }, "the request could not be prepared: x"),
    ] {
        assert_eq!(unknown.to_string(), said);
    }
}

#[test]
fn why_a_case_was_not_run_is_said_and_whether_that_is_its_own_fault() {
    let scheme = Scheme::None;
    let unsigned = |is_meant: bool| Skipped::Unsigned { scheme, is_meant };
    let missing =
        format!("no credentials to sign by {scheme}; with --sign none such cases are skipped on purpose");
    let billable = "it may cost money, which --allow billable or the endpoint's settings must allow, and --keep-states never does";
    for (reason, is_meant, is_of_the_run, said) in [
        (
            Skipped::NoWayTo { state: text(), reason: text() },
            false,
            false,
            "no way to the state \"x\" here: x",
        ),
        (unsigned(true), true, false, &*format!("requests are not signed by {scheme} here")),
        (unsigned(false), false, false, &*missing),
        (Skipped::Billable, false, false, billable),
        (Skipped::Unreachable { reason: text() }, false, true, "x"),
        (
            Skipped::Refused { reason: text() },
            false,
            true,
            "the endpoint would refuse every signed request: x",
        ),
        (Skipped::Interrupted, false, true, "the run was interrupted before"),
        (Skipped::OutOfTime, false, true, "the time for the whole run was over"),
        (Skipped::EnoughFailed, false, true, "enough cases had failed before"),
    ] {
        assert_eq!((reason.is_meant(), reason.is_of_the_run()), (is_meant, is_of_the_run), "{reason}");
        assert_eq!(reason.to_string(), said);
    }
}

#[test]
fn verdicts_are_counted_by_kind() {
    let mut counts = VerdictCounts::default();
    for (at, (verdict, _, _)) in verdicts().iter().enumerate() {
        (0..=at).for_each(|_| counts.add(verdict));
    }
    assert_eq!((counts.passed, counts.flaky, counts.failed, counts.waived), (1, 2, 3, 4));
    assert_eq!((counts.inconclusive, counts.skipped, counts.not_meant), (5, 6, 0));
    counts.add(&Verdict::Skipped(Skipped::Unsigned { scheme: Scheme::None, is_meant: true }));
    assert_eq!((counts.skipped, counts.not_meant), (7, 1));
    assert_eq!((counts.count_judged(), counts.total()), (10, 22));
}

#[test]
fn times_are_written_in_whole_microseconds() {
    assert_eq!(whole_micros(Duration::from_nanos(1_999)), Duration::from_micros(1));
    assert_eq!(whole_micros(Duration::MAX), Duration::from_micros(u64::MAX));
}
