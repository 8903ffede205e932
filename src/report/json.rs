//! The report in JSON: format `proofmark-report`, version 1, or for several endpoints `proofmark-report-series`
//! around one such for each; both are described in docs/reports.md.
//!
//! Cases are written as they come, so memory does not grow with them; the file appears whole at the
//! end, or not at all.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::Report;
use super::cause::{Cause, Causes, ids};
use super::excerpt::{excerpt, failing};
use super::row_table::{Cell, RowTable};
use super::sink::Sink;
use crate::event::{Event, PartStart, RunEnd, RunStart, SeriesEnd, Stopped};
use crate::model::{CaseRecord, Drift, Exchange, Finding, Repeated, SnapshotOutcome, UtcTime, VerdictCounts};
use crate::plain::printable_json;

/// The version of the format: a reader may rely on keys staying within one.
const VERSION: u32 = 1;

/// Writes a report to a file.
#[derive(Debug)]
pub struct JsonReport {
    out: Sink,
    start: Option<RunStart>,
    cases: usize,
    causes: Causes,
    warnings: Vec<String>,
    /// How many runs of a series have begun, if this is one.
    series: Option<usize>,
    rows: RowTable,
    is_ended: bool,
}

impl JsonReport {
    /// A report to `sink`.
    pub fn new(sink: Sink) -> Self {
        let (causes, warnings) = (Causes::default(), Vec::new());
        let (series, rows) = (None, RowTable::default());
        Self { out: sink, start: None, cases: 0, causes, warnings, series, rows, is_ended: false }
    }

    fn series_start(&mut self) -> io::Result<()> {
        let head = json!({ "format": "proofmark-report-series", "version": VERSION }).to_string();
        self.series = Some(0);
        write!(self.out, "{},\"runs\":[", head.trim_end_matches('}'))
    }

    fn series_end(&mut self, end: &SeriesEnd) -> io::Result<()> {
        let rows = self.rows.differing().into_iter().map(|row| {
            let on = |cell: Cell| row.endpoints_with(cell);
            json!({
                "contract": row.contract,
                "row": row.row,
                "held": on(Cell::Held),
                "held_in_part": on(Cell::HeldInPart),
                "not_held": on(Cell::NotHeld),
                "not_measured": on(Cell::NotMeasured),
            })
        });
        let tail = json!({
            "error_rows": rows.collect::<Vec<_>>(),
            "not_started": end.not_started,
            "outcome": end.outcome().name(),
        });
        let tail = tail.to_string();
        self.is_ended = true;
        writeln!(self.out, "],{}", printable_json(tail.trim_start_matches('{')))
    }

    fn start(&mut self, start: &RunStart) -> io::Result<()> {
        let operations = start.operations.iter();
        let contracts: Vec<Json> = operations
            .map(|operation| json!({ "id": operation.id, "version": operation.version, "cases": operation.selected }))
            .collect();
        let head = json!({
            "format": "proofmark-report",
            "version": VERSION,
            "tool": { "name": "proofmark", "version": start.tool_version },
            "started": start.started.as_ref().map(UtcTime::as_str),
            "command": start.command,
            "endpoint": {
                "name": start.endpoint.name,
                "url": start.endpoint.url,
                "reference": start.endpoint.is_reference,
            },
            "contracts": contracts,
            "seed": start.seed,
            "parts": start.parts.iter().map(part).collect::<Vec<_>>(),
            "level": start.gate.name(),
            "faults": start.faults,
        });
        if let Some(begun) = &mut self.series {
            let comma = if *begun == 0 { "\n" } else { ",\n" };
            *begun += 1;
            self.cases = 0;
            self.warnings.clear();
            self.out.write_all(comma.as_bytes())?;
        }
        let head = head.to_string();
        write!(self.out, "{},\"cases\":[", printable_json(head.trim_end_matches('}')))?;
        self.causes = Causes::of(start);
        self.start = Some(start.clone());
        Ok(())
    }

    fn case(&mut self, record: &CaseRecord) -> io::Result<()> {
        let comma = if self.cases == 0 { "\n" } else { ",\n" };
        self.cases += 1;
        self.causes.add(record);
        write!(self.out, "{comma}{}", printable_json(&case_json(record).to_string()))
    }

    fn end(&mut self, end: &RunEnd) -> io::Result<()> {
        let mut tail = end_json(end, self.start.as_ref(), &self.warnings);
        tail["causes"] = self.causes.causes_in_order().into_iter().map(cause_json).collect();
        tail["cases_with_further_causes"] = self.causes.others().into();
        let tail = tail.to_string();
        if let (Some(_), Some(start)) = (self.series, &self.start) {
            self.rows.add(start, end);
        }
        self.is_ended = self.series.is_none();
        writeln!(self.out, "\n],{}", printable_json(tail.trim_start_matches('{')))
    }
}

impl Report for JsonReport {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(start) => self.start(start),
            Event::Warned { text } => {
                self.warnings.push(text.clone());
                Ok(())
            }
            Event::Finished(record) => self.case(record),
            Event::Ended(end) => self.end(end),
            Event::SeriesStarted { .. } => self.series_start(),
            Event::SeriesEnded(end) => self.series_end(end),
        }
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        if !self.is_ended {
            return Err(super::unfinished_error());
        }
        self.out.finish().map(|_| ())
    }
}

fn case_json(record: &CaseRecord) -> Json {
    let findings: Vec<Json> = record.findings.iter().map(|finding| finding_json(finding, record)).collect();
    json!({
        "id": record.id.as_str(),
        "about": record.about,
        "file": record.spot.file.path.display().to_string(),
        "line": record.spot.line(),
        "verdict": record.verdict.name(),
        "reason": record.verdict.reason(),
        "causes": ids(record),
        "findings": findings,
        "answers": failing(record).map(answer_json).collect::<Vec<_>>(),
        "exchanges": record.answered,
        "steps_not_sent": record.steps_not_sent,
        "rows_met": record.rows_met.iter().map(|code| &**code).collect::<Vec<&str>>(),
        "effects": record.effects.name(),
        "snapshot": snapshot_name(&record.snapshot),
        "retried": record.retried,
        "started_again": record.started_again,
        "repeated": record.repeated.map(repeated_json),
        "left_behind": record.left_behind,
        "paused_ms": millis(record.paused),
        "duration_ms": millis(record.elapsed),
    })
}

fn repeated_json(repeated: Repeated) -> Json {
    json!({
        "times": repeated.times(),
        "unstable": repeated.share().is_some(),
        "shown": repeated.shown,
        "passed": repeated.passed,
        "failed": repeated.failed,
        "waived": repeated.waived,
        "inconclusive": repeated.inconclusive,
        "skipped": repeated.skipped,
    })
}

fn cause_json(cause: &Cause) -> Json {
    let Cause { code, operation, promise, expected, actual, cases, waived, waived_in_part, example, .. } =
        cause;
    json!({
        "id": cause.id,
        "joined": cause.joined,
        "code": code.name(),
        "contract": (!operation.is_empty()).then_some(operation),
        "promise": promise,
        "expected": expected,
        "actual": actual,
        "because": example.because,
        "cases": cases,
        "waived": waived,
        "waived_in_part": waived_in_part,
        "example": {
            "id": example.case.as_str(),
            "file": example.file.display().to_string(),
            "line": example.line,
            "step": example.step.map(|step| step + 1),
        },
    })
}

/// An answer that a finding is about, as far as it is shown.
fn answer_json(exchange: &Exchange) -> Json {
    json!({
        "step": exchange.step + 1,
        "status": exchange.answer.status,
        "content_type": exchange.answer.header("content-type"),
        "excerpt": excerpt(&exchange.answer).join("\n"),
    })
}

fn finding_json(finding: &Finding, record: &CaseRecord) -> Json {
    json!({
        "level": finding.level.name(),
        "counts": finding.counts(record.gate),
        "warning": finding.is_warning,
        "step": finding.step + 1,
        "subject": finding.subject,
        "expected": finding.expected,
        "actual": finding.actual,
        "because": finding.because,
        "waived": finding.waived,
        "cites": finding.cites,
    })
}

fn snapshot_name(outcome: &SnapshotOutcome) -> &'static str {
    match outcome {
        SnapshotOutcome::Unchecked => "unchecked",
        SnapshotOutcome::Same => "same",
        SnapshotOutcome::Different => "different",
        SnapshotOutcome::Outranked => "outranked",
        SnapshotOutcome::Missing => "missing",
        SnapshotOutcome::Written => "written",
        SnapshotOutcome::Unusable { .. } => "unusable",
    }
}

/// What is known of a run that is over. Each field of an end is taken by its name, so that none is left out unseen.
fn end_json(end: &RunEnd, start: Option<&RunStart>, warnings: &[String]) -> Json {
    let RunEnd {
        counts,
        rows_met: _,
        rows_held: _,
        strength,
        orphans,
        stale_snapshots,
        stale_waivers,
        unpublished,
        drift,
        changes,
        snapshots,
        effects,
        left_behind,
        exchanges,
        stopped,
        elapsed,
    } = end;
    json!({
        "error_rows": error_rows(end, start),
        "strength": strength,
        "counts": counts_json(counts),
        "exchanges": exchanges,
        "effects": effects,
        "left_behind": left_behind,
        "snapshots": snapshots,
        "orphans": orphans.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "stale_snapshots": stale_snapshots,
        "stale_waivers": stale_waivers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "unpublished": unpublished,
        "manifest": drift.as_ref().map(|Drift { missing, new, changed, parts }| {
            json!({ "missing": missing, "new": new, "changed": changed, "parts": parts })
        }),
        "changes": changes,
        "warnings": warnings,
        "stopped": stopped.as_ref().map(stopped_name),
        "duration_ms": millis(*elapsed),
        "outcome": end.outcome(),
    })
}

fn stopped_name(stopped: &Stopped) -> &'static str {
    match stopped {
        Stopped::Interrupted => "interrupted",
        Stopped::OutOfTime => "out of time",
        Stopped::EnoughFailed { .. } => "enough failed",
        Stopped::Unreachable { .. } => "unreachable",
        Stopped::Refused { .. } => "refused",
        Stopped::MixedUp => "mixed up",
    }
}

fn counts_json(counts: &VerdictCounts) -> Json {
    let VerdictCounts { passed, flaky, failed, waived, inconclusive, skipped, not_meant } = counts;
    json!({
        "total": counts.total(),
        "passed": passed,
        "flaky": flaky,
        "failed": failed,
        "waived": waived,
        "inconclusive": inconclusive,
        "skipped": skipped,
        "skipped_on_purpose": not_meant,
    })
}

fn error_rows(end: &RunEnd, start: Option<&RunStart>) -> Vec<Json> {
    let operations = start.map(|start| start.operations.as_slice()).unwrap_or_default();
    operations
        .iter()
        .zip(&end.rows_met)
        .enumerate()
        .map(|(position, (operation, met))| {
            let rows = end.rows_held.as_ref().and_then(|rows| rows.get(position));
            let missing: Vec<&str> =
                operation.rows.iter().filter(|row| !met.contains(*row)).map(|row| &**row).collect();
            json!({
                "contract": operation.id, "met": met.len(), "of": operation.rows.len(), "not_met": missing,
                "held": rows.map(|rows| rows.held.len()),
                "held_in_part": rows.map(|rows| rows.held_in_part.len()),
                "not_measured": rows.map(|rows| rows.unmeasured.len()),
            })
        })
        .collect()
}

fn part(part: &PartStart) -> Json {
    let (number, of) = part.shard.map(|shard| (shard.number, shard.count)).unzip();
    json!({ "number": number, "of": of, "seed": part.seed, "url": part.url, "command": part.command })
}

fn millis(elapsed: std::time::Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
