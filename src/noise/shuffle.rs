//! Whether a list is the same in another order, though values in it are others each time.
//!
//! Items are compared by the places whose values all come back in the other run, in any order and at least in their
//! words. Other places are left out.

use std::collections::{BTreeMap, BTreeSet};

use super::pattern::skeleton;
use super::place::below;
use crate::snapshot::{MarkedNode, TranscriptView};

/// Which items of two lists belong together.
pub(super) struct Aligned {
    /// Whether they are in another order.
    pub(super) is_shuffled: bool,
    /// A path into an item by which they can be put in order.
    pub(super) by: Option<String>,
    /// The places of those that belong together, in the order of the first list.
    pub(super) pairs: Vec<(usize, usize)>,
}

/// The texts and numbers of an item by their places in it.
type Leaves = Vec<(String, String)>;

/// Finds which items of two lists of one length belong together; each list comes with what shows its texts.
pub(super) fn align(
    (one, view): (&[MarkedNode<'_>], &TranscriptView<'_>),
    (other, other_view): (&[MarkedNode<'_>], &TranscriptView<'_>),
) -> Aligned {
    let first: Vec<Leaves> = one.iter().map(|item| leaves(item, view)).collect();
    let second: Vec<Leaves> = other.iter().map(|item| leaves(item, other_view)).collect();
    let in_place = || (0..one.len()).map(|index| (index, index)).collect();
    if first == second {
        return Aligned { is_shuffled: false, by: None, pairs: in_place() };
    }
    let (first, second) = steady(&first, &second);
    let order = |items: &[Leaves]| {
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by(|left, right| items[*left].cmp(&items[*right]));
        order
    };
    let (left, right) = (order(&first), order(&second));
    let is_same_set = left.iter().zip(&right).all(|(one, other)| first[*one] == second[*other]);
    if first == second || !is_same_set {
        return Aligned { is_shuffled: false, by: None, pairs: in_place() };
    }
    let mut pairs: Vec<(usize, usize)> = left.into_iter().zip(right).collect();
    pairs.sort_unstable();
    Aligned { is_shuffled: true, by: key(&first), pairs }
}

/// How much of the texts at one place of all items comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Steady {
    /// Each of them.
    Whole,
    /// Their words.
    Words,
    /// Nothing.
    Nothing,
}

/// The items of both lists with only what comes back in the other: as it is, or at least in its words.
fn steady(first: &[Leaves], second: &[Leaves]) -> (Vec<Leaves>, Vec<Leaves>) {
    let (mine, theirs) = (by_place(first), by_place(second));
    let words = |texts: &[&str]| {
        let mut words: Vec<String> = texts.iter().map(|text| skeleton(text)).collect();
        words.sort_unstable();
        words
    };
    let steady = |texts: &[&str], place: &str| match theirs.get(place) {
        Some(others) if others == texts => Steady::Whole,
        Some(others) if words(others) == words(texts) => Steady::Words,
        Some(_) | None => Steady::Nothing,
    };
    let places: BTreeMap<&str, Steady> =
        mine.iter().map(|(place, texts)| (*place, steady(texts, place))).collect();
    let kept = |(place, text): &(String, String)| match places.get(place.as_str())? {
        Steady::Whole => Some((place.clone(), text.clone())),
        Steady::Words => Some((place.clone(), skeleton(text))),
        Steady::Nothing => None,
    };
    let kept = |items: &[Leaves]| -> Vec<Leaves> {
        items.iter().map(|leaves| leaves.iter().filter_map(kept).collect()).collect()
    };
    (kept(first), kept(second))
}

/// The texts at each place, sorted.
fn by_place(items: &[Leaves]) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (place, text) in items.iter().flatten() {
        found.entry(place).or_default().push(text);
    }
    for texts in found.values_mut() {
        texts.sort_unstable();
    }
    found
}

/// The first place whose text every item has, and no two share.
fn key(items: &[Leaves]) -> Option<String> {
    let places = items.first()?.iter().map(|(place, _)| place);
    let is_key = |place: &&String| {
        let mut seen = BTreeSet::new();
        !place.contains('[')
            && *place != "$"
            && items.iter().all(|leaves| {
                let mut here = leaves.iter().filter(|(known, _)| known == *place);
                here.next().is_some_and(|(_, text)| seen.insert(text)) && here.next().is_none()
            })
    };
    { places }.find(is_key).cloned()
}

fn leaves(item: &MarkedNode<'_>, view: &TranscriptView<'_>) -> Leaves {
    let mut found = Vec::new();
    collect(item, "$", view, &mut found);
    found
}

fn collect(node: &MarkedNode<'_>, path: &str, view: &TranscriptView<'_>, found: &mut Leaves) {
    match node {
        MarkedNode::Fixed(value) => found.push((path.to_owned(), value.to_string())),
        MarkedNode::Number(number) => found.push((path.to_owned(), view.bare_number(number))),
        MarkedNode::Text(text) => found.push((path.to_owned(), view.bare_text(text))),
        MarkedNode::List(items) => {
            found.push((format!("{path}[]"), items.len().to_string()));
            for item in items {
                collect(item, &format!("{path}[*]"), view, found);
            }
        }
        MarkedNode::Map(entries) => {
            for (key, item) in entries {
                collect(item, &below(path, &view.bare_key(key)), view, found);
            }
        }
    }
}
