//! The facts of a run: counts, what was run and how, and snapshots to look after.

use std::io;

use super::text::{NAMED, time, write_command};
use crate::event::{RunEnd, RunStart};
use crate::markup::Html;
use crate::model::VerdictCounts;
use crate::report::remark::{Remark, Topic, Weight, snapshots};

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
            html.raw("<div><dt>Command</dt><dd>")?.text(&shard)?;
            write_command(html, command)?;
            html.raw("</dd></div>")?;
        }
    }
    html.raw("</dl>\n")?;
    Ok(())
}

/// What has a place of its own on the page.
const ELSEWHERE: [Topic; 7] = [
    Topic::Fault,
    Topic::Changes,
    Topic::Skipped,
    Topic::Snapshots,
    Topic::ErrorRows,
    Topic::Mutants,
    Topic::Floor,
];

/// What may be long and can wait: it is closed.
const CLOSED: [Topic; 2] = [Topic::Orphans, Topic::StaleSnapshots];

/// Writes what must not be overlooked, of each topic the first ones.
pub(super) fn write_warnings(html: &mut Html<'_>, remarks: &[Remark]) -> io::Result<()> {
    let is_shown = |remark: &&Remark| {
        let is_elsewhere = ELSEWHERE.contains(&remark.topic) || CLOSED.contains(&remark.topic);
        remark.weight != Weight::Note && !is_elsewhere
    };
    let shown: Vec<&Remark> = remarks.iter().filter(is_shown).collect();
    for remarks in shown.chunk_by(|one, other| one.topic == other.topic) {
        for Remark { topic, summary, lines, .. } in remarks.iter().take(NAMED) {
            let is_list = !lines.is_empty();
            html.raw(if is_list { "<div" } else { "<p" })?.raw(" class=\"warning\"><strong>")?;
            html.text(&topic.heading())?.raw(":</strong> ")?;
            html.line(summary)?;
            write_list(html, lines)?;
            html.raw(if is_list { "</div>\n" } else { "</p>\n" })?;
        }
        if remarks.len() > NAMED {
            html.raw("<p class=\"warning\">and ")?.show(remarks.len() - NAMED)?.raw(" more</p>\n")?;
        }
    }
    Ok(())
}

/// Writes what is worth knowing, and which snapshots need attention.
pub(super) fn write_notes(html: &mut Html<'_>, remarks: &[Remark]) -> io::Result<()> {
    let is_noted = |remark: &&Remark| remark.weight == Weight::Note && !ELSEWHERE.contains(&remark.topic);
    for Remark { topic, summary, .. } in remarks.iter().filter(is_noted) {
        html.raw("<p class=\"note\"><strong>")?.text(&topic.heading())?.raw(":</strong> ")?;
        html.line(summary)?.raw("</p>\n")?;
    }
    for remark in remarks.iter().filter(|remark| CLOSED.contains(&remark.topic)) {
        html.raw("<details class=\"more\"><summary>")?.text(&remark.topic.heading())?.raw(": ")?;
        html.line(&remark.summary)?.raw("</summary>")?;
        write_list(html, &remark.lines)?;
        html.raw("</details>\n")?;
    }
    Ok(())
}

fn write_list(html: &mut Html<'_>, lines: &[String]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    html.raw("<ul>")?;
    for line in lines {
        html.raw("<li>")?.line(line)?.raw("</li>")?;
    }
    html.raw("</ul>")?;
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
