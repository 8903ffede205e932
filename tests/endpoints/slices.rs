//! Every promise, broken under every condition that must not matter: each such fault must be found by a case.
//!
//! A fault runs only the cases that send a request in its slice. The whole list takes minutes and is ignored; every
//! tenth of it is in every run of the tests.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use futures_util::stream;
use proofmark::inside::model::{CaseRecord, Verdict};
use proofmark::inside::plan::PlannedCase;
use proofmark::reference::{Facts, Fault, FaultEntry, ReferenceSettings, RequestLog};

use crate::faults::{Bench, OPEN, UNKNOWN, UNPUBLISHED, cases_about, family, shipped, varied};

/// What no case can find, by the start of a fault's name and a part of its conditions, with the reason.
const OUT_OF_REACH: [(&str, &str, &str); 7] = [
    ("", "since=", "a case that waits for a minute would be the whole suite many times over"),
    (
        "accept-unsigned-headers",
        "",
        "a signer signs each field that the API reads, so no case leaves one out",
    ),
    ("wrong-status:MissingSecurityToken", "", "only a temporary key shows it, and a run has one key"),
    ("wrong-code:MissingSecurityToken", "", "the same"),
    ("wrong-message:MissingSecurityToken", "", "the same"),
    ("refused-and-started:MissingSecurityToken", "", "the same"),
    ("shared-nonces", "", "only two keys show it, and an endpoint under test has one"),
];

/// Every tenth fault is tried in every run of the tests, the first by this number.
const SEED: usize = 7;

struct Sliced {
    promise: String,
    name: String,
    fault: Fault,
}

fn entries() -> impl Iterator<Item = FaultEntry> {
    let is_asked = |entry: &FaultEntry| {
        let name = entry.name.as_str();
        !OPEN.iter().any(|(open, _)| *open == name)
            && !UNKNOWN.contains(&name)
            && !UNPUBLISHED.contains(&name)
    };
    Fault::catalogue().into_iter().chain(Fault::signature_catalogue()).filter(is_asked)
}

fn sliced() -> Vec<Sliced> {
    let all = entries().flat_map(|entry| {
        let names: Vec<String> = entry.sliced_names().collect();
        names.into_iter().map(move |name| (entry.name.clone(), name))
    });
    all.map(|(promise, name)| Sliced { fault: name.parse().unwrap(), promise, name }).collect()
}

fn out_of_reach(name: &str) -> Option<&'static str> {
    let found = OUT_OF_REACH.iter().find(|(start, part, _)| name.starts_with(start) && name.contains(part));
    found.map(|(_, _, reason)| *reason)
}

/// The requests of each case, as conditions see them.
async fn facts_of_cases() -> HashMap<String, Vec<Facts>> {
    let noted = Arc::new(Mutex::new(Vec::new()));
    let log = {
        let noted = Arc::clone(&noted);
        RequestLog::new(move |request| noted.lock().unwrap().extend(request.facts))
    };
    let bench = Bench::open(ReferenceSettings { log: Some(log), ..ReferenceSettings::default() }, None).await;
    let stop = bench.stop.listen();
    let mut facts = HashMap::new();
    for planned in shipped() {
        bench.runner.case(planned, &stop).await;
        facts.insert(planned.id.to_string(), std::mem::take(&mut *noted.lock().unwrap()));
    }
    facts
}

/// The cases that a fault can show in, those first that found the same promise broken in another slice.
fn candidates<'a>(
    sliced: &Sliced,
    facts: &HashMap<String, Vec<Facts>>,
    known: &[String],
) -> Vec<&'a PlannedCase> {
    let is_touched = |planned: &&PlannedCase| {
        let own = facts.get(planned.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        own.iter().any(|facts| sliced.fault.touches(facts))
    };
    let mut found = varied(shipped().iter().filter(is_touched), &sliced.promise);
    let about: HashSet<&str> = match sliced.promise.split_once(':') {
        Some((_, code)) => cases_about(code).into_iter().map(|planned| planned.id.as_str()).collect(),
        None => HashSet::new(),
    };
    found.sort_by_key(|planned| {
        let id = planned.id.as_str();
        (!known.contains(&family(id)), !about.contains(id))
    });
    found
}

/// The first case that fails, or none.
async fn finder(sliced: &Sliced, candidates: Vec<&PlannedCase>) -> Option<CaseRecord> {
    let bench = Bench::with(&sliced.name, None).await;
    let found = bench.first_not_passed(candidates.into_iter()).await;
    found.filter(|record| record.verdict == Verdict::Failed)
}

/// The faults that no case finds.
async fn survivors(faults: Vec<Sliced>) -> Vec<String> {
    let facts = facts_of_cases().await;
    let known: Mutex<HashMap<String, Vec<String>>> = Mutex::new(HashMap::new());
    let tried = stream::iter(&faults).map(|sliced| {
        let (facts, known) = (&facts, &known);
        async move {
            let finders = known.lock().unwrap().get(&sliced.promise).cloned().unwrap_or_default();
            let found = finder(sliced, candidates(sliced, facts, &finders)).await;
            if let Some(record) = &found {
                let case = family(record.id.as_str());
                known.lock().unwrap().entry(sliced.promise.clone()).or_default().push(case);
            }
            note(sliced, found.is_some());
            found.is_none().then(|| sliced.name.clone())
        }
    });
    tried.buffered(4).filter_map(std::future::ready).collect().await
}

/// Writes what becomes of a fault to a file, if there is one to write to, so that a long run can be watched.
fn note(sliced: &Sliced, is_found: bool) {
    let Ok(path) = std::env::var("PROOFMARK_SURVIVORS") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{} {}", if is_found { "found" } else { "MISSED" }, sliced.name).unwrap();
}

fn must_be_found(faults: Vec<Sliced>) -> Vec<Sliced> {
    faults.into_iter().filter(|sliced| out_of_reach(&sliced.name).is_none()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes; docs/testing.md says when to run it"]
async fn every_promise_is_watched_under_every_condition_that_must_not_matter() {
    let start = std::time::Instant::now();
    let step = std::env::var("PROOFMARK_STEP").map_or(1, |step| step.parse().unwrap());
    let part = std::env::var("PROOFMARK_FAULTS").unwrap_or_default();
    let asked = must_be_found(sliced()).into_iter().filter(|sliced| sliced.name.contains(&part));
    let all: Vec<_> = asked.step_by(step).collect();
    let count = all.len();
    let missed = survivors(all).await;
    let list = missed.join("\n");
    let said = format!("{} of {count} faults are not found, in {:?}:\n{list}", missed.len(), start.elapsed());
    assert!(missed.is_empty(), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_of_the_promises_is_watched_under_every_condition() {
    let drawn = must_be_found(sliced()).into_iter().skip(SEED).step_by(10).collect();
    assert_eq!(survivors(drawn).await, Vec::<String>::new());
}

#[test]
fn what_no_case_can_find_is_less_than_a_fiftieth_and_has_a_reason() {
    let all = sliced();
    let unreached = all.iter().filter(|sliced| out_of_reach(&sliced.name).is_some()).count();
    assert!(unreached * 50 < all.len(), "{unreached} of {}", all.len());
    for (start, part, reason) in OUT_OF_REACH {
        assert!(!reason.is_empty());
        assert!(
            all.iter().any(|sliced| sliced.name.starts_with(start) && sliced.name.contains(part)),
            "{part}"
        );
    }
}
