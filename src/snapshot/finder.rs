//! Puts names in the place of volatile values, wherever a text has them. Main type: [`Finder`].
//!
//! No text of an answer passes for a name: what looks like one is marked.

use std::ops::Range;

use memchr::{memchr, memchr_iter};

use super::marked::{Mark, Marked};
use super::names::{NameWriter, VolatileNames};
use super::occurrence::ValueSearch;
use crate::model::{ValueKind, work};

/// What is added to a text that looks like a name, so that no answer can pass for a name.
const LITERAL: &str = ":literal";

/// Puts names into texts.
pub(super) struct Finder<'a> {
    names: &'a VolatileNames,
    /// The values that are replaced anywhere.
    telling: ValueSearch<'a>,
    /// All values, which are looked for in requests alone.
    all: ValueSearch<'a>,
}

impl<'a> Finder<'a> {
    /// Finds the values of these names.
    pub(super) fn new(names: &'a VolatileNames) -> Self {
        let telling = names.values().filter(|value| names.elsewhere(value).is_some());
        Self {
            names,
            telling: ValueSearch::new(telling.collect()),
            all: ValueSearch::new(names.values().collect()),
        }
    }
}

impl Finder<'_> {
    /// A text with names in place of what is marked in it, and of values that have one.
    pub(super) fn show(&self, marked: &Marked<'_>, label: &mut impl NameWriter) -> String {
        let mut shown = String::with_capacity(marked.text.len());
        self.write(&mut shown, marked, label);
        shown
    }

    /// Writes a text with names in place of what is marked in it, and of values that have one.
    pub(super) fn write(&self, to: &mut String, marked: &Marked<'_>, label: &mut impl NameWriter) {
        if marked.marks.is_empty() {
            self.write_plain(to, marked.text, label);
        } else {
            self.write_marked(to, marked, label);
        }
    }

    /// Writes a text in which nothing is marked.
    pub(super) fn write_plain(&self, to: &mut String, text: &str, label: &mut impl NameWriter) {
        match self.names.elsewhere(text) {
            Some(known) => label(known, to),
            None => self.write_parts(to, text, Vec::new(), &self.telling, label),
        }
    }

    /// Writes a part of a request that holds values of the run: there, short ones are replaced as well.
    pub(super) fn write_sent(&self, to: &mut String, text: &str, label: &mut impl NameWriter) {
        if let Some(known) = self.names.of(text) {
            return label(known, to);
        }
        self.write_parts(to, text, Vec::new(), &self.all, label);
    }

    /// The names, to ask what of a request is written out.
    pub(super) fn names(&self) -> &VolatileNames {
        self.names
    }

    fn write_marked(&self, to: &mut String, marked: &Marked<'_>, label: &mut impl NameWriter) {
        let whole = if is_marked_as_a_whole(marked) {
            self.names.of(marked.text)
        } else {
            self.names.elsewhere(marked.text)
        };
        if let (false, Some(known)) = (is_time_as_a_whole(marked), whole) {
            return label(known, to);
        }
        let mut marks: Vec<&Mark> = marked.marks.iter().collect();
        marks.sort_by_key(|mark| (mark.range.start, usize::MAX - mark.range.end));
        self.write_parts(to, marked.text, marks, &self.telling, label);
    }

    /// Writes a text part by part; of what is marked and what has a name, at each place the longest.
    fn write_parts(
        &self,
        to: &mut String,
        text: &str,
        marks: Vec<&Mark>,
        values: &ValueSearch<'_>,
        label: &mut impl NameWriter,
    ) {
        let mut at = 0;
        let mut marks = marks.into_iter().peekable();
        let mut found = self.occurrences(values, text);
        loop {
            while marks.next_if(|mark| mark.range.start < at).is_some() {}
            while found.pop_if(|range| range.start < at).is_some() {}
            let (range, mark) = match (marks.peek(), found.last()) {
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
    fn put(&self, value: &str, mark: Option<&Mark>, label: &mut impl NameWriter, to: &mut String) {
        match (mark.filter(|mark| mark.kind == ValueKind::Time), self.names.of(value)) {
            (Some(mark), _) => to.extend(["[", &*mark.name, "]"]),
            (None, Some(known)) => label(known, to),
            (None, None) => self.literal(value, to),
        }
    }

    /// Writes a key of a map: only a value as a whole is taken for one, since most keys are words.
    pub(super) fn write_key(&self, to: &mut String, key: &str, label: &mut impl NameWriter) {
        match self.names.elsewhere(key) {
            Some(known) => label(known, to),
            None => self.literal(key, to),
        }
    }

    /// Writes a number, by its digits.
    pub(super) fn write_number(&self, to: &mut String, number: &Marked<'_>, label: &mut impl NameWriter) {
        let known = if is_marked_as_a_whole(number) {
            self.names.of(number.text)
        } else {
            self.names.elsewhere(number.text)
        };
        match (number.marks.iter().find(|mark| mark.kind == ValueKind::Time), known) {
            (Some(mark), _) => to.extend(["[", &*mark.name, "]"]),
            (None, Some(known)) => label(known, to),
            (None, None) => to.push_str(number.text),
        }
    }

    /// Where values are, the last one first: a telling one anywhere, another one where it is a word.
    fn occurrences(&self, values: &ValueSearch<'_>, text: &str) -> Vec<Range<usize>> {
        let joins = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
        let mut found = values.last_first(text);
        found.retain(|range| {
            let (before, after) = (&text[..range.start], &text[range.end..]);
            let is_word =
                !before.chars().next_back().is_some_and(joins) && !after.chars().next().is_some_and(joins);
            is_word || self.names.elsewhere(&text[range.clone()]).is_some()
        });
        found
    }

    /// Writes a text that has no name, and marks parts that look like a name, so that they are not taken for one.
    fn literal(&self, text: &str, to: &mut String) {
        let mut written = 0;
        let mut end: Option<NameEnd> = None;
        for open in memchr_iter(b'[', text.as_bytes()) {
            if open < written {
                continue;
            }
            let start = open + 1;
            // Many brackets may open before one closes, so the text before the closing one is looked at once.
            let Some(known) =
                end.take_if(|known| start <= known.bracket).or_else(|| NameEnd::of(text, start))
            else {
                break;
            };
            if self.passes_for_a_name(text, start, &known) {
                to.push_str(&text[written..known.bracket]);
                to.push_str(LITERAL);
                written = known.bracket;
            }
            end = Some(known);
        }
        to.push_str(&text[written..]);
    }

    /// Whether a text goes on like a name from behind an opening bracket to the closing one.
    fn passes_for_a_name(&self, text: &str, start: usize, end: &NameEnd) -> bool {
        work::count(1);
        match end.colon.filter(|colon| start <= *colon) {
            Some(colon) => end.is_numbered && self.names.has_numbered(&text[start..colon]),
            None => self.names.has_plain(&text[start..end.name]),
        }
    }
}

/// A name, or a text like one, before a closing bracket.
struct NameEnd {
    /// Where the bracket is.
    bracket: usize,
    /// Where the name ends, without the mark of a text that only looks like a name.
    name: usize,
    /// Where the name's last colon is, if it has one.
    colon: Option<usize>,
    /// Whether a number follows the colon.
    is_numbered: bool,
}

impl NameEnd {
    /// The first closing bracket from a place on.
    fn of(text: &str, start: usize) -> Option<Self> {
        let length = memchr(b']', &text.as_bytes()[start..]);
        work::count(length.unwrap_or(text.len() - start));
        let bracket = start + length?;
        let mut inside = &text[start..bracket];
        while let Some(shorter) = inside.strip_suffix(LITERAL) {
            inside = shorter;
        }
        let name = start + inside.len();
        let colon = inside.rfind(':').map(|at| start + at);
        let number = colon.map_or("", |colon| &text[colon + 1..name]);
        let is_numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self { bracket, name, colon, is_numbered })
    }
}

/// Whether a rule has found the whole text.
fn is_marked_as_a_whole(marked: &Marked<'_>) -> bool {
    marked.marks.iter().any(|mark| mark.range == (0..marked.text.len()))
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
    use super::super::names::{VolatileNames, write_numbered};
    use super::{Finder, Marked};
    use crate::model::work::assert_linear;

    fn shown(names: &VolatileNames, text: &str) -> String {
        Finder::new(names).show(&Marked::new(text), &mut write_numbered)
    }

    fn sent(names: &VolatileNames, text: &str) -> String {
        let mut shown = String::new();
        Finder::new(names).write_sent(&mut shown, text, &mut write_numbered);
        shown
    }

    #[test]
    fn a_longer_value_is_replaced_before_its_part() {
        let mut names = VolatileNames::default();
        names.add("short", "abcdef12");
        names.add("long", "abcdef1234");
        assert_eq!(shown(&names, "abcdef1234 abcdef12"), "[long:1] [short:1]");
    }

    #[test]
    fn many_values_are_found_as_few_are() {
        let (mut few, mut many) = (VolatileNames::default(), VolatileNames::default());
        for names in [&mut few, &mut many] {
            for value in ["abcdef12", "abcdef1234", "b-6"] {
                names.add("v", value);
            }
        }
        for number in 0..100 {
            many.add("other", &format!("other-value-{number}"));
        }
        for text in ["abcdef1234 b-6 abcdef12", "xabcdef12x b-66 /b-6", "é abcdef123 b-6é b-6"] {
            assert_eq!(shown(&few, text), shown(&many, text));
            assert_eq!(sent(&few, text), sent(&many, text));
        }
    }

    #[test]
    fn a_value_is_found_in_short_texts_and_in_long_ones() {
        let mut names = VolatileNames::default();
        names.add("id", "aab-12-αβγ");
        for blanks in [0, 100, 512, 10_000] {
            let before = format!("aaé{}", "a".repeat(blanks));
            assert_eq!(shown(&names, &format!("{before}aab-12-αβγ-aab")), format!("{before}[id:1]-aab"));
        }
    }

    #[test]
    fn a_value_is_not_looked_for_inside_a_name() {
        let mut names = VolatileNames::default();
        names.add("word", "request");
        names.add("request-id", "0123456789-a");
        assert_eq!(sent(&names, "a request 0123456789-a"), "a [word:1] [request-id:1]");
    }

    #[test]
    fn a_short_value_is_replaced_in_a_request_where_it_is_a_word() {
        let mut names = VolatileNames::default();
        names.add("book", "b-6");
        assert_eq!(sent(&names, "/books/b-6?x=b-6."), "/books/[book:1]?x=[book:1].");
        assert_eq!(sent(&names, "b-66 ab-6 b-6-1"), "b-66 ab-6 b-6-1");
    }

    #[test]
    fn a_single_character_is_replaced_in_a_request_only_where_it_is_a_word() {
        let mut names = VolatileNames::default();
        names.add("n", "1");
        assert_eq!((sent(&names, "1"), sent(&names, "a1")), ("[n:1]".into(), "a1".into()));
    }

    #[test]
    fn an_answer_cannot_pass_for_a_name() {
        let mut names = VolatileNames::default();
        names.add("id", "0123456789-a");
        names.add_plain("created");
        let texts =
            ["0123456789-a", "[id:1]", "[id:1:literal]", "[created]", "[created:literal]", "[other:1]"];
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

    #[test]
    fn work_grows_as_a_text_does_and_no_faster() {
        let mut names = VolatileNames::default();
        names.add("id", "abcdef12");
        names.add("other", "xyz-9");
        names.add_plain("created");
        // Brackets that never close, or only at the end, behind what tells a text from a name; a value that is
        // everywhere, beside one that is nowhere.
        assert_linear(2000, |size| drop(shown(&names, &"[".repeat(size))));
        assert_linear(2000, |size| {
            let text = format!("{}id:1{}]", "[".repeat(size), ":literal".repeat(size));
            assert_eq!(shown(&names, &text), format!("{}:literal]", &text[..text.len() - 1]));
        });
        assert_linear(2000, |size| {
            assert_eq!(shown(&names, &"abcdef12 ".repeat(size)), "[id:1] ".repeat(size));
        });
        // In requests every value is looked for: one that is part of a word is at each place, and a longer one nearly is.
        names.add("short", "ab");
        names.add("long", &"ab".repeat(10_000));
        assert_linear(2000, |size| {
            let text = "ab".repeat(size);
            assert_eq!(sent(&names, &text), text);
        });
    }

    #[test]
    fn of_brackets_in_brackets_the_one_that_a_name_begins_at_counts() {
        let mut names = VolatileNames::default();
        names.add("id", "0123456789-a");
        names.add_plain("a:b");
        let shown = |text: &str| shown(&names, text);
        assert_eq!(shown("[[id:1] [id:1 ] [id] ] [id:]"), "[[id:1:literal] [id:1 ] [id] ] [id:]");
        assert_eq!(shown("[x:[id:2]][id:3"), "[x:[id:2:literal]][id:3");
    }
}
