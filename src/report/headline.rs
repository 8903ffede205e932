//! What a case comes to in one line, in the few kinds that other formats know.

use crate::model::{CaseRecord, Finding, Verdict};
use crate::plain::printable;

/// The longest line, in characters: lists and annotations show no more.
const LONGEST: usize = 500;

/// How many differences from a manifest are listed one by one. Formats for programs list all of them.
pub(super) const DRIFT_LISTED: usize = 20;

/// The result of a case, as test report formats name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadlineKind {
    /// It passed.
    Passed,
    /// It passed after it was started again from its states: a request of its first attempt was lost.
    StartedAgain,
    /// It passed, but not at once.
    Flaky,
    /// The contract is broken, or a snapshot differs.
    Broken,
    /// It failed as a waiver says.
    Waived,
    /// It cannot be decided, or something was left behind.
    Inconclusive,
    /// It was skipped on purpose: it does not concern this endpoint.
    Skipped,
}

/// The kind of a case's result.
pub(super) fn kind(record: &CaseRecord) -> HeadlineKind {
    match &record.verdict {
        Verdict::Failed => HeadlineKind::Broken,
        _ if !record.left_behind.is_empty() => HeadlineKind::Inconclusive,
        Verdict::Passed if record.started_again.is_some() => HeadlineKind::StartedAgain,
        Verdict::Passed => HeadlineKind::Passed,
        Verdict::Flaky { .. } => HeadlineKind::Flaky,
        Verdict::Waived { .. } => HeadlineKind::Waived,
        Verdict::Skipped(reason) if reason.is_meant() => HeadlineKind::Skipped,
        Verdict::Inconclusive(_) | Verdict::Skipped(_) => HeadlineKind::Inconclusive,
    }
}

/// Whether a list of problems names the case. A case that never began since the run was over is not listed: it would
/// take the place of one that shows a problem, and the run itself reports why it ended.
pub(super) fn is_listed(record: &CaseRecord) -> bool {
    match (kind(record), &record.verdict) {
        (HeadlineKind::Passed | HeadlineKind::Skipped, _) => false,
        (_, Verdict::Skipped(reason)) if record.left_behind.is_empty() => !reason.is_of_the_run(),
        (
            HeadlineKind::StartedAgain
            | HeadlineKind::Flaky
            | HeadlineKind::Broken
            | HeadlineKind::Waived
            | HeadlineKind::Inconclusive,
            _,
        ) => true,
    }
}

/// Why a case is not passed, on one line without a character that acts; empty if it simply passed.
pub(super) fn headline(record: &CaseRecord) -> String {
    let reason = match &record.verdict {
        Verdict::Failed => first_counting(record).map(finding_line),
        Verdict::Passed
        | Verdict::Flaky { .. }
        | Verdict::Waived { .. }
        | Verdict::Inconclusive(_)
        | Verdict::Skipped(_) => record.verdict.reason(),
    };
    let left = record.left_behind.first().map(|left| format!("left behind: {left}"));
    let again = record.started_again.as_ref().map(|reason| format!("started again: {reason}"));
    let line: Vec<String> = unstable(record).into_iter().chain(reason).chain(left).chain(again).collect();
    let line = line.join("; ").replace('\n', " ");
    printable(&line).chars().take(LONGEST).collect()
}

/// What share of its runs a case did not pass, if it was run several times and came to several verdicts.
pub(super) fn unstable(record: &CaseRecord) -> Option<String> {
    record.repeated?.share().map(|share| format!("unstable: {share}"))
}

/// The first finding that counts and is not waived, which is the most telling: findings come in the order of levels.
pub(super) fn first_counting(record: &CaseRecord) -> Option<&Finding> {
    let counting = record.findings.iter().filter(|finding| finding.counts(record.gate));
    counting.min_by_key(|finding| finding.waived.is_some())
}

/// A finding on one line, without its `because`.
pub(super) fn finding_line(finding: &Finding) -> String {
    let Finding { level, subject, expected, actual, waived, .. } = finding;
    let waived = if waived.is_some() { " (waived)" } else { "" };
    let subject = if subject == level.name() { String::new() } else { format!(" {subject}") };
    format!("{level}{subject}: expected {expected}, got {actual}{waived}")
}
