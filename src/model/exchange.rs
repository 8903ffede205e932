//! One request and the answer to it.

use super::named::named;
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::framing::FramingBreach;
use super::value::Value;
use super::written;

/// Whether a text is a token (RFC 9110, section 5.6.2), as methods and names of header fields are.
pub fn is_token(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
    !text.is_empty() && text.chars().all(is_part)
}

/// An HTTP method: a token of RFC 9110, section 9.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Method(String);

impl Method {
    /// Takes a method as it is sent.
    ///
    /// Returns none if it is not a token (RFC 9110, section 5.6.2).
    pub fn new(text: &str) -> Option<Self> {
        is_token(text).then(|| Self(text.to_owned()))
    }

    /// POST.
    pub(crate) fn post() -> Self {
        Self("POST".to_owned())
    }

    /// The method as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Method {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text).ok_or_else(|| format!("`{text}` is not a valid method"))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

named! {
    /// The format of an answer.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum AnswerFormat {
        /// JSON (RFC 8259).
        Json = "json",
        /// XML 1.0.
        Xml = "xml",
    }
}

impl AnswerFormat {
    /// The format that a media type is of, by its name: one of JSON (RFC 8259) or XML (RFC 7303), or with their suffix
    /// (RFC 6839).
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        match media_type {
            "application/json" | "text/json" => Some(Self::Json),
            "application/xml" | "text/xml" => Some(Self::Xml),
            other if other.ends_with("+json") => Some(Self::Json),
            other if other.ends_with("+xml") => Some(Self::Xml),
            _ => None,
        }
    }
}

/// A content type without its parameters, in lower case.
pub fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A request as it goes to an endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query, encoded, from `/` on.
    pub target: String,
    /// Header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: SentBody,
    /// The parameters by name, as they were before encoding.
    pub params: Vec<(String, String)>,
    /// The format that the answer was asked for in.
    pub format: Option<AnswerFormat>,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "text", rename_all = "kebab-case")]
pub enum SentBody {
    /// None.
    Empty,
    /// `application/x-www-form-urlencoded`.
    Form(String),
    /// `application/json`.
    Json(String),
    /// As a case wrote it, without a content type of our own.
    Raw(String),
}

impl Request {
    /// Adds encoded parameters: to the form in the body if there is one, and else to the query.
    pub(crate) fn add_parameters(&mut self, more: &str) {
        if let SentBody::Form(form) = &mut self.body {
            form.push('&');
            form.push_str(more);
        } else {
            self.target.push(if self.target.contains('?') { '&' } else { '?' });
            self.target.push_str(more);
        }
    }
}

impl SentBody {
    /// The bytes that are sent.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Form(text) | Self::Json(text) | Self::Raw(text) => text,
        }
    }

    /// The content type that goes with it.
    pub fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Empty | Self::Raw(_) => None,
            Self::Form(_) => Some("application/x-www-form-urlencoded"),
            Self::Json(_) => Some("application/json"),
        }
    }
}

/// An answer as it came, within the limits of size. It is written out by `wire`, which can read its bytes again.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header fields in order, names in lower case; bytes that are not text are replaced.
    pub headers: Vec<(String, String)>,
    /// The body's bytes, without the codings of `Content-Encoding`.
    pub bytes: Vec<u8>,
    /// What the bytes mean.
    pub body: Body,
    /// What is wrong with the answer as a message.
    pub flaws: Vec<Flaw>,
    /// From the request's start to the body's end, without what this machine was paused for.
    pub elapsed: Duration,
    /// How long this machine was paused meanwhile. The answer may have taken so much longer.
    pub paused: Duration,
}

impl Answer {
    /// The first header field of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The values of all lines that a header field of this lower-case name has, in their order.
    pub fn lines(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the body is still in a coding that could not be undone.
    pub fn is_encoded(&self) -> bool {
        self.flaws.iter().any(|flaw| matches!(flaw, Flaw::Coding { .. }))
    }

    /// The tree of a body that could be read; of a text, the text.
    pub fn tree(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(tree) | Body::Xml { tree, .. } | Body::Other { text: Some(tree) } => Some(tree),
            Body::Empty | Body::Other { text: None } | Body::Unreadable { .. } => None,
        }
    }
}

/// What is wrong with an answer as a message, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Flaw {
    /// Bytes followed it that belong to no answer.
    Surplus {
        /// How they begin; bytes that are not text are replaced.
        start: String,
    },
    /// The body is not in a coding that `Content-Encoding` names, or that coding is not known here.
    Coding {
        /// The coding.
        label: String,
        /// Why it could not be undone.
        reason: String,
    },
    /// Its form breaks HTTP/1.1, so that readers differ on where it ends or what it says.
    Framing {
        /// The rule that is broken.
        breach: FramingBreach,
        /// What the endpoint wrote there; bytes that are not text are replaced.
        shown: String,
    },
}

impl Flaw {
    /// What an endpoint wrote of it.
    pub fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Self::Surplus { start } => vec![start],
            Self::Coding { label, reason } => vec![label, reason],
            Self::Framing { shown, .. } => vec![shown],
        }
    }
}

/// What the bytes of a body mean.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// No bytes.
    Empty,
    /// JSON.
    Json(Value),
    /// XML, as a tree without its root.
    Xml {
        /// The root's name.
        root: String,
        /// What it holds.
        tree: Value,
    },
    /// Of another media type, as the answer says.
    Other {
        /// The body as one text, unless it is none.
        text: Option<Value>,
    },
    /// Not what the answer says that it is.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The step's position, from 0.
    #[serde(with = "written::ordinal")]
    pub step: usize,
    /// What was sent.
    pub request: Request,
    /// What came back.
    pub answer: Answer,
}

/// Why no whole answer came: nothing is known about the contract then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NoAnswer {
    /// No connection.
    Connect {
        /// What the system said.
        reason: String,
    },
    /// No whole answer in time.
    TimedOut {
        /// What was waited for.
        what: Cow<'static, str>,
        /// For so long.
        #[serde(rename = "after_us", with = "written::micros")]
        after: Duration,
    },
    /// The connection broke, or the answer was not HTTP.
    Broken {
        /// What the client said.
        reason: String,
    },
    /// A connection that had carried other requests was closed before a byte of the answer came, or with an answer that
    /// may be another request's. It is not known whether the endpoint has seen the request.
    Lost {
        /// What the client said.
        reason: String,
    },
    /// The body is larger than allowed.
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The request could not be made: a header or address that HTTP does not allow.
    Unsendable {
        /// Why.
        reason: String,
    },
    /// The run was interrupted.
    Interrupted,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { reason } => write!(out, "no connection: {reason}"),
            Self::TimedOut { what, after } => write!(out, "{what} took longer than {after:?}"),
            Self::Broken { reason } => write!(out, "the exchange broke: {reason}"),
            Self::Lost { reason } => write!(out, "a kept connection was closed: {reason}"),
            Self::TooLarge { limit } => write!(out, "the answer is larger than {limit} bytes"),
            Self::Unsendable { reason } => write!(out, "the request cannot be sent: {reason}"),
            Self::Interrupted => out.write_str("interrupted"),
        }
    }
}

impl std::error::Error for NoAnswer {}
