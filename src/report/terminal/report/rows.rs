//! The error rows of several endpoints at a terminal.

use std::io::{self, Write};

use crate::report::row_table::RowTable;
use crate::report::terminal::paint::{Paint, TerminalStyle, Verbosity};

/// How many rows are listed before the rest is counted, and where little is asked for, each in a line of so many columns
/// where no width is known.
const LISTED: usize = 30;
const BRIEF: usize = 5;
const LONGEST: usize = 240;

/// Writes how many rows all endpoints hold, and how many none has measured; and of each other row what it comes to on
/// which of them.
pub(super) fn write(table: &RowTable, out: &mut impl Write, style: TerminalStyle) -> io::Result<()> {
    if table.is_empty() {
        return Ok(());
    }
    let paint = if table.is_held() { Paint::Good } else { Paint::Doubtful };
    write!(out, "\n{}", style.with_head(paint, "ERROR ROWS", &table.summary()))?;
    let is_brief = style.verbosity == Verbosity::Quiet;
    let most = if is_brief { BRIEF } else { LISTED };
    let rows = table.differing();
    let mut contract = None;
    for row in rows.iter().take(most) {
        if is_brief {
            out.write_all(
                style.cut("  ", &format!("{}: {}", row.row, row.by_outcome()), LONGEST).as_bytes(),
            )?;
            continue;
        }
        if table.has_contracts() && contract != Some(row.contract) {
            write!(out, "{}", style.hang("  ", row.contract, 2))?;
            contract = Some(row.contract);
        }
        write!(out, "{}", style.hang("  ", row.row, 4))?;
        write!(out, "{}", style.hang("    ", &row.by_outcome(), 6))?;
    }
    match rows.len().saturating_sub(most) {
        0 => Ok(()),
        rest => writeln!(out, "  and {rest} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::report::row_table::RowTable;
    use crate::report::row_table::tests::table;
    use crate::report::terminal::paint::{TerminalStyle, Verbosity};

    fn written(table: &RowTable, width: Option<usize>, verbosity: Verbosity) -> String {
        let style =
            TerminalStyle { is_coloured: false, has_progress: false, verbosity, width, leaves_files: false };
        let mut out = Vec::new();
        write(table, &mut out, style).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rows_that_all_hold_are_counted_and_others_are_listed_with_their_endpoints() {
        let text = written(&table(3), None, Verbosity::Normal);
        let due = "\nERROR ROWS  1 of 3 error rows held on each of 2 endpoints\n  400 Row.0001 a message of some words\n    \
                   not measured: staging; held: mock\n  400 Row.0002 a message of some words\n    not held: staging; \
                   held: mock\n";
        assert_eq!(text, due);
        let text = written(&table(9), None, Verbosity::Quiet);
        let line = "  400 Row.0001 a message of some words: not measured: staging; held: mock\n";
        assert!(
            text.contains(line) && text.lines().count() == 8 && text.ends_with("  and 3 more\n"),
            "{text}"
        );
    }

    #[test]
    fn the_list_is_bounded_and_fits_a_narrow_terminal() {
        for verbosity in [Verbosity::Normal, Verbosity::Quiet] {
            let text = written(&table(10_001), Some(30), verbosity);
            assert!(text.ends_with(" more\n") && text.lines().count() < 200, "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= 30), "{text}");
        }
    }
}
