//! A shell line that sends a request again.

use std::fmt::Write;

use crate::model::{Request, is_hostile};

/// A `curl` line for a POSIX shell that repeats a request to `base`.
///
/// Every byte of the request is quoted; control characters are written so that the line can be
/// printed and pasted.
pub fn curl_line(base: &str, request: &Request) -> String {
    let mut line = format!("curl -sS -i -X {}", quoted(request.method.as_str()));
    for (name, value) in &request.headers {
        line.push_str(" -H ");
        line.push_str(&quoted(&format!("{name}: {value}")));
    }
    let body = request.body.as_str();
    if !body.is_empty() {
        line.push_str(" --data-binary ");
        line.push_str(&quoted(body));
    }
    line.push(' ');
    line.push_str(&quoted(&format!("{}{}", base.trim_end_matches('/'), request.target)));
    line
}

/// A text as one shell word: plain, in single quotes, or as `$'…'` where it has controls.
fn quoted(text: &str) -> String {
    if !text.chars().any(is_unprintable) {
        // A NUL, the only thing `shlex` refuses, is a control.
        return shlex::try_quote(text).map_or_else(|_| String::new(), std::borrow::Cow::into_owned);
    }
    let mut word = String::from("$'");
    for letter in text.chars() {
        match letter {
            '\'' | '\\' => {
                word.push('\\');
                word.push(letter);
            }
            other if is_unprintable(other) => {
                let mut bytes = [0; 4];
                for byte in other.encode_utf8(&mut bytes).bytes() {
                    // Writing to a String cannot fail.
                    let _ = write!(word, "\\x{byte:02x}");
                }
            }
            other => word.push(other),
        }
    }
    word.push('\'');
    word
}

/// A line feed ends a line of a shell.
fn is_unprintable(letter: char) -> bool {
    letter == '\n' || is_hostile(letter)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_hostile_text_stays_one_word_of_printable_characters() {
        assert_eq!(quoted("a'; rm -rf /"), "\"a'; rm -rf /\"");
        assert_eq!(quoted("a\u{1b}[2J'\n"), "$'a\\x1b[2J\\'\\x0a'");
        assert_eq!(quoted("\u{202e}"), "$'\\xe2\\x80\\xae'");
    }
}
