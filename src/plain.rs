//! Makes text fit to be shown: no byte of an answer may act on a terminal, or turn what stands beside it.
//!
//! It knows nothing of where the text comes from or goes to.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with control characters and marks that turn its direction written as escapes.
///
/// A newline stays, since callers indent lines themselves; everything else that is not shown as
/// itself is escaped: C0 and C1 controls (ECMA-48), the marks of Unicode's TR 9, and two code points that are
/// no characters.
pub fn printable(text: &str) -> Cow<'_, str> {
    cleaned(text, |letter, clean| clean.extend(letter.escape_default()))
}

/// JSON text with the same characters as escapes; JSON's own writer leaves all but the C0 controls.
///
/// They stand inside strings alone, and all of them are in the basic plane (RFC 8259, section 7).
pub fn printable_json(text: &str) -> Cow<'_, str> {
    cleaned(text, |letter, clean| {
        // Writing to a String cannot fail.
        let _ = write!(clean, "\\u{:04x}", u32::from(letter));
    })
}

/// The text with a sign of as many bytes for each such character, so that places in it stay the same; tabs
/// stay too.
pub fn printable_in_place(text: &str) -> Cow<'_, str> {
    cleaned(text, |letter, clean| {
        clean.push(match (letter, letter.len_utf8()) {
            ('\t', _) => '\t',
            (_, 1) => '?',
            (_, 2) => '\u{b7}',
            _ => '\u{fffd}',
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

fn cleaned(text: &str, write: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hostile(letter) { write(letter, &mut clean) } else { clean.push(letter) }
    }
    Cow::Owned(clean)
}

/// Whether a character would act in place of being seen; a newline is not counted as one that does.
pub fn is_hostile(letter: char) -> bool {
    let turns = matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let breaks = matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}');
    // XML has no way to write these two (XML 1.0, section 2.2).
    let is_none = matches!(letter, '\u{fffe}' | '\u{ffff}');
    turns || breaks || is_none || (letter.is_control() && letter != '\n')
}

#[cfg(test)]
mod tests {
    use super::{markdown, printable, printable_in_place};

    #[test]
    fn nothing_that_acts_on_a_terminal_stays() {
        assert_eq!(printable("a\u{1b}[2J\r\u{9b}\u{202e}\u{0}"), "a\\u{1b}[2J\\r\\u{9b}\\u{202e}\\u{0}");
        assert_eq!(printable("\u{61c}\u{200f}\u{2067}\u{2028}"), "\\u{61c}\\u{200f}\\u{2067}\\u{2028}");
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
        let text = "a\u{1b}b\u{9b}c\u{202e}d\te";
        let clean = printable_in_place(text);
        assert_eq!(clean, "a?b\u{b7}c\u{fffd}d\te");
        assert_eq!(clean.len(), text.len());
    }
}
