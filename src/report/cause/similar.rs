//! Texts that differ only in values made for one answer, such as request ids.

/// From so many characters on, letters and digits mixed are taken for such a value.
const MIXED: usize = 8;

/// From so many digits on, a number is.
const DIGITS: usize = 12;

/// The most characters that are looked at.
const LOOKED_AT: usize = 500;

/// The text with such values left out, by which texts are compared.
pub fn similar(text: &str) -> String {
    let mut kept = String::new();
    let mut word = String::new();
    for letter in text.chars().take(LOOKED_AT) {
        if letter.is_alphanumeric() || matches!(letter, '-' | '_') {
            word.push(letter);
        } else {
            take(&mut kept, &mut word);
            kept.push(letter);
        }
    }
    take(&mut kept, &mut word);
    kept
}

fn take(kept: &mut String, word: &mut String) {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(|letter| letter.is_alphabetic()).count();
    let is_mixed = digits > 0 && letters > 0 && digits + letters >= MIXED;
    let is_number = digits >= DIGITS;
    if is_mixed || is_number {
        kept.push('…');
    } else {
        kept.push_str(word);
    }
    word.clear();
}

#[cfg(test)]
mod tests {
    use super::similar;

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
}
