//! Cases for each second against a server that does nothing, beside bare clients that send the same.
//!
//! The three take turns in one run, so that a slow moment of the machine hits all of them; what counts
//! is the ratio of their medians.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and ends by panicking")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use support::{ANSWER, is_quick, load_cases, median, start_idle_server, write_cases};
use tokio::task::JoinSet;

fn target(url: &str, number: usize) -> String {
    format!("{url}/books?id=b-{number}&language=en")
}

/// Sends every request, each of so many workers one after the other: the least that a client can do.
async fn spread<F>(count: usize, jobs: usize, send: impl Fn(usize) -> F + Clone + Send + 'static) -> Duration
where
    F: Future<Output = ()> + Send,
{
    let start = Instant::now();
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
    start.elapsed()
}

async fn bare_reqwest(url: &str, count: usize, jobs: usize) -> Duration {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = url.to_owned();
    spread(count, jobs, move |number| {
        let (client, target) = (client.clone(), target(&url, number));
        async move {
            let answer = client.get(target).send().await.unwrap();
            assert_eq!(answer.bytes().await.unwrap(), ANSWER);
        }
    })
    .await
}

async fn bare_hyper(url: &str, count: usize, jobs: usize) -> Duration {
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
    .await
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let (count, rounds) = if is_quick() { (200, 1) } else { (10_000, 11) };
    let folder = tempfile::tempdir().unwrap();
    write_cases(folder.path(), count);
    let url = start_idle_server().await;
    println!("{count} cases against a server that does nothing, median of {rounds} rounds\n");
    println!("at once  proofmark  reqwest  hyper    proofmark/reqwest  proofmark/hyper");
    for jobs in [1, 16, 64] {
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..rounds {
            times[0].push(load_cases(folder.path(), &url, jobs).run().await);
            times[1].push(bare_reqwest(&url, count, jobs).await);
            times[2].push(bare_hyper(&url, count, jobs).await);
        }
        let [ours, reqwest, hyper] = times.map(|mut times| median(&mut times).as_secs_f64());
        println!(
            "{jobs:>7}  {ours:>7.2} s  {reqwest:>5.2} s  {hyper:>4.2} s  {:>17.2}  {:>15.2}",
            ours / reqwest,
            ours / hyper
        );
    }
}
