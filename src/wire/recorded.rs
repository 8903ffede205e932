//! How an answer is written out and read back: its bytes as text, or as base64 if they are none, and their meaning by
//! reading them again.

use std::borrow::Cow;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::read_answer;
use crate::digest::{from_base64, to_base64};
use crate::model::{Answer, Flaw, written};

#[derive(Serialize, Deserialize)]
struct RecordedAnswer<'a> {
    status: u16,
    headers: Cow<'a, [(String, String)]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(default, skip_serializing_if = "<[Flaw]>::is_empty")]
    flaws: Cow<'a, [Flaw]>,
    #[serde(rename = "duration_us", with = "written::micros")]
    elapsed: Duration,
    #[serde(
        rename = "paused_us",
        with = "written::micros",
        default,
        skip_serializing_if = "written::micros::is_none"
    )]
    paused: Duration,
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        // What the bytes mean is not written: it follows from them.
        let Self { status, headers, bytes, body: _, flaws, elapsed, paused } = self;
        let text = std::str::from_utf8(bytes).ok();
        let recorded = RecordedAnswer {
            status: *status,
            headers: headers.into(),
            base64: text.is_none().then(|| to_base64(bytes)),
            text: text.map(Cow::from),
            flaws: flaws.into(),
            elapsed: *elapsed,
            paused: *paused,
        };
        recorded.serialize(out)
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(written: D) -> Result<Self, D::Error> {
        let RecordedAnswer { status, headers, text, base64, flaws, elapsed, paused } =
            RecordedAnswer::deserialize(written)?;
        let bytes = match (text, base64) {
            (Some(text), _) => text.into_owned().into_bytes(),
            (None, Some(encoded)) => from_base64(&encoded)
                .ok_or_else(|| D::Error::custom(format_args!("`{encoded}` is not a valid body in base64")))?,
            (None, None) => Vec::new(),
        };
        let (headers, flaws) = (headers.into_owned(), flaws.into_owned());
        let content_type = headers.iter().find(|(name, _)| name == "content-type");
        let body = read_answer(&bytes, content_type.map(|(_, value)| value.as_str()), &flaws);
        Ok(Self { status, headers, bytes, body, flaws, elapsed, paused })
    }
}
