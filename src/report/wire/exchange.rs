//! Requests and answers. A body that is text is written as text, any other one as base64.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::case::is_none;
use super::{WireError, micros};
use crate::model::{Answer, AnswerFormat, Exchange, Flaw, Method, Request, SentBody};
use crate::protocol::{from_base64, read_answer, to_base64};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawExchange {
    step: usize,
    request: RawRequest,
    answer: RawAnswer,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawRequest {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: RawSentBody,
    params: Vec<(String, String)>,
    format: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum RawSentBody {
    Empty,
    Form { text: String },
    Json { text: String },
    Raw { text: String },
}

#[derive(Debug, Serialize, Deserialize)]
struct RawAnswer {
    status: u16,
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    flaws: Vec<RawFlaw>,
    duration_us: u64,
    #[serde(default, skip_serializing_if = "is_none")]
    paused_us: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum RawFlaw {
    Surplus { start: String },
    Coding { label: String, reason: String },
}

impl From<Flaw> for RawFlaw {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Surplus { start } => Self::Surplus { start },
            Flaw::Coding { label, reason } => Self::Coding { label, reason },
        }
    }
}

impl From<RawFlaw> for Flaw {
    fn from(raw: RawFlaw) -> Self {
        match raw {
            RawFlaw::Surplus { start } => Self::Surplus { start },
            RawFlaw::Coding { label, reason } => Self::Coding { label, reason },
        }
    }
}

impl From<&Exchange> for RawExchange {
    fn from(exchange: &Exchange) -> Self {
        Self {
            step: exchange.step + 1,
            request: (&exchange.request).into(),
            answer: (&exchange.answer).into(),
        }
    }
}

impl TryFrom<RawExchange> for Exchange {
    type Error = WireError;

    fn try_from(raw: RawExchange) -> Result<Self, WireError> {
        let step = raw.step.saturating_sub(1);
        Ok(Self { step, request: raw.request.try_into()?, answer: raw.answer.try_into()? })
    }
}

impl From<&Request> for RawRequest {
    fn from(request: &Request) -> Self {
        let Request { method, target, headers, body, params, format } = request.clone();
        let body = match body {
            SentBody::Empty => RawSentBody::Empty,
            SentBody::Form(text) => RawSentBody::Form { text },
            SentBody::Json(text) => RawSentBody::Json { text },
            SentBody::Raw(text) => RawSentBody::Raw { text },
        };
        let format = format.map(|format| format.to_string());
        Self { method: method.to_string(), target, headers, body, params, format }
    }
}

impl TryFrom<RawRequest> for Request {
    type Error = WireError;

    fn try_from(raw: RawRequest) -> Result<Self, WireError> {
        let RawRequest { method, target, headers, body, params, format } = raw;
        let body = match body {
            RawSentBody::Empty => SentBody::Empty,
            RawSentBody::Form { text } => SentBody::Form(text),
            RawSentBody::Json { text } => SentBody::Json(text),
            RawSentBody::Raw { text } => SentBody::Raw(text),
        };
        let unknown = || WireError::InvalidValue { what: "method", found: method.clone() };
        let method = Method::new(&method).ok_or_else(unknown)?;
        Ok(Self { method, target, headers, body, params, format: format.map(read_format).transpose()? })
    }
}

fn read_format(name: String) -> Result<AnswerFormat, WireError> {
    let found = AnswerFormat::of_word(&name);
    found.ok_or(WireError::InvalidValue { what: "format", found: name })
}

impl From<&Answer> for RawAnswer {
    fn from(answer: &Answer) -> Self {
        let (text, base64) = match std::str::from_utf8(&answer.bytes) {
            Ok(text) => (Some(text.to_owned()), None),
            Err(_) => (None, Some(to_base64(&answer.bytes))),
        };
        let (duration_us, paused_us) = (micros(answer.elapsed), micros(answer.paused));
        let flaws = answer.flaws.iter().cloned().map(RawFlaw::from).collect();
        let headers = answer.headers.clone();
        Self { status: answer.status, headers, text, base64, flaws, duration_us, paused_us }
    }
}

impl TryFrom<RawAnswer> for Answer {
    type Error = WireError;

    fn try_from(raw: RawAnswer) -> Result<Self, WireError> {
        let bytes = match (raw.text, raw.base64) {
            (Some(text), _) => text.into_bytes(),
            (None, Some(encoded)) => from_base64(&encoded)
                .ok_or(WireError::InvalidValue { what: "body in base64", found: encoded })?,
            (None, None) => Vec::new(),
        };
        let content_type = raw.headers.iter().find(|(name, _)| name == "content-type");
        let flaws: Vec<Flaw> = raw.flaws.into_iter().map(Flaw::from).collect();
        let body = read_answer(&bytes, content_type.map(|(_, value)| value.as_str()), &flaws);
        let elapsed = Duration::from_micros(raw.duration_us);
        let paused = Duration::from_micros(raw.paused_us);
        Ok(Self { status: raw.status, headers: raw.headers, bytes, body, flaws, elapsed, paused })
    }
}
