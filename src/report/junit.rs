//! The report in `JUnit`'s XML, in the strict form that Jenkins' schema junit-10 asks for: a suite for each table.
//!
//! Cases of a table come one after the other. They wait in a spool until the suite's counts are known, so memory does
//! not grow with them.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event as Xml};

use super::cause::Causes;
use super::headline::{HeadlineKind, first_counting, headline, kind, unstable};
use super::remark::{Remark, Topic, Weight, remarks, series_remarks};
use super::sink::Sink;
use super::terminal::case_text;
use super::{Repeat, Report, seconds};
use crate::event::{Event, RunStart};
use crate::model::{CaseRecord, plural};
use crate::plain::printable;
use crate::whole_file::Spool;

/// The program's name, which the document carries.
const NAME: &str = "proofmark";

/// The suite of what is worth knowing of a run; a table's name has slashes.
const RUN: &str = "run";

/// How many causes a suite names.
const CAUSES: usize = 50;

/// Writes a report in `JUnit`'s XML.
pub struct JunitReport {
    out: Writer<Sink>,
    suite: Option<JunitSuite>,
    /// The run that is written now, and what was doubtful in it.
    start: Option<RunStart>,
    warnings: Vec<String>,
    /// The address of the endpoint, for lines that repeat a request.
    repeat: Repeat,
    /// When the run started, if that is known.
    started: Option<String>,
    /// The properties of every suite of the run: its command line, and the program.
    facts: Vec<(&'static str, String)>,
    /// The endpoint's name before a suite's, where there are several.
    endpoint: Option<String>,
    is_series: bool,
    is_ended: bool,
}

/// The cases of a table so far.
struct JunitSuite {
    table: String,
    cases: Writer<BufWriter<Spool>>,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    elapsed: Duration,
    causes: Causes,
}

impl JunitReport {
    /// A report to `sink`.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn new(sink: Sink) -> io::Result<Self> {
        let mut out = Writer::new(sink);
        out.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        out.get_mut().write_all(b"\n")?;
        out.write_event(Xml::Start(BytesStart::new("testsuites").with_attributes([("name", NAME)])))?;
        out.get_mut().write_all(b"\n")?;
        Ok(Self {
            out,
            suite: None,
            start: None,
            warnings: Vec::new(),
            repeat: Repeat::default(),
            started: None,
            facts: Vec::new(),
            endpoint: None,
            is_series: false,
            is_ended: false,
        })
    }

    fn case(&mut self, record: &CaseRecord) -> io::Result<()> {
        if self.suite.as_ref().is_none_or(|suite| suite.table != record.id.table()) {
            self.close_suite()?;
            self.suite = Some(JunitSuite::new(record.id.table()));
        }
        match &mut self.suite {
            Some(suite) => suite.add(record, &self.repeat, self.endpoint.as_deref()),
            None => Ok(()),
        }
    }

    fn close_suite(&mut self) -> io::Result<()> {
        let Some(suite) = self.suite.take() else {
            return Ok(());
        };
        let name = match &self.endpoint {
            Some(endpoint) => format!("{endpoint} {}", suite.table),
            None => suite.table.clone(),
        };
        let counts =
            [suite.tests, suite.failures, suite.errors, suite.skipped].map(|count| count.to_string());
        let [tests, failures, errors, skipped] = &counts;
        let (name, time) = (printable(&name), seconds(suite.elapsed));
        let mut start = BytesStart::new("testsuite").with_attributes([
            ("name", &*name),
            ("tests", tests),
            ("failures", failures),
            ("errors", errors),
            ("skipped", skipped),
            ("time", &time),
        ]);
        start.extend_attributes(self.started.iter().map(|started| ("timestamp", started.as_str())));
        self.out.write_event(Xml::Start(start))?;
        self.out.get_mut().write_all(b"\n")?;
        self.properties(&suite.causes)?;
        let spool = suite.cases.into_inner().into_inner().map_err(io::IntoInnerError::into_error)?;
        spool.pour(self.out.get_mut())?;
        self.out.write_event(Xml::End(BytesEnd::new("testsuite")))?;
        self.out.get_mut().write_all(b"\n")
    }

    /// The facts of the run and the causes of a suite, as properties: the schema has none for cases.
    fn properties(&mut self, causes: &Causes) -> io::Result<()> {
        let listed = causes.causes_in_order();
        let named = listed.iter().take(CAUSES).map(|cause| {
            let plural = plural(cause.cases, "", "s");
            let value = format!("{} case{plural}: {}", cause.cases, causes.line(cause));
            (format!("cause {}", cause.id), value)
        });
        let facts = self.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        self.out.write_event(Xml::Start(BytesStart::new("properties")))?;
        for (name, value) in facts.chain(named) {
            let attributes = [("name", name.as_str()), ("value", value.as_str())];
            let start = BytesStart::new("property").with_attributes(attributes);
            self.out.write_event(Xml::Empty(start))?;
        }
        self.out.write_event(Xml::End(BytesEnd::new("properties")))?;
        self.out.get_mut().write_all(b"\n")
    }

    /// What is to be said of the run beside its cases. What fails it is written as a case, since readers show only cases;
    /// the rest are properties of a suite without cases.
    fn remarks(&mut self, remarks: &[Remark]) -> io::Result<()> {
        let (failing, others): (Vec<&Remark>, Vec<&Remark>) =
            remarks.iter().partition(|remark| remark.weight == Weight::Error);
        for of_topic in failing.chunk_by(|one, other| one.topic == other.topic) {
            let mut suite = JunitSuite::new(suite(of_topic[0].topic));
            for (number, remark) in (1..).zip(of_topic) {
                suite.add_remark(number, remark, self.endpoint.as_deref())?;
            }
            self.suite = Some(suite);
            self.close_suite()?;
        }
        if others.is_empty() {
            return Ok(());
        }
        let of_run =
            others.iter().map(|remark| (remark.topic.name(), printable(&remark.whole()).replace('\n', " ")));
        let of_run = of_run.collect();
        let facts = std::mem::replace(&mut self.facts, of_run);
        self.suite = Some(JunitSuite::new(RUN));
        self.close_suite()?;
        self.facts = facts;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.is_ended = true;
        self.out.write_event(Xml::End(BytesEnd::new("testsuites")))?;
        self.out.get_mut().write_all(b"\n")
    }
}

impl JunitSuite {
    fn new(table: &str) -> Self {
        // Each event of XML is a few short writes.
        let cases = Writer::new(BufWriter::new(Spool::default()));
        let (tests, failures, errors, skipped) = (0, 0, 0, 0);
        let elapsed = Duration::ZERO;
        let table = table.to_owned();
        Self { table, cases, tests, failures, errors, skipped, elapsed, causes: Causes::default() }
    }

    fn add(&mut self, record: &CaseRecord, repeat: &Repeat, endpoint: Option<&str>) -> io::Result<()> {
        let kind = kind(record);
        self.tests += 1;
        self.causes.add(record);
        self.elapsed += record.elapsed;
        self.failures += usize::from(kind == HeadlineKind::Broken);
        self.errors += usize::from(kind == HeadlineKind::Inconclusive);
        self.skipped += usize::from(matches!(kind, HeadlineKind::Waived | HeadlineKind::Skipped));
        let name = record.id.as_str().trim_start_matches(record.id.table()).trim_start_matches('/');
        let class = class(endpoint, record.id.table());
        let start = BytesStart::new("testcase").with_attributes([
            ("name", name),
            ("classname", &class),
            ("time", &seconds(record.elapsed)),
        ]);
        self.cases.write_event(Xml::Start(start))?;
        if let Some((element, said)) = element(record, kind) {
            self.result(element, said, &headline(record), &case_text(record, repeat))?;
        } else if kind == HeadlineKind::StartedAgain {
            self.output(&case_text(record, repeat))?;
        }
        self.end_case()
    }

    /// Adds what fails the run, and is in no case.
    fn add_remark(&mut self, number: usize, remark: &Remark, endpoint: Option<&str>) -> io::Result<()> {
        let (topic, text) = (remark.topic.name(), printable(&remark.each().join("\n")).into_owned());
        let is_broken = remark.topic == Topic::StaleWaiver;
        self.tests += 1;
        self.failures += usize::from(is_broken);
        self.errors += usize::from(!is_broken);
        let (name, class) = (format!("{topic} {number}"), class(endpoint, &self.table));
        let start = BytesStart::new("testcase").with_attributes([("name", &*name), ("classname", &class)]);
        self.cases.write_event(Xml::Start(start))?;
        let message = printable(&remark.summary).replace('\n', " ");
        self.result(if is_broken { "failure" } else { "error" }, topic, &message, &text)?;
        self.end_case()
    }

    fn result(&mut self, element: &str, said: &str, message: &str, text: &str) -> io::Result<()> {
        let start = BytesStart::new(element).with_attributes([("type", said), ("message", message)]);
        self.cases.write_event(Xml::Start(start))?;
        self.cases.write_event(Xml::Text(BytesText::new(text)))?;
        self.cases.write_event(Xml::End(BytesEnd::new(element)))?;
        Ok(())
    }

    /// What is said of a case that passed.
    fn output(&mut self, text: &str) -> io::Result<()> {
        self.cases.write_event(Xml::Start(BytesStart::new("system-out")))?;
        self.cases.write_event(Xml::Text(BytesText::new(text)))?;
        self.cases.write_event(Xml::End(BytesEnd::new("system-out")))
    }

    fn end_case(&mut self) -> io::Result<()> {
        self.cases.write_event(Xml::End(BytesEnd::new("testcase")))?;
        self.cases.get_mut().write_all(b"\n")
    }
}

/// What every suite of a run says of it.
fn facts(start: &RunStart) -> Vec<(&'static str, String)> {
    let command = start.command.as_deref().map(|command| ("command", printable(command).into_owned()));
    [("tool", format!("{NAME} {}", printable(&start.tool_version)))].into_iter().chain(command).collect()
}

/// The suite of what fails a run beside its cases.
fn suite(topic: Topic) -> &'static str {
    if topic == Topic::StaleWaiver { "waivers" } else { topic.name() }
}

/// The class of cases. Readers of the file distinguish cases by class and name alone, so each of several endpoints has
/// a class of its own.
fn class(endpoint: Option<&str>, table: &str) -> String {
    let parts: Vec<&str> = endpoint.into_iter().chain([table]).collect();
    printable(&parts.join("/")).replace('/', ".")
}

/// The element that shows why a case did not simply pass, and its type.
fn element(record: &CaseRecord, kind: HeadlineKind) -> Option<(&'static str, &'static str)> {
    match kind {
        HeadlineKind::Passed | HeadlineKind::StartedAgain => None,
        HeadlineKind::Flaky => Some(("flakyFailure", "flaky")),
        HeadlineKind::Broken if unstable(record).is_some() => Some(("failure", "unstable")),
        HeadlineKind::Broken => {
            Some(("failure", first_counting(record).map_or("failed", |finding| finding.level.name())))
        }
        HeadlineKind::Waived => Some(("skipped", "waived")),
        HeadlineKind::Inconclusive if record.left_behind.is_empty() => Some(("error", record.verdict.name())),
        HeadlineKind::Inconclusive => Some(("error", "left behind")),
        HeadlineKind::Skipped => Some(("skipped", "skipped")),
    }
}

impl Report for JunitReport {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::SeriesStarted { .. } => {
                self.is_series = true;
                Ok(())
            }
            Event::Started(start) => {
                self.repeat = Repeat::of(start);
                self.start = Some(start.clone());
                self.warnings.clear();
                self.started = start.started.as_ref().map(|started| started.as_str().to_owned());
                self.facts = facts(start);
                self.endpoint = self.is_series.then(|| start.endpoint.name.clone());
                Ok(())
            }
            Event::Warned { text } => {
                self.warnings.push(text.clone());
                Ok(())
            }
            Event::Finished(record) => self.case(record),
            Event::Ended(end) => {
                self.close_suite()?;
                if let Some(start) = self.start.take() {
                    self.remarks(&remarks(&start, &self.warnings, end))?;
                }
                if self.is_series { Ok(()) } else { self.end() }
            }
            Event::SeriesEnded(end) => {
                self.endpoint = None;
                self.remarks(&series_remarks(end))?;
                self.end()
            }
        }
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        if !self.is_ended {
            return Err(super::unfinished_error());
        }
        self.out.into_inner().finish().map(|_| ())
    }
}
