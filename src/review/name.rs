//! The names that replace volatile values in a snapshot, such as `[request-id:1]`.
//!
//! Their numbers say which values are equal and nothing else: a change is found without them, and then which
//! places are equal is compared by itself.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use regex::Regex;

use super::fact::{Fact, PartChange};
use super::transcript::{SnapshotBody, SnapshotExchange};
use crate::model::Value;
use crate::snapshot::is_time;

static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[([^\[\]:\s]+):([0-9]+)\]").expect("the pattern is a constant"));

/// A text with the numbers of names left out.
pub(super) fn bare(text: &str) -> Cow<'_, str> {
    NAME.replace_all(text, "[$1]")
}

/// The shortest value that may be one that had a name: an identifier is longer than a word.
const SHORTEST: usize = 16;

/// The change of a name, where a value without a name takes its place, or the other way round.
///
/// Such a value differs in every run, so the change goes by the name alone. The value has to look like one that had a
/// name: a part without spaces, as long as an identifier, with a digit; or a time.
pub(super) fn naming(old: &str, new: &str) -> Option<PartChange> {
    let alike = |(left, right): &((usize, char), (usize, char))| left.1 == right.1;
    let start = old.char_indices().zip(new.char_indices()).take_while(alike).last();
    let start = start.map_or(0, |((at, letter), _)| at + letter.len_utf8());
    named_part(&old[start..], &new[start..])
        .map(PartChange::Unnamed)
        .or_else(|| named_part(&new[start..], &old[start..]).map(PartChange::Named))
}

/// The name that one text starts with, if the other has such a value in its place and then goes on alike.
fn named_part(named: &str, plain: &str) -> Option<String> {
    let inside = named.strip_prefix('[')?;
    let (name, rest) = inside.split_once(']')?;
    let value = plain.strip_suffix(rest)?;
    let is_identifier = value.len() >= SHORTEST
        && !value.contains(char::is_whitespace)
        && value.contains(|letter: char| letter.is_ascii_digit());
    let is_value = is_identifier || is_time(value);
    (is_value && !name.contains('[')).then(|| name.to_owned())
}

/// The name in place of a number.
pub(super) fn name_of_number(digits: &str) -> Option<&str> {
    digits.strip_prefix('[')?.strip_suffix(']')
}

/// A place where a name is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct NamePlace {
    step: usize,
    is_answer: bool,
    path: String,
    /// Which name of the text it is.
    position: usize,
}

impl NamePlace {
    fn owner(&self) -> (usize, bool) {
        (self.step, self.is_answer)
    }

    fn describe(&self) -> String {
        let whose = if self.is_answer { "answer" } else { "request" };
        format!("{} in {whose} {}", self.path, self.step + 1)
    }
}

/// The places of a transcript that have a name, each with the first place that has the same name and number.
struct NamePlaces<'a> {
    /// In order: the place, and the name.
    found: Vec<(NamePlace, &'a str)>,
    by_place: HashMap<NamePlace, usize>,
    /// For each place the position of the first equal one.
    first: Vec<usize>,
}

/// Which values are equal now and were not, or the other way round; each with what it is grouped by.
///
/// Only places with a name in both transcripts count, so a value that is new moves no number.
pub(super) fn equality_facts(
    old: &[SnapshotExchange<'_>],
    new: &[SnapshotExchange<'_>],
) -> Vec<(Fact, String)> {
    let texts = (texts(old), texts(new));
    let (old, new) = (NamePlaces::of(&texts.0), NamePlaces::of(&texts.1));
    let mut known = BTreeSet::new();
    let mut facts = Vec::new();
    for (at, (place, name)) in new.found.iter().enumerate() {
        let Some(before) = old.by_place.get(place).copied().filter(|before| old.found[*before].1 == *name)
        else {
            continue;
        };
        let (was, is) = (old.place(old.first[before]), new.place(new.first[at]));
        // Each place is compared with the first that it was equal to, and the first that it is equal to.
        let candidates = [(was, false), (is, true)];
        for (other, is_equal) in candidates.into_iter().filter(|(other, _)| *other != place) {
            let is_known = old.is_equal(place, other).zip(new.is_equal(place, other));
            if is_known == Some((!is_equal, is_equal))
                && known.insert((*name, other.owner(), place.owner(), is_equal))
            {
                facts.push(fact(name, other, place, is_equal));
            }
        }
    }
    facts
}

fn fact(name: &str, first: &NamePlace, second: &NamePlace, is_equal: bool) -> (Fact, String) {
    let owner = |place: &NamePlace| if place.is_answer { "answer" } else { "request" };
    let is_alike = first.path == second.path && first.is_answer == second.is_answer;
    let places = if is_alike {
        format!("{}s {} and {}", owner(first), first.step + 1, second.step + 1)
    } else {
        format!("{} and {}", first.describe(), second.describe())
    };
    let kind = [first, second].map(|place| format!("{} {}", owner(place), place.path)).join(" ");
    let key = format!("equality {name} {is_equal} {} {kind}", first.owner() == second.owner());
    (Fact::Equality { name: name.to_owned(), places, is_equal }, key)
}

impl<'a> NamePlaces<'a> {
    fn of(texts: &'a [(usize, bool, String, Cow<'_, str>)]) -> Self {
        let mut places = Self { found: Vec::new(), by_place: HashMap::new(), first: Vec::new() };
        let mut firsts: HashMap<(&str, &str), usize> = HashMap::new();
        for (step, is_answer, path, text) in texts {
            for (position, found) in NAME.captures_iter(text).enumerate() {
                let (_, [name, number]) = found.extract();
                let at = places.found.len();
                let place = NamePlace { step: *step, is_answer: *is_answer, path: path.clone(), position };
                places.by_place.insert(place.clone(), at);
                places.first.push(*firsts.entry((name, number)).or_insert(at));
                places.found.push((place, name));
            }
        }
        places
    }

    fn place(&self, at: usize) -> &NamePlace {
        &self.found[at].0
    }

    /// Whether two places are equal; none if one of them has no name here.
    fn is_equal(&self, left: &NamePlace, right: &NamePlace) -> Option<bool> {
        let first = |place: &NamePlace| self.by_place.get(place).map(|at| self.first[*at]);
        Some(first(left)? == first(right)?)
    }
}

/// Every text of a transcript that may have names: whose it is, and its place there.
fn texts<'a>(exchanges: &'a [SnapshotExchange<'_>]) -> Vec<(usize, bool, String, Cow<'a, str>)> {
    let mut found = Vec::new();
    for (step, SnapshotExchange { request, answer }) in exchanges.iter().enumerate() {
        let mut add = |is_answer: bool, path: String, text: &'a str| {
            if text.contains('[') {
                found.push((step, is_answer, path, Cow::Borrowed(text)));
            }
        };
        add(false, "the path".into(), request.target);
        let parts = request.headers.iter().map(|part| ("header", part));
        for (kind, (name, value)) in parts.chain(request.params.iter().map(|part| ("parameter", part))) {
            add(false, format!("{kind} {name}"), value);
        }
        request.body.iter().for_each(|line| add(false, "the body".into(), line));
        for (name, value) in &answer.headers {
            add(true, format!("header {name}"), value);
        }
        match &answer.body {
            SnapshotBody::Json(tree) | SnapshotBody::Xml { tree, .. } => {
                leaves(tree, "$", &mut |path, text| add(true, path, text));
            }
            SnapshotBody::Lines(_) | SnapshotBody::Bytes(_) | SnapshotBody::Cut { .. } => {
                let lines = answer.body.lines();
                for (number, line) in lines.iter().enumerate() {
                    add(true, format!("line {}", number + 1), line);
                }
            }
            SnapshotBody::Empty => {}
        }
    }
    found
}

fn leaves<'a>(tree: &'a Value, path: &str, add: &mut impl FnMut(String, &'a str)) {
    match tree {
        Value::Text(text) | Value::Number(text) => add(path.to_owned(), text),
        Value::List(items) => {
            items.iter().enumerate().for_each(|(at, item)| leaves(item, &format!("{path}[{at}]"), add));
        }
        Value::Map(entries) => {
            let mut counts: BTreeMap<Cow<'_, str>, usize> = BTreeMap::new();
            for (key, item) in entries {
                let count = counts.entry(bare(key)).or_default();
                *count += 1;
                let again = if *count > 1 { format!(" ({count})") } else { String::new() };
                // The number of a name in a key says no more than that of one in a value.
                let path = format!("{path}.{}{again}", bare(key));
                add(format!("the key {path}"), key);
                leaves(item, &path, add);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{bare, equality_facts, naming};
    use crate::review::fact::PartChange;
    use crate::review::transcript::read;

    fn shown(old: &str, new: &str) -> Vec<String> {
        let facts = equality_facts(&read(old).unwrap(), &read(new).unwrap());
        facts.into_iter().map(|(fact, _)| fact.to_string()).collect()
    }

    fn two(first: &str, second: &str) -> String {
        let answer =
            |id: &str| format!("> GET /\n< 200\n{{\n  \"Id\": \"{id}\",\n  \"Link\": \"?id={id}\"\n}}");
        format!("{}\n\n{}", answer(first), answer(second))
    }

    #[test]
    fn which_values_are_equal_is_told_once_for_each_pair_of_answers() {
        let (apart, equal) = (two("[id:1]", "[id:2]"), two("[id:1]", "[id:1]"));
        assert_eq!(shown(&apart, &equal), ["[id] is now the same in answers 1 and 2, and was not"]);
        assert_eq!(shown(&equal, &apart), ["[id] is no longer the same in answers 1 and 2"]);
    }

    #[test]
    fn a_value_that_lost_its_name_is_told_by_that() {
        let cases = [
            ("?id=[id]&x=1", "?id=9F3E-3ABC-1234-5678-90&x=1", Some(PartChange::Unnamed("id".into()))),
            ("9F3E-3ABC-1234-5678-90", "[id]", Some(PartChange::Named("id".into()))),
            ("[id]", "constant", None),
            ("[id] a", "9F3E-3ABC-1234-5678-90 b", None),
            ("a", "b", None),
            ("é[id]", "éa", None),
        ];
        for (old, new, expected) in cases {
            assert_eq!(naming(old, new), expected, "{old} {new}");
        }
    }

    #[test]
    fn a_number_that_only_moves_is_no_fact() {
        assert_eq!(shown(&two("[id:1]", "[id:2]"), &two("[id:7]", "[id:3]")), Vec::<String>::new());
        assert_eq!(bare("a [id:12] [no] [b:1"), "a [id] [no] [b:1");
    }
}
