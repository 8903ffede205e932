//! The load of `benches/serve.rs`: rounds of requests that leave ever more state behind, over kept connections.
//!
//! A caller is the least that a client can be: one connection of hyper, one request after the other.

#![expect(clippy::unwrap_used, reason = "a benchmark ends by panicking")]

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How many requests make a round.
pub(crate) const ROUND: usize = 12;

/// States that a start succeeds in, each with other things beside the pipeline.
const STATES: [&str; 4] = [
    "an image pipeline",
    "an image pipeline built from an image family",
    "an image pipeline with a component",
    "an image pipeline built from an OSS object",
];

/// In place of an identifier that a server did not answer with, so that each server gets requests of one length.
const NO_ID: &str = "ip-abcdefghijklmnopqrst";

/// One client with its connection.
pub(crate) struct Caller {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    /// What its identifiers start with, so that no two callers share one.
    name: String,
    /// Whether answers are to be those of the reference endpoint.
    is_held: bool,
}

impl Caller {
    /// Connects to a server.
    pub(crate) async fn connect(url: &str, name: String, is_held: bool) -> Self {
        let host = url.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(async move { connection.await.unwrap() });
        Self { sender, host, name, is_held }
    }

    /// Sends a request, holds its status against the expected one, and gives the body.
    async fn send(&mut self, method: Method, target: &str, body: String, expected: u16) -> Bytes {
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().unwrap();
        request.headers_mut().insert("host", self.host.parse().unwrap());
        self.sender.ready().await.unwrap();
        let answer = self.sender.send_request(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(!self.is_held || status == expected, "{target}: {status} {body:?}");
        body
    }

    async fn get(&mut self, parameters: &str, expected: u16) -> Bytes {
        self.send(Method::GET, &format!("/?{COMMON}&{parameters}"), String::new(), expected).await
    }

    /// One round about a pipeline of its own, which is never torn down: two accepted starts with a token each, one of
    /// them replayed twice, a cancellation between them, and six refusals.
    pub(crate) async fn round(&mut self, number: usize) {
        let (name, state) = (format!("{}-{number}", self.name), STATES[number % STATES.len()]);
        let set_up = format!(r#"{{"state": "{state}", "action": "setup", "purpose": "{name}"}}"#);
        let made = self.send(Method::POST, "/_proofmark/states", set_up, 200).await;
        let pipeline = id(&made, "\"pipeline\":\"");
        let start = format!("{START}&RegionId=cn-hangzhou&ImagePipelineId={pipeline}");
        let tags = "Tag.1.Key=team&Tag.1.Value=load&Tag.2.Key=purpose&Tag.2.Value=a%20measure";
        let first = format!("{start}&ClientToken={name}-first&{tags}");
        let started = self.get(&first, 200).await;
        self.get(&first, 200).await;
        let form = format!("{COMMON}&Format=XML&{first}");
        self.send(Method::POST, "/", form, 200).await;
        self.get(&format!("{start}&ClientToken={name}-other&{tags}"), 403).await;
        self.get(&format!("{start}&ClientToken={name}-first&Tag.1.Key=changed"), 400).await;
        self.get(&format!("{START}&ImagePipelineId={pipeline}"), 400).await;
        self.get(&format!("{START}&RegionId=cn-hangzhou&ImagePipelineId={NO_ID}"), 404).await;
        self.get(&format!("{start}&Tag.1.Key=acs:team"), 400).await;
        self.get(&format!("{start}&Tag.1.Key=team&Tag.2.Key=team"), 400).await;
        let execution = id(&started, "\"ExecutionId\":\"");
        let cancel =
            format!("Action=CancelImagePipelineExecution&RegionId=cn-hangzhou&ExecutionId={execution}");
        self.get(&cancel, 200).await;
        self.get(&format!("{start}&ClientToken={name}-second&{tags}"), 200).await;
    }
}

const COMMON: &str = "Version=2014-05-26&Format=JSON";
const START: &str = "Action=StartImagePipelineExecution";

/// The text after a mark, up to the next quote.
fn id(body: &[u8], mark: &str) -> String {
    let text = str::from_utf8(body).unwrap();
    let rest = text.split_once(mark).and_then(|(_, rest)| rest.split_once('"'));
    rest.map_or(NO_ID, |(id, _)| id).to_owned()
}
