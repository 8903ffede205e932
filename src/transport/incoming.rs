//! Answers as they are judged: codings undone, secrets taken out. Main function: [`answer`].

use std::time::Duration;

use hyper::header::{CONTENT_ENCODING, HeaderValue};
use hyper::http::response::Parts;

use super::coding::{self, DecodedBody};
use crate::model::{Answer, Flaw, NoAnswer};
use crate::sign::Redactor;
use crate::wire::{read_answer, read_hidden};

/// The answer of what came, with a body of so many bytes at the most.
pub(super) fn answer(
    head: &Parts,
    body: Vec<u8>,
    surplus: Option<Vec<u8>>,
    (elapsed, paused): (Duration, Duration),
    limit: usize,
    redactor: Option<&Redactor>,
) -> Result<Answer, NoAnswer> {
    let mut flaws: Vec<Flaw> =
        surplus.map(|bytes| Flaw::Surplus { start: show_bytes(&bytes) }).into_iter().collect();
    let labels = head.headers.get_all(CONTENT_ENCODING).iter().map(text);
    let bytes = match coding::decode(body, labels, limit)? {
        DecodedBody::Bytes(bytes) => bytes,
        DecodedBody::Not { bytes, label, reason } => {
            flaws.push(Flaw::Coding { label, reason });
            bytes
        }
    };
    let mut headers = Vec::with_capacity(head.headers.len());
    headers.extend(head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))));
    let Some(redactor) = redactor else {
        let body = read_answer(&bytes, content_type(&headers).as_deref(), &flaws);
        return Ok(Answer { status: head.status.as_u16(), headers, body, bytes, flaws, elapsed, paused });
    };
    redactor.hide_all(headers.iter_mut().flat_map(|(name, value)| [name, value]));
    for flaw in &mut flaws {
        flaw.texts().into_iter().for_each(|text| redactor.hide(text));
    }
    let (bytes, body) = read_hidden(redactor, bytes, content_type(&headers).as_deref(), &flaws);
    Ok(Answer { status: head.status.as_u16(), headers, body, bytes, flaws, elapsed, paused })
}

fn content_type(headers: &[(String, String)]) -> Option<String> {
    headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.clone())
}

fn text(value: &HeaderValue) -> String {
    match value.to_str() {
        Ok(plain) => plain.to_owned(),
        Err(_) => show_bytes(value.as_bytes()),
    }
}

fn show_bytes(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
