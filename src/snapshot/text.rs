//! Texts of an endpoint as a snapshot shows them: nothing in them acts on a terminal or hides, no two look alike, and
//! very long ones are cut, and their length and digest replace the rest.

use std::borrow::Cow;

use crate::digest::sha256_hex;
use crate::model::{is_hostile, json_escape};

/// The longest text that is shown whole, in characters: some forty lines of a terminal.
const LONGEST: usize = 4000;

/// Writes a text as a JSON string (RFC 8259, section 7).
pub(super) fn write_quoted(to: &mut String, text: &str) {
    to.push('"');
    if is_plain(text, |byte| byte != b'"' && byte != b'\\') {
        to.push_str(text);
        return to.push('"');
    }
    let (shown, rest) = bound_text(text);
    for letter in shown.chars() {
        match letter {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            other if is_hidden(other) => to.push_str(&json_escape(other)),
            other => to.push(other),
        }
    }
    to.push('"');
    to.push_str(&rest);
}

/// Writes a line of an answer: a backslash always begins an escape, and a blank at its end is seen.
pub(super) fn write_escaped(to: &mut String, text: &str) {
    if is_plain(text, |byte| byte != b'\\') && !text.ends_with(' ') {
        return to.push_str(text);
    }
    let (shown, rest) = bound_text(text);
    let ends_blank = rest.is_empty() && shown.ends_with(char::is_whitespace);
    let last = shown.char_indices().next_back().filter(|_| ends_blank).map(|(at, _)| at);
    for (at, letter) in shown.char_indices() {
        match letter {
            '\\' => to.push_str("\\\\"),
            other if is_hidden(other) => to.extend(other.escape_default()),
            other if Some(at) == last => to.extend(other.escape_unicode()),
            other => to.push(other),
        }
    }
    to.push_str(&rest);
}

/// Makes a line of a request visible that begins at `start`. It follows from the case: only what acts or hides is
/// escaped.
pub(super) fn make_visible(to: &mut String, start: usize) {
    if is_plain(&to[start..], |_| true) {
        return;
    }
    let text = to.split_off(start);
    let (shown, rest) = bound_text(&text);
    for letter in shown.chars() {
        if is_hidden(letter) { to.extend(letter.escape_default()) } else { to.push(letter) }
    }
    to.push_str(&rest);
}

/// Whether a text is short and has only letters, digits, signs and blanks of ASCII that the rule allows. Nearly every
/// text is like that and is written as it is. Every byte is looked at, which takes less time than to stop early.
fn is_plain(text: &str, passes: impl Fn(u8) -> bool) -> bool {
    let is_fine = |byte: u8| (byte.wrapping_sub(b' ') < 0x5f) & passes(byte);
    text.len() <= LONGEST && text.bytes().fold(true, |all, byte| all & is_fine(byte))
}

/// The part of a text that is shown, and what is said of the rest.
///
/// No text passes for one that was cut: it would be longer than what is shown whole.
fn bound_text(text: &str) -> (Cow<'_, str>, String) {
    if text.len() <= LONGEST {
        return (Cow::Borrowed(text), String::new());
    }
    match text.char_indices().nth(LONGEST) {
        None => (Cow::Borrowed(text), String::new()),
        Some((end, _)) => {
            let more = text[end..].chars().count();
            let rest = format!(" … {more} more characters, sha256 {}", sha256_hex(text.as_bytes()));
            (Cow::Borrowed(&text[..end]), rest)
        }
    }
}

/// A line feed inside a line is hidden, too.
fn is_hidden(letter: char) -> bool {
    letter == '\n' || is_hostile(letter)
}

#[cfg(test)]
mod tests {
    use super::{make_visible, write_escaped, write_quoted};

    #[test]
    fn no_character_that_acts_or_hides_stands_as_it_is() {
        for letter in
            "\u{61c}\u{180e}\u{200f}\u{2063}\u{202e}\u{2069}\u{206a}\u{feff}\u{fffb}\u{ffff}\u{9b}".chars()
        {
            let write_visible = |to: &mut String, text: &str| {
                to.push_str(text);
                make_visible(to, 0);
            };
            for write in [write_escaped, write_quoted, write_visible] {
                let mut shown = String::new();
                write(&mut shown, &format!("a{letter}b"));
                assert!(shown.is_ascii() && shown.contains(&format!("{:x}", u32::from(letter))), "{shown}");
            }
        }
    }

    #[test]
    fn a_text_is_whole_as_long_as_it_may_be_and_cut_past_that() {
        for letter in ["x", "é"] {
            let shown = |length: usize| {
                let mut to = String::new();
                write_escaped(&mut to, &letter.repeat(length));
                to
            };
            assert_eq!(shown(super::LONGEST), letter.repeat(super::LONGEST));
            let cut = format!("{} … 1 more characters, sha256 ", letter.repeat(super::LONGEST));
            assert!(shown(super::LONGEST + 1).starts_with(&cut), "{letter}");
        }
    }
}
