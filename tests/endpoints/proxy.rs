//! A proxy in front of the reference endpoint that breaks promises of the published page, in ways that no fault has.
//!
//! The breaks follow the sentences of the page and not the list of faults. Each must fail a case; `proxy/breaks.rs` has
//! them. Nothing is signed here, since what is changed on its way would lose its signature.

mod breaks;
mod wire;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use breaks::{BREAKS, Break};
use futures_util::{StreamExt, stream};
use proofmark::inside::event::EndpointDescription;
use proofmark::inside::model::{CaseRecord, Normalisation, Verdict};
use proofmark::inside::plan::PlannedCase;
use proofmark::inside::run::{Endpoint, Observing, RunSettings, Runner, Signing, StopSwitch};
use proofmark::inside::transport::{Address, Client, Connection, TransportLimits};
use proofmark::reference::{Reference, ReferenceSettings};
use wire::Asked;

use crate::faults::{shipped, varied};

/// What a proxy remembers between two requests.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// How many requests have come.
    pub(crate) requests: usize,
    /// The last execution, and the last request, that an answer named.
    pub(crate) execution: Option<String>,
    pub(crate) request: Option<String>,
}

/// A proxy on a port of its own; it ends when it is dropped.
struct Proxy {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Proxy {
    fn start(upstream: SocketAddr, breaks: Option<Break>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let memory = Arc::new(Mutex::new(Memory::default()));
        let over = Arc::clone(&is_over);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let memory = Arc::clone(&memory);
                thread::spawn(move || converse(stream, upstream, breaks, &memory));
            }
        });
        Self { address, is_over }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // The listener wakes up once more, and sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

/// Answers the one request of a connection; a caller that leaves gets no answer.
fn converse(mut stream: TcpStream, upstream: SocketAddr, breaks: Option<Break>, memory: &Mutex<Memory>) {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let Some(mut asked) = Asked::read(&mut stream) else { return };
    let Some(breaks) = breaks.filter(|_| asked.is_start()) else {
        if let Some(reply) = asked.forward(upstream) {
            reply.write(&mut stream, &asked.method);
        }
        return;
    };
    memory.lock().unwrap().requests += 1;
    let method = asked.method.clone();
    (breaks.ask)(&mut asked, &mut memory.lock().unwrap());
    let Some(mut reply) = (breaks.own)(&asked).or_else(|| asked.forward(upstream)) else { return };
    if let Some(more) = (breaks.then)(&asked, &reply) {
        more.forward(upstream);
    }
    (breaks.tell)(&asked, &mut reply, &mut memory.lock().unwrap());
    reply.write(&mut stream, &method);
}

struct Bench {
    runner: Runner,
    stop: StopSwitch,
    _proxy: Proxy,
    _reference: Reference,
}

impl Bench {
    async fn with(breaks: Option<Break>) -> Self {
        let reference = Reference::start(ReferenceSettings::default()).await.unwrap();
        let upstream = reference.url().trim_start_matches("http://").parse().unwrap();
        let proxy = Proxy::start(upstream, breaks);
        let url = format!("http://{}", proxy.address);
        let endpoint = Endpoint {
            address: Address::new(&url).unwrap(),
            states: Some(Address::new(&reference.states_url()).unwrap()),
            description: EndpointDescription { name: "a proxy".into(), url, is_reference: false },
            signing: Signing::none(true),
            retry: None,
            vars: Vec::new(),
            fixtures: BTreeMap::new(),
            normalisation: Normalisation::default(),
            faults: Vec::new(),
        };
        let limits = TransportLimits { answer: Duration::from_secs(10), ..TransportLimits::default() };
        let settings =
            RunSettings { allows_billable: true, observing: Observing::Always, ..RunSettings::default() };
        let client = Client::new(limits, &Connection::default(), endpoint.addresses()).unwrap();
        let runner = Runner::new(client, endpoint, settings, None);
        Self { runner, stop: StopSwitch::default(), _proxy: proxy, _reference: reference }
    }

    async fn first_failed(&self, cases: impl Iterator<Item = &PlannedCase>) -> Option<CaseRecord> {
        let stop = self.stop.listen();
        let records = stream::iter(cases).map(|planned| self.runner.case(planned, &stop)).buffered(8);
        let failed = records.filter(|record| std::future::ready(record.verdict == Verdict::Failed));
        std::pin::pin!(failed).next().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_changes_nothing_fails_no_case() {
    let bench = Bench::with(None).await;
    let found = bench.first_failed(shipped().iter().step_by(7)).await;
    assert!(found.is_none(), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_break_of_the_page_is_caught() {
    assert_eq!(BREAKS.len(), 40);
    let mut missed = Vec::new();
    for breaks in BREAKS {
        let bench = Bench::with(Some(*breaks)).await;
        if bench.first_failed(varied(shipped(), breaks.about).into_iter()).await.is_none() {
            missed.push(breaks.about);
        }
    }
    assert_eq!(missed, Vec::<&str>::new());
}
