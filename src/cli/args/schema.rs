//! What `schema` is asked for.

use std::str::FromStr;

use crate::report::FormatSchema;
use crate::source::SchemaName;

/// What a schema is asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) enum SchemaKind {
    /// A kind of file.
    File(SchemaName),
    /// A format of what is written.
    Format(FormatSchema),
}

impl FromStr for SchemaKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(format) = text.parse() {
            return Ok(Self::Format(format));
        }
        let formats = FormatSchema::ALL.map(|format| format.to_string()).join(", ");
        text.parse().map(Self::File).map_err(|message: String| format!("{message}, {formats}"))
    }
}
