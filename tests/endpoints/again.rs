//! What a run has recorded is judged again as it was: of an endpoint that conforms, and of many that do not.

#[allow(dead_code, reason = "the shop is used, and not what its own tests need")]
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::bookshop_server::{self, Mistake};
use proofmark::inside::embedded;
use proofmark::inside::event::{EndpointDescription, Event};
use proofmark::inside::judgement::judge_again;
use proofmark::inside::model::{CaseRecord, Level, Normalisation, Verdict};
use proofmark::inside::plan::{Pattern, Plan, plan};
use proofmark::inside::report::{event_line, read_event};
use proofmark::inside::run::{Endpoint, RunSettings, Runner, Signing, StopSwitch, run};
use proofmark::inside::source::{Wanted, load};
use proofmark::inside::template::Templates;
use proofmark::inside::transport::{Address, Client, Connection, TransportLimits};

const SEED: u64 = 7;

fn planned(folder: &str, patterns: &[&str]) -> Plan {
    let suite = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), Wanted::All).unwrap();
    let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::new(text, false).unwrap()).collect();
    plan(&suite, &patterns).unwrap()
}

/// The records of a run, as they come back from its lines.
async fn recorded(endpoint: Endpoint, plan: Plan, gate: Level) -> Vec<CaseRecord> {
    let client =
        Client::new(TransportLimits::default(), &Connection::default(), endpoint.addresses()).unwrap();
    let settings = RunSettings { seed: SEED, gate, allows_billable: true, ..RunSettings::default() };
    let runner = Arc::new(Runner::new(client, endpoint, settings, None));
    let mut lines = Vec::new();
    run(runner, plan, Vec::new(), &StopSwitch::default(), |event| lines.push(event_line(&event).unwrap()))
        .await;
    let events = lines.iter().map(|line| read_event(line).unwrap());
    events
        .filter_map(|event| match event {
            Event::Finished(record) => Some(*record),
            Event::Started(_)
            | Event::Warned { .. }
            | Event::Ended(_)
            | Event::SeriesStarted { .. }
            | Event::SeriesEnded(_) => None,
        })
        .collect()
}

/// Judges each record again, and gives how many had failed.
fn judged_again(plan: &Plan, records: &[CaseRecord]) -> usize {
    let templates = Templates::default();
    assert_eq!(plan.cases.len(), records.len());
    for (planned, record) in plan.cases.iter().zip(records) {
        let again = judge_again(planned, record, SEED, &templates).unwrap();
        assert_eq!(again.verdict, record.verdict, "{}", record.id);
        assert_eq!(again.findings, record.findings, "{}", record.id);
        assert_eq!(again.rows_met, record.rows_met, "{}", record.id);
        assert_eq!((&again.about, again.answered), (&record.about, record.answered), "{}", record.id);
        assert_eq!(again.steps_not_sent, record.steps_not_sent, "{}", record.id);
        assert_eq!(again.exchanges, record.exchanges, "{}", record.id);
    }
    records.iter().filter(|record| record.verdict == Verdict::Failed).count()
}

/// Judges a shop at a level, and again.
async fn shop(mistake: Mistake, gate: Level) -> usize {
    let shop = bookshop_server::start(mistake).await;
    let url = shop.uri();
    let endpoint = Endpoint {
        description: EndpointDescription { name: "shop".into(), url: url.clone(), is_reference: false },
        address: Address::new(&url).unwrap(),
        states: Some(Address::new(&format!("{url}/states")).unwrap()),
        signing: Signing::none(true),
        retry: None,
        vars: Vec::new(),
        fixtures: BTreeMap::new(),
        normalisation: Normalisation::default(),
        faults: Vec::new(),
    };
    let plan = || planned("tests/bookshop/cases", &[]);
    judged_again(&plan(), &recorded(endpoint, plan(), gate).await)
}

#[tokio::test]
async fn a_shop_is_judged_again_as_it_was_at_every_level() {
    use Mistake::{FlatErrors, ListsAll, LongTitles, None, TakesKnown};
    for gate in [Level::Envelope, Level::Status, Level::Code, Level::Message, Level::Body] {
        assert_eq!(shop(None, gate).await, 0, "{gate}");
        let mut failed = 0;
        for mistake in [FlatErrors, ListsAll, LongTitles, TakesKnown] {
            failed += shop(mistake, gate).await;
        }
        assert!(failed > 0, "{gate}");
    }
}

#[tokio::test]
async fn the_reference_endpoint_is_judged_again_as_it_was_with_and_without_faults() {
    let faults = [
        "skip-row:InvalidTagKey.Malformed",
        "wrong-status:InvalidImagePipeline.NotFound",
        "wrong-code:Duplicate.TagKey",
        "wrong-message:InvalidTagValue.Malformed",
    ];
    let plan = || planned("cases", &[]);
    for faults in [&[][..], &faults] {
        let switched = faults.iter().map(|name| name.parse().unwrap()).collect();
        let (endpoint, reference) = embedded::start(switched).await.unwrap();
        let records = recorded(endpoint, plan(), Level::Body).await;
        assert_eq!(judged_again(&plan(), &records) == 0, faults.is_empty());
        // Each fault is one that cases fail for.
        let findings: Vec<_> = records.iter().flat_map(|record| &record.findings).collect();
        let reasons = format!("{findings:?}");
        assert!(faults.iter().all(|fault| reasons.contains(fault.split_once(':').unwrap().1)), "{reasons}");
        reference.shut_down().await;
    }
}
