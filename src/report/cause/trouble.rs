//! What is wrong with a case for one reason, and what tells such reasons apart. Main type: [`Trouble`].

use super::CauseKey;
use super::code::Code;
use super::similar::{kind, similar, wording};
use super::unexpected::UnexpectedAnswer;
use crate::model::{
    A_PAGE, ABSENT_FIELD, AnswerFormat, CaseRecord, Citation, Finding, Level, OWN_ID, OWN_VALUE, Promise,
    UNNAMED_FIELD, essence,
};

/// A body that has fields, but not those of an error, or of success.
pub(super) const OTHER_FORM: &str = "a body of another form";

/// What is wrong with a case, for one reason.
pub(super) struct Trouble {
    pub(super) code: Code,
    /// The step that shows it, from 0; the last request, where no answer came.
    pub(super) step: Option<usize>,
    /// Whether the promise is one that the contract names, so that it does not matter how a case put it.
    pub(super) is_cited: bool,
    pub(super) promise: String,
    pub(super) expected: String,
    pub(super) actual: String,
    /// All that differs for this reason, and on what grounds.
    pub(super) differences: Vec<ExampleDifference>,
    pub(super) because: Vec<String>,
    /// The level and subject of each finding that it is made of.
    pub(super) findings: Vec<(Level, String)>,
    /// How many of them a waiver covers, where it does not cover all that is wrong with the case.
    pub(super) waived: usize,
    /// The whole answer, where another one is promised.
    pub(super) came: Option<UnexpectedAnswer>,
    /// The status and the code of the error row that is promised.
    pub(super) row: Option<(u16, String)>,
}

/// One difference, as the example shows it.
pub(super) struct ExampleDifference {
    pub(super) subject: String,
    pub(super) expected: String,
    pub(super) actual: String,
}

impl Trouble {
    pub(super) fn new(
        code: Code,
        promise: impl Into<String>,
        expected: &str,
        actual: impl Into<String>,
    ) -> Self {
        let (promise, actual) = (promise.into(), actual.into());
        let difference = ExampleDifference {
            subject: String::new(),
            expected: expected.to_owned(),
            actual: actual.clone(),
        };
        Self {
            code,
            step: None,
            is_cited: false,
            promise,
            expected: expected.to_owned(),
            actual,
            differences: vec![difference],
            because: Vec::new(),
            findings: Vec::new(),
            waived: 0,
            came: None,
            row: None,
        }
    }

    /// That of one finding.
    pub(super) fn of(code: Code, finding: &Finding) -> Self {
        let trouble = Self::new(code, promise(finding), &finding.expected, finding.actual.as_str());
        let is_cited = !finding.cites.is_empty();
        Self { step: Some(finding.step), is_cited, row: row(finding), ..trouble }.about(&[finding])
    }

    /// The same with all that differs for this reason.
    pub(super) fn about(self, findings: &[&Finding]) -> Self {
        let difference = |finding: &&Finding| {
            let is_alone = findings.len() == 1 && finding.subject == finding.level.name();
            let subject = if is_alone { String::new() } else { finding.subject.clone() };
            ExampleDifference { subject, expected: finding.expected.clone(), actual: finding.actual.clone() }
        };
        let mut because: Vec<String> = Vec::new();
        for text in findings.iter().filter_map(|finding| finding.because.as_ref()) {
            if !because.contains(text) {
                because.push(text.clone());
            }
        }
        let covered = findings.iter().map(|finding| (finding.level, finding.subject.clone())).collect();
        let differences = findings.iter().map(difference).collect();
        let waived = findings.iter().filter(|finding| finding.waived.is_some()).count();
        Self { differences, because, findings: covered, waived, ..self }
    }

    /// The same with what another one of the same cause covers in this case.
    pub(super) fn with(&mut self, other: Self) {
        self.waived += other.waived;
        self.findings.extend(other.findings);
    }

    /// Whether a waiver covers all of it.
    pub(super) fn is_waived(&self) -> bool {
        self.waived > 0 && self.waived == self.findings.len()
    }

    pub(super) fn key(&self, record: &CaseRecord) -> CauseKey {
        let operation = if self.code.is_of_an_operation() { operation(record) } else { "" };
        CauseKey {
            code: self.code,
            operation: operation.to_owned(),
            promise: similar(&self.promise),
            expected: self.expected_key(),
            actual: self.actual_key(),
            came: self.came.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// What of the expectation tells causes apart. A promise of the contract is one, however a case puts it.
    fn expected_key(&self) -> String {
        if self.is_cited || self.is_of_any_promise() {
            String::new()
        } else if matches!(self.code, Code::Status | Code::ErrorCode) {
            similar(&self.expected)
        } else {
            wording(&self.expected)
        }
    }

    /// Whether it is one cause, whatever is promised in place of what came: a page, or a body of another form.
    fn is_of_any_promise(&self) -> bool {
        self.code == Code::Unreadable && [A_PAGE, OTHER_FORM].iter().any(|kind| self.actual.starts_with(kind))
    }

    /// What of an answer tells causes apart: a status and an error code are names; of other values only the kind counts,
    /// since an endpoint may make them anew in each run.
    fn actual_key(&self) -> String {
        match self.code {
            // Another message is one cause, whatever values it repeats; a field that is not allowed is one by its name;
            // and cases that wait for a state are counted together, whatever they ask of it.
            Code::Message if self.is_cited && self.actual != "nothing" => String::new(),
            Code::Envelope if [UNNAMED_FIELD, ABSENT_FIELD].contains(&self.expected.as_str()) => {
                String::new()
            }
            // Where the value was before is another place in each case.
            Code::Envelope | Code::Effect if [OWN_ID, OWN_VALUE].contains(&self.expected.as_str()) => {
                String::new()
            }
            Code::NoState => String::new(),
            Code::Status | Code::ErrorCode | Code::Throttled | Code::Unsigned | Code::Billable => {
                similar(&self.actual)
            }
            Code::Unreadable => match self.actual.rsplit_once(STATUS) {
                Some((reason, status)) => format!("{}{STATUS}{status}", kind(reason)),
                None => kind(&self.actual),
            },
            Code::Snapshot => self.actual.lines().map(snapshot_line).collect::<Vec<_>>().join("\n"),
            Code::SnapshotFile => similar(&without_paths(&self.actual)),
            // The name of the state comes first.
            Code::LeftBehind => match self.actual.split_once(": ") {
                Some((state, reason)) => format!("{}: {}", similar(state), kind(reason)),
                None => kind(&self.actual),
            },
            Code::Message
            | Code::Envelope
            | Code::SameAnswer
            | Code::Value
            | Code::Unexplained
            | Code::Effect
            | Code::Transport
            | Code::SetUp
            | Code::Paused
            | Code::Unprepared => kind(&self.actual),
        }
    }
}

/// What comes before the status of an answer that cannot be read.
pub(super) const STATUS: &str = " with status ";

/// A line of a snapshot without its value, but for its status and its content type.
fn snapshot_line(line: &str) -> String {
    let is_kept = line.starts_with("status line: ") || line.starts_with("< content-type: ");
    match (line.strip_prefix("< "), line.split_once(": ")) {
        _ if is_kept => similar(line),
        (Some(_), Some((name, _))) => format!("{name}: …"),
        _ if line.starts_with("| ") => "| …".to_owned(),
        _ => kind(line),
    }
}

/// A text with each word that is a path left out.
fn without_paths(text: &str) -> String {
    let words = text.split(' ').map(|word| if word.contains('/') { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The operation of a case: two contracts may promise the same, and one of them be kept.
fn operation(record: &CaseRecord) -> &str {
    record.id.table().rsplit_once('/').map_or("", |(operation, _)| operation)
}

/// The promise of the contract that a finding rests on: the row, but the limit where a value past it, and past no other,
/// was accepted.
pub(in crate::report) fn cited_promise(finding: &Finding) -> Option<&Promise> {
    let is_limit = |citation: &&Citation| matches!(citation.promise, Promise::Limit { .. });
    let is_accepted = finding.level == Level::Status && finding.actual.starts_with('2');
    let mut limits = finding.cites.iter().filter(is_limit);
    let row = finding.cites.iter().find(|citation| !is_limit(citation));
    let citation = match (limits.next(), limits.next()) {
        (Some(limit), None) if is_accepted || row.is_none() => Some(limit),
        (Some(_) | None, _) => row,
    };
    citation.map(|citation| &citation.promise)
}

/// The error row that a finding rests on.
fn row(finding: &Finding) -> Option<(u16, String)> {
    finding.cites.iter().find_map(|citation| match &citation.promise {
        Promise::ErrorRow { status, code } => Some((*status, code.clone())),
        Promise::Field { .. } | Promise::Envelope { .. } | Promise::Effect { .. } | Promise::Limit { .. } => {
            None
        }
    })
}

/// The promise in words, or what was looked at.
fn promise(finding: &Finding) -> String {
    let subject = remove_indices(&finding.subject);
    match cited_promise(finding) {
        // The charset of another media type is the smaller part of the mistake.
        Some(Promise::Envelope { .. }) if is_other_type(finding) => "envelope content-type".to_owned(),
        Some(promise @ (Promise::ErrorRow { .. } | Promise::Limit { .. }))
            if finding.level == Level::Message =>
        {
            format!("{promise}, message")
        }
        // A rule may be about a header field as well as the body.
        Some(promise @ Promise::Envelope { name }) if subject != *name && subject != "body" => {
            format!("{promise}, {subject}")
        }
        Some(promise) => promise.to_string(),
        None if subject == finding.level.name() => subject,
        None => format!("{} {subject}", finding.level),
    }
}

/// Whether a content type is neither one of JSON nor one of XML.
fn is_other_type(finding: &Finding) -> bool {
    let media_type = essence(finding.actual.trim_matches('"'));
    finding.level == Level::Envelope
        && finding.subject == "content-type"
        && AnswerFormat::of_media_type(&media_type).is_none()
        && media_type.contains('/')
}

/// The path of a value, whatever its place in lists.
fn remove_indices(subject: &str) -> String {
    let mut kept = String::with_capacity(subject.len());
    let mut rest = subject;
    while let Some((before, after)) = rest.split_once('[') {
        kept.push_str(before);
        kept.push('[');
        rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    }
    kept.push_str(rest);
    kept
}
