//! One snapshot on the page: what has changed, its request, its answers. What is shown of it is bounded.

use std::io;

use super::answer::write_answers;
use crate::markup::Html;
use crate::review::{Change, Fact, fault_note};
use crate::snapshot::SnapshotFile;

/// How many lines of a difference, or of a request, are shown.
pub(super) const SHOWN_LINES: usize = 400;

/// Writes the case with this number; `is_open` shows the difference at once.
pub(super) fn write(
    html: &mut Html<'_>,
    change: &Change,
    known: &[Fact],
    number: usize,
    is_open: bool,
) -> io::Result<()> {
    let snapshot = &change.snapshot;
    html.raw("<article class=\"case\" aria-labelledby=\"c")?.show(number)?.raw("\">\n")?;
    html.raw("<div class=\"head\"><h3 tabindex=\"-1\" id=\"c")?.show(number)?.raw("\">")?;
    html.text(&snapshot.case)?.raw("</h3></div>\n")?;
    html.raw(if is_open { "<details open>" } else { "<details>" })?;
    html.raw("<summary>Request and answers")?;
    if !snapshot.new.about.is_empty() {
        html.raw(" <span class=\"about\">")?.line(&snapshot.new.about)?.raw("</span>")?;
    }
    html.raw("</summary>\n")?;
    write_facts(html, change, known)?;
    if let Some(note) = fault_note(&[change]) {
        html.raw("<p class=\"warning\">")?.line(&note)?.raw("</p>\n")?;
    }
    write_origin(html, snapshot.old.as_ref(), &snapshot.new)?;
    write_request(html, &snapshot.new.text)?;
    write_answers(html, snapshot.old.as_ref(), &snapshot.new)?;
    html.raw("</details>\n</article>\n")?;
    Ok(())
}

/// What is not said of the whole group.
fn write_facts(html: &mut Html<'_>, change: &Change, known: &[Fact]) -> io::Result<()> {
    if change.facts == known {
        return Ok(());
    }
    html.raw("<ul class=\"facts\">")?;
    for fact in &change.facts {
        html.raw("<li>")?.line(&fact.to_string())?.raw("</li>")?;
    }
    html.raw("</ul>\n")?;
    Ok(())
}

/// Where both come from, if that is not the same.
fn write_origin(html: &mut Html<'_>, old: Option<&SnapshotFile>, new: &SnapshotFile) -> io::Result<()> {
    let Some(old) = old.filter(|old| (&old.endpoint, &old.version) != (&new.endpoint, &new.version)) else {
        return Ok(());
    };
    html.raw("<p class=\"origin\">Accepted before from <code>")?.line(&old.endpoint)?;
    html.raw("</code>, contract <code>")?.line(&old.version)?;
    html.raw("</code>; seen now from <code>")?.line(&new.endpoint)?;
    html.raw("</code>, contract <code>")?.line(&new.version)?.raw("</code>.</p>\n")?;
    Ok(())
}

/// Writes the lines of the transcript that were sent; an empty line separates the steps.
fn write_request(html: &mut Html<'_>, transcript: &str) -> io::Result<()> {
    let count = transcript.lines().filter(|line| line.starts_with('>')).count();
    if count == 0 {
        return Ok(());
    }
    html.raw("<details class=\"request\" open><summary>Request</summary><pre>")?;
    let (mut shown, mut is_apart) = (0, false);
    for line in transcript.lines() {
        match line.strip_prefix('>') {
            _ if shown == SHOWN_LINES => break,
            None => is_apart = shown > 0,
            Some(sent) => {
                html.raw(if is_apart { "\n" } else { "" })?;
                html.line(sent.strip_prefix(' ').unwrap_or(sent))?.raw("\n")?;
                (shown, is_apart) = (shown + 1, false);
            }
        }
    }
    html.raw("</pre>")?;
    write_rest(html, count - shown)?;
    html.raw("</details>\n")?;
    Ok(())
}

pub(super) fn write_rest(html: &mut Html<'_>, count: usize) -> io::Result<()> {
    if count > 0 {
        html.raw("<p class=\"gap\">")?.show(count)?.raw(" more lines are not shown here</p>\n")?;
    }
    Ok(())
}
