//! The facts of a run: counts, what was run and how, and snapshots to look after.

use std::io;

use super::text::{NAMED, time};
use crate::event::{RunEnd, RunStart};
use crate::markup::Html;
use crate::model::VerdictCounts;

/// Writes what was run, on what, and how.
pub(super) fn write(html: &mut Html<'_>, start: &RunStart, end: &RunEnd) -> io::Result<()> {
    html.raw("<dl class=\"facts\">")?;
    for operation in &start.operations {
        fact(html, "Contract", &format!("{} {}", operation.id, operation.version))?;
    }
    fact(html, "Address", &start.endpoint.url)?;
    fact(html, "Cases", &format!("{} of {}", start.selected, start.known))?;
    fact(html, "Exchanges", &end.exchanges.to_string())?;
    fact(html, "Snapshots", &snapshots(start, end))?;
    fact(html, "Time", &time(end.elapsed))?;
    fact(html, "Seed", &start.seeds())?;
    for part in start.parts.iter().take(NAMED) {
        if let Some(command) = &part.command {
            let shard = part.shard.map_or_else(String::new, |shard| format!("part {shard}: "));
            fact(html, "Command", &format!("{shard}{command}"))?;
        }
    }
    html.raw("</dl>\n")?;
    Ok(())
}

fn snapshots(start: &RunStart, end: &RunEnd) -> String {
    if start.snapshots.is_none() {
        return "none for this endpoint".to_owned();
    }
    let counts = &end.snapshots;
    let parts = [
        (counts.same, "same"),
        (counts.different, "different"),
        (counts.outranked, "outranked"),
        (counts.missing, "missing"),
        (counts.written, "written"),
        (counts.unusable, "unusable"),
    ];
    let counted: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if counted.is_empty() { "none looked at".to_owned() } else { counted.join(", ") }
}

/// Writes which snapshots need attention.
pub(super) fn write_notes(html: &mut Html<'_>, end: &RunEnd) -> io::Result<()> {
    let orphans: Vec<String> = end.orphans.iter().map(|path| path.display().to_string()).collect();
    let stale = end.stale_snapshots.iter().flatten();
    let stale: Vec<String> = stale.map(|snapshot| format!("{}: {}", snapshot.case, snapshot.why)).collect();
    for (words, texts) in
        [("Snapshots that belong to no case: ", orphans), ("Snapshots that are stale: ", stale)]
    {
        if texts.is_empty() {
            continue;
        }
        html.raw("<details class=\"more\"><summary>")?
            .raw(words)?
            .show(texts.len())?
            .raw("</summary><ul>")?;
        for text in texts.iter().take(NAMED) {
            html.raw("<li>")?.line(text)?.raw("</li>")?;
        }
        if texts.len() > NAMED {
            html.raw("<li>and ")?.show(texts.len() - NAMED)?.raw(" more</li>")?;
        }
        html.raw("</ul></details>\n")?;
    }
    Ok(())
}

fn fact(html: &mut Html<'_>, name: &'static str, value: &str) -> io::Result<()> {
    html.raw("<div><dt>")?.raw(name)?.raw("</dt><dd>")?.line(value)?.raw("</dd></div>")?;
    Ok(())
}

/// Writes how many cases have which verdict, as a picture and in words.
pub(super) fn write_counts(html: &mut Html<'_>, counts: &VerdictCounts) -> io::Result<()> {
    let all = [
        ("passed", "✓ passed", counts.passed),
        ("flaky", "↻ flaky", counts.flaky),
        ("failed", "✗ failed", counts.failed),
        ("waived", "⚑ waived", counts.waived),
        ("inconclusive", "? inconclusive", counts.inconclusive),
        ("skipped", "– skipped", counts.skipped),
    ];
    html.raw("<svg class=\"share\" aria-hidden=\"true\" preserveAspectRatio=\"none\" viewBox=\"0 0 ")?;
    html.show(counts.total().max(1))?.raw(" 1\">")?;
    let mut left = 0_usize;
    for (class, _, count) in all {
        html.raw("<rect class=\"")?
            .raw(class)?
            .raw("\" height=\"1\" x=\"")?
            .show(left)?
            .raw("\" width=\"")?;
        html.show(count)?.raw("\"/>")?;
        left = left.saturating_add(count);
    }
    html.raw("</svg>\n<ul class=\"counts\">")?;
    for (class, word, count) in all {
        html.raw("<li class=\"")?.raw(class)?.raw(if count == 0 { " zero\">" } else { "\">" })?;
        html.raw("<b>")?.show(count)?.raw("</b> <span>")?.raw(word)?.raw("</span></li>")?;
    }
    html.raw("</ul>\n")?;
    Ok(())
}
