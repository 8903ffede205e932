//! An answer as fields, and its rendering as JSON or XML with the headers that every answer has.
//! Main types: `AnswerContent`, what is said, and `Reply`, what is sent. No rule and no state is known here.

use super::wire_format::WireFormat;
use quick_xml::escape::escape;
use serde_json::{Map, Value};

/// What an answer says.
#[derive(Clone, Debug)]
pub(super) struct AnswerContent {
    pub(super) status: u16,
    pub(super) format: WireFormat,
    /// The root element, should the answer be XML.
    pub(super) root: &'static str,
    pub(super) fields: Vec<(String, Value)>,
    pub(super) request_id_header: Option<String>,
    pub(super) trace_id: String,
}

/// Status, code and message of an error, as they will be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wording {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

/// What a success says beside its request id, as a tree: text, numbers, truths, lists, and objects with their fields in order.
pub(super) type Fields = Vec<(&'static str, Value)>;

/// What an answer has whatever it says.
#[derive(Clone, Debug)]
pub(super) struct AnswerFrame {
    pub(super) format: WireFormat,
    pub(super) host: String,
    pub(super) request_id: String,
    pub(super) trace_id: String,
}

/// An answer as it goes to the transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// The root element of every error in XML.
const ERROR_ROOT: &str = "Error";

impl AnswerContent {
    /// The answer to a request that was carried out, now or at an earlier time.
    pub(super) fn success(root: &'static str, mut fields: Fields, envelope: AnswerFrame) -> Self {
        fields.push(("RequestId", Value::from(envelope.request_id.as_str())));
        Self::new(200, root, fields, envelope)
    }

    /// The answer to a request that was refused.
    pub(super) fn error(wording: Wording, envelope: AnswerFrame) -> Self {
        let Wording { status, code, message } = wording;
        let id = envelope.request_id.clone();
        let recommend = format!("https://api.aliyun.com/troubleshoot?q={code}&product=Ecs&requestId={id}");
        let fields = [
            ("RequestId", id),
            ("HostId", envelope.host.clone()),
            ("Code", code),
            ("Message", message),
            ("Recommend", recommend),
        ];
        let fields = fields.map(|(name, text)| (name, Value::String(text)));
        Self::new(status, ERROR_ROOT, fields.into(), envelope)
    }

    fn new(status: u16, root: &'static str, fields: Fields, envelope: AnswerFrame) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        Self {
            status,
            format: envelope.format,
            root,
            fields: fields.collect(),
            request_id_header: Some(envelope.request_id),
            trace_id: envelope.trace_id,
        }
    }

    /// Writes the answer out.
    pub(super) fn render(self) -> Reply {
        let mut headers = vec![
            ("content-type", content_type(self.format).to_owned()),
            ("x-acs-trace-id", self.trace_id),
            ("access-control-allow-origin", "*".to_owned()),
        ];
        headers.extend(self.request_id_header.map(|id| ("x-acs-request-id", id)));
        let body = match self.format {
            WireFormat::Json => Value::Object(Map::from_iter(self.fields)).to_string(),
            WireFormat::Xml => xml(self.root, &self.fields),
        };
        Reply { status: self.status, headers, body: body.into_bytes() }
    }
}

/// The official clients read an XML error only under exactly this spelling.
fn content_type(format: WireFormat) -> &'static str {
    match format {
        WireFormat::Json => "application/json;charset=utf-8",
        WireFormat::Xml => "text/xml;charset=utf-8",
    }
}

fn xml(root: &str, fields: &[(String, Value)]) -> String {
    let mut written = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root}>");
    for (name, value) in fields {
        write_element(&mut written, name, value);
    }
    written.extend(["</", root, ">"]);
    written
}

/// Writes a value as an element, and a list as one element for each of its items.
fn write_element(written: &mut String, name: &str, value: &Value) {
    if let Value::Array(items) = value {
        for item in items {
            write_element(written, name, item);
        }
        return;
    }
    written.extend(["<", name, ">"]);
    match value {
        Value::String(text) => written.push_str(&xml_text(text)),
        Value::Object(fields) => {
            for (name, value) in fields {
                write_element(written, name, value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            written.push_str(&xml_text(&value.to_string()));
        }
    }
    written.extend(["</", name, ">"]);
}

/// Escaped text, with a replacement character for what XML 1.0 cannot hold even when it is escaped.
fn xml_text(text: &str) -> String {
    let holds = |letter: char| match letter {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => other >= ' ',
    };
    let fit: String = text.chars().map(|letter| if holds(letter) { letter } else { '\u{FFFD}' }).collect();
    escape(fit).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{AnswerContent, AnswerFrame, Wording, xml};
    use crate::reference::wire_format::WireFormat;
    use quick_xml::Reader;
    use quick_xml::events::Event;
    use serde_json::json;
    use std::iter;

    fn error(message: &str, format: WireFormat) -> String {
        let wording = Wording { status: 400, code: "Some.Code".to_owned(), message: message.to_owned() };
        let envelope = AnswerFrame {
            format,
            host: "127.0.0.1".to_owned(),
            request_id: "ID".to_owned(),
            trace_id: "0".repeat(32),
        };
        String::from_utf8(AnswerContent::error(wording, envelope).render().body).unwrap()
    }

    #[test]
    fn json_has_the_error_fields_in_the_published_order() {
        let body = error("He said \"no\".", WireFormat::Json);
        assert!(body.starts_with(
            r#"{"RequestId":"ID","HostId":"127.0.0.1","Code":"Some.Code","Message":"He said \"no\".","#
        ));
    }

    #[test]
    fn lists_are_repeated_elements_in_xml() {
        let fields = [
            ("Set".to_owned(), json!({ "Item": [{ "A": 1, "B": true }, { "A": "<" }] })),
            ("Tags".to_owned(), json!({ "Tag": [] })),
        ];
        let body = xml("Root", &fields);
        let elements = "<Set><Item><A>1</A><B>true</B></Item><Item><A>&lt;</A></Item></Set><Tags></Tags>";
        assert!(body.ends_with(&format!("<Root>{elements}</Root>")), "{body}");
    }

    #[test]
    fn hostile_text_does_not_get_out_of_its_element() {
        let body = error("</Message><Code>&\u{0}\u{FFFF}]]>", WireFormat::Xml);
        assert!(body.contains("<Message>&lt;/Message&gt;&lt;Code&gt;&amp;\u{FFFD}\u{FFFD}]]&gt;</Message>"));
        let mut reader = Reader::from_str(&body);
        let events = iter::from_fn(|| Some(reader.read_event().unwrap()));
        let events = events.take_while(|event| !matches!(event, Event::Eof));
        let elements = events.filter(|event| matches!(event, Event::Start(_)));
        assert_eq!(elements.count(), 6);
    }
}
