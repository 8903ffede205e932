//! The causes that one case shows.
//!
//! A wrong answer differs in status, code, message and body at once: these are one cause, and so is an answer that cannot
//! be read. Each rule of the envelope is a cause of its own. A snapshot that differs counts only where nothing else does.

use super::CauseKey;
use super::code::Code;
use super::similar::{kind, similar, wording};
use crate::model::{
    ABSENT_FIELD, CaseRecord, Citation, Finding, Inconclusive, Level, NOT_KEPT, Promise, Skipped,
    SnapshotOutcome, UNNAMED_FIELD, Verdict,
};

/// What is wrong with a case, for one reason.
pub(super) struct Trouble {
    pub(super) code: Code,
    /// The step that shows it, from 0; the last request, where no answer came.
    pub(super) step: Option<usize>,
    /// Whether the promise is one that the contract names, so that it does not matter how a case put it.
    is_cited: bool,
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
}

/// One difference, as the example shows it.
pub(super) struct ExampleDifference {
    pub(super) subject: String,
    pub(super) expected: String,
    pub(super) actual: String,
}

impl Trouble {
    fn new(code: Code, promise: impl Into<String>, expected: &str, actual: impl Into<String>) -> Self {
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
        }
    }

    /// That of one finding.
    fn of(code: Code, finding: &Finding) -> Self {
        let trouble = Self::new(code, promise(finding), &finding.expected, finding.actual.as_str());
        Self { step: Some(finding.step), is_cited: !finding.cites.is_empty(), ..trouble }.about(&[finding])
    }

    /// The same with all that differs for this reason.
    fn about(self, findings: &[&Finding]) -> Self {
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
        }
    }

    /// What of the expectation tells causes apart. A promise of the contract is one, however a case puts it.
    fn expected_key(&self) -> String {
        if self.is_cited {
            String::new()
        } else if matches!(self.code, Code::Status | Code::ErrorCode) {
            similar(&self.expected)
        } else {
            wording(&self.expected)
        }
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
const STATUS: &str = " with status ";

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

/// What is wrong with a case; nothing with one that passed, was waived, was skipped on purpose, or never began.
pub(super) fn troubles(record: &CaseRecord) -> Vec<Trouble> {
    let mut found = match &record.verdict {
        Verdict::Failed => of_findings(record),
        Verdict::Inconclusive(unknown) => vec![of_unknown(unknown, record)],
        Verdict::Skipped(reason) if !reason.is_meant() && !reason.is_of_the_run() => vec![of_skipped(reason)],
        Verdict::Skipped(_) | Verdict::Passed | Verdict::Flaky { .. } | Verdict::Waived { .. } => Vec::new(),
    };
    let left = |left: &String| {
        Trouble::new(Code::LeftBehind, "clean-up", "nothing left behind on the endpoint", left.as_str())
    };
    found.extend(record.left_behind.iter().map(left));
    found
}

/// The findings that count, step by step.
fn of_findings(record: &CaseRecord) -> Vec<Trouble> {
    let counting = || record.findings.iter().filter(|finding| finding.counts(record.gate));
    let mut steps: Vec<usize> = counting().map(|finding| finding.step).collect();
    steps.sort_unstable();
    steps.dedup();
    let mut found = Vec::new();
    for step in steps {
        let findings: Vec<&Finding> = counting().filter(|finding| finding.step == step).collect();
        found.extend(of_answer(&findings));
    }
    // What an answer says and what its request did are two things, so both may be wrong.
    found.extend(counting().filter(|finding| finding.level == Level::Effect).map(of_effect));
    let differs = || counting().filter(|finding| finding.level == Level::Snapshot);
    let has_differences = found.is_empty() && !matches!(record.snapshot, SnapshotOutcome::Unusable { .. });
    found.extend(differs().filter_map(|finding| of_file(finding, record)));
    if has_differences {
        found.extend(differs().map(|finding| {
            // The file is another one for each case.
            let trouble =
                Trouble::new(Code::Snapshot, "snapshot", &finding.expected, finding.actual.as_str());
            let because = finding.because.iter().cloned().collect();
            let findings = vec![(finding.level, finding.subject.clone())];
            let waived = usize::from(finding.waived.is_some());
            Trouble { step: Some(finding.step), because, findings, waived, ..trouble }
        }));
    }
    if found.is_empty() {
        found.push(Trouble::new(Code::Unexplained, "the case", "a pass", "a failure without a finding"));
    }
    found
}

/// What a request did on the endpoint. Which values were added is another thing in each case.
fn of_effect(finding: &Finding) -> Trouble {
    let trouble = Trouble::of(Code::Effect, finding);
    let kind = if finding.actual == "nothing added" { "nothing added" } else { "something added" };
    let actual =
        if finding.subject == Level::Effect.name() { kind.to_owned() } else { trouble.actual.clone() };
    Trouble { actual, ..trouble }
}

/// A file of a snapshot that cannot be read or written, whatever else is wrong with the case.
fn of_file(finding: &Finding, record: &CaseRecord) -> Option<Trouble> {
    let reason = if let SnapshotOutcome::Unusable { reason } = &record.snapshot {
        reason
    } else {
        finding.because.as_deref()?.strip_prefix(NOT_KEPT)?
    };
    Some(Trouble::new(Code::SnapshotFile, "snapshot", "a snapshot that can be read and written", reason))
}

/// The causes that one answer shows, but for its snapshot.
fn of_answer(findings: &[&Finding]) -> Vec<Trouble> {
    let at = |level: Level| findings.iter().copied().filter(move |finding| finding.level == level);
    // What cannot be read has neither fields nor a code.
    if let Some(unreadable) = at(Level::Envelope).find(|finding| finding.subject == "body") {
        let actual = match at(Level::Status).next() {
            Some(status) => format!("{}{STATUS}{}", unreadable.actual, status.actual),
            None => unreadable.actual.clone(),
        };
        let shown: Vec<&Finding> = [unreadable].into_iter().chain(at(Level::Status)).collect();
        return vec![Trouble { actual, ..Trouble::of(Code::Unreadable, unreadable) }.about(&shown)];
    }
    let mut found: Vec<Trouble> =
        at(Level::Envelope).map(|finding| Trouble::of(Code::Envelope, finding)).collect();
    // A field that breaks the envelope also breaks what a case says of it.
    let bodies = || {
        at(Level::Body).filter(|body| at(Level::Envelope).all(|envelope| envelope.subject != body.subject))
    };
    let wrong =
        [(Level::Status, Code::Status), (Level::Code, Code::ErrorCode), (Level::Message, Code::Message)];
    match wrong.into_iter().find_map(|(level, code)| Some((at(level).next()?, code))) {
        Some((finding, code)) => {
            let shown: Vec<&Finding> = findings
                .iter()
                .copied()
                .filter(|other| matches!(other.level, Level::Status | Level::Code | Level::Message))
                .chain(bodies())
                .collect();
            let actual = actual_answer(finding, findings);
            found.push(Trouble { actual, ..Trouble::of(code, finding) }.about(&shown));
        }
        None => found.extend(bodies().map(|finding| Trouble::of(Code::Value, finding))),
    }
    found
}

/// What was answered instead: with a wrong status, its code is the best hint at what the endpoint took it for.
fn actual_answer(finding: &Finding, all: &[&Finding]) -> String {
    let code = all.iter().find(|other| finding.level == Level::Status && other.level == Level::Code);
    match code {
        Some(code) if code.actual != "nothing" && !finding.actual.contains(&code.actual) => {
            format!("{} {}", finding.actual, code.actual)
        }
        Some(_) | None => finding.actual.clone(),
    }
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

/// The promise in words, or what was looked at.
fn promise(finding: &Finding) -> String {
    let subject = remove_indices(&finding.subject);
    match cited_promise(finding) {
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

fn of_unknown(unknown: &Inconclusive, record: &CaseRecord) -> Trouble {
    let step = Some(record.answered);
    let trouble = match unknown {
        Inconclusive::Transport(fault) => {
            Trouble::new(Code::Transport, "no whole answer", "an answer", fault.to_string())
        }
        Inconclusive::Throttled { answer } => {
            Trouble::new(Code::Throttled, "throttled", "an answer to the request", answer.as_str())
        }
        Inconclusive::SetUp { state, reason } => Trouble::new(
            Code::SetUp,
            format!("the state \"{state}\" could not be set up"),
            "the state",
            reason.as_str(),
        ),
        // For how long is not the same twice.
        Inconclusive::Paused { .. } => Trouble::new(
            Code::Paused,
            "this machine was paused",
            "an answer in time",
            "it is not known whether answers came in time",
        ),
        Inconclusive::Unprepared { reason } => Trouble::new(
            Code::Unprepared,
            "the request could not be prepared",
            "a request that can be sent",
            reason.as_str(),
        ),
    };
    Trouble { step, ..trouble }
}

fn of_skipped(reason: &Skipped) -> Trouble {
    match reason {
        Skipped::NoWayTo { state, reason } => {
            Trouble::new(Code::NoState, state.as_str(), "a way to the state", reason.as_str())
        }
        Skipped::Unsigned { .. } => {
            Trouble::new(Code::Unsigned, "signing", "credentials", reason.to_string())
        }
        Skipped::OnPurpose { .. }
        | Skipped::Billable
        | Skipped::Unreachable { .. }
        | Skipped::Refused { .. }
        | Skipped::Interrupted
        | Skipped::OutOfTime
        | Skipped::EnoughFailed => {
            Trouble::new(Code::Billable, "cost", "permission to spend", reason.to_string())
        }
    }
}
