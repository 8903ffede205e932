//! Runs a case several times, as `--repeat` asks, and keeps the worst that came of it.

use std::mem;

use super::Runner;
use super::stop::Stop;
use crate::model::{CaseRecord, Repeated, Verdict};
use crate::plan::PlannedCase;

impl Runner {
    /// Runs a case as often as the settings say, which is more than once. The record is that of the first run with the worst verdict, so that a
    /// case that fails once has failed. What is skipped is skipped once. `is_last` if its
    /// worker takes no further one.
    pub(super) async fn repeat(&self, planned: &PlannedCase, is_last: bool, stop: &Stop) -> CaseRecord {
        let mut record = self.repetition(planned, (1, false), stop).await;
        if matches!(record.verdict, Verdict::Skipped(_)) {
            return record;
        }
        let mut repeated = Repeated { shown: 1, ..Repeated::default() };
        if is_cut_short(&record.verdict, stop) {
            return record;
        }
        count(&mut repeated, &record.verdict);
        for number in 2..=self.settings.repeat {
            let mut next =
                self.repetition(planned, (number, is_last && number == self.settings.repeat), stop).await;
            let is_cut_short = is_cut_short(&next.verdict, stop);
            if !is_cut_short {
                count(&mut repeated, &next.verdict);
            }
            if badness(&next.verdict) > badness(&record.verdict) {
                mem::swap(&mut record, &mut next);
                repeated.shown = number;
            }
            join(&mut record, next, &mut repeated);
            if is_cut_short {
                break;
            }
        }
        record.repeated = Some(repeated);
        record
    }
}

/// Whether a case came to nothing since the run ends.
fn is_cut_short(verdict: &Verdict, stop: &Stop) -> bool {
    stop.reason().is_some() && matches!(verdict, Verdict::Inconclusive(_) | Verdict::Skipped(_))
}

/// Counts one more run.
fn count(repeated: &mut Repeated, verdict: &Verdict) {
    *match verdict {
        Verdict::Passed | Verdict::Flaky { .. } => &mut repeated.passed,
        Verdict::Failed => &mut repeated.failed,
        Verdict::Waived { .. } => &mut repeated.waived,
        Verdict::Inconclusive(_) => &mut repeated.inconclusive,
        Verdict::Skipped(_) => &mut repeated.skipped,
    } += 1;
}

/// Which of two verdicts a case that came to both has: the greater one.
fn badness(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Passed => 0,
        Verdict::Flaky { .. } => 1,
        Verdict::Waived { .. } => 2,
        Verdict::Skipped(_) => 3,
        Verdict::Inconclusive(_) => 4,
        Verdict::Failed => 5,
    }
}

/// Adds what is true of all runs to the record of one.
fn join(record: &mut CaseRecord, other: CaseRecord, repeated: &mut Repeated) {
    repeated.other_answers += other.answered;
    record.left_behind.extend(other.left_behind);
    record.paused += other.paused;
    record.elapsed += other.elapsed;
}
