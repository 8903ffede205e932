//! What a case expects, level by level.

use std::cmp::Reverse;
use std::fmt::Write;

use super::envelope;
use super::grounds::FindingGrounds;
use super::header_field::HeaderField;
use super::listed::PathsIn;
use super::matcher::{FoundValue, mismatch, mismatch_at};
use super::mismatch::MismatchReason;
use super::path::PathError;
use super::subject::Subject;
use crate::model::{Contract, ErrorRow, Expect, Finding, Level, Matcher, StatusRule, Value, target};

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
    #[cfg(test)]
    findings.retain(|finding| !super::tests::is_switched_off(finding));
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
pub fn throttle_reason(subject: &Subject<'_>) -> Option<String> {
    let rule = &subject.contract.envelope.throttled;
    let code = subject.code();
    let text = code.as_ref().and_then(Value::as_code).unwrap_or_default();
    let is_throttled = rule.status.contains(&subject.answer.status)
        || rule.code.iter().any(|start| text.starts_with(start.as_str()));
    let shown: String = text.chars().take(SHOWN).collect();
    is_throttled.then(|| format!("{} {shown}", subject.answer.status).trim_end().to_owned())
}

/// How many alternatives a finding names.
const NAMED: usize = 8;

fn nearest_alternative(subject: &Subject<'_>) -> Vec<Finding> {
    let alternatives = &subject.expect.alternatives;
    let mut nearest = Nearest::default();
    for (position, alternative) in alternatives.iter().enumerate() {
        nearest.add(position, alternative, check_expect(subject, alternative));
    }
    let Some((position, mut findings)) = nearest.into_nearest() else { return Vec::new() };
    let texts: Vec<String> = alternatives.iter().map(describe).collect();
    let note = format!("alternative {} is the nearest of {}", position + 1, number_texts(&texts));
    for finding in &mut findings {
        finding.because =
            Some(finding.because.take().map_or_else(|| note.clone(), |because| format!("{because}; {note}")));
    }
    findings
}

/// The first of several that an answer disagrees with least: at the deepest level; if that is the status, with the code
/// that was answered, which says best what the endpoint took the request for; in the fewest findings; and as the one that
/// asks for most.
#[derive(Default)]
struct Nearest(Option<(Distance, usize, Vec<Finding>)>);

/// The smaller the nearer.
type Distance = (Option<Reverse<Level>>, bool, usize, Reverse<usize>);

impl Nearest {
    fn add(&mut self, position: usize, expect: &Expect, findings: Vec<Finding>) {
        let first = findings.iter().map(|finding| finding.level).min();
        let has_code = expect.code.is_some() && findings.iter().all(|finding| finding.level != Level::Code);
        let is_other = first.is_some_and(|level| level < Level::Code) && !has_code;
        let distance = (first.map(Reverse), is_other, findings.len(), Reverse(count_parts(expect)));
        if self.0.as_ref().is_none_or(|(known, ..)| distance < *known) {
            self.0 = Some((distance, position, findings));
        }
    }

    /// Its position, and its findings.
    fn into_nearest(self) -> Option<(usize, Vec<Finding>)> {
        self.0.map(|(_, position, findings)| (position, findings))
    }
}

/// How many things are asked of an answer.
fn count_parts(expect: &Expect) -> usize {
    let single =
        [!expect.status.is_empty(), expect.code.is_some(), expect.message.is_some(), expect.within.is_some()];
    single.into_iter().filter(|is_asked| *is_asked).count() + expect.headers.len() + expect.body.len()
}

/// Texts with numbers before them.
fn number_texts(texts: &[String]) -> String {
    let shown = texts.iter().take(NAMED).enumerate().map(|(at, text)| format!("({}) {text}", at + 1));
    let more = texts.len().saturating_sub(NAMED);
    shown.chain((more > 0).then(|| format!("and {more} more"))).collect::<Vec<_>>().join(", ")
}

/// What an alternative expects, as a whole.
fn describe(expect: &Expect) -> String {
    let statuses: Vec<String> = expect.status.iter().map(ToString::to_string).collect();
    let status = (!statuses.is_empty()).then(|| format!("status {}", statuses.join(" or ")));
    let code = expect.code.as_ref().map(|code| format!("code {code}"));
    let message = expect.message.as_ref().map(|message| format!("message {message}"));
    let places = expect.headers.iter().chain(&expect.body).map(|(name, matcher)| format!("{name} {matcher}"));
    let within = expect.within.map(|limit| format!("within {limit:?}"));
    let parts = status.into_iter().chain(code).chain(message).chain(places).chain(within);
    parts.collect::<Vec<_>>().join(" and ")
}

fn check_expect(subject: &Subject<'_>, expect: &Expect) -> Vec<Finding> {
    let mut findings = check_rows(subject, expect);
    findings.extend(check_headers(subject, expect));
    findings.extend(check_body(subject, expect));
    findings.extend(check_time(subject, expect));
    findings
}

/// Status, code and message, against one of the rows that the code names: each row is taken as a whole.
fn check_rows(subject: &Subject<'_>, expect: &Expect) -> Vec<Finding> {
    let rows = rows_expected(subject, expect);
    if rows.is_empty() {
        return check_row(subject, expect, None);
    }
    let mut nearest = Nearest::default();
    for (position, row) in rows.iter().enumerate() {
        nearest.add(position, expect, check_row(subject, expect, Some(row)));
    }
    let (position, mut findings) = nearest.into_nearest().unwrap_or_default();
    if rows.len() > 1 {
        let texts: Vec<String> = rows.iter().map(|row| row.label()).collect();
        let note = format!("; row {} is the nearest of {}", position + 1, number_texts(&texts));
        let texts = findings.iter_mut().filter_map(|finding| finding.because.as_mut());
        texts.for_each(|text| text.push_str(&note));
    }
    findings
}

fn check_row(subject: &Subject<'_>, expect: &Expect, row: Option<&ErrorRow>) -> Vec<Finding> {
    let status = check_status(subject, expect, row);
    let code = check_code(subject, expect, row);
    let message = check_message(subject, expect, row);
    [status, code, message].into_iter().flatten().collect()
}

/// The rows of the contract that a case's code names, and that its status and message leave; of several codes, those of
/// the one that was answered, if it is one of them.
fn rows_expected<'a>(subject: &Subject<'a>, expect: &'a Expect) -> Vec<&'a ErrorRow> {
    let contract: &'a Contract = subject.contract;
    let codes = expect.code.as_ref().map(Matcher::codes).unwrap_or_default();
    let found = subject.code();
    let is_answered = |code: &&&Value| found.as_ref().is_some_and(|found| is_code(code, found));
    let meant = match codes.iter().find(is_answered) {
        Some(code) => vec![*code],
        None => codes,
    };
    let rows: Vec<&ErrorRow> = meant.into_iter().flat_map(|code| contract.rows_of_value(code)).collect();
    let has_status = |row: &ErrorRow| {
        expect.status.is_empty() || expect.status.iter().any(|rule| rule.matches(row.status))
    };
    let rows = unless_none(rows, has_status);
    unless_none(rows, |row| expect.message.as_ref().is_none_or(|matcher| has_message(row, matcher)))
}

/// Those that fit, or all of them if none does.
fn unless_none(rows: Vec<&ErrorRow>, fits: impl Fn(&ErrorRow) -> bool) -> Vec<&ErrorRow> {
    let fitting: Vec<&ErrorRow> = rows.iter().copied().filter(|row| fits(row)).collect();
    if fitting.is_empty() { rows } else { fitting }
}

/// Whether a code of an answer is a code of a table; XML has texts alone.
fn is_code(wanted: &Value, found: &Value) -> bool {
    let is_written =
        matches!((wanted, found), (Value::Number(wanted), Value::Text(found)) if wanted == found);
    is_written || wanted.is_same(found)
}

/// Whether a row has the message that a case expects; one without a message may have any.
fn has_message(row: &ErrorRow, matcher: &Matcher) -> bool {
    let Some(message) = &row.message else { return true };
    if let Matcher::Equals(value) = matcher {
        return value.as_text().is_some_and(|text| message.mismatch(text).is_none());
    }
    if let Matcher::Template(text) = matcher {
        return text == message.as_str();
    }
    if let Matcher::Any(options) = matcher {
        return options.iter().any(|option| has_message(row, option));
    }
    // Of other matchers it is not known which rows they mean.
    !matches!(matcher, Matcher::All(parts) if !parts.iter().all(|part| has_message(row, part)))
}

fn finding(
    subject: &Subject<'_>,
    level: Level,
    what: &str,
    expected: String,
    actual: String,
    FindingGrounds { because, cites, is_warning }: FindingGrounds,
) -> Finding {
    let (step, what) = (subject.step, what.to_owned());
    Finding { level, step, subject: what, expected, actual, because, cites, is_warning, waived: None }
}

fn check_status(subject: &Subject<'_>, expect: &Expect, row: Option<&ErrorRow>) -> Option<Finding> {
    let implied: Vec<StatusRule> = row.iter().map(|row| StatusRule::Exact(row.status)).collect();
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
    let grounds = FindingGrounds::of_row(row, subject);
    Some(finding(subject, Level::Status, "status", expected.join(" or "), actual, grounds))
}

fn show_value(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".into(), ToString::to_string)
}

fn check_code(subject: &Subject<'_>, expect: &Expect, row: Option<&ErrorRow>) -> Option<Finding> {
    let matcher = expect.code.as_ref()?;
    let found = subject.code();
    mismatch(matcher, found.as_ref(), subject.typing())?;
    let grounds = FindingGrounds::of_row(row, subject);
    Some(finding(subject, Level::Code, "code", matcher.to_string(), show_value(found.as_ref()), grounds))
}

fn check_message(subject: &Subject<'_>, expect: &Expect, row: Option<&ErrorRow>) -> Option<Finding> {
    let found = subject.message();
    let (expected, why) = if let Some(matcher) = &expect.message {
        (matcher.to_string(), mismatch(matcher, found.as_ref(), subject.typing())?)
    } else {
        // A code given alone brings the message of its row along.
        let message = row?.message.as_ref()?;
        let text = found.as_ref().and_then(Value::as_text);
        let why = match text {
            Some(text) => MismatchReason::Template(message.mismatch(text)?),
            None => MismatchReason::NoText,
        };
        (Value::text(message.as_str()).to_string(), why.into())
    };
    let actual = why.beside(&show_value(found.as_ref()));
    Some(finding(subject, Level::Message, "message", expected, actual, FindingGrounds::of_row(row, subject)))
}

fn check_headers(subject: &Subject<'_>, expect: &Expect) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, matcher) in &expect.headers {
        let field = HeaderField::of(subject.answer, name);
        if !field.meets(matcher) {
            let grounds = FindingGrounds::default();
            findings.push(finding(subject, Level::Body, name, matcher.to_string(), field.show(), grounds));
        }
    }
    findings
}

fn check_body(subject: &Subject<'_>, expect: &Expect) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut paths = PathsIn::of(subject.contract, subject.answer);
    for (path, matcher) in &expect.body {
        let found = match paths.select(path) {
            Ok(value) => Some(value),
            // That nothing was looked for must not look as if nothing were there.
            Err(error @ PathError::TooMuch { .. }) => {
                let (expected, grounds) = (matcher.to_string(), FindingGrounds::default());
                findings.push(finding(subject, Level::Body, path, expected, error.to_string(), grounds));
                continue;
            }
            Err(PathError::Nothing { .. } | PathError::Malformed { .. }) => None,
        };
        let place = FoundValue { value: found.as_ref(), typing: subject.typing(), target: target(path) };
        if let Some(why) = mismatch_at(matcher, &place) {
            let actual = why.beside(&show_value(found.as_ref()));
            findings.push(finding(
                subject,
                Level::Body,
                path,
                matcher.to_string(),
                actual,
                FindingGrounds::default(),
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
        FindingGrounds::default(),
    ))
}
