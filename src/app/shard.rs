//! A part of a suite, for machines that share the work. Main type: [`Shard`].

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use crate::digest::sha256_hex;
use crate::event::PartNumber;

/// How many hexadecimal digits of a digest decide: 64 bits.
const DIGITS: usize = 16;

/// One of so many parts. Which cases it has depends on their ids alone, so a new case moves no other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    number: u64,
    count: NonZeroU64,
}

impl Shard {
    /// Reads `hash:2/5`, as nextest spells it.
    ///
    /// # Errors
    /// A text of another form, or a part that there is not.
    pub fn partition(text: &str) -> Result<Self, String> {
        let part = text.strip_prefix("hash:");
        part.ok_or_else(|| "write hash:N/COUNT; a case is put into a part by its id alone".to_owned())?
            .parse()
    }

    /// Which part it is, as reports have it.
    pub fn part(self) -> PartNumber {
        PartNumber { number: self.number, count: self.count.get() }
    }

    /// Whether a case is in this part: the first 64 bits of its id's SHA-256, modulo the number of parts.
    pub fn has(self, id: &str) -> bool {
        let digest = sha256_hex(id.as_bytes());
        // Hexadecimal digits of 64 bits are always a number.
        let number = u64::from_str_radix(&digest[..DIGITS], 16).unwrap_or_default();
        number % self.count == self.number - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a part: write N/COUNT, such as 2/5, with N from 1 to COUNT");
        let (number, count) = text.split_once('/').ok_or_else(wrong)?;
        let count: NonZeroU64 = count.parse().map_err(|_| wrong())?;
        let number = number.parse().map_err(|_| wrong())?;
        if (1..=count.get()).contains(&number) { Ok(Self { number, count }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.number, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::Shard;

    #[test]
    fn every_case_is_in_one_part_and_parts_are_about_as_large() {
        let parts: Vec<Shard> = (1..=5).map(|number| format!("{number}/5").parse().unwrap()).collect();
        let mut sizes = [0; 5];
        for number in 0..1000 {
            let id = format!("a/B/t/case-{number}");
            let at: Vec<usize> = (0..5).filter(|at| parts[*at].has(&id)).collect();
            assert_eq!(at.len(), 1, "{id}");
            sizes[at[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (150..250).contains(size)), "{sizes:?}");
    }

    #[test]
    fn where_a_case_goes_never_changes() {
        // SHA-256 of "a/B/t/c" starts with these 64 bits: by `printf %s a/B/t/c | sha256sum`.
        let first = 0x5180_cb2f_4c74_9802_u64;
        let number = first % 7 + 1;
        assert!(format!("{number}/7").parse::<Shard>().unwrap().has("a/B/t/c"));
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["", "1", "0/5", "6/5", "1/0", "a/b", "-1/5", "1/5/5"] {
            assert!(text.parse::<Shard>().unwrap_err().contains("is not a part"), "{text}");
        }
        assert!(Shard::partition("count:1/2").is_err() && Shard::partition("hash:1/2").is_ok());
    }
}
