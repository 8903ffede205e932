//! A contract with nothing of a cloud in it, tested against an ordinary server, whole and broken: the
//! harness knows no operation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bookshop_server::{self, Mistake};
use proofmark::inside::event::{EndpointDescription, Event, Outcome, RunEnd};
use proofmark::inside::model::{CaseRecord, EndpointKind, Level, Normalisation, Verdict};
use proofmark::inside::plan::plan;
use proofmark::inside::run::{Endpoint, RunSettings, Runner, Signing, StopSwitch, run};
use proofmark::inside::snapshot::{Store, Update};
use proofmark::inside::source::{Wanted, load};
use proofmark::inside::transport::{Address, Client, Connection, TransportLimits};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bookshop")
}

/// Runs the bookshop's cases against a shop with a mistake.
async fn judged(mistake: Mistake) -> (RunEnd, Vec<CaseRecord>) {
    let shop = bookshop_server::start(mistake).await;
    let url = shop.uri();
    let endpoint = Endpoint {
        description: EndpointDescription { name: "bookshop".into(), url: url.clone(), is_reference: false },
        address: Address::new(&url).unwrap(),
        states: Some(Address::new(&format!("{url}/states")).unwrap()),
        signing: Signing::none(true),
        retry: None,
        vars: Vec::new(),
        fixtures: BTreeMap::new(),
        normalisation: Normalisation::default(),
        faults: Vec::new(),
    };
    let client =
        Client::new(TransportLimits::default(), &Connection::default(), endpoint.addresses()).unwrap();
    let store = Store::new(folder().join("snapshots"), Update::Never, EndpointKind::Foreign);
    let runner = Arc::new(Runner::new(client, endpoint, RunSettings::default(), Some(store)));
    let suite = load(&folder().join("cases"), Wanted::All).unwrap();
    let mut records = Vec::new();
    let emit = |event| match event {
        Event::Finished(record) => records.push(*record),
        Event::Started(_)
        | Event::Warned { .. }
        | Event::Ended(_)
        | Event::SeriesStarted { .. }
        | Event::SeriesEnded(_) => {}
    };
    let end = run(runner, plan(&suite, &[]).unwrap(), Vec::new(), &StopSwitch::default(), emit).await;
    (end, records)
}

fn failed(records: &[CaseRecord], level: Level) -> Vec<&str> {
    let is_at_level = |record: &&CaseRecord| record.findings.iter().any(|finding| finding.level == level);
    let broken = records.iter().filter(|record| record.verdict == Verdict::Failed);
    broken.filter(is_at_level).map(|record| record.id.as_str()).collect()
}

#[tokio::test]
async fn a_shop_that_keeps_its_contract_conforms() {
    let (end, records) = judged(Mistake::None).await;
    assert_eq!(
        end.outcome(),
        Outcome::Conforms,
        "{:#?}",
        records.iter().map(|record| &record.findings).collect::<Vec<_>>()
    );
    assert_eq!(end.counts.passed, records.len());
}

#[tokio::test]
async fn a_limit_that_is_off_by_one_fails_the_case_past_it_alone() {
    let (end, records) = judged(Mistake::LongTitles).await;
    assert_eq!(end.outcome(), Outcome::Broken);
    assert_eq!(failed(&records, Level::Status), ["shop/AddBook/adding/refused/long-title"]);
}

#[tokio::test]
async fn a_conflict_that_is_not_seen_fails_its_case() {
    let (_, records) = judged(Mistake::TakesKnown).await;
    assert_eq!(failed(&records, Level::Code), ["shop/AddBook/adding/known"]);
}

#[tokio::test]
async fn a_list_that_passes_over_its_filter_fails_the_cases_that_ask_for_some_books() {
    let (_, records) = judged(Mistake::ListsAll).await;
    let failed = failed(&records, Level::Body);
    assert!(failed.contains(&"shop/ListBooks/listing/by-isbn"), "{failed:?}");
    assert!(failed.iter().all(|id| id.starts_with("shop/ListBooks/listing/")), "{failed:?}");
}

#[tokio::test]
async fn errors_of_another_form_break_the_envelope_of_every_error() {
    let (_, records) = judged(Mistake::FlatErrors).await;
    assert_eq!(failed(&records, Level::Envelope).len(), 14);
}
