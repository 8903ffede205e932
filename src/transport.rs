//! Sends requests over HTTP, with a bound on every wait and every size.
//!
//! [`Client`] is one pooled client for a whole run. It follows no redirect (a followed one would
//! carry signed headers to another host), takes no proxy from the environment and repeats nothing.

use std::error::Error;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Url, redirect, retry};
use tokio::time::timeout;

use crate::model::{Answer, Fault, Request};
use crate::protocol::read_body;

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
    /// The HTTP client could not be made.
    #[error("no HTTP client could be made")]
    Client(#[source] reqwest::Error),
}

/// The address of an endpoint: scheme, host and port, with a path that requests are put under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads an address such as `http://127.0.0.1:9000`.
    ///
    /// # Errors
    /// Anything but an `http` address without user, query and fragment.
    pub fn new(text: &str) -> Result<Self, TransportError> {
        let refused =
            |reason: &str| TransportError::Address { url: without_user(text), reason: reason.to_owned() };
        let url = Url::parse(text).map_err(|error| refused(&error.to_string()))?;
        match url.scheme() {
            "http" => {}
            "https" => return Err(refused("https is not supported yet; put a plain http address")),
            _ => return Err(refused("an address starts with http://")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("an address carries no user or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("an address has no query and no fragment"));
        }
        Ok(Self(url))
    }

    /// The address without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

/// What was given as an address, fit to be shown: a password in it is a secret.
fn without_user(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => text.to_owned(),
    }
}

/// The pooled client of a run.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    limits: Limits,
}

impl Client {
    /// Makes the client.
    ///
    /// # Errors
    /// If the HTTP client cannot be made.
    pub fn new(limits: Limits) -> Result<Self, TransportError> {
        let mut headers = HeaderMap::new();
        headers
            .insert(USER_AGENT, HeaderValue::from_static(concat!("proofmark/", env!("CARGO_PKG_VERSION"))));
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .connect_timeout(limits.connect)
            .default_headers(headers)
            .build()
            .map_err(TransportError::Client)?;
        Ok(Self { http, limits })
    }

    /// Sends a request below an address and takes the whole answer.
    ///
    /// # Errors
    /// A [`Fault`] wherever no whole answer came.
    pub async fn send(&self, address: &Address, request: &Request) -> Result<Answer, Fault> {
        let built = Self::build(address, request)?;
        let limit = self.limits.answer;
        timeout(limit, self.take(built))
            .await
            .unwrap_or(Err(Fault::TimedOut { what: "the answer", after: limit }))
    }

    /// Posts a JSON text and takes the status and the body.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn post_json(&self, address: &Address, json: String) -> Result<(u16, Vec<u8>), Fault> {
        let built =
            self.http.post(address.0.clone()).header("content-type", "application/json").body(json).build();
        let built = built.map_err(|error| Fault::Unsendable { reason: chain(&error) })?;
        let limit = self.limits.answer;
        let answer = timeout(limit, self.take(built))
            .await
            .unwrap_or(Err(Fault::TimedOut { what: "the answer", after: limit }))?;
        Ok((answer.status, answer.bytes))
    }

    fn build(address: &Address, request: &Request) -> Result<reqwest::Request, Fault> {
        let unsendable = |reason: String| Fault::Unsendable { reason };
        let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes())
            .map_err(|error| unsendable(error.to_string()))?;
        let url = Url::parse(&format!("{}{}", address.as_str(), request.target))
            .map_err(|error| unsendable(error.to_string()))?;
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

    async fn take(&self, request: reqwest::Request) -> Result<Answer, Fault> {
        let start = Instant::now();
        let mut response = self.http.execute(request).await.map_err(|error| self.fault(&error))?;
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
        let headers = response.headers().iter();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(Answer {
            status: response.status().as_u16(),
            headers: headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
            body: read_body(&bytes),
            bytes,
            elapsed: start.elapsed(),
        })
    }

    fn fault(&self, error: &reqwest::Error) -> Fault {
        if error.is_connect() {
            if error.is_timeout() {
                return Fault::TimedOut { what: "the connection", after: self.limits.connect };
            }
            return Fault::Connect { reason: chain(error) };
        }
        Fault::Broken { reason: chain(error) }
    }
}

/// The innermost cause, which says what the system said, without the request's address.
fn chain(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_is_plain_http_without_secrets() {
        assert_eq!(Address::new("http://127.0.0.1:80/base/").unwrap().as_str(), "http://127.0.0.1/base");
        for wrong in ["127.0.0.1:80", "https://a", "ftp://a", "http://a/?b=c", "http://a/#b", "nonsense"] {
            assert!(Address::new(wrong).is_err(), "{wrong}");
        }
        let error = Address::new("http://user:hunter2@a").unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
