//! The faults of answers: rows with a wrong status or wording, and envelopes with a wrong field, header or body.
//! Main type: `Flaws`, which alters an answer after the operation has decided it. Without faults nothing is altered.

use super::answer::{AnswerContent, Reply, Wording};
use super::breach::Breach;
use super::fault_kind::{BodyFault, FieldFault, LoadFault, RowFault};
use super::row::{ReferenceRow, Refusal};
use super::wire_format::WireFormat;
use serde_json::{Value, json};

/// What is wrong with the answers of a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Flaws {
    rows: Vec<(RowFault, ReferenceRow)>,
    fields: Vec<FieldFault>,
    bodies: Vec<BodyFault>,
    load: Vec<LoadFault>,
}

/// A well-formed request id that belongs to no request.
const OTHER_REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";
/// Deeper than any parser that recurses can follow on a small stack.
const DEPTH: usize = 100_000;

impl Flaws {
    /// The flaws among some breaches.
    #[expect(clippy::wildcard_enum_match_arm, reason = "each place takes its own kinds of fault")]
    pub(super) fn among(breaches: &[Breach]) -> Self {
        let mut flaws = Self::default();
        for breach in breaches {
            match breach {
                Breach::Row(fault, row) => flaws.rows.push((*fault, *row)),
                Breach::Field(fault) => flaws.fields.push(*fault),
                Breach::Body(fault) => flaws.bodies.push(*fault),
                Breach::Load(fault) => flaws.load.push(*fault),
                _ => {}
            }
        }
        flaws
    }

    /// Whether a request that is refused with a row is carried out all the same.
    pub(super) fn starts_anyway(&self, row: ReferenceRow) -> bool {
        self.rows.contains(&(RowFault::StartsAnyway, row))
    }

    /// The error of a server that handles nothing, if this one does not.
    pub(super) fn overload(&self) -> Option<Wording> {
        let (status, code, message) = match self.load.first()? {
            LoadFault::Throttled => (400, "Throttling", "Request was denied due to request throttling."),
            LoadFault::ServiceUnavailable => (
                503,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
            ),
        };
        Some(Wording { status, code: code.to_owned(), message: message.to_owned() })
    }

    /// A refusal in the words of its row, or in the wrong ones.
    pub(super) fn wording(&self, refusal: &Refusal) -> Wording {
        let row = refusal.row;
        let mut wording =
            Wording { status: row.status(), code: row.code().to_owned(), message: refusal.message() };
        for (fault, _) in self.rows.iter().filter(|(_, faulty)| *faulty == row) {
            match fault {
                RowFault::WrongStatus => wording.status = neighbour(row.status()),
                RowFault::WrongCode => wording.code.push_str(".Other"),
                RowFault::WrongMessage => drop(wording.message.pop()),
                RowFault::UnfilledTemplate => row.template().clone_into(&mut wording.message),
                RowFault::EmptyFilling => wording.message = row.template().replace("%s", ""),
                RowFault::SkipRow | RowFault::StartsAnyway => {}
            }
        }
        wording
    }

    /// An answer with its fields, status and format as the faults have them.
    pub(super) fn deform(&self, mut answer: AnswerContent) -> AnswerContent {
        for fault in &self.fields {
            answer = deform(*fault, answer);
        }
        answer
    }

    /// A reply with its body as the faults have it.
    pub(super) fn spoil(&self, mut reply: Reply) -> Reply {
        for fault in &self.bodies {
            reply = spoilt(*fault, reply);
        }
        reply
    }
}

/// A status of the same class that no row has, so that only an exact comparison tells them apart.
pub(super) fn neighbour(status: u16) -> u16 {
    match status {
        400 => 422,
        403 => 401,
        404 => 410,
        500 => 503,
        other => other + 1,
    }
}

fn deform(fault: FieldFault, mut answer: AnswerContent) -> AnswerContent {
    let is_error = answer.status >= 400;
    match fault {
        FieldFault::NoRequestId => answer.remove("RequestId"),
        FieldFault::NoCode => answer.remove("Code"),
        FieldFault::NoMessage => answer.remove("Message"),
        FieldFault::NoHostId => answer.remove("HostId"),
        FieldFault::NoExecutionId => answer.remove("ExecutionId"),
        FieldFault::NoRequestIdHeader => answer.request_id_header = None,
        FieldFault::RequestIdHeaderDiffers => {
            answer.request_id_header = Some(OTHER_REQUEST_ID.to_owned());
        }
        FieldFault::RepeatedRequestId => answer.rename_request(|_| OTHER_REQUEST_ID.to_owned()),
        FieldFault::MalformedRequestId => {
            answer.rename_request(|id| id.to_lowercase().replace('-', ""));
        }
        FieldFault::EmptyExecutionId => answer.set("ExecutionId", |_| Value::from("")),
        FieldFault::MalformedExecutionId => {
            answer.set("ExecutionId", |id| Value::from(id.replace("exec-", "e_")));
        }
        FieldFault::RepeatedExecutionId => {
            answer.set("ExecutionId", |_| Value::from("exec-00000000000000000000"));
        }
        FieldFault::ExecutionIdAsNumber => answer.set("ExecutionId", |id| Value::from(id.len())),
        FieldFault::CodeOnSuccess if !is_error => {
            answer.fields.push(("Code".to_owned(), Value::from("Success.Other")));
        }
        FieldFault::SuccessStatus201 if !is_error => answer.status = 201,
        FieldFault::ErrorStatus200 if is_error => answer.status = 200,
        FieldFault::CodeOnSuccess | FieldFault::SuccessStatus201 | FieldFault::ErrorStatus200 => {}
        FieldFault::NullExecutionId => answer.set("ExecutionId", |_| Value::Null),
        FieldFault::EmptyRequestId => answer.set("RequestId", |_| Value::from("")),
        FieldFault::BlankMessage => answer.set("Message", |_| Value::from(" ")),
        FieldFault::BlankCode => answer.set("Code", |_| Value::from(" ")),
        FieldFault::EmptyHostId => answer.set("HostId", |_| Value::from("")),
        FieldFault::UrlAsHostId => answer.set("HostId", |host| Value::from(format!("http://{host}/"))),
        FieldFault::ExecutionIdInError
        | FieldFault::SecondError
        | FieldFault::SuccessFalse
        | FieldFault::ExtraField
        | FieldFault::MessageOnSuccess
        | FieldFault::HostIdOnSuccess => answer.say_too_much(fault, is_error),
        FieldFault::LowerCaseFields => {
            answer.fields.iter_mut().for_each(|(name, _)| *name = name.to_lowercase());
        }
        FieldFault::XmlWrongRoot => answer.root = "Response",
        FieldFault::JsonForXml => answer.format = WireFormat::Json,
    }
    answer
}

impl AnswerContent {
    /// Adds what only the other kind of answer has, or none.
    #[expect(clippy::wildcard_enum_match_arm, reason = "each place takes its own kinds of fault")]
    fn say_too_much(&mut self, fault: FieldFault, is_error: bool) {
        let added = match fault {
            FieldFault::ExecutionIdInError if is_error => {
                ("ExecutionId", Value::from("exec-00000000000000000000"))
            }
            FieldFault::SecondError if is_error => (
                "Errors",
                json!([{ "Code": "InternalError", "Message": "The request processing has failed." }]),
            ),
            FieldFault::SuccessFalse if !is_error => ("Success", Value::from(false)),
            FieldFault::ExtraField if !is_error => ("Extra", Value::from("something")),
            FieldFault::MessageOnSuccess if !is_error => ("Message", Value::from("Something went wrong.")),
            FieldFault::HostIdOnSuccess if !is_error => ("HostId", Value::from("ecs.example.com")),
            _ => return,
        };
        self.fields.push((added.0.to_owned(), added.1));
    }

    fn remove(&mut self, field: &str) {
        self.fields.retain(|(name, _)| name != field);
    }

    fn set(&mut self, field: &str, change: impl Fn(&str) -> Value) {
        for (_, value) in self.fields.iter_mut().filter(|(name, _)| name == field) {
            *value = change(value.as_str().unwrap_or_default());
        }
    }

    /// Changes the request id in the body and in the header alike.
    fn rename_request(&mut self, change: impl Fn(&str) -> String) {
        self.set("RequestId", |id| Value::from(change(id)));
        self.request_id_header = self.request_id_header.as_deref().map(change);
    }
}

fn spoilt(fault: BodyFault, mut reply: Reply) -> Reply {
    let is_json = reply.body.starts_with(b"{");
    match fault {
        BodyFault::WrongContentType => reply.set_content_type("text/plain"),
        BodyFault::HtmlErrorPage if reply.status >= 400 => {
            reply.set_content_type("text/html");
            reply.body = b"<html><body><h1>Something went wrong</h1></body></html>".to_vec();
        }
        BodyFault::EmptyBody => reply.body.clear(),
        BodyFault::TruncatedJson if is_json => reply.body.truncate(reply.body.len() / 2),
        BodyFault::DuplicateJsonKey if is_json => {
            reply.insert_field(&format!("\"RequestId\":\"{OTHER_REQUEST_ID}\""));
        }
        BodyFault::DeepJson if is_json => {
            let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
            reply.insert_field(&format!("\"Detail\":{open}{close}"));
        }
        BodyFault::OtherCharset => reply.set_content_type(if is_json {
            "application/json;charset=gbk"
        } else {
            "text/xml;charset=gbk"
        }),
        BodyFault::NoCharset if !is_json => reply.set_content_type("text/xml"),
        BodyFault::XmlEncodingLabel if !is_json => reply.put("encoding=\"UTF-8\"", "encoding=\"GBK\""),
        BodyFault::XmlNamespace if !is_json => {
            reply.put("\"?><Error>", "\"?><Error xmlns=\"http://ecs.aliyuncs.com/doc/2014-05-26/\">");
            reply.put("Response>", "Response xmlns=\"http://ecs.aliyuncs.com/doc/2014-05-26/\">");
        }
        BodyFault::SecondXmlRoot if !is_json => {
            reply.body.extend_from_slice(b"<Error><Code>Other</Code></Error>");
        }
        BodyFault::NoCharset
        | BodyFault::XmlEncodingLabel
        | BodyFault::XmlNamespace
        | BodyFault::SecondXmlRoot
        | BodyFault::HtmlErrorPage
        | BodyFault::TruncatedJson
        | BodyFault::DuplicateJsonKey
        | BodyFault::DeepJson => {}
    }
    reply
}

impl Reply {
    /// Replaces the first place of a text in the body.
    fn put(&mut self, old: &str, new: &str) {
        let body = String::from_utf8_lossy(&self.body).replacen(old, new, 1);
        self.body = body.into_bytes();
    }

    fn set_content_type(&mut self, kind: &str) {
        for (_, value) in self.headers.iter_mut().filter(|(name, _)| *name == "content-type") {
            kind.clone_into(value);
        }
    }

    /// Puts a field before the others of a JSON object.
    fn insert_field(&mut self, field: &str) {
        self.body.splice(1..1, format!("{field},").into_bytes());
    }
}
