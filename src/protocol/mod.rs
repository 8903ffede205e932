//! How requests and answers are written on the wire: parameters, JSON, XML.
//!
//! Everything here is pure: from a contract's request shape and prepared values to a [`Request`],
//! and from an answer's bytes to a [`Body`]. It knows no endpoint and sends nothing.
//!
//! [`Request`]: crate::model::Request
//! [`Body`]: crate::model::Body

mod curl;
mod digest;
mod encode;
mod json;
mod limit;
pub mod sign;
mod xml;

pub use curl::curl_line;
pub use digest::{contract_digest, from_base64, sha256_hex, sha256_of, sha256_source, to_base64};
pub use encode::{EncodeError, encode};
pub use json::{from_json, read_json, to_json};
pub use limit::sides;
pub use xml::read_xml;

use crate::model::{Body, Flaw};

/// Reads an answer's bytes: XML if they start like it, else JSON.
///
/// The content type is judged apart from this: an answer may be readable and wrongly labelled.
pub fn read_body(bytes: &[u8]) -> Body {
    let Some(first) = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Body::Empty;
    };
    let read = if *first == b'<' {
        read_xml(bytes).map(|(root, tree)| Body::Xml { root, tree })
    } else {
        read_json(bytes).map(Body::Json)
    };
    read.unwrap_or_else(|reason| Body::Unreadable { reason })
}

/// Reads an answer's bytes, unless they are still in a coding.
pub fn read_answer(bytes: &[u8], flaws: &[Flaw]) -> Body {
    for flaw in flaws {
        match flaw {
            Flaw::Coding { label, .. } => {
                return Body::Unreadable { reason: format!("a body in the coding {label:?}") };
            }
            Flaw::Surplus { .. } => {}
        }
    }
    read_body(bytes)
}

#[cfg(test)]
mod tests {
    use super::read_body;
    use crate::model::Body;

    #[test]
    fn hostile_bodies_are_unreadable_and_never_a_panic() {
        let deep = "[".repeat(100_000);
        let deep_xml = "<a>".repeat(100_000);
        let bodies: [&[u8]; 9] = [
            b"<!DOCTYPE html><html></html>",
            b"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            b"{\"a\": 1",
            b"\xff\xfe",
            b"<a>&nosuch;</a>",
            b"<a></b>",
            b"<a/><b/>",
            deep.as_bytes(),
            deep_xml.as_bytes(),
        ];
        for bytes in bodies {
            assert!(
                matches!(read_body(bytes), Body::Unreadable { .. }),
                "{:?}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(40)])
            );
        }
        assert_eq!(read_body(b" \r\n"), Body::Empty);
    }
}
