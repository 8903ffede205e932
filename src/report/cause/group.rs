//! The causes that one case shows.
//!
//! What one answer shows is in [`super::answer`]. A snapshot that differs counts only where nothing else does.

use super::answer::of_answer;
use super::code::Code;
use super::trouble::Trouble;
use crate::model::{CaseRecord, Finding, Inconclusive, Level, NOT_KEPT, Skipped, SnapshotOutcome, Verdict};

/// What is wrong with a case; nothing with one that passed, was waived, was skipped on purpose, or never began.
pub(super) fn troubles(record: &CaseRecord) -> Vec<Trouble> {
    let mut found = match &record.verdict {
        Verdict::Failed => of_findings(record),
        Verdict::Inconclusive(unknown) => vec![of_unknown(unknown, record)],
        Verdict::Skipped(reason) if !reason.is_meant() && !reason.is_of_the_run() => vec![of_skipped(reason)],
        Verdict::Skipped(_) | Verdict::Passed | Verdict::Flaky { .. } | Verdict::Waived { .. } => Vec::new(),
    };
    let left = |left: &String| {
        Trouble::new(Code::LeftBehind, "clean-up", "nothing left behind on the endpoint", left.as_str())
    };
    found.extend(record.left_behind.iter().map(left));
    found
}

/// The findings that count, step by step.
fn of_findings(record: &CaseRecord) -> Vec<Trouble> {
    let counting = || record.findings.iter().filter(|finding| finding.counts(record.gate));
    let mut steps: Vec<usize> = counting().map(|finding| finding.step).collect();
    steps.sort_unstable();
    steps.dedup();
    let mut found = Vec::new();
    for step in steps {
        let findings: Vec<&Finding> = counting().filter(|finding| finding.step == step).collect();
        let exchange = record.exchanges.iter().find(|exchange| exchange.step == step);
        found.extend(of_answer(&findings, exchange.map(|exchange| exchange.answer.status)));
    }
    // What an answer says and what its request did are two things, so both may be wrong; but a value that breaks a rule
    // for every answer is one, whatever else is expected of it.
    let is_in_envelope = |effect: &Finding| {
        let same = |other: &Finding| (other.step, &other.subject) == (effect.step, &effect.subject);
        counting().any(|finding| finding.level == Level::Envelope && same(finding))
    };
    let effects = counting().filter(|finding| finding.level == Level::Effect && !is_in_envelope(finding));
    found.extend(effects.map(of_effect));
    let differs = || counting().filter(|finding| finding.level == Level::Snapshot);
    let has_differences = found.is_empty() && !matches!(record.snapshot, SnapshotOutcome::Unusable { .. });
    found.extend(differs().filter_map(|finding| of_file(finding, record)));
    if has_differences {
        found.extend(differs().map(|finding| {
            // The file is another one for each case.
            let trouble =
                Trouble::new(Code::Snapshot, "snapshot", &finding.expected, finding.actual.as_str());
            let because = finding.because.iter().cloned().collect();
            let findings = vec![(finding.level, finding.subject.clone())];
            let waived = usize::from(finding.waived.is_some());
            Trouble { step: Some(finding.step), because, findings, waived, ..trouble }
        }));
    }
    if found.is_empty() {
        found.push(Trouble::new(Code::Unexplained, "the case", "a pass", "a failure without a finding"));
    }
    found
}

/// What a request did on the endpoint. Which values were added is another thing in each case.
fn of_effect(finding: &Finding) -> Trouble {
    let trouble = Trouble::of(Code::Effect, finding);
    let kind = if finding.actual == "nothing added" { "nothing added" } else { "something added" };
    let actual =
        if finding.subject == Level::Effect.name() { kind.to_owned() } else { trouble.actual.clone() };
    Trouble { actual, ..trouble }
}

/// A file of a snapshot that cannot be read or written, whatever else is wrong with the case.
fn of_file(finding: &Finding, record: &CaseRecord) -> Option<Trouble> {
    let reason = if let SnapshotOutcome::Unusable { reason } = &record.snapshot {
        reason
    } else {
        finding.because.as_deref()?.strip_prefix(NOT_KEPT)?
    };
    Some(Trouble::new(Code::SnapshotFile, "snapshot", "a snapshot that can be read and written", reason))
}

fn of_unknown(unknown: &Inconclusive, record: &CaseRecord) -> Trouble {
    let step = Some(record.answered);
    let trouble = match unknown {
        Inconclusive::Transport(fault) => {
            Trouble::new(Code::Transport, "no whole answer", "an answer", fault.to_string())
        }
        Inconclusive::Throttled { answer } => {
            Trouble::new(Code::Throttled, "throttled", "an answer to the request", answer.as_str())
        }
        Inconclusive::SetUp { state, reason } => Trouble::new(
            Code::SetUp,
            format!("the state \"{state}\" could not be set up"),
            "the state",
            reason.as_str(),
        ),
        // For how long is not the same twice.
        Inconclusive::Paused { .. } => Trouble::new(
            Code::Paused,
            "this machine was paused",
            "an answer in time",
            "it is not known whether answers came in time",
        ),
        Inconclusive::Unprepared { reason } => Trouble::new(
            Code::Unprepared,
            "the request could not be prepared",
            "a request that can be sent",
            reason.as_str(),
        ),
    };
    Trouble { step, ..trouble }
}

fn of_skipped(reason: &Skipped) -> Trouble {
    match reason {
        Skipped::NoWayTo { state, reason } => {
            Trouble::new(Code::NoState, state.as_str(), "a way to the state", reason.as_str())
        }
        Skipped::Unsigned { .. } => {
            Trouble::new(Code::Unsigned, "signing", "credentials", reason.to_string())
        }
        Skipped::OnPurpose { .. }
        | Skipped::Billable
        | Skipped::Unreachable { .. }
        | Skipped::Refused { .. }
        | Skipped::Interrupted
        | Skipped::OutOfTime
        | Skipped::EnoughFailed => {
            Trouble::new(Code::Billable, "cost", "permission to spend", reason.to_string())
        }
    }
}
