//! `pending`: the pending snapshots, without questions.

use std::fmt::Write;
use std::io::{self, IsTerminal};

use crate::cli::args::ReviewArgs;
use crate::cli::change_text::DisplayStyle;
use crate::cli::exit::{BROKEN, CONFORMS, CliError};
use crate::cli::print;
use crate::cli::snapshots::{code, contracts, pending_files};
use crate::model::plural;
use crate::review::group;

/// Shows the pending snapshots, each kind of change once. The exit code says whether there are any.
pub(super) fn pending(args: &ReviewArgs) -> Result<u8, CliError> {
    let waiting = pending_files(args)?;
    let (count, has_unusable) = (waiting.selected.len(), waiting.has_unusable());
    let suite = contracts(&args.store);
    let groups = group(waiting.selected, |case| suite.of(case));
    let look = DisplayStyle::of_output(io::stdout().is_terminal());
    let mut text = String::new();
    for (at, group) in groups.iter().enumerate() {
        text.push_str(&look.head(at + 1, groups.len(), group.changes.len()));
        text.push_str(&look.facts(group));
        let changes: Vec<_> = group.changes.iter().collect();
        text.push_str(&look.faults(&changes));
        text.push_str(&look.cases(&changes));
        text.push_str(&look.difference(&group.changes[0]));
        text.push('\n');
    }
    let kinds = groups.len();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{count} pending, {kinds} {} of change", plural(kinds, "kind", "kinds"));
    print(&text)?;
    Ok(code(has_unusable, if count == 0 { CONFORMS } else { BROKEN }))
}
