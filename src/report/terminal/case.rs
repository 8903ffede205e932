//! A case as a person reads it. Main type: [`CaseWriter`].

use std::io::{self, Write};

use super::paint::{Paint, TerminalStyle, Verbosity};
use crate::model::{CaseRecord, Exchange, Finding, Request, Verdict};
use crate::plain::printable;
use crate::report::Repeat;
use crate::report::excerpt::{excerpt, failing};
use crate::report::headline::unstable;

/// Writes cases one after the other.
pub(super) struct CaseWriter {
    pub(super) style: TerminalStyle,
    /// Where requests can be sent again.
    pub(super) repeat: Repeat,
    /// The reason of the last case.
    last_reason: Option<String>,
}

impl CaseWriter {
    pub(super) fn new(style: TerminalStyle, repeat: Repeat) -> Self {
        Self { style, repeat, last_reason: None }
    }

    /// Writes all of a case that you have to know.
    pub(super) fn case(&mut self, out: &mut impl Write, record: &CaseRecord) -> io::Result<()> {
        writeln!(out, "{}", self.name(record))?;
        if let Some(share) = unstable(record) {
            write!(out, "{}", self.style.hang("  ", &share, 2))?;
        }
        self.reason(out, record)?;
        if let Some(reason) = &record.started_again {
            write!(out, "{}", self.style.hang("  started again: ", reason, 2))?;
        }
        let is_brief = record.findings.is_empty() && record.left_behind.is_empty() && record.paused.is_zero();
        if is_brief && record.unanswered.is_none() {
            return Ok(());
        }
        write!(out, "{}", self.style.lines("  ", &record.about))?;
        // A path may hold any character. It is shown on one line, so that it can be copied.
        let spot = printable(&record.spot.to_string()).replace('\n', "\\n");
        writeln!(out, "  {}", self.style.paint(Paint::Faint, &spot))?;
        for (position, finding) in record.findings.iter().enumerate() {
            let next = record.findings.get(position + 1);
            // A row says why of its status, its code and its message.
            let is_last_to_say = next.is_none_or(|next| next.because != finding.because);
            self.finding(out, finding, record, is_last_to_say)?;
        }
        self.requests(out, record)?;
        if record.steps_not_sent > 0 {
            writeln!(out, "  not sent: the last {} of its steps", record.steps_not_sent)?;
        }
        if !record.paused.is_zero() {
            let paused =
                format!("this machine was paused for {:.1?} while it waited for answers", record.paused);
            write!(out, "{}", self.style.hang("  ", &paused, 2))?;
        }
        for left in &record.left_behind {
            write!(out, "{}", self.style.hang("  left behind: ", left, 2))?;
        }
        writeln!(out)
    }

    /// The verdict of a case, and its id.
    pub(super) fn name(&self, record: &CaseRecord) -> String {
        let (paint, word) = match &record.verdict {
            Verdict::Passed => (Paint::Good, "PASSED"),
            Verdict::Failed => (Paint::Bad, "FAILED"),
            Verdict::Flaky { .. } => (Paint::Doubtful, "FLAKY"),
            Verdict::Waived { .. } => (Paint::Doubtful, "WAIVED"),
            Verdict::Inconclusive(_) => (Paint::Doubtful, "INCONCLUSIVE"),
            Verdict::Skipped(_) => (Paint::Doubtful, "SKIPPED"),
        };
        let id = self.style.paint(Paint::Strong, record.id.as_str());
        format!("{}  {id}", self.style.paint(paint, word))
    }

    /// Many cases in a row may be skipped or inconclusive for one reason, which is shown with the first.
    fn reason(&mut self, out: &mut impl Write, record: &CaseRecord) -> io::Result<()> {
        let reason = record.verdict.reason();
        let came_to_nothing = matches!(record.verdict, Verdict::Skipped(_) | Verdict::Inconclusive(_));
        let is_repeated = came_to_nothing && self.last_reason == reason;
        if let Some(reason) = reason.as_ref().filter(|_| !is_repeated) {
            write!(out, "{}", self.style.lines("  ", reason))?;
        }
        self.last_reason = reason;
        Ok(())
    }

    fn finding(
        &self,
        out: &mut impl Write,
        finding: &Finding,
        record: &CaseRecord,
        says_why: bool,
    ) -> io::Result<()> {
        let counts = match finding {
            Finding { is_warning: true, .. } => "  (a warning: no published source promises this)",
            finding if finding.counts(record.gate) => "",
            _ => "  (does not count at this --level)",
        };
        let step =
            if record.exchanges.len() > 1 { format!("step {}: ", finding.step + 1) } else { String::new() };
        let level = finding.level.name();
        let subject = if finding.subject == level {
            String::new()
        } else {
            // A key of an answer is a part of it, and must not begin a line that looks like one of ours.
            format!("  {}", printable(&finding.subject).replace('\n', "\\n"))
        };
        writeln!(out, "  {step}{level}{subject}{counts}")?;
        write!(out, "{}", self.style.with_label(Paint::Good, "    expected  ", &finding.expected))?;
        write!(out, "{}", self.style.with_label(Paint::Bad, "    got       ", &finding.actual))?;
        if let Some(because) = finding.because.as_ref().filter(|_| says_why) {
            write!(out, "{}", self.style.lines("    because   ", because))?;
        }
        match &finding.waived {
            Some(waived) => write!(out, "{}", self.style.lines("    waived    ", waived)),
            None => Ok(()),
        }
    }

    /// The lines that repeat a step.
    fn lines_of(
        &self,
        out: &mut impl Write,
        record: &CaseRecord,
        step: usize,
        request: &Request,
    ) -> io::Result<()> {
        let lines = self.repeat.step(record, step, request);
        lines.iter().try_for_each(|line| writeln!(out, "    {}", printable(line)))
    }

    /// The requests up to the last one that something is wrong with, and the answers that are wrong.
    fn requests(&self, out: &mut impl Write, record: &CaseRecord) -> io::Result<()> {
        let last = record.findings.iter().map(|finding| finding.step).max();
        let sent = record.exchanges.iter().filter(|exchange| last.is_some_and(|last| exchange.step <= last));
        let sent: Vec<&Exchange> = sent.collect();
        let head = self.repeat.head(self.repeat.is_undone(record));
        if let Some(line) = head.filter(|_| !sent.is_empty() || record.unanswered.is_some()) {
            writeln!(out, "    {line}")?;
        }
        let failing: Vec<usize> = failing(record).map(|exchange| exchange.step).collect();
        for Exchange { step, request, answer } in sent {
            self.lines_of(out, record, *step, request)?;
            if failing.contains(step) {
                excerpt(answer)
                    .iter()
                    .try_for_each(|line| write!(out, "{}", self.style.lines("    < ", line)))?;
            }
        }
        match &record.unanswered {
            Some(request) => self.lines_of(out, record, record.answered, request),
            None => Ok(()),
        }
    }
}

/// What a person has to know of a case that did not pass, as plain text.
pub fn case_text(record: &CaseRecord, repeat: &Repeat) -> String {
    let style = TerminalStyle {
        is_coloured: false,
        has_progress: false,
        verbosity: Verbosity::Normal,
        width: None,
        leaves_files: false,
    };
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = CaseWriter::new(style, repeat.clone()).case(&mut text, record);
    String::from_utf8_lossy(&text).into_owned()
}
