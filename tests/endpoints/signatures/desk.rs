//! A reference endpoint that verifies signatures, with a clock set by hand, and requests for it.

use super::probe::Probe;
use proofmark::inside::model::{Method, Request, SentBody};
use proofmark::inside::sign::{Credentials, SigningContext};
use proofmark::inside::transport::{Address, Client, Connection, TransportLimits};
use proofmark::reference::{AuthMode, Clock, Reference, ReferenceSettings};
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// What a caller hears who is let in and names a pipeline that does not exist.
pub(crate) const LET_IN: &str = "InvalidImagePipeline.NotFound";

/// A key that does not expire.
pub(crate) fn key() -> Credentials {
    Credentials::new("testid", "testsecret")
}

/// A key with a security token, which has characters that every encoding changes.
pub(crate) fn temporary() -> Credentials {
    Credentials::new("STS.temporary", "temporarysecret").with_security_token("a/token+ =")
}

/// What an endpoint said.
#[derive(Debug, PartialEq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// Where parameters go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Query,
    Form,
}

pub(crate) struct Desk {
    pub(crate) clock: Clock,
    reference: Reference,
    client: Client,
    address: Address,
    nonces: AtomicU64,
}

impl Desk {
    pub(crate) async fn open(auth: AuthMode, faults: &[&str]) -> Self {
        let clock = Clock::at(now());
        let settings = ReferenceSettings {
            faults: faults.iter().map(|name| name.parse().unwrap()).collect(),
            auth,
            keys: vec![key(), temporary()],
            clock: clock.clone(),
            ..ReferenceSettings::default()
        };
        let reference = Reference::start(settings).await.unwrap();
        let address = Address::new(&reference.url()).unwrap();
        let client = Client::new(TransportLimits::default(), &Connection::default(), [&address]).unwrap();
        Self { clock, reference, client, address, nonces: AtomicU64::new(0) }
    }

    /// The authority that the endpoint is reached under.
    pub(crate) fn host(&self) -> String {
        self.reference.url()["http://".len()..].to_owned()
    }

    /// A context for one request, with a nonce of its own.
    pub(crate) fn context(&self) -> SigningContext {
        let nonce = self.nonces.fetch_add(1, Ordering::Relaxed);
        SigningContext {
            host: self.host(),
            time: self.clock.now(),
            nonce: format!("nonce-{nonce}"),
            access_key_id: None,
        }
    }

    /// A pipeline that can be started.
    pub(crate) async fn pipeline(&self) -> String {
        let hook = Address::new(&self.reference.states_url()).unwrap();
        let body = r#"{"state":"an image pipeline","action":"setup"}"#.to_owned();
        let answer = self.client.post_json(self.client.turn().await, &hook, body).await.unwrap();
        assert_eq!(answer.status, 200);
        serde_json::from_slice::<Value>(&answer.body).unwrap()["pipeline"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn send(&self, request: &Request) -> Answered {
        let answer = self.client.send(self.client.turn().await, &self.address, request).await.unwrap();
        Answered::read(answer.status, &answer.bytes)
    }

    /// Signs and sends what a probe says.
    pub(crate) async fn run(&self, probe: &Probe) -> Answered {
        let mut answered = None;
        let mut requests = probe.requests(self.context());
        for request in &mut requests {
            answered = Some(self.send(request).await);
        }
        let mut answered = answered.unwrap();
        // The newer string to sign is a digest over the host, whose port differs each time.
        if let Some((before, digest)) = answered.message.split_once("ACS3-HMAC-SHA256\n") {
            answered.message = format!("{before}ACS3 and {} digits", digest.len());
        }
        answered
    }
}

impl Answered {
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self { status, code: text("Code"), message: text("Message") }
    }
}

/// A day of no consequence: 2024-01-01T00:00:00Z.
pub(crate) fn now() -> SystemTime {
    // 54 years with 13 leap days.
    SystemTime::UNIX_EPOCH + Duration::from_hours((54 * 365 + 13) * 24)
}

/// A context for a request that is not sent.
pub(crate) fn context(nonce: &str) -> SigningContext {
    SigningContext {
        host: "127.0.0.1:1".to_owned(),
        time: now(),
        nonce: nonce.to_owned(),
        access_key_id: None,
    }
}

/// A start on a pipeline that does not exist, unless another one is named.
pub(crate) fn start(method: &str, way: Way, more: &[(&str, &str)]) -> Request {
    let mut params = vec![
        ("Action", "StartImagePipelineExecution"),
        ("Version", "2014-05-26"),
        ("Format", "JSON"),
        ("RegionId", "cn-hangzhou"),
        ("ImagePipelineId", "ip-none"),
    ];
    params.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    params.extend(more);
    request(method, way, &params)
}

/// A request with parameters, before it is signed.
pub(crate) fn request(method: &str, way: Way, params: &[(&str, &str)]) -> Request {
    let pairs: Vec<String> =
        params.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    let pairs = pairs.join("&");
    let (target, body) = match way {
        Way::Query => (format!("/?{pairs}"), SentBody::Empty),
        Way::Form => ("/".to_owned(), SentBody::Form(pairs)),
    };
    let kind = body.content_type().map(|kind| ("content-type".to_owned(), kind.to_owned()));
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Request {
        method: Method::new(method).unwrap(),
        target,
        headers: kind.into_iter().collect(),
        body,
        params: params.collect(),
        format: None,
    }
}

/// Form encoding, with `+` for a space, as one of the official clients has it.
fn escaped(value: &str) -> String {
    let bytes = value.bytes().map(|byte| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-._~*".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}
