//! Regular expressions of contracts and cases, compiled once: every answer is held against the same few.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use regex::Regex;

/// How many are kept; expressions that come from templates could be without end.
const KEPT: usize = 1024;

static COMPILED: LazyLock<RwLock<HashMap<String, Arc<Regex>>>> = LazyLock::new(RwLock::default);

static TOGETHER: LazyLock<RwLock<HashMap<String, Option<Arc<Regex>>>>> = LazyLock::new(RwLock::default);

/// An expression, compiled now or before. It is shared: a copy would begin with an empty cache of its automaton, which
/// costs more than most searches.
///
/// # Errors
/// A text that is no regular expression.
pub fn compiled(pattern: &str) -> Result<Arc<Regex>, regex::Error> {
    if let Some(known) = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return Ok(Arc::clone(known));
    }
    let regex = Arc::new(Regex::new(pattern)?);
    let mut kept = COMPILED.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < KEPT {
        kept.insert(pattern.to_owned(), Arc::clone(&regex));
    }
    Ok(regex)
}

/// An expression that matches where any of these does, compiled now or before; none if they cannot be put together.
pub fn compiled_together(patterns: &[&str]) -> Option<Arc<Regex>> {
    let key = patterns.join(")|(?:");
    if let Some(known) = TOGETHER.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return known.clone();
    }
    // A comment, which `#` begins in one form of expressions, would reach into the next one. One that closes what it
    // has not opened is none by itself.
    let is_fit = |pattern: &&str| !pattern.contains('#') && compiled(pattern).is_ok();
    let regex = if patterns.iter().all(is_fit) { Regex::new(&format!("(?:{key})")).ok() } else { None };
    let regex = regex.map(Arc::new);
    let mut kept = TOGETHER.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < KEPT {
        kept.insert(key, regex.clone());
    }
    regex
}

/// Whether an expression matches a text, anywhere unless it is anchored.
///
/// # Errors
/// A text that is no regular expression.
pub(super) fn matches(pattern: &str, text: &str) -> Result<bool, regex::Error> {
    compiled(pattern).map(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::{compiled_together, matches};

    #[test]
    fn several_expressions_together_match_where_one_of_them_does() {
        let regex = compiled_together(&[r"\bic-[a-z]+", "(?i)NAME", "(?s)a.b"]).unwrap();
        for (text, is_found) in [("x ic-abc", true), ("my name", true), ("a\nb", true), ("IC-ABC", false)] {
            assert_eq!(regex.is_match(text), is_found, "{text}");
        }
        assert!(compiled_together(&["(?x)a # comment", "b\n"]).is_none());
        assert!(compiled_together(&["a)", "(b"]).is_none());
    }

    #[test]
    fn an_expression_means_the_same_when_it_is_kept() {
        for _ in 0..2 {
            assert!(matches("^a+$", "aa").unwrap());
            assert!(!matches("^a+$", "b").unwrap());
            assert!(matches("(", "b").is_err());
        }
    }
}
