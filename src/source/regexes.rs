//! Regular expressions of files, each compiled once. Tables repeat a few of them many times, and to compile one takes as
//! long as to read a case. Main function: [`compile`].

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Error, Regex, RegexBuilder};

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
