//! A record of requests and answers, for the program that serves the endpoint.
//!
//! It holds no parameter and no header but the request id, so nothing in it is a secret.

use super::slice::Facts;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The operation that was asked for, cut to a bearable length; none for the state hook.
    pub action: Option<String>,
    /// What the conditions of faults look at; none for the state hook.
    pub facts: Option<Facts>,
    /// The HTTP status that was answered.
    pub status: u16,
    /// The request id that was answered.
    pub request_id: Option<String>,
    /// The size of the answer's body, in bytes.
    pub bytes: usize,
    /// The time from the last byte of the request to the answer.
    pub elapsed: Duration,
}

/// Takes each logged request; called from the tasks that serve, so it must not block for long.
#[derive(Clone)]
pub struct RequestLog(Arc<dyn Fn(LoggedRequest) + Send + Sync>);

impl RequestLog {
    /// A log that hands each request to `take`.
    pub fn new(take: impl Fn(LoggedRequest) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    pub(super) fn note(&self, request: LoggedRequest) {
        (self.0)(request);
    }
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RequestLog")
    }
}
