//! Patterns that select cases by id.

use regex::Regex;

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

/// Selects ids: a part of the id, or the whole of it, in which `*` and `?` match any characters.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    whole: Option<Regex>,
    is_exact: bool,
}

impl Pattern {
    /// Reads a pattern. `::` means `/`, as in the names of Rust's tests.
    ///
    /// # Errors
    /// A text that is empty or too long.
    pub fn new(text: &str, is_exact: bool) -> Result<Self, PatternError> {
        let text = text.replace("::", "/");
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        let has_wildcards = !is_exact && text.contains(['*', '?']);
        let whole = if has_wildcards {
            let escaped = regex::escape(&text).replace("\\*", ".*").replace("\\?", ".");
            Some(Regex::new(&format!("^{escaped}$")).map_err(|_| PatternError::TooLong)?)
        } else {
            None
        };
        Ok(Self { text, whole, is_exact })
    }

    /// The pattern as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it selects an id.
    pub fn matches(&self, id: &str) -> bool {
        match &self.whole {
            Some(regex) => regex.is_match(id),
            None if self.is_exact => id == self.text,
            None => id.contains(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_pattern_is_a_part_or_a_whole_with_wildcards() {
        let id = "ecs/Start/tags/key/empty";
        for (pattern, matches) in [
            ("tags", true),
            ("Start::tags", true),
            ("ecs/*/empty", true),
            ("tags/*", false),
            ("ecs/Start/tags/key/empt?", true),
            (".", false),
        ] {
            assert_eq!(Pattern::new(pattern, false).unwrap().matches(id), matches, "{pattern}");
        }
        assert!(!Pattern::new("tags", true).unwrap().matches(id));
    }
}
