//! The case that a cause is shown by. Main type: [`Example`].

use std::path::PathBuf;

use super::code::Code;
use super::trouble::{ExampleDifference, Trouble};
use crate::model::{CaseId, CaseRecord, Exchange, Request, SentBody, plural};
use crate::plain::printable;
use crate::report::Repeat;
use crate::report::excerpt::excerpt;
use crate::report::headline::unstable;

/// How many lines of an answer are shown, its status line included, and how many characters of each.
const LINES: usize = 3;
const LONGEST: usize = 400;

/// The most bytes of lines that send requests again, of up to a thousand causes; `proofmark show` prints any.
const LONGEST_COMMANDS: usize = 16_000;

/// A case, where it is, and what it met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Example {
    /// The case.
    pub(in crate::report) case: CaseId,
    /// Its file.
    pub(in crate::report) file: PathBuf,
    /// Its line there, from 1.
    pub(in crate::report) line: usize,
    /// The step, from 0.
    pub(in crate::report) step: Option<usize>,
    /// All that was expected.
    pub(in crate::report) expected: String,
    /// All that came instead.
    pub(in crate::report) actual: String,
    /// What says so.
    pub(in crate::report) because: Option<String>,
    /// The line of the request.
    pub(in crate::report) request: Option<String>,
    /// The first lines of the answer.
    pub(in crate::report) answer: Vec<String>,
    /// The commands that send the request again.
    pub(in crate::report) commands: Vec<String>,
    /// Whether they need a state that the endpoint has undone.
    pub(in crate::report) is_undone: bool,
    /// What share of its runs the case did not pass, if it is unstable.
    pub(in crate::report) unstable: Option<String>,
    /// How much there is to read.
    pub(super) size: ExampleSize,
}

/// How many requests are before the one that shows a cause, and how many parts that one has. No length is looked at, as
/// one of values that are made anew is not the same in each run.
pub(super) type ExampleSize = (usize, usize);

/// The size of a case as an example.
pub(super) fn size(trouble: &Trouble, record: &CaseRecord) -> ExampleSize {
    let parts = request(trouble, record).map_or(0, |request| {
        let body = match &request.body {
            SentBody::Empty => 0,
            SentBody::Form(text) | SentBody::Raw(text) => text.matches('&').count() + 1,
            SentBody::Json(text) => text.matches(',').count() + 1,
        };
        request.target.matches('&').count() + body
    });
    (trouble.step.unwrap_or_default(), parts)
}

/// The request that shows it, unless the run dropped it.
fn request<'a>(trouble: &Trouble, record: &'a CaseRecord) -> Option<&'a Request> {
    match exchange(trouble, record) {
        Some(exchange) => Some(&exchange.request),
        None => record.unanswered.as_ref().filter(|_| trouble.step == Some(record.answered)),
    }
}

fn exchange<'a>(trouble: &Trouble, record: &'a CaseRecord) -> Option<&'a Exchange> {
    trouble.step.and_then(|step| record.exchanges.iter().find(|exchange| exchange.step == step))
}

impl Example {
    pub(super) fn of(trouble: &Trouble, record: &CaseRecord, repeat: &Repeat) -> Self {
        let (exchange, request) = (exchange(trouble, record), request(trouble, record));
        // A snapshot finding shows the answer already.
        let is_shown = trouble.code != Code::Snapshot;
        let answer = exchange.filter(|_| is_shown).map(|exchange| excerpt(&exchange.answer));
        let because = trouble.because.join("; ");
        Self {
            case: record.id.clone(),
            file: record.spot.file.path.clone(),
            line: record.spot.line(),
            step: trouble.step,
            expected: join_parts(&trouble.differences, |difference| &difference.expected),
            actual: join_parts(&trouble.differences, |difference| &difference.actual),
            because: (!because.is_empty()).then_some(because),
            request: request.map(request_line),
            answer: answer.into_iter().flatten().take(LINES).collect(),
            commands: request.map(|request| commands(record, trouble, request, repeat)).unwrap_or_default(),
            is_undone: request.is_some() && repeat.is_undone(record),
            unstable: unstable(record),
            size: size(trouble, record),
        }
    }
}

fn join_parts(differences: &[ExampleDifference], part: impl Fn(&ExampleDifference) -> &String) -> String {
    if let [only] = differences {
        return name_value(only, part(only));
    }
    let parts: Vec<String> = differences.iter().map(|each| name_value(each, part(each))).collect();
    parts.join(", ")
}

fn name_value(difference: &ExampleDifference, text: &str) -> String {
    match difference.subject.as_str() {
        "" => text.to_owned(),
        subject => format!("{subject}: {text}"),
    }
}

fn request_line(request: &Request) -> String {
    // Where parameters are in a body, the target alone says little.
    let body = match &request.body {
        SentBody::Form(text) if !text.is_empty() => {
            let count = text.matches('&').count() + 1;
            format!("  with {count} {} in a form", plural(count, "parameter", "parameters"))
        }
        SentBody::Json(text) => format!("  with {} bytes of JSON", text.len()),
        SentBody::Raw(text) if !text.is_empty() => format!("  with a body of {} bytes", text.len()),
        SentBody::Empty | SentBody::Form(_) | SentBody::Raw(_) => String::new(),
    };
    let line = format!("{} {}{body}", request.method, request.target);
    let line = printable(&line).replace('\n', "\\n");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The lines that send again what led to the finding, step by step.
fn commands(record: &CaseRecord, trouble: &Trouble, request: &Request, repeat: &Repeat) -> Vec<String> {
    let step = trouble.step.unwrap_or_default();
    let before = record.exchanges.iter().filter(|exchange| exchange.step < step);
    let mut lines: Vec<String> =
        before.flat_map(|exchange| repeat.step(record, exchange.step, &exchange.request)).collect();
    lines.extend(repeat.step(record, step, request));
    // Part of the lines would send something else than all of them.
    if lines.iter().map(String::len).sum::<usize>() > LONGEST_COMMANDS { Vec::new() } else { lines }
}
