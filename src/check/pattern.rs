//! Regular expressions of contracts and cases, compiled once: every answer is held against the same few.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use regex::Regex;

/// How many are kept; expressions that come from templates could be without end.
const KEPT: usize = 1024;

static COMPILED: LazyLock<RwLock<HashMap<String, Arc<Regex>>>> = LazyLock::new(RwLock::default);

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

/// Whether an expression matches a text, anywhere unless it is anchored.
///
/// # Errors
/// A text that is no regular expression.
pub(super) fn matches(pattern: &str, text: &str) -> Result<bool, regex::Error> {
    compiled(pattern).map(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn an_expression_means_the_same_when_it_is_kept() {
        for _ in 0..2 {
            assert!(matches("^a+$", "aa").unwrap());
            assert!(!matches("^a+$", "b").unwrap());
            assert!(matches("(", "b").is_err());
        }
    }
}
