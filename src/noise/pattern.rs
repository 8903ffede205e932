//! Patterns for values inside texts: what varies between two texts that are the same in their words, anchored by the
//! words around it.

use std::fmt::Write;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, escape};

use crate::snapshot::is_time;

/// Times as they are written inside texts: RFC 3339, and the dates of HTTP.
const TIME: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9:.]+(?:[Zz]|[+-][0-9:]+)?";
const HTTP_DATE: &str = "[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT";

/// From so many characters on that are all hexadecimal, no other letters are to be expected.
const ENOUGH_FOR_HEX: usize = 16;

/// From this length on, values of one length are taken to be always of it.
const FIXED_LENGTH: usize = 4;

/// Words, times, and names of values that are known already: what a text is cut into.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    let pattern =
        format!(r"(?s)(?<time>{TIME}|{HTTP_DATE})|(?<name>\[[\w.-]+\])|(?<word>\w+(?:[-.]\w+)*)|(?<other>.)");
    Regex::new(&pattern).expect("the pattern is written here")
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenKind {
    Time,
    Name,
    Word,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct TextToken<'a> {
    kind: TokenKind,
    text: &'a str,
}

fn tokens(text: &str) -> Vec<TextToken<'_>> {
    let kinds = [
        ("time", TokenKind::Time),
        ("name", TokenKind::Name),
        ("word", TokenKind::Word),
        ("other", TokenKind::Other),
    ];
    let token = |found: regex::Captures<'_>| {
        let (kind, range) = kinds.iter().find_map(|(name, kind)| Some((*kind, found.name(name)?.range())))?;
        Some((kind, range))
    };
    let found = TOKEN.captures_iter(text).filter_map(token);
    found.map(|(kind, range): (TokenKind, Range<usize>)| TextToken { kind, text: &text[range] }).collect()
}

/// Whether a token is a word that says something: letters, and no digit.
fn is_word(token: &TextToken<'_>) -> bool {
    let letters = token.text.chars().filter(|letter| letter.is_alphabetic()).count();
    token.kind == TokenKind::Word
        && letters >= 2
        && !token.text.contains(|letter: char| letter.is_ascii_digit())
}

/// A text with a sign in place of everything in it that holds a digit.
pub(super) fn skeleton(text: &str) -> String {
    let has_digit = |token: &TextToken<'_>| token.text.contains(|letter: char| letter.is_ascii_digit());
    tokens(text).iter().map(|token| if has_digit(token) { "#" } else { token.text }).collect()
}

/// What varies at one place of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TextGap {
    /// The words before it.
    pub(super) before: String,
    /// The words after it, if there are none before it.
    pub(super) after: String,
    /// Whether it is a time.
    pub(super) is_time: bool,
}

/// The gaps in which two texts vary, each with the two parts there; none if the texts do not have the same words.
pub(super) fn gaps(first: &str, second: &str) -> Option<Vec<(TextGap, [String; 2])>> {
    let (one, other) = (tokens(first), tokens(second));
    if one.len() != other.len() || !one.iter().zip(&other).any(|(one, other)| one == other && is_word(one)) {
        return None;
    }
    let mut found = Vec::new();
    for (index, (left, right)) in one.iter().zip(&other).enumerate() {
        if left == right {
            continue;
        }
        if left.kind != right.kind || matches!(left.kind, TokenKind::Name | TokenKind::Other) {
            return None;
        }
        let same = |index: usize| one[index] == other[index] && one[index].kind != TokenKind::Name;
        let before = anchor((0..index).rev(), &one, same);
        let after =
            if before.iter().any(is_word) { Vec::new() } else { anchor(index + 1..one.len(), &one, same) };
        let joined = |tokens: Vec<TextToken<'_>>| tokens.iter().map(|token| token.text).collect::<String>();
        let is_time = is_time(left.text) && is_time(right.text);
        let gap =
            TextGap { before: joined(before.into_iter().rev().collect()), after: joined(after), is_time };
        if gap.before.is_empty() && gap.after.is_empty() {
            return None;
        }
        found.push((gap, [left.text.to_owned(), right.text.to_owned()]));
    }
    Some(found)
}

/// The tokens next to a gap that are the same in both texts, up to the second word.
fn anchor<'a>(
    indices: impl Iterator<Item = usize>,
    tokens: &[TextToken<'a>],
    is_same: impl Fn(usize) -> bool,
) -> Vec<TextToken<'a>> {
    let mut found: Vec<TextToken<'a>> = Vec::new();
    for index in indices.take_while(|index| is_same(*index)) {
        found.push(tokens[index].clone());
        if found.iter().filter(|token| is_word(token)).count() == 2 {
            break;
        }
    }
    found
}

/// The regular expression of a gap in which these values were seen.
pub(super) fn expression(gap: &TextGap, values: &[&str]) -> String {
    let inner = if gap.is_time { time(values) } else { class(values) };
    format!("{}({inner}){}", escape(&gap.before), escape(&gap.after))
}

fn time(values: &[&str]) -> String {
    let form = [TIME, HTTP_DATE].into_iter().find(|form| {
        let whole = Regex::new(&format!("^(?:{form})$")).expect("the pattern is written here");
        values.iter().all(|value| whole.is_match(value))
    });
    form.map_or_else(|| class(values), str::to_owned)
}

/// What values have in common: their parts between `-` and `.`, each by its characters and its length.
fn class(values: &[&str]) -> String {
    let split = |value: &&str| -> (Vec<String>, Vec<char>) {
        let parts = value.split(['-', '.']).map(str::to_owned).collect();
        (parts, value.chars().filter(|letter| matches!(letter, '-' | '.')).collect())
    };
    let found: Vec<(Vec<String>, Vec<char>)> = values.iter().map(split).collect();
    let Some((first, separators)) = found.first() else { return String::new() };
    if found.iter().any(|(_, other)| other != separators) {
        return r"[\w.-]+".to_owned();
    }
    let column = |index: usize| found.iter().map(|(parts, _)| parts[index].as_str()).collect::<Vec<_>>();
    let is_fixed = |parts: &[&str]| {
        parts.iter().all(|part| *part == parts[0]) && parts[0].contains(|letter: char| letter.is_alphabetic())
    };
    let varying: String = (0..first.len()).map(column).filter(|parts| !is_fixed(parts)).flatten().collect();
    let letters = letters(&varying);
    let mut text = String::new();
    for index in 0..first.len() {
        let parts = column(index);
        if is_fixed(&parts) {
            text.push_str(&escape(parts[0]));
        } else {
            text.push_str(letters);
            text.push_str(&length(&parts, letters));
        }
        // Writing to a String cannot fail.
        let _ = separators.get(index).map(|separator| write!(text, "{}", escape(&separator.to_string())));
    }
    text
}

/// The narrowest class of characters that is likely to hold for other values, too.
fn letters(seen: &str) -> &'static str {
    let is_hex = |upper: bool| {
        seen.len() >= ENOUGH_FOR_HEX
            && seen.bytes().all(|byte| {
                byte.is_ascii_hexdigit()
                    && !(byte.is_ascii_alphabetic() && byte.is_ascii_uppercase() != upper)
            })
    };
    let all = |fits: fn(u8) -> bool| seen.bytes().all(fits);
    if all(|byte| byte.is_ascii_digit()) {
        "[0-9]"
    } else if is_hex(false) {
        "[0-9a-f]"
    } else if is_hex(true) {
        "[0-9A-F]"
    } else if all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()) {
        "[0-9a-z]"
    } else if all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        "[0-9A-Z]"
    } else if all(|byte| byte.is_ascii_alphanumeric()) {
        "[0-9A-Za-z]"
    } else {
        r"\w"
    }
}

fn length(parts: &[&str], letters: &str) -> String {
    let length = parts[0].chars().count();
    let is_one = parts.iter().all(|part| part.chars().count() == length);
    if is_one && length >= FIXED_LENGTH && letters != "[0-9]" { format!("{{{length}}}") } else { "+".into() }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::{expression, gaps, skeleton};

    #[test]
    fn what_varies_is_anchored_by_the_words_around_it() {
        let pairs = [
            ("The disk d-7f3a is busy.", "The disk d-99b0 is busy.", r"The disk (d\-[0-9a-z]{4})"),
            ("/books/7f3a99b07f3a99b0/pages", "/books/99b07f3a99b07f3a/pages", r"/books/([0-9a-f]{16})"),
            (
                "https://x.example/?requestId=A1B2-77",
                "https://x.example/?requestId=C3D4-81",
                r"x\.example/\?requestId=([0-9A-Z]{4}\-[0-9A-Z]+)",
            ),
            ("took 7 ms", "took 12 ms", r"took ([0-9]+)"),
            ("7 ms were needed", "12 ms were needed", r"([0-9]+) ms were"),
        ];
        for (first, second, expected) in pairs {
            let found = gaps(first, second).unwrap();
            let [(gap, values)] = &found[..] else { panic!("{found:?}") };
            let pattern = expression(gap, &[&values[0], &values[1]]);
            assert_eq!(pattern, expected);
            let regex = Regex::new(&pattern).unwrap();
            for (text, value) in [(first, &values[0]), (second, &values[1])] {
                assert_eq!(&regex.captures(text).unwrap()[1], value);
            }
        }
    }

    #[test]
    fn each_part_that_varies_has_a_pattern_and_a_time_is_one() {
        let found =
            gaps("job 17 ended at 2026-11-24T10:11:12Z", "job 18 ended at 2026-11-24T10:11:13Z").unwrap();
        let patterns: Vec<String> =
            found.iter().map(|(gap, values)| expression(gap, &[&values[0], &values[1]])).collect();
        assert_eq!(patterns[0], "job ([0-9]+)");
        assert!(
            found[1].0.is_time
                && Regex::new(&patterns[1]).unwrap().is_match("ended at 2027-01-01T00:00:00.5+08:00")
        );
    }

    #[test]
    fn texts_of_other_words_have_no_pattern() {
        for (first, second) in
            [("one thing", "quite another"), ("7f3a", "99b0"), ("a b", "a c d"), ("is [id] up", "is [no] up")]
        {
            assert_eq!(gaps(first, second), None, "{first}");
        }
        assert_eq!(skeleton("The disk d-7f3a is busy."), skeleton("The disk d-99b0 is busy."));
    }
}
