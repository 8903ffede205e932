//! What an answer repeats of its request, and so differs from case to case. Main type: [`Echoes`].

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;

use super::transcript::SnapshotRequest;
use crate::model::Contract;
use crate::snapshot::replacements;

/// What separates the parts of a key, and marks what is repeated: no snapshot has such characters.
const PART: char = '\u{1}';
const MARK: char = '\u{2}';

/// Texts that are longer are compared as they are.
const LONGEST: usize = 64 * 1024;

/// The most names and values of a request that are looked for.
const MOST: usize = 200;

/// A shorter one is looked for in quotes alone, since it may be a word of its own.
const SHORTEST: usize = 3;

/// What an answer may repeat: the names and the values of parameters.
pub(super) struct Echoes {
    /// Longer ones first.
    texts: Vec<(String, &'static str)>,
}

impl Echoes {
    /// What the answers to these requests may repeat; nothing that is a word of a template itself.
    pub(super) fn of(
        requests: [&SnapshotRequest<'_>; 2],
        contract: Option<&Contract>,
        templates: &[&str],
    ) -> Self {
        let declared = contract.map_or(&[][..], |contract| &contract.parameters);
        let sent = requests.iter().flat_map(|request| &request.params);
        let names = sent.clone().map(|(name, _)| *name);
        let names = names.chain(declared.iter().map(|parameter| parameter.name.as_str()));
        let all = names.map(|name| (name, "name")).chain(sent.map(|(_, value)| (*value, "value")));
        let mut known = BTreeSet::new();
        let mut texts: Vec<(String, &'static str)> = all
            .filter(|(text, _)| {
                !text.is_empty() && !templates.iter().any(|template| has_word(template, text))
            })
            .filter(|(text, _)| known.insert(*text))
            .take(MOST)
            .map(|(text, kind)| (text.to_owned(), kind))
            .collect();
        texts.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        Self { texts }
    }

    /// A text with marks in place of what it repeats. `others`, such as an error code, count first.
    pub(super) fn mask(&self, text: &str, others: &[(&str, &'static str)]) -> String {
        if text.len() > LONGEST {
            return text.to_owned();
        }
        let mut masked = text.to_owned();
        for (other, mark) in others.iter().filter(|(other, _)| !other.is_empty()) {
            masked = replace_word(&masked, other, &format!("{MARK}{mark}{MARK}"));
        }
        for (at, (echo, kind)) in self.texts.iter().enumerate() {
            if masked.contains(echo.as_str()) {
                masked = replace_word(&masked, echo, &format!("{MARK}{kind} {at}{MARK}"));
            }
        }
        masked
    }

    /// Whether more of a text is gone than is left.
    pub(super) fn is_rewritten(old: &str, new: &str) -> bool {
        let (old, new) = (words(old), words(new));
        is_rewritten(&old, &replacements(&old, &new))
    }

    /// The key of a change from one text to another. It holds the replaced parts with their replacements, and leaves
    /// out the rest, which differs from case to case. Where little stays, it holds the whole of both texts.
    pub(super) fn change(&self, old: &str, new: &str, others: EchoTexts<'_>) -> String {
        let (old, new) = (self.mask(old, others.old), self.mask(new, others.new));
        let (old_words, new_words) = (words(&old), words(&new));
        let replaced = replacements(&old_words, &new_words);
        if is_rewritten(&old_words, &replaced) {
            return number_marks(&format!("{old}{PART}{new}"));
        }
        let parts = replaced.into_iter().map(|(left, right)| {
            format!("{}{PART}{}{PART}", old_words[left].concat(), new_words[right].concat())
        });
        number_marks(&parts.collect::<String>())
    }
}

fn is_rewritten(words: &[&str], replaced: &[(Range<usize>, Range<usize>)]) -> bool {
    // A mark counts the same whatever its number is.
    let length = |word: &&str| if word.starts_with(MARK) { 1 } else { word.len() };
    let lengths = |words: &[&str]| words.iter().map(length).sum::<usize>();
    let gone: usize = replaced.iter().map(|(old, _)| lengths(&words[old.clone()])).sum();
    2 * gone > lengths(words)
}

/// Texts that also count as repeated, in the old text and in the new one.
#[derive(Clone, Copy, Default)]
pub(super) struct EchoTexts<'a> {
    pub(super) old: &'a [(&'a str, &'static str)],
    pub(super) new: &'a [(&'a str, &'static str)],
}

/// The marks numbered in the order in which they come, since two requests have different parameters.
pub(super) fn number_marks(key: &str) -> String {
    let mut known: Vec<&str> = Vec::new();
    let mut done = String::with_capacity(key.len());
    for (position, part) in key.split(MARK).enumerate() {
        // Every second part is a mark.
        if position % 2 == 0 {
            done.push_str(part);
            continue;
        }
        let number = known.iter().position(|other| *other == part).unwrap_or_else(|| {
            known.push(part);
            known.len() - 1
        });
        let kind = part.split(' ').next().unwrap_or_default();
        let _ = write!(done, "{MARK}{kind} {number}{MARK}");
    }
    done
}

/// Whether a text has another as a word or several.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| is_word(text, at, word))
}

fn is_word(text: &str, at: usize, word: &str) -> bool {
    let (before, after) = (text[..at].chars().next_back(), text[at + word.len()..].chars().next());
    let joins = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let quotes = |letter: Option<char>| letter.is_some_and(|letter| matches!(letter, '"' | '\'' | '`'));
    let is_long = word.chars().count() >= SHORTEST;
    if is_long { !joins(before) && !joins(after) } else { quotes(before) && quotes(after) }
}

fn replace_word(text: &str, word: &str, by: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut end = 0;
    for (at, _) in text.match_indices(word).filter(|(at, _)| is_word(text, *at, word)) {
        done.push_str(&text[end..at]);
        done.push_str(by);
        end = at + word.len();
    }
    done.push_str(&text[end..]);
    done
}

/// Splits a text into words, the single letters between them, and marks, each as one word.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut is_mark) = (0, false);
    for (at, letter) in text.char_indices() {
        if letter == MARK {
            is_mark = !is_mark;
        }
        if is_mark && letter != MARK || letter.is_alphanumeric() {
            continue;
        }
        // The second sign of a mark belongs to it.
        let end = if letter == MARK && !is_mark { at + letter.len_utf8() } else { at };
        if start < end {
            words.push(&text[start..end]);
        }
        start = end;
        if letter != MARK {
            start = at + letter.len_utf8();
            words.push(&text[at..start]);
        }
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{EchoTexts, Echoes, words};
    use crate::review::transcript::SnapshotRequest;

    fn key(params: &[(&str, &str)], old: &str, new: &str) -> String {
        let request =
            SnapshotRequest { target: "GET /", headers: vec![], params: params.to_vec(), body: vec![] };
        Echoes::of([&request, &request], None, &[]).change(old, new, EchoTexts::default())
    }

    #[test]
    fn what_a_text_repeats_of_its_request_makes_no_difference() {
        let same = [
            (
                key(&[("Region", "one")], "no one here", "one is not here"),
                key(&[("Region", "two-b")], "no two-b here", "two-b is not here"),
            ),
            (
                key(&[("Region", "one")], "name Region.", "name region."),
                key(&[("Region", "x")], "name Region.", "name region."),
            ),
            (key(&[("A", "abc")], "bad abc", "good"), key(&[("A", "xyz")], "bad xyz", "good")),
        ];
        for (left, right) in same {
            assert_eq!(left, right);
        }
    }

    #[test]
    fn a_part_that_changes_in_another_way_makes_a_difference() {
        let params = [("Region", "one"), ("Zone", "abc")];
        let keys = [
            key(&params, "no one here", "no two here"),
            key(&params, "no one here", "no ONE here"),
            key(&params, "no one here", "no abc here"),
            key(&params, "no one here", "no Zone here"),
            key(&params, "no one here", "no here"),
        ];
        for (at, left) in keys.iter().enumerate() {
            assert!(keys[at + 1..].iter().all(|right| left != right), "{keys:?}");
        }
    }

    #[test]
    fn words_are_the_whole_text() {
        for text in ["", "a b", "é, ü", " x", "x-1. "] {
            assert_eq!(words(text).concat(), text);
        }
        assert_eq!(words("a\u{2}b c\u{2}d, e"), ["a", "\u{2}b c\u{2}", "d", ",", " ", "e"]);
    }
}
