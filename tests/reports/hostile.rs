//! An endpoint whose answers try to break out of whatever shows them, with cases that look at each place of an answer.
//! Texts and cases stand in tests/hostile; tests/consumers has them read by others.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::support::odd::{JSON, answer, serve};

/// A text that does nothing wherever it is.
pub(crate) const HARMLESS: &str = "x";

/// The hostile texts, one more that is very long, and all of them in one.
pub(crate) fn texts() -> Vec<String> {
    let texts: Vec<String> = serde_json::from_str(include_str!("../hostile/texts.json")).unwrap();
    let all = texts.join("\n");
    texts.into_iter().chain(["<\u{1b}".repeat(5000), all]).collect()
}

/// The folder of cases.
pub(crate) fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/cases")
}

/// Whether a character would act in place of being seen: the one list of all outputs, which a test beside it holds
/// against what it must name.
pub(crate) fn acts(letter: char) -> bool {
    proofmark::inside::model::is_hostile(letter)
}

/// The address of an endpoint, and of its hook for states, that give this text in the place that a request names.
pub(crate) fn endpoint(text: &str) -> (String, String) {
    // It becomes a part of a request, which has to be short enough to be sent.
    let given: String = text.chars().take(LONGEST / 8).collect();
    let text = text.to_owned();
    let endpoint = serve(move |head: &str, stream: &mut std::net::TcpStream| {
        let place = head.split("place=").nth(1).unwrap_or_default();
        let place = place.split(['&', ' ']).next().unwrap_or_default();
        let _ = stream.write_all(&hostile_in(place, &text));
    });
    let hook = serve(move |_: &str, stream: &mut std::net::TcpStream| {
        let _ = stream.write_all(&answer("200 OK", JSON, json!({ "thing": given }).to_string()));
    });
    (endpoint, hook)
}

/// The answer that has the text in one place.
fn hostile_in(place: &str, text: &str) -> Vec<u8> {
    let at = |key: &str, usual: &str| if place == key { text.to_owned() } else { usual.to_owned() };
    let head = head(place, text);
    let reason = if place == "reason-phrase" { line(text) } else { b"Bad Request".to_vec() };
    let body = match place {
        // No text begins such a value, in JSON as in XML.
        "no-json" => format!("!{text}").into_bytes(),
        "no-text" => [b"{\"code\":\"\xff\xc0\x80\xed\xa0\x80", text.as_bytes()].concat(),
        "surrogate" => br#"{"code":"\ud800","message":"\udc00\ud800","note":"\ud83d"}"#.to_vec(),
        "key" => {
            let key = Json::from(text);
            format!("{{\"code\":\"Bad\",\"message\":\"It is bad.\",\"note\":\"n\",{key}:1,{key}:2}}")
                .into_bytes()
        }
        _ => {
            let code = if place == "throttled" { format!("Slow{text}") } else { at("code", "Bad") };
            let (message, note) = (at("message", "It is bad."), at("note", "n"));
            json!({ "code": code, "message": message, "note": note }).to_string().into_bytes()
        }
    };
    let mut bytes = b"HTTP/1.1 400 ".to_vec();
    bytes.extend_from_slice(&reason);
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

fn head(place: &str, text: &str) -> Vec<u8> {
    let value = |key: &str, usual: &str| if place == key { line(text) } else { usual.as_bytes().to_vec() };
    let mut head = b"content-type: ".to_vec();
    head.extend(value("content-type", "application/json"));
    head.extend_from_slice(b"\r\nx-thing: ");
    head.extend(value("header", "a"));
    head.extend_from_slice(b"\r\n");
    head
}

/// The longest line of a head: more is refused before anybody looks at it.
const LONGEST: usize = 4000;

/// What of a text can stand in a line of a head (RFC 9112): no control character, and no space at either end.
fn line(text: &str) -> Vec<u8> {
    let bytes = text.bytes().filter(|byte| !byte.is_ascii_control()).take(LONGEST);
    [b"(".as_slice(), &bytes.collect::<Vec<u8>>(), b")"].concat()
}
