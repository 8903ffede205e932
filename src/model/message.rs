//! Message templates: how a contract writes a message whose middle it leaves open.

use std::fmt;

/// What a `%s` is called in the page that a contract is taken from.
pub const BLANK: &str = "%s";

/// What is wrong with a text that is simply another one.
pub const ONLY_DIFFERS: &str = "the text differs";

/// A message with blanks. Literal parts must match; each `%s` matches one or more characters, at least one of them
/// visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTemplate(String);

impl MessageTemplate {
    /// Takes a message as a contract prints it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The message as the contract prints it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has blanks at all.
    pub fn has_blanks(&self) -> bool {
        self.0.contains(BLANK)
    }

    /// What is wrong with `text` as an instance of this template, if anything.
    pub fn mismatch(&self, text: &str) -> Option<TemplateMismatch> {
        if !self.has_blanks() {
            return (text != self.0).then_some(TemplateMismatch::Text);
        }
        if text.contains(BLANK) {
            return Some(TemplateMismatch::Unfilled);
        }
        if fillings(&self.0, text, Least::Visible).is_some() {
            None
        } else if fillings(&self.0, text, Least::Character).is_some() {
            Some(TemplateMismatch::OnlyBlanks)
        } else if fillings(&self.0, text, Least::Nothing).is_some() {
            Some(TemplateMismatch::Nothing)
        } else {
            Some(TemplateMismatch::Literals)
        }
    }

    /// The filling of each blank, if `text` is an instance of this template.
    pub fn fillings<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        if self.mismatch(text).is_some() {
            return None;
        }
        fillings(&self.0, text, Least::Visible)
    }
}

/// Why a text is not an instance of a template. The order is that of the texts, since changes are sorted by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TemplateMismatch {
    /// What fills a blank cannot be seen.
    OnlyBlanks,
    /// Nothing fills a blank.
    Nothing,
    /// The text has a blank itself.
    Unfilled,
    /// What is around the blanks is not in the text.
    Literals,
    /// The template has no blanks, and the text is another one.
    Text,
}

impl fmt::Display for TemplateMismatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::OnlyBlanks => "a `%s` is filled with blanks only",
            Self::Nothing => "a `%s` is filled with nothing",
            Self::Unfilled => "a `%s` is left unfilled",
            Self::Literals => "the literal parts differ",
            Self::Text => ONLY_DIFFERS,
        })
    }
}

/// What has to be in the place of a blank.
#[derive(Clone, Copy)]
enum Least {
    /// Nothing.
    Nothing,
    /// Any character.
    Character,
    /// A character that can be seen.
    Visible,
}

impl Least {
    /// Where the shortest filling ends that a text can start with.
    fn end(self, text: &str) -> Option<usize> {
        let end = |(start, letter): (usize, char)| start + letter.len_utf8();
        match self {
            Self::Nothing => Some(0),
            Self::Character => text.char_indices().next().map(end),
            Self::Visible => text.char_indices().find(|(_, letter)| is_visible(*letter)).map(end),
        }
    }
}

/// Blanks, control characters, and characters of no width can't be seen.
fn is_visible(letter: char) -> bool {
    let has_no_width = matches!(
        letter,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !letter.is_whitespace() && !letter.is_control() && !has_no_width
}

/// What is in `text` for each blank of `template`, with at least `least` for each.
///
/// The literal parts between are found from the left, each as early as it can be; the last one must end the text. That
/// is exact, since a longer filling is still one.
fn fillings<'a>(template: &str, text: &'a str, least: Least) -> Option<Vec<&'a str>> {
    let mut parts = template.split(BLANK);
    let mut rest = text.strip_prefix(parts.next().unwrap_or_default())?;
    let mut found = Vec::new();
    let mut parts = parts.peekable();
    while let Some(literal) = parts.next() {
        let skip = least.end(rest)?;
        let after = &rest[skip..];
        if parts.peek().is_none() {
            found.push(&rest[..skip + after.strip_suffix(literal)?.len()]);
            return Some(found);
        }
        let end = skip + after.find(literal)?;
        found.push(&rest[..end]);
        rest = &rest[end + literal.len()..];
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::{MessageTemplate, TemplateMismatch};

    #[test]
    fn templates_match_as_the_contract_means_them() {
        let cases = [
            ("%s", "x", true),
            ("%s", "", false),
            ("%s.", "a.b.", true),
            ("%s.", "a", false),
            ("a %s b %s c", "a 1 b 2 c", true),
            ("a %s b %s c", "a 1 b  c", false),
            ("%s%s", "x", false),
            ("%s%s", "xy", true),
            ("x%s", "x%s", false),
            ("exact", "exact", true),
            ("exact", "exact ", false),
            ("é%s", "éü", true),
            ("no %s.", "no  .", false),
            ("no %s.", "no \t\n\u{a0}.", false),
            ("no %s.", "no \u{200b}\u{feff}.", false),
            ("%s", " ", false),
            ("%s and %s", "a and  ", false),
            ("%s and %s", "  and b", false),
            ("%s and %s", " a and b ", true),
            ("%s%s", "a ", false),
            ("%s%s", "a  b", true),
            ("%s-%s", " -a-b", true),
        ];
        for (template, text, holds) in cases {
            assert_eq!(
                MessageTemplate::new(template).mismatch(text).is_none(),
                holds,
                "{template:?} {text:?}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_filling_is_named() {
        let why = |text: &str| MessageTemplate::new("no %s.").mismatch(text).unwrap();
        for (text, kind, shown) in [
            ("no  .", TemplateMismatch::OnlyBlanks, "a `%s` is filled with blanks only"),
            ("no .", TemplateMismatch::Nothing, "a `%s` is filled with nothing"),
            ("no %s.", TemplateMismatch::Unfilled, "a `%s` is left unfilled"),
            ("a book.", TemplateMismatch::Literals, "the literal parts differ"),
        ] {
            assert_eq!((why(text), why(text).to_string().as_str()), (kind, shown));
        }
    }

    #[test]
    fn what_fills_the_blanks_is_found() {
        let found = |template: &str, text: &'static str| MessageTemplate::new(template).fillings(text);
        assert_eq!(found("a %s b %s.", "a 1 b 2 b."), Some(vec!["1", "2 b"]));
        assert_eq!(found("exact", "exact"), Some(vec![]));
        assert_eq!(found("%s.", "."), None);
        assert_eq!(found("%s.", "%s."), None);
    }
}
