//! Every error row as a chip, by what has come of it. Main type: [`RowState`].

use std::io;

use super::evidence::{ContractEvidence, RowSummary};
use crate::event::{OperationStart, RowsHeld};
use crate::markup::Html;
use crate::model::Level;

/// What has come of an error row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowState {
    /// A case that expects it failed.
    Broken,
    /// A case met it, and it is not held, or that is not known.
    Met,
    /// Every case that was judged passed, and others were not run or not decided.
    HeldInPart,
    /// Held.
    Held,
    /// No case that expects it was judged.
    NotReached,
}

impl RowState {
    /// All of them, what is to be mended first.
    const ALL: [Self; 5] = [Self::Broken, Self::Met, Self::HeldInPart, Self::Held, Self::NotReached];

    fn of(row: &RowSummary, gate: Level) -> Self {
        match row {
            row if row.is_broken(gate) => Self::Broken,
            row if row.met > 0 => Self::Met,
            _ => Self::NotReached,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Met => "once",
            Self::HeldInPart => "some",
            Self::Held => "held",
            Self::NotReached => "unreached",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Broken => "✗",
            Self::Met => "◐",
            Self::HeldInPart => "◕",
            Self::Held => "✓",
            Self::NotReached => "○",
        }
    }

    /// Its name, and what it says.
    fn legend(self, is_held_known: bool) -> (&'static str, &'static str) {
        match self {
            Self::Broken => ("broken", "a case that expects the row failed"),
            Self::Met if is_held_known => (
                "met once",
                "a case met the row; another one, or the accepted case most like it, did not pass or was not run",
            ),
            Self::Met => ("met", "a case met the row, and none that expects it failed"),
            Self::HeldInPart => (
                "held in part",
                "each case that was judged passed, one together with the accepted case most like it; others were not run",
            ),
            Self::Held => {
                ("held", "each case that expects the row passed, and so did the accepted case most like it")
            }
            Self::NotReached => ("not reached", "no case that expects the row was judged in this run"),
        }
    }
}

/// Writes the error rows of a contract; `gate` is the deepest level that counts.
pub(super) fn write(
    html: &mut Html<'_>,
    operation: &OperationStart,
    evidence: &ContractEvidence,
    held: Option<&RowsHeld>,
    gate: Level,
) -> io::Result<()> {
    if operation.rows.is_empty() {
        return Ok(());
    }
    let met = evidence.rows.iter().filter(|row| row.met > 0).count();
    let (count, word) = held.map_or((met, "met"), |held| (held.held.len(), "held"));
    html.raw("<section class=\"part chips\"><h3>Error rows: ")?.show(count)?.raw(" of ")?;
    html.show(operation.rows.len())?.raw(" ")?.raw(word)?.raw("</h3>\n<p><code>")?;
    html.line(&operation.id)?.raw("</code></p>\n")?;
    let rows: Vec<(RowState, &str)> = operation
        .rows
        .iter()
        .zip(&evidence.rows)
        .enumerate()
        .map(|(position, (label, row))| {
            let start = operation.error_rows.get(position).filter(|start| start.label() == **label);
            let state = match held {
                Some(held) if held.held.contains(label) => RowState::Held,
                Some(held) if held.held_in_part.contains(label) => RowState::HeldInPart,
                Some(_) | None => RowState::of(row, gate),
            };
            (state, start.map_or(&**label, |start| &*start.code))
        })
        .collect();
    for state in RowState::ALL {
        let codes: Vec<&str> =
            rows.iter().filter(|(other, _)| *other == state).map(|(_, code)| *code).collect();
        write_state(html, state, &codes, held.is_some())?;
    }
    html.raw("</section>\n")?;
    Ok(())
}

/// Writes the rows in one state, below its name and what it means.
fn write_state(html: &mut Html<'_>, state: RowState, codes: &[&str], is_held_known: bool) -> io::Result<()> {
    if codes.is_empty() {
        return Ok(());
    }
    let (word, meaning) = state.legend(is_held_known);
    html.raw("<div class=\"")?.raw(state.class())?.raw("\"><p><b>")?.raw(state.sign())?.raw(" ")?;
    html.show(codes.len())?.raw(" ")?.raw(word)?.raw(":</b> ")?.raw(meaning)?.raw("</p>\n<ul>")?;
    for code in codes {
        html.raw("<li><b aria-hidden=\"true\">")?.raw(state.sign())?.raw("</b> ")?;
        html.line(code)?.raw("</li>\n")?;
    }
    html.raw("</ul></div>\n")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::RowState;
    use crate::model::Level;
    use crate::report::html::evidence::{Cases, RowSummary};

    #[test]
    fn a_row_is_broken_where_an_answer_was_wrong_and_not_reached_where_no_case_was_judged() {
        let row = |met, judged, broken_message| {
            let mut levels = [(judged, 0); Level::ALL.len()];
            levels[Level::Message as usize].1 = broken_message;
            let cases = Cases { count: judged, ..Cases::default() };
            RowSummary { levels, met, open: 1, cases }
        };
        for (row, gate, due) in [
            (row(2, 2, 0), Level::Snapshot, RowState::Met),
            (row(1, 2, 1), Level::Snapshot, RowState::Broken),
            (row(2, 2, 1), Level::Code, RowState::Met),
            (row(0, 2, 0), Level::Snapshot, RowState::Broken),
            (row(0, 0, 0), Level::Snapshot, RowState::NotReached),
        ] {
            assert_eq!(RowState::of(&row, gate), due, "{row:?}");
        }
    }
}
