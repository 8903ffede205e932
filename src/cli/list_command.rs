//! `list`: the ids of cases.

use super::args::SelectArgs;
use super::exit::CliError;
use super::files::selected;
use super::print;

/// Prints one id a line.
pub(super) fn list(args: &SelectArgs) -> Result<u8, CliError> {
    let (_, plan) = selected(args)?;
    let mut text = String::new();
    for planned in &plan.cases {
        text.push_str(planned.id.as_str());
        text.push('\n');
    }
    print(&text)
}
