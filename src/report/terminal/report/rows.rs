//! The error rows of several endpoints, one beside the other. Main type: [`RowTable`].

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use crate::event::{RunEnd, RunStart};
use crate::model::plural;
use crate::report::terminal::paint::{Paint, TerminalStyle};

/// How many rows are listed before the rest is counted.
const LISTED: usize = 30;

/// What is known of a row on an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Held,
    NotHeld,
    NotMeasured,
}

impl Cell {
    fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::NotHeld => "not held",
            Self::NotMeasured => "not measured",
        }
    }
}

/// What is known of each error row on each endpoint of a series.
#[derive(Debug, Default)]
pub(super) struct RowTable {
    endpoints: usize,
    /// By contract and row, the endpoints on which something is known of it.
    rows: BTreeMap<(String, Arc<str>), Cells>,
}

/// What a row comes to, by the name of the endpoint.
type Cells = Vec<(String, Cell)>;

impl RowTable {
    /// Takes in a run that is over. Rows that no case expects are left out.
    pub(super) fn add(&mut self, start: &RunStart, end: &RunEnd) {
        self.endpoints += 1;
        let held = end.rows_held.as_deref().unwrap_or_default();
        for (operation, rows) in start.operations.iter().zip(held) {
            let sets = [
                (Cell::Held, &rows.held),
                (Cell::NotHeld, &rows.not_held),
                (Cell::NotMeasured, &rows.unmeasured),
            ];
            for (cell, row) in
                sets.into_iter().flat_map(|(cell, rows)| rows.iter().map(move |row| (cell, row)))
            {
                let cells = self.rows.entry((operation.id.clone(), Arc::clone(row))).or_default();
                cells.push((start.endpoint.name.clone(), cell));
            }
        }
    }

    /// Writes how many rows all endpoints hold, and how many none has measured; and of each other row what it comes to on which of them.
    pub(super) fn write(&self, out: &mut impl Write, style: TerminalStyle) -> io::Result<()> {
        if self.endpoints < 2 || self.rows.is_empty() {
            return Ok(());
        }
        let others: Vec<_> = self.rows.iter().filter(|(_, cells)| !self.is_all(Cell::Held, cells)).collect();
        let (all, held) = (self.rows.len(), self.rows.len() - others.len());
        let (unknown, others): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|(_, cells)| self.is_all(Cell::NotMeasured, cells));
        let rows = plural(all, "error row", "error rows");
        let nowhere = match unknown.len() {
            0 => String::new(),
            count => format!(", {count} measured on none"),
        };
        let text = format!("{held} of {all} {rows} held on each of {} endpoints{nowhere}", self.endpoints);
        let paint = if others.is_empty() { Paint::Good } else { Paint::Doubtful };
        write!(out, "\n{}", style.with_head(paint, "ERROR ROWS", &text))?;
        let mut contract = None;
        let several =
            self.rows.keys().any(|(id, _)| self.rows.keys().next().is_some_and(|(first, _)| id != first));
        for ((id, row), cells) in others.iter().take(LISTED) {
            if several && contract != Some(id) {
                write!(out, "{}", style.hang("  ", id, 2))?;
                contract = Some(id);
            }
            write!(out, "{}", style.hang("  ", row, 4))?;
            write!(out, "{}", style.hang("    ", &by_outcome(cells), 6))?;
        }
        match others.len().saturating_sub(LISTED) {
            0 => Ok(()),
            rest => writeln!(out, "  and {rest} more"),
        }
    }

    /// Whether a row comes to the same on every endpoint.
    fn is_all(&self, cell: Cell, cells: &[(String, Cell)]) -> bool {
        cells.len() == self.endpoints && cells.iter().all(|(_, other)| *other == cell)
    }
}

/// The endpoints by what a row comes to on them, those that do not hold it first.
fn by_outcome(cells: &[(String, Cell)]) -> String {
    let parts = [Cell::NotHeld, Cell::NotMeasured, Cell::Held].into_iter().filter_map(|cell| {
        let names = cells.iter().filter(|(_, other)| *other == cell).map(|(name, _)| name.as_str());
        let names: Vec<&str> = names.collect();
        (!names.is_empty()).then(|| format!("{}: {}", cell.name(), names.join(", ")))
    });
    parts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::{Cell, RowTable};
    use crate::report::terminal::paint::{TerminalStyle, Verbosity};

    fn style(width: Option<usize>) -> TerminalStyle {
        TerminalStyle {
            is_coloured: false,
            has_progress: false,
            verbosity: Verbosity::Normal,
            width,
            leaves_files: false,
        }
    }

    fn written(table: &RowTable, width: Option<usize>) -> String {
        let mut out = Vec::new();
        table.write(&mut out, style(width)).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn table(rows: usize) -> RowTable {
        let cell = |row: usize| {
            let names = ["mock".to_owned(), "staging".to_owned()];
            let [first, second] = names;
            let key = ("a/Get".to_owned(), format!("400 Row.{row:04} a message of some words").into());
            let other = if row.is_multiple_of(2) { Cell::NotHeld } else { Cell::NotMeasured };
            (key, vec![(first, Cell::Held), (second, if row == 0 { Cell::Held } else { other })])
        };
        RowTable { endpoints: 2, rows: (0..rows).map(cell).collect() }
    }

    #[test]
    fn rows_that_all_hold_are_counted_and_others_are_listed_with_their_endpoints() {
        let text = written(&table(3), None);
        let due = "\nERROR ROWS  1 of 3 error rows held on each of 2 endpoints\n  400 Row.0001 a message of some words\n    \
                   not measured: staging; held: mock\n  400 Row.0002 a message of some words\n    not held: staging; \
                   held: mock\n";
        assert_eq!(text, due);
    }

    #[test]
    fn the_list_is_bounded_and_fits_a_narrow_terminal() {
        let text = written(&table(10_001), Some(30));
        assert!(text.ends_with("  and 9970 more\n") && text.lines().count() < 200, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 30), "{text}");
    }
}
