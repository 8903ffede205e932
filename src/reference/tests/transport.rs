//! The endpoint's life, and the faults of transport, each shown to do what its name says.

use super::Desk;
use crate::reference::{Identity, Reference, ReferenceSettings};
use serde_json::json;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn a_stopped_endpoint_is_gone() {
    let desk = Desk::open(&[]).await;
    let request = desk.get("");
    desk.endpoint.shut_down().await;
    assert!(request.send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let first = Reference::start(ReferenceSettings::default()).await.unwrap();
    let listen = first.url()["http://".len()..].parse().unwrap();
    let settings = ReferenceSettings { listen, ..ReferenceSettings::default() };
    let error = Reference::start(settings).await.unwrap_err();
    assert_eq!(error.to_string(), format!("listen on {listen}"));
}

#[tokio::test]
async fn faults_leave_the_hook_alone() {
    let desk = Desk::open(&["close-before-answer", "no-request-id", "throttled"]).await;
    desk.set_up("an image pipeline", json!({})).await;
}

#[tokio::test]
async fn a_connection_is_closed_before_the_answer() {
    let desk = Desk::open(&["close-before-answer"]).await;
    let error = desk.get("Format=JSON").send().await.unwrap_err();
    assert!(error.is_request());
}

#[tokio::test]
async fn a_slow_answer_is_not_there_soon() {
    let desk = Desk::open(&["slow-answer"]).await;
    let answer = timeout(Duration::from_millis(100), desk.get("Format=JSON").send()).await;
    assert!(answer.is_err());
}

#[tokio::test]
async fn a_slow_body_begins_and_does_not_end_soon() {
    let desk = Desk::open(&["slow-body"]).await;
    let answer = desk.get("Format=JSON").send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(timeout(Duration::from_millis(100), answer.text()).await.is_err());
}

#[tokio::test]
async fn a_reset_comes_in_the_middle_of_the_body() {
    let desk = Desk::open(&["reset-mid-body"]).await;
    let mut answer = desk.get("Format=JSON").send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    assert!(answer.chunk().await.is_err());
}

#[tokio::test]
async fn a_huge_body_goes_on_past_any_answer() {
    let desk = Desk::open(&["huge-body"]).await;
    let mut answer = desk.get("Format=JSON").send().await.unwrap();
    let mut size = 0;
    while size < 4 * 1024 * 1024 {
        size += answer.chunk().await.unwrap().unwrap().len();
    }
}

#[tokio::test]
async fn a_redirect_leads_back_to_the_same_place() {
    let desk = Desk::open(&["redirect"]).await;
    let answer = desk.get("Format=JSON").send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "/?Format=JSON");
}

#[tokio::test(start_paused = true)]
async fn an_encrypted_connection_that_is_never_agreed_on_is_closed() {
    let identity = Some(Identity::self_made(["localhost"]).unwrap());
    let endpoint =
        Reference::start(ReferenceSettings { identity, ..ReferenceSettings::default() }).await.unwrap();
    let mut silent = TcpStream::connect(endpoint.address).await.unwrap();
    let start = Instant::now();
    let mut byte = [0; 1];
    let read = timeout(Duration::from_mins(1), silent.read(&mut byte)).await;
    assert_eq!(read.expect("the endpoint closes it").unwrap(), 0);
    assert!((9..=11).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}
