//! Which known name a wrong one is most likely a slip of: the one rule of what is suggested. Main function: [`nearest`].

/// One of so many letters may be wrong, as cargo has it: with more wrong it is another name. The longer of the two counts.
const LETTERS_A_SLIP: usize = 3;

/// A name with fewer letters is a slip of no other one, where a slip is an error.
const SHORT_NAME: usize = 3;

/// So many letters make two slips in one name more likely than another name.
const LONG_NAME: usize = 8;

/// The longest names, in bytes, that are compared: it takes the product of two lengths.
const COMPARED: usize = 128;

/// The most names that are compared with one of a file, which may have many that are wrong.
pub const MOST_COMPARED: usize = 256;

/// The first of the options that a text is nearest to, if it is near any: if at most a third of its letters are wrong,
/// missing, added or swapped with the next. Whether letters are capitals does not matter.
pub fn nearest<'a>(text: &str, options: &[&'a str]) -> Option<&'a str> {
    nearest_of(text, options.iter().take(MOST_COMPARED).copied())
}

/// The same for names of our own, or for one text: however many there are, all are compared.
pub fn nearest_of<'a>(text: &str, options: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if text.len() > COMPARED {
        return None;
    }
    let text = text.to_lowercase();
    let near = options.filter(|option| option.len() <= COMPARED);
    let near = near.filter_map(|option| Some((edits(&text, &option.to_lowercase())?, option)));
    near.min_by_key(|(edits, _)| *edits).map(|(_, option)| option)
}

/// How many edits lead from one text to another, if they are near.
fn edits(text: &str, option: &str) -> Option<usize> {
    let (length, other) = (text.chars().count(), option.chars().count());
    let most = length.max(other) / LETTERS_A_SLIP;
    if length.abs_diff(other) > most {
        return None;
    }
    Some(strsim::osa_distance(text, option)).filter(|edits| *edits <= most)
}

/// The known name that an unknown one is most likely a slip of, where others are allowed: by one wrong, missing, added or
/// swapped letter; by two in a longer name.
pub fn slip<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |known: &str| strsim::osa_distance(name, known);
    let nearest = known.iter().copied().min_by_key(|known| distance(known))?;
    let bound = match name.chars().count() {
        // Nearly every name of a letter or two is one letter away from another one.
        0..SHORT_NAME => 0,
        SHORT_NAME..LONG_NAME => 1,
        _ => 2,
    };
    (distance(nearest) <= bound).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::{COMPARED, nearest};

    #[test]
    fn a_name_with_a_third_of_its_letters_wrong_is_near() {
        for (text, option) in [
            ("expct", "expect"),
            ("slwo", "slow"),
            ("mokc", "mock"),
            (" mock", "mock"),
            ("ur", "url"),
            ("ids", "id"),
            ("tag-cuont", "tag-count"),
            ("conect-timout", "connect-timeout"),
            ("duplicate.tagkey", "Duplicate.TagKey"),
            ("größe", "grösse"),
            ("abXXef", "abcdef"),
        ] {
            assert_eq!(nearest(text, &[option]), Some(option), "{text}");
            assert_eq!(nearest(option, &[text]), Some(text), "{option}");
        }
    }

    #[test]
    fn a_name_with_more_of_them_wrong_is_not() {
        for (text, option) in [
            ("", "id"),
            ("a", "b"),
            ("by", "id"),
            ("mode", "mock"),
            ("tag-", "tag-count"),
            ("retries", "retry"),
            ("abXXXf", "abcdef"),
            ("staging", "state"),
            ("connections", "connect-timeout"),
            ("PipelineName", "PipelineVersion"),
        ] {
            assert_eq!(nearest(text, &[option]), None, "{text}");
            assert_eq!(nearest(option, &[text]), None, "{option}");
        }
    }

    #[test]
    fn the_nearest_is_taken_and_of_equals_the_first() {
        assert_eq!(nearest("statos", &["states", "status"]), Some("states"));
        assert_eq!(nearest("statuss", &["states", "status"]), Some("status"));
        assert_eq!(nearest("state", &[]), None);
    }

    #[test]
    fn a_long_text_is_compared_with_nothing() {
        let long = "a".repeat(COMPARED + 1);
        assert_eq!((nearest(&long, &[long.as_str()]), nearest(&long[1..], &[long.as_str()])), (None, None));
        assert!(nearest(&long[1..], &[&long[1..]]).is_some());
    }
}
