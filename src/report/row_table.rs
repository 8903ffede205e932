//! The error rows of several endpoints, one beside the other. Main type: [`RowTable`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::{RunEnd, RunStart};
use crate::model::plural;

/// What is known of a row on an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    Held,
    HeldInPart,
    NotHeld,
    NotMeasured,
}

impl Cell {
    /// All of them, those that matter most first.
    pub(super) const ALL: [Self; 4] = [Self::NotHeld, Self::NotMeasured, Self::HeldInPart, Self::Held];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::HeldInPart => "held in part",
            Self::NotHeld => "not held",
            Self::NotMeasured => "not measured",
        }
    }
}

/// What is known of each error row on each endpoint of a series.
#[derive(Debug, Default)]
pub(super) struct RowTable {
    endpoints: Vec<String>,
    /// By contract and row, the endpoints on which something is known of it.
    rows: BTreeMap<(String, Arc<str>), Cells>,
}

/// What a row comes to, by the name of the endpoint.
type Cells = Vec<(String, Cell)>;

/// A row that some endpoint does not hold, or on which endpoints differ.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableRow<'a> {
    /// The contract.
    pub(super) contract: &'a str,
    /// Status, code and message.
    pub(super) row: &'a str,
    cells: &'a Cells,
}

impl RowTable {
    /// Takes in a run that is over. Rows that no case expects are left out.
    pub(super) fn add(&mut self, start: &RunStart, end: &RunEnd) {
        let name = &start.endpoint.name;
        self.endpoints.push(name.clone());
        let held = end.rows_held.as_deref().unwrap_or_default();
        for (operation, rows) in start.operations.iter().zip(held) {
            let sets = [
                (Cell::Held, &rows.held),
                (Cell::NotHeld, &rows.not_held),
                (Cell::NotMeasured, &rows.unmeasured),
            ];
            let all = sets.into_iter().flat_map(|(cell, rows)| rows.iter().map(move |row| (cell, row)));
            for (cell, row) in all {
                let cell = if rows.held_in_part.contains(row) { Cell::HeldInPart } else { cell };
                let cells = self.rows.entry((operation.id.clone(), Arc::clone(row))).or_default();
                cells.push((name.clone(), cell));
            }
        }
    }

    /// The endpoints, in the order of their runs.
    pub(super) fn endpoints(&self) -> &[String] {
        &self.endpoints
    }

    /// Whether there is something to compare.
    pub(super) fn is_empty(&self) -> bool {
        self.endpoints.len() < 2 || self.rows.is_empty()
    }

    /// Whether rows are of several contracts.
    pub(super) fn has_contracts(&self) -> bool {
        let mut contracts = self.rows.keys().map(|(contract, _)| contract);
        contracts.next().is_some_and(|first| contracts.any(|other| other != first))
    }

    /// How many rows all endpoints hold, and how many none has measured.
    pub(super) fn summary(&self) -> String {
        let held = self.count(Cell::Held);
        let in_part = match self.count(Cell::HeldInPart) {
            0 => String::new(),
            count => format!(", {count} in part"),
        };
        let nowhere = match self.count(Cell::NotMeasured) {
            0 => String::new(),
            count => format!(", {count} measured on none"),
        };
        let (all, endpoints) = (self.rows.len(), self.endpoints.len());
        let rows = plural(all, "error row", "error rows");
        format!("{held} of {all} {rows} held on each of {endpoints} endpoints{in_part}{nowhere}")
    }

    /// Whether every endpoint holds every row.
    pub(super) fn is_held(&self) -> bool {
        self.count(Cell::Held) == self.rows.len()
    }

    /// The rows that do not come to the same on each endpoint, or are not held on any.
    pub(super) fn differing(&self) -> Vec<TableRow<'_>> {
        let is_counted = |cells: &Cells| {
            [Cell::Held, Cell::HeldInPart, Cell::NotMeasured].into_iter().any(|cell| self.is_all(cell, cells))
        };
        let rows = self.rows.iter().filter(|(_, cells)| !is_counted(cells));
        rows.map(|((contract, row), cells)| TableRow { contract, row, cells }).collect()
    }

    fn count(&self, cell: Cell) -> usize {
        self.rows.values().filter(|cells| self.is_all(cell, cells)).count()
    }

    /// Whether a row comes to the same on every endpoint.
    fn is_all(&self, cell: Cell, cells: &Cells) -> bool {
        cells.len() == self.endpoints.len() && cells.iter().all(|(_, other)| *other == cell)
    }
}

impl TableRow<'_> {
    /// What it comes to on an endpoint, if anything is known of that.
    pub(super) fn on(&self, endpoint: &str) -> Option<Cell> {
        self.cells.iter().find(|(name, _)| name == endpoint).map(|(_, cell)| *cell)
    }

    /// The endpoints on which it comes to this.
    pub(super) fn endpoints_with(&self, cell: Cell) -> Vec<&str> {
        let names = self.cells.iter().filter(|(_, other)| *other == cell);
        names.map(|(name, _)| name.as_str()).collect()
    }

    /// The endpoints by what it comes to on them, those that do not hold it first.
    pub(super) fn by_outcome(&self) -> String {
        let parts = Cell::ALL.into_iter().filter_map(|cell| {
            let names = self.endpoints_with(cell);
            (!names.is_empty()).then(|| format!("{}: {}", cell.name(), names.join(", ")))
        });
        parts.collect::<Vec<_>>().join("; ")
    }
}

/// Tables for the tests of those that show them.
#[cfg(test)]
pub(super) mod tests {
    use super::{Cell, RowTable};

    /// Rows of one contract: the first held on both endpoints, others on the first alone.
    pub(in crate::report) fn table(rows: usize) -> RowTable {
        let cell = |row: usize| {
            let [first, second] = ["mock".to_owned(), "staging".to_owned()];
            let key = ("a/Get".to_owned(), format!("400 Row.{row:04} a message of some words").into());
            let other = if row.is_multiple_of(2) { Cell::NotHeld } else { Cell::NotMeasured };
            (key, vec![(first, Cell::Held), (second, if row == 0 { Cell::Held } else { other })])
        };
        let endpoints = vec!["mock".to_owned(), "staging".to_owned()];
        RowTable { endpoints, rows: (0..rows).map(cell).collect() }
    }

    #[test]
    fn rows_that_all_hold_are_counted_and_others_are_listed() {
        let table = table(3);
        assert_eq!(table.summary(), "1 of 3 error rows held on each of 2 endpoints");
        let lines: Vec<String> =
            table.differing().iter().map(|row| format!("{}: {}", &row.row[..12], row.by_outcome())).collect();
        let due = [
            "400 Row.0001: not measured: staging; held: mock",
            "400 Row.0002: not held: staging; held: mock",
        ];
        assert_eq!(lines, due);
        assert_eq!(table.differing()[1].on("staging"), Some(Cell::NotHeld));
        assert!(!table.has_contracts() && !table.is_held() && !table.is_empty());
    }
}
