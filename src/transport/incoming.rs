//! Answers as they are judged: codings undone, secrets taken out. Main function: [`answer`].

use std::time::Duration;

use hyper::header::{CONTENT_ENCODING, HeaderValue};
use hyper::http::response::Parts;

use super::coding::{self, DecodedBody};
use super::framing::SeenBreach;
use crate::model::{Answer, Flaw, NoAnswer};
use crate::sign::Redactor;
use crate::wire::{read_answer, read_hidden};

/// How much is shown of what is wrong, in characters.
const SHOWN: usize = 64;

/// The answer of what came, with a body of so many bytes at the most.
pub(super) fn answer(
    head: &Parts,
    mut body: Vec<u8>,
    (surplus, breaches): (Option<Vec<u8>>, Vec<SeenBreach>),
    (elapsed, paused): (Duration, Duration),
    limit: usize,
    redactor: Option<&Redactor>,
) -> Result<Answer, NoAnswer> {
    let mut flaws = flaws(&mut body, surplus, breaches, redactor);
    let labels = head.headers.get_all(CONTENT_ENCODING).iter().map(text);
    let bytes = match coding::decode(body, labels, limit)? {
        DecodedBody::Bytes(bytes) => bytes,
        DecodedBody::Not { bytes, label, reason } => {
            flaws.push(Flaw::Coding { label: shown(label.into_bytes(), redactor), reason });
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
    let (bytes, body) = read_hidden(redactor, bytes, content_type(&headers).as_deref(), &flaws);
    Ok(Answer { status: head.status.as_u16(), headers, body, bytes, flaws, elapsed, paused })
}

/// What is wrong with an answer as a message, without secrets. One that is in the body and behind it is taken out of both.
fn flaws(
    body: &mut Vec<u8>,
    surplus: Option<Vec<u8>>,
    breaches: Vec<SeenBreach>,
    redactor: Option<&Redactor>,
) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    if let Some(mut surplus) = surplus {
        if let Some(redactor) = redactor {
            redactor.hide_across(body, &mut surplus);
            redactor.drop_begun(&mut surplus);
        }
        flaws.push(Flaw::Surplus { start: shown(surplus, redactor) });
    }
    let framing = |(breach, bytes)| Flaw::Framing { breach, shown: shown(bytes, redactor) };
    flaws.extend(breaches.into_iter().map(framing));
    flaws
}

/// How bytes begin, as a text. Secrets are taken out before it is cut, since half a secret is not found.
pub(super) fn shown(bytes: Vec<u8>, redactor: Option<&Redactor>) -> String {
    let hidden = redactor.and_then(|redactor| redactor.hide_bytes(&bytes));
    let mut text = show_bytes(&hidden.unwrap_or(bytes));
    if let Some(redactor) = redactor {
        redactor.hide(&mut text);
    }
    text.chars().take(SHOWN).collect()
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

#[cfg(test)]
mod tests {
    use super::{SHOWN, shown};
    use crate::sign::{Redactor, Secret, Secrets};

    #[test]
    fn what_is_wrong_is_shown_as_far_as_it_may_be_and_no_further() {
        let bytes = |count: usize| b"x".repeat(count);
        assert_eq!(shown(bytes(SHOWN), None).len(), SHOWN);
        assert_eq!(shown(bytes(SHOWN + 1), None).len(), SHOWN);
        // A secret is taken out before that, wherever the end of what is shown is in it.
        let redactor = Redactor::new(&Secrets::from(vec![Secret::new("abcdefghijkl")]));
        for before in SHOWN - 13..=SHOWN {
            let text = shown([bytes(before), b"abcdefghijkl".to_vec()].concat(), Some(&redactor));
            assert!(text.len() <= SHOWN && !text.contains("abc"), "{text}");
        }
    }
}
