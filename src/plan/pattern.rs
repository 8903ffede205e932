//! Patterns that select cases by id.

use std::collections::BTreeSet;
use std::ops::Range;

use regex::Regex;

/// How many parts of ids are kept to find out which one was meant.
const MOST_PARTS: usize = 10_000;

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The text is empty, and would match everything.
    #[error("an empty pattern would select everything")]
    Empty,
    /// The text is too long.
    #[error("the pattern is too long")]
    TooLong,
}

/// Selects ids: by one part of the id between slashes, or by several that follow each other; or by the whole id.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    /// What a part of an id has to be; none if the whole id has to be the text.
    parts: Option<Regex>,
}

impl Pattern {
    /// Reads a pattern, in which `*` and `?` match any characters. `::` means `/`, as in the names of Rust's tests.
    ///
    /// # Errors
    /// A text that is empty or too long.
    pub fn new(text: &str, is_exact: bool) -> Result<Self, PatternError> {
        let text = text.replace("::", "/");
        if text.trim_matches('/').is_empty() {
            return Err(PatternError::Empty);
        }
        let parts = if is_exact { None } else { Some(whole_parts(&text)?) };
        Ok(Self { text, parts })
    }

    /// The pattern as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it selects an id.
    pub fn matches(&self, id: &str) -> bool {
        match &self.parts {
            Some(parts) => parts.is_match(id),
            None => id == self.text,
        }
    }

    /// The same pattern with as many `*` as it takes to match a part of an id that has its text within a word.
    fn widened(&self, id: &str) -> Option<Self> {
        self.parts.as_ref()?;
        let start = id.find(&self.text)?;
        let Range { start, end } = start..start + self.text.len();
        let is_at_start = self.text.starts_with('/') || id[..start].is_empty() || id[..start].ends_with('/');
        let is_at_end = self.text.ends_with('/') || id[end..].is_empty() || id[end..].starts_with('/');
        let star = |is_at_end: bool| if is_at_end { "" } else { "*" };
        Self::new(&format!("{}{}{}", star(is_at_start), self.text, star(is_at_end)), false).ok()
    }
}

/// An expression for texts that have a pattern as one of their parts, or as several that follow each other.
fn whole_parts(text: &str) -> Result<Regex, PatternError> {
    let escaped = regex::escape(text).replace("\\*", ".*").replace("\\?", ".");
    let start = if text.starts_with('/') { "" } else { "(?:^|/)" };
    let end = if text.ends_with('/') { "" } else { "(?:/|$)" };
    Regex::new(&format!("{start}{escaped}{end}")).map_err(|_| PatternError::TooLong)
}

/// Patterns that match no case, and what may have been meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unmatched {
    /// The patterns.
    pub patterns: Vec<String>,
    /// What the first of them would have to be to match within words, and how many cases it would match then.
    pub wider: Option<(String, usize)>,
    /// The parts of ids, of which one may have been meant.
    pub parts: BTreeSet<String>,
}

impl Unmatched {
    /// The patterns that match none of these ids; nothing if all of them match.
    pub(super) fn of<'a>(patterns: &[&Pattern], ids: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let first = patterns.first()?;
        let wider = ids.clone().find_map(|id| first.widened(id));
        let wider = wider.map(|wider| {
            let count = ids.clone().filter(|id| wider.matches(id)).count();
            (wider.text, count)
        });
        let mut parts = BTreeSet::new();
        for part in ids.flat_map(|id| id.split('/')) {
            if parts.len() == MOST_PARTS {
                break;
            }
            if !parts.contains(part) {
                parts.insert(part.to_owned());
            }
        }
        Some(Self { patterns: patterns.iter().map(|pattern| pattern.text.clone()).collect(), wider, parts })
    }
}

/// The patterns, each in quotes.
impl std::fmt::Display for Unmatched {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quoted: Vec<String> = self.patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
        out.write_str(&quoted.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, PatternError, Unmatched};

    const ID: &str = "ecs/Start/tag-key/key/empty";

    #[test]
    fn a_pattern_matches_whole_parts_wherever_they_are() {
        for (pattern, matches) in [
            ("tag-key", true),
            ("tag-key/", true),
            ("/tag-key/", true),
            ("Start::tag-key", true),
            ("ecs", true),
            ("empty", true),
            (ID, true),
            ("ecs/*/empty", true),
            ("tag-*", true),
            ("*-key", true),
            ("tag-ke?", true),
            ("tag-*/empty", true),
            ("*", true),
            ("tag-", false),
            ("tag", false),
            ("-key", false),
            ("key/emp", false),
            ("tag-key/empty", false),
            ("empty/", false),
            ("/ecs", false),
            ("tag-key/*/*/*", false),
            (".", false),
        ] {
            assert_eq!(Pattern::new(pattern, false).unwrap().matches(ID), matches, "{pattern}");
        }
        assert!(!Pattern::new("tag-key", true).unwrap().matches(ID));
        assert!(Pattern::new(ID, true).unwrap().matches(ID));
    }

    #[test]
    fn a_pattern_that_says_nothing_is_none() {
        for text in ["", "/", "::"] {
            assert_eq!(Pattern::new(text, false).unwrap_err(), PatternError::Empty, "{text}");
        }
        assert_eq!(Pattern::new(&"a*".repeat(1_000_000), false).unwrap_err(), PatternError::TooLong);
    }

    #[test]
    fn a_pattern_that_ends_within_a_word_is_offered_with_stars() {
        let ids = ["a/b/tag-key/x", "a/b/tag-count/x", "a/b/other/x-tag"];
        let meant = |text: &str| {
            let pattern = Pattern::new(text, false).unwrap();
            Unmatched::of(&[&pattern], ids.iter().copied()).unwrap().wider
        };
        for (text, wider, count) in [
            ("tag-", "tag-*", 2),
            ("-count", "*-count", 1),
            ("ag-", "*ag-*", 2),
            ("ther/x-", "*ther/x-*", 1),
            ("key/", "*key/", 1),
        ] {
            assert_eq!(meant(text), Some((wider.to_owned(), count)), "{text}");
        }
        assert_eq!((meant("nosuch"), meant("tag-*-x")), (None, None));
    }
}
