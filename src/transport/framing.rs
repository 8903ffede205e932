//! What is wrong with the framing of an answer, and still read by hyper. Main types: [`FramingWatch`], for what can be
//! seen in its bytes alone, and [`SeenBreach`].

use std::mem::take;

use hyper::StatusCode;
use hyper::Version;
use hyper::header::{CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use hyper::http::response::Parts;
use memchr::memchr;

use crate::model::FramingBreach;

/// How many fields an answer's head may have.
pub(super) const MOST_FIELDS: usize = 256;

/// How long an answer's head may be, in bytes.
pub(super) const LONGEST_HEAD: usize = 256 * 1024;

/// How many interim answers (1xx) may come before the answer: far more than there is a use for.
pub(super) const MOST_INTERIM: usize = 100;

/// A rule that is broken, and what the endpoint wrote there.
pub(super) type SeenBreach = (FramingBreach, Vec<u8>);

/// Goes through the lines of an answer as its bytes come: heads, sizes of chunks, trailers. It judges nothing that hyper
/// refuses, and copies nothing but a line that comes in parts and what is wrong.
#[derive(Debug)]
pub(super) struct FramingWatch {
    /// Whether the request has the method HEAD, so that no body comes.
    is_head: bool,
    part: Part,
    /// The beginning of a line whose end has not come.
    open: Vec<u8>,
    breaches: Vec<SeenBreach>,
    /// The last line with a length that is not the only one, or no number.
    odd_length: Option<Vec<u8>>,
    has_length: bool,
    interim: usize,
    /// The lines of the head so far, without the first.
    fields: usize,
    /// The bytes of the head so far, without the open line.
    length: usize,
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Part {
    Status,
    Fields {
        status: u16,
        is_chunked: bool,
    },
    ChunkSize,
    /// So many bytes of a chunk.
    ChunkData(u64),
    ChunkEnd,
    Trailers,
    /// Nothing to look at.
    Rest,
}

impl FramingWatch {
    pub(super) fn new(is_head: bool) -> Self {
        let (open, breaches) = (Vec::new(), Vec::new());
        let (odd_length, has_length) = (None, false);
        let part = Part::Status;
        Self { is_head, part, open, breaches, odd_length, has_length, interim: 0, fields: 0, length: 0 }
    }

    /// Whether more interim answers came than may.
    pub(super) fn is_flooded(&self) -> bool {
        self.interim > MOST_INTERIM
    }

    /// Which limit a head is past that hyper finds too large.
    pub(super) fn limit(&self) -> String {
        if self.fields > MOST_FIELDS {
            format!("the head of the answer has more than {MOST_FIELDS} fields")
        } else if self.length + self.open.len() >= LONGEST_HEAD {
            format!("the head of the answer is longer than {LONGEST_HEAD} bytes")
        } else {
            "the Content-Length of the answer is larger than any body".to_owned()
        }
    }

    /// The line of a length that hyper cannot read.
    pub(super) fn odd_length(&self) -> Option<&[u8]> {
        self.odd_length.as_deref()
    }

    /// What was found.
    pub(super) fn into_breaches(self) -> Vec<SeenBreach> {
        self.breaches
    }

    /// Looks at the bytes that came next.
    pub(super) fn see(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            bytes = match self.part {
                Part::Rest => return,
                Part::ChunkData(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let left = left - count as u64;
                    self.part = if left == 0 { Part::ChunkEnd } else { Part::ChunkData(left) };
                    &bytes[count..]
                }
                Part::Status | Part::Fields { .. } | Part::ChunkSize | Part::ChunkEnd | Part::Trailers => {
                    self.see_line(bytes)
                }
            }
        }
    }

    /// Looks at the next line, and gives what is behind it.
    fn see_line<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let Some(end) = memchr(b'\n', bytes) else {
            self.open.extend_from_slice(bytes);
            // hyper gives up as well.
            if self.open.len() > LONGEST_HEAD {
                self.length += take(&mut self.open).len();
                self.part = Part::Rest;
            }
            return &[];
        };
        let (line, rest) = bytes.split_at(end + 1);
        if self.open.is_empty() {
            self.judge_line(line);
        } else {
            let mut whole = take(&mut self.open);
            whole.extend_from_slice(line);
            self.judge_line(&whole);
        }
        rest
    }

    fn judge_line(&mut self, line: &[u8]) {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let whole = text.strip_suffix(b"\r");
        let text = whole.unwrap_or(text);
        if whole.is_none() {
            self.note(FramingBreach::LineEnd, text);
        }
        self.part = match self.part {
            Part::Status => self.status_line(line, text),
            Part::Fields { status, is_chunked } => self.field(line, text, status, is_chunked),
            Part::ChunkSize => self.chunk_size(text),
            Part::ChunkEnd => Part::ChunkSize,
            Part::Trailers if text.is_empty() => Part::Rest,
            Part::Trailers => {
                if field_of(text).is_some_and(|(name, _)| is_of_framing(name)) {
                    self.note(FramingBreach::Trailer, text);
                }
                Part::Trailers
            }
            Part::ChunkData(_) | Part::Rest => self.part,
        };
    }

    fn status_line(&mut self, line: &[u8], text: &[u8]) -> Part {
        self.length += line.len();
        if text.is_empty() {
            self.note(FramingBreach::Before, line);
            return Part::Status;
        }
        if text.get(12) != Some(&b' ') {
            self.note(FramingBreach::StatusLine, text);
        }
        let status = text.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        status.map_or(Part::Rest, |status| Part::Fields { status, is_chunked: false })
    }

    fn field(&mut self, line: &[u8], text: &[u8], status: u16, is_chunked: bool) -> Part {
        self.length += line.len();
        let is_interim = (100..200).contains(&status) && status != 101;
        if text.is_empty() && is_interim {
            self.interim += 1;
            (self.fields, self.length) = (0, 0);
            return Part::Status;
        }
        if text.is_empty() {
            let has_body = !self.is_head && ![101, 204, 304].contains(&status);
            return if has_body && is_chunked { Part::ChunkSize } else { Part::Rest };
        }
        self.fields += 1;
        let Some((name, value)) = field_of(text).filter(|(name, _)| is_of_framing(name)) else {
            return Part::Fields { status, is_chunked };
        };
        if is_interim && !value.trim_ascii().iter().all(|byte| *byte == b'0') {
            self.note(FramingBreach::Bodiless, text);
        }
        // As hyper has it: the last coding of the last line counts.
        let is_coding = name.len() == TRANSFER_ENCODING.as_str().len();
        if !is_coding {
            let value = value.trim_ascii();
            let is_odd = self.has_length || value.len() > 19 || !value.iter().all(u8::is_ascii_digit);
            self.odd_length = is_odd.then(|| text.to_vec());
            self.has_length = true;
        }
        let last = value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
        let is_chunked =
            if is_coding { last.trim_ascii().eq_ignore_ascii_case(b"chunked") } else { is_chunked };
        Part::Fields { status, is_chunked }
    }

    fn chunk_size(&mut self, text: &[u8]) -> Part {
        let end = text.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(text.len());
        let (digits, behind) = text.split_at(end);
        if !are_extensions(behind) {
            self.note(FramingBreach::ChunkLine, behind);
        }
        let size = std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
        match size {
            None => Part::Rest,
            Some(0) => Part::Trailers,
            Some(size) => Part::ChunkData(size),
        }
    }

    /// Notes the first of each kind.
    fn note(&mut self, breach: FramingBreach, shown: &[u8]) {
        if !self.breaches.iter().any(|(known, _)| *known == breach) {
            self.breaches.push((breach, shown.to_vec()));
        }
    }
}

/// The name and the value of a field.
fn field_of(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr(b':', text)?;
    Some((&text[..colon], &text[colon + 1..]))
}

/// Whether a field of this name says where a message ends.
fn is_of_framing(name: &[u8]) -> bool {
    [CONTENT_LENGTH, TRANSFER_ENCODING]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_str().as_bytes()))
}

/// Whether bytes are extensions of a chunk, or none (RFC 9112, section 7.1.1).
fn are_extensions(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some(named) =
            rest.trim_ascii_start().strip_prefix(b";").and_then(|rest| behind_token(rest.trim_ascii_start()))
        else {
            return false;
        };
        let Some(value) = named.trim_ascii_start().strip_prefix(b"=") else {
            rest = named;
            continue;
        };
        let value = value.trim_ascii_start();
        let Some(behind) = behind_token(value).or_else(|| behind_quoted(value)) else { return false };
        rest = behind;
    }
    true
}

/// What is behind a token, if there is one.
fn behind_token(bytes: &[u8]) -> Option<&[u8]> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let end = bytes.iter().position(|byte| !is_part(byte)).unwrap_or(bytes.len());
    (end > 0).then(|| &bytes[end..])
}

/// What is behind a text in quotes, if there is one (RFC 9110, section 5.6.4).
fn behind_quoted(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.strip_prefix(b"\"")?;
    loop {
        let (first, behind) = rest.split_first()?;
        let (inside, behind) = match first {
            b'"' => return Some(behind),
            b'\\' => behind.split_first()?,
            _ => (first, behind),
        };
        if inside.is_ascii_control() && *inside != b'\t' {
            return None;
        }
        rest = behind;
    }
}

/// What is wrong with an answer of this status.
pub(super) fn for_status(head: &Parts, body: &[u8]) -> Option<SeenBreach> {
    if head.status == StatusCode::RESET_CONTENT && !body.is_empty() {
        return Some((FramingBreach::ResetBody, body.to_vec()));
    }
    let is_unnamed = head.status == StatusCode::SWITCHING_PROTOCOLS && !head.headers.contains_key(UPGRADE);
    is_unnamed.then(|| (FramingBreach::NoUpgrade, head.status.to_string().into_bytes()))
}

/// What is wrong in the fields of a head.
pub(super) fn in_fields(head: &Parts) -> Vec<SeenBreach> {
    let lines = |name| head.headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let is_bare = [StatusCode::NO_CONTENT, StatusCode::SWITCHING_PROTOCOLS].contains(&head.status);
    let is_number = |line: &[u8]| !line.is_empty() && line.iter().all(u8::is_ascii_digit);
    let are_numbers = lines(CONTENT_LENGTH).all(is_number);
    let has_coding = head.headers.contains_key(TRANSFER_ENCODING);
    if are_numbers && !has_coding && !is_bare {
        return Vec::new();
    }
    let is_zero = |line: &[u8]| line.iter().all(|byte| *byte == b'0');
    let is_framed = has_coding || !lines(CONTENT_LENGTH).all(is_zero);
    let is_old = head.version < Version::HTTP_11;
    let joined = |name| lines(name).collect::<Vec<_>>().join(&b", "[..]);
    let (length, coding) = (joined(CONTENT_LENGTH), joined(TRANSFER_ENCODING));
    let version: &[u8] = if is_old { b"HTTP/1.0, " } else { b"" };
    let said_length = [b"content-length: ", &*length].concat();
    let said_coding = [b"transfer-encoding: ", &*coding].concat();
    let mut breaches = Vec::new();
    if !are_numbers {
        breaches.push((FramingBreach::Length, length));
    }
    if has_coding && (is_old || !coding.eq_ignore_ascii_case(b"chunked")) {
        breaches.push((FramingBreach::TransferCoding, [version, &coding].concat()));
    }
    if has_coding && head.headers.contains_key(CONTENT_LENGTH) {
        breaches.push((FramingBreach::TwoLengths, [&*said_length, &said_coding].join(&b", "[..])));
    }
    if is_bare && is_framed {
        breaches.push((FramingBreach::Bodiless, if has_coding { said_coding } else { said_length }));
    }
    breaches
}

#[cfg(test)]
mod tests {
    use hyper::Response;
    use hyper::Version;

    use super::{
        FramingBreach, FramingWatch, LONGEST_HEAD, MOST_FIELDS, MOST_INTERIM, are_extensions, in_fields,
    };

    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n";

    fn watched(bytes: &[u8], by: usize) -> FramingWatch {
        let mut watch = FramingWatch::new(false);
        bytes.chunks(by).for_each(|part| watch.see(part));
        watch
    }

    /// What is found in bytes that come at once, or in parts of any length.
    fn found(bytes: &[u8]) -> Vec<FramingBreach> {
        let kinds = |by| {
            let breaches = watched(bytes, by).into_breaches();
            breaches.into_iter().map(|(breach, _)| breach).collect::<Vec<_>>()
        };
        let at_once = kinds(bytes.len().max(1));
        for by in [1, 2, 3, 7] {
            assert_eq!(kinds(by), at_once, "{by} {}", String::from_utf8_lossy(bytes));
        }
        at_once
    }

    #[test]
    fn what_is_right_is_not_found_to_be_wrong() {
        for rest in [
            "content-length: 9\r\n\r\n{\"v\":\"1\"}",
            "content-length: 3\r\n\r\na\nb",
            "\r\n\nuntil\nit closes\n\r\n\n",
            "transfer-encoding: chunked\r\n\r\n9\r\n{\"v\":\"1\"}\r\n0\r\n\r\n",
            "Transfer-Encoding: Chunked\r\n\r\n0A;a=b ; c ;d=\"e;\\\"\"\r\n\n\n\n\n\n\n\n\n\n\n\r\n0\r\nx-a: b\r\n\r\n",
            "x: a:b\r\nx:\r\n\r\n",
        ] {
            assert_eq!(found((HEAD.to_owned() + rest).as_bytes()), [], "{rest:?}");
        }
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nlink: </a>\r\n\r\n";
        assert_eq!(found((interim.to_owned() + HEAD + "\r\n").as_bytes()), []);
        // No body comes, whatever the fields say.
        for status in ["204 No", "304 Not", "101 Switch"] {
            let bare = format!("HTTP/1.1 {status}\r\ntransfer-encoding: chunked\r\n\r\n9 zz\r\n");
            assert_eq!(found(bare.as_bytes()), [], "{status}");
        }
        let mut of_head = FramingWatch::new(true);
        of_head.see((HEAD.to_owned() + "transfer-encoding: chunked\r\n\r\n9 zz\r\n").as_bytes());
        assert_eq!(of_head.into_breaches(), []);
    }

    #[test]
    fn each_breach_is_found_in_the_bytes() {
        use FramingBreach::{Before, Bodiless, ChunkLine, LineEnd, StatusLine, Trailer};
        let chunked = HEAD.to_owned() + "transfer-encoding: chunked\r\n\r\n";
        for (bytes, due) in [
            (format!("\r\n{HEAD}\r\n"), vec![Before]),
            (format!("\r\n\r\n\r\n{HEAD}\r\n"), vec![Before]),
            (format!("\n{HEAD}\r\n"), vec![LineEnd, Before]),
            (HEAD.replace(" OK", "") + "\r\n", vec![StatusLine]),
            (HEAD.replace(" OK", "\tOK") + "\r\n", vec![StatusLine]),
            (HEAD.replace('\r', "") + "\n", vec![LineEnd]),
            (format!("{HEAD}x: a\nx: b\r\n\r\n"), vec![LineEnd]),
            (format!("HTTP/1.1 103 E\r\ncontent-length: 5\r\n\r\n{HEAD}\r\n"), vec![Bodiless]),
            (format!("HTTP/1.1 103 E\r\nTransfer-Encoding: chunked\r\n\r\n{HEAD}\r\n"), vec![Bodiless]),
            (format!("{chunked}9;\0\u{1b}[31m\r\n{{\"v\":\"1\"}}\r\n0\r\n\r\n"), vec![ChunkLine]),
            (format!("{chunked}9 \r\n{{\"v\":\"1\"}}\r\n0 zz\r\n\r\n"), vec![ChunkLine]),
            (format!("{chunked}1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n"), vec![Trailer]),
            (format!("{chunked}1\r\na\r\n0\r\nx: b\r\ntransfer-encoding: x\n\r\n"), vec![LineEnd, Trailer]),
        ] {
            assert_eq!(found(bytes.as_bytes()), due, "{bytes:?}");
        }
    }

    #[test]
    fn extensions_have_a_name_and_may_have_a_value() {
        for right in ["", ";a", " ; a = b\t;c", ";a=\"\"", ";a=\"b \\\" ; \u{e9}\";c", ";a=b'c"] {
            assert!(are_extensions(right.as_bytes()), "{right}");
        }
        for wrong in
            [" ", ";", ";;", ";a=", ";a=\"b", ";a b", "zz", ";a=\u{e9}", ";a=\"\u{1}\"", ";a=\"\\", ";\u{0}"]
        {
            assert!(!are_extensions(wrong.as_bytes()), "{wrong:?}");
        }
    }

    #[test]
    fn each_breach_is_found_in_the_fields() {
        use FramingBreach::{Bodiless, Length, TransferCoding, TwoLengths};
        let breaches = |status: u16, version: Version, fields: &[(&str, &str)]| {
            let mut head = Response::builder().status(status).version(version);
            for (name, value) in fields {
                head = head.header(*name, *value);
            }
            let breaches = in_fields(&head.body(()).unwrap().into_parts().0);
            breaches
                .into_iter()
                .map(|(breach, shown)| (breach, String::from_utf8(shown).unwrap()))
                .collect::<Vec<_>>()
        };
        let found = |status: u16, fields: &[(&str, &str)]| {
            breaches(status, Version::HTTP_11, fields)
                .into_iter()
                .map(|(breach, _)| breach)
                .collect::<Vec<_>>()
        };
        let length = |value| ("content-length", value);
        let coding = |value| ("transfer-encoding", value);
        for (status, fields) in [
            (200, vec![]),
            (200, vec![length("9")]),
            (200, vec![length("9"), length("9")]),
            (200, vec![coding("chunked")]),
            (200, vec![coding("Chunked")]),
            (204, vec![]),
            (204, vec![length("0")]),
            (304, vec![length("9")]),
        ] {
            assert_eq!(found(status, &fields), [], "{status} {fields:?}");
        }
        for (status, fields, due) in [
            (200, vec![length("9, 9")], vec![Length]),
            (200, vec![length("")], vec![Length]),
            (200, vec![length("9"), coding("chunked")], vec![TwoLengths]),
            (200, vec![coding("identity"), length("3")], vec![TransferCoding, TwoLengths]),
            (200, vec![coding("xchunked")], vec![TransferCoding]),
            (200, vec![coding("gzip, chunked")], vec![TransferCoding]),
            (200, vec![coding("chunked"), coding("chunked")], vec![TransferCoding]),
            (200, vec![coding("chunked,")], vec![TransferCoding]),
            (200, vec![coding("")], vec![TransferCoding]),
            (204, vec![length("9")], vec![Bodiless]),
            (204, vec![coding("chunked")], vec![Bodiless]),
            (101, vec![coding("chunked")], vec![Bodiless]),
        ] {
            assert_eq!(found(status, &fields), due, "{status} {fields:?}");
        }
        let shown = |fields: &[(&str, &str)]| breaches(200, Version::HTTP_10, fields);
        assert_eq!(shown(&[coding("chunked")]), [(TransferCoding, "HTTP/1.0, chunked".to_owned())]);
        assert_eq!(
            breaches(200, Version::HTTP_11, &[length("9"), coding("chunked")]),
            [(TwoLengths, "content-length: 9, transfer-encoding: chunked".to_owned())]
        );
    }

    #[test]
    fn interim_answers_are_counted_and_a_head_that_is_too_large_is_named() {
        let interim = "HTTP/1.1 103 E\r\n\r\n".repeat(MOST_INTERIM);
        assert!(!watched((interim.clone() + HEAD + "\r\n").as_bytes(), 1000).is_flooded());
        assert!(watched((interim + "HTTP/1.1 103 E\r\n\r\n").as_bytes(), 1000).is_flooded());
        let fields = |count: usize| HEAD.to_owned() + &"x: y\r\n".repeat(count - 1) + "\r\n";
        assert!(watched(fields(MOST_FIELDS + 1).as_bytes(), 8192).limit().contains("256 fields"));
        assert!(watched(fields(MOST_FIELDS).as_bytes(), 8192).limit().contains("Content-Length"));
        for long in ["x".repeat(LONGEST_HEAD), "x: y\r\n".repeat(MOST_FIELDS - 1) + &"y".repeat(LONGEST_HEAD)]
        {
            assert!(watched((HEAD.to_owned() + &long).as_bytes(), 8192).limit().contains("262144 bytes"));
        }
    }
}
