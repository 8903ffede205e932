//! The endpoint over the network: each error row, the envelope, tokens, concurrent starts, the hook, and transport faults.

use super::{filled, setup, start_on};
use crate::reference::row::ErrorRow;
use crate::reference::{Fault, Reference, Settings};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::timeout;

/// A running endpoint and a client for it.
struct Desk {
    endpoint: Reference,
    client: Client,
}

impl Desk {
    async fn open(faults: &[&str]) -> Self {
        let settings = Settings {
            faults: faults
                .iter()
                .map(|name| name.parse::<Fault>().unwrap())
                .collect(),
            ..Settings::default()
        };
        let client = Client::builder().no_proxy();
        Self {
            endpoint: Reference::start(settings).await.unwrap(),
            client: client.redirect(Policy::none()).build().unwrap(),
        }
    }

    async fn hook(&self, body: String) -> (StatusCode, Value) {
        let answer = self
            .client
            .post(self.endpoint.states_url())
            .body(body)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        (
            status,
            serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
        )
    }

    async fn set_up(&self, state: &str, params: Value) -> Value {
        let (status, variables) = self.hook(setup(state, &params)).await;
        assert_eq!(status, 200, "{variables}");
        variables
    }

    fn get(&self, query: &str) -> RequestBuilder {
        self.client.get(format!("{}/?{query}", self.endpoint.url()))
    }

    async fn start(&self, variables: &Value, more: &str) -> (u16, Value) {
        read(self.get(&start_on(variables, more)).send().await.unwrap()).await
    }
}

async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    (
        status,
        serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
    )
}

/// A row, the state that brings it about, and what is added to a start in it.
type RowCase = (ErrorRow, &'static str, Value, &'static str);

fn row_cases() -> Vec<RowCase> {
    let sound = "an image pipeline";
    let state = |row, state| (row, state, json!({}), "");
    let added = |row, more| (row, sound, json!({}), more);
    let registry = "an image pipeline with a Docker registry of a given length";
    let user = "an image pipeline with a Docker user of a given length";
    let running = (
        "an image pipeline with an execution",
        json!({ "status": "BUILDING" }),
    );
    vec![
        state(
            ErrorRow::OsTypeUnsupported,
            "an image pipeline whose base image cannot be built on",
        ),
        state(
            ErrorRow::BuildContent,
            "an image pipeline with malformed build content",
        ),
        state(
            ErrorRow::TestContent,
            "an image pipeline with malformed test content",
        ),
        state(
            ErrorRow::ComponentNotSupported,
            "an image pipeline with an unsupported component",
        ),
        added(ErrorRow::DuplicateTagKey, "&Tag.1.Key=k&Tag.7.Key=k"),
        added(ErrorRow::TagKeyMalformed, "&Tag.1.Key=acs:k"),
        added(
            ErrorRow::TagValueMalformed,
            "&Tag.1.Key=k&Tag.1.Value=http://v",
        ),
        (
            ErrorRow::DockerRegistryMalformed,
            registry,
            json!({ "length": 513 }),
            "",
        ),
        (
            ErrorRow::DockerUserMalformed,
            user,
            json!({ "length": "129" }),
            "",
        ),
        state(
            ErrorRow::ImageNameDuplicated,
            "an image pipeline whose image name is taken",
        ),
        state(
            ErrorRow::StartFailed,
            "an image pipeline whose build service is down",
        ),
        (ErrorRow::HasRunningExecution, running.0, running.1, ""),
        state(
            ErrorRow::OssObjectNotAuthorized,
            "an image pipeline with an OSS object that may not be read",
        ),
        state(
            ErrorRow::OssObjectNeedRestore,
            "an image pipeline with an archived OSS object",
        ),
        state(
            ErrorRow::NoRightAccessOss,
            "an image pipeline without the OSS role",
        ),
        state(ErrorRow::PipelineNotFound, "a deleted image pipeline"),
        state(
            ErrorRow::InstanceTypeNotFound,
            "an image pipeline whose instance type is gone",
        ),
        state(
            ErrorRow::VSwitchNotFound,
            "an image pipeline whose vSwitch is gone",
        ),
        added(ErrorRow::RegionNotFound, "&RegionId=xx-nowhere"),
        state(
            ErrorRow::ImageNotFound,
            "an image pipeline whose image family is empty",
        ),
        state(
            ErrorRow::ComponentNotFound,
            "an image pipeline with a missing component",
        ),
        state(
            ErrorRow::BaseImageNotFound,
            "an image pipeline whose base image is gone",
        ),
        state(
            ErrorRow::OssObjectNotFound,
            "an image pipeline with a missing OSS object",
        ),
        added(ErrorRow::FormatInvalid, "&Format=yaml"),
        added(ErrorRow::ActionMissing, "&Action="),
        added(
            ErrorRow::ActionNotFound,
            "&Action=StopImagePipelineExecution",
        ),
        added(ErrorRow::VersionInvalid, "&Version=2014-05-27"),
        added(ErrorRow::RegionMissing, "&RegionId="),
        added(ErrorRow::PipelineMissing, "&ImagePipelineId="),
        added(ErrorRow::TokenUnsupported, "&ClientToken=%E7%95%8C"),
        added(ErrorRow::TagNumberExceeded, "&Tag.21.Key=k"),
        added(ErrorRow::ParameterInvalid, "&Other=%FF"),
    ]
}

#[tokio::test]
async fn every_row_is_answered_with_its_status_code_and_message() {
    let desk = Desk::open(&[]).await;
    for (row, state, params, more) in row_cases() {
        let variables = desk.set_up(state, params).await;
        let request = desk.get(&start_on(&variables, more));
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        assert_eq!(status, row.status(), "{row:?} {text}");
        assert!(text.contains(row.code()), "{row:?} {text}");
        let Ok(body) = serde_json::from_str::<Value>(&text) else {
            // Where no format is understood, the answer has the default one, which is XML.
            assert_eq!(row, ErrorRow::FormatInvalid, "{text}");
            continue;
        };
        assert_eq!(body["Code"], row.code());
        let (before, after) = row
            .template()
            .split_once("%s")
            .unwrap_or((row.template(), ""));
        let message = body["Message"].as_str().unwrap();
        let filling = message
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .unwrap();
        assert_eq!(filling.is_empty(), !row.is_template(), "{message}");
        assert!(!message.contains("%s"));
    }
}

#[tokio::test]
async fn the_rows_of_the_operation_are_all_brought_about() {
    let covered: HashSet<ErrorRow> = row_cases().into_iter().map(|(row, ..)| row).collect();
    let elsewhere = [
        ErrorRow::UnsupportedHttpMethod,
        ErrorRow::TokenMismatch,
        ErrorRow::BodyTooLarge,
    ];
    let missing: Vec<_> = ErrorRow::ALL
        .iter()
        .filter(|row| !covered.contains(row))
        .collect();
    assert_eq!(missing, elsewhere.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn sound_pipelines_are_started() {
    let desk = Desk::open(&[]).await;
    for (state, params) in [
        ("an image pipeline", json!({})),
        (
            "an image pipeline with an execution",
            json!({ "status": "TEST_FAILED" }),
        ),
        (
            "an image pipeline with build content",
            json!({ "content": "RUN a" }),
        ),
        (
            "an image pipeline with test content",
            json!({ "content": "RUN a" }),
        ),
        ("an image pipeline built from an image family", json!({})),
        ("an image pipeline with a component", json!({})),
        ("an image pipeline built from an OSS object", json!({})),
        ("an image pipeline with a restored OSS object", json!({})),
        (
            "an image pipeline with a Docker registry of a given length",
            json!({ "length": 512 }),
        ),
        (
            "an image pipeline with a Docker user of a given length",
            json!({ "length": 1 }),
        ),
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
    assert_eq!(
        body["RequestId"],
        headers["x-acs-request-id"].to_str().unwrap()
    );
    let (_, error) = desk.start(&variables, "").await;
    assert_eq!(error["HostId"], "127.0.0.1");
    let keys: Vec<_> = error.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["RequestId", "HostId", "Code", "Message", "Recommend"]
    );
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
    assert!(
        body.contains("&quot;&lt;/Message&gt;?&amp;&quot;"),
        "{body}"
    );
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
        let form = |request: RequestBuilder| {
            request.header("content-type", "application/x-www-form-urlencoded")
        };
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
    assert_eq!(
        (status, &body["Code"]),
        (403, &json!("UnsupportedHTTPMethod"))
    );
    let post = desk.client.post(&url).body("x".repeat(1024 * 1024));
    let (status, body) = read(post.send().await.unwrap()).await;
    assert_eq!(
        (status, &body["Code"]),
        (413, &json!("RequestEntityTooLarge"))
    );
}

#[tokio::test]
async fn a_replay_gets_the_first_result() {
    let desk = Desk::open(&[]).await;
    let variables = desk.set_up("an image pipeline", json!({})).await;
    let first = desk
        .start(
            &variables,
            "&ClientToken=t&Tag.1.Key=a&Tag.2.Key=b&Timestamp=1",
        )
        .await;
    let again = desk
        .start(
            &variables,
            "&Tag.1.Key=b&Tag.2.Key=a&ClientToken=t&Timestamp=2",
        )
        .await;
    assert_eq!((first.0, again.0), (200, 200));
    assert_eq!(first.1["ExecutionId"], again.1["ExecutionId"]);
    assert_ne!(first.1["RequestId"], again.1["RequestId"]);
    let (status, changed) = desk.start(&variables, "&ClientToken=t").await;
    assert_eq!(
        (status, &changed["Code"]),
        (400, &json!("IdempotentParameterMismatch"))
    );
    let (status, other) = desk.start(&variables, "&ClientToken=T").await;
    assert_eq!(
        (status, &other["Code"]),
        (403, &json!("InvalidImagePipeline.HasRunningExecution"))
    );
}

#[tokio::test]
async fn a_failure_is_not_remembered() {
    let desk = Desk::open(&[]).await;
    let running = desk
        .set_up(
            "an image pipeline with an execution",
            json!({ "status": "TESTING" }),
        )
        .await;
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

#[tokio::test]
async fn a_torn_down_state_is_gone() {
    let desk = Desk::open(&[]).await;
    let state = "an image pipeline with an execution";
    let variables = desk.set_up(state, json!({ "status": "FAILED" })).await;
    assert_eq!(desk.start(&variables, "&ClientToken=t").await.0, 200);
    let teardown =
        json!({ "state": state, "action": "teardown", "variables": variables }).to_string();
    assert_eq!(
        desk.hook(teardown.clone()).await,
        (StatusCode::OK, json!({}))
    );
    assert_eq!(desk.hook(teardown).await, (StatusCode::OK, json!({})));
    assert_eq!(desk.start(&variables, "&ClientToken=t").await.0, 404);
    let next = desk.set_up("an image pipeline", json!({})).await;
    assert_eq!(desk.start(&next, "&ClientToken=t").await.0, 200);
}

#[tokio::test]
async fn regions_are_told_by_their_states() {
    let desk = Desk::open(&[]).await;
    let home = desk.set_up("a region", json!({})).await;
    let other = desk.set_up("another region", json!({})).await;
    assert_ne!(home["region"], other["other_region"]);
    let variables = desk.set_up("an image pipeline", json!({})).await;
    let abroad = json!({ "region": other["other_region"], "pipeline": variables["pipeline"] });
    let (status, body) = desk.start(&abroad, "").await;
    assert_eq!(
        (status, &body["Code"]),
        (404, &json!("InvalidImagePipeline.NotFound"))
    );
}

#[tokio::test]
async fn the_hook_says_what_is_wrong_with_a_request() {
    let desk = Desk::open(&[]).await;
    let execution = "an image pipeline with an execution";
    let registry = "an image pipeline with a Docker registry of a given length";
    let malformed = "an image pipeline with malformed build content";
    for (state, params, status, part) in [
        ("an image pipelin", json!({}), 404, "`an image pipeline`"),
        (execution, json!({}), 400, "`status`"),
        (
            execution,
            json!({ "status": "building" }),
            400,
            "nearest is BUILDING",
        ),
        (registry, json!({ "length": -1 }), 400, "`length`"),
        (registry, json!({ "length": 1e9 }), 400, "`length`"),
        (malformed, json!({ "content": "RUN a" }), 400, "well-formed"),
        ("an image pipeline", json!({ "colour": 1 }), 400, "`colour`"),
    ] {
        let (answered, body) = desk.hook(setup(state, &params)).await;
        let error = body["error"].as_str().unwrap();
        assert_eq!(answered, status, "{error}");
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(desk.hook("no json".to_owned()).await.0, 400);
    let get = desk
        .client
        .get(desk.endpoint.states_url())
        .send()
        .await
        .unwrap();
    assert_eq!(get.status(), 405);
}

#[tokio::test]
async fn a_stopped_endpoint_is_gone() {
    let desk = Desk::open(&[]).await;
    let request = desk.get("");
    desk.endpoint.shut_down().await;
    assert!(request.send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let first = Reference::start(Settings::default()).await.unwrap();
    let listen = first.url()["http://".len()..].parse().unwrap();
    let settings = Settings {
        listen,
        ..Settings::default()
    };
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
    assert!(
        timeout(Duration::from_millis(100), answer.text())
            .await
            .is_err()
    );
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
