//! One case on the page: what it says, what disagrees, and its exchanges.

use std::io;

use super::difference;
use super::exchange::{self, RequestRepeat};
use super::text::{Anchor, SHOWN, label, long, pluralise, time};
use crate::markup::Html;
use crate::model::{CaseRecord, Citation, Finding, Level, SnapshotOutcome, Verdict};
use crate::report::Repeat;
use crate::report::headline::{headline, unstable};

/// How many exchanges of one case, or findings, are shown.
const LISTED: usize = 100;

/// What the page shows of a case.
#[derive(Debug, Clone, Copy)]
pub(super) struct CaseView<'a> {
    pub(super) record: &'a CaseRecord,
    /// Where requests can be sent again.
    pub(super) repeat: &'a Repeat,
    /// The number of its run.
    pub(super) run: usize,
    pub(super) is_open: bool,
    /// Whether there is room for more than a line.
    pub(super) has_room: bool,
}

impl CaseView<'_> {
    /// Writes the case.
    pub(super) fn write(&self, html: &mut Html<'_>) -> io::Result<()> {
        let record = self.record;
        let label = label(&record.verdict);
        html.raw("<details class=\"case ")?.raw(label.class)?.raw("\" id=\"")?;
        Anchor { run: self.run, case: record.id.clone() }.write(html)?;
        html.raw(if self.is_open { "\" open>" } else { "\">" })?;
        html.raw("<summary><span class=\"v\">")?.raw(label.word)?.raw("</span> <span class=\"id\">")?;
        html.text(name(record))?.raw("</span> <span class=\"about\">")?.line(&record.about)?;
        html.raw("</span> <span class=\"ms\">")?.text(&time(record.elapsed))?.raw("</span></summary>\n")?;
        if !self.has_room {
            return self.write_brief(html);
        }
        self.write_notes(html)?;
        for finding in record.findings.iter().take(LISTED) {
            write_finding(html, finding, record)?;
        }
        if record.findings.len() > LISTED {
            let rest = pluralise(record.findings.len() - LISTED, "more finding");
            html.raw("<p class=\"note\">")?.text(&rest)?.raw("</p>\n")?;
        }
        self.write_exchanges(html)?;
        html.raw("</details>\n")?;
        Ok(())
    }

    /// What there is to say in a line, on a page that is full.
    fn write_brief(&self, html: &mut Html<'_>) -> io::Result<()> {
        let record = self.record;
        html.raw("<p class=\"note\">")?.line(&record.spot.to_string())?;
        if record.verdict != Verdict::Passed {
            html.raw(" · ")?.line(&headline(record))?;
        }
        if record.answered > 0 {
            html.raw(" · ")?.text(&pluralise(record.answered, "exchange"))?.raw(" left out")?;
        }
        html.raw(" · the page would grow too large for more; --report ndjson has all</p>\n</details>\n")?;
        Ok(())
    }

    /// What is said of the case beside its findings.
    fn write_notes(&self, html: &mut Html<'_>) -> io::Result<()> {
        let record = self.record;
        if let Some(reason) = record.verdict.reason() {
            html.raw("<p class=\"why\">")?;
            html.cut(&reason, &mut SHOWN.clone())?.raw("</p>\n")?;
        }
        if let Some(share) = unstable(record) {
            html.raw("<p class=\"why\">")?.text(&share)?.raw("</p>\n")?;
        }
        if let Some(reason) = &record.started_again {
            html.raw("<p class=\"why\">started again: ")?.cut(reason, &mut SHOWN.clone())?.raw("</p>\n")?;
        }
        if !record.paused.is_zero() {
            let paused = time(record.paused);
            html.raw("<p class=\"why\">this machine was paused for ")?.text(&paused)?;
            html.raw(" while it waited for answers</p>\n")?;
        }
        for left in record.left_behind.iter().take(LISTED) {
            html.raw("<p class=\"why\">left behind: ")?.cut(left, &mut SHOWN.clone())?.raw("</p>\n")?;
        }
        html.raw("<p class=\"note\">")?.line(&record.spot.to_string())?;
        if let Some(snapshot) = snapshot(&record.snapshot) {
            html.raw(" · snapshot: ")?.raw(snapshot)?;
        }
        for code in record.rows_met.iter().take(LISTED) {
            html.raw(" · meets ")?.line(code)?;
        }
        if record.steps_not_sent > 0 {
            let steps = pluralise(record.steps_not_sent, "step");
            html.raw(" · not sent: the last ")?.text(&steps)?;
        }
        html.raw("</p>\n")?;
        Ok(())
    }

    fn write_exchanges(&self, html: &mut Html<'_>) -> io::Result<()> {
        let record = self.record;
        let (count, answered) = (record.exchanges.len(), record.answered);
        if answered > count {
            let exchanges = pluralise(answered, "exchange");
            html.raw("<p class=\"note\">")?.text(&exchanges)?;
            html.raw(" not kept by the run.</p>\n")?;
            return Ok(());
        }
        let has_steps = count + usize::from(record.unanswered.is_some()) > 1;
        let is_undone = self.repeat.is_undone(record);
        for each in record.exchanges.iter().take(LISTED) {
            let set_ups = self.repeat.set_ups(record, each.step);
            let again = RequestRepeat { repeat: self.repeat, set_ups: &set_ups, is_undone };
            exchange::write(html, each, &again, has_steps.then_some(each.step + 1))?;
        }
        if count > LISTED {
            html.raw("<p class=\"note\">")?
                .text(&pluralise(count - LISTED, "more exchange"))?
                .raw("</p>\n")?;
        }
        match &record.unanswered {
            Some(request) => {
                let set_ups = self.repeat.set_ups(record, record.answered);
                let again = RequestRepeat { repeat: self.repeat, set_ups: &set_ups, is_undone };
                exchange::write_unanswered(html, request, &again)
            }
            None => Ok(()),
        }
    }
}

/// The id without its table.
fn name(record: &CaseRecord) -> &str {
    record.id.as_str().strip_prefix(record.id.table()).unwrap_or_default().trim_start_matches('/')
}

fn snapshot(outcome: &SnapshotOutcome) -> Option<&'static str> {
    match outcome {
        SnapshotOutcome::Unchecked => None,
        SnapshotOutcome::Same => Some("same"),
        SnapshotOutcome::Different => Some("different"),
        SnapshotOutcome::Outranked => Some("different, and recorded from a real endpoint"),
        SnapshotOutcome::Missing => Some("missing"),
        SnapshotOutcome::Written => Some("written"),
        SnapshotOutcome::Unusable { .. } => Some("unusable"),
    }
}

fn write_finding(html: &mut Html<'_>, finding: &Finding, record: &CaseRecord) -> io::Result<()> {
    let Finding { level, step, subject, expected, actual, is_warning, .. } = finding;
    html.raw("<div class=\"finding\"><p class=\"t\">Finding at <b>")?.raw(level.name())?.raw("</b>")?;
    if subject != level.name() {
        html.raw(" <code>")?.line(subject)?.raw("</code>")?;
    }
    if record.answered > 1 && *level != Level::Snapshot {
        html.raw(", step ")?.show(step + 1)?;
    }
    if *is_warning {
        html.raw(" <em>a warning: no published source promises this</em>")?;
    } else if *level > record.gate {
        html.raw(" <em>does not count at this level</em>")?;
    }
    html.raw("</p>\n")?;
    let is_different = matches!(record.snapshot, SnapshotOutcome::Different | SnapshotOutcome::Outranked);
    if *level == Level::Snapshot && is_different {
        difference::write(html, expected, actual)?;
    } else {
        html.raw("<dl><dt>expected</dt><dd>")?;
        long(html, expected)?;
        html.raw("</dd><dt>got</dt><dd>")?;
        long(html, actual)?;
        html.raw("</dd></dl>\n")?;
    }
    write_grounds(html, finding)?;
    html.raw("</div>\n")?;
    Ok(())
}

/// Why it is expected, why it does not count, and where promises are: a line each.
fn write_grounds(html: &mut Html<'_>, finding: &Finding) -> io::Result<()> {
    let Finding { because, cites, waived, .. } = finding;
    if because.is_none() && cites.is_empty() && waived.is_none() {
        return Ok(());
    }
    html.raw("<p class=\"because\">")?;
    if let Some(because) = because {
        html.raw("because ")?.cut(because, &mut SHOWN.clone())?.raw("\n")?;
    }
    if let Some(waived) = waived {
        html.raw("waived: ")?.cut(waived, &mut SHOWN.clone())?.raw("\n")?;
    }
    for Citation { promise, site } in cites {
        html.line(&promise.to_string())?.raw(" is at ")?;
        html.line(&format!("{}:{}:{}", site.file.display(), site.line, site.column))?.raw("\n")?;
    }
    html.raw("</p>\n")?;
    Ok(())
}
