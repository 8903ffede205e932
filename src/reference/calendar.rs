//! Points of time where no clock runs: a fixed start, and a second for each change, so that answers can be repeated.
//! Main type: `Calendar`. It does not know what changes; each pipeline counts its own changes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Writes times as published answers have them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar {
    /// Seconds since 1970.
    start: u64,
}

/// The `CreationTime` of the published examples, 2020-11-24T06:00:00Z.
pub(super) const EXAMPLE_TIME: Duration = Duration::from_hours(446_166);
/// The last second of the year 9999, which is the last one that four digits can show.
const LAST_SECOND: u64 = 253_402_300_799;
const SECONDS_A_DAY: u64 = 86_400;

impl Calendar {
    /// A calendar that begins at a time; a time before 1970 is taken for the beginning of that year.
    pub(super) fn at(start: SystemTime) -> Self {
        Self { start: start.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() }
    }

    /// The time of a change, as ISO 8601 has it, in UTC.
    pub(super) fn time(self, change: u64) -> String {
        let seconds = self.start.saturating_add(change).min(LAST_SECOND);
        let (year, month, day) = date(seconds / SECONDS_A_DAY);
        let of_day = seconds % SECONDS_A_DAY;
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Year, month and day of a day that is counted from 1970, by the method of Howard Hinnant's `civil_from_days`:
/// years begin in March, so that the day that may be missing is the last one.
fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_TO_1970: u64 = 719_468;
    const DAYS_IN_400_YEARS: u64 = 146_097;
    let days = days + DAYS_TO_1970;
    let (era, day) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, turn) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + turn, month, day)
}

#[cfg(test)]
mod tests {
    use super::{Calendar, EXAMPLE_TIME};
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn times_are_told_in_iso_8601() {
        for (seconds, time) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (1_606_197_600, "2020-11-24T06:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (u64::MAX >> 8, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Calendar { start: seconds }.time(0), time);
        }
    }

    #[test]
    fn each_change_is_a_second_later() {
        let calendar = Calendar::at(UNIX_EPOCH + EXAMPLE_TIME);
        assert_eq!(calendar.time(61), "2020-11-24T06:01:01Z");
        assert_eq!(Calendar::at(UNIX_EPOCH - Duration::from_secs(1)).time(1), "1970-01-01T00:00:01Z");
    }
}
