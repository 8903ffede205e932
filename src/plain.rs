//! Makes text safe to print: no byte of an answer may act on a terminal, or reverse the text beside it.
//!
//! It knows nothing of where the text comes from or goes to.

use std::borrow::Cow;
use std::fmt::Write;

use crate::model::{is_hostile, json_escape};

/// The text with hostile characters written as escapes. A newline stays, since callers indent lines themselves.
pub fn printable(text: &str) -> Cow<'_, str> {
    clean(text, |letter, clean| clean.extend(letter.escape_default()))
}

/// JSON text with the same characters as escapes; JSON's own writer leaves all but the C0 controls.
///
/// They are inside strings alone (RFC 8259, section 7).
pub fn printable_json(text: &str) -> Cow<'_, str> {
    clean(text, |letter, clean| clean.push_str(&json_escape(letter)))
}

/// The text with a sign of as many bytes for each such character, so that places in it stay the same; tabs
/// stay too.
pub fn printable_in_place(text: &str) -> Cow<'_, str> {
    clean(text, |letter, clean| {
        clean.push_str(match (letter, letter.len_utf8()) {
            ('\t', _) => "\t",
            (_, 1) => "?",
            (_, 2) => "\u{b7}",
            (_, 3) => "\u{fffd}",
            _ => "????",
        });
    })
}

/// Text whose characters mean nothing to Markdown or HTML, on one line.
pub fn markdown(text: &str) -> String {
    let text = printable(text);
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => escaped.push(' '),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // An entity cannot begin an emphasis, a link, a mention or a cell.
            '|' | '*' | '_' | '`' | '[' | ']' | '(' | ')' | '!' | '\\' | '#' | '~' | '@' | ':' | '$' => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(letter));
            }
            // GitHub makes a link of `www.` and what follows, also inside `<code>`.
            '.' if escaped.ends_with(['w', 'W']) => escaped.push_str("&#46;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn clean(text: &str, write: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if is_ascii_that_shows(text) || !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hostile(letter) { write(letter, &mut clean) } else { clean.push(letter) }
    }
    Cow::Owned(clean)
}

/// Whether there is nothing but what ASCII shows, and newlines, as in nearly every text. Every byte is looked at, which
/// takes less time than to stop early.
fn is_ascii_that_shows(text: &str) -> bool {
    text.bytes().fold(true, |all, byte| all & matches!(byte, b' '..=b'~' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::{markdown, printable, printable_in_place};

    #[test]
    fn nothing_that_acts_on_a_terminal_stays() {
        assert_eq!(printable("a\u{1b}[2J\r\u{9b}\u{202e}\u{0}"), "a\\u{1b}[2J\\r\\u{9b}\\u{202e}\\u{0}");
        assert_eq!(printable("\u{61c}\u{200f}\u{2067}\u{2028}"), "\\u{61c}\\u{200f}\\u{2067}\\u{2028}");
        assert_eq!(
            printable("a\u{200b}b\u{200d}\u{2060}\u{e0041}"),
            "a\\u{200b}b\\u{200d}\\u{2060}\\u{e0041}"
        );
        assert_eq!(markdown("a\u{200b}\u{202e}b"), "a&#92;u{200b}&#92;u{202e}b");
        assert_eq!(printable("é\n😀"), "é\n😀");
    }

    #[test]
    fn nothing_means_anything_to_markdown() {
        let hostile = "a|b\n# *c* [d](e) <f> `g` www.h https://i";
        let text =
            "a&#124;b &#35; &#42;c&#42; &#91;d&#93;&#40;e&#41; &lt;f&gt; &#96;g&#96; www&#46;h https&#58;//i";
        assert_eq!(markdown(hostile), text);
    }

    #[test]
    fn places_stay_where_they_were() {
        let text = "a\u{1b}b\u{9b}c\u{202e}d\te\u{e0041}f";
        let clean = printable_in_place(text);
        assert_eq!(clean, "a?b\u{b7}c\u{fffd}d\te????f");
        assert_eq!(clean.len(), text.len());
    }
}
