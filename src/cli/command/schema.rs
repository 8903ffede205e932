//! `schema`: the JSON Schemas of files that are read, and of formats that are written.

use std::str::FromStr;

use crate::cli::exit::CliError;
use crate::cli::print;
use crate::report::FormatSchema;
use crate::source::{SchemaName, schema};

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

/// Prints a schema.
pub(super) fn print_schema(kind: SchemaKind) -> Result<u8, CliError> {
    match kind {
        SchemaKind::File(name) => print(&schema(name)),
        SchemaKind::Format(format) => print(format.text()),
    }
}
