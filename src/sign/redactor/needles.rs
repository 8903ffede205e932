//! Texts that are looked for, any number of them in one pass. Main type: [`Needles`].

use std::collections::HashMap;
use std::ops::Range;

/// How many bytes begin a needle, by which it is found; a shorter one is not looked for.
pub(super) const WINDOW: usize = 6;

/// A longer needle is looked for in parts of this length, so that a part of it alone is found as well.
const PART: usize = 48;

/// How long a beginning of a needle is at least to be one.
const SHORTEST_BEGINNING: usize = 3;

/// Texts that are found in upper and lower case (of ASCII).
///
/// Every window of six bytes is looked up: first in a table of bits, which says no for nearly all of them.
#[derive(Debug)]
pub(in crate::sign) struct Needles {
    /// As many as a power of two.
    bits: Vec<u64>,
    known: HashMap<u64, Vec<Box<[u8]>>>,
}

impl Needles {
    /// For some hundreds of needles: 8 KiB.
    pub(in crate::sign) fn few() -> Self {
        Self { bits: vec![0; 1 << 10], known: HashMap::new() }
    }

    /// For some tens of thousands: 256 KiB.
    pub(in crate::sign) fn many() -> Self {
        Self { bits: vec![0; 1 << 15], known: HashMap::new() }
    }

    /// Looks for this text from now on, unless it is too short.
    pub(in crate::sign) fn add(&mut self, text: &[u8]) {
        for part in forms(text) {
            let (key, part) = key_of(part);
            let (word, bit) = self.place(key);
            self.bits[word] |= bit;
            let same = self.known.entry(key).or_default();
            if !same.contains(&part) {
                same.push(part);
            }
        }
    }

    /// Looks for it no more. Its bit stays: that costs a look and finds nothing.
    pub(in crate::sign) fn remove(&mut self, text: &[u8]) {
        for part in forms(text) {
            let (key, part) = key_of(part);
            if let Some(same) = self.known.get_mut(&key) {
                same.retain(|other| *other != part);
                if same.is_empty() {
                    self.known.remove(&key);
                }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether a needle is in it.
    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        self.any(bytes, |_| true)
    }

    /// Every place of every needle; they may overlap.
    pub(super) fn find(&self, bytes: &[u8], mut found: impl FnMut(Range<usize>)) {
        self.any(bytes, |place| {
            found(place);
            false
        });
    }

    /// Goes through the places of needles, until one is enough.
    fn any(&self, bytes: &[u8], mut is_enough: impl FnMut(Range<usize>) -> bool) -> bool {
        if self.is_empty() {
            return false;
        }
        let (mut window, mut end) = (0, 0);
        while end < bytes.len() {
            window = push_byte(window, bytes[end]);
            end += 1;
            if end < WINDOW {
                continue;
            }
            let (word, bit) = self.place(window);
            if self.bits[word] & bit == 0 {
                continue;
            }
            let start = end - WINDOW;
            for needle in self.known.get(&window).into_iter().flatten() {
                let here = bytes.get(start..start + needle.len());
                if here.is_some_and(|here| here.eq_ignore_ascii_case(needle))
                    && is_enough(start..start + needle.len())
                {
                    return true;
                }
            }
        }
        false
    }

    /// Where the beginning of a needle starts that is cut off by the end; the whole needle is not looked for. One that is
    /// shorter than a window is found only if that is asked for, since it takes a look at every needle.
    pub(super) fn begun(&self, bytes: &[u8], is_thorough: bool) -> Option<usize> {
        let shortest = if is_thorough { SHORTEST_BEGINNING } else { WINDOW };
        let first = bytes.len().saturating_sub(PART - 1);
        (first..(bytes.len() + 1).saturating_sub(shortest)).find(|start| {
            let tail = &bytes[*start..];
            let begins = |needle: &[u8]| {
                needle.get(..tail.len()).is_some_and(|needle| needle.eq_ignore_ascii_case(tail))
            };
            if tail.len() < WINDOW {
                return self.known.values().flatten().any(|needle| begins(needle));
            }
            let key = tail[..WINDOW].iter().fold(0, |window, byte| push_byte(window, *byte));
            self.known.get(&key).into_iter().flatten().any(|needle| begins(needle))
        })
    }

    fn place(&self, key: u64) -> (usize, u64) {
        // Fibonacci hashing: the golden ratio in 64 bits.
        let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        // A division for each byte of every answer would take longer than all the rest.
        let bit = usize::try_from(hash).unwrap_or_default() & (self.bits.len() * 64 - 1);
        (bit / 64, 1 << (bit % 64))
    }
}

/// The window with one more byte, in lower case, and without its first.
fn push_byte(window: u64, byte: u8) -> u64 {
    (window << 8 | u64::from(byte.to_ascii_lowercase())) & 0xffff_ffff_ffff
}

fn key_of(part: &[u8]) -> (u64, Box<[u8]>) {
    let key = part[..WINDOW].iter().fold(0, |window, byte| push_byte(window, *byte));
    (key, part.to_ascii_lowercase().into())
}

/// The parts of a text, and of the same without the signs that fill up base64, which may be left out.
fn forms(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let fill = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let bare = &text[..text.len() - fill];
    parts(text).chain(Some(bare).filter(|_| fill > 0).into_iter().flat_map(parts))
}

/// A text in parts; the last one has the whole length as well, and shares some of what is before it.
fn parts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = text.len() / PART * PART;
    let rest = if text.len() < PART {
        Some(text).filter(|text| text.len() >= WINDOW)
    } else {
        Some(&text[text.len() - PART..]).filter(|_| text.len() > whole)
    };
    text[..whole].chunks(PART).chain(rest)
}

#[cfg(test)]
mod tests {
    use super::Needles;

    fn found(needles: &[&str], text: &str) -> Vec<String> {
        let mut known = Needles::few();
        for needle in needles {
            known.add(needle.as_bytes());
        }
        let mut found = Vec::new();
        known.find(text.as_bytes(), |range| found.push(text[range].to_owned()));
        found
    }

    #[test]
    fn every_place_is_found_in_either_case_and_where_places_overlap() {
        assert_eq!(found(&["abcdef", "defghi"], "abcdefghi ABCDEF"), ["abcdef", "defghi", "ABCDEF"]);
        assert_eq!(found(&["abcdef", "abcdefgh"], "xabcdefgh"), ["abcdef", "abcdefgh"]);
        assert_eq!(found(&["short", "abcdef"], "short abcde abcdeg"), [""; 0]);
    }

    #[test]
    fn every_part_of_a_long_needle_is_found() {
        for length in [48, 49, 95, 96, 97, 200] {
            let numbers: String = (100..200).map(|number| number.to_string()).collect();
            let long = &numbers[..length];
            let parts = found(&[long], long);
            assert!(
                parts.iter().all(|part| part.len() == 48) && long.ends_with(parts.last().unwrap().as_str())
            );
            assert_eq!(parts.len(), usize::div_ceil(length, 48));
        }
    }

    #[test]
    fn a_needle_that_is_cut_off_is_found_by_its_beginning() {
        let mut known = Needles::few();
        known.add(b"abcdefghijkl");
        for (text, thorough, quick) in [
            ("-abcdefghijk", Some(1), Some(1)),
            ("-ABCDEF", Some(1), Some(1)),
            ("-abcde", Some(1), None),
            ("-abc", Some(1), None),
            ("abc", Some(0), None),
            ("-ab", None, None),
            ("-abcdefgxijk", None, None),
            ("-abcdefg-", None, None),
            ("", None, None),
        ] {
            let found = [true, false].map(|is_thorough| known.begun(text.as_bytes(), is_thorough));
            assert_eq!(found, [thorough, quick], "{text}");
        }
    }

    #[test]
    fn what_is_removed_is_not_found() {
        let mut known = Needles::few();
        known.add(b"abcdefgh");
        known.add(b"abcdefxy");
        known.remove(b"abcdefgh");
        let mut count = 0;
        known.find(b"abcdefgh abcdefxy", |_| count += 1);
        assert_eq!(count, 1);
    }
}
