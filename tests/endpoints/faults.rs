//! Every promise, broken on purpose: each fault of the reference endpoint must be found.
//!
//! A check that cannot fail proves nothing, so this runs the shipped cases against an endpoint with
//! one fault at a time. Faults in what the sources leave open are listed with the reason; for those
//! the cases must hold, and only the endpoint's own snapshots may tell.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::support::{code, err, run};
use futures_util::StreamExt;
use futures_util::stream;
use proofmark::inside::embedded;
use proofmark::inside::model::{CaseRecord, EndpointKind, Level, Matcher, Verdict};
use proofmark::inside::plan::{PlannedCase, case_ids};
use proofmark::inside::run::{Observing, RunSettings, Runner, StopSwitch};
use proofmark::inside::snapshot::{Store, Update};
use proofmark::inside::source::{Wanted, load};
use proofmark::inside::transport::{Client, Connection, Keeping, TransportLimits};
use proofmark::reference::{Fault, Reference, ReferenceSettings};
use serde_json::Value as Json;

/// What the published sources leave open, so that no case may fail for it.
pub(crate) const OPEN: [(&str, &str); 27] = [
    ("wrong-message:MissingParameter.Signature", "the sources have it with and without a full stop"),
    (
        "wrong-message:SignatureDoesNotMatch",
        "the message ends with the string to sign, which is the endpoint's own",
    ),
    ("wrong-message:InvalidParameter.Format", "no source has the message"),
    ("wrong-message:MissingParameter", "the sources have several wordings"),
    ("wrong-message:MissingParameter.RegionId", "the sources have several wordings"),
    ("wrong-message:MissingParameter.ImagePipelineId", "the sources have several wordings"),
    ("wrong-message:InvalidClientToken.ValueNotSupported", "three wordings are published"),
    ("skip-row:MissingParameter", "an Action that is missing may be an unknown one too"),
    ("wrong-status:InvalidParameter", "no published rule says what bytes that are no UTF-8 give"),
    ("wrong-code:InvalidParameter", "the same"),
    ("wrong-message:InvalidParameter", "the same"),
    ("unfilled-template:InvalidParameter", "the same"),
    ("empty-filling:InvalidParameter", "the same"),
    ("skip-row:InvalidParameter", "the same"),
    ("refused-and-started:InvalidParameter", "the same"),
    ("duplicates-by-case", "no source says whether keys that differ in case alone are two keys"),
    (
        "tag-numbers-unchecked",
        "the pages number tags from 1 to 20, and no source says what other numbers give",
    ),
    ("refused-token-kept", "no source says whether a failed start uses up its token"),
    ("wrong-status:RequestEntityTooLarge", "no published rule limits the size of a request"),
    ("wrong-code:RequestEntityTooLarge", "the same"),
    ("wrong-message:RequestEntityTooLarge", "the same"),
    ("skip-row:RequestEntityTooLarge", "the same"),
    (
        "docker-registry-0",
        "the message has a lower limit, and no source says that empty is not the same as none",
    ),
    ("docker-user-0", "the same"),
    ("template-tag-unchecked", "no source says whether the rules of tags hold for the deprecated list"),
    ("running-status-missed:CANCELLING", "no source says whether CANCELLING still counts as running"),
    (
        "headers-ignored",
        "Action in header fields alone is how signed requests are sent; unsigned ones may differ",
    ),
];

/// Promises that no published source has: breaking one warns, and fails no case.
pub(crate) const UNPUBLISHED: [&str; 2] = ["request-id-header-differs", "no-request-id-header"];

/// Faults that let no whole answer through: nothing is known then.
pub(crate) const UNKNOWN: [&str; 6] =
    ["close-before-answer", "slow-answer", "slow-body", "reset-mid-body", "huge-body", "throttled"];

/// How many cases are under way at once.
const AT_ONCE: usize = 8;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn shipped() -> &'static [PlannedCase] {
    static CASES: OnceLock<Vec<PlannedCase>> = OnceLock::new();
    CASES.get_or_init(|| case_ids(&load(&root().join("cases"), Wanted::All).unwrap()).unwrap())
}

/// A case without its row and axes.
pub(crate) fn family(id: &str) -> String {
    id.split('/').take(4).collect::<Vec<_>>().join("/")
}

/// Cases in an order in which a fault is found soon: those first whose ids have words of its name, and of each case one
/// first, since its rows and axes have much in common.
pub(crate) fn varied<'a>(
    cases: impl IntoIterator<Item = &'a PlannedCase>,
    fault: &str,
) -> Vec<&'a PlannedCase> {
    let words: Vec<String> = fault
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| word.len() > 2)
        .map(str::to_ascii_lowercase)
        .collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<(usize, usize, &PlannedCase)> = Vec::new();
    for planned in cases {
        let id = planned.id.as_str();
        let before = seen.entry(family(id)).or_default();
        let unlike = words.iter().filter(|word| !id.contains(word.as_str())).count();
        found.push((unlike, *before, planned));
        *before += 1;
    }
    found.sort_by_key(|(unlike, before, _)| (*unlike, *before));
    found.into_iter().map(|(_, _, planned)| planned).collect()
}

pub(crate) struct Bench {
    pub(crate) runner: Runner,
    pub(crate) stop: StopSwitch,
    _reference: Reference,
}

impl Bench {
    pub(crate) async fn with(fault: &str, snapshots: Option<&Path>) -> Self {
        let settings =
            ReferenceSettings { faults: vec![fault.parse().unwrap()], ..ReferenceSettings::default() };
        Self::open(settings, snapshots).await
    }

    pub(crate) async fn open(settings: ReferenceSettings, snapshots: Option<&Path>) -> Self {
        let (endpoint, reference) = embedded::start_with(settings).await.unwrap();
        // A fault of transport is found by the first wait that ends, so waits are short.
        let limits =
            TransportLimits { answer: std::time::Duration::from_secs(2), ..TransportLimits::default() };
        let connection = Connection { keeping: Keeping::ReuseOwn, ..Connection::default() };
        let store = snapshots.map(|folder| Store::new(folder, Update::Never, EndpointKind::Reference));
        let runner = Runner::new(
            Client::new(limits, &connection, endpoint.addresses()).unwrap(),
            endpoint,
            RunSettings { allows_billable: true, observing: Observing::Always, ..RunSettings::default() },
            store,
        );
        Self { runner, stop: StopSwitch::default(), _reference: reference }
    }

    /// The first case that does not pass, if any.
    pub(crate) async fn first_not_passed(
        &self,
        cases: impl Iterator<Item = &PlannedCase>,
    ) -> Option<CaseRecord> {
        let stop = self.stop.listen();
        let records = stream::iter(cases).map(|planned| self.runner.case(planned, &stop)).buffered(AT_ONCE);
        let not_passed = records.filter(|record| std::future::ready(record.verdict != Verdict::Passed));
        std::pin::pin!(not_passed).next().await
    }
}

fn names() -> impl Iterator<Item = String> {
    Fault::catalogue().into_iter().map(|entry| entry.name)
}

fn is_open(name: &str) -> bool {
    OPEN.iter().any(|(open, _)| *open == name)
}

/// The cases that expect just this code, if the contract has it; all of them otherwise.
pub(crate) fn cases_about(code: &str) -> Vec<&'static PlannedCase> {
    let expects = |planned: &&PlannedCase| {
        let codes = planned.case.steps.iter().filter_map(|step| step.expect.code.as_ref());
        let vars = planned.row().map(|row| row.vars.as_slice()).unwrap_or_default();
        codes
            .into_iter()
            .any(|matcher| matches!(matcher, Matcher::Equals(value) if value.as_text() == Some(code)))
            || vars.iter().any(|variable| variable.value.as_text() == Some(code))
    };
    let found: Vec<_> = shipped().iter().filter(expects).collect();
    if found.is_empty() { shipped().iter().collect() } else { found }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_found_by_a_case() {
    let mut missed = Vec::new();
    let is_asked = |name: &String| {
        !is_open(name) && !UNKNOWN.contains(&name.as_str()) && !UNPUBLISHED.contains(&name.as_str())
    };
    for name in names().filter(is_asked) {
        let bench = Bench::with(&name, None).await;
        let cases = match name.split_once(':') {
            Some((_, code)) => cases_about(code),
            None => shipped().iter().collect(),
        };
        let found = bench.first_not_passed(varied(cases, &name).into_iter()).await;
        if !found.is_some_and(|record| record.verdict == Verdict::Failed) {
            missed.push(name);
        }
    }
    assert_eq!(missed, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_row_is_found_at_its_level_and_the_finding_cites_the_row() {
    let levels = [
        ("wrong-status", Level::Status),
        ("wrong-code", Level::Code),
        ("wrong-message", Level::Message),
        ("unfilled-template", Level::Message),
        ("empty-filling", Level::Message),
        ("skip-row", Level::Code),
    ];
    let contract = &shipped()[0].contract;
    for row in &contract.rows {
        for (kind, level) in levels {
            let name = format!("{kind}:{}", row.code);
            if !names().any(|known| known == name) {
                continue;
            }
            let bench = Bench::with(&name, None).await;
            let record = bench.first_not_passed(cases_about(&row.code).into_iter()).await.expect(&name);
            let cited = format!("error row {} {}", row.status, row.code);
            let is_it = |because: &String| because.contains(&cited);
            let is_found = record
                .findings
                .iter()
                .any(|found| found.level == level && found.because.as_ref().is_some_and(is_it));
            assert!(is_found, "{name}: {:#?}", record.findings);
        }
    }
}

/// Faults that can be switched on together, so that none hides what another does to the same answer.
fn open_together() -> Vec<Vec<&'static str>> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    for (name, _) in OPEN {
        let (kind, code) = name.split_once(':').unwrap_or((name, ""));
        // Parts of an answer break side by side; an answer that is not given has no parts.
        let part = ["wrong-status", "wrong-code", "wrong-message"].iter().position(|part| *part == kind);
        let hides = |other: &&str| {
            let (other, its_code) = other.split_once(':').unwrap_or((other, ""));
            !code.is_empty() && its_code == code && (part.is_none() || !other.starts_with("wrong-"))
        };
        match groups.iter_mut().find(|group| !group.iter().any(hides)) {
            Some(group) => group.push(name),
            None => groups.push(vec![name]),
        }
    }
    groups
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_sources_leave_open_fails_no_case() {
    let groups = open_together();
    assert!(groups.len() < 6, "{groups:?}");
    for group in groups {
        let faults = group.iter().map(|name| name.parse().unwrap()).collect();
        let bench = Bench::open(ReferenceSettings { faults, ..ReferenceSettings::default() }, None).await;
        let found = bench.first_not_passed(shipped().iter()).await;
        assert!(found.is_none(), "{group:?}: {found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_promise_that_is_unpublished_warns_in_every_case_and_fails_none() {
    for name in UNPUBLISHED {
        let bench = Bench::with(name, None).await;
        let stop = bench.stop.listen();
        for planned in shipped().iter().take(20) {
            let record = bench.runner.case(planned, &stop).await;
            let warned =
                record.findings.iter().any(|found| found.is_warning && found.subject == "x-acs-request-id");
            assert!(warned && record.verdict == Verdict::Passed, "{name} {}: {record:#?}", planned.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_transport_leaves_a_case_inconclusive_and_never_failed() {
    for name in UNKNOWN {
        let bench = Bench::with(name, None).await;
        let record = bench.first_not_passed(shipped().iter().take(1)).await.expect(name);
        assert!(matches!(record.verdict, Verdict::Inconclusive(_)), "{name}: {:?}", record.verdict);
    }
}

/// With the usual wait, these cases would take a minute and a half.
#[test]
fn a_fault_that_delays_every_answer_ends_soon_and_is_the_only_cause() {
    for fault in ["slow-answer", "slow-body"] {
        let start = std::time::Instant::now();
        let output = run(&["run", "-q", "--fault", fault, "tag-count", "--report", "json=-"]);
        assert_eq!(code(&output), 5, "{}", err(&output));
        let report: Json = serde_json::from_slice(&output.stdout).unwrap();
        let cases = report["cases"].as_array().unwrap();
        let reasons = cases.iter().map(|case| case["reason"].as_str().unwrap());
        let others: Vec<&str> = reasons.filter(|reason| !reason.contains("took longer than 100ms")).collect();
        assert!(others.is_empty() && cases.len() > 30, "{fault}: {others:?}");
        assert!(!err(&output).contains("left something behind"), "{}", err(&output));
        assert!(start.elapsed() < std::time::Duration::from_mins(1), "{:?}", start.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_part_of_the_envelope_is_checked() {
    let subjects = [
        ("no-request-id", "$.RequestId"),
        ("malformed-request-id", "$.RequestId"),
        ("repeated-request-id", "$.RequestId"),
        ("no-code", "$.Code"),
        ("no-message", "$.Message"),
        ("no-host-id", "$.HostId"),
        ("no-execution-id", "$.ExecutionId"),
        ("execution-id-as-number", "$.ExecutionId"),
        ("code-on-success", "$.Code"),
        ("wrong-content-type", "content-type"),
        ("html-error-page", "body"),
        ("empty-body", "body"),
        ("truncated-json", "body"),
        ("deep-json", "body"),
        ("duplicate-json-key", "$.RequestId"),
        ("xml-wrong-root", "root element"),
        ("json-for-xml", "body"),
    ];
    for (name, subject) in subjects {
        let bench = Bench::with(name, None).await;
        let record = bench.first_not_passed(shipped().iter()).await.expect(name);
        let found = record
            .findings
            .iter()
            .any(|finding| finding.level == Level::Envelope && finding.subject == subject);
        assert!(found, "{name}: {:#?}", record.findings);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_answer_that_still_conforms_is_a_regression_at_the_level_of_snapshots() {
    let bench = Bench::with("wrong-message:InvalidParameter.Format", Some(&root().join("snapshots"))).await;
    let record = bench.first_not_passed(shipped().iter()).await.unwrap();
    let levels: Vec<Level> = record.findings.iter().map(|finding| finding.level).collect();
    assert_eq!((record.verdict, levels), (Verdict::Failed, vec![Level::Snapshot]));
}
