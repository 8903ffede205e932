//! A kind of change as lines for a terminal or a log. Main type: [`DisplayStyle`].
//!
//! Nothing depends on colour, and no line is wider than the terminal.

use std::fmt::Write;

use super::output::Surroundings;
use crate::model::plural;
use crate::report::printable;
use crate::review::{Change, ChangeGroup, fault_note};
use crate::snapshot::{DiffLine, LineKind, Piece, hunks};
use crate::wrapped::{rows, width, wrap};

/// How many cases of a kind are named before the rest is counted, where not all is shown.
const NAMED: usize = 8;

/// How many lines of a text are shown: of each kind where all kinds are, and where one is on a screen.
const LINES_OF_MANY: usize = 400;
const LINES: usize = 40;

/// How it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct DisplayStyle {
    /// The width of a line.
    pub(super) width: usize,
    /// Whether colours are used; they never say anything alone.
    pub(super) is_coloured: bool,
    /// How much is shown.
    pub(super) extent: DisplayLength,
}

/// How much is shown of what is long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DisplayLength {
    /// What fits a screen; a key shows all.
    Screen,
    /// All cases, and of each text what a person reads.
    Listing,
    /// All.
    Whole,
}

impl DisplayStyle {
    /// As the terminal and the environment ask for.
    pub(super) fn of_output(is_terminal: bool) -> Self {
        let surroundings = Surroundings::read();
        let width = surroundings.width_of_copied();
        Self { width, is_coloured: surroundings.allows_colour(is_terminal), extent: DisplayLength::Listing }
    }

    /// The line above a kind of change.
    pub(super) fn head(self, number: usize, of: usize, cases: usize) -> String {
        wrap(
            &format!("CHANGE {number} of {of}  {cases} {}", plural(cases, "case", "cases")),
            "",
            "  ",
            self.width,
        )
    }

    /// The facts of a kind, and what the contract says.
    pub(super) fn facts(self, group: &ChangeGroup) -> String {
        let facts = group.facts.iter().map(|fact| wrap(&fact.to_string(), "  * ", "    ", self.width));
        facts.collect::<String>() + &self.rows(&group.changes[0])
    }

    /// The facts of one case, and what the contract says.
    pub(super) fn case_facts(self, change: &Change) -> String {
        let facts = change.facts.iter().map(|fact| wrap(&fact.to_string(), "  * ", "    ", self.width));
        facts.collect::<String>() + &self.rows(change)
    }

    /// The contract's rows that a change touches.
    pub(super) fn rows(self, change: &Change) -> String {
        let rows = change.rows.iter();
        rows.map(|row| wrap(row, "  contract  ", "            ", self.width)).collect()
    }

    /// The cases of a kind.
    pub(super) fn cases(self, changes: &[&Change]) -> String {
        let shown = if self.extent != DisplayLength::Screen || changes.len() <= NAMED + 1 {
            changes.len()
        } else {
            NAMED
        };
        let mut text = String::new();
        for change in &changes[..shown] {
            text.push_str(&wrap(&change.snapshot.case, "  ", "      ", self.width));
        }
        if shown < changes.len() {
            let _ = writeln!(text, "  … and {} more; l lists all", changes.len() - shown);
        }
        text
    }

    /// What is said of those that were recorded while a fault was switched on.
    pub(super) fn faults(self, changes: &[&Change]) -> String {
        fault_note(changes).map_or_else(String::new, |note| wrap(&note, "  ! ", "    ", self.width))
    }

    /// How the two texts differ, line by line.
    pub(super) fn difference(self, change: &Change) -> String {
        let old = change.snapshot.old.as_ref().map_or("", |old| &old.text);
        let runs = hunks(old, &change.snapshot.new.text);
        let count: usize = runs.iter().map(Vec::len).sum();
        let mut text = String::new();
        let mut left = self.shown_count(count);
        for (position, run) in runs.iter().enumerate() {
            if left == 0 {
                break;
            }
            if position > 0 {
                text.push_str("  …\n");
            }
            for line in run.iter().take(left) {
                self.line(line, &mut text);
            }
            left = left.saturating_sub(run.len());
        }
        text.push_str(&self.rest(count));
        text
    }

    /// How many of so many lines are shown; one line is not left out, since it takes one to say so.
    fn shown_count(self, count: usize) -> usize {
        let most = match self.extent {
            DisplayLength::Screen => LINES,
            DisplayLength::Listing => LINES_OF_MANY,
            DisplayLength::Whole => count,
        };
        if count <= most + 1 { count } else { most }
    }

    /// What is said of the lines that are not shown.
    fn rest(self, count: usize) -> String {
        match (count - self.shown_count(count), self.extent) {
            (0, _) => String::new(),
            (rest, DisplayLength::Screen) => format!("  … and {rest} more lines; l shows all\n"),
            (rest, DisplayLength::Listing | DisplayLength::Whole) => format!("  … and {rest} more lines\n"),
        }
    }

    /// A whole text, such as the old answers.
    pub(super) fn show_whole(self, content: &str) -> String {
        let lines: Vec<&str> = content.lines().collect();
        let shown = self.shown_count(lines.len());
        let mut text = String::new();
        for line in &lines[..shown] {
            let piece = Piece { is_marked: false, text: (*line).to_owned() };
            self.line(
                &DiffLine { kind: LineKind::Same, old: None, new: None, pieces: vec![piece] },
                &mut text,
            );
        }
        text.push_str(&self.rest(lines.len()));
        text
    }

    /// One line of a difference, in as many rows of the terminal as it takes, each with its marks.
    fn line(self, line: &DiffLine, text: &mut String) {
        let sign = match line.kind {
            LineKind::Same => ' ',
            LineKind::Old => '-',
            LineKind::New => '+',
        };
        let clean = line.pieces.iter().map(|piece| (piece.is_marked, printable(&piece.text).into_owned()));
        let rows = rows(&clean.collect::<Vec<_>>(), self.width.saturating_sub(4));
        for (number, row) in rows.iter().enumerate() {
            let sign = if number == 0 { sign } else { ' ' };
            match line.kind {
                LineKind::Old if self.is_coloured => write_coloured(sign, "31", row, text),
                LineKind::New if self.is_coloured => write_coloured(sign, "32", row, text),
                LineKind::Same | LineKind::Old | LineKind::New => write_plain(sign, row, text),
            }
        }
    }
}

/// Writing to a String cannot fail, which is why results are dropped.
fn write_coloured(sign: char, colour: &str, row: &[(bool, String)], text: &mut String) {
    let _ = write!(text, "  \u{1b}[{colour}m{sign} ");
    for (is_marked, part) in row {
        let _ = if *is_marked { write!(text, "\u{1b}[7m{part}\u{1b}[27m") } else { write!(text, "{part}") };
    }
    text.push_str("\u{1b}[0m\n");
}

/// A row, and below it a line of marks if anything is marked.
fn write_plain(sign: char, row: &[(bool, String)], text: &mut String) {
    let shown: String = row.iter().map(|(_, part)| part.as_str()).collect();
    let _ = writeln!(text, "{}", format!("  {sign} {shown}").trim_end());
    if row.iter().any(|(is_marked, _)| *is_marked) {
        let mark =
            |(is_marked, part): &(bool, String)| if *is_marked { "^" } else { " " }.repeat(width(part));
        let marks: String = row.iter().map(mark).collect();
        let _ = writeln!(text, "{}", format!("    {marks}").trim_end());
    }
}
