//! What was expected beside what came, cut so that what differs is seen. Main type: [`Contrast`].

use crate::model::{BLANK, ONLY_DIFFERS};

/// The most characters of each of the two.
const SHORT: usize = 80;

/// How many of them are before the first one that differs.
const BEFORE: usize = 40;

/// Two texts on one line, and why the one is not the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contrast {
    pub(super) expected: String,
    pub(super) actual: String,
    /// A reason that the two do not show.
    pub(super) reason: Option<String>,
}

impl Contrast {
    pub(super) fn of(expected: &str, actual: &str) -> Self {
        let (actual, reason) = split_reason(actual);
        // A template is compared from where its text begins.
        let (start, other) = (expected.find('"').unwrap_or(0), actual.find('"').unwrap_or(0));
        let (shared, other_shared) = shared(&expected[start..], &actual[other..]);
        let before = |text: &str, end: usize| text[..end].chars().count();
        Self {
            expected: cut_around(expected, before(expected, start + shared)),
            actual: cut_around(actual, before(actual, other + other_shared)),
            reason: reason.filter(|reason| *reason != ONLY_DIFFERS).map(str::to_owned),
        }
    }
}

/// What came, and the reason in brackets behind it.
fn split_reason(actual: &str) -> (&str, Option<&str>) {
    let split = actual.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    match split {
        // A text may end so itself, but not behind its quotation mark.
        Some((value, reason)) if value.ends_with(['"', ']', '}']) => (value, Some(reason)),
        Some(_) | None => (actual, None),
    }
}

/// The bytes at the start of each that agree. A blank of a template agrees with anything, up to where its next words are.
fn shared(template: &str, text: &str) -> (usize, usize) {
    let (mut at, mut other) = (0, 0);
    loop {
        let (left, right) = (&template[at..], &text[other..]);
        if let Some(after) = left.strip_prefix(BLANK) {
            let literal = &after[..after.find(BLANK).unwrap_or(after.len())];
            let (length, found) = find_start(right, literal);
            if length == 0 {
                return (at, other);
            }
            (at, other) = (at + BLANK.len() + length, other + found + length);
            continue;
        }
        match (left.chars().next(), right.chars().next()) {
            (Some(one), Some(two)) if one == two => {
                at += one.len_utf8();
                other += two.len_utf8();
            }
            _ => return (at, other),
        }
    }
}

/// How much of a literal is in a text, in whole words from its start, and where.
fn find_start(text: &str, literal: &str) -> (usize, usize) {
    let mut length = literal.len();
    while length > 0 {
        if let Some(found) = text.find(&literal[..length]) {
            return (length, found);
        }
        length = literal[..length].rfind(' ').unwrap_or(0);
    }
    (0, 0)
}

/// The part of a text around one of its characters; the quotation mark at its start stays.
fn cut_around(text: &str, place: usize) -> String {
    let count = text.chars().count();
    if count <= SHORT {
        return text.to_owned();
    }
    let start = place.saturating_sub(BEFORE).min(count - SHORT);
    let shown: String = text.chars().skip(start).take(SHORT).collect();
    let after = if start + SHORT < count { "…" } else { "" };
    match start {
        0 => format!("{shown}{after}"),
        _ if text.starts_with('"') => format!("\"…{shown}{after}"),
        _ => format!("…{shown}{after}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Contrast, SHORT};

    fn of(expected: &str, actual: &str) -> (String, String, Option<String>) {
        let Contrast { expected, actual, reason } = Contrast::of(expected, actual);
        (expected, actual, reason)
    }

    #[test]
    fn a_cut_leaves_what_differs() {
        let long = "The specified value is not valid: it may have letters, digits and blanks of up to 128 characters";
        let (expected, actual, reason) =
            of(&format!("\"{long}.\""), &format!("\"{long}\" (the text differs)"));
        assert!(expected.starts_with("\"…") && expected.ends_with("up to 128 characters.\""), "{expected}");
        assert!(actual.starts_with("\"…") && actual.ends_with("up to 128 characters\""), "{actual}");
        assert_eq!(reason, None, "the two show it");
        let (expected, actual, _) = of(&format!("\"A {long}.\""), &format!("\"B {long}.\""));
        assert!(expected.starts_with("\"A The") && actual.starts_with("\"B The"), "{expected} {actual}");
        assert_eq!((expected.chars().count(), expected.ends_with('…')), (SHORT + 1, true));
    }

    #[test]
    fn a_blank_of_a_template_is_no_difference() {
        let rest = "that is long enough to be cut, since it has many words, and ends";
        let expected = format!("the template \"The %s of %s {rest} so.\"");
        let (expected, actual, reason) = of(
            &expected,
            &format!("\"The name of a pipeline {rest} otherwise.\" (the literal parts differ)"),
        );
        assert!(
            expected.ends_with("and ends so.\"") && actual.ends_with("and ends otherwise.\""),
            "{actual}"
        );
        assert_eq!(reason.as_deref(), Some("the literal parts differ"));
    }

    #[test]
    fn a_reason_comes_first_and_brackets_of_a_text_are_not_one() {
        assert_eq!(
            of("the template \"%s\"", "\"a %s\" (a `%s` is left unfilled)").2.unwrap(),
            "a `%s` is left unfilled"
        );
        assert_eq!(of("\"a\"", "\"b (c)\"").2, None);
        assert_eq!(of("400", "not JSON (\"text/html\")").1, "not JSON (\"text/html\")");
        assert_eq!(of("ab", "é").1, "é");
    }
}
