//! The axes of a case: every combination of their values, or as few as have every pair.
//! Main function: `read`. What a value does to a request is not known here.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::TableReader;
use super::raw::RawTable;
use crate::model::{AnswerFormat, AxisChoice, Method, ParameterPlace, Problem, Scheme, With, work};
use crate::source::bound::{MOST_DRAWN, check_axes};
use crate::source::compound::{At, Entry, Values};
use crate::source::record::{Key, record};
use crate::source::word::{AxisScheme, Draw, UsualPlace};

record! {
    closed "axes" RawAxes {
        method: Key Vec<At<'a, String>> = "method", "Methods.";
        place_of: Key Vec<UsualPlace> = "place", "Where the parameters go.";
        format: Key Vec<AnswerFormat> = "format", "Formats of the answer.";
        sign: Key Vec<AxisScheme> = "sign", "Schemes of signing; usual is the endpoint's own.";
        with: Key Vec<At<'a, String>> = "with", "Names of the table's parameters to add, each as [with.NAME].";
        draw: Key Draw = "draw", "Every combination, or as few as have every pair of values.";
    }
}

/// The choices of the axes; one empty choice without them.
pub(super) fn read(
    reader: &mut TableReader<'_>,
    axes: &Key<'_, RawAxes<'_>>,
    table: &RawTable<'_>,
) -> Vec<AxisChoice> {
    let mut choices = vec![AxisChoice::default()];
    let Some(raw) = &axes.value else { return choices };
    let node = raw.place.node;
    let methods: Vec<Method> = raw.method.items().iter().filter_map(|item| reader.method(item)).collect();
    let places: Vec<ParameterPlace> = raw.place_of.items().iter().map(|place| place.0).collect();
    let formats = raw.format.items();
    let schemes: Vec<Option<Scheme>> = raw.sign.items().iter().map(|scheme| scheme.0).collect();
    let with = with(reader, raw, table);
    let lengths = [methods.len(), places.len(), formats.len(), schemes.len(), with.len()];
    let is_drawn = raw.draw.value == Some(Draw::Pairs);
    if let Err(message) = check_axes(&lengths, if is_drawn { MOST_DRAWN } else { usize::MAX }) {
        reader.problem(node, message);
        return choices;
    }
    multiply(&mut choices, &methods, |choice, method| choice.method = Some(method.clone()));
    multiply(&mut choices, &places, |choice, place| choice.place = Some(*place));
    multiply(&mut choices, formats, |choice, format| choice.format = Some(*format));
    multiply(&mut choices, &schemes, |choice, scheme| choice.sign = *scheme);
    multiply(&mut choices, &with, |choice, with| choice.with = Some(Arc::clone(with)));
    if is_drawn {
        choices = pairs(&lengths, choices);
    }
    check(reader, raw, &choices);
    choices
}

fn check(reader: &mut TableReader<'_>, raw: &RawAxes<'_>, choices: &[AxisChoice]) {
    let node = raw.place.node;
    if raw.place.is_sound && choices == [AxisChoice::default()] {
        reader.problem(node, "the axes have no values");
    }
    let mut seen = BTreeSet::new();
    for id in choices.iter().map(AxisChoice::id) {
        work::count(1);
        if !seen.insert(id.clone()) {
            reader.problem(node, format!("the axes give `{id}` twice"));
        }
    }
}

/// The parameters of the values of the axis `with`.
fn with(reader: &mut TableReader<'_>, raw: &RawAxes<'_>, table: &RawTable<'_>) -> Vec<Arc<With>> {
    let mut found = Vec::new();
    for At { node, value: name } in raw.with.items() {
        let is_it = |entry: &&Entry<'_, Values<'_>>| entry.written.key == *name;
        if let Some(entry) = table.with.entries().iter().find(is_it) {
            found.push(Arc::new(With { name: name.clone(), params: entry.value.to_pairs() }));
        } else if table.with.names().is_some_and(|names| !names.contains(&name.as_str())) {
            reader.problems.push(
                Problem::new(node.spot.clone(), format!("the table has no `[with.{name}]`"))
                    .hint("write it at the head of the table, with the parameters that it adds"),
            );
        }
    }
    found
}

fn multiply<T>(choices: &mut Vec<AxisChoice>, values: &[T], set: impl Fn(&mut AxisChoice, &T)) {
    if values.is_empty() {
        return;
    }
    let one = |choice: &AxisChoice, value: &T| {
        let mut choice = choice.clone();
        set(&mut choice, value);
        choice
    };
    *choices = choices.iter().flat_map(|choice| values.iter().map(move |value| one(choice, value))).collect();
}

/// A value of an axis: which axis, and which of its values.
type AxisValue = (usize, usize);

/// As few choices as have every pair of values that some choice has, drawn the same way each time: always the one with
/// most pairs that are still missing, and of several the first.
fn pairs(lengths: &[usize], all: Vec<AxisChoice>) -> Vec<AxisChoice> {
    let mut open: Vec<Drawn> = all
        .into_iter()
        .enumerate()
        .filter(|(_, choice)| is_sendable(choice))
        .map(|(number, choice)| (pairs_of(&spots(lengths, number)), choice))
        .collect();
    let mut drawn = Vec::new();
    let mut missing = BTreeSet::new();
    // What asks for a scheme of its own comes last: an endpoint to which nothing is signed has every pair of the others.
    let mut unsigned: Vec<_> = open.extract_if(.., |(_, choice)| choice.sign.is_none()).collect();
    for part in [&mut unsigned, &mut open] {
        missing.extend(part.iter().flat_map(|(pairs, _)| pairs.iter().copied()));
        for (pairs, _) in &drawn {
            let pairs: &BTreeSet<[AxisValue; 2]> = pairs;
            missing.retain(|pair| !pairs.contains(pair));
        }
        while let Some((pairs, choice)) = next(part, &missing) {
            missing.retain(|pair| !pairs.contains(pair));
            drawn.push((pairs, choice));
        }
    }
    drawn.into_iter().map(|(_, choice)| choice).collect()
}

/// A choice, with the pairs of values that it has.
type Drawn = (BTreeSet<[AxisValue; 2]>, AxisChoice);

/// The choice with most of the missing pairs.
fn next(open: &mut Vec<Drawn>, missing: &BTreeSet<[AxisValue; 2]>) -> Option<Drawn> {
    let gains = open.iter().map(|(pairs, _)| pairs.intersection(missing).count());
    let (best, gain) = gains.enumerate().reduce(|best, other| if other.1 > best.1 { other } else { best })?;
    work::count(open.len());
    (gain > 0).then(|| open.remove(best))
}

/// A GET has no form in its body, and so such a choice is not drawn.
fn is_sendable(choice: &AxisChoice) -> bool {
    let is_get = choice.method.as_ref().is_some_and(|method| matches!(method.as_str(), "GET" | "HEAD"));
    !is_get || choice.place != Some(ParameterPlace::Form)
}

/// The values of a choice by its number in the product, of which the last axis changes first.
fn spots(lengths: &[usize], number: usize) -> Vec<AxisValue> {
    let mut rest = number;
    let mut spots = Vec::new();
    for (axis, length) in lengths.iter().enumerate().rev().filter(|(_, length)| **length > 0) {
        spots.push((axis, rest % length));
        rest /= length;
    }
    spots
}

/// The pairs of values that a choice has; of a single axis each value with itself.
fn pairs_of(spots: &[AxisValue]) -> BTreeSet<[AxisValue; 2]> {
    let of = |index: usize| spots[index..].iter().map(move |other| [spots[index], *other]);
    (0..spots.len()).flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::{pairs, pairs_of, spots};
    use crate::model::{AnswerFormat, AxisChoice, Method, ParameterPlace};

    fn product() -> Vec<AxisChoice> {
        let mut all = Vec::new();
        for method in ["GET", "POST"] {
            for place in [ParameterPlace::Query, ParameterPlace::Form] {
                for format in [AnswerFormat::Json, AnswerFormat::Xml] {
                    let method = Method::new(method);
                    all.push(AxisChoice {
                        method,
                        place: Some(place),
                        format: Some(format),
                        ..AxisChoice::default()
                    });
                }
            }
        }
        all
    }

    #[test]
    fn every_pair_is_drawn_but_a_form_by_get() {
        let ids: Vec<String> = pairs(&[2, 2, 2, 0, 0], product()).iter().map(AxisChoice::id).collect();
        let has = |one: &str, other: &str| ids.iter().any(|id| id.contains(one) && id.contains(other));
        for (one, other) in [
            ("get", "query"),
            ("post", "query"),
            ("post", "form"),
            ("get", "json"),
            ("get", "xml"),
            ("post", "json"),
            ("post", "xml"),
            ("query", "json"),
            ("query", "xml"),
            ("form", "json"),
            ("form", "xml"),
        ] {
            assert!(has(one, other), "{one} {other}: {ids:?}");
        }
        assert!(!has("get", "form"), "{ids:?}");
        assert!(ids.len() < 8, "{ids:?}");
    }

    #[test]
    fn what_is_drawn_is_the_same_each_time() {
        let once = pairs(&[2, 2, 2, 0, 0], product());
        assert_eq!(once, pairs(&[2, 2, 2, 0, 0], product()));
    }

    #[test]
    fn a_single_axis_has_all_of_its_values() {
        assert_eq!(pairs_of(&spots(&[0, 3], 2)).len(), 1);
        let all: Vec<AxisChoice> = product().into_iter().filter(is_plain).collect();
        assert_eq!(pairs(&[0, 0, 2], all.clone()), all);
    }

    fn is_plain(choice: &AxisChoice) -> bool {
        choice.id().starts_with("post-query")
    }
}
