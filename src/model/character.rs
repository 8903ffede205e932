//! Characters that must not reach an output as they are: one list, which every output uses.

use std::fmt::Write;

/// Whether a character acts on what shows it, turns the direction of the text around it, or cannot be seen. A line feed
/// does not count, since outputs treat lines each in their own way.
///
/// These are controls (ECMA-48), marks of direction (Unicode TR 9), characters of no width (the class Cf, and others that
/// Unicode ignores by default), spaces that look like another one, ends of lines that only some programs know, and two
/// code points that are not characters and that XML cannot hold (XML 1.0, section 2.2).
pub fn is_hostile(letter: char) -> bool {
    // Nearly every character is one of these, and every one of every answer is asked about.
    if letter.is_ascii() {
        return letter.is_ascii_control() && letter != '\n';
    }
    let turns = matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let has_no_width = matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    let looks_like_another =
        matches!(letter, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}');
    let breaks = matches!(letter, '\u{2028}' | '\u{2029}');
    let is_none = matches!(letter, '\u{fffe}' | '\u{ffff}');
    turns || has_no_width || looks_like_another || breaks || is_none || letter.is_control()
}

/// A hostile character as the escapes of a JSON string (RFC 8259, section 7).
pub fn json_escape(letter: char) -> String {
    letter.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |mut escape, unit| {
        // Writing to a String cannot fail.
        let _ = write!(escape, "\\u{unit:04x}");
        escape
    })
}

#[cfg(test)]
mod tests {
    use super::{is_hostile, json_escape};

    #[test]
    fn what_acts_or_cannot_be_seen_is_hostile_and_what_people_write_is_not() {
        let hostile = "\0\t\r\u{1b}\u{7f}\u{9b}\u{85}\u{a0}\u{ad}\u{61c}\u{180e}\u{200b}\u{200d}\u{200f}\u{2028}\u{202e}\
                       \u{2060}\u{2066}\u{206f}\u{3164}\u{fe0f}\u{feff}\u{fffb}\u{ffff}\u{1d173}\u{e0041}\u{e0100}";
        assert_eq!(hostile.chars().find(|letter| !is_hostile(*letter)), None);
        let written = "\n aZ~é\u{301}ß中文\u{3000}日本語한글עבריתعربى😀\u{fffd}…—\u{10ffff}";
        assert_eq!(written.chars().find(|letter| is_hostile(*letter)), None);
    }

    #[test]
    fn an_escape_reads_back_as_the_character() {
        for letter in ['\u{1b}', '\u{200b}', '\u{e0041}'] {
            let text = format!("\"{}\"", json_escape(letter));
            assert_eq!(serde_json::from_str::<String>(&text).unwrap(), letter.to_string());
        }
    }
}
