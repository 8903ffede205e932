//! Numbers by their digits, compared without rounding. Main function: [`compare`].
//!
//! The work grows with the length of the texts, and never with the size of an exponent.

use std::cmp::Ordering;

/// A distance between exponents past which it does not matter how far apart they are: no text is so long that its
/// digits could make up for it.
const FAR: i128 = 10_i128.pow(30);

/// How two numbers compare by their exact value, as `1`, `1.0` and `1e0` are equal; none if one of the texts is not a
/// number.
pub(super) fn compare(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (Decimal::read(left)?, Decimal::read(right)?);
    Some(match (left.sign(), right.sign()) {
        (0, 0) => Ordering::Equal,
        (one, other) if one != other => one.cmp(&other),
        (1, _) => left.compare_size(&right),
        _ => right.compare_size(&left),
    })
}

/// Whether a text is a number in decimal digits, with or without a fraction and an exponent.
pub(super) fn is_number(text: &str) -> bool {
    Decimal::read(text).is_some()
}

/// A number that is `0.DIGITS` times ten to the power of `point + exponent`.
struct Decimal<'a> {
    is_negative: bool,
    /// Neither the first nor the last is a zero; empty for zero itself.
    digits: String,
    point: i128,
    exponent: Exponent<'a>,
}

/// An exponent as it is written: it may have more digits than any machine number holds.
#[derive(Clone, Copy)]
struct Exponent<'a> {
    is_negative: bool,
    digits: &'a [u8],
}

impl<'a> Decimal<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (is_negative, text) = split_sign(text);
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let (is_exponent_negative, exponent) = split_sign(exponent);
        if ![whole, fraction, exponent].into_iter().all(is_digits) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let leading = all.len() - significant.len();
        Some(Self {
            is_negative,
            digits: significant.trim_end_matches('0').to_owned(),
            point: i128::try_from(whole.len()).ok()? - i128::try_from(leading).ok()?,
            exponent: Exponent { is_negative: is_exponent_negative, digits: exponent.as_bytes() },
        })
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.is_negative) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => -1,
        }
    }

    /// How two numbers compare without their signs; neither is zero.
    fn compare_size(&self, other: &Self) -> Ordering {
        let distance = self.exponent.distance(other.exponent) + self.point - other.point;
        distance.cmp(&0).then_with(|| self.digits.cmp(&other.digits))
    }
}

impl Exponent<'_> {
    /// This exponent less another one; not exact past [`FAR`].
    fn distance(self, other: Self) -> i128 {
        let length = self.digits.len().max(other.digits.len());
        let mut distance = 0;
        for place in (0..length).rev() {
            distance = distance * 10 + self.digit(place) - other.digit(place);
            if distance.abs() > FAR {
                break;
            }
        }
        distance
    }

    /// The digit at a place, counted from the last one, with the sign of the whole.
    fn digit(self, place: usize) -> i128 {
        let at = self.digits.len().checked_sub(place + 1);
        let digit = at.map_or(0, |at| i128::from(self.digits[at] - b'0'));
        if self.is_negative { -digit } else { digit }
    }
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{Equal, Greater, Less};
    use std::time::{Duration, Instant};

    use super::{compare, is_number};

    #[test]
    fn numbers_are_compared_by_their_exact_value() {
        let huge = format!("1e{}", "9".repeat(40));
        let huge_written_otherwise = format!("10e{}8", "9".repeat(39));
        let cases = [
            ("1", "1.0", Equal),
            ("1", "1e0", Equal),
            ("100", "1E+2", Equal),
            ("0.01", "1e-2", Equal),
            ("-0", "0", Equal),
            ("-0.0", "0e5", Equal),
            ("0e999999999999", "0", Equal),
            ("1", "+1", Equal),
            ("007", "7", Equal),
            ("9007199254740993", "9007199254740992.0", Greater),
            ("0", "1e-400", Less),
            ("0", "-1e-400", Greater),
            ("1e400", "1e401", Less),
            ("-1e400", "-1e401", Greater),
            ("-1", "1", Less),
            ("1234567890.1234567890123456", "1234567890.1234567", Greater),
            ("0.12345678901234567890", "0.1234567890123456789", Equal),
            ("0.12345678901234567890", "0.12345678901234567891", Less),
            ("9", "10", Less),
            ("2", "10", Less),
            ("12", "123", Less),
            ("1e999999999", "1", Greater),
            ("1e-999999999", "1", Less),
            ("1e999999999", "10e999999998", Equal),
            (&huge, &huge_written_otherwise, Equal),
            (&huge, "1e99999999999999999999999999999999999999", Greater),
            (&huge, "-1", Greater),
        ];
        for (left, right, wanted) in cases {
            assert_eq!(compare(left, right), Some(wanted), "{left} {right}");
            assert_eq!(compare(right, left), Some(wanted.reverse()), "{right} {left}");
        }
    }

    #[test]
    fn what_is_not_a_number_compares_with_nothing() {
        for text in ["", "-", ".", "1.", ".5", "1e", "e5", "1e+", "1 ", "0x10", "inf", "NaN", "1_000", "١"] {
            assert!(!is_number(text), "{text}");
            assert_eq!(compare(text, "1"), None, "{text}");
        }
    }

    #[test]
    fn the_size_of_an_exponent_costs_no_time() {
        let start = Instant::now();
        assert_eq!(compare("1e999999999", "1e999999998"), Some(Greater));
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}
