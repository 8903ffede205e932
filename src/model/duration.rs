//! Lengths of time as people write them, such as `30s`: the one reader of them, for flags and for files.

use std::time::Duration;

/// The units, with their milliseconds. Of two that fit an end, the longer one comes first.
const UNITS: [(&str, u64); 6] =
    [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

/// Reads a whole number and a unit; none, if it is not that.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    Some(Duration::from_millis(digits(number.trim_end())?.checked_mul(*unit)?))
}

/// The same, where a number alone counts seconds.
pub fn duration_or_seconds(text: &str) -> Option<Duration> {
    digits(text).map(Duration::from_secs).or_else(|| duration(text))
}

/// Reads a length of time from `least` to `most`, where a number alone counts seconds.
///
/// # Errors
/// What is expected in its place.
pub fn duration_between(text: &str, least: &str, most: &str) -> Result<Duration, String> {
    let length = duration_or_seconds(text).ok_or(
        "expected a number and a unit (ms, s, m, h, d, w), such as 30s or 500ms; without a unit it is seconds",
    )?;
    let bounds = duration(least).zip(duration(most));
    let is_within = bounds.is_some_and(|(least, most)| (least..=most).contains(&length));
    if is_within { Ok(length) } else { Err(format!("expected a time from {least} to {most}")) }
}

/// A number of digits alone: no sign, which `parse` takes.
fn digits(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, duration_between, duration_or_seconds};

    #[test]
    fn a_number_and_a_unit_are_a_length_of_time() {
        for (text, millis) in [
            ("500ms", 500),
            ("0s", 0),
            ("30s", 30_000),
            ("2 s", 2000),
            ("1m", 60_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            ("1w", 604_800_000),
        ] {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
            assert_eq!(duration_or_seconds(text), duration(text), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in
            ["", "s", "ms", "-1s", "+1s", "1.5s", "30 seconds", "1h30m", "99999999999999999999s", "1S"]
        {
            assert_eq!((duration(text), duration_or_seconds(text)), (None, None), "{text}");
        }
        assert_eq!(duration("30"), None);
        assert_eq!(duration_or_seconds("30"), Some(Duration::from_secs(30)));
    }

    #[test]
    fn a_length_has_to_be_within_its_bounds() {
        let of = |text| {
            duration_between(text, "1ms", "1h").map_err(|error| error.split(',').next().unwrap().to_owned())
        };
        for (text, millis) in [("1ms", 1), ("30", 30_000), ("60 m", 3_600_000), ("1h", 3_600_000)] {
            assert_eq!(of(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["0", "0ms", "61m", "3601", "2h"] {
            assert_eq!(of(text), Err("expected a time from 1ms to 1h".to_owned()), "{text}");
        }
        assert_eq!(of("1.5s"), Err("expected a number and a unit (ms".to_owned()));
    }
}
