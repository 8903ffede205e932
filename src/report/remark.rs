//! The flat view of a run that is over: what there is to say of it beside its cases, for every report to list. Main type:
//! [`Remark`].
//!
//! Each field of an end is looked at here by name, so one that is new does not compile before there is something to say of
//! it, and is then in every report.

use std::collections::BTreeSet;

use super::changes::{compared, groups};
use super::headline::DRIFT_LISTED;
use crate::event::{RunEnd, RunStart, SeriesEnd, SnapshotCounts};
use crate::model::{Strength, plural, pluralise};

/// How many snapshots, and cases of a change, are listed before the rest is counted.
const LISTED: usize = 20;

/// How many stale waivers have a remark of their own.
const STALE: usize = 100;

/// How much a remark matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// The run does not conform for it alone, and no case shows it.
    Error,
    /// Doubtful; no case fails for it.
    Warning,
    /// Worth knowing.
    Note,
}

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// Why the run ended early.
    Stopped,
    /// A waiver that does not hold any more.
    StaleWaiver,
    /// How the suite differs from its manifest.
    Manifest,
    /// An endpoint of a series that was not tested.
    NotStarted,
    /// Faults that are switched on.
    Fault,
    /// What was doubtful.
    Warned,
    /// States that were not cleaned up.
    LeftBehind,
    /// Answers that differ from promises that are marked as unpublished.
    Unpublished,
    /// Snapshots that belong to no case.
    Orphans,
    /// Snapshots that are stale still.
    StaleSnapshots,
    /// How the run differs from earlier ones.
    Changes,
    /// Cases that are skipped on purpose.
    Skipped,
    /// What the snapshots did.
    Snapshots,
    /// The effects that were observed.
    Effects,
    /// The error rows of a contract.
    ErrorRows,
    /// The mutants that are killed.
    Mutants,
    /// The best endpoint that implements nothing.
    Floor,
}

impl Topic {
    /// The topic in a word or two.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::StaleWaiver => "stale waiver",
            Self::Manifest => "manifest",
            Self::NotStarted => "not started",
            Self::Fault => "fault",
            Self::Warned => "warning",
            Self::LeftBehind => "left behind",
            Self::Unpublished => "unpublished",
            Self::Orphans => "orphans",
            Self::StaleSnapshots => "stale snapshots",
            Self::Changes => "changes",
            Self::Skipped => "skipped on purpose",
            Self::Snapshots => "snapshots",
            Self::Effects => "effects",
            Self::ErrorRows => "error rows",
            Self::Mutants => "mutants",
            Self::Floor => "floor",
        }
    }

    /// The same as it begins a sentence.
    pub(super) fn heading(self) -> String {
        let name = self.name();
        format!("{}{}", name[..1].to_uppercase(), &name[1..])
    }
}

/// One thing that there is to say of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) weight: Weight,
    pub(super) topic: Topic,
    /// All of it in a sentence, without a full stop.
    pub(super) summary: String,
    /// The single things of which the sentence is the sum, if it is one.
    pub(super) lines: Vec<String>,
}

impl Remark {
    fn new(weight: Weight, topic: Topic, summary: impl Into<String>) -> Self {
        Self { weight, topic, summary: summary.into(), lines: Vec::new() }
    }

    /// With the single things, the first ones of them.
    fn with(mut self, lines: impl ExactSizeIterator<Item = String>) -> Self {
        let rest = lines.len().saturating_sub(LISTED);
        self.lines = lines.take(LISTED).collect();
        if rest > 0 {
            self.lines.push(format!("and {rest} more"));
        }
        self
    }

    /// Each single thing, or the sentence if there is none.
    pub(super) fn each(&self) -> &[String] {
        if self.lines.is_empty() { std::slice::from_ref(&self.summary) } else { &self.lines }
    }

    /// The sentence, with the single things behind it.
    pub(super) fn whole(&self) -> String {
        let Self { summary, lines, .. } = self;
        if lines.is_empty() { summary.clone() } else { format!("{summary}: {}", lines.join(", ")) }
    }
}

/// What there is to say of a run, what matters most first.
pub(super) fn remarks(start: &RunStart, warnings: &[String], end: &RunEnd) -> Vec<Remark> {
    let RunEnd {
        counts,
        rows_met: _,
        rows_held: _,
        strength,
        orphans: _,
        stale_snapshots: _,
        stale_waivers: _,
        unpublished,
        drift: _,
        changes: _,
        snapshots: _,
        effects,
        left_behind,
        // How large the run was and how long it took.
        exchanges: _,
        elapsed: _,
        stopped: _,
    } = end;
    let mut all = failing(end);
    let doubt = |topic, summary: String| Remark::new(Weight::Warning, topic, summary);
    if !start.faults.is_empty() {
        let text = format!("{}; this run says nothing about conformance", start.faults.join(", "));
        all.push(doubt(Topic::Fault, text));
    }
    all.extend(warnings.iter().map(|text| doubt(Topic::Warned, text.clone())));
    if *left_behind > 0 {
        let text = format!("{} left something behind on the endpoint", pluralise(*left_behind, "case"));
        all.push(doubt(Topic::LeftBehind, text));
    }
    all.extend(
        unpublished.iter().map(|(subject, count)| doubt(Topic::Unpublished, unpromised(subject, *count))),
    );
    all.extend(doubtful_snapshots(end));
    all.extend(changed(end));
    let note = |topic, summary: String| Remark::new(Weight::Note, topic, summary);
    if counts.not_meant > 0 {
        all.push(note(Topic::Skipped, pluralise(counts.not_meant, "case")));
    }
    all.extend(counted_snapshots(start, end).map(|counted| note(Topic::Snapshots, counted)));
    all.extend((effects.total() > 0).then(|| note(Topic::Effects, effects.to_string())));
    let with_rows = start.operations.iter().enumerate().filter(|(_, operation)| !operation.rows.is_empty());
    all.extend(with_rows.map(|(position, operation)| {
        let rows = rows(operation.rows.len(), end, position);
        note(Topic::ErrorRows, format!("{rows} ({})", operation.id))
    }));
    if let Some(Strength { mutants, floor }) = strength {
        all.push(note(Topic::Mutants, mutants.summary()));
        all.extend(floor.iter().map(|floor| note(Topic::Floor, floor.summary())));
    }
    all
}

/// What fails the run, and is in no case.
fn failing(end: &RunEnd) -> Vec<Remark> {
    let mut all = Vec::new();
    all.extend(
        end.stopped.iter().map(|stopped| Remark::new(Weight::Error, Topic::Stopped, stopped.reason())),
    );
    let stale = |text: String| Remark::new(Weight::Error, Topic::StaleWaiver, text);
    all.extend(end.stale_waivers.iter().take(STALE).map(|waiver| stale(waiver.to_string())));
    match end.stale_waivers.len().saturating_sub(STALE) {
        0 => {}
        rest => all.push(stale(format!("and {rest} more waivers that do not hold any more"))),
    }
    if let Some(drift) = end.drift.as_ref().filter(|drift| !drift.is_empty()) {
        let lines = drift.lines(DRIFT_LISTED);
        all.push(Remark { lines, ..Remark::new(Weight::Error, Topic::Manifest, drift.to_string()) });
    }
    all
}

/// Which snapshots need attention.
fn doubtful_snapshots(end: &RunEnd) -> Vec<Remark> {
    let doubt = |topic, summary: String| Remark::new(Weight::Warning, topic, summary);
    let mut all = Vec::new();
    if !end.orphans.is_empty() {
        let text =
            format!("{} no case", plural_verb(end.orphans.len(), "snapshot", "belongs to", "belong to"));
        all.push(doubt(Topic::Orphans, text).with(end.orphans.iter().map(|path| path.display().to_string())));
    }
    if let Some(stale) = end.stale_snapshots.as_ref().filter(|stale| !stale.is_empty()) {
        let text = format!("{} not confirmed by this run", plural_verb(stale.len(), "snapshot", "is", "are"));
        let lines = stale.iter().map(|stale| format!("{}: {}", stale.case, stale.why));
        all.push(doubt(Topic::StaleSnapshots, text).with(lines));
    }
    all
}

/// What there is to say of a series beside its runs.
pub(super) fn series_remarks(end: &SeriesEnd) -> Vec<Remark> {
    let SeriesEnd { runs: _, not_started } = end;
    not_started.iter().map(|name| Remark::new(Weight::Error, Topic::NotStarted, name)).collect()
}

fn plural_verb(count: usize, noun: &str, one: &str, many: &str) -> String {
    format!("{} {}", pluralise(count, noun), plural(count, one, many))
}

/// How many answers differ from a promise that no published source has.
pub(super) fn unpromised(subject: &str, count: usize) -> String {
    let answers = plural_verb(count, "answer", "differs", "differ");
    format!("{answers} in {subject}, which no published source promises; nothing fails for it")
}

/// How the run differs from earlier ones, each kind of change in a remark.
fn changed(end: &RunEnd) -> Vec<Remark> {
    let Some(changes) = &end.changes else { return Vec::new() };
    let note = |summary: String| Remark::new(Weight::Note, Topic::Changes, summary);
    let groups = groups(changes).into_iter().map(|group| {
        let cases = note(String::new()).with(group.lines.into_iter()).lines;
        note(format!("{}: {}", group.heading, cases.join(", ")))
    });
    [note(compared(changes))].into_iter().chain(groups).collect()
}

/// How many snapshots did what; none if there is no baseline.
fn counted_snapshots(start: &RunStart, end: &RunEnd) -> Option<String> {
    start.snapshots.as_ref()?;
    let SnapshotCounts { same, different, outranked, missing, written, unusable } = end.snapshots;
    let counts = [
        (same, "same"),
        (different, "different"),
        (outranked, "outranked"),
        (missing, "missing"),
        (written, "written"),
        (unusable, "unusable"),
    ];
    let counted = counts.into_iter().filter(|(count, _)| *count > 0);
    let counted: Vec<String> = counted.map(|(count, word)| format!("{count} {word}")).collect();
    Some(if counted.is_empty() { "none looked at".to_owned() } else { counted.join(", ") })
}

/// What the snapshots did, also if there is no baseline.
pub(super) fn snapshots(start: &RunStart, end: &RunEnd) -> String {
    counted_snapshots(start, end).unwrap_or_else(|| "none for this endpoint".to_owned())
}

/// How many error rows of a contract are held; where that is not known, how many were met. No row is counted twice.
pub(super) fn rows(all: usize, end: &RunEnd, position: usize) -> String {
    let none = BTreeSet::new();
    let met = end.rows_met.get(position).unwrap_or(&none);
    let Some(rows) = end.rows_held.as_ref().and_then(|rows| rows.get(position)) else {
        return format!("{} of {all} met", met.len());
    };
    let only_met = met.iter().filter(|row| !rows.held.contains(*row) && !rows.held_in_part.contains(*row));
    let others =
        rows.unmeasured.iter().filter(|row| !met.contains(*row) && !rows.held_in_part.contains(*row));
    let counts = [
        (rows.held_in_part.len(), "held in part"),
        (only_met.count(), "met"),
        (others.count(), "not measured"),
    ];
    let more = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!(", {count} {word}"));
    format!("{} of {all} held{}", rows.held.len(), more.collect::<String>())
}
