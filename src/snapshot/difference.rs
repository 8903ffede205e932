//! The difference of two texts, line by line, with what changes inside a line marked.

use similar::{ChangeTag, TextDiff};

/// How many lines that are the same are shown around those that differ.
const CONTEXT: usize = 3;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// It is in both texts.
    Same,
    /// It is in the old one.
    Old,
    /// It is in the new one.
    New,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Whether it is what differs inside the line.
    pub is_marked: bool,
    /// Its text.
    pub text: String,
}

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// What became of it.
    pub kind: LineKind,
    /// Its number in the old text, from 1.
    pub old: Option<usize>,
    /// Its number in the new text, from 1.
    pub new: Option<usize>,
    /// Its parts, without the line's end.
    pub pieces: Vec<Piece>,
}

/// Lines that differ, with those around them, in runs that stand apart.
pub fn hunks(old: &str, new: &str) -> Vec<Vec<DiffLine>> {
    let difference = TextDiff::from_lines(old, new);
    let groups = difference.grouped_ops(CONTEXT);
    groups
        .iter()
        .map(|group| {
            let changes = group.iter().flat_map(|op| difference.iter_inline_changes(op));
            changes.map(|change| line(&change)).collect()
        })
        .collect()
}

fn line(change: &similar::InlineChange<'_, str>) -> DiffLine {
    let mut pieces: Vec<Piece> = Vec::new();
    for (is_marked, text) in change.iter_strings_lossy() {
        let text = text.trim_end_matches(['\n', '\r']);
        match pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.is_marked == is_marked => last.text.push_str(text),
            Some(_) | None => pieces.push(Piece { is_marked, text: text.to_owned() }),
        }
    }
    let kind = match change.tag() {
        ChangeTag::Equal => LineKind::Same,
        ChangeTag::Delete => LineKind::Old,
        ChangeTag::Insert => LineKind::New,
    };
    let number = |index: Option<usize>| index.map(|index| index + 1);
    DiffLine { kind, old: number(change.old_index()), new: number(change.new_index()), pieces }
}

#[cfg(test)]
mod tests {
    use super::{LineKind, hunks};

    #[test]
    fn what_differs_inside_a_line_is_marked() {
        let found = hunks("a\nthe old word\nz\n", "a\nthe new word\nz\n");
        let [lines] = &found[..] else { panic!("{found:?}") };
        let marked: Vec<(LineKind, &str)> = lines
            .iter()
            .flat_map(|line| line.pieces.iter().map(|piece| (line.kind, piece)))
            .filter(|(_, piece)| piece.is_marked)
            .map(|(kind, piece)| (kind, piece.text.as_str()))
            .collect();
        assert_eq!(marked, [(LineKind::Old, "old"), (LineKind::New, "new")]);
        assert_eq!(lines.len(), 4, "and the lines around it");
    }

    #[test]
    fn changes_far_apart_are_runs_of_their_own() {
        let old: String = (0..40).map(|number| number.to_string() + "\n").collect();
        let new = old.replace("\n5\n", "\nfive\n").replace("\n30\n", "\nthirty\n");
        assert_eq!(hunks(&old, &new).len(), 2);
        assert_eq!(hunks(&old, &old).len(), 0);
    }
}
