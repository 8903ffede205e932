//! `schema`: the JSON Schemas of files that are read, and of formats that are written.

use crate::cli::args::SchemaKind;
use crate::cli::exit::CliError;
use crate::cli::print;
use crate::source::schema;

/// Prints a schema.
pub(super) fn print_schema(kind: SchemaKind) -> Result<u8, CliError> {
    match kind {
        SchemaKind::File(name) => print(&schema(name)),
        SchemaKind::Format(format) => print(format.text()),
    }
}
