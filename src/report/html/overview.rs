//! What a run, or several, come to: in words first, then in numbers, then what does not hold.

use std::io;

use super::board::Board;
use super::evidence::ContractEvidence;
use super::text::{Anchor, Label, outcome, pluralise, write_command};
use super::{causes, changes, chips, facts};
use crate::event::{Outcome, RunEnd, RunStart, SeriesEnd};
use crate::markup::Html;
use crate::report::cause::Causes;
use crate::report::listed::OF_A_CAUSE;
use crate::report::remark::{Remark, remarks};
use crate::report::row_table::RowTable;

/// How many error rows are listed before the rest is counted.
const ROWS: usize = 200;

/// A case that is named as one that does not hold.
#[derive(Debug)]
pub(super) struct OverviewCase {
    pub(super) anchor: Anchor,
    pub(super) label: Label,
    pub(super) line: String,
}

/// Writes what several runs come to.
pub(super) fn write_series(html: &mut Html<'_>, end: &SeriesEnd, rows: &RowTable) -> io::Result<()> {
    html.raw("<header class=\"top ")?.raw(outcome(end.outcome()).class)?.raw("\">\n")?;
    html.raw("<p class=\"brand\">proofmark</p>\n")?;
    write_verdict(html, end.outcome())?;
    let count = end.runs.len() + end.not_started.len();
    html.raw("<p class=\"lead\">")?
        .text(&pluralise(count, "endpoint"))?
        .raw(": this is the worst outcome.</p>\n")?;
    html.raw("<ul class=\"endpoints\">\n")?;
    for (position, run) in end.runs.iter().enumerate() {
        let label = outcome(run.outcome);
        html.raw("<li class=\"")?
            .raw(label.class)?
            .raw("\"><b>")?
            .raw(label.word)?
            .raw("</b> <a href=\"#run-")?;
        html.show(position + 1)?.raw("\">")?.line(&run.endpoint)?.raw("</a></li>\n")?;
    }
    for name in &end.not_started {
        html.raw("<li class=\"doubtful\"><b>– not started</b> ")?.line(name)?.raw("</li>\n")?;
    }
    html.raw("</ul></header>\n")?;
    write_rows(html, rows)
}

/// Writes the error rows on which endpoints differ, and which of them hold each.
fn write_rows(html: &mut Html<'_>, table: &RowTable) -> io::Result<()> {
    if table.is_empty() {
        return Ok(());
    }
    html.raw("<section class=\"part\"><h2>Error rows</h2>\n<p class=\"lead\">")?;
    html.text(&table.summary())?.raw(".</p>\n")?;
    let rows = table.differing();
    if rows.is_empty() {
        html.raw("</section>\n")?;
        return Ok(());
    }
    html.raw("<table><tbody>\n")?;
    for row in rows.iter().take(ROWS) {
        html.raw("<tr><th scope=\"row\">")?;
        if table.has_contracts() {
            html.line(row.contract)?.raw(" ")?;
        }
        html.raw("<code>")?.line(row.row)?.raw("</code></th><td>")?;
        html.line(&row.by_outcome())?.raw("</td></tr>\n")?;
    }
    html.raw("</tbody></table>\n")?;
    if rows.len() > ROWS {
        html.raw("<p>and ")?.show(rows.len() - ROWS)?.raw(" more</p>\n")?;
    }
    html.raw("</section>\n")?;
    Ok(())
}

fn write_verdict(html: &mut Html<'_>, all: Outcome) -> io::Result<()> {
    html.raw("<h1>")?.raw(outcome(all).word)?.raw("</h1>\n")?;
    Ok(())
}

/// What is known of a run when it is over.
pub(super) struct Summary<'a> {
    pub(super) start: &'a RunStart,
    pub(super) end: &'a RunEnd,
    pub(super) warnings: &'a [String],
    pub(super) causes: &'a Causes,
    pub(super) board: &'a Board,
    pub(super) evidence: &'a [ContractEvidence],
    pub(super) listed: &'a [OverviewCase],
    /// How many cases do not hold, also those that are not listed.
    pub(super) unlisted: usize,
    pub(super) number: usize,
    pub(super) is_series: bool,
}

impl Summary<'_> {
    /// Writes the beginning of a run's part of the page.
    pub(super) fn write(&self, html: &mut Html<'_>) -> io::Result<()> {
        if !self.is_series {
            html.raw("<header class=\"top ")?.raw(outcome(self.end.outcome()).class)?.raw("\">\n")?;
            self.write_occasion(html)?;
            write_verdict(html, self.end.outcome())?;
            self.write_lead(html)?;
            html.raw("</header>\n")?;
        }
        html.raw("<section class=\"run\" aria-labelledby=\"run-")?.show(self.number)?.raw("\">\n<h2")?;
        // The only endpoint is in the sentence above.
        html.raw(if self.is_series { " id=\"run-" } else { " class=\"unseen\" id=\"run-" })?;
        html.show(self.number)?.raw("\">Endpoint: ")?.line(&self.start.endpoint.name)?.raw("</h2>\n")?;
        if self.is_series {
            let label = outcome(self.end.outcome());
            html.raw("<p class=\"outcome ")?
                .raw(label.class)?
                .raw("\"><b>")?
                .raw(label.word)?
                .raw("</b></p>\n")?;
            self.write_lead(html)?;
            self.write_occasion(html)?;
        }
        let remarks = remarks(self.start, self.warnings, self.end);
        self.write_warnings(html, &remarks)?;
        causes::write(html, self.causes, self.number)?;
        if let Some(changes) = &self.end.changes {
            changes::write(html, changes, self.number)?;
        }
        self.write_board(html)?;
        facts::write_counts(html, &self.end.counts)?;
        facts::write(html, self.start, self.end)?;
        facts::write_notes(html, &remarks)?;
        self.write_listed(html)
    }

    /// The run at a glance: each case and each error row.
    fn write_board(&self, html: &mut Html<'_>) -> io::Result<()> {
        html.raw("<div class=\"two\"><div>\n")?;
        self.board.write(html)?;
        html.raw("</div><div>\n")?;
        for (position, (operation, evidence)) in self.start.operations.iter().zip(self.evidence).enumerate() {
            let held = self.end.rows_held.as_ref().and_then(|rows| rows.get(position));
            chips::write(html, operation, evidence, held, self.start.gate)?;
        }
        html.raw("</div></div>\n")?;
        Ok(())
    }

    /// What the run comes to, as sentences.
    fn write_lead(&self, html: &mut Html<'_>) -> io::Result<()> {
        html.raw("<p class=\"lead\">")?.line(&self.lead())?.raw("</p>\n")?;
        if let Some(changes) = &self.end.changes {
            changes::write_lead(html, changes, self.number)?;
        }
        let rows: usize = self.start.operations.iter().map(|operation| operation.rows.len()).sum();
        let met: usize = self.end.rows_met.iter().map(std::collections::BTreeSet::len).sum();
        html.raw("<p class=\"lead\">")?.show(met)?.raw(" of ")?.text(&pluralise(rows, "error row"))?;
        html.raw(" met")?;
        if let Some(rows) = &self.end.rows_held {
            let held: usize = rows.iter().map(|rows| rows.held.len()).sum();
            html.raw(", ")?.show(held)?.raw(" held")?;
        }
        if let Some(strength) = &self.end.strength {
            html.raw(". Mutants: ")?.text(&strength.mutants.summary())?;
            if let Some(floor) = &strength.floor {
                html.raw(". Floor: ")?.text(&floor.summary())?;
            }
        }
        html.raw(". Levels up to <b>")?.raw(self.start.gate.name())?.raw("</b> count.</p>\n")?;
        Ok(())
    }

    /// When and how the run was started.
    fn write_occasion(&self, html: &mut Html<'_>) -> io::Result<()> {
        html.raw("<p class=\"occasion\">")?.line(&self.start.occasion())?;
        if let Some(command) = &self.start.command {
            html.raw(": ")?;
            write_command(html, command)?;
        }
        html.raw("</p>\n")?;
        Ok(())
    }

    fn lead(&self) -> String {
        let (counts, name) = (&self.end.counts, &self.start.endpoint.name);
        let judged = pluralise(counts.count_judged(), "case");
        let mut parts = vec![match self.end.outcome() {
            Outcome::Conforms => {
                format!("Every answer of {name} that was judged is as its contract says: {judged}.")
            }
            Outcome::Broken if counts.failed == 0 => {
                format!("No case of {judged} failed on {name}, but a waiver does not hold any more.")
            }
            Outcome::Broken => {
                let causes = match self.causes.count_broken() {
                    0 => String::new(),
                    count => format!(", for {}", pluralise(count, "cause")),
                };
                format!("{} of {judged} failed on {name}{causes}.", counts.failed)
            }
            Outcome::Inconclusive => {
                format!("Nothing is known to be broken on {name}, and not everything could be decided.")
            }
            Outcome::Interrupted => {
                format!("The run on {name} was interrupted, so it says nothing of the whole.")
            }
        }];
        for (count, one, several) in [
            (counts.waived, "failed as waivers say", "failed as waivers say"),
            (counts.flaky, "passed, but not at the first attempt", "passed, but not at the first attempt"),
            (counts.inconclusive, "is inconclusive", "are inconclusive"),
            (counts.skipped.saturating_sub(counts.not_meant), "was skipped", "were skipped"),
            (counts.not_meant, "was skipped on purpose", "were skipped on purpose"),
            (
                self.end.left_behind,
                "left something behind on the endpoint",
                "left something behind on the endpoint",
            ),
        ] {
            if count > 0 {
                let words = if count == 1 { one } else { several };
                parts.push(format!("{} {words}.", pluralise(count, "case")));
            }
        }
        parts.join(" ")
    }

    /// What must not be overlooked.
    fn write_warnings(&self, html: &mut Html<'_>, remarks: &[Remark]) -> io::Result<()> {
        if !self.start.faults.is_empty() {
            html.raw("<p class=\"warning\"><strong>Faults are switched on, so this run says nothing about conformance:</strong> ")?;
            html.line(&self.start.faults.join(", "))?.raw("</p>\n")?;
        }
        facts::write_warnings(html, remarks)
    }

    /// The cases that do not hold.
    fn write_listed(&self, html: &mut Html<'_>) -> io::Result<()> {
        if self.listed.is_empty() {
            return Ok(());
        }
        html.raw(
            "<section class=\"part\"><h3>What to look at</h3>\n<p class=\"lead\">Of each cause, at most ",
        )?;
        html.show(OF_A_CAUSE)?.raw(" cases.</p>\n<ul class=\"listed\">\n")?;
        for OverviewCase { anchor, label, line } in self.listed {
            html.raw("<li class=\"")?
                .raw(label.class)?
                .raw("\"><span class=\"v\">")?
                .raw(label.word)?
                .raw("</span> ")?;
            anchor.link(html)?;
            html.raw(" <span class=\"line\">")?.line(line)?.raw("</span></li>\n")?;
        }
        if self.unlisted > 0 {
            html.raw("<li>and ")?.show(self.unlisted)?.raw(" more below</li>\n")?;
        }
        html.raw("</ul></section>\n")?;
        Ok(())
    }
}
