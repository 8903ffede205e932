//! One word for one thing, another for several.

/// The word for a count.
pub fn plural<'a>(count: usize, one: &'a str, several: &'a str) -> &'a str {
    if count == 1 { one } else { several }
}

/// A count and the word for it, which takes an `s` for several: `1 case`, `2 cases`.
pub fn pluralise(count: usize, what: &str) -> String {
    format!("{count} {what}{}", plural(count, "", "s"))
}

#[cfg(test)]
mod tests {
    use super::pluralise;

    #[test]
    fn one_is_singular_and_none_is_not() {
        assert_eq!([0, 1, 2].map(|count| pluralise(count, "case")), ["0 cases", "1 case", "2 cases"]);
    }
}
