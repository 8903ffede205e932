//! Keys that are in one object of an answer more than once. Main function: [`doubled_keys`].

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::model::Value;

/// How many doubled keys of a body are shown; an answer must not be able to flood a report.
const SHOWN: usize = 20;

/// The paths of the first keys that are there twice, each once.
pub(super) fn doubled_keys(tree: &Value) -> Vec<String> {
    let mut doubled = Vec::new();
    collect_doubled(&mut Vec::new(), tree, &mut doubled);
    doubled
}

/// One part of the way to a value.
#[derive(Clone, Copy)]
enum PathPart<'a> {
    Key(&'a str),
    Item(usize),
}

/// So few keys are compared with each other sooner than sorted.
const FEW_KEYS: usize = 12;

/// The keys that are there twice.
fn keys_twice(entries: &[(String, Value)]) -> BTreeSet<&str> {
    let keys = || entries.iter().map(|(key, _)| key.as_str());
    if entries.len() <= FEW_KEYS {
        return keys()
            .enumerate()
            .filter(|(position, key)| keys().take(*position).any(|other| other == *key))
            .map(|(_, key)| key)
            .collect();
    }
    let mut known = BTreeSet::new();
    keys().filter(|key| !known.insert(*key)).collect()
}

/// The paths of the first keys that are there twice. A path is written only for those: keys may be long.
fn collect_doubled<'a>(way: &mut Vec<PathPart<'a>>, tree: &'a Value, doubled: &mut Vec<String>) {
    match tree {
        Value::Map(entries) => {
            let twice = keys_twice(entries);
            let mut listed = BTreeSet::new();
            for (key, value) in entries {
                if doubled.len() >= SHOWN {
                    return;
                }
                way.push(PathPart::Key(key));
                if twice.contains(key.as_str()) && listed.insert(key) {
                    doubled.push(path(way));
                }
                collect_doubled(way, value, doubled);
                way.pop();
            }
        }
        Value::List(items) => {
            for (position, item) in items.iter().enumerate() {
                way.push(PathPart::Item(position));
                collect_doubled(way, item, doubled);
                way.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

fn path(way: &[PathPart<'_>]) -> String {
    // Writing to a String cannot fail.
    way.iter().fold("$".to_owned(), |mut path, part| {
        let _ = match part {
            PathPart::Key(key) => write!(path, ".{key}"),
            PathPart::Item(position) => write!(path, "[{position}]"),
        };
        path
    })
}

#[cfg(test)]
mod tests {
    use super::{FEW_KEYS, SHOWN, doubled_keys};
    use crate::wire::read_json;

    fn doubled(text: &str) -> Vec<String> {
        doubled_keys(&read_json(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_doubled_key_is_named_by_its_path_and_once() {
        for (text, wanted) in [
            (r#"{"a": 1, "b": 1}"#, vec![]),
            (r#"{"a": 1, "a": 1}"#, vec!["$.a"]),
            (r#"{"a": 1, "a": 1, "a": 1, "b": 2, "b": 3}"#, vec!["$.a", "$.b"]),
            (r#"[{"a": 1}, {"a": 1}]"#, vec![]),
            (
                r#"{"l": [0, [{"x": 1}, {"y": 1, "y": 2}]], "m": {"z": 0, "z": 0}}"#,
                vec!["$.l[1][1].y", "$.m.z"],
            ),
            (r#"{"a": {"b": 1, "b": 2}, "a": {"c": 1, "c": 2}}"#, vec!["$.a", "$.a.b", "$.a.c"]),
        ] {
            assert_eq!(doubled(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_doubled_key_is_found_among_few_keys_and_among_many() {
        for length in [1, FEW_KEYS - 1, FEW_KEYS, FEW_KEYS + 1, 40] {
            let keys: Vec<String> = (0..length).map(|number| format!("\"k{number}\": 0")).collect();
            let keys = keys.join(", ");
            assert_eq!(doubled(&format!("{{{keys}}}")), Vec::<String>::new(), "{length}");
            assert_eq!(doubled(&format!("{{{keys}, \"k0\": 1}}")), ["$.k0"], "{length}");
        }
    }

    #[test]
    fn no_more_doubled_keys_are_named_than_a_report_can_hold() {
        let pairs = |count: usize| {
            let pairs: Vec<String> =
                (0..count).map(|number| format!("{{\"k{number}\": 0, \"k{number}\": 0}}")).collect();
            doubled(&format!("[{}]", pairs.join(", "))).len()
        };
        assert_eq!((pairs(SHOWN - 1), pairs(SHOWN), pairs(SHOWN + 1)), (SHOWN - 1, SHOWN, SHOWN));
    }
}
