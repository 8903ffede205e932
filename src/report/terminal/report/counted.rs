//! What is only counted at the end of a run: what is waived, steps that were not sent, pauses. Main type: [`SummaryCounts`].

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{CaseRecord, Verdict, plural};

/// How many reasons of waivers are kept apart.
const REASONS: usize = 20;

/// Cases, by what is said of them in a line.
#[derive(Debug, Default)]
pub(super) struct SummaryCounts {
    /// By reason, the cases that are waived.
    waived: BTreeMap<String, usize>,
    /// Those with a reason beyond the ones that are kept apart.
    waived_otherwise: usize,
    /// The cases with steps that were not sent, and these steps.
    cut_short: usize,
    steps: usize,
    /// The cases that passed although this machine was paused, and the longest pause.
    paused: usize,
    longest: Duration,
}

impl SummaryCounts {
    pub(super) fn add(&mut self, record: &CaseRecord) {
        if let Verdict::Waived { reason } = &record.verdict {
            if self.waived.contains_key(reason) || self.waived.len() < REASONS {
                *self.waived.entry(reason.clone()).or_default() += 1;
            } else {
                self.waived_otherwise += 1;
            }
        }
        if record.verdict == Verdict::Passed && !record.paused.is_zero() {
            self.paused += 1;
            self.longest = self.longest.max(record.paused);
        }
        if record.verdict == Verdict::Failed && record.steps_not_sent > 0 {
            self.cut_short += 1;
            // Events that are read may say any number.
            self.steps = self.steps.saturating_add(record.steps_not_sent);
        }
    }

    /// That this machine stopped under the run, if so.
    pub(super) fn paused(&self) -> Option<String> {
        let (count, longest) = (self.paused, self.longest);
        (count > 0).then(|| {
            let cases = plural(count, "case", "cases");
            format!("this machine was paused for up to {longest:.1?} while {count} {cases} that passed waited for answers")
        })
    }

    /// A line for each reason, most cases first.
    pub(super) fn waived(&self) -> Vec<String> {
        let mut reasons: Vec<(&String, usize)> =
            self.waived.iter().map(|(reason, count)| (reason, *count)).collect();
        reasons.sort_by_key(|(_, count)| usize::MAX - count);
        let cases = |count: usize| format!("{count} {}", plural(count, "case", "cases"));
        let lines = reasons.into_iter().map(|(reason, count)| format!("{}: {reason}", cases(count)));
        let rest = Some(self.waived_otherwise).filter(|count| *count > 0);
        lines.chain(rest.map(|count| format!("{} for other reasons", cases(count)))).collect()
    }

    /// That mistakes may hide behind the ones that were found, if so.
    pub(super) fn not_sent(&self) -> Option<String> {
        let (steps, cases) = (self.steps, self.cut_short);
        (steps > 0).then(|| {
            let (steps_word, cases_word) = (plural(steps, "step", "steps"), plural(cases, "case", "cases"));
            format!(
                "{steps} {steps_word} of {cases} {cases_word} that failed before; further mistakes may show once those are mended"
            )
        })
    }
}
