//! Texts that differ only in values made for one answer, such as ids, times and numbers.
//!
//! Three functions, each of which leaves out more: [`similar()`] for names and our own words, [`wording`] for what a case
//! expects, and [`kind`] for what an endpoint made. No list of words tells an id from a name, so of a value that came
//! only its kind is compared.

/// From so many characters on, letters and digits mixed are taken for such a value.
const MIXED: usize = 8;

/// From so many digits on, a number is.
const DIGITS: usize = 12;

/// The most characters that are looked at.
const LOOKED_AT: usize = 500;

/// The longest part of a word that is read as a word, in letters, and the shortest that may be an id.
const LONGEST_WORD: usize = 12;
const SHORTEST_ID: usize = 5;

/// From so many consonants in a row on, letters are not a word.
const CONSONANTS: usize = 5;

/// What is in place of a value.
const LEFT_OUT: &str = "…";

/// The kinds of media types (RFC 6838, section 4.2).
const MEDIA: [&str; 10] =
    ["application", "audio", "example", "font", "haptics", "image", "message", "model", "multipart", "text"];

/// The text without ids and long numbers.
pub fn similar(text: &str) -> String {
    replace_words(text, |letter| matches!(letter, '-' | '_'), is_id)
}

/// The text without ids, times and numbers: what a case expects may be made of values of earlier answers.
pub(super) fn wording(text: &str) -> String {
    join_left_out(&replace_words(text, |letter| "-_.:+".contains(letter), |word| !is_wording(word)))
}

/// The kind of each value in a text: whether it is a text, a number, a list or an object, and whether it is empty.
/// Keys, names in backticks, media types, `true`, `null` and our own words are kept.
pub(super) fn kind(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let end = match letter {
            '"' => quoted_end(rest),
            '[' | '{' => nested_end(rest),
            '`' => rest[1..].find('`').map_or(rest.len(), |end| end + 2),
            _ => rest.find(['"', '[', '{', '`']).unwrap_or(rest.len()),
        };
        let (part, after) = rest.split_at(end);
        match letter {
            '"' if after.starts_with(':') => kept.push_str(part),
            '"' => kept.push_str(&quoted(part)),
            '[' => kept.push_str(if part == "[]" { part } else { "[…]" }),
            '{' => kept.push_str(if part == "{}" { part } else { "{…}" }),
            '`' => kept.push_str(part),
            _ => kept.push_str(&replace_words(part, |letter| "-_.:+%".contains(letter), is_numeric)),
        }
        rest = after;
    }
    join_left_out(&kept)
}

/// The text, each of its words replaced if it is a value.
fn replace_words(text: &str, joins: impl Fn(char) -> bool, is_value: impl Fn(&str) -> bool) -> String {
    let mut kept = String::new();
    let mut word = String::new();
    for letter in text.chars().take(LOOKED_AT).map(Some).chain([None]) {
        if let Some(letter) = letter.filter(|letter| letter.is_alphanumeric() || joins(*letter)) {
            word.push(letter);
            continue;
        }
        // What ends a sentence or comes before a list is not part of a value.
        let value = word.trim_end_matches(['.', ':', '-', '_', '+']);
        kept.push_str(if is_value(value) { LEFT_OUT } else { value });
        kept.push_str(&word[value.len()..]);
        kept.extend(letter);
        word.clear();
    }
    kept
}

/// Values side by side are one: `8 s` and `8.5 s` are the same, and so are lists of two and of three.
fn join_left_out(text: &str) -> String {
    let mut kept = text.to_owned();
    for between in ["", " ", ", ", " and ", "\", \"", "\" and \""] {
        let (many, one) = (format!("{LEFT_OUT}{between}{LEFT_OUT}"), LEFT_OUT);
        while kept.contains(&many) {
            kept = kept.replace(&many, one);
        }
    }
    kept
}

fn is_id(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(|letter| letter.is_alphabetic()).count();
    (digits > 0 && letters > 0 && digits + letters >= MIXED) || digits >= DIGITS
}

/// Whether a number is in it, or the name of a day or a month, as in a date.
fn is_numeric(word: &str) -> bool {
    const DATE: [&str; 20] = [
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
        "Aug", "Sep", "Oct", "Nov", "Dec", "GMT",
    ];
    word.chars().any(|letter| letter.is_ascii_digit()) || DATE.contains(&word)
}

/// Whether it consists of words that can be spoken, so that it is likely to be a name and not an id.
fn is_wording(word: &str) -> bool {
    !is_numeric(word) && word.split(|letter: char| !letter.is_alphabetic()).flat_map(humps).all(can_be_spoken)
}

/// `NotFound` in its words.
fn humps(word: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut was_small = false;
    for (at, letter) in word.char_indices() {
        if letter.is_uppercase() && was_small {
            found.push(&word[start..at]);
            start = at;
        }
        was_small = letter.is_lowercase();
    }
    found.push(&word[start..]);
    found
}

fn can_be_spoken(word: &str) -> bool {
    if word.len() < SHORTEST_ID || !word.is_ascii() {
        return true;
    }
    let is_vowel = |letter: char| "aeiouyAEIOUY".contains(letter);
    let longest = word.split(is_vowel).map(str::len).max().unwrap_or_default();
    word.len() <= LONGEST_WORD && word.contains(is_vowel) && longest < CONSONANTS
}

/// Where a JSON string ends, or the text in it.
fn quoted_end(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if letter == '"' && !is_escaped {
            return at + 1;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    text.len()
}

/// Where a list or an object ends, or the text in it.
fn nested_end(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        match letter {
            '"' => {
                at += quoted_end(&text[at..]);
                continue;
            }
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += letter.len_utf8();
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The kind of a quoted text.
fn quoted(literal: &str) -> String {
    let text = literal.trim_matches('"');
    let media_type = text.split(';').next().unwrap_or_default().trim();
    match media_type.split_once('/') {
        Some((media, _)) if MEDIA.contains(&media) && !media_type.contains([' ', '\\']) => {
            format!("\"{}\"", similar(media_type))
        }
        _ if text.is_empty() => "\"\"".to_owned(),
        _ => format!("\"{LEFT_OUT}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::{kind, similar, wording};

    #[test]
    fn ids_are_left_out_and_words_codes_and_short_numbers_are_kept() {
        for (text, expected) in [
            (r#""473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E", as at $.RequestId"#, r#""…", as at $.RequestId"#),
            (
                "400 with the code \"InvalidTagKey.Malformed\"",
                "400 with the code \"InvalidTagKey.Malformed\"",
            ),
            ("at 1764414000000 ms", "at … ms"),
            ("count 12345678", "count 12345678"),
            ("ip-5gw7a", "ip-5gw7a"),
        ] {
            assert_eq!(similar(text), expected);
        }
    }

    #[test]
    fn a_long_text_is_compared_by_its_beginning() {
        assert_eq!(similar(&"x ".repeat(100_000)).chars().count(), 500);
    }

    #[test]
    fn of_what_came_only_the_kind_is_kept() {
        for (texts, expected) in [
            (&["\"exec-a1b2c3d4\"", "\"exec-djusvurztiytrsehkapv\"", "\"a \\\" b\"", "\"cut"][..], "\"…\""),
            (&["\"2026-11-30T08:58:12\"", "\"Mon, 30 Nov 2026 08:58:12 GMT\""][..], "\"…\""),
            (&["7", "48213", "-3.5e7", "1764414000000"][..], "…"),
            (&["Mon, 30 Nov 2026 08:58:12 GMT", "Thu, 3 Dec 2026 11:00:59 GMT"][..], "…"),
            (&["1.5s", "812.4ms"][..], "…"),
            (&["[\"a\"]", "[1, {\"b\": \"]\"}]", "[1, 2"][..], "[…]"),
            (&["{\"a\": 1}"][..], "{…}"),
            (&["\"a\" added", "\"a\", \"b\" added"][..], "\"…\" added"),
            (&["\"x %s\" (a `%s` is left unfilled)"][..], "\"…\" (a `%s` is left unfilled)"),
            (&["the hook answered 500: \"id 7\""][..], "the hook answered …: \"…\""),
            (&["\"multipart/mixed; boundary=a7\""][..], "\"multipart/mixed\""),
            (&["\"title\": \"Emma\",", "\"title\": \"Persuasion\","][..], "\"title\": \"…\","),
        ] {
            for text in texts {
                assert_eq!(kind(text), expected, "{text}");
            }
        }
        for text in ["nothing", "null", "true", "\"\"", "[]", "{}", "no such header", "\"text/html\""] {
            assert_eq!(kind(text), text);
        }
    }

    #[test]
    fn of_what_is_expected_the_words_are_kept() {
        for text in
            ["\"NotFound\"", "\"Emma\"", "\"the shop is closed.\"", "a list, each item \"A_B\"", "\"商店\""]
        {
            assert_eq!(wording(text), text);
        }
        for (texts, expected) in [
            (&["17", "48213", "2026-11-30T08:58:12.5Z"][..], "…"),
            (&["\"exec-djusvurztiytrsehkapv\"", "\"qxvbnk\"", "\"0D974139-3038\""][..], "\"…\""),
            (&["\"no 7.\"", "\"no 1.5.\""][..], "\"no ….\""),
        ] {
            for text in texts {
                assert_eq!(wording(text), expected, "{text}");
            }
        }
    }
}
