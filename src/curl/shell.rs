//! Words of a POSIX shell. No `$'…'`, which many shells do not know, and no character that acts on a terminal.

use std::borrow::Cow;
use std::fmt::Write;

use crate::model::is_hostile;

/// A text as one word, plain or in quotes, or through `printf` where it has controls. A NUL can be in no word.
pub(super) fn quote(text: &str) -> String {
    if !text.chars().any(is_unprintable) {
        // A NUL, the only thing `shlex` refuses, is a control.
        return shlex::try_quote(text).map_or_else(|_| String::new(), Cow::into_owned);
    }
    // `$(…)` drops newlines at its end, so those are literal. They begin no line of their own but for a quote.
    let kept = text.trim_end_matches('\n');
    let mut word = String::new();
    if !kept.is_empty() {
        let _ = write!(word, "\"$(printf '{}')\"", Escaped(kept));
    }
    if kept.len() < text.len() {
        let _ = write!(word, "'{}'", &text[kept.len()..]);
    }
    word
}

/// What writes a text to the standard input of the command behind it.
pub(super) fn pipe(text: &str) -> String {
    format!("printf '{}' | ", Escaped(text))
}

/// A text as a format of `printf` between single quotes (POSIX, `printf`: octal escapes have up to three digits).
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, letter) in self.0.char_indices() {
            match letter {
                '%' => out.write_str("%%")?,
                '\n' => out.write_str("\\n")?,
                '\t' => out.write_str("\\t")?,
                '\r' => out.write_str("\\r")?,
                // A hyphen in front would begin an option, and `!` calls up earlier lines, whatever the quotes.
                '-' if position > 0 => out.write_char('-')?,
                '\'' | '\\' | '!' | '-' => write!(out, "\\{:03o}", u32::from(letter))?,
                other if is_unprintable(other) => {
                    let mut bytes = [0; 4];
                    for byte in other.encode_utf8(&mut bytes).bytes() {
                        write!(out, "\\{byte:03o}")?;
                    }
                }
                other => out.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// All that reports and pages write as an escape, which would change the line; a line feed ends a line of a shell.
fn is_unprintable(letter: char) -> bool {
    letter == '\n' || is_hostile(letter)
}

#[cfg(test)]
mod tests {
    use super::{pipe, quote};

    #[test]
    fn a_hostile_text_is_one_word_of_printable_characters() {
        for (text, word) in [
            ("a'; rm -rf /", "\"a'; rm -rf /\""),
            ("a\u{1b}[2J'\n%!b", "\"$(printf 'a\\033[2J\\047\\n%%\\041b')\""),
            ("-\ta\n\n", "\"$(printf '\\055\\ta')\"'\n\n'"),
            ("\n", "'\n'"),
            ("\u{202e}", "\"$(printf '\\342\\200\\256')\""),
        ] {
            assert_eq!(quote(text), word);
        }
        assert_eq!(pipe("\u{0}1\n"), "printf '\\0001\\n' | ");
    }
}
