//! The report as a page for people: one file that loads nothing. Main type: [`HtmlReport`].
//!
//! The first part of a page is known last, so its parts wait in spools, and memory does not grow with cases. The page
//! is whole without the script, which only finds cases and opens them.

mod board;
mod case;
mod causes;
mod changes;
mod chips;
mod difference;
mod evidence;
mod exchange;
mod facts;
mod layout;
mod limits;
mod matrix;
mod overview;
mod run;
mod text;
mod timing;

use std::io::{self, BufWriter, Write};

use super::Report;
use super::row_table::RowTable;
use super::sink::Sink;
use crate::event::{Event, Outcome, SeriesEnd};
use crate::markup::{Document, Html, base_style};
use crate::whole_file::Spool;
use run::HtmlRun;

const PAGE: Document =
    Document { style: concat!(base_style!(), include_str!("report.css")), script: include_str!("report.js") };
const TOOLS: &str = include_str!("tools.html");

/// Writes a page.
pub struct HtmlReport {
    out: Sink,
    /// The page above all cases: a part for each run.
    parts: BufWriter<Spool>,
    /// The cases of the runs that are over.
    cases: BufWriter<Spool>,
    run: Option<HtmlRun>,
    /// The endpoints of the runs that are over, and what each came to.
    runs: Vec<(String, Outcome)>,
    rows: RowTable,
    /// How many bytes the cases have so far.
    weight: u64,
    is_series: bool,
    is_ended: bool,
}

impl HtmlReport {
    /// A report to `sink`.
    pub fn new(sink: Sink) -> Self {
        let spool = || BufWriter::new(Spool::default());
        Self {
            out: sink,
            parts: spool(),
            cases: spool(),
            run: None,
            runs: Vec::new(),
            rows: RowTable::default(),
            weight: 0,
            is_series: false,
            is_ended: false,
        }
    }

    /// Puts the page together.
    fn end(&mut self, outcome: Outcome, series: Option<&SeriesEnd>) -> io::Result<()> {
        self.is_ended = true;
        let spool = || BufWriter::new(Spool::default());
        let (parts, cases) =
            (std::mem::replace(&mut self.parts, spool()), std::mem::replace(&mut self.cases, spool()));
        let names: Vec<&str> = self.runs.iter().map(|(name, _)| name.as_str()).collect();
        let title = format!("{}: {}", names.join(", "), outcome.name());
        let html = &mut Html::new(&mut self.out);
        PAGE.open(html, &title)?;
        html.raw("<a class=\"skip\" href=\"#cases\">To the cases</a>\n<main>\n")?;
        if let Some(series) = series {
            overview::write_series(html, series, &self.rows)?;
        }
        pour(parts, &mut self.out)?;
        let html = &mut Html::new(&mut self.out);
        html.raw("<section id=\"cases\" tabindex=\"-1\" aria-labelledby=\"cases-title\">\n")?;
        html.raw("<h2 id=\"cases-title\">Cases</h2>\n")?.raw(TOOLS)?;
        pour(cases, &mut self.out)?;
        let html = &mut Html::new(&mut self.out);
        html.raw("</section>\n</main>\n")?;
        PAGE.close(html)
    }
}

fn pour(spool: BufWriter<Spool>, out: &mut impl Write) -> io::Result<()> {
    spool.into_inner().map_err(io::IntoInnerError::into_error)?.pour(out)
}

impl Report for HtmlReport {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::SeriesStarted { .. } => {
                self.is_series = true;
                Ok(())
            }
            Event::Started(start) => {
                self.run = Some(HtmlRun::new(start.clone(), self.runs.len() + 1, self.is_series));
                Ok(())
            }
            Event::Warned { text } => {
                self.run.iter_mut().for_each(|run| run.warn(text));
                Ok(())
            }
            Event::Finished(record) => match &mut self.run {
                Some(run) => run.case(record, &mut self.cases, &mut self.weight),
                None => Ok(()),
            },
            Event::Ended(end) => {
                let Some(run) = self.run.take() else { return Ok(()) };
                self.runs.push((run.endpoint().to_owned(), end.outcome()));
                self.rows.add(run.start(), end);
                run.close(end, &mut self.parts, &mut self.cases)?;
                if self.is_series { Ok(()) } else { self.end(end.outcome(), None) }
            }
            Event::SeriesEnded(end) => self.end(end.outcome(), Some(end)),
        }
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        if !self.is_ended {
            return Err(super::unfinished_error());
        }
        self.out.finish().map(|_| ())
    }
}
