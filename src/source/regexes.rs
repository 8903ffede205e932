//! Regular expressions of files, each compiled once. Tables repeat a few of them many times, and to compile one takes as
//! long as to read a case. Main functions: [`compile`], and [`pattern`] for one that a file has.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Error, Regex, RegexBuilder};

use super::compound::At;
use crate::model::Problem;

/// How many are kept: more than a suite has. Beyond that they are compiled each time.
const KEPT: usize = 1024;

/// The largest that is kept, in bytes once it is compiled. The largest that can be compiled takes 10 MB.
const LARGEST_KEPT: usize = 256 * 1024;

thread_local! {
    static KNOWN: RefCell<HashMap<String, Result<Regex, Error>>> = RefCell::default();
}

/// The regular expression of a text.
///
/// # Errors
/// A text that is none.
pub(super) fn compile(text: &str) -> Result<Regex, Error> {
    KNOWN.with_borrow_mut(|known| {
        if let Some(known) = known.get(text) {
            return known.clone();
        }
        let compiled = RegexBuilder::new(text).size_limit(LARGEST_KEPT).build();
        if matches!(compiled, Err(Error::CompiledTooBig(_))) {
            return Regex::new(text);
        }
        if known.len() < KEPT {
            known.insert(text.to_owned(), compiled.clone());
        }
        compiled
    })
}

/// The regular expression of a node, unless it is none, which joins `problems`.
pub(super) fn pattern(text: &At<'_, String>, problems: &mut Vec<Problem>) -> Option<Regex> {
    match compile(&text.value) {
        Ok(regex) => Some(regex),
        Err(error) => {
            let message = format!("not a regular expression: {}", last_line(&error.to_string()));
            problems.push(Problem::new(text.node.spot.clone(), message));
            None
        }
    }
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{KEPT, KNOWN, compile};

    #[test]
    fn each_is_compiled_once_and_a_bounded_number_is_kept() {
        for _ in 0..2 {
            assert!(compile("^a+$").unwrap().is_match("aa"));
            assert!(compile("(").is_err());
        }
        assert_eq!(KNOWN.with_borrow(HashMap::len), 2);
        assert!(compile(r"^[\p{L}-]{1,40}$").unwrap().is_match("é-a"), "a large one");
        assert_eq!(KNOWN.with_borrow(HashMap::len), 2);
        for number in 0..KEPT + 5 {
            assert!(compile(&format!("^{number}$")).unwrap().is_match(&number.to_string()));
        }
        assert_eq!(KNOWN.with_borrow(HashMap::len), KEPT);
    }
}
