//! What a run comes to, in a few lines for a person.

use std::io::{self, Write};
use std::time::Duration;

use super::TerminalReport;
use crate::event::{RunEnd, RunStart, StaleSnapshot, Stopped};
use crate::model::{VerdictCounts, plural};
use crate::plain::printable;
use crate::report::changes::{compared, groups};
use crate::report::headline::DRIFT_LISTED;
use crate::report::remark::{rows, snapshots, unpromised};
use crate::report::terminal::paint::{Paint, TerminalStyle, Verbosity};

/// All that is written where little is asked for, in lines, and the columns of one where no width is known.
const BRIEF: usize = 15;
const LONGEST: usize = 240;

/// How many orphans, and stale snapshots, are named before the rest is counted.
const NAMED_SNAPSHOTS: usize = 10;

/// How many stale waivers are listed before the rest is counted.
const STALE: usize = 20;

/// How many cases of a kind of change are named.
const CHANGED: usize = 20;

impl<W: Write> TerminalReport<W> {
    /// Everything but the outcome itself.
    pub(super) fn summary(&mut self, start: &RunStart, end: &RunEnd) -> io::Result<()> {
        for operation in &start.operations {
            self.line("contract", &format!("{} {}", operation.id, operation.version))?;
        }
        self.line("endpoint", &start.endpoint.name)?;
        for (position, operation) in start.operations.iter().enumerate() {
            // A contract without error rows has none to hold.
            if !operation.rows.is_empty() {
                let of =
                    if start.operations.len() > 1 { format!(" ({})", operation.id) } else { String::new() };
                self.line("error rows", &(rows(operation.rows.len(), end, position) + &of))?;
            }
        }
        if end.effects.total() > 0 {
            self.line("effects", &end.effects.to_string())?;
        }
        if let Some(strength) = &end.strength {
            self.line("mutants", &strength.mutants.summary())?;
            strength.floor.iter().try_for_each(|floor| self.line("floor", &floor.summary()))?;
        }
        let counts = &end.counts;
        let flaky = if counts.flaky > 0 { format!("{} flaky, ", counts.flaky) } else { String::new() };
        let verdicts = format!(
            "{} passed, {flaky}{} failed, {} waived, {} inconclusive, {} skipped",
            counts.passed, counts.failed, counts.waived, counts.inconclusive, counts.skipped
        );
        self.line("verdicts", &verdicts)?;
        self.unstable_cases()?;
        for (position, waived) in self.counted.waived().iter().enumerate() {
            self.line(if position == 0 { "waived" } else { "" }, waived)?;
        }
        if let Some(paused) = self.counted.paused() {
            self.line("paused", &paused)?;
        }
        if let Some(not_sent) = self.counted.not_sent() {
            self.line("not sent", &not_sent)?;
        }
        if let Some(skipped) = self.causes.describe_skipped() {
            self.line("skipped", &skipped)?;
        }
        for (subject, count) in &end.unpublished {
            let text = unpromised(subject, *count);
            self.paint_line(Paint::Doubtful, "warning", &text)?;
        }
        self.line("snapshots", &snapshots(start, end))?;
        self.orphans(end)?;
        self.stale_snapshots(end)?;
        self.stale_waivers(end)?;
        if start.selected < start.known {
            self.line("selected", &format!("{} of {} cases", start.selected, start.known))?;
        }
        match &end.stopped {
            Some(stopped @ (Stopped::OutOfTime | Stopped::EnoughFailed { .. } | Stopped::MixedUp)) => {
                self.line("stopped", &stopped.reason())?;
            }
            Some(Stopped::Interrupted | Stopped::Unreachable { .. } | Stopped::Refused { .. }) | None => {}
        }
        self.line("seed", &start.seeds())?;
        self.line("time", &seconds(end.elapsed))
    }

    /// How the suite differs from its manifest.
    pub(super) fn drift(&mut self, end: &RunEnd) -> io::Result<()> {
        let Some(drift) = end.drift.as_ref().filter(|drift| !drift.is_empty()) else { return Ok(()) };
        let text = self.style.hang("", &format!("{drift}:"), 4);
        writeln!(self.out, "{}", self.style.paint(Paint::Bad, text.trim_end()))?;
        drift
            .lines(DRIFT_LISTED)
            .iter()
            .try_for_each(|line| write!(self.out, "{}", self.style.hang("    ", line, 6)))
    }

    /// How the run differs from earlier ones.
    pub(super) fn changes(&mut self, end: &RunEnd) -> io::Result<()> {
        let Some(changes) = &end.changes else { return Ok(()) };
        write!(self.out, "{}", self.style.hang("", &compared(changes), 2))?;
        let groups = groups(changes);
        if groups.is_empty() {
            writeln!(self.out, "  nothing fails, and nothing did")?;
        }
        for group in groups {
            let paint = if group.is_bad { Paint::Bad } else { Paint::Good };
            writeln!(self.out, "  {}", self.style.paint(paint, &group.heading))?;
            for line in group.lines.iter().take(CHANGED) {
                write!(self.out, "{}", self.style.hang("    ", line, 6))?;
            }
            let rest = group.lines.len().saturating_sub(CHANGED);
            if rest > 0 {
                writeln!(self.out, "    and {rest} more")?;
            }
        }
        Ok(())
    }

    /// What is wrong, in at most [`BRIEF`] lines with those that are written before: the verdict, what was left behind,
    /// faults, and why the run ended early.
    pub(super) fn brief(&mut self, end: &RunEnd) -> io::Result<()> {
        let Some(start) = &self.start else { return Ok(()) };
        let before = verdict_line(self.style, start, end).lines().count()
            + self.warned
            + 3 * usize::from(!start.faults.is_empty())
            + obstacle_line(self.style, end).map_or(0, |line| line.lines().count())
            + usize::from(end.left_behind > 0);
        let mut shortcomings = shortcomings(self.style, end);
        if let Some(changes) = &end.changes {
            let headings: Vec<String> = groups(changes).into_iter().map(|group| group.heading).collect();
            shortcomings.push(self.style.cut("  changes     ", &headings.join(", "), LONGEST));
        }
        if let Some(first) = self.unstable.named.first() {
            let text = format!("{} {first}", self.unstable.head());
            shortcomings.push(self.style.cut("  unstable    ", &text, LONGEST));
        }
        let room = BRIEF.saturating_sub(before + shortcomings.len());
        let lines = self.causes_in(room).into_iter().chain(shortcomings);
        lines.into_iter().try_for_each(|line| self.out.write_all(line.as_bytes()))
    }

    fn unstable_cases(&mut self) -> io::Result<()> {
        let unstable = std::mem::take(&mut self.unstable);
        if unstable.cases == 0 {
            return Ok(());
        }
        self.paint_line(Paint::Bad, "unstable", &unstable.head())?;
        unstable.named.iter().try_for_each(|each| self.write_below(each))?;
        let rest = unstable.cases - unstable.named.len();
        if rest > 0 { writeln!(self.out, "    and {rest} more") } else { Ok(()) }
    }

    fn stale_waivers(&mut self, end: &RunEnd) -> io::Result<()> {
        if end.stale_waivers.is_empty() {
            return Ok(());
        }
        let text = format!("{} any more, which fails the run:", do_not_hold(end.stale_waivers.len()));
        self.paint_line(Paint::Bad, "waivers", &text)?;
        let is_verbose = self.style.verbosity == Verbosity::Verbose;
        let most = if is_verbose { usize::MAX } else { STALE };
        end.stale_waivers.iter().take(most).try_for_each(|stale| self.write_below(&stale.to_string()))?;
        match end.stale_waivers.len().saturating_sub(most) {
            0 => Ok(()),
            rest => writeln!(self.out, "    and {rest} more; -v lists all"),
        }
    }

    fn stale_snapshots(&mut self, end: &RunEnd) -> io::Result<()> {
        let Some(stale) = end.stale_snapshots.as_ref() else { return Ok(()) };
        if stale.is_empty() {
            return self.line("stale", "no snapshot");
        }
        let plural = plural(stale.len(), " is", "s are");
        let text = format!("{} snapshot{plural}, and not confirmed by this run:", stale.len());
        self.paint_line(Paint::Doubtful, "stale", &text)?;
        for StaleSnapshot { case, why } in stale.iter().take(NAMED_SNAPSHOTS) {
            self.write_below(&format!("{case}: {why}"))?;
        }
        let rest = stale.len().saturating_sub(NAMED_SNAPSHOTS);
        if rest > 0 { writeln!(self.out, "    and {rest} more") } else { Ok(()) }
    }

    fn orphans(&mut self, end: &RunEnd) -> io::Result<()> {
        if end.orphans.is_empty() {
            return Ok(());
        }
        let text = format!("{} belong to no case:", end.orphans.len());
        self.paint_line(Paint::Doubtful, "orphans", &text)?;
        for path in end.orphans.iter().take(NAMED_SNAPSHOTS) {
            // In one line, to be copied.
            let path = printable(&path.display().to_string()).replace('\n', "\\n");
            writeln!(self.out, "    {path}")?;
        }
        let rest = end.orphans.len().saturating_sub(NAMED_SNAPSHOTS);
        if rest > 0 { writeln!(self.out, "    and {rest} more") } else { Ok(()) }
    }

    /// A line of the summary: its subject, then the text.
    fn line(&mut self, subject: &str, text: &str) -> io::Result<()> {
        write!(self.out, "{}", self.style.lines(&format!("  {subject:<12}"), text))
    }

    fn paint_line(&mut self, paint: Paint, subject: &str, text: &str) -> io::Result<()> {
        let lines = self.style.lines(&format!("  {subject:<12}"), text);
        writeln!(self.out, "{}", self.style.paint(paint, lines.trim_end()))
    }

    fn write_below(&mut self, text: &str) -> io::Result<()> {
        write!(self.out, "{}", self.style.hang("    ", text, 6))
    }
}

fn do_not_hold(waivers: usize) -> String {
    format!("{waivers} {}", plural(waivers, "does not hold", "do not hold"))
}

/// The outcome, and how many cases of each kind there are.
pub(super) fn verdict_line(style: TerminalStyle, start: &RunStart, end: &RunEnd) -> String {
    let (paint, word) = super::outcome(end.outcome());
    style.with_head(paint, word, &tally(&end.counts, start.selected))
}

/// Why the run ended early, if it did.
pub(super) fn obstacle_line(style: TerminalStyle, end: &RunEnd) -> Option<String> {
    let obstacle = end.stopped.as_ref().and_then(Stopped::obstacle)?;
    Some(style.hang("", &obstacle, 2))
}

/// How many cases passed, and what became of the others.
fn tally(counts: &VerdictCounts, selected: usize) -> String {
    if selected == 0 {
        return "no case ran".to_owned();
    }
    let VerdictCounts { passed, flaky, failed, waived, inconclusive, skipped, not_meant } = *counts;
    let others = [
        (failed, "failed"),
        (inconclusive, "inconclusive"),
        (waived, "waived"),
        (flaky, "flaky"),
        (skipped.saturating_sub(not_meant), "skipped"),
        (not_meant, "skipped on purpose"),
    ];
    let passed = format!("{passed} of {selected} {} passed", plural(selected, "case", "cases"));
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    others.fold(passed, |text, (count, what)| format!("{text}, {count} {what}"))
}

/// What is wrong beside the cases, each in a line.
fn shortcomings(style: TerminalStyle, end: &RunEnd) -> Vec<String> {
    let line = |subject: &str, text: &str| style.cut(&format!("  {subject:<12}"), text, LONGEST);
    let first = |all: &[String]| match all {
        [] => String::new(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first}; and {} more", rest.len()),
    };
    let mut lines = Vec::new();
    if let Some(drift) = end.drift.as_ref().filter(|drift| !drift.is_empty()) {
        lines.push(style.cut("", &format!("{drift} ({})", drift.lines(1).join("; ")), LONGEST));
    }
    if !end.orphans.is_empty() {
        let paths: Vec<String> = end.orphans.iter().map(|path| path.display().to_string()).collect();
        lines.push(line("orphans", &format!("{} belong to no case: {}", paths.len(), first(&paths))));
    }
    if !end.stale_waivers.is_empty() {
        let texts: Vec<String> = end.stale_waivers.iter().map(ToString::to_string).collect();
        lines.push(line("waivers", &format!("{} any more: {}", do_not_hold(texts.len()), first(&texts))));
    }
    if let Some(stale) = end.stale_snapshots.as_ref().filter(|stale| !stale.is_empty()) {
        let texts: Vec<String> =
            stale.iter().map(|StaleSnapshot { case, why }| format!("{case}: {why}")).collect();
        let plural = plural(texts.len(), "", "s");
        lines.push(line("stale", &format!("{} snapshot{plural}: {}", texts.len(), first(&texts))));
    }
    match &end.stopped {
        Some(stopped @ (Stopped::OutOfTime | Stopped::EnoughFailed { .. } | Stopped::MixedUp)) => {
            lines.push(line("stopped", &stopped.reason()));
        }
        Some(Stopped::Interrupted | Stopped::Unreachable { .. } | Stopped::Refused { .. }) | None => {}
    }
    lines
}

fn seconds(elapsed: Duration) -> String {
    format!("{:.2} s", elapsed.as_secs_f64())
}
