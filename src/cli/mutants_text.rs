//! The figures of mutants as text, in lines that fit a terminal.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use crate::model::{FloorScore, plural, pluralise};
use crate::report::printable;
use crate::strength::{Count, Figures, Mutated, Operator, RowResult, SET};
use crate::wrapped::{cut, width, wrap};

/// How many groups of gaps are printed; JSON has all.
const SHOWN: usize = 30;

/// How wide the column of names is at the most.
const WIDEST: usize = 48;

/// The figures as text. Writing to a String cannot fail, which is why results are dropped.
pub(super) fn text(mutated: &Mutated, is_quiet: bool, width: usize) -> String {
    let figures = &mutated.figures;
    let mut text = headline(figures, width);
    rows(&mut text, &mutated.standings, width);
    floor(&mut text, mutated.floor.as_ref(), width);
    if !is_quiet && figures.mutants() > 0 {
        let levels = figures
            .levels
            .iter()
            .map(|(level, killed)| (level.to_string(), Count { killed: *killed, ..Count::default() }));
        text.push_str(&table("by level", levels, width));
        let operators = figures.operators.iter().map(|(operator, count)| (operator.to_string(), *count));
        text.push_str(&table("by operator", operators, width));
        let mut contracts: BTreeMap<&str, Vec<(String, Count)>> = BTreeMap::new();
        for ((contract, row), count) in &figures.rows {
            contracts.entry(contract).or_default().push((row.clone(), *count));
        }
        for (contract, rows) in contracts {
            text.push_str(&table(&format!("by row of {contract}"), rows.into_iter(), width));
        }
    }
    open(&mut text, figures, width);
    gaps(&mut text, figures, width);
    text
}

fn headline(figures: &Figures, width: usize) -> String {
    let mut text = String::new();
    let mut line = |line: &str| text.push_str(&wrap(line, "", "  ", width));
    line(&format!(
        "{} of {} in {}, by set {SET} of operators",
        pluralise(size(figures.mutants()), "mutant"),
        pluralise(size(figures.answers), "answer"),
        pluralise(size(figures.cases), "case"),
    ));
    line(&figures.score().summary());
    if figures.in_snapshots > 0 {
        line(&format!("only snapshots notice {} of the open ones and the gaps", figures.in_snapshots));
    }
    if figures.left_out > 0 {
        let cases = pluralise(size(figures.left_out), "case");
        line(&format!("{cases} without mutants: not passed, or recorded without --all-exchanges"));
    }
    if figures.cut > 0 {
        let (answers, have) =
            (pluralise(size(figures.cut), "answer"), plural(size(figures.cut), "has", "have"));
        line(&format!("{answers} {have} more places than are changed"));
    }
    if figures.is_stopped {
        line("there are more mutants than --most allows");
    }
    text
}

/// A count as a size, which only the choice between one and several looks at.
fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// How many error rows are held: their cases pass, and so does what is nearly the same and accepted.
fn rows(text: &mut String, standings: &[RowResult], width: usize) {
    let count = |standing| standings.iter().filter(|one| **one == standing).count();
    let mut line = format!("error rows {} of {} held", count(RowResult::Held), standings.len());
    for (standing, what) in [
        (RowResult::HeldInPart, "held in part"),
        (RowResult::NotHeld, "not held"),
        (RowResult::Unmeasured, "not measured"),
        (RowResult::Unexpected, "expected by no case alone"),
    ] {
        if count(standing) > 0 {
            let _ = write!(line, ", {} {what}", count(standing));
        }
    }
    if !standings.is_empty() {
        text.push_str(&wrap(&line, "", "  ", width));
    }
}

/// What an endpoint reaches that implements nothing.
fn floor(text: &mut String, floor: Option<&FloorScore>, width: usize) {
    let Some(floor) = floor else { return };
    text.push_str(&wrap(&format!("floor: {}", floor.summary()), "", "  ", width));
}

fn table(title: &str, rows: impl Iterator<Item = (String, Count)>, room: usize) -> String {
    let rows: Vec<(String, Count)> = rows.collect();
    let column = WIDEST.min(room.saturating_sub(30)).max(10);
    let widest = rows.iter().map(|(name, _)| width(&printable(name))).max().unwrap_or_default().min(column);
    let line = |name: &str, killed: &dyn Display, open: &dyn Display, gaps: &dyn Display| {
        let name = cut(name, widest);
        let pad = " ".repeat(widest.saturating_sub(width(&name)));
        format!("  {name}{pad} {killed:>8} {open:>8} {gaps:>8}\n")
    };
    let mut text = format!("\n{}\n{}", cut(title, room), line("", &"killed", &"open", &"gaps"));
    for (name, count) in &rows {
        text.push_str(&line(name, &count.killed, &count.open, &count.gaps));
    }
    text
}

/// What a sentence permits, always with the sentence.
fn open(text: &mut String, figures: &Figures, width: usize) {
    if figures.total.open == 0 {
        return;
    }
    let _ = writeln!(text, "\nopen: {}", figures.total.open);
    for ((file, line, sentence), place) in &figures.open {
        text.push_str(&wrap(&format!("{file}:{line}: {sentence}"), "  ", "    ", width));
        let operators: Vec<&str> = place.operators.iter().map(|operator| operator.name()).collect();
        let about = format!("{} by {}", place.count, operators.join(", "));
        text.push_str(&wrap(&about, "      ", "      ", width));
    }
    if figures.open_unlisted > 0 {
        let _ = writeln!(text, "  {} more, of other sentences", figures.open_unlisted);
    }
}

/// A group of gaps, over all rows.
struct GapGroup<'a> {
    count: u64,
    rows: usize,
    case: &'a str,
    step: usize,
    change: &'a str,
}

/// The gaps, those with the most mutants first.
fn gaps(text: &mut String, figures: &Figures, width: usize) {
    if figures.total.gaps == 0 {
        text.push_str(if figures.mutants() == 0 { "" } else { "\nno gaps\n" });
        return;
    }
    let mut groups: BTreeMap<(&str, Operator, &str), GapGroup> = BTreeMap::new();
    for ((contract, _, operator, place), gap) in &figures.gaps {
        let new = || GapGroup { count: 0, rows: 0, case: &gap.case, step: gap.step, change: &gap.change };
        let group = groups.entry((contract, *operator, place)).or_insert_with(new);
        group.count += gap.count;
        group.rows += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
    let _ = writeln!(text, "\ngaps: {}", figures.total.gaps);
    for ((_, operator, place), group) in groups.iter().take(SHOWN) {
        let what = format!("{operator} at {place}: {}", group.change);
        text.push_str(&wrap(&what, "  ", "    ", width));
        let rows = if group.rows > 1 { format!(" in {} rows", group.rows) } else { String::new() };
        let example = format!("{}{rows}, such as step {} of {}", group.count, group.step + 1, group.case);
        text.push_str(&wrap(&example, "      ", "      ", width));
    }
    if groups.len() > SHOWN || figures.gaps_unlisted > 0 {
        let more = groups.len().saturating_sub(SHOWN);
        let line = format!("{more} more kinds of gaps; --format json lists them");
        text.push_str(&wrap(&line, "  ", "    ", width));
    }
}
