//! What an exchange with the endpoint looks like: envelope, formats, ways to send, tokens and starts at the same time.

use super::{Desk, filled, read, start_on};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

#[tokio::test]
async fn sound_pipelines_are_started() {
    let desk = Desk::open(&[]).await;
    for (state, params) in [
        ("an image pipeline", json!({})),
        ("an image pipeline with an execution", json!({ "status": "TEST_FAILED" })),
        ("an image pipeline with build content", json!({ "content": "RUN a" })),
        ("an image pipeline with test content", json!({ "content": "RUN a" })),
        ("an image pipeline built from an image family", json!({})),
        ("an image pipeline with a component", json!({})),
        ("an image pipeline built from an OSS object", json!({})),
        ("an image pipeline with a restored OSS object", json!({})),
        ("an image pipeline with a Docker registry of a given length", json!({ "length": 512 })),
        ("an image pipeline with a Docker user of a given length", json!({ "length": 1 })),
    ] {
        let variables = desk.set_up(state, params).await;
        let (status, body) = desk.start(&variables, "").await;
        assert_eq!(status, 200, "{state} {body}");
        let execution = body["ExecutionId"].as_str().unwrap();
        assert_eq!((&execution[..5], execution.len()), ("exec-", 25));
    }
}

#[tokio::test]
async fn an_answer_has_its_envelope() {
    let desk = Desk::open(&[]).await;
    let variables = desk.set_up("an image pipeline", json!({})).await;
    let answer = desk.get(&start_on(&variables, "")).send().await.unwrap();
    let headers = answer.headers().clone();
    assert_eq!(headers["content-type"], "application/json;charset=utf-8");
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["x-acs-trace-id"].len(), 32);
    let (_, body) = read(answer).await;
    assert_eq!(body["RequestId"], headers["x-acs-request-id"].to_str().unwrap());
    let (_, error) = desk.start(&variables, "").await;
    assert_eq!(error["HostId"], "127.0.0.1");
    let keys: Vec<_> = error.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["RequestId", "HostId", "Code", "Message", "Recommend"]);
    assert_ne!(body["RequestId"], error["RequestId"]);
}

#[tokio::test]
async fn xml_holds_hostile_text_harmless() {
    let desk = Desk::open(&[]).await;
    let query = "Action=StartImagePipelineExecution&Version=2014-05-26&RegionId=cn-hangzhou\
                 &ImagePipelineId=%3C/Message%3E%00%26";
    let answer = desk.get(query).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/xml;charset=utf-8");
    let body = answer.text().await.unwrap();
    assert!(body.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><RequestId>"));
    assert!(body.contains("&quot;&lt;/Message&gt;?&amp;&quot;"), "{body}");
    assert!(body.ends_with("</Error>"));
}

#[tokio::test]
async fn get_post_query_form_and_headers_are_alike() {
    let desk = Desk::open(&[]).await;
    let url = desk.endpoint.url();
    for kind in ["post-query", "form", "headers", "split"] {
        let variables = desk.set_up("an image pipeline", json!({})).await;
        let all = start_on(&variables, "");
        let split = filled("RegionId={region}&ImagePipelineId={pipeline}", &variables);
        let form =
            |request: RequestBuilder| request.header("content-type", "application/x-www-form-urlencoded");
        let request = match kind {
            "post-query" => desk.client.post(format!("{url}/?{all}")),
            "form" => form(desk.client.post(&url)).body(all),
            "headers" => desk.client.post(format!("{url}/?{split}")),
            _ => form(desk.client.post(format!("{url}/?Format=JSON"))).body(split),
        };
        let request = match kind {
            "headers" | "split" => request
                .header("x-acs-action", "StartImagePipelineExecution")
                .header("x-acs-version", "2014-05-26"),
            _ => request,
        };
        let (status, body) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 200, "{kind} {body}");
    }
}

#[tokio::test]
async fn other_methods_and_large_bodies_are_refused() {
    let desk = Desk::open(&[]).await;
    let url = format!("{}/?Format=JSON", desk.endpoint.url());
    let put = desk.client.request(Method::PUT, &url).send().await.unwrap();
    let (status, body) = read(put).await;
    assert_eq!((status, &body["Code"]), (403, &json!("UnsupportedHTTPMethod")));
    let post = desk.client.post(&url).body("x".repeat(1024 * 1024));
    let (status, body) = read(post.send().await.unwrap()).await;
    assert_eq!((status, &body["Code"]), (413, &json!("RequestEntityTooLarge")));
}

#[tokio::test]
async fn a_replay_gets_the_first_result() {
    let desk = Desk::open(&[]).await;
    let variables = desk.set_up("an image pipeline", json!({})).await;
    let first = desk.start(&variables, "&ClientToken=t&Tag.1.Key=a&Tag.2.Key=b&Timestamp=1").await;
    let again = desk.start(&variables, "&Tag.1.Key=b&Tag.2.Key=a&ClientToken=t&Timestamp=2").await;
    assert_eq!((first.0, again.0), (200, 200));
    assert_eq!(first.1["ExecutionId"], again.1["ExecutionId"]);
    assert_ne!(first.1["RequestId"], again.1["RequestId"]);
    let (status, changed) = desk.start(&variables, "&ClientToken=t").await;
    assert_eq!((status, &changed["Code"]), (400, &json!("IdempotentParameterMismatch")));
    let (status, other) = desk.start(&variables, "&ClientToken=T").await;
    assert_eq!((status, &other["Code"]), (403, &json!("InvalidImagePipeline.HasRunningExecution")));
}

#[tokio::test]
async fn a_failure_is_not_remembered() {
    let desk = Desk::open(&[]).await;
    let running = desk.set_up("an image pipeline with an execution", json!({ "status": "TESTING" })).await;
    assert_eq!(desk.start(&running, "&ClientToken=t").await.0, 403);
    let free = desk.set_up("an image pipeline", json!({})).await;
    assert_eq!(desk.start(&free, "&ClientToken=t").await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_starts_at_once_one_succeeds() {
    let desk = Desk::open(&[]).await;
    let variables = desk.set_up("an image pipeline", json!({})).await;
    let starts = (0..16).map(|_| tokio::spawn(desk.get(&start_on(&variables, "")).send()));
    let mut started = 0;
    for start in starts.collect::<Vec<_>>() {
        let answer = start.await.unwrap().unwrap();
        started += usize::from(answer.status() == 200);
    }
    assert_eq!(started, 1);
}
