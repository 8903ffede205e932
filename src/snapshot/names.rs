//! Names for volatile values, so that only which of them are equal stays visible. Main types: [`Names`], which
//! gathers them, and [`Finder`], which puts them into texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use memchr::{memchr, memchr_iter, memmem};

use super::marked::{Mark, Marked};
use crate::model::ValueKind;

/// The shortest value that is replaced wherever it stands: a shorter one could be part of a word.
const SHORTEST: usize = 6;

/// The shortest value that is replaced inside a text, as a word of its own.
const SHORTEST_WORD: usize = 2;

/// The most values that get names: an answer may hold very many. Those past it stand as they are, so the snapshot
/// differs.
const MOST: usize = 1000;

/// So many values are looked for one by one: for them, to make a search takes longer than to search.
const FEW: usize = 12;

/// The longest text, in bytes, that is searched in the plainest way.
const SHORT: usize = 512;

/// What is added to a text that looks like a name, so that no answer can pass for a name.
const LITERAL: &str = ":literal";

/// Volatile values and the names that stand for them, such as `[request-id:1]`.
#[derive(Debug, Default, Clone)]
pub struct Names {
    /// The name's position, and the value's number.
    by_value: BTreeMap<String, (usize, usize)>,
    /// Names, and how many values each has. There are few.
    counts: Vec<(String, usize)>,
    /// Names that stand without a number.
    plain: BTreeSet<String>,
}

/// A value that has a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) value: &'a str,
    pub(super) name: &'a str,
    pub(super) number: usize,
}

impl Names {
    /// Gives a value a name, unless it has one.
    pub fn add(&mut self, name: &str, value: &str) {
        if value.is_empty() || self.by_value.len() >= MOST || self.by_value.contains_key(value) {
            return;
        }
        let position = self.counts.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.counts.push((name.to_owned(), 0));
            self.counts.len() - 1
        });
        self.counts[position].1 += 1;
        self.by_value.insert(value.to_owned(), (position, self.counts[position].1));
    }

    /// Makes a name known that stands without a number.
    pub(super) fn add_plain(&mut self, name: &str) {
        self.plain.insert(name.to_owned());
    }

    pub(super) fn of(&self, value: &str) -> Option<Known<'_>> {
        let (value, (position, number)) = self.by_value.get_key_value(value)?;
        Some(Known { value, name: &self.counts[*position].0, number: *number })
    }

    /// What finds these values in texts.
    pub(super) fn finder(&self) -> Finder<'_> {
        let values: Vec<&str> =
            self.by_value.keys().map(String::as_str).filter(|value| value.len() >= SHORTEST_WORD).collect();
        let search = if values.len() > FEW { together(&values) } else { None };
        Finder { names: self, search, values }
    }
}

/// A search for many values in one pass. It is made for each transcript and used on few texts, so what counts is how
/// fast it is made.
fn together(values: &[&str]) -> Option<AhoCorasick> {
    let mut search = AhoCorasick::builder();
    search.match_kind(MatchKind::LeftmostLongest).kind(Some(AhoCorasickKind::NoncontiguousNFA));
    // It fails for more than 2^31 bytes of values, and answers are limited to less.
    search.build(values).ok()
}

/// Writes what stands for a value; writing to a String cannot fail, which is why results are dropped here.
pub(super) trait Label: FnMut(Known<'_>, &mut String) {}

impl<F: FnMut(Known<'_>, &mut String)> Label for F {}

/// The name with its number.
pub(super) fn numbered(known: Known<'_>, text: &mut String) {
    let _ = write!(text, "[{}:{}]", known.name, known.number);
}

/// The name alone.
pub(super) fn bare(known: Known<'_>, text: &mut String) {
    text.extend(["[", known.name, "]"]);
}

/// Puts names into texts.
pub(super) struct Finder<'a> {
    names: &'a Names,
    search: Option<AhoCorasick>,
    values: Vec<&'a str>,
}

impl Finder<'_> {
    /// A text with names in place of what is marked in it, and of values that have one.
    pub(super) fn show(&self, marked: &Marked<'_>, label: &mut impl Label) -> String {
        let mut shown = String::with_capacity(marked.text.len());
        self.write(&mut shown, marked, label);
        shown
    }

    /// Writes a text with names in place of what is marked in it, and of values that have one.
    pub(super) fn write(&self, to: &mut String, marked: &Marked<'_>, label: &mut impl Label) {
        if !marked.marks.is_empty() {
            self.write_marked(to, marked, label);
        } else if let Some(known) = self.names.of(marked.text) {
            label(known, to);
        } else {
            self.write_parts(to, marked.text, Vec::new(), label);
        }
    }

    /// Writes a text in which nothing is marked.
    pub(super) fn write_plain(&self, to: &mut String, text: &str, label: &mut impl Label) {
        match self.names.of(text) {
            Some(known) => label(known, to),
            None => self.write_parts(to, text, Vec::new(), label),
        }
    }

    fn write_marked(&self, to: &mut String, marked: &Marked<'_>, label: &mut impl Label) {
        if let (false, Some(known)) = (is_time_as_a_whole(marked), self.names.of(marked.text)) {
            return label(known, to);
        }
        let mut marks: Vec<&Mark> = marked.marks.iter().collect();
        marks.sort_by_key(|mark| (mark.range.start, usize::MAX - mark.range.end));
        self.write_parts(to, marked.text, marks, label);
    }

    /// Writes a text part by part; of what is marked and what has a name, at each place the longest.
    fn write_parts(&self, to: &mut String, text: &str, marks: Vec<&Mark>, label: &mut impl Label) {
        let mut at = 0;
        let mut marks = marks.into_iter().peekable();
        let mut found = self.next(text, 0);
        loop {
            while marks.next_if(|mark| mark.range.start < at).is_some() {}
            if found.as_ref().is_some_and(|range| range.start < at) {
                found = self.next(text, at);
            }
            let (range, mark) = match (marks.peek(), &found) {
                (None, None) => break,
                (Some(mark), None) => (mark.range.clone(), Some(*mark)),
                (Some(mark), Some(value)) if is_before(&mark.range, value) => {
                    (mark.range.clone(), Some(*mark))
                }
                (_, Some(value)) => (value.clone(), None),
            };
            self.literal(&text[at..range.start], to);
            self.put(&text[range.clone()], mark, label, to);
            at = range.end;
        }
        self.literal(&text[at..], to);
    }

    /// Writes the name of a value, or the value itself if it has none.
    fn put(&self, value: &str, mark: Option<&Mark>, label: &mut impl Label, to: &mut String) {
        match (mark.filter(|mark| mark.kind == ValueKind::Time), self.names.of(value)) {
            (Some(mark), _) => to.extend(["[", &*mark.name, "]"]),
            (None, Some(known)) => label(known, to),
            (None, None) => self.literal(value, to),
        }
    }

    /// Writes a key of a map: only a long value as a whole is taken for one, since most keys are words.
    pub(super) fn write_key(&self, to: &mut String, key: &str, label: &mut impl Label) {
        match self.names.of(key).filter(|known| known.value.len() >= SHORTEST) {
            Some(known) => label(known, to),
            None => self.literal(key, to),
        }
    }

    /// Writes a number, by its digits.
    pub(super) fn write_number(&self, to: &mut String, number: &Marked<'_>, label: &mut impl Label) {
        match (number.marks.iter().find(|mark| mark.kind == ValueKind::Time), self.names.of(number.text)) {
            (Some(mark), _) => to.extend(["[", &*mark.name, "]"]),
            (None, Some(known)) => label(known, to),
            (None, None) => to.push_str(number.text),
        }
    }

    /// The first value from a place on: a long one anywhere, a short one where it is a word.
    fn next(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let joins = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
        let mut from = from;
        loop {
            let found = self.candidate(text, from)?;
            let (before, after) = (&text[..found.start], &text[found.end..]);
            let is_word =
                !before.chars().next_back().is_some_and(joins) && !after.chars().next().is_some_and(joins);
            if found.len() >= SHORTEST || is_word {
                return Some(found);
            }
            from = found.start + text[found.start..].chars().next().map_or(1, char::len_utf8);
        }
    }

    /// The first value from a place on, the longest of several, whatever stands around it.
    fn candidate(&self, text: &str, from: usize) -> Option<Range<usize>> {
        if let Some(search) = &self.search {
            return search.find(Input::new(text).range(from..)).map(|found| found.range());
        }
        // Most texts are shorter than most values, and to begin a search costs more than to go through them.
        let rest = &text[from..];
        let fitting = self.values.iter().filter(|value| value.len() <= rest.len());
        let found = fitting.filter_map(|value| {
            let start = from + position(rest.as_bytes(), value.as_bytes())?;
            Some(start..start + value.len())
        });
        found.min_by_key(|range| (range.start, usize::MAX - range.end))
    }

    /// Writes a text that stands for itself: what looks like a name in it is told from one.
    fn literal(&self, text: &str, to: &mut String) {
        let mut rest = text;
        while let Some(at) = memchr(b'[', rest.as_bytes()) {
            let (before, from) = rest.split_at(at + 1);
            to.push_str(before);
            rest = from;
            if let Some(length) = self.passes_for_a_name(from) {
                to.push_str(&from[..length]);
                to.push_str(LITERAL);
                rest = &from[length..];
            }
        }
        to.push_str(rest);
    }

    /// The length of what stands before the closing bracket, if a text goes on like a name behind its opening one.
    fn passes_for_a_name(&self, text: &str) -> Option<usize> {
        let inside = &text[..text.find(']')?];
        let mut name = inside;
        while let Some(shorter) = name.strip_suffix(LITERAL) {
            name = shorter;
        }
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_taken = match name.rsplit_once(':') {
            Some((name, number)) => {
                is_number(number) && self.names.counts.iter().any(|(known, _)| known == name)
            }
            None => self.names.plain.contains(name),
        };
        is_taken.then_some(inside.len())
    }
}

/// Where a value first stands in a text. In a short one its first byte is looked for, since it takes longer to begin
/// a search that stays fast in long ones.
fn position(text: &[u8], value: &[u8]) -> Option<usize> {
    match value.first() {
        Some(first) if text.len() <= SHORT => {
            memchr_iter(*first, text).find(|start| text[*start..].starts_with(value))
        }
        Some(_) | None => memmem::find(text, value),
    }
}

/// Whether the whole text is a time that a rule has found: that outranks a value that happens to be the same.
fn is_time_as_a_whole(marked: &Marked<'_>) -> bool {
    let is_whole = |mark: &Mark| mark.kind == ValueKind::Time && mark.range == (0..marked.text.len());
    marked.marks.iter().any(is_whole)
}

/// Whether a part comes first: further left, and of two that start together the longer one.
fn is_before(this: &Range<usize>, other: &Range<usize>) -> bool {
    (this.start, usize::MAX - this.end) <= (other.start, usize::MAX - other.end)
}

#[cfg(test)]
mod tests {
    use super::{Names, numbered};
    use crate::snapshot::marked::Marked;

    fn shown(names: &Names, text: &str) -> String {
        names.finder().show(&Marked::new(text), &mut numbered)
    }

    #[test]
    fn equal_values_share_a_name_and_others_are_counted() {
        let mut names = Names::default();
        for value in ["exec-1", "exec-2", "exec-1"] {
            names.add("execution", value);
        }
        assert_eq!(shown(&names, "exec-2 after exec-1"), "[execution:2] after [execution:1]");
    }

    #[test]
    fn a_longer_value_is_replaced_before_its_part() {
        let mut names = Names::default();
        names.add("short", "abcdef");
        names.add("long", "abcdefgh");
        assert_eq!(shown(&names, "abcdefgh abcdef"), "[long:1] [short:1]");
    }

    #[test]
    fn many_values_are_found_as_few_are() {
        let (mut few, mut many) = (Names::default(), Names::default());
        for names in [&mut few, &mut many] {
            for value in ["abcdef", "abcdefgh", "b-6"] {
                names.add("v", value);
            }
        }
        for number in 0..100 {
            many.add("other", &format!("other-value-{number}"));
        }
        for text in ["abcdefgh b-6 abcdef", "xabcdefx b-66 /b-6", "é abcdefg b-6é b-6"] {
            assert_eq!(shown(&few, text), shown(&many, text));
        }
    }

    #[test]
    fn a_value_is_found_in_short_texts_and_in_long_ones() {
        let mut names = Names::default();
        names.add("id", "aab-αβγ");
        for blanks in [0, 100, super::SHORT, 10_000] {
            let before = format!("aaé{}", "a".repeat(blanks));
            assert_eq!(shown(&names, &format!("{before}aab-αβγ-aab")), format!("{before}[id:1]-aab"));
        }
    }

    #[test]
    fn a_value_is_not_looked_for_inside_a_name() {
        let mut names = Names::default();
        names.add("word", "request");
        names.add("request-id", "0123456789");
        assert_eq!(shown(&names, "a request 0123456789"), "a [word:1] [request-id:1]");
    }

    #[test]
    fn a_short_value_is_replaced_where_it_is_a_word() {
        let mut names = Names::default();
        names.add("book", "b-6");
        assert_eq!(shown(&names, "/books/b-6?x=b-6."), "/books/[book:1]?x=[book:1].");
        assert_eq!(shown(&names, "b-66 ab-6 b-6-1"), "b-66 ab-6 b-6-1");
    }

    #[test]
    fn a_single_character_is_replaced_only_where_it_is_the_whole() {
        let mut names = Names::default();
        names.add("n", "1");
        assert_eq!((shown(&names, "1"), shown(&names, "a1")), ("[n:1]".into(), "a1".into()));
    }

    #[test]
    fn an_answer_cannot_pass_for_a_name() {
        let mut names = Names::default();
        names.add("id", "0123456789");
        names.add_plain("created");
        let texts = ["0123456789", "[id:1]", "[id:1:literal]", "[created]", "[created:literal]", "[other:1]"];
        let expected = [
            "[id:1]",
            "[id:1:literal]",
            "[id:1:literal:literal]",
            "[created:literal]",
            "[created:literal:literal]",
            "[other:1]",
        ];
        assert_eq!(texts.map(|text| shown(&names, text)), expected);
    }
}
