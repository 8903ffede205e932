//! Texts of an endpoint as a snapshot shows them: nothing in them acts on a terminal or hides, no two look alike, and
//! very long ones are cut where their length and digest stand for the rest.

use std::borrow::Cow;
use std::fmt::Write;

use crate::protocol::sha256_hex;

/// The longest text that is shown whole, in characters: some forty lines of a terminal.
const LONGEST: usize = 4000;

/// A text as a JSON string (RFC 8259, section 7).
pub(super) fn quoted(text: &str) -> String {
    let (shown, rest) = bounded(text);
    let mut quoted = String::with_capacity(shown.len() + 2);
    quoted.push('"');
    for letter in shown.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // All of them are in the basic plane. Writing to a String cannot fail.
            other if is_hidden(other) => drop(write!(quoted, "\\u{:04x}", u32::from(other))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted.push_str(&rest);
    quoted
}

/// A line of an answer: a backslash always begins an escape, and a blank at its end is seen.
pub(super) fn escaped(text: &str) -> String {
    let (shown, rest) = bounded(text);
    let ends_blank = rest.is_empty() && shown.ends_with(char::is_whitespace);
    let last = shown.char_indices().next_back().filter(|_| ends_blank).map(|(at, _)| at);
    let mut escaped = String::with_capacity(shown.len());
    for (at, letter) in shown.char_indices() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            other if is_hidden(other) => escaped.extend(other.escape_default()),
            other if Some(at) == last => escaped.extend(other.escape_unicode()),
            other => escaped.push(other),
        }
    }
    escaped.push_str(&rest);
    escaped
}

/// A line of a request, which follows from the case: only what acts or hides is escaped.
pub(super) fn visible(text: &str) -> String {
    let (shown, rest) = bounded(text);
    let mut visible = String::with_capacity(shown.len());
    for letter in shown.chars() {
        if is_hidden(letter) { visible.extend(letter.escape_default()) } else { visible.push(letter) }
    }
    visible.push_str(&rest);
    visible
}

/// The part of a text that is shown, and what is said of the rest.
///
/// No text passes for one that was cut: it would be longer than what is shown whole.
fn bounded(text: &str) -> (Cow<'_, str>, String) {
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

/// Whether a character acts on a terminal, changes the direction of what follows, or is not seen.
fn is_hidden(letter: char) -> bool {
    // Nearly every character is one of these, and every one of every answer is asked about.
    if letter.is_ascii() {
        return letter.is_ascii_control();
    }
    let turns = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_unseen = matches!(
        letter,
        '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
    );
    letter.is_control() || turns || is_unseen
}

#[cfg(test)]
mod tests {
    use super::{escaped, quoted, visible};

    #[test]
    fn no_character_that_acts_or_hides_stands_as_it_is() {
        for letter in
            "\u{61c}\u{180e}\u{200f}\u{2063}\u{202e}\u{2069}\u{206a}\u{feff}\u{fffb}\u{ffff}\u{9b}".chars()
        {
            for shown in [escaped, quoted, visible].map(|show| show(&format!("a{letter}b"))) {
                assert!(shown.is_ascii() && shown.contains(&format!("{:x}", u32::from(letter))), "{shown}");
            }
        }
    }
}
