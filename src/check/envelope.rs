//! The form of every answer, as the contract's envelope has it.

use super::doubled::doubled_keys;
use super::grounds::FindingGrounds;
use super::listed::select_in;
use super::pattern::matches;
use super::subject::Subject;
use crate::digest::sha256_hex;
use crate::model::{
    A_PAGE, ABSENT_FIELD, Answer, AnswerFormat, Backing, Body, Contract, Exchange, Field, Finding, Flaw,
    Level, OWN_ID, OWN_VALUE, OtherFields, RequestId, UNNAMED_FIELD, UniqueRule, Value, essence,
};
use crate::wire::{is_same_label, labels};

/// Checks an answer against the envelope.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = EnvelopeCheck { subject, found: Vec::new() };
    findings.flaws();
    findings.single_headers();
    findings.headers();
    match &subject.answer.body {
        Body::Empty => findings.check_empty(),
        _ if findings.is_page() => findings.page(),
        // A body that cannot be decoded has its finding already.
        Body::Unreadable { .. } if subject.answer.is_encoded() => {}
        Body::Unreadable { reason } => {
            let actual = format!("{reason} ({})", label(subject.answer));
            findings.add("body", "a body of JSON or XML", actual);
        }
        Body::Json(tree) => {
            findings.check_doubled_keys(tree);
            findings.content_type(Some(AnswerFormat::Json));
            findings.charset(AnswerFormat::Json);
            findings.tree(tree);
        }
        Body::Xml { root, tree } => {
            findings.content_type(Some(AnswerFormat::Xml));
            findings.charset(AnswerFormat::Xml);
            findings.root(root);
            findings.tree(tree);
        }
        Body::Other { text } => {
            findings.content_type(None);
            findings.tree(text.as_ref().unwrap_or(&Value::Null));
        }
    }
    findings.found
}

/// What an answer says of its body: the media type, and the coding if there is one.
fn label(answer: &Answer) -> String {
    let shown = |name: &str| answer.header(name).map(|value| format!("{name} {}", Value::text(value)));
    let content_type = shown("content-type").unwrap_or_else(|| "no content-type".to_owned());
    match shown("content-encoding") {
        Some(coding) => format!("{content_type}, {coding}"),
        None => content_type,
    }
}

/// Whether every request id of a transcript is a new one.
pub(super) fn check_unique(subject: &Subject<'_>) -> Option<Finding> {
    let rule = subject.contract.envelope.request_id.as_ref().filter(|rule| rule.is_unique)?;
    let id = |answer: &Answer| select_in(subject.contract, answer, &rule.body).ok();
    let own = id(subject.answer)?;
    let is_same = |earlier: &Exchange| id(&earlier.answer).is_some_and(|earlier| earlier.is_same(&own));
    let position = subject.earlier.iter().position(is_same)?;
    let place = format!("{own}, as in the answer to step {}", position + 1);
    let own = RequestId {
        level: Level::Envelope,
        step: subject.step,
        at: rule.body.clone(),
        digest: String::new(),
    };
    Some(shared_id(Some(subject.contract), &own, &place))
}

/// Whether it is reported already that the value at this path of a step's answer is that of another one.
pub fn is_shared_id(finding: &Finding, id: &RequestId) -> bool {
    (finding.level, finding.step, &finding.subject) == (id.level, id.step, &id.at)
        && [OWN_ID, OWN_VALUE].contains(&finding.expected.as_str())
}

/// The finding that a request id, or another value that no two answers may share, is one of an earlier answer.
pub fn shared_id(contract: Option<&Contract>, id: &RequestId, found: &str) -> Finding {
    let grounds = contract.map(|contract| grounds_of(contract, id)).unwrap_or_default();
    Finding {
        level: id.level,
        step: id.step,
        subject: id.at.clone(),
        expected: if id.level == Level::Envelope { OWN_ID } else { OWN_VALUE }.to_owned(),
        actual: found.to_owned(),
        because: grounds.because,
        cites: grounds.cites,
        is_warning: grounds.is_warning,
        waived: None,
    }
}

fn grounds_of(contract: &Contract, id: &RequestId) -> FindingGrounds {
    if id.level == Level::Envelope {
        let rule = contract.envelope.request_id.as_ref();
        return rule.map(|rule| FindingGrounds::of_rule("request-id", &rule.backing)).unwrap_or_default();
    }
    let rule = contract.unique.iter().find(|rule| rule.at == id.at);
    rule.map(|rule| FindingGrounds::of_rule(&format!("unique {}", rule.at), &rule.backing))
        .unwrap_or_default()
}

/// The answer's request id, where no two answers may share one.
pub fn request_id(contract: &Contract, answer: &Answer, step: usize) -> Option<RequestId> {
    let rule = contract.envelope.request_id.as_ref().filter(|rule| rule.is_unique)?;
    unique_value(contract, answer, (Level::Envelope, step), &rule.body, &rule.backing)
}

/// The values of an answer of success that no other answer may have, beside the request id.
pub fn unique_values(contract: &Contract, answer: &Answer, step: usize) -> Vec<RequestId> {
    if answer.status >= 400 {
        return Vec::new();
    }
    let of =
        |rule: &UniqueRule| unique_value(contract, answer, (Level::Effect, step), &rule.at, &rule.backing);
    contract.unique.iter().filter_map(of).collect()
}

/// The digest of a value. Only answers of one service are compared: those whose contracts have the rule from one file.
fn unique_value(
    contract: &Contract,
    answer: &Answer,
    (level, step): (Level, usize),
    at: &str,
    backing: &Backing,
) -> Option<RequestId> {
    if backing.is_unpublished {
        return None;
    }
    let value = select_in(contract, answer, at).ok()?;
    let file = backing.spot.file.path.display();
    // A request id is one wherever it is; another value is compared with those at the same path.
    let text =
        if level == Level::Envelope { format!("{file}\0{value}") } else { format!("{file}\0{at}\0{value}") };
    Some(RequestId { level, step, at: at.to_owned(), digest: sha256_hex(text.as_bytes()) })
}

/// Fields that have one value.
pub(super) const SINGLE: [&str; 7] =
    ["content-type", "content-length", "location", "etag", "date", "last-modified", "retry-after"];

/// How many lines of a field are shown.
const LINES_SHOWN: usize = 3;

/// How many fields are shown that the contract does not name.
const OTHERS_SHOWN: usize = 20;

fn because(section: &str) -> FindingGrounds {
    FindingGrounds { because: Some(section.to_owned()), ..FindingGrounds::default() }
}

struct EnvelopeCheck<'a> {
    subject: &'a Subject<'a>,
    found: Vec<Finding>,
}

impl EnvelopeCheck<'_> {
    fn add(&mut self, what: &str, expected: impl Into<String>, actual: impl Into<String>) {
        self.add_because(what, expected, actual, FindingGrounds::default());
    }

    fn add_because(
        &mut self,
        what: &str,
        expected: impl Into<String>,
        actual: impl Into<String>,
        FindingGrounds { because, cites, is_warning }: FindingGrounds,
    ) {
        self.found.push(Finding {
            level: Level::Envelope,
            step: self.subject.step,
            subject: what.to_owned(),
            expected: expected.into(),
            actual: actual.into(),
            because,
            cites,
            is_warning,
            waived: None,
        });
    }

    /// Whether the body is a page where the contract promises fields or a format: nothing in it is a field.
    fn is_page(&self) -> bool {
        let Subject { contract, answer, request, .. } = self.subject;
        let envelope = &contract.envelope;
        let media_type = essence(answer.header("content-type").unwrap_or_default());
        let is_html = ["text/html", "application/xhtml+xml"].contains(&media_type.as_str());
        let is_page = match &answer.body {
            Body::Empty | Body::Json(_) => false,
            Body::Xml { root, .. } => is_html || root.eq_ignore_ascii_case("html"),
            Body::Unreadable { .. } | Body::Other { .. } => is_html && !answer.is_encoded(),
        };
        let types = &envelope.media_types;
        let has = |format: &AnswerFormat| !types.of(*format).is_empty();
        let is_promised = types.has(AnswerFormat::Xml, &media_type) || types.has_other(&media_type);
        let is_fielded = contract.fields(self.subject.is_success()).any(|field| field.is_required);
        let has_formats = AnswerFormat::ALL.iter().any(has) || !types.other.is_empty();
        let promises = request.format.is_some() || envelope.xml.is_some() || is_fielded || has_formats;
        is_page && !is_promised && promises
    }

    fn page(&mut self) {
        let asked = self.subject.request.format;
        let expected = asked
            .map_or_else(|| "a body of JSON or XML".to_owned(), |asked| format!("{asked}, as asked for"));
        self.add("body", expected, A_PAGE);
    }

    /// What is wrong with the answer as a message.
    fn flaws(&mut self) {
        for flaw in &self.subject.answer.flaws {
            let (what, expected, actual, section) = match flaw {
                Flaw::Surplus { start } => (
                    "end of the answer",
                    "nothing behind it",
                    format!("bytes that begin {}", Value::text(start.as_str())),
                    "RFC 9112, section 6.3",
                ),
                Flaw::Coding { label, reason } => (
                    "content-encoding",
                    "a coding that the body is in",
                    format!("{}: {reason}", Value::text(label.as_str())),
                    "RFC 9110, section 8.4",
                ),
                Flaw::Framing { breach, shown } => (
                    "message framing",
                    breach.expected(),
                    format!("{}: {}", breach.found(), Value::text(shown.as_str())),
                    breach.section(),
                ),
            };
            self.add_because(what, expected, actual, because(section));
        }
    }

    /// RFC 9110, section 5.3: a field that is not a list must not be sent more than once; readers differ on which
    /// one counts.
    fn single_headers(&mut self) {
        let request_id = self.subject.contract.envelope.request_id.as_ref();
        let own = request_id.and_then(|rule| rule.header.as_ref()).map(|header| header.name.as_str());
        for name in SINGLE.into_iter().chain(own) {
            let lines: Vec<&str> = self.subject.answer.lines(name).take(LINES_SHOWN).collect();
            if lines.len() > 1 {
                let lines: Vec<String> =
                    lines.into_iter().map(|line| Value::text(line).to_string()).collect();
                self.add_because(name, "one line", lines.join(" and "), because("RFC 9110, section 5.3"));
            }
        }
    }

    /// The header fields that the contract promises of every answer.
    fn headers(&mut self) {
        for header in &self.subject.contract.envelope.headers {
            let grounds = || FindingGrounds::of_rule(&format!("headers.{}", header.name), &header.backing);
            let mut lines = self.subject.answer.lines(&header.name).peekable();
            if lines.peek().is_none() && header.is_required {
                self.add_because(&header.name, "a header field", "no such header", grounds());
            }
            let Some(pattern) = &header.pattern else { continue };
            let is_other = |line: &&str| !matches(pattern, line).is_ok_and(|is_match| is_match);
            if let Some(line) = lines.find(is_other) {
                let expected = format!("a match of /{pattern}/");
                self.add_because(&header.name, expected, Value::text(line).to_string(), grounds());
            }
        }
    }

    /// No body is right where the envelope asks for no field, unless the answer says that there is one.
    fn check_empty(&mut self) {
        let Subject { contract, answer, request, .. } = self.subject;
        // RFC 9110, sections 9.3.2, 15.3.5, 15.3.6 and 15.4.5: these have a content type and no content.
        if request.method.as_str() == "HEAD" {
            return;
        }
        if contract
            .fields(self.subject.is_success())
            .any(|field| field.is_required && !field.backing.is_unpublished)
        {
            self.add("body", "a body of JSON or XML", "no body");
            return;
        }
        let content_type = answer.header("content-type").unwrap_or_default();
        let media_type = essence(content_type);
        let types = &contract.envelope.media_types;
        let promised = AnswerFormat::ALL.into_iter().find(|format| types.has(*format, &media_type));
        let Some(format) = promised.or_else(|| AnswerFormat::of_media_type(&media_type)) else { return };
        if !matches!(answer.status, 204 | 205 | 304) && !types.has_other(&media_type) {
            let actual = if answer.bytes.is_empty() { "no body" } else { "a body of blanks" };
            self.add("body", format!("{format}, as content-type {} says", Value::text(content_type)), actual);
        }
    }

    /// Whether a body of this format, or of neither, is one that was asked for and that the contract promises.
    fn content_type(&mut self, format: Option<AnswerFormat>) {
        let envelope = &self.subject.contract.envelope;
        let types = &envelope.media_types;
        let found = self.subject.answer.header("content-type").unwrap_or_default();
        let media_type = essence(found);
        let shown =
            || if found.is_empty() { "no content type".into() } else { Value::text(found).to_string() };
        let name =
            format.map_or_else(|| format!("neither JSON nor XML ({})", shown()), |format| format.to_string());
        let asked = self.subject.request.format;
        if let Some(asked) = asked.filter(|asked| Some(*asked) != format) {
            self.add("body", format!("{asked}, as asked for"), &name);
        }
        let grounds = || {
            envelope
                .media_types_backing
                .as_ref()
                .map(|backing| FindingGrounds::of_rule("content-type", backing))
        };
        let wanted = format.map_or(types.other.as_slice(), |format| types.of(format));
        if wanted.is_empty() {
            // A contract that names some formats alone has promised them; one with roots of XML has, too.
            let known = AnswerFormat::ALL.into_iter().filter(|format| !types.of(*format).is_empty());
            let known: Vec<String> =
                known.map(|format| format.to_string()).chain(types.other.iter().cloned()).collect();
            if !known.is_empty() {
                let expected = format!("{}, as the contract promises", known.join(" or "));
                self.add_because("body", expected, &name, grounds().unwrap_or_default());
            } else if format.is_none() && envelope.xml.is_some() {
                self.add("body", "JSON or XML", &name);
            }
            return;
        }
        if !wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(&media_type)) {
            self.add_because("content-type", wanted.join(" or "), shown(), grounds().unwrap_or_default());
        }
    }

    /// Whether the answer names the charset that the contract promises, and one that the body can be in.
    fn charset(&mut self, format: AnswerFormat) {
        let answer = self.subject.answer;
        let content_type = answer.header("content-type").unwrap_or_default();
        let (label, in_declaration) = labels(&answer.bytes, content_type);
        let shown = || Value::text(content_type).to_string();
        let promised = self.subject.contract.envelope.charset.as_ref();
        let promised = promised.and_then(|charset| Some((charset.of(format)?, &charset.backing)));
        let is_utf8 = |label: &str| is_same_label(label, "utf-8") || label.eq_ignore_ascii_case("us-ascii");
        if let Some((wanted, backing)) = promised
            && !label.is_some_and(|label| is_same_label(label, wanted))
        {
            let grounds = FindingGrounds::of_rule("content-type.charset", backing);
            self.add_because("content-type", format!("charset {wanted}"), shown(), grounds);
        } else if format == AnswerFormat::Json && !label.is_none_or(is_utf8) {
            self.add_because("content-type", "charset utf-8", shown(), because("RFC 8259, section 8.1"));
        }
        // Who reads the bytes alone, as most XML libraries do, goes by the declaration.
        if let (AnswerFormat::Xml, Some(declared), Some(label)) = (format, in_declaration, label)
            && !is_same_label(declared, label)
        {
            let actual = format!("an XML declaration with the encoding {}", Value::text(declared));
            let expected = format!("the encoding {}, as content-type says", Value::text(label));
            self.add_because("body", expected, actual, because("RFC 7303, section 3"));
        }
    }

    /// Fields that the contract does not name, where it says that there are no others.
    fn others(&mut self, tree: &Value, is_success: bool) {
        let contract = self.subject.contract;
        let (OtherFields::Refused(backing), Value::Map(entries)) =
            (contract.envelope.others(is_success), tree)
        else {
            return;
        };
        let is_named = |key: &str| {
            contract.fields(is_success).any(|field| field.name == key || field.keys().next() == Some(key))
        };
        let is_absent = |key: &String| is_success && contract.envelope.absent.contains(key);
        let others = entries.iter().filter(|(key, _)| !is_named(key) && !is_absent(key));
        for (key, value) in others.take(OTHERS_SHOWN) {
            let rule = if is_success { "success.closed" } else { "error.closed" };
            let (path, grounds) = (format!("$.{key}"), FindingGrounds::of_rule(rule, backing));
            self.add_because(&path, UNNAMED_FIELD, value.to_string(), grounds);
        }
    }

    fn root(&mut self, root: &str) {
        let Some(roots) = &self.subject.contract.envelope.xml else { return };
        let template = if self.subject.is_success() { &roots.success } else { &roots.error };
        let wanted = template.replace("{operation}", &self.subject.contract.operation);
        if root != wanted {
            self.add_because("root element", wanted, root, FindingGrounds::of_rule("xml", &roots.backing));
        }
    }

    /// RFC 8259, section 4: names within an object should be unique; readers differ on which counts.
    fn check_doubled_keys(&mut self, tree: &Value) {
        for key in doubled_keys(tree) {
            self.add(&key, "each key once", "a key that is there twice");
        }
    }

    fn tree(&mut self, tree: &Value) {
        let (contract, is_success) = (self.subject.contract, self.subject.is_success());
        for field in contract.fields(is_success) {
            self.field(field, tree);
        }
        let envelope = &contract.envelope;
        for name in envelope.absent.iter().filter(|_| is_success) {
            if let Some(found) = tree.get(name) {
                let grounds = envelope
                    .absent_backing
                    .as_ref()
                    .map(|backing| FindingGrounds::of_rule("success.absent", backing));
                let (subject, found) = (format!("$.{name}"), found.to_string());
                self.add_because(&subject, ABSENT_FIELD, found, grounds.unwrap_or_default());
            }
        }
        self.others(tree, is_success);
        self.request_id();
    }

    fn field(&mut self, field: &Field, tree: &Value) {
        let path = || format!("$.{}", field.name);
        let grounds = || FindingGrounds::of_field(field);
        let Some(found) = field.find(tree) else {
            if field.is_required {
                self.add_because(&path(), with_article(&field.type_name), "nothing", grounds());
            }
            return;
        };
        let is_xml = matches!(self.subject.answer.body, Body::Xml { .. });
        let written = found.as_text().filter(|_| is_xml);
        let has_type = found.type_name() == field.type_name
            || (field.type_name == "number" && found.type_name() == "integer")
            || written.is_some_and(|text| can_be(&field.type_name, text));
        if !has_type {
            self.add_because(&path(), with_article(&field.type_name), found.to_string(), grounds());
            return;
        }
        let Some(pattern) = &field.pattern else { return };
        if matches!(found, Value::List(_) | Value::Map(_) | Value::Null) {
            return;
        }
        if !matches(pattern, &found.to_plain()).is_ok_and(|is_match| is_match) {
            self.add_because(&path(), format!("a match of /{pattern}/"), found.to_string(), grounds());
        }
    }

    fn request_id(&mut self) {
        let Subject { contract, answer, .. } = self.subject;
        let Some(rule) = &contract.envelope.request_id else { return };
        let (Some(header), Ok(body)) = (&rule.header, select_in(contract, answer, &rule.body)) else {
            return;
        };
        let found = answer.header(&header.name);
        // An id may be a number. What is neither that nor a text is in no header field.
        if found.is_none() || found != body.as_code() {
            let shown = found.map_or_else(|| "no such header".into(), |text| Value::text(text).to_string());
            let grounds = FindingGrounds::of_rule("request-id.header", &header.backing);
            self.add_because(&header.name, format!("{body}, as at {}", rule.body), shown, grounds);
        }
    }
}

fn with_article(type_name: &str) -> String {
    let article = if type_name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {type_name}")
}

/// Whether a text, which is all that XML has, can be of a type (XML Schema part 2, sections 3.2.2, 3.2.5 and 3.3.13).
/// An element without content may be an empty list or object.
fn can_be(type_name: &str, text: &str) -> bool {
    let text = text.trim();
    match type_name {
        "integer" => Value::text(text).digits().is_some_and(|digits| !digits.contains(['.', 'e', 'E'])),
        "number" => Value::text(text).digits().is_some() || text.parse::<f64>().is_ok_and(f64::is_finite),
        "boolean" => matches!(text, "true" | "false" | "1" | "0"),
        _ => text.is_empty(),
    }
}
