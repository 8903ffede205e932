//! Names for volatile values, so that only which of them are equal stays visible. Main type: [`VolatileNames`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::model::Literals;

/// The fewest characters, with letters and digits mixed, of a value that is replaced also where no rule has found it.
/// Anything shorter may be there for another reason: a count, a status, a word.
const SHORTEST: usize = 8;

/// The fewest digits of such a value without letters.
const SHORTEST_NUMBER: usize = 12;

/// The most values that get names: an answer may hold very many. Those past it are shown as they are, so the
/// snapshot differs.
const MOST: usize = 1000;

/// Volatile values and the names that replace them, such as `[request-id:1]`.
#[derive(Debug, Default, Clone)]
pub struct VolatileNames {
    /// The name's position, and the value's number.
    by_value: BTreeMap<String, (usize, usize)>,
    /// Names, and how many values each has. There are few.
    counts: Vec<(String, usize)>,
    /// Names without a number.
    plain: BTreeSet<String>,
    /// What of the requests is written out, by step.
    literals: Vec<Literals>,
}

/// The names of the run's own random values, whose letters are not a word, and of its endpoint's address. These values
/// need no mix of letters and digits.
const OWN: [&str; 3] = ["made", "made-upper", "endpoint"];

/// Whether a value of this name can be known by itself, wherever it is.
fn is_telling(name: &str, value: &str) -> bool {
    let length = value.chars().count();
    let has = |is: fn(char) -> bool| value.chars().any(is);
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let is_mixed = has(char::is_alphabetic) && has(|letter| letter.is_ascii_digit());
    (length >= SHORTEST && (is_mixed || OWN.contains(&name))) || digits >= SHORTEST_NUMBER
}

/// A value that has a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) value: &'a str,
    pub(super) name: &'a str,
    pub(super) number: usize,
}

impl VolatileNames {
    /// Gives a value a name, unless it has one.
    pub fn add(&mut self, name: &str, value: &str) {
        if value.is_empty() || self.by_value.len() >= MOST || self.by_value.contains_key(value) {
            return;
        }
        let position = self.counts.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.counts.push((name.to_owned(), 0));
            self.counts.len() - 1
        });
        self.counts[position].1 += 1;
        self.by_value.insert(value.to_owned(), (position, self.counts[position].1));
    }

    /// Says what of the requests is written out, by step: there, no short value is looked for.
    pub fn set_literals(&mut self, literals: &[Literals]) {
        self.literals = literals.to_vec();
    }

    /// What of a step's request is written out; nothing, if that is not known.
    pub(super) fn literals(&self, step: usize) -> Option<&Literals> {
        self.literals.get(step)
    }

    /// Makes a name known that has no number.
    pub(super) fn add_plain(&mut self, name: &str) {
        self.plain.insert(name.to_owned());
    }

    pub(super) fn of(&self, value: &str) -> Option<Known<'_>> {
        let (value, (position, number)) = self.by_value.get_key_value(value)?;
        Some(Known { value, name: &self.counts[*position].0, number: *number })
    }

    /// The name of a value where no rule has found it: only of one that can be known by itself.
    pub(super) fn elsewhere(&self, value: &str) -> Option<Known<'_>> {
        self.of(value).filter(|known| is_telling(known.name, known.value))
    }

    /// All values, in their order.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.by_value.keys().map(String::as_str)
    }

    /// Whether a name has values, which are numbered.
    pub(super) fn has_numbered(&self, name: &str) -> bool {
        self.counts.iter().any(|(known, _)| known == name)
    }

    /// Whether a name is known that has no number.
    pub(super) fn has_plain(&self, name: &str) -> bool {
        self.plain.contains(name)
    }
}

/// Writes the name of a value; writing to a String cannot fail, which is why results are dropped here.
pub(super) trait NameWriter: FnMut(Known<'_>, &mut String) {}

impl<F: FnMut(Known<'_>, &mut String)> NameWriter for F {}

/// The name with its number.
pub(super) fn write_numbered(known: Known<'_>, text: &mut String) {
    let _ = write!(text, "[{}:{}]", known.name, known.number);
}

/// The name alone.
pub(super) fn bare(known: Known<'_>, text: &mut String) {
    text.extend(["[", known.name, "]"]);
}

#[cfg(test)]
mod tests {
    use super::super::finder::Finder;
    use super::super::marked::Marked;
    use super::{MOST, VolatileNames, write_numbered};

    fn shown(names: &VolatileNames, text: &str) -> String {
        Finder::new(names).show(&Marked::new(text), &mut write_numbered)
    }

    #[test]
    fn equal_values_share_a_name_and_others_are_counted() {
        let mut names = VolatileNames::default();
        for value in ["exec-0001", "exec-0002", "exec-0001"] {
            names.add("execution", value);
        }
        assert_eq!(shown(&names, "exec-0002 after exec-0001"), "[execution:2] after [execution:1]");
    }

    #[test]
    fn a_value_that_may_be_there_for_another_reason_is_replaced_only_where_a_rule_finds_it() {
        let values = ["5", "200", "b-6", "ok", "pending", "abcdefghij", "12345678901", "id-2026"];
        for value in values {
            let mut names = VolatileNames::default();
            names.add("id", value);
            let text = format!("a {value} b");
            assert_eq!((shown(&names, value), shown(&names, &text)), (value.to_owned(), text), "{value}");
            let mut key = String::new();
            Finder::new(&names).write_key(&mut key, value, &mut write_numbered);
            assert_eq!(key, value);
        }
        for value in ["id-20261", "123456789012", "1234-5678-9012", "a1b2c3d4"] {
            let mut names = VolatileNames::default();
            names.add("id", value);
            assert_eq!(shown(&names, &format!("x{value}x")), "x[id:1]x", "{value}");
        }
    }

    #[test]
    fn a_random_value_of_the_run_needs_no_digit() {
        let mut names = VolatileNames::default();
        names.add("endpoint", "127.0.0.1:9000");
        assert_eq!(shown(&names, "http://127.0.0.1:9000/a"), "http://[endpoint:1]/a");
        names.add("made", "stzdonpleenuzaueyljk");
        assert_eq!(shown(&names, "ip-stzdonpleenuzaueyljk."), "ip-[made:1].");
    }

    #[test]
    fn as_many_values_as_there_may_be_get_a_name_and_one_more_does_not() {
        let mut names = VolatileNames::default();
        let value = |number: usize| format!("value-{number:06}");
        (0..=MOST).for_each(|number| names.add("id", &value(number)));
        assert_eq!(shown(&names, &value(MOST - 1)), format!("[id:{MOST}]"));
        assert_eq!(shown(&names, &value(MOST)), value(MOST));
    }
}
