//! `review --html` and `accept --decisions`: deciding in a browser.

use std::path::Path;

use super::args::ReviewArgs;
use super::exit::CliError;

/// Writes the page.
pub(super) fn write(page: &Path, args: &ReviewArgs) -> Result<u8, CliError> {
    let _ = (page, args);
    Err(CliError::usage("not yet"))
}

/// Carries out what was decided on the page.
pub(super) fn carry_out(file: &Path, args: &ReviewArgs) -> Result<u8, CliError> {
    let _ = (file, args);
    Err(CliError::usage("not yet"))
}
