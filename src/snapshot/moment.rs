//! Whether a text is a time, as APIs write them.

use jiff::civil::DateTime;
use jiff::{Timestamp, civil, fmt::rfc2822};

/// Seconds since 1970 that are taken for a time: from 2001 to 2286, which all have ten digits.
const SECONDS: std::ops::Range<u64> = 1_000_000_000..10_000_000_000;

/// Whether a text is a time: RFC 3339 or a calendar date and time of ISO 8601, with or without an offset; a date of
/// HTTP in any of its three forms (RFC 9110, section 5.6.7); or seconds or milliseconds since 1970.
pub fn is_time(text: &str) -> bool {
    is_unix(text) || is_iso(text) || is_http(text)
}

fn is_unix(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let Ok(number) = whole.parse::<u64>() else { return false };
    let is_moment = SECONDS.contains(&number) || SECONDS.contains(&(number / 1000));
    is_digits(whole) && is_digits(fraction) && is_moment
}

/// The parser also takes forms that no API means, such as `20261124` or a time with the name of a zone behind it.
fn is_iso(text: &str) -> bool {
    let starts = text.bytes().take(4).filter(u8::is_ascii_digit).count() == 4;
    let fits = |byte: u8| byte.is_ascii_digit() || b"-+:.,TtZz ".contains(&byte);
    if !starts || !text.bytes().all(fits) || !text.contains(['-', 'T', 't']) || text.trim() != text {
        return false;
    }
    text.parse::<Timestamp>().is_ok()
        || (!text.ends_with(['Z', 'z']) && text.parse::<DateTime>().is_ok())
        || text.parse::<civil::Date>().is_ok_and(|_| text.len() == "2026-01-02".len())
}

/// The names of days are read with the date, so a wrong one makes it no time.
fn is_http(text: &str) -> bool {
    (text.ends_with("GMT") && rfc2822::parse(text).is_ok()) || is_rfc850(text) || is_asctime(text)
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`. The century is not written, so the day of the week is not looked at more closely.
fn is_rfc850(text: &str) -> bool {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let Some((day, rest)) = text.split_once(", ") else { return false };
    let fits = |format: &str, length: usize| rest.len() == length && DateTime::strptime(format, rest).is_ok();
    DAYS.contains(&day) && fits("%d-%b-%y %H:%M:%S GMT", "06-Nov-94 08:49:37 GMT".len())
}

/// `Sun Nov  6 08:49:37 1994`.
fn is_asctime(text: &str) -> bool {
    text.len() == "Sun Nov  6 08:49:37 1994".len() && DateTime::strptime("%a %b %e %H:%M:%S %Y", text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_time;

    #[test]
    fn times_are_told_from_what_only_looks_like_them() {
        let times = [
            "2026-11-24T10:11:12Z",
            "2026-11-24T10:11Z",
            "2026-11-24T10:11:12.123456+08:00",
            "2026-11-24t10:11:12z",
            "2026-11-24 10:11:12",
            "2026-11-24T10:11:12",
            "20261124T101112Z",
            "2026-11-24",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Thursday, 31-Dec-26 23:59:59 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Tue Nov 24 10:11:12 2026",
            "1700000000",
            "1700000000.25",
            "1700000000123",
        ];
        let others = [
            "",
            "0",
            "7",
            "-1700000000",
            "170000000012345678",
            "2026-13-24T10:11:12Z",
            "2026-11-31",
            "2026-11-24T25:11:12Z",
            "2026-11-24T10:11:12Q",
            " 2026-11-24T10:11:12Z",
            "2026-11-24T10:11:12Z[UTC]",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Mon Nov  6 08:49:37 1994",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov 31 08:49:37 1994",
            "Sunday, 31-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-94 25:49:37 GMT",
            "Sunday, 6-Nov-94 08:49:37 GMT",
            "Someday, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "2026-W48-2",
            "2026-328",
            "20261124",
            "[created]",
            "now",
            "1e9",
        ];
        assert_eq!(times.into_iter().find(|text| !is_time(text)), None);
        assert_eq!(others.into_iter().find(|text| is_time(text)), None);
    }
}
