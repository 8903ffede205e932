//! What the lines of a start and of an end have beside what is known of the run: the format, and the outcome.

/// The name of the format, which is in each line that begins a run.
pub const FORMAT: &str = "proofmark-events";

/// The version of the format: a reader may rely on keys staying within one.
pub const VERSION: u32 = 1;

/// The line of a start, with the format and its version.
pub(super) mod start {
    use std::borrow::Cow;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{FORMAT, VERSION};
    use crate::event::RunStart;

    #[derive(Serialize, Deserialize)]
    struct StartLine<'a> {
        format: Cow<'a, str>,
        version: u32,
        #[serde(flatten)]
        start: Cow<'a, RunStart>,
    }

    pub(in crate::event) fn serialize<S: Serializer>(start: &RunStart, out: S) -> Result<S::Ok, S::Error> {
        let start = Cow::Borrowed(start);
        StartLine { format: FORMAT.into(), version: VERSION, start }.serialize(out)
    }

    pub(in crate::event) fn deserialize<'de, D: Deserializer<'de>>(written: D) -> Result<RunStart, D::Error> {
        let StartLine { format, version, start } = StartLine::deserialize(written)?;
        if (&*format, version) != (FORMAT, VERSION) {
            return Err(D::Error::custom(format_args!("`{format}` version {version} cannot be read")));
        }
        Ok(start.into_owned())
    }
}

/// The line of an end, with the outcome.
pub(super) mod end {
    use std::borrow::Cow;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::event::{Outcome, RunEnd};

    #[derive(Serialize, Deserialize)]
    struct EndLine<'a> {
        #[serde(flatten)]
        end: Cow<'a, RunEnd>,
        outcome: Outcome,
    }

    pub(in crate::event) fn serialize<S: Serializer>(end: &RunEnd, out: S) -> Result<S::Ok, S::Error> {
        EndLine { end: Cow::Borrowed(end), outcome: end.outcome() }.serialize(out)
    }

    pub(in crate::event) fn deserialize<'de, D: Deserializer<'de>>(written: D) -> Result<RunEnd, D::Error> {
        let EndLine { end, outcome } = EndLine::deserialize(written)?;
        // The outcome follows from the rest; where it does not, the line was changed by hand.
        if outcome != end.outcome() {
            let due = end.outcome();
            return Err(D::Error::custom(format_args!(
                "the outcome is `{outcome}`, and `{due}` follows from the counts"
            )));
        }
        Ok(end.into_owned())
    }
}
