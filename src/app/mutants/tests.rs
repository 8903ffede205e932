//! Mutants of answers of the embedded endpoint, with each check of the judge switched off in turn.

use std::collections::BTreeMap;
use std::path::Path;

use crate::app::{Background, CaseChoice, Session, SessionSettings, TestTarget, load_selection};
use crate::check::tests::{OfCheck, without};
use crate::event::Event;
use crate::model::{CaseRecord, Finding, Level, Normalisation};
use crate::plan::Plan;
use crate::run::{Observing, RunSettings, StopSwitch};
use crate::strength::{Bound, Mutants, Mutated, Operator};
use crate::transport::{Connection, TransportLimits};

/// A few cases that have answers of every kind: both formats, rows with and without blanks, several steps.
const SOME: [&str; 7] = [
    "accepted/each-start-has-its-own-id",
    "client-token/replayed/get-json",
    "accepted/required-only/get-*",
    "region-and-pipeline/region-not-a-region/*",
    "running/at-once-with-one-token/get-*",
    "tag-count/duplicate-key/apart-*",
    "tag-count/one/*",
];

/// What a check finds, and the name that this test gives it.
const CHECKS: [(&str, OfCheck); 21] = [
    ("fields that have one line", |finding| finding.expected == "one line"),
    ("media type", |finding| finding.subject == "content-type" && finding.expected.contains('/')),
    ("charset", |finding| finding.expected.starts_with("charset ")),
    ("declared encoding", |finding| finding.expected.starts_with("the encoding ")),
    ("readable body", |finding| finding.subject == "body" && finding.expected == "a body of JSON or XML"),
    ("format that was asked for", |finding| finding.expected.ends_with(", as asked for")),
    ("XML root", |finding| finding.subject == "root element"),
    ("keys that are there twice", |finding| finding.expected == "each key once"),
    ("fields that are there", |finding| is_of_envelope(finding) && finding.actual == "nothing"),
    ("types of fields", |finding| {
        is_of_envelope(finding) && finding.expected == "a string" && finding.actual != "nothing"
    }),
    ("patterns of fields", |finding| is_of_envelope(finding) && finding.expected.starts_with("a match of /")),
    ("fields of errors in a success", |finding| finding.expected == "nothing, in an answer of success"),
    ("closed bodies", |finding| finding.expected == "no field that the contract does not name"),
    ("bytes behind an answer", |finding| finding.subject == "end of the answer"),
    ("codings", |finding| finding.subject == "content-encoding"),
    ("ids within a case", |finding| finding.expected == "a request id of its own"),
    ("status", |finding| finding.level == Level::Status),
    ("code", |finding| finding.level == Level::Code),
    ("message", |finding| finding.level == Level::Message),
    // The contract says of a repeated request what the cases say of their bodies, so only both together are missed.
    ("body", |finding| matches!(finding.level, Level::Body | Level::Effect)),
    ("what a repeated request names", |finding| finding.level == Level::Effect),
];

fn is_of_envelope(finding: &Finding) -> bool {
    finding.level == Level::Envelope && finding.subject.starts_with('$')
}

async fn records() -> (Plan, Vec<CaseRecord>) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let patterns = SOME.map(|pattern| format!("*/{pattern}"));
    let (_, plan) = load_selection(&cases, &CaseChoice::new(&patterns, false, &[]).unwrap(), None).unwrap();
    let settings = SessionSettings {
        target: TestTarget::Reference(Vec::new()),
        // What is observed on the endpoint would find some of it once more.
        run: RunSettings { allows_billable: true, observing: Observing::Never, ..RunSettings::default() },
        limits: TransportLimits::default(),
        connection: Connection::default(),
    };
    let session = Session::start(settings, Background::default()).await.unwrap();
    let mut records = Vec::new();
    let emit = |event| {
        if let Event::Finished(record) = event {
            records.push(*record);
        }
    };
    let again = Plan { cases: plan.cases.clone(), known: plan.known };
    session.run(again, &StopSwitch::default(), emit).await;
    (plan, records)
}

fn mutated(plan: &Plan, records: &[CaseRecord], most: u64) -> Mutated {
    let mut mutants = Mutants::new(&plan.cases, vec![0], Normalisation::default(), Bound { mutants: most });
    for (planned, record) in plan.cases.iter().zip(records) {
        mutants.take(planned, record);
    }
    mutants.finish()
}

#[tokio::test]
async fn without_any_one_check_there_are_more_gaps() {
    let (plan, records) = records().await;
    let whole = mutated(&plan, &records, u64::MAX);
    assert!(whole.apart.is_empty(), "{:?}", whole.apart);
    assert_eq!(whole.figures.gaps, BTreeMap::new());
    for (name, check) in CHECKS {
        let weak = without(check, || mutated(&plan, &records, u64::MAX));
        assert!(weak.figures.total.gaps > 0, "without the check of {name}");
    }
}

#[tokio::test]
async fn every_operator_has_mutants_here_or_in_the_tables_below_and_the_bound_holds() {
    let (plan, records) = records().await;
    let figures = mutated(&plan, &records, u64::MAX).figures;
    // What a flat answer of texts has not: `strength` has tables for it.
    let elsewhere = [
        Operator::ObjectDropped,
        Operator::NumberReplaced,
        Operator::BooleanReversed,
        Operator::ItemAdded,
        Operator::ItemRemoved,
        Operator::ItemsExchanged,
        Operator::ListEmptied,
    ];
    let missing = Operator::ALL.iter().filter(|operator| !figures.operators.contains_key(operator));
    assert_eq!(missing.copied().collect::<Vec<_>>(), elsewhere);
    let all = figures.mutants();
    for (most, is_stopped) in [(all, false), (all - 1, true), (1, true)] {
        let some = mutated(&plan, &records, most).figures;
        assert_eq!((some.mutants(), some.is_stopped), (most, is_stopped));
    }
}
