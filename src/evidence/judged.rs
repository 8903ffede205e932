//! Judges a recorded run again, with the contracts and tables that are kept beside it. Main type: [`JudgedRun`].
//!
//! Nothing is taken from the records but facts: what states gave, what was answered, and why a case was skipped.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::account::Account;
use super::divergence::Divergence;
use super::recorded::{RecordedRun, keep_for_evidence};
use super::statement::Omission;
use crate::event::{Event, RunEnd, RunStart};
use crate::judgement::{ReplayError, Tally, UniqueIds, WaiverBook, codes_due, judge_again, operations};
use crate::model::{CaseId, CaseRecord, EndpointKind, Level, Scheme, Suite, Verdict, Waiver};
use crate::plan::{CaseFilter, Pattern, PlannedCase, case_ids, filtered, scheme};
use crate::template::Templates;

/// What is needed to judge a recorded run again.
#[derive(Debug)]
pub struct JudgingInputs<'a> {
    /// How the run was made.
    pub account: &'a Account,
    /// The contracts and tables.
    pub suite: &'a Suite,
    /// The waivers, for whatever endpoint.
    pub waivers: &'a [Waiver],
}

/// What is kept of a recorded case.
#[derive(Debug)]
pub struct CaseResult {
    /// The case.
    pub id: CaseId,
    /// What it came to.
    pub verdict: Verdict,
    /// The rows of which its answers are instances.
    pub rows_met: Vec<Arc<str>>,
    /// Whether it can be judged again, or was skipped; what cannot be shown counts nowhere.
    pub is_shown: bool,
}

/// What a recorded run comes to.
#[derive(Debug)]
pub struct JudgedRun {
    /// The cases that were selected.
    pub planned: Vec<PlannedCase>,
    /// The recorded cases, in order.
    pub results: Vec<CaseResult>,
    /// The formats that were asked for in cases with an answer.
    pub formats: BTreeSet<String>,
    /// The schemes by which their requests were signed.
    pub signatures: BTreeSet<String>,
    /// Cases that the selection left out.
    pub outside: Vec<String>,
    /// Where the recorded run says something else than what it comes to; of a case by its id.
    pub divergences: Vec<Divergence>,
    /// Cases that cannot be judged again, and why.
    pub underivable: Vec<Omission>,
    /// How many cases have been judged again, and came to what is recorded.
    pub confirmed: usize,
    /// How many cases were skipped, which cannot be judged.
    pub skipped: usize,
    /// The end of the run, counted anew.
    pub end: RunEnd,
}

fn divergence(subject: impl Into<String>, what: impl Into<String>) -> Divergence {
    Divergence { subject: subject.into(), what: what.into() }
}

impl JudgingInputs<'_> {
    /// Judges every case of a recorded run again.
    ///
    /// # Errors
    /// A selection or waivers that make no sense, and events that cannot be read.
    pub fn judge(
        &self,
        recorded: &mut RecordedRun<impl Iterator<Item = Result<Event, Divergence>>>,
    ) -> Result<JudgedRun, Divergence> {
        let wrong = |error: &dyn std::error::Error| divergence("run.json", error.to_string());
        let account = self.account;
        let patterns = account.patterns.iter().map(|text| Pattern::new(text, account.exact));
        let patterns = patterns.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(&error))?;
        let filters = account.filters.iter().map(|text| CaseFilter::new(text));
        let filters = filters.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(&error))?;
        let selected = filtered(self.suite, &patterns, &filters).map_err(|error| wrong(&error))?;
        let all = case_ids(self.suite).map_err(|error| wrong(&error))?;
        let day = account.day().map_err(|what| divergence("run.json", what))?;
        let usual = account.tested_endpoint().map_err(|what| divergence("run.json", what))?.signing;
        let start = &recorded.start;
        let waivers = if start.endpoint.is_reference { Vec::new() } else { self.waivers.to_vec() };
        let waivers = WaiverBook::new(waivers, &start.endpoint, &day, &all);
        let waivers = waivers.map_err(|error| divergence("cases/waivers.toml", error.to_string()))?;
        let taken: BTreeSet<&str> = selected.cases.iter().map(|planned| planned.id.as_str()).collect();
        let outside = all.iter().filter(|planned| !taken.contains(planned.id.as_str()));
        let mut judged = JudgedRun {
            results: Vec::new(),
            formats: BTreeSet::new(),
            signatures: BTreeSet::new(),
            outside: outside.map(|planned| planned.id.to_string()).collect(),
            divergences: self.start_contradicts(start, &selected.cases, selected.known),
            underivable: Vec::new(),
            confirmed: 0,
            skipped: 0,
            end: Tally::new(&[]).finish(Vec::new(), None, Duration::ZERO),
            planned: selected.cases,
        };
        judged.cases(recorded, usual, &waivers)?;
        Ok(judged)
    }

    /// What the start of the run says of contracts and selection that the tables do not.
    fn start_contradicts(&self, start: &RunStart, cases: &[PlannedCase], known: usize) -> Vec<Divergence> {
        let is_reference =
            self.account.tested_endpoint().is_ok_and(|tested| tested.kind == EndpointKind::Reference);
        let parts = [
            ("contracts", start.operations == operations(cases)),
            ("how many cases are selected", start.selected == cases.len()),
            ("how many cases there are", start.known == known),
            ("what the endpoint is", start.endpoint.is_reference == is_reference),
            ("a level that counts", start.gate < Level::Snapshot),
            ("faults", start.faults.is_empty()),
            ("snapshots", start.snapshots.is_none()),
            ("when and how it was started", start.started.is_none() && start.command.is_none()),
        ];
        let wrong = parts.into_iter().filter(|(_, holds)| !holds);
        wrong
            .map(|(what, _)| divergence("events.ndjson", format!("its start is wrong about {what}")))
            .collect()
    }
}

impl JudgedRun {
    /// Takes the records along the cases of the plan, and counts what they come to.
    fn cases(
        &mut self,
        recorded: &mut RecordedRun<impl Iterator<Item = Result<Event, Divergence>>>,
        usual: Scheme,
        waivers: &WaiverBook,
    ) -> Result<(), Divergence> {
        const STRANGER: &str = "it is recorded, and not one of the selected cases, or twice";
        let templates = Templates::default();
        let mut tally = Tally::new(&operations(&self.planned));
        tally.note_idle(waivers);
        let mut unique = UniqueIds::default();
        let given = (recorded.start.seed, recorded.start.gate);
        let mut next = recorded.next_case()?;
        for position in 0..self.planned.len() {
            let planned = self.planned[position].clone();
            while let Some(stranger) = next.take_if(|record| record.id < planned.id) {
                self.add(stranger.id.as_str(), STRANGER);
                next = recorded.next_case()?;
            }
            let Some(record) = next.take_if(|record| record.id == planned.id) else {
                self.add(planned.id.as_str(), "it is selected, and not recorded");
                continue;
            };
            let again = self.case(&planned, &record, given, (waivers, &mut unique), &templates);
            tally.add(&again);
            tally.note_waivers(waivers, &again);
            self.keep(&planned, record, usual);
            next = recorded.next_case()?;
        }
        while let Some(stranger) = next {
            self.add(stranger.id.as_str(), STRANGER);
            next = recorded.next_case()?;
        }
        self.end = tally.finish(Vec::new(), None, recorded.elapsed());
        Ok(())
    }

    /// Keeps of a record what a statement follows from.
    fn keep(&mut self, planned: &PlannedCase, record: CaseRecord, usual: Scheme) {
        if record.answered > 0 {
            // A step that the case does not have is a divergence, and found where the case is judged.
            let steps = planned.case.steps.len();
            for exchange in record.exchanges.iter().filter(|exchange| exchange.step < steps) {
                self.formats.extend(exchange.request.format.map(|format| format.to_string()));
                let scheme = scheme(planned, exchange.step).unwrap_or(usual);
                self.signatures.insert(scheme.to_string());
            }
        }
        let is_shown = self.underivable.last().is_none_or(|omission| omission.id != record.id.as_str());
        let CaseRecord { id, verdict, rows_met, .. } = record;
        self.results.push(CaseResult { id, verdict, rows_met, is_shown });
    }

    fn add(&mut self, subject: &str, what: impl Into<String>) {
        self.divergences.push(divergence(subject, what));
    }

    /// The record as it must be. A recorded difference becomes a divergence.
    fn case(
        &mut self,
        planned: &PlannedCase,
        record: &CaseRecord,
        (seed, gate): (u64, Level),
        (waivers, unique): (&WaiverBook, &mut UniqueIds),
        templates: &Templates,
    ) -> CaseRecord {
        if record.gate != gate {
            self.add(record.id.as_str(), "it was judged at another level than the run");
        }
        match &record.verdict {
            Verdict::Inconclusive(_) => {
                self.add(record.id.as_str(), "it is inconclusive, so there is nothing to certify");
                return record.clone();
            }
            Verdict::Skipped(_) => {
                self.skipped += 1;
                self.not_run_holds(planned, record);
                return record.clone();
            }
            Verdict::Passed | Verdict::Flaky { .. } | Verdict::Failed | Verdict::Waived { .. } => {}
        }
        match judge_again(planned, record, seed, templates) {
            Ok(mut again) => {
                waivers.apply(&mut again);
                unique.take(&mut again, Some(&planned.contract), waivers);
                match find_difference(&again, record) {
                    Some(what) => self.add(record.id.as_str(), what),
                    None => self.confirmed += 1,
                }
                again
            }
            Err(unrecorded @ ReplayError::Unrecorded { .. }) => {
                let omission = Omission { id: record.id.to_string(), reason: unrecorded.to_string() };
                self.underivable.push(omission);
                // What cannot be shown meets no row.
                CaseRecord { rows_met: Vec::new(), ..record.clone() }
            }
            Err(apart) => {
                self.add(record.id.as_str(), apart.to_string());
                record.clone()
            }
        }
    }

    /// Of a case that was skipped there is nothing but the reason.
    fn not_run_holds(&mut self, planned: &PlannedCase, record: &CaseRecord) {
        let due = keep_for_evidence(record.clone());
        let is_bare = due.findings == record.findings
            && due.rows_met == record.rows_met
            && due.exchanges == record.exchanges
            && due.variables == record.variables
            && due.request_ids == record.request_ids
            && due.observations == record.observations
            && due.effects == record.effects
            && due.snapshot == record.snapshot
            && record.tags == planned.case.tags
            && record.given.is_empty()
            && record.set_ups.is_empty()
            && record.unanswered.is_none()
            && record.retried.is_empty()
            && (record.answered, record.steps_not_sent) == (0, planned.case.steps.len());
        if !is_bare {
            self.add(record.id.as_str(), "it was skipped, and something is recorded of it");
        }
        if record.codes_due != codes_due(planned) {
            self.add(record.id.as_str(), "the record is wrong about the codes that it expects");
        }
        if *planned.spot() != record.spot {
            self.add(record.id.as_str(), "it does not stand where the record says");
        }
    }
}

/// How a record differs from the case judged again.
fn find_difference(again: &CaseRecord, record: &CaseRecord) -> Option<String> {
    if again.verdict != record.verdict {
        let (recorded, due) = (with_reason(&record.verdict), with_reason(&again.verdict));
        return Some(format!("it is recorded as {recorded}, and judged again as {due}"));
    }
    if again.findings != record.findings {
        let (recorded, due) = (record.findings.len(), again.findings.len());
        return Some(format!("its findings are not those that come out again ({recorded} and {due})"));
    }
    let parts = [
        ("the rows that it met", again.rows_met == record.rows_met),
        ("the codes that it expects", again.codes_due == record.codes_due),
        ("the request ids of its answers", again.request_ids == record.request_ids),
        ("what is known of its effects", again.effects == record.effects),
        ("what was observed on the endpoint", again.observations == record.observations),
        ("its sentence", again.about == record.about),
        ("its tags", again.tags == record.tags),
        ("its place in its file", again.spot == record.spot),
        ("how many requests were answered", again.answered == record.answered),
        ("how many steps were not sent", again.steps_not_sent == record.steps_not_sent),
        ("what was made for snapshots", again.given == record.given),
        ("what was asked of the state hook", again.set_ups == record.set_ups),
        ("a request without an answer", again.unanswered == record.unanswered),
        ("a snapshot", again.snapshot == record.snapshot),
    ];
    let wrong = parts.into_iter().find(|(_, holds)| !holds);
    wrong.map(|(what, _)| format!("the record is wrong about {what}"))
}

/// A verdict, with its reason where there is one.
fn with_reason(verdict: &Verdict) -> String {
    match verdict.reason() {
        Some(reason) => format!("{} ({reason})", verdict.name()),
        None => verdict.name().to_owned(),
    }
}

/// How the end of a recorded run differs from the end that its cases give.
pub fn end_contradicts(due: &RunEnd, recorded: &RunEnd) -> Vec<Divergence> {
    let parts = [
        ("counts", due.counts == recorded.counts),
        ("the rows that were met", due.rows_met == recorded.rows_met),
        ("the rows that are held", due.rows_held == recorded.rows_held),
        ("how strong the suite is", due.strength == recorded.strength),
        ("stale waivers", due.stale_waivers == recorded.stale_waivers),
        ("promises that are unpublished", due.unpublished == recorded.unpublished),
        ("the suite's manifest", due.drift == recorded.drift),
        ("how many exchanges there were", due.exchanges == recorded.exchanges),
        ("observed effects", due.effects == recorded.effects),
        ("what was left behind", due.left_behind == recorded.left_behind),
        ("snapshots", due.snapshots == recorded.snapshots && recorded.orphans.is_empty()),
        ("stale snapshots", recorded.stale_snapshots.is_none()),
        ("earlier runs", recorded.changes.is_none()),
        ("how it ended", recorded.stopped.is_none()),
    ];
    let wrong = parts.into_iter().filter(|(_, holds)| !holds);
    wrong.map(|(what, _)| divergence("events.ndjson", format!("its end is wrong about {what}"))).collect()
}

#[cfg(test)]
mod tests;
