//! Lays a body of JSON out in lines, as a person reads it; each of its tokens stays as it is.

use std::borrow::Cow;
use std::iter::{Peekable, repeat_n};
use std::str::Chars;

use crate::model::Body;

/// How deep lines are indented at the most.
const DEEPEST: usize = 20;

/// A body of JSON in one line, in several; any other body as it is.
pub(super) fn lay_out<'a>(text: &'a str, body: &Body) -> Cow<'a, str> {
    if !matches!(body, Body::Json(_)) || text.contains('\n') {
        return Cow::Borrowed(text);
    }
    let mut layout = Layout { letters: text.chars().peekable(), lines: String::new(), depth: 0 };
    while let Some(letter) = layout.letters.next() {
        layout.take(letter);
    }
    Cow::Owned(layout.lines)
}

struct Layout<'a> {
    letters: Peekable<Chars<'a>>,
    lines: String,
    depth: usize,
}

impl Layout<'_> {
    /// Takes a letter outside of texts.
    fn take(&mut self, letter: char) {
        match letter {
            '"' => self.text(),
            '{' | '[' => self.open(letter),
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                self.break_line();
                self.lines.push(letter);
            }
            ',' => {
                self.lines.push(',');
                self.break_line();
            }
            ':' => self.lines.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => self.lines.push(other),
        }
    }

    /// Takes the rest of a text.
    fn text(&mut self) {
        self.lines.push('"');
        while let Some(letter) = self.letters.next() {
            self.lines.push(letter);
            match letter {
                '"' => return,
                '\\' => self.lines.extend(self.letters.next()),
                _ => {}
            }
        }
    }

    /// Opens a list or an object; an empty one stays in its line.
    fn open(&mut self, letter: char) {
        self.lines.push(letter);
        while self.letters.next_if(char::is_ascii_whitespace).is_some() {}
        if let Some(end) = self.letters.next_if(|next| matches!(next, '}' | ']')) {
            self.lines.push(end);
            return;
        }
        self.depth += 1;
        self.break_line();
    }

    fn break_line(&mut self) {
        self.lines.push('\n');
        self.lines.extend(repeat_n("  ", self.depth.min(DEEPEST)));
    }
}

#[cfg(test)]
mod tests {
    use super::lay_out;
    use crate::wire::read_body;

    #[test]
    fn a_body_is_laid_out_and_keeps_its_tokens() {
        for (text, shown) in [
            ("{\"a\":1.0,\"a\":[ ]}", "{\n  \"a\": 1.0,\n  \"a\": []\n}"),
            ("[\"a\\\",: {\", {\"b\" : 1e0}]", "[\n  \"a\\\",: {\",\n  {\n    \"b\": 1e0\n  }\n]"),
            ("\"\\\\\"", "\"\\\\\""),
            ("<a>{}</a>", "<a>{}</a>"),
            ("{\"a\":", "{\"a\":"),
            ("{\n}", "{\n}"),
        ] {
            assert_eq!(lay_out(text, &read_body(text.as_bytes(), None)), shown);
        }
    }
}
