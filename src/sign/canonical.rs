//! The canonical form of parameters: decoded, sorted by name, and encoded again. Main type: [`Pairs`].
//! Clients encode in several ways and sign in one, so a query is never signed as it is written. Bytes stay bytes here:
//! invalid UTF-8 also has a canonical form.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Decoded parameters in the order in which they were sent. What has nothing to decode is not copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairs<'a>(Vec<Pair<'a>>);

/// A name and a value.
type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

impl<'a> Pairs<'a> {
    /// Reads an encoded query or form body, where `+` is a space.
    pub(crate) fn read(encoded: &'a [u8]) -> Self {
        let mut pairs = Self::default();
        pairs.extend(encoded);
        pairs
    }

    /// Adds what another encoded query or form body holds.
    pub(crate) fn extend(&mut self, encoded: &'a [u8]) {
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=').map(decode);
            let name = halves.next().unwrap_or_default();
            self.0.push((name, halves.next().unwrap_or_default()));
        }
    }

    /// Adds a parameter.
    pub(crate) fn push(&mut self, name: &'a str, value: &'a str) {
        self.0.push((name.as_bytes().into(), value.as_bytes().into()));
    }

    /// The value of a parameter, the last one where it was sent more than once.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.0.iter().rev().find(|(known, _)| **known == *name.as_bytes());
        found.map(|(_, value)| String::from_utf8_lossy(value))
    }

    /// Removes a parameter, wherever it is.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| **known != *name.as_bytes());
    }

    /// Puts another value in the place of each of a parameter's.
    pub(crate) fn replace(&mut self, name: &str, value: &'a str) {
        for (_, own) in self.0.iter_mut().filter(|(known, _)| **known == *name.as_bytes()) {
            *own = value.as_bytes().into();
        }
    }

    /// `name=value` joined with `&`, sorted by name and then by value as they are before encoding.
    pub(crate) fn canonical(&self) -> String {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_unstable();
        // Enough where nothing has to be encoded.
        let length = sorted.iter().map(|(name, value)| name.len() + value.len() + "=&".len()).sum();
        let mut canonical = String::with_capacity(length);
        for (name, value) in sorted {
            if !canonical.is_empty() {
                canonical.push('&');
            }
            canonical.extend(percent_encode(name, RESERVED));
            canonical.push('=');
            canonical.extend(percent_encode(value, RESERVED));
        }
        canonical
    }
}

/// The bytes with all but unreserved characters percent-encoded.
pub(crate) fn escape(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).collect()
}

fn decode(encoded: &[u8]) -> Cow<'_, [u8]> {
    if !encoded.contains(&b'+') {
        return percent_decode(encoded).into();
    }
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

#[cfg(test)]
mod tests {
    use super::Pairs;

    #[test]
    fn each_way_to_encode_has_one_canonical_form() {
        for written in ["b=k+%C3%A9&a=*~%2f", "a=%2a%7E/&b=k%20%c3%a9&", "&a=%2A~%2F&&b=k+%C3%A9"] {
            assert_eq!(Pairs::read(written.as_bytes()).canonical(), "a=%2A~%2F&b=k%20%C3%A9", "{written}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_stay_as_they_are() {
        assert_eq!(Pairs::read(b"a=%FF&b").canonical(), "a=%FF&b=");
    }

    #[test]
    fn names_are_sorted_before_they_are_encoded() {
        // Encoded, `a%3A` would come before `a-`.
        assert_eq!(Pairs::read(b"a:=1&a-=2&A=3").canonical(), "A=3&a-=2&a%3A=1");
    }

    #[test]
    fn of_a_repeated_parameter_the_last_value_counts() {
        let pairs = Pairs::read(b"a=1&a=2");
        assert_eq!(pairs.get("a").as_deref(), Some("2"));
        assert_eq!(pairs.get("A"), None);
    }
}
