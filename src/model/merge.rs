//! Parameters and header fields put over others of their names, in time that grows with their number alone.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::value::Value;
use super::work;

/// Header fields with those of `over` in the place of all that have their names, whatever the case of letters; they come
/// last. A name that `over` has twice stays twice.
pub(crate) fn put_over_fields(
    mut fields: Vec<(String, String)>,
    over: &[(String, String)],
) -> Vec<(String, String)> {
    if !fields.is_empty() && !over.is_empty() {
        let name = |(name, _): &(String, String)| {
            work::count(1);
            name.to_ascii_lowercase()
        };
        let replaced: HashSet<String> = over.iter().map(name).collect();
        fields.retain(|field| !replaced.contains(&name(field)));
    }
    fields.extend_from_slice(over);
    fields
}

/// Parameters with those of `over` in their place; new ones come last. A list is replaced whole.
#[must_use]
pub fn merge_params(mut params: Vec<(String, Value)>, over: &[(String, Value)]) -> Vec<(String, Value)> {
    put_over(&mut params, over.to_vec());
    params
}

/// So many comparisons of keys are made sooner than a map.
const FEW_COMPARISONS: usize = 2048;

/// Puts pairs in the place of those with their keys; new ones come last.
pub(crate) fn put_over<K: Clone + Eq + Hash, V>(pairs: &mut Vec<(K, V)>, over: Vec<(K, V)>) {
    if over.len().saturating_mul(pairs.len() + over.len()) <= FEW_COMPARISONS {
        for (key, value) in over {
            match pairs.iter_mut().find(|(known, _)| *known == key) {
                Some(found) => found.1 = value,
                None => pairs.push((key, value)),
            }
        }
        return;
    }
    // Of a key that is there twice the first counts, so that one is put in last.
    let known = pairs.iter().enumerate().rev().map(|(place, (key, _))| (key.clone(), place));
    let mut places: HashMap<K, usize> = known.collect();
    for (key, value) in over {
        work::count(1);
        match places.entry(key) {
            Entry::Occupied(place) => pairs[*place.get()].1 = value,
            Entry::Vacant(place) => {
                let key = place.key().clone();
                place.insert(pairs.len());
                pairs.push((key, value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, merge_params};
    use crate::model::work::{assert_linear, steps};

    #[test]
    fn many_parameters_are_merged_as_few_are() {
        let pairs = |range: std::ops::Range<usize>, value: i64| -> Vec<(String, Value)> {
            range.map(|number| (format!("p{number}"), Value::integer(value))).collect()
        };
        assert_eq!(steps(|| drop(merge_params(pairs(0..10, 0), &pairs(5..15, 1)))), 0, "by comparing");
        for size in [10, 1000] {
            let merged = merge_params(pairs(0..2 * size, 0), &pairs(size..3 * size, 1));
            assert_eq!(merged, [pairs(0..size, 0), pairs(size..3 * size, 1)].concat());
        }
        assert_linear(1000, |size| drop(merge_params(pairs(0..size, 0), &pairs(size..2 * size, 1))));
    }
}
