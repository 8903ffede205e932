//! Verdicts over the cases of a run: counts, waivers, request ids, and what a run says of its contracts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{finding, planned, played, untried};
use crate::check::tests::json;
use crate::event::EndpointDescription;
use crate::judgement::{Tally, UniqueIds, WaiverBook, operations};
use crate::model::{
    CaseRecord, Day, Finding, Inconclusive, Level, Skipped, SnapshotOutcome, Verdict, WaivedCases, Waiver,
};
use crate::plan::PlannedCase;

const TABLE: &str = "[[case]]\nid = \"a\"\nabout = \"x\"\nexpect = { status = 200 }\n\n[[case]]\nid = \"b\"\nabout = \"x\"\nexpect = { code = \"Gone\" }\n";

fn warning(level: Level, subject: &str) -> Finding {
    Finding { is_warning: true, ..finding(level, subject) }
}

fn failed(case: &PlannedCase, findings: &[Finding]) -> CaseRecord {
    CaseRecord { verdict: Verdict::Failed, findings: findings.to_vec(), ..untried(case) }
}

fn waiver(case: &PlannedCase, pattern: &str, level: Level, subject: Option<&str>) -> Waiver {
    Waiver {
        endpoint: "mock".into(),
        cases: WaivedCases::Pattern(pattern.into()),
        levels: vec![level],
        subjects: subject.into_iter().map(Into::into).collect(),
        reason: format!("reason {}", level.name()),
        owner: "owner".into(),
        link: None,
        expires: Day::from_checked("2026-06-15"),
        spot: case.spot().clone(),
    }
}

fn book(waivers: Vec<Waiver>, endpoint: &str, today: &str, cases: &[PlannedCase]) -> WaiverBook {
    let url = "http://127.0.0.1:8080/api".to_owned();
    let endpoint = EndpointDescription { name: endpoint.into(), url, is_reference: false };
    WaiverBook::new(waivers, &endpoint, &Day::from_checked(today), cases).unwrap()
}

const BEFORE: &str = "2026-06-15";

#[test]
fn a_failure_is_waived_if_each_finding_that_counts_is() {
    let cases = planned("", TABLE);
    let status = waiver(&cases[0], "**/a", Level::Status, None);
    let place = waiver(&cases[0], "**/a", Level::Body, Some("$.a"));
    let applied = |waivers: &[&Waiver], endpoint: &str, today: &str, record: CaseRecord| {
        let mut record = record;
        book(waivers.iter().map(|one| (*one).clone()).collect(), endpoint, today, &cases).apply(&mut record);
        record.verdict
    };
    let waived = |reason: &str| Verdict::Waived { reason: reason.into() };
    let one = "reason status (owner, until 2026-06-15)";
    let record = |findings: &[Finding]| failed(&cases[0], findings);
    let of_status = || record(&[finding(Level::Status, "status")]);
    assert_eq!(applied(&[&status], "mock", BEFORE, of_status()), waived(one));
    assert_eq!(applied(&[&status], "mock/", BEFORE, of_status()), waived(one));
    let by_address = |url: &str| Waiver { endpoint: url.into(), ..status.clone() };
    for (url, is_waived) in [
        ("http://127.0.0.1:8080/api/", true),
        ("http://127.0.0.1:8080/api", true),
        ("http://127.0.0.1:8080", false),
        ("other", false),
    ] {
        let due = if is_waived { waived(one) } else { Verdict::Failed };
        assert_eq!(applied(&[&by_address(url)], "mock", BEFORE, of_status()), due, "{url}");
    }
    assert_eq!(applied(&[&status], "other", BEFORE, of_status()), Verdict::Failed);
    assert_eq!(applied(&[&status], "mock", "2026-06-16", of_status()), Verdict::Failed, "it has expired");
    assert_eq!(applied(&[&place], "mock", BEFORE, of_status()), Verdict::Failed);
    assert_eq!(applied(&[], "mock", BEFORE, of_status()), Verdict::Failed);
    let both = || record(&[finding(Level::Status, "status"), finding(Level::Body, "$.a")]);
    assert_eq!(applied(&[&status], "mock", BEFORE, both()), Verdict::Failed, "half of it is not waived");
    assert_eq!(
        applied(&[&status, &place], "mock", BEFORE, both()),
        waived(&format!("reason body (owner, until 2026-06-15); {one}"))
    );
    let elsewhere = record(&[finding(Level::Body, "$.b")]);
    assert_eq!(applied(&[&place], "mock", BEFORE, elsewhere), Verdict::Failed);
    // What does not count needs no waiver, and alone is no reason for one.
    let beside = record(&[
        finding(Level::Status, "status"),
        warning(Level::Body, "$.b"),
        finding(Level::Snapshot, "snapshot"),
    ]);
    assert_eq!(applied(&[&status], "mock", BEFORE, beside), waived(one));
    assert_eq!(
        applied(&[&status], "mock", BEFORE, record(&[warning(Level::Status, "status")])),
        Verdict::Failed
    );
    assert_eq!(applied(&[&status], "mock", BEFORE, record(&[])), Verdict::Failed);
    let other_case = failed(&cases[1], &[finding(Level::Status, "status")]);
    assert_eq!(applied(&[&status], "mock", BEFORE, other_case), Verdict::Failed);
    for verdict in [Verdict::Passed, Verdict::Skipped(Skipped::Billable)] {
        let record = CaseRecord { verdict: verdict.clone(), ..of_status() };
        assert_eq!(applied(&[&status], "mock", BEFORE, record), verdict);
    }
}

#[test]
fn a_waiver_that_waives_nothing_is_stale() {
    let cases = planned("", TABLE);
    let one = waiver(&cases[0], "**/a", Level::Status, None);
    let stale = |today: &str, record: &CaseRecord| {
        let stale = book(vec![one.clone()], "mock", today, &cases).stale(record);
        stale
            .iter()
            .map(|stale| stale.to_string().rsplit(": ").next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let passes = vec!["shop/Get/t/a passes".to_owned()];
    let otherwise = vec!["shop/Get/t/a fails, but not in the way that is waived".to_owned()];
    let record =
        |verdict: Verdict, findings: &[Finding]| CaseRecord { verdict, ..failed(&cases[0], findings) };
    assert_eq!(stale(BEFORE, &record(Verdict::Passed, &[])), passes);
    assert_eq!(stale(BEFORE, &record(Verdict::Flaky { attempts: vec![] }, &[])), passes);
    assert_eq!(stale(BEFORE, &record(Verdict::Passed, &[warning(Level::Status, "status")])), passes);
    assert_eq!(stale(BEFORE, &record(Verdict::Failed, &[finding(Level::Body, "$.a")])), otherwise);
    assert_eq!(stale(BEFORE, &record(Verdict::Waived { reason: "x".into() }, &[])), otherwise);
    assert!(stale(BEFORE, &record(Verdict::Failed, &[finding(Level::Status, "status")])).is_empty());
    assert!(stale(BEFORE, &record(Verdict::Skipped(Skipped::Billable), &[])).is_empty());
    let unknown = Verdict::Inconclusive(Inconclusive::Unprepared { reason: "x".into() });
    assert!(stale(BEFORE, &record(unknown, &[])).is_empty());
    assert!(
        stale("2026-06-16", &record(Verdict::Passed, &[])).is_empty(),
        "that it has expired is said by `idle`"
    );
    assert!(stale(BEFORE, &untried(&cases[1])).is_empty(), "another case");
    // What a run does not look at, it cannot tell from what is mended.
    let at = |gate: Level| stale(BEFORE, &CaseRecord { gate, ..record(Verdict::Passed, &[]) });
    assert!(at(Level::Envelope).is_empty());
    assert_eq!(at(Level::Status), passes);
}

#[test]
fn a_waiver_that_has_expired_or_names_no_case_is_idle() {
    let cases = planned("", TABLE);
    let idle = |pattern: &str, endpoint: &str, today: &str| {
        let waiver = waiver(&cases[0], pattern, Level::Status, None);
        let book = book(vec![waiver], endpoint, today, &cases);
        let idle = book.idle().map(|(_, stale)| stale.to_string());
        idle.map(|text| text.rsplit(": ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(idle("**/a", "mock", BEFORE), [""; 0]);
    assert_eq!(idle("**/a", "mock", "2026-06-16"), ["it expired on 2026-06-15"]);
    assert_eq!(idle("**/z", "mock", BEFORE), ["no case matches `**/z`"]);
    assert_eq!(idle("**/z", "other", BEFORE), [""; 0], "a waiver of another endpoint");
}

#[test]
fn a_request_id_that_two_cases_share_fails_the_later_one() {
    let envelope = "[envelope.request-id]\nbody = \"$.id\"\n";
    let cases = planned(envelope, TABLE);
    let body = r#"{"id": "r", "code": "Gone"}"#;
    let record = |case: usize| played(&cases[case], &[json([200, 404][case], body)]);
    let taken = |records: Vec<CaseRecord>, waivers: Vec<Waiver>| {
        let waivers = book(waivers, "mock", BEFORE, &cases);
        let mut unique = UniqueIds::default();
        let take = |mut record: CaseRecord| {
            unique.take(&mut record, Some(&cases[0].contract), &waivers);
            record
        };
        records.into_iter().map(take).collect::<Vec<_>>()
    };
    let found = taken(vec![record(0), record(1)], vec![]);
    assert_eq!((&found[0].verdict, found[0].findings.len()), (&Verdict::Passed, 0));
    assert_eq!((&found[1].verdict, found[1].findings.len()), (&Verdict::Failed, 1));
    assert_eq!(found[1].findings[0].actual, "the same as in the answer to step 1 of shop/Get/t/a");
    assert!(!record(1).rows_met.is_empty() && found[1].rows_met.is_empty());
    // The same case twice, or its own record again, says nothing new.
    assert_eq!(taken(vec![record(0), record(0)], vec![])[1].verdict, Verdict::Passed);
    assert_eq!(taken(vec![record(0), found[1].clone()], vec![])[1].findings.len(), 1);
    let skipped = CaseRecord { verdict: Verdict::Skipped(Skipped::Billable), ..record(0) };
    assert_eq!(
        taken(vec![skipped, record(1)], vec![])[1].verdict,
        Verdict::Passed,
        "of a skipped case nothing counts"
    );
    let unknown = Verdict::Inconclusive(Inconclusive::Unprepared { reason: "x".into() });
    let undecided = CaseRecord { verdict: unknown.clone(), ..record(1) };
    let found = taken(vec![record(0), undecided.clone()], vec![]);
    assert_eq!((&found[1].verdict, found[1].findings.len()), (&unknown, 0));
    let first = CaseRecord { id: cases[0].id.clone(), ..undecided };
    assert_eq!(
        taken(vec![first, record(1)], vec![])[1].verdict,
        Verdict::Failed,
        "its answer came all the same"
    );
    let waived = taken(vec![record(0), record(1)], vec![waiver(&cases[1], "**/b", Level::Envelope, None)]);
    assert!(matches!(waived[1].verdict, Verdict::Waived { .. }));
}

#[test]
fn another_finding_at_the_request_id_does_not_hide_that_it_is_shared() {
    let envelope = "[envelope.request-id]\nbody = \"$.id\"\n";
    let cases = planned(envelope, TABLE);
    let record =
        |case: usize| played(&cases[case], &[json([200, 404][case], r#"{"id": "r", "code": "Gone"}"#)]);
    for beside in
        [warning(Level::Envelope, "$.id"), finding(Level::Envelope, "$.id"), finding(Level::Body, "$.id")]
    {
        let (mut unique, waivers) = (UniqueIds::default(), WaiverBook::default());
        unique.take(&mut record(0), None, &waivers);
        let mut later = CaseRecord { findings: vec![beside], ..record(1) };
        unique.take(&mut later, None, &waivers);
        assert_eq!((&later.verdict, later.findings.len()), (&Verdict::Failed, 2));
    }
}

#[test]
fn cases_are_counted_by_what_they_came_to() {
    let cases = planned("", TABLE);
    let mut tally = Tally::new(&operations(&cases));
    let snapshots = [
        (SnapshotOutcome::Unchecked, 1),
        (SnapshotOutcome::Same, 2),
        (SnapshotOutcome::Different, 3),
        (SnapshotOutcome::Outranked, 4),
        (SnapshotOutcome::Missing, 5),
        (SnapshotOutcome::Written, 6),
        (SnapshotOutcome::Unusable { reason: "x".into() }, 7),
    ];
    for (snapshot, times) in snapshots {
        for _ in 0..times {
            tally.add(&CaseRecord { snapshot: snapshot.clone(), answered: 2, ..untried(&cases[0]) });
        }
    }
    assert_eq!(tally.count_failed(), 0);
    let left_behind = vec!["a".into(), "b".into()];
    let rows_met = vec![Arc::from("404 Gone"), Arc::from("404 Gone")];
    tally.add(&CaseRecord {
        rows_met,
        left_behind,
        ..failed(&cases[1], &[warning(Level::Envelope, "x-id"), finding(Level::Body, "$.a")])
    });
    tally.add(&failed(&cases[1], &[warning(Level::Envelope, "x-id"), warning(Level::Envelope, "x-b")]));
    assert_eq!(tally.count_failed(), 2);
    let end = tally.finish(Vec::new(), None, Duration::from_secs(1));
    let counts = end.snapshots;
    assert_eq!(
        (counts.same, counts.different, counts.outranked, counts.missing, counts.written, counts.unusable),
        (2, 3, 4, 5, 6, 7)
    );
    assert_eq!((end.counts.passed, end.counts.failed, end.counts.total()), (28, 2, 30));
    assert_eq!((end.exchanges, end.left_behind), (56, 1));
    assert_eq!(end.rows_met, [BTreeSet::from([Arc::from("404 Gone")])]);
    assert_eq!(end.unpublished.into_iter().collect::<Vec<_>>(), [("x-b".into(), 1), ("x-id".into(), 2)]);
    assert_eq!(end.elapsed, Duration::from_secs(1));
}

#[test]
fn a_stale_waiver_is_one_however_many_cases_show_it() {
    let cases = planned("", TABLE);
    let of = |pattern: &str, expires: &str| Waiver {
        expires: Day::from_checked(expires),
        ..waiver(&cases[0], pattern, Level::Status, None)
    };
    let waivers = [of("**/b", BEFORE), of("**", BEFORE), of("**/a", "2020-01-01"), of("**/b", BEFORE)];
    let book = book(waivers.to_vec(), "mock", BEFORE, &cases);
    let mut tally = Tally::new(&operations(&cases));
    tally.note_idle(&book);
    let passed = CaseRecord { verdict: Verdict::Passed, ..untried(&cases[0]) };
    for _ in 0..600 {
        tally.note_waivers(&book, &passed);
    }
    tally.note_waivers(&book, &failed(&cases[1], &[finding(Level::Status, "status")]));
    tally.note_waivers(&book, &failed(&cases[0], &[finding(Level::Body, "$.a")]));
    let end = tally.finish(Vec::new(), None, Duration::ZERO);
    let lines: Vec<String> = end.stale_waivers.iter().map(ToString::to_string).collect();
    let spot = cases[0].spot();
    let counted = format!("{spot}: 600 of 602 cases pass; 1 fails, but not in the way that is waived");
    assert_eq!(lines, [counted, format!("{spot}: it expired on 2020-01-01")]);
}

#[test]
fn a_case_that_is_waived_in_part_says_which_part() {
    let cases = planned("", TABLE);
    let of_status = waiver(&cases[0], "**/a", Level::Status, None);
    let of_body = waiver(&cases[0], "**/a", Level::Body, Some("$.a"));
    let both = [finding(Level::Status, "status"), finding(Level::Body, "$.a"), warning(Level::Body, "$.a")];
    let applied = |waivers: Vec<Waiver>| {
        let mut record = failed(&cases[0], &both);
        book(waivers, "mock", BEFORE, &cases).apply(&mut record);
        let marks = record.findings.iter().map(|finding| finding.waived.clone()).collect::<Vec<_>>();
        (record.verdict == Verdict::Failed, marks)
    };
    let mark = Some("reason body (owner, until 2026-06-15)".to_owned());
    assert_eq!(applied(vec![of_body.clone()]), (true, vec![None, mark, None]));
    assert_eq!(applied(vec![of_body, of_status]), (false, vec![None; 3]), "the verdict has the reasons");
    assert_eq!(applied(Vec::new()), (true, vec![None; 3]));
}

#[test]
fn a_run_says_what_its_contracts_promise() {
    let cases = planned("", TABLE);
    let said = operations(&cases);
    assert_eq!((said.len(), said[0].id.as_str(), said[0].selected), (1, "shop/Get", 2));
    assert_eq!(operations(&cases[..1])[0].selected, 1);
    let rows: Vec<&str> = said[0].rows.iter().map(|row| &**row).collect();
    assert_eq!(rows[..2], ["400 TooLong \"It is too long.\"", "400 NoId"]);
    assert_eq!(said[0].error_rows[3].label(), "404 Gone");
    let [id, old] = &said[0].parameters[..] else { panic!() };
    let limits: Vec<(String, String, bool)> =
        id.limits.iter().map(|one| (one.limit.to_string(), one.errors.join(" "), one.is_disputed)).collect();
    assert_eq!(
        limits,
        [
            ("required".into(), "NoId".into(), false),
            ("max-length 3".into(), "TooLong".into(), false),
            ("min-length 1".into(), String::new(), true),
        ]
    );
    assert_eq!(
        (id.is_deprecated, old.is_deprecated, old.kind.as_str(), old.about.as_str()),
        (false, true, "integer", "An old one.")
    );
    assert!(old.limits.is_empty() && said[0].digest.is_some());
}
