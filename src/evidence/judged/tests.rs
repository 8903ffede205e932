//! What is recorded and is not so is named, one thing at a time.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;

use super::{JudgedRun, JudgingInputs, end_contradicts, find_difference};
use crate::check::tests::json;
use crate::event::{EndpointDescription, Event, RunEnd, RunStart, StaleWaiver, Staleness, Stopped};
use crate::evidence::account::{Account, EndpointAccount};
use crate::evidence::recorded::{RecordedRun, keep_for_evidence};
use crate::judgement::tests::{SEED, played, suite_of, untried};
use crate::judgement::{Tally, operations};
use crate::model::{
    CaseRecord, Day, EndpointKind, Inconclusive, Level, Request, RequestId, Scheme, SetUp, Skipped,
    SnapshotOutcome, Suite, UtcTime, Value, Verdict, WaivedCases, Waiver,
};

use crate::plan::{PlannedCase, case_ids};

const TABLE: &str = "[[case]]\nid = \"a\"\nabout = \"x\"\nexpect = { status = 200 }\n\n[[case]]\nid = \"b\"\nabout = \"x\"\nexpect = { code = \"Gone\" }\n\n[[case]]\nid = \"c\"\nabout = \"x\"\ngiven = \"a thing\"\nexpect = { status = 200 }\n";

/// One suite, since records name the places of its files.
fn suite() -> &'static Suite {
    static SUITE: LazyLock<Suite> = LazyLock::new(|| suite_of("", TABLE));
    &SUITE
}

fn cases() -> Vec<PlannedCase> {
    case_ids(suite()).unwrap()
}

/// The records of a run in which all is right.
fn records() -> Vec<CaseRecord> {
    let cases = cases();
    let gone = json(404, r#"{"code": "Gone"}"#);
    [json(200, "{}"), gone, json(200, "{}")]
        .into_iter()
        .zip(&cases)
        .map(|(answer, case)| keep_for_evidence(played(case, &[answer])))
        .collect()
}

/// A run as it is recorded, before it is lines of events.
struct Run {
    start: RunStart,
    records: Vec<CaseRecord>,
    end: RunEnd,
}

fn recorded(records: Vec<CaseRecord>) -> Run {
    let cases = cases();
    let mut tally = Tally::new(&operations(&cases));
    for record in &records {
        tally.add(record);
    }
    let start = RunStart {
        tool_version: "1".into(),
        started: None,
        command: None,
        operations: operations(&cases),
        endpoint: EndpointDescription { name: "mock".into(), url: "http://mock".into(), is_reference: false },
        selected: 3,
        known: 3,
        seed: SEED,
        parts: Vec::new(),
        gate: Level::Body,
        faults: Vec::new(),
        snapshots: None,
    };
    let end = tally.finish(Vec::new(), None, Duration::ZERO);
    Run { start, records, end }
}

fn judged_with(run: &Run, kind: EndpointKind, waivers: &[Waiver]) -> JudgedRun {
    let tested = EndpointAccount { kind, signing: Scheme::None, hook: false };
    let account = Account::new(tested, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
    let cases = run.records.iter().map(|record| Event::Finished(Box::new(record.clone())));
    let events = [Event::Started(run.start.clone())].into_iter().chain(cases);
    let events = events.chain([Event::Ended(run.end.clone())]).map(Ok);
    let mut recorded = RecordedRun::begin(events).unwrap();
    JudgingInputs { account: &account, suite: suite(), waivers }.judge(&mut recorded).unwrap()
}

fn judged(run: &Run) -> JudgedRun {
    judged_with(run, EndpointKind::Mock, &[])
}

fn divergences(run: &Run) -> Vec<String> {
    judged(run).divergences.iter().map(ToString::to_string).collect()
}

#[test]
fn a_run_that_is_right_is_confirmed() {
    let found = judged(&recorded(records()));
    assert_eq!(found.divergences, []);
    assert_eq!((found.confirmed, found.skipped, found.outside.len()), (3, 0, 0));
    assert_eq!(end_contradicts(&found.end, &recorded(records()).end), []);
    assert!(found.results.iter().all(|result| result.is_shown));
}

#[test]
fn each_thing_that_a_start_says_is_compared() {
    let with = |change: &dyn Fn(&mut RunStart)| {
        let mut run = recorded(records());
        change(&mut run.start);
        divergences(&run)
    };
    let about = |what: &str| [format!("events.ndjson: its start is wrong about {what}")];
    assert_eq!(with(&|start| start.operations.clear()), about("contracts"));
    assert_eq!(with(&|start| start.selected = 4), about("how many cases are selected"));
    assert_eq!(with(&|start| start.known = 4), about("how many cases there are"));
    assert_eq!(with(&|start| start.endpoint.is_reference = true), about("what the endpoint is"));
    assert_eq!(with(&|start| start.faults.push("x".into())), about("faults"));
    assert_eq!(with(&|start| start.snapshots = Some(PathBuf::new())), about("snapshots"));
    let how = about("when and how it was started");
    assert_eq!(with(&|start| start.command = Some("x".into())), how);
    assert_eq!(with(&|start| start.started = Some(UtcTime::from_checked("2026-01-02T03:04:05Z"))), how);
    let level = with(&|start| start.gate = Level::Snapshot);
    assert!(level.contains(&about("a level that counts")[0]), "{level:?}");
    let level = with(&|start| start.gate = Level::Message);
    assert_eq!(level.len(), 3, "each case was judged at another level: {level:?}");
    let mut run = recorded(records());
    run.start.endpoint.is_reference = true;
    assert_eq!(judged_with(&run, EndpointKind::Reference, &[]).divergences, []);
}

#[test]
fn cases_are_those_that_are_selected_and_each_once() {
    let with = |records: Vec<CaseRecord>| {
        let mut run = recorded(super::tests::records());
        run.records = records;
        divergences(&run)
    };
    let [a, b, c] = &records()[..] else { panic!() };
    let twice = |case: &str| {
        format!("shop/Get/t/{case}: it is recorded, and not one of the selected cases, or twice")
    };
    let missing = |case: &str| format!("shop/Get/t/{case}: it is selected, and not recorded");
    assert_eq!(with(vec![a.clone(), a.clone(), b.clone(), c.clone()]), [twice("a")]);
    assert_eq!(with(vec![a.clone(), b.clone(), c.clone(), c.clone()]), [twice("c")]);
    assert_eq!(with(vec![b.clone(), c.clone()]), [missing("a")]);
    assert_eq!(with(vec![a.clone(), b.clone()]), [missing("c")]);
    assert_eq!(with(vec![b.clone(), a.clone(), c.clone()]), [missing("a"), twice("a")]);
}

#[test]
fn each_thing_that_a_record_says_is_compared() {
    let record = &records()[1];
    let with = |change: &dyn Fn(&mut CaseRecord)| {
        let mut changed = record.clone();
        change(&mut changed);
        find_difference(record, &changed).unwrap_or_default()
    };
    let wrong = |what: &str| format!("the record is wrong about {what}");
    assert_eq!(find_difference(record, record), None);
    assert_eq!(
        with(&|record| record.verdict = Verdict::Failed),
        "it is recorded as failed, and judged again as passed"
    );
    assert_eq!(
        with(&|record| record.verdict = Verdict::Waived { reason: "x".into() }),
        "it is recorded as waived (x), and judged again as passed"
    );
    let finding = crate::judgement::tests::finding;
    assert_eq!(
        with(&|record| record.findings.push(finding(Level::Body, "$.a"))),
        "its findings are not those that come out again (1 and 0)"
    );
    assert_eq!(with(&|record| record.rows_met.clear()), wrong("the rows that it met"));
    assert_eq!(with(&|record| record.codes_due.clear()), wrong("the codes that it expects"));
    assert_eq!(with(&|record| record.request_ids.push(id())), wrong("the request ids of its answers"));
    assert_eq!(with(&|record| record.about.clear()), wrong("its sentence"));
    assert_eq!(with(&|record| record.spot.bytes = 0..1), wrong("its place in its file"));
    assert_eq!(with(&|record| record.answered = 5), wrong("how many requests were answered"));
    assert_eq!(with(&|record| record.steps_not_sent = 5), wrong("how many steps were not sent"));
    assert_eq!(
        with(&|record| record.given.push(("a".into(), "b".into()))),
        wrong("what was made for snapshots")
    );
    assert_eq!(with(&|record| record.set_ups.push(set_up())), wrong("what was asked of the state hook"));
    assert_eq!(with(&|record| record.unanswered = Some(request())), wrong("a request without an answer"));
    assert_eq!(with(&|record| record.snapshot = SnapshotOutcome::Same), wrong("a snapshot"));
}

fn id() -> RequestId {
    RequestId { level: Level::Envelope, step: 0, at: "$.id".into(), digest: "x".into() }
}

fn set_up() -> SetUp {
    SetUp { step: 0, asked: "x".into() }
}

fn request() -> Request {
    records()[0].exchanges[0].request.clone()
}

#[test]
fn of_a_case_that_was_not_run_there_is_nothing_but_the_reason() {
    let cases = cases();
    let bare = CaseRecord { verdict: Verdict::Skipped(Skipped::Billable), ..untried(&cases[1]) };
    let with = |change: &dyn Fn(&mut CaseRecord)| {
        let mut records = records();
        records[1] = bare.clone();
        change(&mut records[1]);
        let mut run = recorded(records.clone());
        run.records = records;
        let found = judged(&run);
        assert_eq!((found.confirmed, found.skipped), (2, 1));
        found.divergences.into_iter().map(|one| one.what).collect::<Vec<_>>()
    };
    let something = ["it was skipped, and something is recorded of it"];
    assert_eq!(with(&|_| {}), [""; 0]);
    let finding = crate::judgement::tests::finding;
    assert_eq!(with(&|record| record.findings.push(finding(Level::Body, "$.a"))), something);
    assert_eq!(with(&|record| record.rows_met.push("x".into())), something);
    assert_eq!(with(&|record| record.exchanges = records()[1].exchanges.clone()), something);
    assert_eq!(with(&|record| record.variables.push(("a".into(), Value::Null))), something);
    assert_eq!(with(&|record| record.request_ids.push(id())), something);
    assert_eq!(with(&|record| record.snapshot = SnapshotOutcome::Same), something);
    assert_eq!(with(&|record| record.given.push(("a".into(), "b".into()))), something);
    assert_eq!(with(&|record| record.set_ups.push(set_up())), something);
    assert_eq!(with(&|record| record.unanswered = Some(request())), something);
    assert_eq!(with(&|record| record.retried.push("x".into())), something);
    assert_eq!(with(&|record| record.answered = 1), something);
    assert_eq!(with(&|record| record.steps_not_sent = 0), something);
    assert_eq!(
        with(&|record| record.codes_due.clear()),
        ["the record is wrong about the codes that it expects"]
    );
    assert_eq!(with(&|record| record.spot.bytes = 0..1), ["it does not stand where the record says"]);
}

#[test]
fn what_can_not_be_judged_again_is_said() {
    let with = |change: &dyn Fn(&mut Vec<CaseRecord>)| {
        let mut run = recorded(records());
        change(&mut run.records);
        judged(&run)
    };
    let found = with(&|records| {
        records[2].variables.clear();
        records[2].rows_met = vec!["400 NoId".into()];
    });
    assert_eq!((found.divergences.len(), found.underivable.len(), found.confirmed), (0, 1, 2));
    let shown: Vec<bool> = found.results.iter().map(|result| result.is_shown).collect();
    assert_eq!(shown, [true, true, false]);
    assert_eq!(found.end.rows_met[0].len(), 1, "what cannot be shown meets no row: only `b` does");
    let unknown = Verdict::Inconclusive(Inconclusive::Unprepared { reason: "x".into() });
    let found = with(&|records| records[0].verdict = unknown.clone());
    assert_eq!(found.divergences[0].what, "it is inconclusive, so there is nothing to certify");
    let found = with(&|records| records[0].exchanges[0].request.target = "/".into());
    assert!(found.divergences[0].what.starts_with("step 1: the recorded request"), "{:?}", found.divergences);
    let found = with(&|records| records[0].verdict = Verdict::Failed);
    assert_eq!(found.divergences.len(), 1);
    assert_eq!((found.end.counts.passed, found.end.counts.failed), (3, 0), "the end is counted anew");
}

#[test]
fn waivers_count_but_for_the_reference_endpoint() {
    let waiver = || Waiver {
        endpoint: "mock".into(),
        cases: WaivedCases::Pattern("**/a".into()),
        levels: vec![Level::Status],
        subjects: Vec::new(),
        reason: "x".into(),
        owner: "y".into(),
        link: None,
        expires: Day::from_checked("1970-01-02"),
        spot: cases()[0].spot().clone(),
    };
    let mut run = recorded(records());
    assert_eq!(judged_with(&run, EndpointKind::Mock, &[waiver()]).end.stale_waivers.len(), 1);
    run.start.endpoint.is_reference = true;
    assert_eq!(judged_with(&run, EndpointKind::Reference, &[waiver()]).end.stale_waivers.len(), 0);
}

#[test]
fn each_thing_that_an_end_says_is_compared() {
    let due = recorded(records()).end;
    let with = |change: &dyn Fn(&mut RunEnd)| {
        let mut changed = due.clone();
        change(&mut changed);
        end_contradicts(&due, &changed).into_iter().map(|one| one.to_string()).collect::<Vec<_>>()
    };
    let about = |what: &str| [format!("events.ndjson: its end is wrong about {what}")];
    assert_eq!(with(&|_| {}), [""; 0]);
    assert_eq!(with(&|end| end.counts.passed = 9), about("counts"));
    assert_eq!(with(&|end| end.rows_met.clear()), about("the rows that were met"));
    let why = Staleness::Itself { reason: "x".into() };
    let stale = StaleWaiver { at: "w".into(), why };
    assert_eq!(with(&|end| end.stale_waivers.push(stale.clone())), about("stale waivers"));
    assert_eq!(
        with(&|end| end.unpublished.extend([("x".into(), 1)])),
        about("promises that are unpublished")
    );
    assert_eq!(with(&|end| end.drift = Some(crate::model::Drift::default())), about("the suite's manifest"));
    assert_eq!(with(&|end| end.exchanges = 9), about("how many exchanges there were"));
    assert_eq!(with(&|end| end.left_behind = 9), about("what was left behind"));
    assert_eq!(with(&|end| end.snapshots.same = 1), about("snapshots"));
    assert_eq!(with(&|end| end.orphans.push(PathBuf::new())), about("snapshots"));
    assert_eq!(with(&|end| end.stale_snapshots = Some(Vec::new())), about("stale snapshots"));
    assert_eq!(with(&|end| end.stopped = Some(Stopped::Interrupted)), about("how it ended"));
}
