//! The report as a page of Markdown, such as the summary of a step in a CI service.
//!
//! It stays short whatever a run comes to: summaries are cut where they are shown, at a megabyte for GitHub's.

use std::io::{self, Write};

use super::cause::{Causes, Code, shared_reason, shared_reason_line};
use super::changes::{compared, groups};
use super::headline::headline;
use super::listed::{CaseList, OF_A_CAUSE};
use super::remark::{Topic, remarks};
use super::row_table::{Cell, RowTable};
use super::sink::Sink;
use super::terminal::case_text;
use super::{Repeat, Report, seconds};
use crate::event::{Event, RunEnd, RunStart, SeriesEnd};
use crate::model::CaseRecord;
use crate::plain::markdown as cell;

/// How many causes, and cases of a kind of change, are listed; the rest is counted.
const LISTED: usize = 50;

/// What has a place of its own on the page.
const ELSEWHERE: [Topic; 5] = [Topic::Fault, Topic::Changes, Topic::ErrorRows, Topic::Mutants, Topic::Floor];

/// The longest text of one case, in characters.
const LONGEST_TEXT: usize = 4000;

/// Writes a report in Markdown (GitHub's flavour, for its tables).
#[derive(Debug)]
pub struct MarkdownReport {
    out: Sink,
    start: Option<RunStart>,
    causes: Causes,
    /// The warnings of the run, shown below its heading.
    warnings: Vec<String>,
    listed: CaseList<MarkdownCase>,
    rows: RowTable,
    is_series: bool,
    is_ended: bool,
}

/// A case that did not pass.
#[derive(Debug)]
struct MarkdownCase {
    id: String,
    verdict: &'static str,
    line: String,
    text: String,
}

impl MarkdownReport {
    /// A report to `sink`.
    pub fn new(sink: Sink) -> Self {
        Self {
            out: sink,
            start: None,
            causes: Causes::default(),
            warnings: Vec::new(),
            listed: CaseList::default(),
            rows: RowTable::default(),
            is_series: false,
            is_ended: false,
        }
    }

    fn case(&mut self, record: &CaseRecord) {
        self.causes.add(record);
        let start = self.start.as_ref();
        self.listed.add(record, &self.causes, || MarkdownCase {
            id: record.id.to_string(),
            verdict: record.verdict.name(),
            line: headline(record),
            text: cut(&case_text(record, &start.map(Repeat::of).unwrap_or_default())),
        });
    }

    fn end(&mut self, end: &RunEnd) -> io::Result<()> {
        let Some(start) = self.start.take() else {
            return Ok(());
        };
        if self.is_series {
            self.rows.add(&start, end);
        }
        let causes = std::mem::take(&mut self.causes);
        let out = &mut self.out;
        writeln!(out, "## proofmark: {} {}\n", code(&start.endpoint.name), end.outcome().name())?;
        if !start.faults.is_empty() {
            let faults = code(&start.faults.join(", "));
            writeln!(out, "**Faults are switched on; this run says nothing about conformance:** {faults}\n")?;
        }
        writeln!(
            out,
            "| passed | flaky | failed | waived | inconclusive | skipped |\n|---|---|---|---|---|---|"
        )?;
        let counts = &end.counts;
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |\n",
            counts.passed, counts.flaky, counts.failed, counts.waived, counts.inconclusive, counts.skipped
        )?;
        write_changes(out, end)?;
        write_causes(out, &causes)?;
        writeln!(out, "| contract | version | cases | error rows met | held |\n|---|---|---|---|---|")?;
        for (position, (operation, met)) in start.operations.iter().zip(&end.rows_met).enumerate() {
            let held = end.rows_held.as_ref().and_then(|rows| rows.get(position));
            let held = held.map_or_else(|| "not known".to_owned(), |rows| rows.held.len().to_string());
            let (id, version) = (code(&operation.id), cell(&operation.version));
            writeln!(
                out,
                "| {id} | {version} | {} | {} of {} | {held} |",
                operation.selected,
                met.len(),
                operation.rows.len()
            )?;
        }
        if let Some(strength) = &end.strength {
            writeln!(out, "\nMutants: {}.", strength.mutants.summary())?;
            if let Some(floor) = &strength.floor {
                writeln!(out, "\nFloor: {}.", cell(&floor.summary()))?;
            }
        }
        write!(out, "\n{}", cell(&start.occasion()))?;
        match &start.command {
            Some(command) => writeln!(out, ": {}", code(command))?,
            None => writeln!(out, ".")?,
        }
        writeln!(out, "\nSeed {}, {} s.", start.seeds(), seconds(end.elapsed))?;
        self.notes(&start, end)?;
        self.list(&causes)
    }

    fn notes(&mut self, start: &RunStart, end: &RunEnd) -> io::Result<()> {
        let warnings = std::mem::take(&mut self.warnings);
        for remark in remarks(start, &warnings, end) {
            if ELSEWHERE.contains(&remark.topic) {
                continue;
            }
            for text in remark.each() {
                writeln!(self.out, "\n{}: {}", remark.topic.heading(), cell(text))?;
            }
        }
        Ok(())
    }

    fn list(&mut self, causes: &Causes) -> io::Result<()> {
        let (listed, unlisted) = std::mem::take(&mut self.listed).finish(causes);
        if listed.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "\n| case | verdict | why |\n|---|---|---|")?;
        for case in &listed {
            writeln!(self.out, "| {} | {} | {} |", code(&case.id), case.verdict, code(&case.line))?;
        }
        if unlisted > 0 {
            writeln!(
                self.out,
                "\nand {unlisted} more; of each cause, at most {OF_A_CAUSE} cases are listed."
            )?;
        }
        for case in listed {
            let fence = fence(&case.text);
            writeln!(
                self.out,
                "\n<details><summary>{} {}</summary>\n\n{fence}text\n{}\n{fence}\n\n</details>",
                cell(&case.id),
                case.verdict,
                case.text.trim_end()
            )?;
        }
        Ok(())
    }

    fn series_end(&mut self, end: &SeriesEnd) -> io::Result<()> {
        writeln!(
            self.out,
            "\n## All endpoints: {}\n\n| endpoint | outcome |\n|---|---|",
            end.outcome().name()
        )?;
        for run in &end.runs {
            writeln!(self.out, "| {} | {} |", code(&run.endpoint), run.outcome)?;
        }
        end.not_started.iter().try_for_each(|name| writeln!(self.out, "| {} | not started |", code(name)))?;
        write_rows(&mut self.out, &self.rows)
    }
}

/// The error rows on which endpoints differ, with a column for each endpoint.
fn write_rows(out: &mut Sink, table: &RowTable) -> io::Result<()> {
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Error rows\n\n{}.", cell(&table.summary()))?;
    let rows = table.differing();
    if rows.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = table.endpoints().iter().map(|name| format!(" {} |", code(name))).collect();
    writeln!(out, "\n| contract | error row |{}\n|---|---|{}", names.concat(), "---|".repeat(names.len()))?;
    for row in rows.iter().take(LISTED) {
        let on = |name: &String| row.on(name).map_or("not known", Cell::name);
        let cells: Vec<String> = table.endpoints().iter().map(|name| format!(" {} |", on(name))).collect();
        writeln!(out, "| {} | {} |{}", code(row.contract), code(row.row), cells.concat())?;
    }
    match rows.len().saturating_sub(LISTED) {
        0 => Ok(()),
        rest => writeln!(out, "\nand {rest} more."),
    }
}

/// How the run differs from earlier ones.
fn write_changes(out: &mut Sink, end: &RunEnd) -> io::Result<()> {
    let Some(changes) = &end.changes else { return Ok(()) };
    let compared = compared(changes);
    writeln!(out, "### {}{}\n", compared[..1].to_uppercase(), cell(&compared[1..]))?;
    let groups = groups(changes);
    if groups.is_empty() {
        writeln!(out, "Nothing fails, and nothing did.\n")?;
    }
    for group in groups {
        writeln!(out, "**{}**\n", cell(&group.heading))?;
        for line in group.lines.iter().take(LISTED) {
            writeln!(out, "- {}", code(line))?;
        }
        let rest = group.lines.len().saturating_sub(LISTED);
        if rest > 0 {
            writeln!(out, "- and {rest} more")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// What is to be mended, most cases first.
fn write_causes(out: &mut Sink, causes: &Causes) -> io::Result<()> {
    let (mended, states) = causes.split();
    for (heading, list) in [("Causes", mended), ("States that the endpoint does not offer", states)] {
        if list.is_empty() {
            continue;
        }
        writeln!(out, "### {heading}\n")?;
        // What the states share is said once.
        let is_of_states = list[0].code == Code::NoState;
        let shared = if is_of_states { shared_reason(&list) } else { None };
        if let Some(line) = shared_reason_line(&list).filter(|_| is_of_states) {
            writeln!(out, "{}.\n", cell(&line))?;
        }
        writeln!(out, "| cases | code | what | for example |\n|---|---|---|---|")?;
        for cause in list.iter().take(LISTED) {
            let (line, id) = (code(&causes.line_below(cause, shared)), code(cause.example.case.as_str()));
            writeln!(out, "| {} | {} | {line} | {id} |", cause.cases, cause.code.name())?;
        }
        let rest = list.len().saturating_sub(LISTED);
        if rest > 0 {
            writeln!(out, "\nand {rest} more.")?;
        }
        writeln!(out)?;
    }
    if causes.others() > 0 {
        writeln!(out, "Cases with still other causes: {}.\n", causes.others())?;
    }
    match causes.describe_skipped() {
        Some(skipped) => writeln!(out, "{}.\n", cell(&skipped)),
        None => Ok(()),
    }
}

/// The text up to a bound, and a word about it where something is missing.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…\n(cut off here)", &text[..end]),
        None => text.to_owned(),
    }
}

/// A fence that no line of the text ends: longer than any run of backticks in it.
fn fence(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Text in a fixed font, in which GitHub looks for no addresses and no names either.
fn code(text: &str) -> String {
    format!("<code>{}</code>", cell(text))
}

impl Report for MarkdownReport {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::SeriesStarted { .. } => {
                self.is_series = true;
                Ok(())
            }
            Event::Started(start) => {
                self.causes = Causes::of(start);
                self.start = Some(start.clone());
                Ok(())
            }
            Event::Warned { text } => {
                self.warnings.push(text.clone());
                Ok(())
            }
            Event::Finished(record) => {
                self.case(record);
                Ok(())
            }
            Event::Ended(end) => {
                self.is_ended = !self.is_series;
                self.end(end)
            }
            Event::SeriesEnded(end) => {
                self.is_ended = true;
                self.series_end(end)
            }
        }
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        if !self.is_ended {
            return Err(super::unfinished_error());
        }
        self.out.finish().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_TEXT, cut};

    #[test]
    fn a_text_that_is_cut_says_so_and_a_shorter_one_is_whole() {
        let whole = "ä".repeat(LONGEST_TEXT);
        assert_eq!(cut(&whole), whole);
        assert_eq!(cut(&format!("{whole}b")), format!("{whole}…\n(cut off here)"));
    }
}
