//! The matrix of error rows: how deep each holds, and which cases show it. Rows that were not met stand out.

use std::io;

use super::evidence::{ContractEvidence, RowSummary};
use super::text::{pluralise, write_dotted};
use crate::event::{OperationStart, RowStart};
use crate::markup::Html;
use crate::model::{Level, Reach};

/// Writes the matrix of one contract; `gate` is the deepest level that counts.
pub(super) fn write(
    html: &mut Html<'_>,
    operation: &OperationStart,
    evidence: &ContractEvidence,
    gate: Level,
) -> io::Result<()> {
    if operation.rows.is_empty() {
        return Ok(());
    }
    let met = evidence.rows.iter().filter(|row| row.met > 0).count();
    html.raw("<section class=\"part\"><h3>Error rows of <code>")?.line(&operation.id)?;
    html.raw("</code></h3>\n<p class=\"lead\">")?.show(met)?.raw(" of ")?;
    html.text(&pluralise(operation.rows.len(), "row"))?.raw(" met.")?;
    html.raw(
        " A row is met when all answers of a case conform, and one of them is an instance of it.</p>\n",
    )?;
    html.raw("<table class=\"matrix\"><thead><tr><th scope=\"col\">Error row</th>")?;
    for level in Level::ALL {
        html.raw("<th scope=\"col\" class=\"l\">")?.raw(level.name())?;
        html.raw(if level > gate { " <em>does not count</em></th>" } else { "</th>" })?;
    }
    html.raw("<th scope=\"col\">Holds to</th><th scope=\"col\">Evidence</th></tr></thead><tbody>\n")?;
    for (position, (code, row)) in operation.rows.iter().zip(&evidence.rows).enumerate() {
        let start = operation.error_rows.get(position).filter(|start| start.label() == **code);
        write_row(html, code, start, row, gate)?;
    }
    html.raw("</tbody></table></section>\n")?;
    Ok(())
}

fn write_row(
    html: &mut Html<'_>,
    code: &str,
    start: Option<&RowStart>,
    row: &RowSummary,
    gate: Level,
) -> io::Result<()> {
    let (class, word) = describe_row(row, gate);
    html.raw("<tr class=\"")?.raw(class)?.raw("\"><th scope=\"row\"><span class=\"code\">")?;
    if let Some(start) = start {
        html.show(start.status)?.raw(" ")?;
    }
    write_dotted(html, start.map_or(code, |start| &start.code))?;
    html.raw("</span>")?;
    if let Some(message) = start.and_then(|start| start.message.as_ref()) {
        html.raw(" <span class=\"message\">")?.line(message)?.raw("</span>")?;
    }
    html.raw("</th>")?;
    for (level, (held, broken)) in Level::ALL.into_iter().zip(row.levels) {
        html.raw("<td class=\"l\" data-l=\"")?.raw(level.name())?.raw("\">")?;
        write_level(html, held, broken)?;
        html.raw("</td>")?;
    }
    html.raw("<td class=\"depth\">")?.raw(row.depth().map_or("–", Level::name))?;
    html.raw("</td><td class=\"cases\"><b>")?.raw(word)?.raw("</b>")?;
    if row.cases.count > 0 {
        html.raw(" ")?;
        row.cases.write(html)?;
    }
    if row.open > 0 {
        html.raw(" <span class=\"unjudged\">")?
            .text(&pluralise(row.open, "case"))?
            .raw(" not judged</span>")?;
    }
    if start.is_some_and(|start| start.reach == Reach::State) {
        html.raw(" <span class=\"reach\">needs a state</span>")?;
    }
    html.raw("</td></tr>\n")?;
    Ok(())
}

fn write_level(html: &mut Html<'_>, held: usize, broken: usize) -> io::Result<()> {
    match (held, broken) {
        (0, 0) => html.raw("<span class=\"none\">–<span class=\"unseen\"> not looked at</span></span>")?,
        (held, 0) => html
            .raw("<span class=\"yes\">✓ ")?
            .show(held)?
            .raw("<span class=\"unseen\"> hold</span></span>")?,
        (held, broken) => {
            html.raw("<span class=\"no\">✗ ")?.show(broken)?.raw(" of ")?.show(held + broken)?;
            html.raw("<span class=\"unseen\"> do not hold</span></span>")?
        }
    };
    Ok(())
}

/// What a row has come to, in the words of the chips.
fn describe_row(row: &RowSummary, gate: Level) -> (&'static str, &'static str) {
    match row {
        RowSummary { met: 1.., cases, .. } if cases.broken == 0 => ("met", "✓ met"),
        RowSummary { met: 1.., .. } if row.is_broken(gate) => ("partly", "✗ broken"),
        RowSummary { met: 1.., .. } => ("partly", "◐ met once"),
        RowSummary { cases, .. } if cases.count > 0 => ("unmet", "✗ broken"),
        RowSummary { .. } => ("open", "○ not reached"),
    }
}
