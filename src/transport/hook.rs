//! What is not judged: calls of state hooks. Main type: [`Hooks`].
//!
//! It is a pooled client. It follows no redirect, takes no proxy from the environment and repeats nothing.

use std::error::Error;

use reqwest::header::{HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Proxy, Response, redirect, retry};

use super::address::Address;
use super::{Connection, TransportError, TransportLimits, tls};
use crate::model::NoAnswer;

/// The client of hooks.
#[derive(Debug, Clone)]
pub(super) struct Hooks {
    plain: reqwest::Client,
    encrypted: Option<reqwest::Client>,
}

impl Hooks {
    pub(super) fn new(
        limits: TransportLimits,
        connection: &Connection,
        config: Option<rustls::ClientConfig>,
    ) -> Result<Self, TransportError> {
        let builder = || builder(limits, connection);
        let plain = tls::plain(builder()?)?.build().map_err(TransportError::Client)?;
        let encrypted = config.map(|config| {
            builder()?.tls_backend_preconfigured(config).build().map_err(TransportError::Client)
        });
        Ok(Self { plain, encrypted: encrypted.transpose()? })
    }

    fn http(&self, address: &Address) -> &reqwest::Client {
        self.encrypted.as_ref().filter(|_| address.is_encrypted()).unwrap_or(&self.plain)
    }

    /// Posts a JSON text and takes the status and the body.
    pub(super) async fn post_json(
        &self,
        limits: TransportLimits,
        address: &Address,
        json: String,
    ) -> Result<(u16, Vec<u8>), NoAnswer> {
        let built = self.http(address).post(address.url().clone());
        let built = built.header("content-type", "application/json").body(json).build();
        let built = built.map_err(|error| NoAnswer::Unsendable { reason: chain(&error) })?;
        let fault = |error: reqwest::Error| fault(&error, limits);
        let response = self.http(address).execute(built).await.map_err(fault)?;
        let status = response.status().as_u16();
        Ok((status, body(response, limits).await?))
    }
}

async fn body(mut response: Response, limits: TransportLimits) -> Result<Vec<u8>, NoAnswer> {
    let limit = limits.body;
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(NoAnswer::TooLarge { limit });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error, limits))? {
        if bytes.len() + chunk.len() > limit {
            return Err(NoAnswer::TooLarge { limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn fault(error: &reqwest::Error, limits: TransportLimits) -> NoAnswer {
    if error.is_connect() {
        if error.is_timeout() {
            return NoAnswer::TimedOut { what: "the connection".into(), after: limits.connect };
        }
        return NoAnswer::Connect { reason: chain(error) };
    }
    NoAnswer::Broken { reason: chain(error) }
}

fn builder(
    limits: TransportLimits,
    connection: &Connection,
) -> Result<reqwest::ClientBuilder, TransportError> {
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
