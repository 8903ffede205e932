//! Cases for each second against a server that does nothing, beside bare clients that send the same; and the processor time
//! that each of them takes for a request. Linux only, since it reads /proc.
//!
//! The server is a process of its own. All take turns in one run, so that a slow moment of the machine hits all of them;
//! what counts is the ratio of their medians.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and ends by panicking")]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use proofmark::inside::transport::Keeping;
use support::{
    ANSWER, is_quick, load_cases_keeping, median, processor_time, served, start_server, write_cases,
};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

fn target(url: &str, number: usize) -> String {
    format!("{url}/books?id=b-{number}&language=en")
}

/// Sends every request, each of so many workers one after the other: the least that a client can do.
async fn spread<F>(count: usize, jobs: usize, send: impl Fn(usize) -> F + Clone + Send + 'static)
where
    F: Future<Output = ()> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..jobs {
        let (next, send) = (Arc::clone(&next), send.clone());
        workers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return;
                }
                send(number).await;
            }
        });
    }
    workers.join_all().await;
}

async fn bare_reqwest(url: &str, count: usize, jobs: usize) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = url.to_owned();
    spread(count, jobs, move |number| {
        let (client, target) = (client.clone(), target(&url, number));
        async move {
            let answer = client.get(target).send().await.unwrap();
            assert_eq!(answer.bytes().await.unwrap(), ANSWER);
        }
    })
    .await;
}

async fn bare_hyper(url: &str, count: usize, jobs: usize) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let url = url.to_owned();
    spread(count, jobs, move |number| {
        let (client, target) = (client.clone(), target(&url, number));
        async move {
            let request = Request::get(target).body(Empty::new()).unwrap();
            let answer = client.request(request).await.unwrap();
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), ANSWER);
        }
    })
    .await;
}

async fn bare_hyper_fresh(url: &str, count: usize, jobs: usize) {
    let host = url.trim_start_matches("http://").to_owned();
    spread(count, jobs, move |number| {
        let (host, target) = (host.clone(), target("", number));
        async move {
            let stream = TcpStream::connect(&host).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
            let driver = tokio::spawn(connection);
            let request = Request::get(target).header("host", host).body(Empty::<Bytes>::new()).unwrap();
            let answer = sender.send_request(request).await.unwrap();
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), ANSWER);
            drop(sender);
            let _ = driver.await;
        }
    })
    .await;
}

/// The times of one client: by the clock, and on a processor.
#[derive(Default)]
struct Times {
    clock: Vec<Duration>,
    processor: Vec<Duration>,
}

impl Times {
    async fn add<T>(&mut self, client: impl Future<Output = T>) {
        let (start, spent) = (Instant::now(), processor_time());
        client.await;
        self.clock.push(start.elapsed());
        self.processor.push(processor_time().saturating_sub(spent));
    }

    /// The medians for one request, in microseconds.
    fn medians(&mut self, count: u32) -> [f64; 2] {
        [&mut self.clock, &mut self.processor]
            .map(|times| median(times).as_secs_f64() * 1e6 / f64::from(count))
    }
}

async fn compare(folder: &Path, url: &str, count: usize, rounds: usize) {
    let requests = u32::try_from(count).unwrap();
    println!(
        "{count} cases against a server that does nothing, median of {rounds} rounds; µs for each request\n"
    );
    println!("at once  connections  client     clock  processor  proofmark/it: clock  processor");
    for jobs in [1, 16, 64] {
        let mut times: [Times; 5] = Default::default();
        for _ in 0..rounds {
            // Reading files is no part of what a request costs.
            let [kept, fresh] = [Keeping::Reuse, Keeping::Fresh]
                .map(|keeping| load_cases_keeping(folder, url, jobs, None, keeping));
            Box::pin(times[0].add(kept.run())).await;
            times[1].add(bare_reqwest(url, count, jobs)).await;
            times[2].add(bare_hyper(url, count, jobs)).await;
            Box::pin(times[3].add(fresh.run())).await;
            times[4].add(bare_hyper_fresh(url, count, jobs)).await;
        }
        let [kept, reqwest, hyper, fresh, hyper_fresh] = times.map(|mut times| times.medians(requests));
        let line = |kind: &str, name: &str, [clock, processor]: [f64; 2], ours: [f64; 2]| {
            let (by_clock, by_processor) = (ours[0] / clock, ours[1] / processor);
            println!(
                "{jobs:>7}  {kind:<11}  {name:<9}  {clock:>5.1}  {processor:>9.1}  {by_clock:>19.2}  {by_processor:>9.2}"
            );
        };
        line("kept", "proofmark", kept, kept);
        line("kept", "reqwest", reqwest, kept);
        line("kept", "hyper", hyper, kept);
        line("fresh", "proofmark", fresh, fresh);
        line("fresh", "hyper", hyper_fresh, fresh);
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    if served().await {
        return;
    }
    let (count, rounds) = if is_quick() { (200, 1) } else { (10_000, 11) };
    let folder = tempfile::tempdir().unwrap();
    write_cases(folder.path(), count);
    let (mut server, url) = start_server();
    Box::pin(compare(folder.path(), &url, count, rounds)).await;
    drop(server.stdin.take());
    server.wait().unwrap();
}
