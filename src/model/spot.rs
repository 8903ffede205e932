//! Where something stands in a file, and what is wrong there.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A file as it was read, kept so that a problem can show its line.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceText {
    /// The path as it is shown.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

/// A place in a file: a range of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: Arc<SourceText>,
    /// The bytes meant.
    pub bytes: Range<usize>,
}

impl Spot {
    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// The column in characters, counted from 1.
    pub fn column(&self) -> usize {
        let before = self.before();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        before[line_start..].chars().count() + 1
    }

    fn before(&self) -> &str {
        let text = self.file.text.as_str();
        let end = (0..=self.bytes.start.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
        &text[..end.unwrap_or(0)]
    }
}

/// Shown as `file:line:column`, which editors and terminals turn into a link.
impl fmt::Display for Spot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file.path.display(), self.line(), self.column())
    }
}

/// Something wrong in a file, for the person who can mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub spot: Spot,
    /// What is wrong, as a fragment without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(spot: Spot, message: impl Into<String>) -> Self {
        Self { spot, message: message.into(), hint: None }
    }

    /// The same problem with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Shown on one line, with the hint on a second one.
impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.spot, self.message)?;
        match &self.hint {
            Some(hint) => write!(out, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceText, Spot};
    use std::sync::Arc;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let file = Arc::new(SourceText { path: "t.toml".into(), text: "é = 1\nüü = 2\n".into() });
        let start = file.text.find('2').unwrap();
        let spot = Spot { file, bytes: start..start + 1 };
        assert_eq!(spot.to_string(), "t.toml:2:6");
    }
}
