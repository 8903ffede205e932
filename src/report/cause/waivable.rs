//! The causes of a case that failed, with the findings that a waiver has to cover. Main type: [`Waivable`].

use super::{Cause, causes_of, to_one_line};
use crate::model::{CaseRecord, Finding, Level, Verdict};
use crate::report::Repeat;

/// A cause of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waivable {
    /// The name of the cause.
    pub id: String,
    /// What is wrong, in a line.
    pub line: String,
    /// The level and subject of each finding.
    pub findings: Vec<(Level, String)>,
}

/// The causes of a case that failed. Each of its findings that count belongs to one of them: what no cause is named for
/// goes with the one of the same step, else with the first. What is waived is left out. None, if the case did not fail by findings.
pub fn waivable(record: &CaseRecord) -> Vec<Waivable> {
    if record.verdict != Verdict::Failed {
        return Vec::new();
    }
    let mut found: Vec<(Option<usize>, Waivable)> = Vec::new();
    for (key, trouble) in causes_of(record)
        .into_iter()
        .filter(|(_, trouble)| !trouble.findings.is_empty() && !trouble.is_waived())
    {
        let (step, findings) = (trouble.step, trouble.findings.clone());
        let (id, operation) = (key.id(), key.operation);
        let cause = Cause::new(id, operation, trouble, record, &Repeat::default());
        let line = to_one_line(&cause.line());
        found.push((step, Waivable { id: cause.id, line, findings }));
    }
    let open = |finding: &&Finding| finding.counts(record.gate) && finding.waived.is_none();
    for finding in record.findings.iter().filter(open) {
        let this = (finding.level, finding.subject.clone());
        if found.iter().any(|(_, waivable)| waivable.findings.contains(&this)) {
            continue;
        }
        let same_step = found.iter().position(|(step, _)| *step == Some(finding.step));
        if let Some((_, waivable)) = found.get_mut(same_step.unwrap_or(0)) {
            waivable.findings.push(this);
        }
    }
    found.into_iter().map(|(_, waivable)| waivable).collect()
}
