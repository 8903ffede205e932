//! Sends requests over HTTP, with a bound on every wait and every size.
//!
//! [`Client`] is one pooled client for a whole run. It follows no redirect (a followed one would
//! carry signed headers to another host), takes no proxy from the environment and repeats nothing.

mod address;
mod pace;
mod tls;
mod wait;

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Proxy, redirect, retry};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::model::{Answer, Fault, Request, whole_micros};
use crate::protocol::sign::{Redactor, Secrets};
use crate::protocol::{read_body, read_hidden};
use pace::Pace;
use wait::at_most;

pub use address::{Address, without_user};
pub use pace::Rate;
pub use tls::Tls;

/// Limits on waits and sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To a connection.
    pub connect: Duration,
    /// From the request to the last byte of the answer.
    pub answer: Duration,
    /// The largest body, in bytes.
    pub body: usize,
}

impl Default for Limits {
    /// 5 s to connect and 30 s to answer, as HTTP clients usually wait; 1 MiB, far above the answers of an API.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), answer: Duration::from_secs(30), body: 1024 * 1024 }
    }
}

/// Why a client or a target cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The address is none.
    #[error("`{url}` is no address of an endpoint: {reason}")]
    Address {
        /// What was given.
        url: String,
        /// Why.
        reason: String,
    },
    /// A file for encrypted connections cannot be used.
    #[error("encrypted connections cannot be set up: {reason}")]
    Tls {
        /// Why.
        reason: String,
    },
    /// The HTTP client could not be made.
    #[error("no HTTP client could be made")]
    Client(#[source] reqwest::Error),
}

/// How connections are made.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// Settings of encrypted ones.
    pub tls: Tls,
    /// A proxy that was named; none is ever taken from the environment.
    pub proxy: Option<Address>,
    /// Hosts whose address is given, and not looked up.
    pub resolve: Vec<(String, SocketAddr)>,
    /// A limit on requests of every kind, which waits.
    pub rate: Option<Rate>,
}

impl Connection {
    /// Whether what is sent to an address stays on this machine: it is a loopback address, and neither a proxy
    /// nor a given address of its host leads elsewhere.
    pub fn stays_here(&self, address: &Address) -> bool {
        let (host, _) = address.socket();
        let mut given = self.resolve.iter().filter(|(known, _)| known.eq_ignore_ascii_case(&host));
        address.is_loopback() && self.proxy.is_none() && given.all(|(_, given)| given.ip().is_loopback())
    }
}

/// Leave to send one request, which [`Client::turn`] gives at the rate of the connection.
#[derive(Debug)]
pub struct Turn(());

/// The pooled client of a run.
#[derive(Debug, Clone)]
pub struct Client {
    plain: reqwest::Client,
    encrypted: Option<reqwest::Client>,
    limits: Limits,
    pace: Option<Pace>,
    resolve: Vec<(String, SocketAddr)>,
    has_proxy: bool,
    redactor: Option<Redactor>,
}

impl Client {
    /// Makes the client for these addresses.
    ///
    /// # Errors
    /// If the HTTP client cannot be made, or a file of certificates cannot be used.
    pub fn new<'a>(
        limits: Limits,
        connection: &Connection,
        addresses: impl IntoIterator<Item = &'a Address>,
    ) -> Result<Self, TransportError> {
        let builder = || builder(limits, connection);
        let is_encrypted = addresses.into_iter().any(Address::is_encrypted);
        let plain = tls::plain(builder()?)?.build().map_err(TransportError::Client)?;
        let encrypted = if is_encrypted {
            Some(tls::encrypted(builder()?, &connection.tls)?.build().map_err(TransportError::Client)?)
        } else {
            None
        };
        Ok(Self {
            plain,
            encrypted,
            limits,
            pace: connection.rate.map(Pace::new),
            resolve: connection.resolve.clone(),
            has_proxy: connection.proxy.is_some(),
            redactor: None,
        })
    }

    /// The same client, which takes these secrets out of every answer, plain and encoded.
    #[must_use]
    pub fn hiding(self, secrets: &Secrets) -> Self {
        Self { redactor: Some(Redactor::new(secrets)), ..self }
    }

    fn http(&self, address: &Address) -> &reqwest::Client {
        self.encrypted.as_ref().filter(|_| address.is_encrypted()).unwrap_or(&self.plain)
    }

    /// The same client, which waits for an answer no longer than so long.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        let limits = Limits { answer: self.limits.answer.min(limit), ..self.limits };
        Self { limits, ..self.clone() }
    }

    /// Waits until the rate lets a request through; that is not part of an answer's time. Nothing is lost by
    /// whoever stops waiting.
    pub async fn turn(&self) -> Turn {
        if let Some(pace) = &self.pace {
            pace.turn().await;
        }
        Turn(())
    }

    /// Sends a request below an address and takes the whole answer.
    ///
    /// # Errors
    /// A [`Fault`] wherever no whole answer came.
    pub async fn send(&self, _turn: Turn, address: &Address, request: &Request) -> Result<Answer, Fault> {
        let built = Self::build(address, request)?;
        let limit = self.limits.answer;
        let (answered, pause) = at_most(limit, self.take(self.http(address), built)).await;
        pause.applied(answered.unwrap_or(Err(Fault::TimedOut { what: "the answer".into(), after: limit })))
    }

    /// Posts a JSON text and takes the status and the body.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn post_json(
        &self,
        _turn: Turn,
        address: &Address,
        json: String,
    ) -> Result<(u16, Vec<u8>), Fault> {
        let built = self
            .http(address)
            .post(address.url().clone())
            .header("content-type", "application/json")
            .body(json)
            .build();
        let built = built.map_err(|error| Fault::Unsendable { reason: chain(&error) })?;
        let limit = self.limits.answer;
        let (answered, pause) = at_most(limit, self.take(self.http(address), built)).await;
        let answered = answered.unwrap_or(Err(Fault::TimedOut { what: "the answer".into(), after: limit }));
        let answer = pause.applied(answered)?;
        Ok((answer.status, answer.bytes))
    }

    /// Whether the endpoint can be reached: a connection, and for an encrypted one an answer of any kind.
    ///
    /// # Errors
    /// Why it cannot.
    pub async fn reach(&self, _turn: Turn, address: &Address) -> Result<(), Fault> {
        let limit = if address.is_encrypted() { self.limits.answer } else { self.limits.connect };
        let request = self.http(address).head(address.url().clone()).build();
        let request = request.map_err(|error| Fault::Unsendable { reason: chain(&error) })?;
        let reached = async {
            if address.is_encrypted() {
                return match self.http(address).execute(request).await {
                    Err(error) if error.is_connect() => Err(self.fault(&error)),
                    // Whoever was connected to can be reached, whatever it makes of this request.
                    Ok(_) | Err(_) => Ok(()),
                };
            }
            // Only the proxy knows whether the endpoint can be reached.
            if self.has_proxy {
                return Ok(());
            }
            let (host, port) = address.socket();
            let connected = match self.resolve.iter().find(|(known, _)| known.eq_ignore_ascii_case(&host)) {
                // As requests do: a port in the address is kept.
                Some((_, given)) => {
                    TcpStream::connect((given.ip(), address.url().port().unwrap_or(given.port()))).await
                }
                None => TcpStream::connect((host, port)).await,
            };
            connected.map(|_| ()).map_err(|error| Fault::Connect { reason: error.to_string() })
        };
        match timeout(limit, reached).await {
            Ok(reached) => reached,
            // The client bounds the connection itself, so this one stands.
            Err(_) if address.is_encrypted() => Ok(()),
            Err(_) => Err(Fault::TimedOut { what: "the connection".into(), after: limit }),
        }
    }

    fn build(address: &Address, request: &Request) -> Result<reqwest::Request, Fault> {
        let unsendable = |reason: String| Fault::Unsendable { reason };
        let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes())
            .map_err(|error| unsendable(error.to_string()))?;
        let url = address.below(&request.target);
        // What is sent must be what is shown, recorded and signed.
        if url.as_str().strip_prefix(address.as_str()) != Some(request.target.as_str()) {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            return Err(unsendable(format!("`{}` would go out as `{}{query}`", request.target, url.path())));
        }
        let mut built = reqwest::Request::new(method, url);
        for (name, value) in &request.headers {
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|error| unsendable(error.to_string()))?;
            let value =
                HeaderValue::from_bytes(value.as_bytes()).map_err(|error| unsendable(error.to_string()))?;
            built.headers_mut().insert(name, value);
        }
        let body = request.body.as_str();
        if !body.is_empty() {
            *built.body_mut() = Some(body.to_owned().into());
        }
        Ok(built)
    }

    async fn take(&self, http: &reqwest::Client, request: reqwest::Request) -> Result<Answer, Fault> {
        let start = Instant::now();
        let mut response = http.execute(request).await.map_err(|error| self.fault(&error))?;
        let limit = self.limits.body;
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(Fault::TooLarge { limit });
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fault(&error))? {
            if bytes.len() + chunk.len() > limit {
                return Err(Fault::TooLarge { limit });
            }
            bytes.extend_from_slice(&chunk);
        }
        let text = |value: &HeaderValue| match value.to_str() {
            Ok(plain) => plain.to_owned(),
            Err(_) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        let mut headers = Vec::with_capacity(response.headers().len());
        headers
            .extend(response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))));
        // As it is recorded: what is judged now and what is judged again must be the same.
        let (elapsed, paused) = (whole_micros(start.elapsed()), Duration::ZERO);
        let content_type = |headers: &[(String, String)]| {
            headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.clone())
        };
        let Some(redactor) = &self.redactor else {
            let body = read_body(&bytes, content_type(&headers).as_deref());
            return Ok(Answer { status: response.status().as_u16(), headers, body, bytes, elapsed, paused });
        };
        for (name, value) in &mut headers {
            redactor.hide(name);
            redactor.hide(value);
        }
        let (bytes, body) = read_hidden(redactor, bytes, content_type(&headers).as_deref());
        Ok(Answer { status: response.status().as_u16(), headers, body, bytes, elapsed, paused })
    }

    fn fault(&self, error: &reqwest::Error) -> Fault {
        if error.is_connect() {
            if error.is_timeout() {
                return Fault::TimedOut { what: "the connection".into(), after: self.limits.connect };
            }
            return Fault::Connect { reason: chain(error) };
        }
        Fault::Broken { reason: chain(error) }
    }
}

fn builder(limits: Limits, connection: &Connection) -> Result<reqwest::ClientBuilder, TransportError> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("proofmark/", env!("CARGO_PKG_VERSION"))));
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .connect_timeout(limits.connect)
        .default_headers(headers);
    if let Some(proxy) = &connection.proxy {
        builder = builder.proxy(Proxy::all(proxy.as_str()).map_err(TransportError::Client)?);
    }
    for (host, address) in &connection.resolve {
        builder = builder.resolve(host, *address);
    }
    Ok(builder)
}

/// The innermost cause, which says what the system said, without the request's address.
fn chain(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
