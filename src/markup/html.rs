//! Writes HTML in which a text of an endpoint cannot become markup. Main type: [`Html`].
//!
//! Markup is `&'static str`, so that only this crate's source can contain markup; everything else goes through
//! [`Html::text`]. A template engine would escape as well, but it would not show invisible characters, and it would
//! want each text copied into its own values first.

use std::fmt::Display;
use std::io::{self, Write};

use crate::model::{is_hostile, json_escape};

/// How many characters of a line are shown: some 20 lines of a wide screen.
pub(crate) const SHOWN_LETTERS: usize = 2_000;

/// HTML on its way out.
pub(crate) struct Html<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Html<'a> {
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// Markup from the source of this crate.
    pub(crate) fn raw(&mut self, markup: &'static str) -> io::Result<&mut Self> {
        self.out.write_all(markup.as_bytes())?;
        Ok(self)
    }

    /// Text, whatever it holds: shown as it is, and what cannot be seen as a marked escape.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<&mut Self> {
        let mut rest = text;
        while let Some(at) = rest.find(|letter| entity(letter).is_some() || is_hostile(letter)) {
            self.out.write_all(&rest.as_bytes()[..at])?;
            let Some(letter) = rest[at..].chars().next() else { break };
            match entity(letter) {
                Some(entity) => self.out.write_all(entity.as_bytes())?,
                None => write!(self.out, "<b class=\"esc\">{}</b>", letter.escape_unicode())?,
            }
            rest = &rest[at + letter.len_utf8()..];
        }
        self.out.write_all(rest.as_bytes())?;
        Ok(self)
    }

    /// Text between the quotes of an attribute, or in a title, where no element can be.
    pub(crate) fn attribute(&mut self, text: &str) -> io::Result<&mut Self> {
        for letter in text.chars() {
            match entity(letter) {
                Some(entity) => self.out.write_all(entity.as_bytes())?,
                None if is_hostile(letter) => write!(self.out, "{}", letter.escape_unicode())?,
                None => write!(self.out, "{letter}")?,
            }
        }
        Ok(self)
    }

    /// As much of a text as the budget of characters has left, and how much is left out.
    pub(crate) fn cut(&mut self, text: &str, budget: &mut usize) -> io::Result<&mut Self> {
        let Some((end, _)) = text.char_indices().nth(*budget) else {
            *budget -= text.chars().count();
            return self.text(text);
        };
        *budget = 0;
        self.text(&text[..end])?
            .raw("<em> … ")?
            .show(text[end..].chars().count())?
            .raw(" more characters</em>")
    }

    /// A line of text, as far as a page shows one.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<&mut Self> {
        self.cut(text, &mut SHOWN_LETTERS.clone())
    }

    /// A number, or something else of this tool's own that shows itself.
    pub(crate) fn show(&mut self, value: impl Display) -> io::Result<&mut Self> {
        self.text(&value.to_string())
    }

    /// JSON inside a `<script>` that is data: neither the end of the element nor a comment can begin in it.
    pub(crate) fn json(&mut self, json: &str) -> io::Result<&mut Self> {
        for letter in json.chars() {
            // All but the last case occur only inside strings, where such an escape is the same (RFC 8259).
            match letter {
                '<' | '>' | '&' => write!(self.out, "\\u{:04x}", u32::from(letter))?,
                _ if is_hostile(letter) => self.out.write_all(json_escape(letter).as_bytes())?,
                _ => write!(self.out, "{letter}")?,
            }
        }
        Ok(self)
    }
}

fn entity(letter: char) -> Option<&'static str> {
    match letter {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Html;
    use std::io;

    fn written(write: impl FnOnce(&mut Html<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Html::new(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn markup_in_a_text_stays_text() {
        let hostile = "</p><script>alert(1)</script><!-- & \" ' é 😀";
        let shown = written(|html| html.text(hostile).map(|_| ()));
        assert_eq!(shown, "&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!-- &amp; &quot; &#39; é 😀");
        assert_eq!(written(|html| html.attribute(hostile).map(|_| ())), shown);
    }

    #[test]
    fn what_cannot_be_seen_is_shown_as_an_escape() {
        let shown = written(|html| html.text("a\u{202e}b\u{200b}\u{1b}\u{a0}\u{e0041}\nc").map(|_| ()));
        let escapes =
            ["202e", "200b", "1b", "a0", "e0041"].map(|code| format!("<b class=\"esc\">\\u{{{code}}}</b>"));
        let [turn, zero, escape, space, tag] = escapes;
        assert_eq!(shown, format!("a{turn}b{zero}{escape}{space}{tag}\nc"));
        assert_eq!(written(|html| html.attribute("\u{202e}").map(|_| ())), "\\u{202e}");
    }

    #[test]
    fn a_long_text_is_cut_and_what_is_left_out_is_told() {
        let mut budget = 3;
        let first = written(|html| html.cut("é<", &mut budget).map(|_| ()));
        let second = written(|html| html.cut("<é>é", &mut budget).map(|_| ()));
        let printed = "&lt;<em> … 3 more characters</em>";
        assert_eq!((first.as_str(), second.as_str(), budget), ("é&lt;", printed, 0));
    }

    #[test]
    fn json_in_a_page_ends_no_element_and_reads_the_same() {
        let value = serde_json::json!({ "a": "</script><!--&\u{2028}\u{202e}\u{7f}\u{e0041}" });
        let shown = written(|html| html.json(&value.to_string()).map(|_| ()));
        assert!(!shown.contains(['<', '>', '&', '\u{2028}', '\u{202e}', '\u{7f}']), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
