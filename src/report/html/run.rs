//! One run on its way to the page: its cases go into a spool, and what they show is gathered. Main type: [`HtmlRun`].

use std::io::{self, BufWriter, Write};
use std::mem;

use super::board::Board;
use super::case::CaseView;
use super::evidence::ContractEvidence;
use super::overview::{OverviewCase, Summary};
use super::text::{Anchor, label, pluralise};
use super::timing::Timing;
use super::{limits, matrix, pour};
use crate::event::{RunEnd, RunStart};
use crate::markup::Html;
use crate::model::{CaseRecord, Verdict};
use crate::report::Repeat;
use crate::report::cause::Causes;
use crate::report::headline::headline;
use crate::report::listed::CaseList;
use crate::whole_file::Spool;

/// How many cases that failed are open.
const OPENED: usize = 20;

/// How many bytes of cases the page may have before all but a line of cases that passed is left out, and of any case:
/// a browser takes a second for the one and some for the other.
const ROOM_FOR_PASSED: u64 = 8 * 1024 * 1024;
const ROOM: u64 = 9 * 1024 * 1024;

/// A run.
pub(super) struct HtmlRun {
    start: RunStart,
    repeat: Repeat,
    /// Its number on the page, from 1.
    number: usize,
    is_series: bool,
    warnings: Vec<String>,
    evidence: Vec<ContractEvidence>,
    timing: Timing,
    causes: Causes,
    board: Board,
    listed: CaseList<OverviewCase>,
    opened: usize,
    table: Option<TableSection>,
}

/// The cases of a table so far; its heading has their counts.
struct TableSection {
    name: String,
    cases: BufWriter<Spool>,
    count: usize,
    passed: usize,
}

impl HtmlRun {
    /// A run that starts.
    pub(super) fn new(start: RunStart, number: usize, is_series: bool) -> Self {
        Self {
            evidence: start.operations.iter().map(ContractEvidence::new).collect(),
            repeat: Repeat::of(&start),
            causes: Causes::of(&start),
            board: Board::default(),
            start,
            number,
            is_series,
            warnings: Vec::new(),
            timing: Timing::default(),
            listed: CaseList::default(),
            opened: 0,
            table: None,
        }
    }

    /// The name of its endpoint.
    pub(super) fn endpoint(&self) -> &str {
        &self.start.endpoint.name
    }

    /// How it started.
    pub(super) fn start(&self) -> &RunStart {
        &self.start
    }

    pub(super) fn warn(&mut self, text: &str) {
        self.warnings.push(text.to_owned());
    }

    /// Takes a case. Those of a table come one after the other.
    pub(super) fn case(
        &mut self,
        record: &CaseRecord,
        out: &mut BufWriter<Spool>,
        weight: &mut u64,
    ) -> io::Result<()> {
        self.note(record);
        if self.table.as_ref().is_none_or(|table| table.name != record.id.table()) {
            let is_first = self.table.is_none();
            self.close_table(out)?;
            if is_first && self.is_series {
                let html = &mut Html::new(out);
                html.raw("<section class=\"of-run\"><h3>")?
                    .line(&self.start.endpoint.name)?
                    .raw("</h3>\n")?;
            }
            if let Some(serve) = self.repeat.serve().filter(|_| is_first) {
                let html = &mut Html::new(out);
                html.raw("<p class=\"note\">Lines that send a request again need, in another terminal: ")?;
                html.raw("<code>")?.text(serve)?.raw("</code></p>\n")?;
            }
            self.table = Some(TableSection::new(record.id.table()));
        }
        let is_open = record.verdict == Verdict::Failed && self.opened < OPENED;
        self.opened += usize::from(is_open);
        let room = if record.verdict == Verdict::Passed { ROOM_FOR_PASSED } else { ROOM };
        let (repeat, run) = (&self.repeat, self.number);
        let Some(table) = &mut self.table else { return Ok(()) };
        let shown = CaseView { record, repeat, run, is_open, has_room: *weight < room };
        *weight += table.add(&shown)?;
        Ok(())
    }

    fn note(&mut self, record: &CaseRecord) {
        self.timing.add(record, self.number);
        self.causes.add(record);
        self.board.add(record, self.number);
        let id = record.id.table().rsplit_once('/').map_or("", |(operation, _)| operation);
        if let Some(position) = self.start.operations.iter().position(|operation| operation.id == id) {
            self.evidence[position].add(&self.start.operations[position], record, self.number);
        }
        let run = self.number;
        self.listed.add(record, &self.causes, || OverviewCase {
            anchor: Anchor { run, case: record.id.clone() },
            label: label(&record.verdict),
            line: headline(record),
        });
    }

    fn close_table(&mut self, out: &mut BufWriter<Spool>) -> io::Result<()> {
        let Some(table) = self.table.take() else { return Ok(()) };
        let html = &mut Html::new(out);
        html.raw("<section class=\"table\">")?.raw(if self.is_series { "<h4>" } else { "<h3>" })?;
        html.raw("<code>")?
            .line(&table.name)?
            .raw("</code> <span>")?
            .text(&pluralise(table.count, "case"))?;
        html.raw(", ")?.show(table.passed)?.raw(" passed</span>")?;
        html.raw(if self.is_series { "</h4>\n" } else { "</h3>\n" })?;
        pour(table.cases, out)?;
        out.write_all(b"</section>\n")
    }

    /// Writes the run's part above all cases into `parts`, and its last cases into `cases`.
    pub(super) fn close(
        mut self,
        end: &RunEnd,
        parts: &mut BufWriter<Spool>,
        cases: &mut BufWriter<Spool>,
    ) -> io::Result<()> {
        let has_cases = self.table.is_some();
        self.close_table(cases)?;
        if has_cases && self.is_series {
            cases.write_all(b"</section>\n")?;
        }
        let (listed, unlisted) = mem::take(&mut self.listed).finish(&self.causes);
        let summary = Summary {
            start: &self.start,
            end,
            warnings: &self.warnings,
            causes: &self.causes,
            board: &self.board,
            evidence: &self.evidence,
            listed: &listed,
            unlisted,
            number: self.number,
            is_series: self.is_series,
        };
        let html = &mut Html::new(parts);
        summary.write(html)?;
        for (operation, evidence) in self.start.operations.iter().zip(&self.evidence) {
            matrix::write(html, operation, evidence, self.start.gate)?;
            limits::write(html, operation, evidence)?;
        }
        self.timing.write(html)?;
        html.raw("</section>\n")?;
        Ok(())
    }
}

impl TableSection {
    fn new(name: &str) -> Self {
        // Each piece of markup is a short write.
        let cases = BufWriter::new(Spool::default());
        Self { name: name.to_owned(), cases, count: 0, passed: 0 }
    }

    /// Adds a case, and returns how many bytes it has.
    fn add(&mut self, shown: &CaseView<'_>) -> io::Result<u64> {
        self.count += 1;
        self.passed += usize::from(shown.record.verdict == Verdict::Passed);
        let mut bytes = Vec::new();
        shown.write(&mut Html::new(&mut bytes))?;
        self.cases.write_all(&bytes)?;
        Ok(bytes.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufWriter;

    use super::{HtmlRun, ROOM, ROOM_FOR_PASSED};
    use crate::event::Event;
    use crate::report::wire::read_event;
    use crate::whole_file::Spool;

    const START: &str = r#"{"event":"started","format":"proofmark-events","version":1,"tool":"1","endpoint":{"name":"n","url":"u","reference":false},"contracts":[],"selected":1,"known":1,"seed":3,"level":"body","faults":[],"snapshots":null}"#;
    const CASE: &str = r#"{"event":"finished","table":"a/B/t","case":"c","about":"It is.","file":"t.toml","line":3,"column":2,"verdict":{"name":"passed"},"level":"body","answered":1,"exchanges":[{"step":1,"request":{"method":"GET","target":"/","headers":[],"body":{"kind":"empty"},"params":[],"format":null},"answer":{"status":200,"headers":[],"text":"the body","duration_us":5}}],"steps_not_sent":0,"snapshot":{"name":"unchecked"},"duration_us":7}"#;

    /// What a page that has so many bytes shows of a case with this verdict.
    fn shown(verdict: &str, mut weight: u64) -> String {
        let Ok(Event::Started(start)) = read_event(START) else { panic!("a start") };
        let case = CASE.replace("passed", verdict);
        let Ok(Event::Finished(record)) = read_event(&case) else { panic!("a case") };
        let mut out = BufWriter::new(Spool::default());
        let mut run = HtmlRun::new(start, 1, false);
        run.case(&record, &mut out, &mut weight).unwrap();
        run.close_table(&mut out).unwrap();
        let mut page = Vec::new();
        out.into_inner().unwrap().pour(&mut page).unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn a_page_that_is_full_leaves_exchanges_out_and_says_so() {
        for (verdict, weight, is_there) in [
            ("passed", 0, true),
            ("passed", ROOM_FOR_PASSED, false),
            ("failed", ROOM_FOR_PASSED, true),
            ("failed", ROOM, false),
        ] {
            let page = shown(verdict, weight);
            assert_eq!(page.contains("the body"), is_there, "{verdict} {weight}: {page}");
            assert_eq!(page.contains("1 exchange left out"), !is_there, "{verdict} {weight}: {page}");
        }
    }
}
