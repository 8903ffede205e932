//! The reference endpoint mounted in a mock server of wiremock: as good as one on a port, but for what is said to differ.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::{code, out, proofmark};
use proofmark::inside::embedded::{self, KEY_ID, KEY_SECRET};
use proofmark::reference::{AuthMode, Fault, ReferenceSettings, Responder};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

/// A mock server with the endpoint in it, which verifies signatures.
async fn mounted(faults: &[&str]) -> MockServer {
    let faults = faults.iter().map(|name| name.parse().unwrap()).collect();
    let settings = ReferenceSettings {
        faults,
        auth: AuthMode::Any,
        keys: vec![embedded::key()],
        ..ReferenceSettings::default()
    };
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(Responder::new(settings).unwrap()).mount(&server).await;
    server
}

/// The exit code and the output of a run of cases against it.
async fn judged(server: &MockServer, arguments: &'static [&'static str]) -> (i32, String) {
    let states = format!("{}{}", server.uri(), Responder::STATES);
    let url = server.uri();
    let run = move || {
        let endpoint = ["run", "-q", "--sign", "v3", "--endpoint", &url, "--states", &states];
        let mut run = proofmark(&[&endpoint, arguments].concat());
        run.env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID).env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET);
        let output = run.output().unwrap();
        (code(&output), out(&output))
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// The answer to a request with this target, sent as it is.
async fn answer(server: &MockServer, target: &str) -> String {
    let address = *server.address();
    let request = format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let ask = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds_with_signatures_verified() {
    let server = mounted(&[]).await;
    let (code, said) = judged(&server, &[]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("CONFORMS"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_found_through_it() {
    let server = mounted(&["no-host-id"]).await;
    let (code, said) = judged(&server, &["without-state/"]).await;
    assert_eq!(code, 1, "{said}");
}

#[test]
fn faults_that_it_cannot_show_are_refused() {
    let names: Vec<String> = Fault::catalogue().into_iter().map(|entry| entry.name).collect();
    let refused = names.iter().filter(|name| {
        let faults = vec![name.parse().unwrap()];
        Responder::new(ReferenceSettings { faults, ..ReferenceSettings::default() }).is_err()
    });
    let refused: Vec<&str> = refused.map(String::as_str).collect();
    let transport =
        ["close-before-answer", "slow-answer", "slow-body", "reset-mid-body", "huge-body", "redirect"];
    assert_eq!(refused, [&["start-race"][..], &transport].concat());
}

#[tokio::test]
async fn clones_share_their_state() {
    let responder = Responder::new(ReferenceSettings::default()).unwrap();
    let (one, other) = (MockServer::start().await, MockServer::start().await);
    Mock::given(any()).respond_with(responder.clone()).mount(&one).await;
    Mock::given(any()).respond_with(responder).mount(&other).await;
    let create = "/?Action=CreateImagePipeline&Version=2014-05-26&Format=JSON&RegionId=cn-hangzhou\
                  &BaseImageType=IMAGE&BaseImage=aliyun_3_x64_20G_alibase_20240819.vhd";
    let made: serde_json::Value =
        serde_json::from_str(answer(&one, create).await.split_once("\r\n\r\n").unwrap().1).unwrap();
    let list = "/?Action=DescribeImagePipelines&Version=2014-05-26&Format=JSON&RegionId=cn-hangzhou";
    let listed = answer(&other, list).await;
    assert!(listed.contains(made["ImagePipelineId"].as_str().unwrap()), "{listed}");
}

#[tokio::test]
async fn targets_are_rewritten_as_it_is_said() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(Responder::new(ReferenceSettings::default()).unwrap())
        .mount(&server)
        .await;
    let start = "Action=StartImagePipelineExecution&Version=2014-05-26&Format=JSON";
    for (target, said) in [
        // Resolved: a port answers that there is no such action.
        (format!("/a/.././?{start}"), r#""Code":"MissingParameter.RegionId""#),
        (format!("/a?{start}"), r#""Code":"InvalidAction.NotFound""#),
        // Encoded, and decoded to what it was.
        (format!("/?{start}&RegionId='é'&ImagePipelineId=a"), r#"\"'é'\""#),
        // The last one counts.
        (format!("/?{start}&RegionId=first&RegionId=last&ImagePipelineId=a"), r#"\"last\""#),
        (format!("/?{start}&RegionId=%FF"), r#"\"RegionId\""#),
        (format!("/?{start}&RegionId={}", "é".repeat(20_000)), "HTTP/1.1 414 "),
    ] {
        let shown: String = target.chars().take(200).collect();
        let found = answer(&server, &target).await;
        assert!(found.contains(said), "{shown}\n{found}");
    }
}
