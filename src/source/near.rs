//! Which known name a wrong one is most like.

/// How like an unknown key must be to a known one to be suggested (0 to 1, Jaro-Winkler).
const ALIKE: f64 = 0.8;

/// A name with fewer letters is a slip of no other one.
const SHORT_NAME: usize = 3;

/// So many letters make two slips in one name more likely than another name.
const LONG_NAME: usize = 8;

/// The longest names and the most of them that are compared: it takes the product of two lengths, for each problem.
const COMPARED: usize = 128;
pub(super) const MOST_COMPARED: usize = 256;

/// The option most like a text, if one is alike at all.
pub(crate) fn nearest<'a>(text: &str, options: &[&'a str]) -> Option<&'a str> {
    if text.len() > COMPARED {
        return None;
    }
    let likeness = |option: &str| strsim::jaro_winkler(&text.to_lowercase(), &option.to_lowercase());
    let compared = options.iter().take(MOST_COMPARED).filter(|option| option.len() <= COMPARED);
    compared
        .map(|option| (likeness(option), *option))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, option)| option)
}

/// The known name that an unknown one is most likely a slip of: by one wrong, missing, added or swapped letter; by two
/// in a longer name.
pub(super) fn slip<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
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
