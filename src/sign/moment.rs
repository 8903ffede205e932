//! Times as the signature schemes write them: `yyyy-MM-ddTHH:mm:ssZ`, always UTC; and as header fields do.
//! The only place that knows how dates are written and read; there is no clock here.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::SignError;

/// The form that a time has to have, with a digit for each `0`.
const SHAPE: &[u8] = b"0000-00-00T00:00:00Z";

/// A time as it is sent.
pub(crate) fn write(time: SystemTime) -> Result<String, SignError> {
    let time = Timestamp::try_from(time).map_err(|_| SignError::Time)?;
    let text = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    // Years of another length than four digits cannot be written in this form.
    if has_shape(&text) { Ok(text) } else { Err(SignError::Time) }
}

/// A time as it was sent; nothing but the exact form is one.
pub(crate) fn read(text: &str) -> Option<SystemTime> {
    let time: Timestamp = if has_shape(text) { text.parse().ok()? } else { return None };
    SystemTime::try_from(time).ok()
}

/// The time of a `Date` field, in the form that RFC 9110, section 5.6.7, asks of senders.
pub(crate) fn read_field(text: &str) -> Option<SystemTime> {
    // The form is one of those of RFC 5322, always with this zone.
    let time = text.ends_with(" GMT").then(|| DateTimeParser::new().parse_timestamp(text).ok())??;
    SystemTime::try_from(time).ok()
}

fn has_shape(text: &str) -> bool {
    let fits = |(sent, due): (&u8, &u8)| if *due == b'0' { sent.is_ascii_digit() } else { sent == due };
    text.len() == SHAPE.len() && text.as_bytes().iter().zip(SHAPE).all(fits)
}

#[cfg(test)]
mod tests {
    use super::{read, read_field, write};
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_time_is_written_to_the_second_and_read_back() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_456_231_584_900);
        assert_eq!(write(time).unwrap(), "2016-02-23T12:46:24Z");
        let second = SystemTime::UNIX_EPOCH + Duration::from_secs(1_456_231_584);
        assert_eq!(read("2016-02-23T12:46:24Z"), Some(second));
    }

    #[test]
    fn the_time_of_a_header_field_is_read() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(read_field("Sun, 06 Nov 1994 08:49:37 GMT"), Some(time));
        for wrong in
            ["", "0", "1994-11-06T08:49:37Z", "Sun, 36 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37"]
        {
            assert_eq!(read_field(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn other_forms_are_no_times() {
        for text in [
            "",
            "2016-02-23T12:46:24",
            "2016-02-23 12:46:24Z",
            "2016-02-23T12:46:24+00:00",
            "2016-02-23T12:46:24.5Z",
            "2016-02-30T12:46:24Z",
            "2016-02-23T25:46:24Z",
            "2016-02-23T12:46:2éZ",
            "20160223T124624Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
