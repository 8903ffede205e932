//! Finds many values in a text, in time that grows with the text alone. Main type: [`ValueSearch`].

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::noncontiguous::{Builder, NFA};
use aho_corasick::{Anchored, MatchKind};
use memchr::memchr_iter;

use crate::model::work;

/// So many values are looked for one by one: for them, to make an automaton takes longer than to search.
const FEW: usize = 12;

/// The longest text, in bytes, in which values are looked for one by one.
const SHORT: usize = 512;

/// Values that are looked for.
#[derive(Debug)]
pub(super) struct ValueSearch<'a> {
    values: Vec<&'a str>,
    /// It reads texts from their end, so that at each place it knows the longest value that begins there. One that
    /// reads forwards has to go back wherever a long value only begins. It is made for each transcript and used on few
    /// texts, so what counts is how fast it is made.
    backwards: OnceLock<Option<NFA>>,
}

impl<'a> ValueSearch<'a> {
    /// A search for these values, none of them empty.
    pub(super) fn new(values: Vec<&'a str>) -> Self {
        Self { values, backwards: OnceLock::new() }
    }

    /// Where values begin, and the longest at each place; the last place first.
    pub(super) fn last_first(&self, text: &str) -> Vec<Range<usize>> {
        if self.values.len() > FEW || text.len() > SHORT {
            let automaton = self.backwards.get_or_init(|| backwards(&self.values));
            if let Some(found) = automaton.as_ref().and_then(|automaton| read_backwards(automaton, text)) {
                return found;
            }
        }
        self.find_one_by_one(text)
    }

    fn find_one_by_one(&self, text: &str) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let mut found: Vec<Range<usize>> = Vec::new();
        for value in self.values.iter().filter(|value| value.len() <= text.len()) {
            let Some(first) = value.as_bytes().first() else { continue };
            let starts =
                memchr_iter(*first, bytes).filter(|start| bytes[*start..].starts_with(value.as_bytes()));
            found.extend(starts.map(|start| start..start + value.len()));
        }
        if found.len() > 1 {
            found.sort_by_key(|range| (std::cmp::Reverse(range.start), std::cmp::Reverse(range.end)));
            found.dedup_by_key(|range| range.start);
        }
        found
    }
}

/// It fails for more than 2^31 bytes of values, and answers are limited to less.
fn backwards(values: &[&str]) -> Option<NFA> {
    let turned = values.iter().map(|value| value.bytes().rev().collect::<Vec<u8>>());
    Builder::new().match_kind(MatchKind::Standard).build(turned).ok()
}

fn read_backwards(automaton: &NFA, text: &str) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut state = automaton.start_state(Anchored::No).ok()?;
    for (start, byte) in text.bytes().enumerate().rev() {
        work::count(1);
        state = automaton.next_state(Anchored::No, state, byte);
        if automaton.is_match(state) {
            // The state's own value comes first, and those that it goes on from are shorter.
            let longest = automaton.pattern_len(automaton.match_pattern(state, 0));
            found.push(start..start + longest);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::{FEW, SHORT, ValueSearch};
    use crate::model::work::assert_linear;

    #[test]
    fn the_longest_value_of_each_place_is_found_in_either_way() {
        let values = vec!["b", "abc", "ab", "cab", "é", "éa", "bcabc"];
        let many: Vec<String> = (0..FEW).map(|number| format!("other-{number}")).collect();
        let more = values.iter().copied().chain(many.iter().map(String::as_str)).collect();
        let (few, many) = (ValueSearch::new(values), ValueSearch::new(more));
        for text in ["", "x", "abcabcab", "éabcéab", "bcabcabcab"] {
            assert_eq!(few.last_first(text), many.last_first(text), "{text}");
        }
        let found: Vec<&str> = few.last_first("abcab").into_iter().map(|range| &"abcab"[range]).collect();
        assert_eq!(found, ["b", "ab", "cab", "b", "abc"]);
    }

    #[test]
    fn work_grows_with_the_text_alone() {
        // A long value that nearly begins at each place, and one that is at every other.
        let long = format!("{}x", "ab".repeat(100 * SHORT));
        let search = ValueSearch::new(vec!["ab", &long]);
        assert_linear(10 * SHORT, |size| {
            assert_eq!(search.last_first(&"ab".repeat(size / 2)).len(), size / 2);
        });
    }
}
