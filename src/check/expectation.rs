//! What a case expects, level by level.

use std::fmt::Write;

use super::envelope;
use super::grounds::Grounds;
use super::matcher::{Typing, mismatch};
use super::path::{PathError, Paths};
use super::subject::Subject;
use crate::model::{Contract, ErrorRow, Expect, Finding, Level, Matcher, MessageTemplate, StatusRule, Value};

/// Everything in which an answer disagrees with contract and case, in the order of levels.
///
/// Where a case has alternatives, one of them must hold beside the rest; if none does, the findings
/// are those of the nearest one.
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = envelope::check(subject);
    findings.extend(envelope::check_unique(subject));
    findings.extend(check_expect(subject, subject.expect));
    findings.extend(nearest_alternative(subject));
    findings.sort_by_key(|finding| finding.level);
    findings.iter_mut().for_each(shorten);
    findings
}

/// The most characters of an answer that a finding repeats.
const REPEATED: usize = 2000;

/// The most characters of a code that a reason repeats.
const SHOWN: usize = 200;

/// An answer must not be able to flood a report.
fn shorten(finding: &mut Finding) {
    for text in [&mut finding.subject, &mut finding.actual].into_iter().chain(&mut finding.because) {
        if let Some((end, _)) = text.char_indices().nth(REPEATED) {
            let more = text[end..].chars().count();
            text.truncate(end);
            // Writing to a String cannot fail.
            let _ = write!(text, "… and {more} more characters");
        }
    }
}

/// Whether an answer that is not as expected only says that there were too many requests.
pub fn throttled(subject: &Subject<'_>) -> Option<String> {
    let rule = &subject.contract.envelope.throttled;
    let code = subject.code();
    let text = code.as_ref().and_then(Value::as_text).unwrap_or_default();
    let is_throttled = rule.status.contains(&subject.answer.status)
        || rule.code.iter().any(|start| text.starts_with(start.as_str()));
    let shown: String = text.chars().take(SHOWN).collect();
    is_throttled.then(|| format!("{} {shown}", subject.answer.status).trim_end().to_owned())
}

fn nearest_alternative(subject: &Subject<'_>) -> Vec<Finding> {
    let mut nearest: Option<Vec<Finding>> = None;
    for alternative in &subject.expect.alternatives {
        let found = check_expect(subject, alternative);
        if found.is_empty() {
            return found;
        }
        let distance = |findings: &[Finding]| {
            (findings.iter().map(|finding| finding.level).min().map(std::cmp::Reverse), findings.len())
        };
        if nearest.as_ref().is_none_or(|known| distance(&found) < distance(known)) {
            nearest = Some(found);
        }
    }
    let count = subject.expect.alternatives.len();
    let mut findings = nearest.unwrap_or_default();
    for finding in &mut findings {
        let note = format!("the nearest of {count} alternatives");
        finding.because =
            Some(finding.because.take().map_or_else(|| note.clone(), |because| format!("{because}; {note}")));
    }
    findings
}

fn check_expect(subject: &Subject<'_>, expect: &Expect) -> Vec<Finding> {
    let rows = rows_expected(subject, expect);
    let mut findings = Vec::new();
    findings.extend(check_status(subject, expect, &rows));
    findings.extend(check_code(subject, expect, &rows));
    findings.extend(check_message(subject, expect, &rows));
    findings.extend(check_headers(subject, expect));
    findings.extend(check_body(subject, expect));
    findings.extend(check_time(subject, expect));
    findings
}

/// The rows of the contract that a case's code names; of several codes, those of the one that was answered.
fn rows_expected<'a>(subject: &Subject<'a>, expect: &'a Expect) -> Vec<&'a ErrorRow> {
    let contract: &'a Contract = subject.contract;
    match &expect.code {
        Some(Matcher::Equals(Value::Text(code))) => contract.rows_of(code).collect(),
        Some(Matcher::Any(options)) => {
            let found = subject.code();
            let is_answered = |option: &&Matcher| match option {
                Matcher::Equals(wanted) => found.as_ref().is_some_and(|found| wanted.is_same(found)),
                Matcher::Template(_)
                | Matcher::Regex(_)
                | Matcher::Type(_)
                | Matcher::Any(_)
                | Matcher::Present(_)
                | Matcher::Not(_) => false,
            };
            match options.iter().find(is_answered) {
                Some(Matcher::Equals(Value::Text(code))) => contract.rows_of(code).collect(),
                Some(_) | None => Vec::new(),
            }
        }
        Some(_) | None => Vec::new(),
    }
}

fn finding(
    subject: &Subject<'_>,
    level: Level,
    what: &str,
    expected: String,
    actual: String,
    Grounds { because, cites }: Grounds,
) -> Finding {
    Finding { level, step: subject.step, subject: what.to_owned(), expected, actual, because, cites }
}

fn check_status(subject: &Subject<'_>, expect: &Expect, rows: &[&ErrorRow]) -> Option<Finding> {
    let implied: Vec<StatusRule> = rows.iter().map(|row| StatusRule::Exact(row.status)).collect();
    let wanted = if expect.status.is_empty() { &implied } else { &expect.status };
    if wanted.is_empty() || wanted.iter().any(|rule| rule.matches(subject.answer.status)) {
        return None;
    }
    let mut expected: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    expected.dedup();
    // Where the case does not look at the code, it says best what went wrong.
    let code = if expect.code.is_none() { subject.code() } else { None };
    let code = code.map(|code| format!(" with the code {code}")).unwrap_or_default();
    let actual = format!("{}{code}", subject.answer.status);
    Some(finding(
        subject,
        Level::Status,
        "status",
        expected.join(" or "),
        actual,
        Grounds::of_rows(rows, subject),
    ))
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".into(), ToString::to_string)
}

fn check_code(subject: &Subject<'_>, expect: &Expect, rows: &[&ErrorRow]) -> Option<Finding> {
    let matcher = expect.code.as_ref()?;
    let found = subject.code();
    mismatch(matcher, found.as_ref(), subject.typing())?;
    Some(finding(
        subject,
        Level::Code,
        "code",
        matcher.to_string(),
        shown(found.as_ref()),
        Grounds::of_rows(rows, subject),
    ))
}

fn check_message(subject: &Subject<'_>, expect: &Expect, rows: &[&ErrorRow]) -> Option<Finding> {
    let found = subject.message();
    let Some(matcher) = &expect.message else {
        return check_row_message(subject, rows, found.as_ref());
    };
    let why = mismatch(matcher, found.as_ref(), subject.typing())?;
    let actual = with_reason(&shown(found.as_ref()), &why);
    Some(finding(
        subject,
        Level::Message,
        "message",
        matcher.to_string(),
        actual,
        Grounds::of_rows(rows, subject),
    ))
}

/// A code given alone brings the message of its row along; where sources differ, any of theirs.
fn check_row_message(subject: &Subject<'_>, rows: &[&ErrorRow], found: Option<&Value>) -> Option<Finding> {
    let messages: Vec<&MessageTemplate> = rows.iter().filter_map(|row| row.message.as_ref()).collect();
    if messages.is_empty() || messages.len() < rows.len() {
        return None;
    }
    let text = found.and_then(Value::as_text);
    let whys: Vec<Option<&str>> = messages
        .iter()
        .map(|message| text.map_or(Some("it is no text"), |text| message.mismatch(text)))
        .collect();
    if whys.contains(&None) {
        return None;
    }
    let wanted: Vec<String> =
        messages.iter().map(|message| Value::text(message.as_str()).to_string()).collect();
    let actual = with_reason(&shown(found), whys.first().copied().flatten().unwrap_or_default());
    Some(finding(
        subject,
        Level::Message,
        "message",
        wanted.join(" or "),
        actual,
        Grounds::of_rows(rows, subject),
    ))
}

fn with_reason(actual: &str, why: &str) -> String {
    if why.is_empty() { actual.to_owned() } else { format!("{actual} ({why})") }
}

fn check_headers(subject: &Subject<'_>, expect: &Expect) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, matcher) in &expect.headers {
        let found = subject.answer.header(name).map(Value::text);
        if mismatch(matcher, found.as_ref(), Typing::Text).is_some() {
            findings.push(finding(
                subject,
                Level::Body,
                name,
                matcher.to_string(),
                shown(found.as_ref()),
                Grounds::default(),
            ));
        }
    }
    findings
}

fn check_body(subject: &Subject<'_>, expect: &Expect) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut paths = subject.answer.tree().map(Paths::of);
    for (path, matcher) in &expect.body {
        let found = match paths.as_mut().map(|paths| paths.select(path)) {
            Some(Ok(value)) => Some(value),
            // That nothing was looked for must not look as if nothing were there.
            Some(Err(error @ PathError::TooMuch { .. })) => {
                let (expected, grounds) = (matcher.to_string(), Grounds::default());
                findings.push(finding(subject, Level::Body, path, expected, error.to_string(), grounds));
                continue;
            }
            Some(Err(PathError::Nothing { .. } | PathError::Malformed { .. })) | None => None,
        };
        if let Some(why) = mismatch(matcher, found.as_ref(), subject.typing()) {
            let actual = with_reason(&shown(found.as_ref()), &why);
            findings.push(finding(
                subject,
                Level::Body,
                path,
                matcher.to_string(),
                actual,
                Grounds::default(),
            ));
        }
    }
    findings
}

fn check_time(subject: &Subject<'_>, expect: &Expect) -> Option<Finding> {
    let limit = expect.within?;
    let elapsed = subject.answer.elapsed;
    if elapsed <= limit {
        return None;
    }
    Some(finding(
        subject,
        Level::Body,
        "time",
        format!("an answer within {limit:?}"),
        format!("{elapsed:?}"),
        Grounds::default(),
    ))
}
