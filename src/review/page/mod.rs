//! The page on which you decide in a browser. Main type: [`ReviewPage`].
//!
//! One file that loads nothing: it contains its style and its script, and its policy allows only these, by their
//! digests. It is whole without the script, which adds deciding and finding. Pure: groups in, HTML out.

mod answer;
mod case;

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::json;

use super::decision::{FORMAT, VERSION, digest};
use crate::digest::sha256_hex;
use crate::markup::{Document, Html, base_style};
use crate::model::plural;
use crate::review::{Change, ChangeGroup, fault_note};
use crate::snapshot::SnapshotFile;

const PAGE: Document =
    Document { style: concat!(base_style!(), include_str!("page.css")), script: include_str!("page.js") };
const TOOLS: &str = include_str!("tools.html");

/// How many groups show their first case opened; more would make the page slow to lay out.
const OPENED_GROUPS: usize = 20;

/// How many rows of the contract a group lists.
const LISTED_ROWS: usize = 12;

/// A page with the pending changes of one store.
#[derive(Debug, Clone, Copy)]
pub struct ReviewPage<'a> {
    /// The store's name, which the decisions repeat.
    pub store: &'a str,
    /// The folder as you know it.
    pub folder: &'a str,
    /// The arguments of `accept` that lead to the same store, for the line that the page shows.
    pub arguments: &'a str,
    /// Whether files of the store could not be used, and so are not shown.
    pub has_unusable: bool,
    /// The changes.
    pub groups: &'a [ChangeGroup],
}

impl ReviewPage<'_> {
    /// Writes the page.
    ///
    /// # Errors
    /// What `out` cannot take.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let html = &mut Html::new(out);
        self.head(html)?;
        self.overview(html)?;
        html.raw(TOOLS)?.raw("<main id=\"changes\" tabindex=\"-1\">\n")?;
        if self.groups.is_empty() {
            html.raw("<p class=\"none\">Nothing waits to be decided.</p>\n")?;
        }
        let mut first = 0;
        for (position, group) in self.groups.iter().enumerate() {
            write_group(html, group, position, first)?;
            first += group.changes.len();
        }
        html.raw("</main>\n<script type=\"application/json\" id=\"data\">")?.json(&self.data())?;
        html.raw("</script>\n")?;
        PAGE.close(html)
    }

    fn changes(&self) -> impl Iterator<Item = &Change> {
        self.groups.iter().flat_map(|group| &group.changes)
    }

    fn head(&self, html: &mut Html<'_>) -> io::Result<()> {
        let title = format!("{} pending in {}", self.changes().count(), self.folder);
        PAGE.open(html, &title)
    }

    fn overview(&self, html: &mut Html<'_>) -> io::Result<()> {
        html.raw("<a class=\"skip\" href=\"#changes\">To the changes</a>\n<header class=\"top\">\n")?;
        html.raw("<h1>Snapshots to decide on</h1>\n<dl>")?;
        let named = |name: fn(&SnapshotFile) -> &str| {
            let names: BTreeSet<&str> = self.changes().map(|change| name(&change.snapshot.new)).collect();
            let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
            if names.is_empty() { "unknown".to_owned() } else { names.join(", ") }
        };
        let (count, kinds) = (self.changes().count(), self.groups.len());
        let first_seen = self.changes().filter(|change| change.snapshot.old.is_none()).count();
        let facts = [
            ("Store", self.folder.to_owned()),
            ("Recorded from", named(|new| &new.endpoint)),
            ("Contract", named(|new| &new.version)),
            ("Pending", format!("{count}: {} changed, {first_seen} new", count - first_seen)),
            ("Kinds of change", kinds.to_string()),
        ];
        for (name, value) in facts {
            html.raw("<div><dt>")?.text(name)?.raw("</dt><dd>")?.text(&value)?.raw("</dd></div>")?;
        }
        html.raw("</dl>\n")?;
        if self.has_unusable {
            html.raw("<p class=\"warning\"><strong>Not on this page:</strong> files that cannot be used. ")?;
            html.raw("<code>proofmark pending</code> names them.</p>\n")?;
        }
        html.raw("<p class=\"then\" id=\"then\" hidden>Export what you decide, then carry it out: <code>proofmark accept ")?;
        html.text(self.arguments)?.raw("--decisions proofmark-decisions.json</code></p>\n")?;
        html.raw(
            "<noscript><p class=\"warning\">Scripts are switched off, so this page only shows. Decide with ",
        )?;
        html.raw(
            "<code>proofmark review</code>, or with <code>proofmark accept</code> and <code>reject</code>.",
        )?;
        html.raw("</p></noscript>\n</header>\n")?;
        Ok(())
    }

    /// What the script needs: the constant parts of the decisions, and the digests of each case.
    fn data(&self) -> String {
        let cases: Vec<_> = self
            .changes()
            .map(|Change { snapshot, .. }| {
                json!({
                    "case": snapshot.case,
                    "old": snapshot.old.as_ref().map(digest),
                    "new": digest(&snapshot.new),
                })
            })
            .collect();
        let mut data = json!({
            "format": FORMAT, "version": VERSION, "store": self.store, "folder": self.folder, "cases": cases,
        });
        // The digest keeps decisions of another page apart: this page does not take them up again.
        data["page"] = json!(sha256_hex(data.to_string().as_bytes()));
        data.to_string()
    }
}

fn write_group(html: &mut Html<'_>, group: &ChangeGroup, position: usize, first: usize) -> io::Result<()> {
    html.raw("<section class=\"group\" aria-labelledby=\"g")?.show(position)?.raw("\">\n")?;
    html.raw("<header class=\"head\"><h2 tabindex=\"-1\" id=\"g")?.show(position)?.raw("\">")?;
    for (position, fact) in group.facts.iter().enumerate() {
        html.raw(if position == 0 { "<span>" } else { " <span>" })?
            .line(&fact.to_string())?
            .raw("</span>")?;
    }
    let plural = plural(group.changes.len(), " case", " cases");
    html.raw("</h2><p class=\"count\">")?.show(group.changes.len())?.raw(plural)?.raw("</p></header>\n")?;
    // As each change has them: what was, and then what is.
    let mut seen = BTreeSet::new();
    let rows = group.changes.iter().flat_map(|change| &change.rows).map(String::as_str);
    let rows: Vec<&str> = rows.filter(|row| seen.insert(*row)).collect();
    write_rows(html, &rows)?;
    if let Some(note) = fault_note(&group.changes.iter().collect::<Vec<_>>()) {
        html.raw("<p class=\"warning\">")?.line(&note)?.raw("</p>\n")?;
    }
    for (offset, change) in group.changes.iter().enumerate() {
        let is_open = offset == 0 && position < OPENED_GROUPS;
        case::write(html, change, &group.facts, first + offset, is_open)?;
    }
    html.raw("</section>\n")?;
    Ok(())
}

fn write_rows(html: &mut Html<'_>, rows: &[&str]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    html.raw("<div class=\"rows\"><h3>In the contract</h3><ul>")?;
    for row in rows.iter().take(LISTED_ROWS) {
        html.raw("<li>")?.line(row)?.raw("</li>")?;
    }
    if rows.len() > LISTED_ROWS {
        html.raw("<li>and ")?.show(rows.len() - LISTED_ROWS)?.raw(" more</li>")?;
    }
    html.raw("</ul></div>\n")?;
    Ok(())
}
