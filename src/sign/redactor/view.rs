//! Bytes as they read once an encoding is taken off, and where each of them comes from. Main type: [`DecodedView`].

use std::ops::Range;

use memchr::{memchr, memchr3};

/// The shortest run of base64 that can hold what is looked for: six bytes.
const SHORTEST_BASE64: usize = 8;

/// The shortest run of hexadecimal digits that can.
const SHORTEST_HEX: usize = 12;

/// Decoded bytes.
#[derive(Debug)]
pub(super) struct DecodedView {
    pub(super) bytes: Vec<u8>,
    /// Of each byte: the place of what it was decoded from.
    from: Vec<(u32, u32)>,
}

impl DecodedView {
    fn with_room(length: usize) -> Self {
        Self { bytes: Vec::with_capacity(length), from: Vec::with_capacity(length) }
    }

    /// The place that a range of decoded bytes was decoded from.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        let (start, end) = (self.from[range.start].0, self.from[range.end - 1].1);
        start as usize..end as usize
    }

    fn push(&mut self, byte: u8, from: Range<usize>) {
        let place = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.bytes.push(byte);
        self.from.push((place(from.start), place(from.end)));
    }

    fn extend(&mut self, bytes: &[u8], from: &Range<usize>) {
        for byte in bytes {
            self.push(*byte, from.clone());
        }
    }
}

/// The bytes without escapes of URLs, JSON and XML, each also more than once; none if there are none.
pub(super) fn unescape(bytes: &[u8]) -> Option<DecodedView> {
    memchr3(b'%', b'\\', b'&', bytes)?;
    let mut view = DecodedView::with_room(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = match bytes[at] {
            b'%' => percent(&bytes[at..]),
            b'\\' => backslash(&bytes[at..]),
            b'&' => reference(&bytes[at..]),
            _ => None,
        };
        let (decoded, length) = escape.unwrap_or_else(|| (EscapeMeaning::Byte(bytes[at]), 1));
        let from = at..at + length;
        match decoded {
            EscapeMeaning::Byte(byte) => view.push(byte, from),
            EscapeMeaning::Letter(letter) => view.extend(letter.encode_utf8(&mut [0; 4]).as_bytes(), &from),
        }
        at += length;
    }
    (view.bytes.len() < bytes.len()).then_some(view)
}

/// What an escape means.
enum EscapeMeaning {
    Byte(u8),
    Letter(char),
}

/// `%2F`, and `%25252F`.
fn percent(bytes: &[u8]) -> Option<(EscapeMeaning, usize)> {
    let mut at = 1;
    while bytes[at..].starts_with(b"25") && number(bytes.get(at + 2..at + 4)?, 16).is_some() {
        at += 2;
    }
    let byte = number(bytes.get(at..at + 2)?, 16)?;
    Some((EscapeMeaning::Byte(u8::try_from(byte).ok()?), at + 2))
}

/// `\n`, `\"`, `\/`, `\x2f` and `\u002f`, behind any number of backslashes.
fn backslash(bytes: &[u8]) -> Option<(EscapeMeaning, usize)> {
    let count = bytes.iter().take_while(|byte| **byte == b'\\').count();
    let Some(next) = bytes.get(count) else {
        return Some((EscapeMeaning::Byte(b'\\'), count));
    };
    let digits = |length: usize| number(bytes.get(count + 1..count + 1 + length)?, 16);
    let decoded = match next {
        b'u' | b'U' => digits(4).map(|unit| (unit, 5)),
        b'x' | b'X' => digits(2).map(|byte| (byte, 3)),
        b'n' => Some((u32::from(b'\n'), 1)),
        b'r' => Some((u32::from(b'\r'), 1)),
        b't' => Some((u32::from(b'\t'), 1)),
        other if other.is_ascii_punctuation() => Some((u32::from(*other), 1)),
        _ => None,
    };
    let Some((code, length)) = decoded else {
        return Some((EscapeMeaning::Byte(b'\\'), count));
    };
    let end = count + length;
    if let Some(letter) = char::from_u32(code) {
        return Some((EscapeMeaning::Letter(letter), end));
    }
    // A half of a character beyond the basic plane, and then the other one.
    let more = bytes[end..].iter().take_while(|byte| **byte == b'\\').count();
    let is_escape = more > 0 && matches!(bytes.get(end + more), Some(b'u' | b'U'));
    let low = number(bytes.get(end + more + 1..end + more + 5).filter(|_| is_escape)?, 16)?;
    let pair = [u16::try_from(code).ok()?, u16::try_from(low).ok()?];
    let letter = char::decode_utf16(pair).next()?.ok()?;
    Some((EscapeMeaning::Letter(letter), end + more + 5))
}

/// `&lt;`, `&#60;`, `&#x3c;`, and `&amp;amp;lt;`.
fn reference(bytes: &[u8]) -> Option<(EscapeMeaning, usize)> {
    const NAMES: [(&[u8], char); 4] = [(b"lt;", '<'), (b"gt;", '>'), (b"quot;", '"'), (b"apos;", '\'')];
    let starts = |at: usize, name: &[u8]| {
        bytes.get(at..at + name.len()).is_some_and(|here| here.eq_ignore_ascii_case(name))
    };
    let mut at = 1;
    while starts(at, b"amp;") {
        at += 4;
    }
    if let Some((name, letter)) = NAMES.iter().find(|(name, _)| starts(at, name)) {
        return Some((EscapeMeaning::Letter(*letter), at + name.len()));
    }
    let numeric = || {
        let digits = bytes[at..].strip_prefix(b"#")?;
        let is_hex = digits.first().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'x'));
        let digits = &digits[usize::from(is_hex)..];
        // Any number of zeros may come before it; these many are looked at.
        let length = digits.iter().take(32).position(|byte| *byte == b';')?;
        let letter = char::from_u32(number(&digits[..length], if is_hex { 16 } else { 10 })?)?;
        Some((EscapeMeaning::Letter(letter), at + 1 + usize::from(is_hex) + length + 1))
    };
    numeric().or_else(|| (at > 1).then_some((EscapeMeaning::Byte(b'&'), at)))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    text.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| u32::from_str_radix(text, radix).ok())?
}

/// The bytes without those that are zero, as UTF-16 and UTF-32 have them beside each ASCII character; none if there are
/// none.
pub(super) fn narrow(bytes: &[u8]) -> Option<DecodedView> {
    memchr(0, bytes)?;
    let mut view = DecodedView::with_room(bytes.len());
    for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        view.push(*byte, at..at + 1);
    }
    Some(view)
}

/// Runs of base64, begun at each of the four places that a group can begin at. Lines may end in them.
pub(super) static BASE64: Encoding = Encoding {
    values: values(false),
    bits: 6,
    starts: 4,
    shortest: SHORTEST_BASE64,
    is_between: |byte, _| matches!(byte, b'\r' | b'\n'),
};

/// Runs of hexadecimal digits, begun at the first digit and at the second. Pairs may be apart by `:`, `-` or a space.
pub(super) static HEX: Encoding = Encoding {
    values: values(true),
    bits: 4,
    starts: 2,
    shortest: SHORTEST_HEX,
    is_between: |byte, run| {
        matches!(byte, b':' | b'-' | b' ') && run.len() >= 2 && run[run.len() - 1] == run[run.len() - 2] + 1
    },
};

/// The value of each byte in an encoding. Every byte of every answer is looked up.
type ByteValues = [u8; 256];

/// The value of a byte that an encoding does not have.
const NONE: u8 = u8::MAX;

const fn values(is_hex: bool) -> ByteValues {
    let mut values = [NONE; 256];
    let mut byte = 0;
    while byte < u8::MAX {
        values[byte as usize] = if is_hex { digit(byte) } else { sextet(byte) };
        byte += 1;
    }
    values
}

const fn sextet(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => NONE,
    }
}

const fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => NONE,
    }
}

/// An encoding of bytes by characters that hold some bits each.
pub(super) struct Encoding {
    values: ByteValues,
    bits: usize,
    /// At how many places of a run a byte can begin.
    starts: usize,
    shortest: usize,
    /// Whether a byte behind the places of a run may stand inside it.
    is_between: fn(u8, &[usize]) -> bool,
}

impl Encoding {
    /// What every run reads as.
    pub(super) fn views(&self, bytes: &[u8], mut look: impl FnMut(DecodedView)) {
        self.runs(bytes, &mut Vec::new(), |run| {
            for start in 0..self.starts {
                look(self.view(bytes, &run[start..]));
            }
            false
        });
    }

    /// Whether what any run reads as, without the places that it comes from, is what is asked for. The rooms are used again.
    pub(super) fn any(&self, bytes: &[u8], rooms: &mut Rooms, mut is_it: impl FnMut(&[u8]) -> bool) -> bool {
        let Rooms { places, decoded } = rooms;
        self.runs(bytes, places, |run| {
            (0..self.starts).any(|start| {
                self.decode(bytes, &run[start..], decoded);
                is_it(decoded)
            })
        })
    }

    /// Goes through the places of every run that is long enough, until one is enough.
    fn runs(&self, bytes: &[u8], run: &mut Vec<usize>, mut is_enough: impl FnMut(&[usize]) -> bool) -> bool {
        run.clear();
        // A loop without iterators: this is where a debug build would spend most of its time.
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if self.values[usize::from(byte)] != NONE {
                run.push(at);
            } else if !run.is_empty() && !(self.is_between)(byte, run) {
                if run.len() >= self.shortest && is_enough(run) {
                    return true;
                }
                run.clear();
            }
            at += 1;
        }
        run.len() >= self.shortest && is_enough(run)
    }

    fn decode(&self, bytes: &[u8], run: &[usize], decoded: &mut Vec<u8>) {
        decoded.clear();
        let (mut held, mut count, mut position) = (0_usize, 0, 0);
        while position < run.len() {
            held = (held & 0xff) << self.bits | usize::from(self.values[usize::from(bytes[run[position]])]);
            count += self.bits;
            if count >= 8 {
                count -= 8;
                decoded.push(u8::try_from(held >> count & 0xff).unwrap_or_default());
            }
            position += 1;
        }
    }

    fn view(&self, bytes: &[u8], run: &[usize]) -> DecodedView {
        let mut decoded = Vec::with_capacity(run.len());
        self.decode(bytes, run, &mut decoded);
        let mut view = DecodedView::with_room(decoded.len());
        for (index, byte) in decoded.into_iter().enumerate() {
            // The characters that have the first bit of a byte, and the last.
            let (first, last) = (index * 8 / self.bits, (index * 8 + 7) / self.bits);
            view.push(byte, run[first]..run[last] + 1 + padding(bytes, run, last));
        }
        view
    }
}

/// Room for what one encoding is decoded to.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    places: Vec<usize>,
    decoded: Vec<u8>,
}

/// The signs that fill the last group, if a run ends here.
fn padding(bytes: &[u8], run: &[usize], position: usize) -> usize {
    let Some(at) = run.get(position).filter(|_| position + 1 == run.len()) else {
        return 0;
    };
    bytes[at + 1..].iter().take(2).take_while(|byte| **byte == b'=').count()
}

#[cfg(test)]
mod tests {
    use super::{BASE64, DecodedView, HEX, narrow, unescape};

    /// What a text reads as, and the part of it that is behind the first `~` of that up to the second.
    fn read(text: &str) -> (String, Option<&str>) {
        let view = unescape(text.as_bytes()).unwrap();
        let shown = String::from_utf8(view.bytes.clone()).unwrap();
        let place = shown.find('<').zip(shown.rfind('>'));
        (shown, place.map(|(start, end)| &text[view.source(start..end + 1)]))
    }

    #[test]
    fn escapes_are_read_however_often_they_were_made_and_lead_back() {
        for text in [
            "%3Ca%3e",
            "%253ca%25253E",
            "\\u003ca\\U003E",
            "\\\\\\u003ca\\x3e",
            "&lt;a&amp;amp;gt;",
            "&#60;a&#x003e;",
            "&LT;a&#X3E;",
            "\\<a\\\\>",
        ] {
            assert_eq!(read(&format!("b {text} c")), ("b <a> c".to_owned(), Some(text)), "{text}");
        }
        assert_eq!(read("\\ud83d\\udd11 %f0%9F%94%91 &#128273; \\\\").0, "\u{1f511} \u{1f511} \u{1f511} \\");
        assert_eq!(read("a\\\\b&amp;c").0, "a\\b&c");
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [
            "%",
            "%2",
            "%zz",
            "&",
            "&amp",
            "&#;",
            "&#x;",
            "&nbsp;",
            "\\u12",
            "\\ud83dx",
            "%+1",
            "\\",
            "&#99999999999;",
        ] {
            let shown = unescape(text.as_bytes()).map(|view| String::from_utf8(view.bytes).unwrap());
            assert_eq!(shown.as_deref().unwrap_or(text), text);
        }
        assert!(unescape(b"plain").is_none() && narrow(b"plain").is_none());
    }

    fn all(decode: impl Fn(&[u8], &mut dyn FnMut(DecodedView)), text: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        decode(text.as_bytes(), &mut |view| {
            let shown = String::from_utf8_lossy(&view.bytes).into_owned();
            found.push((shown, text[view.source(0..view.bytes.len())].to_owned()));
        });
        found
    }

    #[test]
    fn runs_are_decoded_from_each_start_and_lead_back() {
        let base64 = |text: &str| all(|bytes, look| BASE64.views(bytes, look), text);
        assert!(base64("(c2VjcmV0MQ==)").contains(&("secret1".into(), "c2VjcmV0MQ==".into())));
        assert!(base64("xyc2Vj\r\ncmV0").contains(&("secret".into(), "c2Vj\r\ncmV0".into())));
        assert!(base64("short").is_empty());
        let hex = |text: &str| all(|bytes, look| HEX.views(bytes, look), text);
        assert!(hex("0736563726574").contains(&("secret".into(), "736563726574".into())));
        assert!(hex("73:65:63:72:65:74.").contains(&("secret".into(), "73:65:63:72:65:74".into())));
    }
}
