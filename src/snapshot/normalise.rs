//! Gives volatile values names, so that only which of them are equal stays visible.

use std::collections::BTreeMap;

use regex::Regex;

use crate::check::{compiled, select};
use crate::model::{AnswerPlace, Exchange, Value, Volatile};

/// The shortest value that is replaced wherever it stands: a shorter one could be part of a word.
const SHORTEST: usize = 6;

/// The shortest value that is replaced inside a text, as a word of its own.
const SHORTEST_WORD: usize = 2;

/// The most values that get names: each is looked for in every text, and an answer may hold very many.
/// Those past it stand as they are, so the snapshot differs.
const MOST: usize = 1000;

/// Volatile values and the names that stand for them, such as `[request-id:1]`.
#[derive(Debug, Default)]
pub struct Names {
    by_value: BTreeMap<String, String>,
    longest_first: Vec<String>,
    counts: BTreeMap<String, usize>,
}

impl Names {
    /// Gives a value a name, unless it has one.
    pub fn add(&mut self, name: &str, value: &str) {
        if value.is_empty() || self.by_value.len() >= MOST || self.by_value.contains_key(value) {
            return;
        }
        if value.len() >= SHORTEST_WORD {
            let is_before =
                |known: &String| known.len().cmp(&value.len()).reverse().then((**known).cmp(value)).is_lt();
            let place = self.longest_first.partition_point(is_before);
            self.longest_first.insert(place, value.to_owned());
        }
        let count = self.counts.entry(name.to_owned()).or_default();
        *count += 1;
        self.by_value.insert(value.to_owned(), format!("[{name}:{count}]"));
    }

    /// A text with every known value replaced, longer values first.
    pub fn apply(&self, text: &str) -> String {
        if let Some(name) = self.by_value.get(text) {
            return name.clone();
        }
        let mut text = text.to_owned();
        for value in &self.longest_first {
            if text.contains(value.as_str()) {
                text = replaced(&text, value, &self.by_value[value]);
            }
        }
        text
    }

    /// A tree with every known value in its texts replaced.
    pub fn apply_tree(&self, tree: &Value) -> Value {
        match tree {
            Value::Text(text) => Value::Text(self.apply(text)),
            Value::Number(digits) => {
                self.by_value.get(digits).map_or_else(|| tree.clone(), |name| Value::text(name.as_str()))
            }
            Value::List(items) => Value::List(items.iter().map(|item| self.apply_tree(item)).collect()),
            Value::Map(entries) => {
                Value::Map(entries.iter().map(|(key, item)| (key.clone(), self.apply_tree(item))).collect())
            }
            Value::Null | Value::Bool(_) => tree.clone(),
        }
    }
}

/// A text with a value replaced: a long one anywhere, a short one where it is a word.
fn replaced(text: &str, value: &str, name: &str) -> String {
    if value.len() >= SHORTEST {
        return text.replace(value, name);
    }
    let joins = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(value) {
        let (before, after) = (&rest[..at], &rest[at + value.len()..]);
        let is_word = !before.chars().next_back().or(done.chars().next_back()).is_some_and(joins)
            && !after.chars().next().is_some_and(joins);
        done.push_str(before);
        done.push_str(if is_word { name } else { value });
        rest = after;
    }
    done.push_str(rest);
    done
}

/// Adds the volatile values of a transcript, in the order in which they came.
pub fn volatile_values(names: &mut Names, rules: &[Volatile], exchanges: &[Exchange]) {
    for exchange in exchanges {
        for rule in rules {
            match &rule.at {
                AnswerPlace::Header(header) => {
                    let found = exchange.answer.header(header).unwrap_or_default();
                    names.add(&rule.name, found);
                }
                AnswerPlace::Pattern(pattern) => {
                    // The loader has checked the pattern; one that is none finds nothing.
                    let Ok(regex) = compiled(pattern) else { continue };
                    let whole = || Value::text(String::from_utf8_lossy(&exchange.answer.bytes));
                    let tree = exchange.answer.tree().cloned().unwrap_or_else(whole);
                    add_matches(names, &rule.name, &regex, &tree);
                }
                AnswerPlace::Body(path) => {
                    let found = exchange.answer.tree().and_then(|tree| select(tree, path).ok());
                    add_all(names, &rule.name, found.as_ref());
                }
            }
        }
    }
}

/// Adds what a pattern finds in the texts of a tree, as they are read and not as they are escaped.
fn add_matches(names: &mut Names, name: &str, regex: &Regex, tree: &Value) {
    match tree {
        Value::Text(text) => {
            for found in regex.find_iter(text) {
                names.add(name, found.as_str());
            }
        }
        Value::List(items) => items.iter().for_each(|item| add_matches(names, name, regex, item)),
        Value::Map(entries) => {
            for (_, item) in entries {
                add_matches(names, name, regex, item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn add_all(names: &mut Names, name: &str, found: Option<&Value>) {
    match found {
        Some(Value::List(items)) => items.iter().for_each(|item| add_all(names, name, Some(item))),
        Some(Value::Text(text)) => names.add(name, text),
        Some(Value::Number(digits)) => names.add(name, digits),
        Some(Value::Null | Value::Bool(_) | Value::Map(_)) | None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn equal_values_share_a_name_and_others_are_counted() {
        let mut names = Names::default();
        for value in ["exec-1", "exec-2", "exec-1"] {
            names.add("execution", value);
        }
        assert_eq!(names.apply("exec-2 after exec-1"), "[execution:2] after [execution:1]");
    }

    #[test]
    fn a_longer_value_is_replaced_before_its_part() {
        let mut names = Names::default();
        names.add("short", "abcdef");
        names.add("long", "abcdefgh");
        assert_eq!(names.apply("abcdefgh abcdef"), "[long:1] [short:1]");
    }

    #[test]
    fn a_short_value_is_replaced_where_it_is_a_word() {
        let mut names = Names::default();
        names.add("book", "b-6");
        assert_eq!(names.apply("/books/b-6?x=b-6."), "/books/[book:1]?x=[book:1].");
        assert_eq!(names.apply("b-66 ab-6 b-6-1"), "b-66 ab-6 b-6-1");
    }

    #[test]
    fn a_single_character_is_replaced_only_where_it_is_the_whole() {
        let mut names = Names::default();
        names.add("n", "1");
        assert_eq!((names.apply("1"), names.apply("a1")), ("[n:1]".into(), "a1".into()));
    }
}
