//! What can be read off the text of a `JSONPath` (RFC 9535), without evaluating it.

/// Whether a path that is valid is a singular query (RFC 9535, section 2.3.5.1): it names one place, by names and indices
/// alone.
pub fn is_singular(path: &str) -> bool {
    let mut rest = path.trim_start_matches('$');
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return true;
        }
        let after = if let Some(name) = rest.strip_prefix('.') {
            if name.starts_with(['.', '*']) {
                return false;
            }
            name.trim_start_matches(is_name_letter)
        } else if let Some(after) = rest.strip_prefix('[').and_then(one_selector) {
            after
        } else {
            return false;
        };
        // A text that is not a path does not get shorter.
        if after.len() >= rest.len() || after.len() + 1 == rest.len() {
            return false;
        }
        rest = after;
    }
}

/// What follows a `]`, if a name in quotes or an index alone comes before it.
fn one_selector(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let after = if let quote @ ('\'' | '"') = text.chars().next()? {
        literal(text, quote)?.1
    } else {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let after = digits.trim_start_matches(|letter: char| letter.is_ascii_digit());
        (after.len() < digits.len()).then_some(after)?
    };
    after.trim_start().strip_prefix(']')
}

/// The text of a literal in quotes that a text starts with, and what follows it.
fn literal(text: &str, quote: char) -> Option<(String, &str)> {
    let mut found = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next()?.1 {
                escaped @ ('\\' | '/' | '\'' | '"') => found.push(escaped),
                other => found.extend(['\\', other]),
            },
            end if end == quote => return Some((found, &text[at + letter.len_utf8()..])),
            other => found.push(other),
        }
    }
    None
}

fn is_name_letter(letter: char) -> bool {
    letter == '_' || letter.is_ascii_alphanumeric() || !letter.is_ascii()
}

/// The regular expressions that are written in the calls of `match` and `search` of a path.
pub fn pattern_literals(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = path;
    // Whether each open parenthesis is of a call that takes a pattern.
    let mut calls: Vec<bool> = Vec::new();
    let mut is_second = false;
    let mut word = String::new();
    while let Some(letter) = rest.chars().next() {
        let mut after = &rest[letter.len_utf8()..];
        match letter {
            '\'' | '"' => {
                let Some((text, behind)) = literal(rest, letter) else { return found };
                if is_second && calls.last() == Some(&true) {
                    found.push(text);
                }
                after = behind;
            }
            '(' => calls.push(matches!(word.as_str(), "match" | "search")),
            ')' => {
                calls.pop();
            }
            _ => {}
        }
        is_second = letter == ',' || (is_second && letter.is_whitespace());
        if letter.is_ascii_alphabetic() {
            word.push(letter);
        } else {
            word.clear();
        }
        rest = after;
    }
    found
}

/// A path with the names in brackets that can't be written after a dot, if it has any: `$.a-b` as `$['a-b']`.
pub fn path_in_brackets(path: &str) -> Option<String> {
    let mut written = String::new();
    let mut rest = path;
    let mut depth = 0_usize;
    let mut is_changed = false;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        if matches!(letter, '\'' | '"')
            && let Some((_, behind)) = literal(rest, letter)
        {
            written.push_str(&rest[..rest.len() - behind.len()]);
            rest = behind;
            continue;
        }
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '.' if depth == 0 && !after.starts_with(['.', '[', '*']) => {
                let name = &after[..after.find(['.', '[']).unwrap_or(after.len())];
                let is_short = name.chars().all(is_name_letter)
                    && !name.starts_with(|first: char| first.is_ascii_digit());
                if !is_short && !name.contains(['\'', '\\']) {
                    written.extend(["['", name, "']"]);
                    rest = &after[name.len()..];
                    is_changed = true;
                    continue;
                }
            }
            _ => {}
        }
        written.push(letter);
        rest = after;
    }
    is_changed.then_some(written)
}

#[cfg(test)]
mod tests {
    use super::{is_singular, path_in_brackets, pattern_literals};

    #[test]
    fn a_singular_query_has_names_and_indices_alone() {
        for path in
            ["$", "$.a", "$.a_b.é[0]", "$['a b'].c", "$[ \"x]\" ][-1]", "$['a\\'b']", "$ .a [0]", "$.a1"]
        {
            assert!(is_singular(path), "{path}");
        }
        for path in [
            "$.*",
            "$..a",
            "$[*]",
            "$[0,1]",
            "$['a','b']",
            "$[0:1]",
            "$[:]",
            "$[?@.a]",
            "$.a[?@.b == ']'].c",
            "$.a[1:].b",
            "$..[0]",
            "$.a[*]",
            // Not paths.
            "$.",
            "$.a.",
            "$[]",
            "$[-]",
            "$[0",
            "$['a",
            "$a",
            "$.a b",
        ] {
            assert!(!is_singular(path), "{path}");
        }
    }

    #[test]
    fn patterns_of_functions_are_found() {
        let found = pattern_literals(
            "$[?match(@.a, '[') && search(@['match(x, y)'], \"b\\\\d\") || length(@, 'x') > 1]",
        );
        assert_eq!(found, ["[", "b\\d"]);
        assert_eq!(pattern_literals("$[?search(@.a, 'b'), 'c']"), ["b"]);
        assert_eq!(pattern_literals("$[?match(@.a, length(@, 'b'))]"), Vec::<String>::new());
        assert_eq!(pattern_literals("$[?match('text', @.pattern)]"), Vec::<String>::new());
    }

    #[test]
    fn names_that_need_brackets_get_them() {
        for (path, written) in [
            ("$.a-b", Some("$['a-b']")),
            ("$.a.b-c[0].d", Some("$.a['b-c'][0].d")),
            ("$.Size.@unit", Some("$.Size['@unit']")),
            ("$.1st", Some("$['1st']")),
            ("$.a b", Some("$['a b']")),
            ("$.a[0].b-c", Some("$.a[0]['b-c']")),
            ("$['a.b'].c-d", Some("$['a.b']['c-d']")),
            ("$['x'][\"y\"].c-d", Some("$['x'][\"y\"]['c-d']")),
            ("$.a[?@.b-c]", None),
            ("$['a.b-c'].d", None),
            ("$.a..b", None),
        ] {
            assert_eq!(path_in_brackets(path).as_deref(), written, "{path}");
        }
    }
}
