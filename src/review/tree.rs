//! How two bodies differ, part by part.

use std::collections::HashMap;

use super::fact::PartChange;
use super::name::name_of_number;
use crate::model::Value;

/// The most differences of one body that are listed one by one.
pub(super) const MOST: usize = 100;

/// A difference of two trees.
#[derive(Debug)]
pub(super) struct TreeChange<'a> {
    /// Where, as a `JSONPath`.
    pub(super) path: String,
    /// The same without the positions in lists, since those differ from case to case.
    pub(super) general: String,
    /// What, without values.
    pub(super) part: PartChange,
    /// The part before, if it was there.
    pub(super) old: Option<&'a Value>,
    /// The part now, if it is there.
    pub(super) new: Option<&'a Value>,
}

/// How two trees differ, and whether that is all.
pub(super) fn differences<'a>(old: &'a Value, new: &'a Value) -> (Vec<TreeChange<'a>>, bool) {
    let mut walk = TreeWalk { found: Vec::new(), path: vec!["$".into()] };
    walk.pair(old, new);
    let is_all = walk.found.len() <= MOST;
    (walk.found, is_all)
}

struct TreeWalk<'a> {
    found: Vec<TreeChange<'a>>,
    path: Vec<String>,
}

impl<'a> TreeWalk<'a> {
    fn add(&mut self, part: PartChange, old: Option<&'a Value>, new: Option<&'a Value>) {
        let is_position = |step: &String| step.starts_with('[') && !step.starts_with("[\"");
        let general = self.path.iter().map(|step| if is_position(step) { "[*]" } else { step.as_str() });
        let general = general.collect();
        self.found.push(TreeChange { path: self.path.concat(), general, part, old, new });
    }

    fn pair(&mut self, old: &'a Value, new: &'a Value) {
        if self.found.len() > MOST {
            return;
        }
        match (old, new) {
            (Value::Map(left), Value::Map(right)) => self.maps((old, left), (new, right)),
            (Value::List(left), Value::List(right)) => self.lists((old, left), (new, right)),
            (left, right) if left == right => {}
            (Value::Number(left), Value::Number(right)) if is_name(left) || is_name(right) => {
                self.add(PartChange::Value(None), Some(old), Some(new));
            }
            (left, right) if left.type_name() != right.type_name() => {
                let part = PartChange::Type { old: left.type_name(), new: right.type_name() };
                self.add(part, Some(left), Some(right));
            }
            (left, right) => self.add(PartChange::Value(None), Some(left), Some(right)),
        }
    }

    fn maps(
        &mut self,
        (old, left): (&'a Value, &'a [(String, Value)]),
        (new, right): (&'a Value, &'a [(String, Value)]),
    ) {
        let before = self.found.len();
        let (old_keys, new_keys) = (by_key(left), by_key(right));
        for (key, _) in first_of_each(left) {
            let (olds, news) =
                (&old_keys[key.as_str()], new_keys.get(key.as_str()).map_or(&[][..], Vec::as_slice));
            self.path.push(step(key));
            if news.is_empty() {
                self.add(PartChange::Gone, Some(olds[0]), None);
            } else if olds.len() != news.len() {
                self.add(
                    PartChange::Times { old: olds.len(), new: news.len() },
                    Some(olds[0]),
                    Some(news[0]),
                );
            }
            olds.iter().zip(news).for_each(|(left, right)| self.pair(left, right));
            self.path.pop();
        }
        for (key, value) in first_of_each(right).filter(|(key, _)| !old_keys.contains_key(key.as_str())) {
            self.path.push(step(key));
            self.add(PartChange::New, None, Some(value));
            self.path.pop();
        }
        let is_moved = || left.iter().map(|(key, _)| key).ne(right.iter().map(|(key, _)| key));
        if self.found.len() == before && is_moved() {
            self.add(PartChange::Order, Some(old), Some(new));
        }
    }

    fn lists(&mut self, (old, left): (&'a Value, &'a [Value]), (new, right): (&'a Value, &'a [Value])) {
        if left.len() != right.len() {
            let part = PartChange::Items { old: left.len(), new: right.len() };
            return self.add(part, Some(old), Some(new));
        }
        if left != right && is_reordered(left, right) {
            return self.add(PartChange::Order, Some(old), Some(new));
        }
        for (at, (left, right)) in left.iter().zip(right).enumerate() {
            self.path.push(format!("[{at}]"));
            self.pair(left, right);
            self.path.pop();
        }
    }
}

/// Each key's values, in order.
fn by_key(entries: &[(String, Value)]) -> HashMap<&str, Vec<&Value>> {
    let mut keys: HashMap<&str, Vec<&Value>> = HashMap::new();
    for (key, value) in entries {
        keys.entry(key).or_default().push(value);
    }
    keys
}

/// The first entry of each key, in order.
fn first_of_each(entries: &[(String, Value)]) -> impl Iterator<Item = &(String, Value)> {
    let mut seen = std::collections::HashSet::new();
    entries.iter().filter(move |(key, _)| seen.insert(key.as_str()))
}

/// Whether a name takes the place of a number, which may be an integer or not.
fn is_name(digits: &str) -> bool {
    name_of_number(digits).is_some()
}

fn is_reordered(left: &[Value], right: &[Value]) -> bool {
    let sorted = |items: &[Value]| {
        let mut texts: Vec<String> = items.iter().map(Value::to_string).collect();
        texts.sort_unstable();
        texts
    };
    sorted(left) == sorted(right)
}

/// A key as a step of a `JSONPath`.
fn step(key: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !key.is_empty() && key.chars().all(is_plain) {
        format!(".{key}")
    } else {
        format!("[{}]", Value::text(key))
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, differences};
    use crate::wire::read_json;

    fn shown(old: &str, new: &str) -> Vec<String> {
        let (old, new) = (read_json(old.as_bytes()).unwrap(), read_json(new.as_bytes()).unwrap());
        let (found, _) = differences(&old, &new);
        found.iter().map(|change| format!("{} {}", change.path, change.part)).collect()
    }

    #[test]
    fn each_part_that_differs_is_named_by_its_path() {
        let cases = [
            (
                r#"{"a": 1, "b": {"c": [1, 2]}}"#,
                r#"{"a": 1, "b": {"c": [1, 3]}}"#,
                "$.b.c[1] changed its value",
            ),
            (r#"{"a": 1}"#, r#"{"a": "1"}"#, "$.a changed its type: integer became string"),
            (r#"{"a": 1}"#, "{}", "$.a is gone"),
            ("{}", r#"{"a b": 1}"#, r#"$["a b"] is new"#),
            (r#"{"a": 1}"#, r#"{"a": 1, "a": 2}"#, "$.a is there 2 times, before 1"),
            (r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, "$ has the same parts in another order"),
            ("[1, 2]", "[2, 1]", "$ has the same parts in another order"),
            ("[1, 2]", "[1]", "$ has 1 item, before 2"),
            (r#"{"n": 1.0}"#, r#"{"n": 1}"#, "$.n changed its type: number became integer"),
        ];
        for (old, new, expected) in cases {
            assert_eq!(shown(old, new), [expected], "{old} {new}");
            assert_eq!(shown(old, old), Vec::<String>::new());
        }
    }

    #[test]
    fn very_many_differences_end_the_search() {
        let list = |text: &str| format!("[{}]", vec![text; 5 * MOST].join(","));
        assert_eq!(shown(&list("1"), &list("2")).len(), MOST + 1);
    }
}
