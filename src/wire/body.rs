//! Reads the body of an answer by its bytes and its content type. Main functions: [`read_body`] and [`read_as`].
//!
//! Whether the content type is the promised one is judged apart from this: an answer may be readable and wrongly
//! labelled.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::json::read_json;
use super::xml::read_xml;
use crate::model::{AnswerFormat, Body, Flaw, MediaTypes, Value, essence};
use crate::sign::Redactor;

/// The longest name of an encoding that a reason repeats, in characters.
const SHOWN: usize = 40;

/// Reads an answer's bytes: as JSON or XML where the content type says so or is not there, XML if they start like it;
/// else as what they are, and as a text if they are neither.
pub fn read_body(bytes: &[u8], content_type: Option<&str>) -> Body {
    let content_type = content_type.unwrap_or_default();
    let media_type = essence(content_type);
    let is_other = !media_type.is_empty() && AnswerFormat::of_media_type(&media_type).is_none();
    if bytes.is_empty() || (!is_other && is_blank(bytes)) {
        return Body::Empty;
    }
    let text = match decode_text(bytes, content_type) {
        Ok(text) => text,
        Err(_) if is_other => return Body::Other { text: None },
        Err(reason) => return Body::Unreadable { reason },
    };
    let read = read_text(&text, content_type);
    if !is_other {
        return read.unwrap_or_else(|reason| Body::Unreadable { reason });
    }
    match read {
        // A number or a word is a text before it is JSON.
        Ok(body @ (Body::Json(Value::Map(_) | Value::List(_)) | Body::Xml { .. })) => body,
        Ok(_) | Err(_) => Body::Other { text: Some(Value::Text(text.into_owned())) },
    }
}

/// Reads an answer's bytes, unless they are still in a coding.
pub fn read_answer(bytes: &[u8], content_type: Option<&str>, flaws: &[Flaw]) -> Body {
    in_a_coding(flaws).unwrap_or_else(|| read_body(bytes, content_type))
}

/// The body of an answer that is still in a coding.
fn in_a_coding(flaws: &[Flaw]) -> Option<Body> {
    flaws.iter().find_map(|flaw| match flaw {
        Flaw::Coding { label, .. } => {
            Some(Body::Unreadable { reason: format!("a body in the coding {}", Value::text(label.as_str())) })
        }
        Flaw::Surplus { .. } | Flaw::Framing { .. } => None,
    })
}

/// The body as the media types that a contract promises have it, if that is another reading than the usual one.
pub fn read_as(body: &Body, bytes: &[u8], content_type: &str, promised: &MediaTypes) -> Option<Body> {
    let media_type = essence(content_type);
    let is_text = matches!(body, Body::Other { .. } | Body::Empty | Body::Unreadable { .. });
    if promised.has_other(&media_type) {
        let text = || decode_text(bytes, content_type).ok().map(|text| Value::Text(text.into_owned()));
        return (!is_text).then(|| Body::Other { text: text() });
    }
    let is_tree =
        promised.has(AnswerFormat::Json, &media_type) || promised.has(AnswerFormat::Xml, &media_type);
    if !is_tree || !matches!(body, Body::Other { .. }) {
        return None;
    }
    let read = decode_text(bytes, content_type).and_then(|text| read_text(&text, content_type));
    Some(read.unwrap_or_else(|reason| Body::Unreadable { reason }))
}

/// Takes secrets out of an answer's bytes, and reads what is left.
pub fn read_hidden(
    redactor: &Redactor,
    bytes: Vec<u8>,
    content_type: Option<&str>,
    flaws: &[Flaw],
) -> (Vec<u8>, Body) {
    let (hidden, mut is_clean) = redactor.search(&bytes);
    let mut bytes = hidden.unwrap_or(bytes);
    // In another encoding a secret has other bytes. A byte order mark says that what is kept is UTF-8.
    if let Some(hidden) = decode_other(&bytes, content_type.unwrap_or_default())
        .and_then(|text| redactor.hide_bytes(text.as_bytes()))
    {
        bytes = [b"\xef\xbb\xbf".as_slice(), &hidden].concat();
        is_clean = false;
    }
    let mut body = read_answer(&bytes, content_type, flaws);
    // What was written with escapes is plain once it is read.
    let searched = if is_clean { bytes.as_slice() } else { &[] };
    match &mut body {
        Body::Json(tree) | Body::Other { text: Some(tree) } => redactor.hide_in(tree, searched),
        Body::Xml { root, tree } => {
            redactor.hide(root);
            redactor.hide_in(tree, searched);
        }
        Body::Unreadable { reason } => redactor.hide(reason),
        Body::Empty | Body::Other { text: None } => {}
    }
    (bytes, body)
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

fn read_text(text: &str, content_type: &str) -> Result<Body, String> {
    if text.trim_start().starts_with('<') {
        return read_xml(text).map(|(root, tree)| Body::Xml { root, tree });
    }
    let is_xml = AnswerFormat::of_media_type(&essence(content_type)) == Some(AnswerFormat::Xml);
    read_json(text.as_bytes())
        .map(Body::Json)
        .map_err(|reason| if is_xml { "not XML: it does not start with `<`".to_owned() } else { reason })
}

/// The text that bytes are, without a byte order mark.
fn decode_text<'a>(bytes: &'a [u8], content_type: &str) -> Result<Cow<'a, str>, String> {
    let utf8 = |bytes: &'a [u8]| std::str::from_utf8(bytes).map(Cow::Borrowed);
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        if !is_xml(content_type, bytes)
            && AnswerFormat::of_media_type(&essence(content_type)) == Some(AnswerFormat::Json)
        {
            return Err("not JSON: it starts with a byte order mark (RFC 8259, section 8.1)".to_owned());
        }
        return text_in(encoding, &bytes[length..]);
    }
    if let Some(encoding) = declared_encoding(bytes, content_type)? {
        return text_in(encoding, bytes);
    }
    utf8(bytes).map_err(|error| {
        let (what, place) = (noun(content_type, bytes), error.valid_up_to());
        format!("not {what}: the bytes from {place} on are not UTF-8")
    })
}

/// The text, if it is in another encoding than UTF-8.
fn decode_other(bytes: &[u8], content_type: &str) -> Option<String> {
    let by_mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let encoding = by_mark.or_else(|| declared_encoding(bytes, content_type).ok().flatten())?;
    (encoding != UTF_8).then(|| encoding.decode(bytes).0.into_owned())
}

fn text_in<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, String> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or_else(|| format!("the bytes are not {}, as the answer declares", encoding.name()))
}

/// The encoding that is declared, if it is not UTF-8: by the content type, else by an XML document (RFC 7303, section
/// 3). JSON has none.
fn declared_encoding(bytes: &[u8], content_type: &str) -> Result<Option<&'static Encoding>, String> {
    let format = AnswerFormat::of_media_type(&essence(content_type));
    let label = if is_xml(content_type, bytes) {
        if let Some(wide) = wide(bytes) {
            return Ok(Some(wide));
        }
        charset(content_type).or_else(|| in_declaration(bytes))
    } else if format == Some(AnswerFormat::Json) {
        None
    } else {
        charset(content_type)
    };
    let Some(label) = label else { return Ok(None) };
    let Some(encoding) = Encoding::for_label(label.as_bytes()) else {
        let label: String = label.chars().take(SHOWN).collect();
        return Err(format!("not {}: unknown encoding {}", noun(content_type, bytes), Value::Text(label)));
    };
    Ok(Some(encoding).filter(|encoding| *encoding != UTF_8))
}

/// UTF-16 without a mark, by the first character of any XML document.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [b'<', 0, ..] => Some(UTF_16LE),
        [0, b'<', ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether bytes are read as XML.
fn is_xml(content_type: &str, bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0);
    let starts_like_it = first == Some(&b'<');
    starts_like_it || AnswerFormat::of_media_type(&essence(content_type)) == Some(AnswerFormat::Xml)
}

/// What bytes should be, in a word.
fn noun(content_type: &str, bytes: &[u8]) -> &'static str {
    if is_xml(content_type, bytes) {
        return "XML";
    }
    match AnswerFormat::of_media_type(&essence(content_type)) {
        Some(AnswerFormat::Xml) => "XML",
        Some(AnswerFormat::Json) => "JSON",
        None if essence(content_type).is_empty() => "JSON",
        None => "text",
    }
}

/// The charset that a content type names, and the encoding that an XML declaration does.
pub fn labels<'a>(bytes: &'a [u8], content_type: &'a str) -> (Option<&'a str>, Option<&'a str>) {
    (charset(content_type), in_declaration(bytes))
}

/// Whether two labels name one encoding.
pub fn is_same_label(one: &str, other: &str) -> bool {
    let encoding = |label: &str| Encoding::for_label(label.as_bytes());
    one.eq_ignore_ascii_case(other) || (encoding(one).is_some() && encoding(one) == encoding(other))
}

/// The parameter `charset` of a content type.
fn charset(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1).filter_map(|part| part.split_once('='));
    let found = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    found.map(|(_, value)| value.trim().trim_matches('"'))
}

/// The encoding that an XML declaration names.
fn in_declaration(bytes: &[u8]) -> Option<&str> {
    let start = bytes.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = start.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&start[..end]).ok()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    rest[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::{read_as, read_body, read_hidden};
    use crate::model::{Body, MediaTypes, Value};
    use crate::sign::{Redactor, Secret, Secrets};

    fn wide(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn hostile_bodies_are_unreadable_and_never_a_panic() {
        let deep = "[".repeat(100_000);
        let deep_xml = "<a>".repeat(100_000);
        let bodies: [&[u8]; 11] = [
            b"<!DOCTYPE html><html></html>",
            b"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            b"{\"a\": 1",
            b"\xff\xfe",
            b"<a>&nosuch;</a>",
            b"<a></b>",
            b"<a/><b/>",
            b"<?xml version='1.0' encoding='no-such-encoding'?><a/>",
            b"<?xml version='1.0' encoding='utf-8'?><a>\xe9</a>",
            deep.as_bytes(),
            deep_xml.as_bytes(),
        ];
        for bytes in bodies {
            for content_type in [None, Some("application/json"), Some("text/xml"), Some("application/a+xml")]
            {
                assert!(
                    matches!(read_body(bytes, content_type), Body::Unreadable { .. }),
                    "{:?}",
                    String::from_utf8_lossy(&bytes[..bytes.len().min(40)])
                );
            }
        }
        assert_eq!(read_body(b" \r\n", Some("application/json")), Body::Empty);
    }

    #[test]
    fn xml_is_read_in_the_encoding_that_it_declares() {
        let document = "<R><m>é</m></R>";
        let declared = |name: &str| format!("<?xml version=\"1.0\" encoding=\"{name}\"?>{document}");
        let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        let latin: Vec<u8> =
            declared("iso-8859-1").chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
        let plain_latin: Vec<u8> =
            document.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
        let cases = [
            (marked(b"\xef\xbb\xbf", declared("utf-8").into_bytes()), "text/xml"),
            (marked(b"\xff\xfe", wide(&declared("utf-16"), u16::to_le_bytes)), "text/xml"),
            (marked(b"\xfe\xff", wide(&declared("utf-16"), u16::to_be_bytes)), "application/xml"),
            (wide(&declared("utf-16"), u16::to_le_bytes), "application/problem+xml"),
            (wide(document, u16::to_be_bytes), "text/xml"),
            (latin, "text/xml"),
            (plain_latin, "text/xml; charset=\"ISO-8859-1\""),
            // The mark counts before the content type, and that before the declaration.
            (marked(b"\xef\xbb\xbf", declared("iso-8859-1").into_bytes()), "text/xml; charset=utf-16"),
            (declared("iso-8859-1").into_bytes(), "text/xml; charset=utf-8"),
        ];
        for (bytes, content_type) in cases {
            let Body::Xml { root, tree } = read_body(&bytes, Some(content_type)) else {
                panic!("{content_type} {bytes:?}");
            };
            assert_eq!((root.as_str(), tree.to_string().as_str()), ("R", r#"{"m": "é"}"#), "{content_type}");
        }
    }

    #[test]
    fn json_with_a_byte_order_mark_is_refused_by_name() {
        let Body::Unreadable { reason } = read_body(b"\xef\xbb\xbf{}", Some("application/json")) else {
            panic!()
        };
        assert!(reason.contains("byte order mark"), "{reason}");
    }

    #[test]
    fn another_media_type_is_a_text_unless_it_is_json_or_xml() {
        let text = |text: &str| Body::Other { text: Some(Value::text(text)) };
        let json = |bytes: &[u8], media| matches!(read_body(bytes, Some(media)), Body::Json(_));
        assert_eq!(read_body(b"pong", Some("text/plain; charset=utf-8")), text("pong"));
        assert_eq!(read_body(b"5", Some("text/csv")), text("5"));
        assert_eq!(read_body(b"\n", Some("text/plain")), text("\n"));
        assert_eq!(read_body(b"\xe9", Some("text/plain; charset=latin1")), text("é"));
        assert_eq!(read_body(b"\x89PNG\xff", Some("image/png")), Body::Other { text: None });
        assert!(json(b"{}", "application/x-amz-json-1.1") && json(b"{}", "text/plain"));
        assert!(json(b"5", "application/problem+json"));
        assert!(matches!(read_body(b"pong", Some("application/json")), Body::Unreadable { .. }));
        assert!(matches!(read_body(b"pong", None), Body::Unreadable { .. }));
    }

    #[test]
    fn a_secret_is_hidden_in_any_encoding() {
        let redactor = Redactor::new(&Secrets::from(vec![Secret::new("a-secret-of-ours")]));
        let text = "<R><m>a-secret-of-ours</m></R>";
        let bodies = [
            (text.as_bytes().to_vec(), "text/xml"),
            (wide(&format!("\u{feff}{text}"), u16::to_le_bytes), "text/xml"),
            (wide(text, u16::to_be_bytes), "text/xml"),
            (wide(text, u16::to_le_bytes), "text/plain; charset=utf-16le"),
        ];
        for (bytes, content_type) in bodies {
            let (kept, body) = read_hidden(&redactor, bytes, Some(content_type), &[]);
            assert!(
                !format!("{body:?}").contains("ours") && format!("{body:?}").contains("[secret]"),
                "{body:?}"
            );
            // What is kept is read the same again, and has the secret in no encoding.
            assert_eq!(read_body(&kept, Some(content_type)), body);
            let plain: Vec<u8> = kept.iter().copied().filter(|byte| *byte != 0).collect();
            assert!(!String::from_utf8_lossy(&plain).contains("secret-of-ours"), "{plain:?}");
        }
    }

    #[test]
    fn what_a_contract_promises_decides_how_a_body_is_read() {
        let types = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        let promised =
            MediaTypes { json: types(&["application/x-j"]), xml: vec![], other: types(&["text/plain"]) };
        let read = |bytes: &[u8], media| read_as(&read_body(bytes, Some(media)), bytes, media, &promised);
        assert_eq!(read(b"{}", "text/plain"), Some(Body::Other { text: Some(Value::text("{}")) }));
        assert!(matches!(read(b"{", "application/x-j"), Some(Body::Unreadable { .. })));
        assert!(matches!(read(b"5", "application/x-j"), Some(Body::Json(_))));
        assert_eq!(read(b"{}", "application/x-j"), None);
        assert_eq!(read(b"pong", "text/plain"), None);
    }
}
