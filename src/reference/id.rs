//! Identifiers that look random and yet follow from a seed and a counter, so that a run can be repeated.
//! Main type: `IdSource`. It knows the published shapes of identifiers and nothing about what they name.

use std::sync::atomic::{AtomicU64, Ordering};

/// Makes every identifier that the endpoint hands out.
#[derive(Debug)]
pub(super) struct IdSource {
    seed: u64,
    counter: AtomicU64,
}

/// The published examples of `ip-` and `exec-` identifiers have 20 characters after the prefix.
const SUFFIX_LENGTH: usize = 20;
const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

impl IdSource {
    /// A source whose whole sequence is fixed by `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            // Mixed once, so that neighbouring seeds do not give the same sequence a step apart.
            seed: mix(!seed),
            counter: AtomicU64::new(0),
        }
    }

    /// A source that follows from this one's seed and a label alone, whatever was made before: two
    /// callers that differ in their labels get the same identifiers in any order.
    pub(super) fn derive(&self, label: &str) -> Self {
        // FNV-1a in 64 bits.
        let hash = label.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        Self { seed: mix(self.seed ^ hash), counter: AtomicU64::new(0) }
    }

    /// `PREFIX-` and 20 lower-case letters or digits.
    pub(super) fn resource(&self, prefix: &str) -> String {
        let mut rest = self.next();
        let suffix = (0..SUFFIX_LENGTH).map(|_| {
            let letter = ALPHABET[(rest % 36) as usize];
            rest /= 36;
            char::from(letter)
        });
        let suffix: String = suffix.collect();
        format!("{prefix}-{suffix}")
    }

    /// The next identifier of a kind, which is still to come.
    pub(super) fn peek(&self, prefix: &str) -> String {
        let counter = AtomicU64::new(self.counter.load(Ordering::Relaxed));
        Self { seed: self.seed, counter }.resource(prefix)
    }

    /// An upper-case UUID of the random kind (version 4).
    pub(super) fn request(&self) -> String {
        let bits = self.next();
        let bits = (bits & !(0xF << 76)) | (0x4 << 76);
        let bits = (bits & !(0x3 << 62)) | (0x2 << 62);
        let hex = format!("{bits:032X}");
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        parts.join("-")
    }

    /// 32 lower-case hexadecimal digits.
    pub(super) fn trace(&self) -> String {
        format!("{:032x}", self.next())
    }

    /// 128 bits; 36 to the power of 20 is less than 2 to the power of 104, so one number is enough for any identifier.
    fn next(&self) -> u128 {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let high = mix(self.seed.wrapping_add(count.wrapping_mul(2)));
        let low = mix(self.seed.wrapping_add(count.wrapping_mul(2)).wrapping_add(1));
        (u128::from(high) << 64) | u128::from(low)
    }
}

/// The output function of `SplitMix64` (Steele, Lea and Flood, 2014), with that paper's constants.
fn mix(step: u64) -> u64 {
    let z = step.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::IdSource;
    use std::collections::HashSet;

    #[test]
    fn the_same_seed_gives_the_same_sequence() {
        let (one, other) = (IdSource::new(7), IdSource::new(7));
        assert_eq!(one.request(), other.request());
        assert_eq!(one.resource("exec"), other.resource("exec"));
        assert_ne!(one.resource("exec"), IdSource::new(8).resource("exec"));
    }

    #[test]
    fn labelled_sources_do_not_depend_on_what_was_made_before() {
        let (one, other) = (IdSource::new(7), IdSource::new(7));
        one.request();
        assert_eq!(one.derive("a").resource("ip"), other.derive("a").resource("ip"));
        assert_ne!(one.derive("a").resource("ip"), other.derive("b").resource("ip"));
    }

    #[test]
    fn identifiers_have_their_published_shapes() {
        let ids = IdSource::new(1);
        let id = ids.resource("ip");
        let suffix = id.strip_prefix("ip-").unwrap();
        assert_eq!(suffix.len(), 20);
        assert!(suffix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        let request = ids.request();
        let parts: Vec<usize> = request.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(request, request.to_uppercase());
        assert_eq!(ids.trace().len(), 32);
    }

    #[test]
    fn identifiers_do_not_repeat() {
        let ids = IdSource::new(0);
        let seen: HashSet<String> = (0..10_000).map(|_| ids.resource("exec")).collect();
        assert_eq!(seen.len(), 10_000);
    }
}
