//! The causes that one answer shows, but for its snapshot and what its request did. Main type: [`AnswerFindings`].
//!
//! A wrong answer differs in status, code, message and body at once: these are one cause, and so is an answer that cannot
//! be read, or one in another form. Each rule of the envelope is a cause of its own.

use super::code::Code;
use super::similar::similar;
use super::trouble::{OTHER_FORM, STATUS, Trouble};
use super::unexpected::UnexpectedAnswer;
use crate::model::{ABSENT_FIELD, Finding, Level, OWN_ID, Promise, UNNAMED_FIELD};

/// What comes before the code of an answer of which no code was expected.
const CODE: &str = " with the code ";

/// The causes of an answer with this status, if that is known.
pub(super) fn of_answer(findings: &[&Finding], status: Option<u16>) -> Vec<Trouble> {
    let answer = AnswerFindings { all: findings, status };
    let wrong =
        [(Level::Status, Code::Status), (Level::Code, Code::ErrorCode), (Level::Message, Code::Message)]
            .into_iter()
            .find_map(|(level, code)| Some((answer.at(level).next()?, code)));
    let body = answer.at(Level::Envelope).find(|finding| finding.subject == "body");
    let is_answered = matches!(wrong, Some((_, Code::Status | Code::ErrorCode)));
    // What cannot be read has neither fields nor a code. What is in the other format has both.
    if let Some(body) = body
        && !(is_answered && is_format(&body.actual))
    {
        return vec![answer.unreadable(body)];
    }
    if let Some(trouble) = answer.other_form() {
        return answer.rules(true).chain([trouble]).collect();
    }
    let is_error = answer.is_error_in_success();
    let mut found: Vec<Trouble> = answer.rules(is_error).collect();
    match wrong {
        // A message that is not there is a field that is not there.
        Some((finding, Code::Message))
            if answer.forms().any(|form| is_none(form) && form.actual == finding.actual) => {}
        Some((finding, code)) => found.push(answer.wrong(finding, code)),
        None => found.extend(answer.bodies().map(|finding| Trouble::of(Code::Value, finding))),
    }
    found
}

/// Whether what came is one of the formats that have fields.
fn is_format(actual: &str) -> bool {
    ["json", "xml"].contains(&actual)
}

/// Whether no value came where one is promised.
fn is_none(finding: &Finding) -> bool {
    ["nothing", "null"].contains(&finding.actual.as_str())
}

/// The findings about one answer.
struct AnswerFindings<'a> {
    all: &'a [&'a Finding],
    status: Option<u16>,
}

impl<'a> AnswerFindings<'a> {
    fn at(&self, level: Level) -> impl Iterator<Item = &'a Finding> {
        self.all.iter().copied().filter(move |finding| finding.level == level)
    }

    /// What comes before the fields of a body, or is one.
    fn forms(&self) -> impl Iterator<Item = &'a Finding> {
        self.at(Level::Envelope).filter(|finding| is_form(finding))
    }

    fn count(&self, is: impl Fn(&Finding) -> bool) -> usize {
        self.forms().filter(|finding| is(finding)).count()
    }

    /// What a case says of fields. One that breaks the envelope breaks that as well.
    fn bodies(&self) -> impl Iterator<Item = &'a Finding> {
        let is_in =
            |body: &Finding| self.at(Level::Envelope).any(|rule| covers(&body.subject, &rule.subject));
        let bodies: Vec<&Finding> = self.at(Level::Body).filter(|body| !is_in(body)).collect();
        bodies.into_iter()
    }

    /// The status that came.
    fn status(&self) -> Option<u16> {
        let shown = self.at(Level::Status).next().map(|finding| finding.actual.as_str());
        let named = || self.at(Level::Code).find_map(promised_status);
        shown.and_then(|text| text.split(' ').next()?.parse().ok()).or(self.status).or_else(named)
    }

    /// The error code that came, where it is another one, or none is expected.
    fn code(&self) -> Option<&'a str> {
        let (status, code) = (self.at(Level::Status).next(), self.at(Level::Code).next());
        match (status, code) {
            (_, Some(code)) => Some(code.actual.as_str()).filter(|actual| *actual != "nothing"),
            (Some(status), None) => status.actual.split_once(CODE).map(|(_, code)| code),
            (None, None) => None,
        }
    }

    /// Whether the answer has an error code, and not only none that is known.
    fn has_code(&self) -> bool {
        let is_right = self.at(Level::Code).next().is_none()
            && self.at(Level::Status).any(|status| promised_status(status).is_some());
        is_right || self.code().is_some()
    }

    fn is_success(&self) -> bool {
        let is_judged_as_one = || self.count(|form| form.expected == ABSENT_FIELD) > 0;
        self.status().map_or_else(is_judged_as_one, |status| status < 400)
    }

    /// Whether an error was sent with a status of success: what the envelope says of success is then no mistake of its
    /// own.
    fn is_error_in_success(&self) -> bool {
        let is_error = self.count(|form| form.expected == ABSENT_FIELD || form.subject == "root element") > 0;
        self.is_success()
            && self.at(Level::Status).next().is_some()
            && (is_error || self.has_code())
            && self.forms().next().is_some()
    }

    /// A body without what every error has, or of success with what only errors have.
    fn other_form(&self) -> Option<Trouble> {
        let missing = self.count(|form| form.actual == "nothing");
        let (status, code) = (self.at(Level::Status).next(), self.at(Level::Code).next());
        let is_other = if self.is_success() {
            status.is_none() && missing > 0 && self.count(|form| form.expected == ABSENT_FIELD) > 0
        } else {
            let lacks_code = code.is_some() || status.is_some_and(|status| promised_status(status).is_none());
            let others = self.count(|form| form.expected == UNNAMED_FIELD || form.subject == "root element");
            lacks_code && self.code().is_none() && missing > 0 && missing + others > 1
        };
        let first = self.forms().find(|form| form.actual == "nothing").filter(|_| is_other)?;
        let kind = if self.is_success() { "success" } else { "an error" };
        Some(Trouble {
            promise: "envelope body".to_owned(),
            expected: format!("the fields of {kind}"),
            actual: self.with_status(OTHER_FORM),
            row: None,
            ..Trouble::of(Code::Unreadable, first).about(&self.shown(true))
        })
    }

    /// What cannot be read. A body in the other format may come with any status.
    fn unreadable(&self, body: &Finding) -> Trouble {
        let actual =
            if is_format(&body.actual) { body.actual.clone() } else { self.with_status(&body.actual) };
        let shown: Vec<&Finding> = [body].into_iter().chain(self.at(Level::Status)).collect();
        let promise = "envelope body".to_owned();
        Trouble { promise, actual, ..Trouble::of(Code::Unreadable, body) }.about(&shown)
    }

    fn with_status(&self, text: &str) -> String {
        self.status().map_or_else(|| text.to_owned(), |status| format!("{text}{STATUS}{status}"))
    }

    /// The rules of the envelope that are broken; of a body in another form, those that have nothing to do with that.
    fn rules(&self, is_in_other_form: bool) -> impl Iterator<Item = Trouble> {
        let is_own =
            move |finding: &&Finding| finding.subject != "body" && !(is_in_other_form && is_form(finding));
        self.at(Level::Envelope).filter(is_own).map(|finding| Trouble::of(Code::Envelope, finding))
    }

    /// What one wrong answer differs in.
    fn shown(&self, is_in_other_form: bool) -> Vec<&'a Finding> {
        let levels = [Level::Status, Level::Code, Level::Message];
        let format = self.at(Level::Envelope).filter(|finding| finding.subject == "body");
        let forms = self.forms().filter(|_| is_in_other_form);
        levels
            .into_iter()
            .flat_map(|level| self.at(level))
            .chain(format)
            .chain(forms)
            .chain(self.bodies())
            .collect()
    }

    /// A wrong status, code or message, with all else that is wrong for this reason.
    fn wrong(&self, finding: &Finding, code: Code) -> Trouble {
        let is_error = self.is_error_in_success();
        let came = self.status().filter(|_| code != Code::Message).map(|status| UnexpectedAnswer {
            status,
            code: self.code().map(|code| similar(code.trim_matches('"'))),
            is_error: is_error && status < 300,
        });
        let actual = self.actual(finding);
        Trouble { actual, came, ..Trouble::of(code, finding).about(&self.shown(is_error)) }
    }

    /// What was answered instead: with a wrong status, its code is the best hint at what the endpoint took it for.
    fn actual(&self, finding: &Finding) -> String {
        match self.code().filter(|_| finding.level == Level::Status) {
            Some(code) if !finding.actual.contains(code) => format!("{} {code}", finding.actual),
            Some(_) | None => finding.actual.clone(),
        }
    }
}

/// Whether it is about what fields a body has.
fn is_form(finding: &Finding) -> bool {
    let is_field = finding.subject.starts_with("$.") || finding.subject == "root element";
    is_field && finding.expected != OWN_ID
}

/// The status of the error row that a finding rests on.
fn promised_status(finding: &Finding) -> Option<u16> {
    finding.cites.iter().find_map(|citation| match citation.promise {
        Promise::ErrorRow { status, .. } => Some(status),
        Promise::Field { .. } | Promise::Envelope { .. } | Promise::Effect { .. } | Promise::Limit { .. } => {
            None
        }
    })
}

/// Whether a path, in which `*` is any name, is that of a value.
fn covers(path: &str, of: &str) -> bool {
    let (mut parts, mut names) = (path.split('.'), of.split('.'));
    loop {
        match (parts.next(), names.next()) {
            (None, None) => return true,
            (Some(part), Some(name)) if part == "*" || part == name => {}
            _ => return false,
        }
    }
}
