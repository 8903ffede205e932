//! Regular expressions of contracts and cases, compiled once: every answer is matched with the same few.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use regex::{Regex, RegexBuilder};

/// How many are kept; expressions that come from templates could be without end.
const KEPT: usize = 1024;

/// An expression that takes more than so many bytes once it is compiled is a large one, of which fewer are kept. The
/// largest that can be compiled takes 10 MB.
const LARGE: usize = 256 * 1024;
const LARGE_KEPT: usize = 32;

static LARGE_ONES: AtomicUsize = AtomicUsize::new(0);

static COMPILED: LazyLock<RwLock<HashMap<String, Arc<Regex>>>> = LazyLock::new(RwLock::default);

static TOGETHER: LazyLock<RwLock<HashMap<String, Option<Arc<Regex>>>>> = LazyLock::new(RwLock::default);

/// An expression, compiled now or before. It is shared: a copy would begin with an empty cache of its automaton, which
/// costs more than most searches.
///
/// # Errors
/// A text that is not a regular expression.
pub fn compile(pattern: &str) -> Result<Arc<Regex>, regex::Error> {
    if let Some(known) = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return Ok(Arc::clone(known));
    }
    let small = RegexBuilder::new(pattern).size_limit(LARGE).build();
    let is_large = small.is_err();
    let regex = Arc::new(small.or_else(|_| Regex::new(pattern))?);
    if is_large && LARGE_ONES.fetch_add(1, Ordering::Relaxed) >= LARGE_KEPT {
        return Ok(regex);
    }
    let mut kept = COMPILED.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < KEPT {
        kept.insert(pattern.to_owned(), Arc::clone(&regex));
    }
    Ok(regex)
}

/// An expression that matches where any of these does, compiled now or before; none if they cannot be joined.
pub fn compile_together(patterns: &[&str]) -> Option<Arc<Regex>> {
    let key = patterns.join(")|(?:");
    if let Some(known) = TOGETHER.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return known.clone();
    }
    // A comment, which `#` begins in one form of expressions, would reach into the next one. One that closes what it
    // has not opened is none by itself.
    let is_fit = |pattern: &&str| !pattern.contains('#') && compile(pattern).is_ok();
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
/// A text that is not a regular expression.
pub(super) fn matches(pattern: &str, text: &str) -> Result<bool, regex::Error> {
    compile(pattern).map(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::{COMPILED, LARGE, LARGE_KEPT, RegexBuilder, compile_together, matches};

    #[test]
    fn large_expressions_are_compiled_and_few_of_them_are_kept() {
        for number in 0..LARGE_KEPT + 8 {
            let pattern = format!("^(?:[\\p{{L}}-]{{1,40}}|{number})$");
            assert!(RegexBuilder::new(&pattern).size_limit(LARGE).build().is_err(), "{pattern}");
            assert!(matches(&pattern, "é-a").unwrap() && !matches(&pattern, "é a").unwrap());
        }
        let kept = COMPILED.read().unwrap();
        assert!(kept.keys().filter(|pattern| pattern.contains("{1,40}")).count() <= LARGE_KEPT);
        assert!(matches("(?:(?:a{100}){100}){100}", "a").is_err(), "larger than any that is compiled");
    }

    #[test]
    fn an_expression_is_compiled_up_to_ten_megabytes() {
        let sized = |count: usize| format!("(?:a{{100}}){{{count}}}");
        let (mut fine, mut too_large) = (1, 100_000);
        while too_large - fine > 1 {
            let middle = usize::midpoint(fine, too_large);
            if matches(&sized(middle), "b").is_ok() { fine = middle } else { too_large = middle }
        }
        let limit = |bytes: usize| RegexBuilder::new(&sized(fine)).size_limit(bytes).build();
        assert!(limit(10 << 20).is_ok() && limit((10 << 20) - 100_000).is_err(), "{fine}");
    }

    #[test]
    fn several_expressions_together_match_where_one_of_them_does() {
        let regex = compile_together(&[r"\bic-[a-z]+", "(?i)NAME", "(?s)a.b"]).unwrap();
        for (text, is_found) in [("x ic-abc", true), ("my name", true), ("a\nb", true), ("IC-ABC", false)] {
            assert_eq!(regex.is_match(text), is_found, "{text}");
        }
        assert!(compile_together(&["(?x)a # comment", "b\n"]).is_none());
        assert!(compile_together(&["a)", "(b"]).is_none());
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
