//! The difference of two texts, line by line, with what changes inside a line marked.

use std::ops::Range;
use std::time::Duration;

use similar::{Algorithm, DiffOp, DiffTag, TextDiff, capture_diff_slices};

/// How many lines that are the same are shown around those that differ.
const CONTEXT: usize = 3;

/// How long lines are matched up. After that the difference is coarser; only texts longer than any real snapshot reach
/// this limit.
const MATCHING: Duration = Duration::from_millis(500);

/// How many old lines a new one is compared with, to mark what differs inside it.
const PAIRED: usize = 8;

/// The most parts that are matched up one by one: the time grows with their square where all differ.
const MATCHED: usize = 1000;

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

/// Lines that differ, with those around them, in separate runs.
pub fn hunks(old: &str, new: &str) -> Vec<Vec<DiffLine>> {
    let difference = TextDiff::configure().timeout(MATCHING).diff_lines(old, new);
    let lines = |texts: &[&str], range: Range<usize>| -> Vec<String> {
        texts[range].iter().map(|text| clean(text)).collect()
    };
    let groups = difference.grouped_ops(CONTEXT);
    let run = |ops: &Vec<DiffOp>| {
        let blocks = ops.iter().map(|op| Block {
            is_same: op.tag() == DiffTag::Equal,
            starts: (op.old_range().start, op.new_range().start),
            old: lines(difference.old_slices(), op.old_range()),
            new: lines(difference.new_slices(), op.new_range()),
        });
        blocks.flat_map(Block::lines).collect()
    };
    groups.iter().map(run).collect()
}

fn clean(line: &str) -> String {
    line.trim_end_matches(['\n', '\r']).to_owned()
}

/// Lines of both texts in one place.
struct Block {
    is_same: bool,
    starts: (usize, usize),
    old: Vec<String>,
    new: Vec<String>,
}

impl Block {
    fn lines(self) -> Vec<DiffLine> {
        let mut old: Vec<DiffLine> =
            self.old.iter().enumerate().map(|(at, text)| self.line(true, at, text)).collect();
        if self.is_same {
            return old;
        }
        let mut new: Vec<DiffLine> =
            self.new.iter().enumerate().map(|(at, text)| self.line(false, at, text)).collect();
        // Each new line goes with the next old one that it is made of, and is marked against it.
        let mut next = 0;
        for (at, text) in self.new.iter().enumerate() {
            let candidates = self.old.iter().enumerate().skip(next).take(PAIRED);
            let found =
                candidates.into_iter().find_map(|(place, line)| Some((place, mark_difference(line, text)?)));
            if let Some((place, (left, right))) = found {
                old[place].pieces = left;
                new[at].pieces = right;
                next = place + 1;
            }
        }
        old.append(&mut new);
        old
    }

    fn line(&self, is_old: bool, at: usize, text: &str) -> DiffLine {
        let pieces =
            if text.is_empty() { vec![] } else { vec![Piece { is_marked: false, text: text.to_owned() }] };
        let (old, new) = (self.starts.0 + at + 1, self.starts.1 + at + 1);
        match (self.is_same, is_old) {
            (true, _) => DiffLine { kind: LineKind::Same, old: Some(old), new: Some(new), pieces },
            (false, true) => DiffLine { kind: LineKind::Old, old: Some(old), new: None, pieces },
            (false, false) => DiffLine { kind: LineKind::New, old: None, new: Some(new), pieces },
        }
    }
}

/// Two lines with what differs in them marked, unless they have too few words in common.
fn mark_difference(old: &str, new: &str) -> Option<(Vec<Piece>, Vec<Piece>)> {
    let (old_words, new_words) = (words(old), words(new));
    let replaced = join_replacements(replacements(&old_words, &new_words), &old_words);
    let length =
        |words: &[&str]| words.iter().filter(|word| has_letters(word)).map(|word| word.len()).sum::<usize>();
    let gone: usize = replaced.iter().map(|(range, _)| length(&old_words[range.clone()])).sum();
    if 3 * gone > 2 * length(&old_words) {
        return None;
    }
    let left = pieces(&old_words, replaced.iter().map(|(range, _)| range.clone()));
    Some((left, pieces(&new_words, replaced.iter().map(|(_, range)| range.clone()))))
}

/// Joins replacements with no word between them, because marking them apart would add nothing.
fn join_replacements(replaced: Vec<Replacement>, old: &[&str]) -> Vec<Replacement> {
    let mut found: Vec<Replacement> = Vec::new();
    for (left, right) in replaced {
        match found.last_mut() {
            Some(last) if !old[last.0.end..left.start].iter().any(|word| has_letters(word)) => {
                last.0.end = left.end;
                last.1.end = right.end;
            }
            Some(_) | None => found.push((left, right)),
        }
    }
    found
}

fn has_letters(word: &str) -> bool {
    word.contains(char::is_alphanumeric)
}

fn pieces(words: &[&str], marks: impl Iterator<Item = Range<usize>>) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut end = 0;
    let mut add = |is_marked: bool, words: &[&str]| {
        if !words.is_empty() {
            found.push(Piece { is_marked, text: words.concat() });
        }
    };
    for range in marks {
        add(false, &words[end..range.start]);
        end = range.end;
        add(true, &words[range]);
    }
    add(false, &words[end..]);
    found
}

/// Splits a text into words and the characters between them, each of those by itself.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, letter) in text.char_indices().filter(|(_, letter)| !letter.is_alphanumeric()) {
        if start < at {
            words.push(&text[start..at]);
        }
        start = at + letter.len_utf8();
        words.push(&text[at..start]);
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

/// What is replaced by what, as places in two lists.
pub(crate) type Replacement = (Range<usize>, Range<usize>);

/// Which parts of a list are replaced by which of another, in order; parts that both have are left out.
///
/// Lists with a very long differing part give one replacement.
pub fn replacements(old: &[&str], new: &[&str]) -> Vec<Replacement> {
    let alike = |(left, right): &(&&str, &&str)| left == right;
    let start = old.iter().zip(new).take_while(alike).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(alike).count();
    let (old_rest, new_rest) = (&old_rest[..old_rest.len() - end], &new_rest[..new_rest.len() - end]);
    if old_rest.is_empty() && new_rest.is_empty() {
        return Vec::new();
    }
    if old_rest.len().max(new_rest.len()) > MATCHED {
        return vec![(start..old.len() - end, start..new.len() - end)];
    }
    let moved = |range: Range<usize>| range.start + start..range.end + start;
    let ops = capture_diff_slices(Algorithm::Myers, old_rest, new_rest);
    let differing = ops.iter().filter(|op| op.tag() != DiffTag::Equal);
    differing.map(|op| (moved(op.old_range()), moved(op.new_range()))).collect()
}

#[cfg(test)]
mod tests {
    use super::{LineKind, MATCHED, hunks, replacements};

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

    #[test]
    fn what_is_replaced_is_found_and_very_much_of_it_is_one() {
        assert_eq!(
            replacements(&["a", "b", "c", "d"], &["a", "x", "c", "d", "e"]),
            [(1..2, 1..2), (4..4, 4..5)]
        );
        assert_eq!(replacements(&["a"], &["a"]), []);
        let old = vec!["a"; MATCHED + 2];
        let mut new = vec!["b"; MATCHED + 2];
        new[MATCHED] = "a";
        new[0] = "a";
        assert_eq!(replacements(&old, &new), [(1..MATCHED + 2, 1..MATCHED + 2)]);
    }
}
