//! What the cases of a run show of a contract: of each error row, how deep it holds; of each limit, which sides were
//! tried. Grows with contracts and not with cases.

use std::io;

use super::text::{Anchor, label, pluralise};
use crate::event::{LimitStart, OperationStart};
use crate::limit::{SentParameters, Tried, is_the_only_one};
use crate::markup::Html;
use crate::model::{CaseRecord, Level, SnapshotOutcome, Verdict};

/// How many cases are named as evidence of one thing; the rest is counted.
const NAMED: usize = 20;

/// Cases that show something.
#[derive(Debug, Default)]
pub(super) struct Cases {
    pub(super) count: usize,
    /// How many of them did not pass.
    pub(super) broken: usize,
    pub(super) named: Vec<(Anchor, &'static str)>,
}

impl Cases {
    fn add(&mut self, record: &CaseRecord, run: usize) {
        self.count += 1;
        let has_passed = matches!(record.verdict, Verdict::Passed | Verdict::Flaky { .. });
        self.broken += usize::from(!has_passed);
        // One that did not pass says more than one more that did.
        let is_named = self.named.len() < NAMED || (!has_passed && self.named.len() < 2 * NAMED);
        if is_named {
            self.named.push((Anchor { run, case: record.id.clone() }, label(&record.verdict).word));
        }
    }

    /// Writes how many there are, and which.
    pub(super) fn write(&self, html: &mut Html<'_>) -> io::Result<()> {
        html.raw("<details><summary>")?.text(&pluralise(self.count, "case"))?.raw("</summary><ul>")?;
        for (anchor, word) in &self.named {
            html.raw("<li>")?;
            anchor.link(html)?;
            html.raw(" <span>")?.raw(word)?.raw("</span></li>")?;
        }
        let rest = self.count - self.named.len();
        if rest > 0 {
            html.raw("<li>and ")?.show(rest)?.raw(" more</li>")?;
        }
        html.raw("</ul></details>")?;
        Ok(())
    }
}

/// What cases show of an error row.
#[derive(Debug, Default)]
pub(super) struct RowSummary {
    /// How many cases hold at each level, and how many do not.
    pub(super) levels: [(usize, usize); Level::ALL.len()],
    /// How many met it: all their answers conform, and one is an instance of it.
    pub(super) met: usize,
    /// How many look for it and were not judged.
    pub(super) open: usize,
    /// Those that were judged.
    pub(super) cases: Cases,
}

impl RowSummary {
    /// Takes a case; the row is given by its name and its code.
    fn add(&mut self, record: &CaseRecord, name: &str, code: &str, run: usize) {
        let is_met = record.rows_met.iter().any(|met| **met == *name);
        let due = |codes: &[std::sync::Arc<str>]| matches!(codes, [only] if **only == *code);
        let steps: Vec<usize> =
            (0..record.codes_due.len()).filter(|step| due(&record.codes_due[*step])).collect();
        if !is_met && steps.is_empty() {
            return;
        }
        if !is_met && (!is_judged(record) || steps.iter().all(|step| *step >= record.answered)) {
            self.open += 1;
            return;
        }
        self.met += usize::from(is_met);
        self.cases.add(record, run);
        for (level, (held, broken)) in Level::ALL.into_iter().zip(&mut self.levels) {
            match holds(record, level, &steps) {
                Some(true) => *held += 1,
                Some(false) => *broken += 1,
                None => {}
            }
        }
    }

    /// Whether a case that expects it failed: there, at a level that counts, or elsewhere, so that no case meets it.
    pub(super) fn is_broken(&self, gate: Level) -> bool {
        let counts = Level::ALL.into_iter().zip(self.levels);
        let is_wrong = counts.filter(|(level, _)| *level <= gate).any(|(_, (_, broken))| broken > 0);
        is_wrong || (self.met == 0 && self.cases.count > 0)
    }

    /// The deepest level up to which every case holds.
    pub(super) fn depth(&self) -> Option<Level> {
        let all_hold = |(held, broken): &&(usize, usize)| *held > 0 && *broken == 0;
        let count = self.levels.iter().take_while(all_hold).count();
        Level::ALL.get(count.checked_sub(1)?).copied()
    }
}

/// Whether answers were compared with the contract.
fn is_judged(record: &CaseRecord) -> bool {
    match record.verdict {
        Verdict::Passed | Verdict::Flaky { .. } | Verdict::Failed | Verdict::Waived { .. } => true,
        Verdict::Inconclusive(_) | Verdict::Skipped(_) => false,
    }
}

/// Whether the answers to these steps hold at a level; none if the run did not check that.
fn holds(record: &CaseRecord, level: Level, steps: &[usize]) -> Option<bool> {
    if level != Level::Snapshot {
        let is_broken = |finding: &&crate::model::Finding| {
            finding.level == level && !finding.is_warning && steps.contains(&finding.step)
        };
        return Some(!record.findings.iter().any(|finding| is_broken(&finding)));
    }
    match record.snapshot {
        SnapshotOutcome::Same => Some(true),
        SnapshotOutcome::Different
        | SnapshotOutcome::Outranked
        | SnapshotOutcome::Missing
        | SnapshotOutcome::Unusable { .. } => Some(false),
        SnapshotOutcome::Unchecked | SnapshotOutcome::Written => None,
    }
}

/// The cases on each side of a limit.
#[derive(Debug, Default)]
pub(super) struct LimitEvidence {
    /// Within it: at it, where it is a number.
    pub(super) within: Cases,
    /// Just past it.
    pub(super) past: Cases,
}

/// The sides of the limits of a contract that a case has tried, limit by limit; within, and just past. A case counts
/// for what it sent and looked for: past a limit, the limit's own error and no other answer.
fn tried_sides(operation: &OperationStart, record: &CaseRecord) -> Vec<(bool, bool)> {
    let limits: Vec<(&str, &LimitStart)> = operation
        .parameters
        .iter()
        .flat_map(|parameter| parameter.limits.iter().map(|limit| (parameter.name.as_str(), limit)))
        .collect();
    let errors: Vec<Vec<&str>> =
        limits.iter().map(|(_, limit)| limit.errors.iter().map(|code| &**code).collect()).collect();
    let mut sides = vec![(false, false); limits.len()];
    for exchange in &record.exchanges {
        let due = record.codes_due.get(exchange.step).map(Vec::as_slice).unwrap_or_default();
        let may_be_another = due.iter().any(|code| code.is_empty());
        let sent = SentParameters::of(&exchange.request);
        let found: Vec<(bool, bool)> =
            limits.iter().map(|(name, limit)| sent.sides(name, &limit.limit)).collect();
        let tried: Vec<Tried<'_>> = limits
            .iter()
            .zip(&errors)
            .zip(&found)
            .map(|(((parameter, _), errors), (_, is_past))| Tried { parameter, errors, is_past: *is_past })
            .collect();
        for (at, (within, past)) in found.iter().enumerate() {
            let has_error = due.iter().any(|code| errors[at].contains(&&**code));
            let is_due = has_error && !may_be_another;
            sides[at].0 |= *within && !has_error;
            sides[at].1 |= *past
                && (is_due || (errors[at].is_empty() && !due.is_empty() && !may_be_another))
                && is_the_only_one(&tried, at);
        }
    }
    sides
}

/// What the cases of a run show of one contract.
#[derive(Debug)]
pub(super) struct ContractEvidence {
    /// For each of [`OperationStart::rows`].
    pub(super) rows: Vec<RowSummary>,
    /// For each limit of each parameter.
    pub(super) limits: Vec<Vec<LimitEvidence>>,
    /// How many judged cases kept no exchanges, so that it is not known what they sent.
    pub(super) unseen: usize,
}

impl ContractEvidence {
    /// None yet.
    pub(super) fn new(operation: &OperationStart) -> Self {
        let limits = operation.parameters.iter();
        Self {
            rows: operation.rows.iter().map(|_| RowSummary::default()).collect(),
            limits: limits
                .map(|parameter| parameter.limits.iter().map(|_| LimitEvidence::default()).collect())
                .collect(),
            unseen: 0,
        }
    }

    /// Takes a case of this contract.
    pub(super) fn add(&mut self, operation: &OperationStart, record: &CaseRecord, run: usize) {
        for (position, (row, name)) in self.rows.iter_mut().zip(&operation.rows).enumerate() {
            let code = operation.error_rows.get(position).map_or(name, |start| &start.code);
            row.add(record, name, code, run);
        }
        if !is_judged(record) {
            return;
        }
        self.unseen += usize::from(record.exchanges.len() < record.answered);
        for (evidence, (is_within, is_past)) in
            self.limits.iter_mut().flatten().zip(tried_sides(operation, record))
        {
            if is_within {
                evidence.within.add(record, run);
            }
            if is_past {
                evidence.past.add(record, run);
            }
        }
    }
}
