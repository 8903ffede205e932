//! Every case as a square, by table: the run at a glance. Main type: [`Board`].

use std::io;

use super::text::{Anchor, label};
use crate::markup::Html;
use crate::model::{CaseRecord, Verdict};

/// How many cases have a square of their own. A page of more has a bar for each table: thousands of squares say no more,
/// and memory does not grow with cases.
const SQUARES: usize = 3000;

/// The verdicts that a bar has parts of, in order.
const CLASSES: [&str; 6] = ["passed", "flaky", "failed", "waived", "inconclusive", "skipped"];

/// The cases so far, by table.
#[derive(Debug, Default)]
pub(super) struct Board {
    tables: Vec<BoardRow>,
    count: usize,
}

#[derive(Debug)]
struct BoardRow {
    table: String,
    counts: [usize; 6],
    squares: Vec<(Anchor, &'static str)>,
}

impl Board {
    /// Takes a case. Those of a table come one after the other.
    pub(super) fn add(&mut self, record: &CaseRecord, run: usize) {
        if self.tables.last().is_none_or(|row| row.table != record.id.table()) {
            let table = record.id.table().to_owned();
            self.tables.push(BoardRow { table, counts: [0; 6], squares: Vec::new() });
        }
        self.count += 1;
        if self.count == SQUARES + 1 {
            self.tables.iter_mut().for_each(|row| row.squares = Vec::new());
        }
        let class = label(&record.verdict).class;
        let Some(row) = self.tables.last_mut() else { return };
        row.counts[position(&record.verdict)] += 1;
        if self.count <= SQUARES {
            row.squares.push((Anchor { run, case: record.id.clone() }, class));
        }
    }

    /// Writes all tables.
    pub(super) fn write(&self, html: &mut Html<'_>) -> io::Result<()> {
        if self.tables.is_empty() {
            return Ok(());
        }
        html.raw("<section class=\"part board\"><h3>Cases by table</h3>\n<table><tbody>\n")?;
        for row in &self.tables {
            let name = row.table.rsplit('/').next().unwrap_or_default();
            html.raw("<tr><th scope=\"row\" title=\"")?.attribute(&row.table)?.raw("\"><code>")?;
            html.line(name)?.raw("</code></th><td>")?;
            if self.count > SQUARES {
                row.write_bar(html)?;
            } else {
                row.write_squares(html)?;
            }
            html.raw("</td><td class=\"n\">")?.show(row.counts[0])?.raw("/")?;
            html.show(row.counts.iter().sum::<usize>())?;
            html.raw("<span class=\"unseen\"> passed</span></td></tr>\n")?;
        }
        html.raw(
            "</tbody></table>\n<p class=\"legend\" aria-hidden=\"true\"><span class=\"passed\"></span> passed ",
        )?;
        html.raw("<span class=\"failed\"></span> failed <span class=\"waived\"></span> flaky, waived or inconclusive ")?;
        html.raw("<span class=\"skipped\"></span> skipped</p></section>\n")?;
        Ok(())
    }
}

impl BoardRow {
    /// The list of cases below has the same for a reader of the screen and for keys, so squares are for the pointer.
    fn write_squares(&self, html: &mut Html<'_>) -> io::Result<()> {
        html.raw("<div class=\"squares\" aria-hidden=\"true\">")?;
        for (anchor, class) in &self.squares {
            html.raw("<a tabindex=\"-1\" class=\"")?.raw(class)?.raw("\" href=\"#")?;
            anchor.write(html)?;
            html.raw("\" title=\"")?.attribute(super::text::short(&anchor.case))?.raw("\"></a>")?;
        }
        html.raw("</div>")?;
        Ok(())
    }

    fn write_bar(&self, html: &mut Html<'_>) -> io::Result<()> {
        let total: usize = self.counts.iter().sum();
        html.raw("<svg class=\"share\" aria-hidden=\"true\" preserveAspectRatio=\"none\" viewBox=\"0 0 ")?;
        html.show(total.max(1))?.raw(" 1\">")?;
        let mut left = 0;
        for (class, count) in CLASSES.into_iter().zip(self.counts) {
            html.raw("<rect class=\"")?.raw(class)?.raw("\" height=\"1\" x=\"")?.show(left)?;
            html.raw("\" width=\"")?.show(count)?.raw("\"/>")?;
            left += count;
        }
        html.raw("</svg>")?;
        Ok(())
    }
}

/// Where the verdict is in [`CLASSES`].
fn position(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Passed => 0,
        Verdict::Flaky { .. } => 1,
        Verdict::Failed => 2,
        Verdict::Waived { .. } => 3,
        Verdict::Inconclusive(_) => 4,
        Verdict::Skipped(_) => 5,
    }
}
