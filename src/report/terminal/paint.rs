//! How what a person reads is set: colours, and lines that fit. Main type: [`TerminalStyle`].

use crate::plain::printable;
use crate::wrapped::{cut, width, wrap};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Only what is wrong, and the outcome.
    Quiet,
    /// What is wrong, and a summary.
    Normal,
    /// Every case.
    Verbose,
}

/// How it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Whether colours are used; they never say anything alone.
    pub is_coloured: bool,
    /// Whether progress is shown, on standard error.
    pub has_progress: bool,
    /// How much is said.
    pub verbosity: Verbosity,
    /// The columns that sentences fit into. Without it no line is broken, as for a file or a pipe. Names of cases,
    /// places in files and command lines are never broken, so that you can copy them.
    pub width: Option<usize>,
    /// Whether the run leaves files that `run --failed` and `review` go on from; neither is offered without them.
    pub leaves_files: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Paint {
    Good,
    Bad,
    Doubtful,
    Faint,
    /// What is copied, such as ids.
    Strong,
}

impl TerminalStyle {
    pub(super) fn paint(self, paint: Paint, text: &str) -> String {
        if !self.is_coloured {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Good => "32",
            Paint::Bad => "31",
            Paint::Doubtful => "33",
            Paint::Faint => "2",
            Paint::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A printable text behind `first`; further lines begin below where it begins. Ends with a line's end.
    pub(super) fn lines(self, first: &str, text: &str) -> String {
        self.hang(first, text, first.chars().count())
    }

    /// The same with further lines that begin in a column of their own.
    pub(super) fn hang(self, first: &str, text: &str, column: usize) -> String {
        let rest = " ".repeat(column);
        let Some(width) = self.width else {
            return format!("{first}{}\n", printable(text).replace('\n', &format!("\n{rest}")));
        };
        // A narrow terminal has no room for a deep second column.
        let rest = &rest[..column.min(width / 3)];
        let starts = std::iter::once(first).chain(std::iter::repeat(rest));
        text.split('\n').zip(starts).map(|(line, start)| wrap(line, start, rest, width)).collect()
    }

    /// A text on one line that fits, cut where it is too long; without a width, at `longest` columns.
    pub(super) fn cut(self, first: &str, text: &str, longest: usize) -> String {
        let room = self.width.unwrap_or(longest).saturating_sub(width(first)).max(1);
        format!("{first}{}\n", cut(text, room))
    }

    /// A word in colour, and a text behind it; further lines begin below the text.
    pub(super) fn with_label(self, paint: Paint, label: &str, text: &str) -> String {
        self.lines(label, text).replacen(label.trim(), &self.paint(paint, label.trim()), 1)
    }

    /// A word in colour and what it is about, behind it or below it.
    pub(super) fn with_head(self, paint: Paint, word: &str, text: &str) -> String {
        let plain = self.hang("", &format!("{word}  {text}"), 2);
        plain.replacen(word, &self.paint(paint, word), 1)
    }
}
