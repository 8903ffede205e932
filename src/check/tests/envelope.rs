//! The form of every answer.

use super::{Answer, AnswerFormat, Desk, Exchange, NOTHING, answer, json, xml};
use crate::check::request_id;
use crate::model::{Body, Flaw, FramingBreach};

const TYPES: &str = "content-type = { json = \"application/json\", xml = \"text/xml\" }\n";
const ANY: &str = "status = [200, 404]";

fn of_type(content_type: &str, body: &str) -> Answer {
    answer(200, &[("content-type", content_type)], body)
}

#[test]
fn what_is_wrong_with_an_answer_as_a_message_is_said_with_its_section() {
    let flawed = |flaw: Flaw| {
        let mut answer = json(200, "{}");
        answer.flaws = vec![flaw];
        Desk::new("", ANY).findings(answer)
    };
    let found = flawed(Flaw::Surplus { start: "HTTP/1.1".into() });
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].subject.as_str(), found[0].expected.as_str()),
        ("end of the answer", "nothing behind it")
    );
    assert_eq!(found[0].actual, "bytes that begin \"HTTP/1.1\"");
    assert_eq!(found[0].because.as_deref(), Some("RFC 9112, section 6.3"));
    let found = flawed(Flaw::Coding { label: "gzip".into(), reason: "it is not".into() });
    assert_eq!(
        (found[0].subject.as_str(), found[0].actual.as_str()),
        ("content-encoding", "\"gzip\": it is not")
    );
    assert_eq!(found[0].because.as_deref(), Some("RFC 9110, section 8.4"));
    let found = flawed(Flaw::Framing { breach: FramingBreach::Length, shown: "9, 9".into() });
    assert_eq!(
        (found[0].subject.as_str(), found[0].expected.as_str()),
        ("message framing", "one number in Content-Length")
    );
    assert_eq!(found[0].actual, "Content-Length: \"9, 9\"");
    assert_eq!(found[0].because.as_deref(), Some("RFC 9110, section 8.6"));
    // What is still in a coding is not said to be unreadable as well.
    let mut coded = json(200, "{");
    assert_eq!(Desk::new("", ANY).findings(coded.clone()).len(), 1);
    coded.flaws = vec![Flaw::Coding { label: "gzip".into(), reason: "it is not".into() }];
    assert_eq!(Desk::new("", ANY).findings(coded).len(), 1);
    assert_eq!(Desk::new("", ANY).said(json(200, "{}")), NOTHING);
}

#[test]
fn a_field_of_one_value_is_there_once() {
    let contract = "[envelope.request-id]\nbody = \"$.id\"\nheader = \"x-id\"\n";
    let said = |name: &str, count: usize| {
        let mut headers = vec![("content-type", "application/json"), ("x-id", "1")];
        headers.retain(|(known, _)| *known != name);
        headers.extend(std::iter::repeat_n((name, "1"), count));
        let mut answer = answer(200, &headers, r#"{"id": "1"}"#);
        answer.body = json(200, r#"{"id": "1"}"#).body;
        Desk::new(contract, ANY).said(answer)
    };
    for name in crate::check::envelope::SINGLE.into_iter().chain(["x-id"]) {
        assert_eq!(said(name, 2), [format!("envelope {name}: one line / \"1\" and \"1\"")]);
        assert_eq!(said(name, 5), [format!("envelope {name}: one line / \"1\" and \"1\" and \"1\"")]);
        assert_eq!(said(name, 1), NOTHING, "{name}");
    }
    assert_eq!(said("set-cookie", 2), NOTHING);
}

#[test]
fn a_body_that_can_not_be_read_is_shown_with_what_it_says_of_itself() {
    let said = |headers: &[(&str, &str)]| Desk::new("", ANY).said(answer(200, headers, "{"));
    let start =
        "envelope body: a body of JSON or XML / not JSON: EOF while parsing an object at line 1 column 1";
    assert_eq!(said(&[]), [format!("{start} (no content-type)")]);
    let json = ("content-type", "application/json");
    assert_eq!(said(&[json]), [format!("{start} (content-type \"application/json\")")]);
    let coding = ("content-encoding", "gzip");
    assert_eq!(
        said(&[json, coding]),
        [format!("{start} (content-type \"application/json\", content-encoding \"gzip\")")]
    );
}

#[test]
fn an_answer_without_a_body_is_right_where_nothing_is_promised_and_nothing_is_said_to_be_there() {
    let json = "application/json";
    let none = |status: u16, content_type: &str| {
        let headers = [("content-type", content_type)];
        answer(status, if content_type.is_empty() { &[] } else { &headers }, "")
    };
    let said = |contract: &str, answer: Answer| {
        Desk::new(contract, "status = [200, 204, 205, 304, 404]").said(answer)
    };
    let found = |what: &str| [format!("envelope body: {what}")];
    assert_eq!(said("", none(200, "")), NOTHING);
    assert_eq!(said("", none(200, json)), found("json, as content-type \"application/json\" says / no body"));
    assert_eq!(
        said("", none(404, "text/xml; a=b")),
        found("xml, as content-type \"text/xml; a=b\" says / no body")
    );
    assert_eq!(
        said("", of_type(json, " \n")),
        found("json, as content-type \"application/json\" says / a body of blanks")
    );
    for status in [204, 205, 304] {
        assert_eq!(said("", none(status, json)), NOTHING, "{status}");
    }
    assert_eq!(said("", none(200, "text/plain")), NOTHING);
    let promised = "content-type = { json = \"application/x-thing\", other = \"application/vnd.a+json\" }\n";
    assert_eq!(
        said(promised, none(200, "application/x-thing")),
        found("json, as content-type \"application/x-thing\" says / no body")
    );
    assert_eq!(
        said(promised, none(200, "application/vnd.a+json")),
        NOTHING,
        "the contract reads it as a text"
    );
    for (field, status, is_wrong) in [
        ("[[response]]\nname = \"a\"\ntype = \"string\"\n", 200, true),
        ("[[response]]\nname = \"a\"\ntype = \"string\"\n", 204, true),
        ("[[response]]\nname = \"a\"\ntype = \"string\"\n", 404, false),
        ("[[response]]\nname = \"a\"\ntype = \"string\"\nrequired = false\n", 200, false),
        ("[[response]]\nname = \"a\"\ntype = \"string\"\nunpublished = true\n", 200, false),
        ("[envelope.error]\nfields = [{ name = \"a\", type = \"string\" }]\n", 404, true),
        ("[envelope.error]\nfields = [{ name = \"a\", type = \"string\" }]\n", 200, false),
    ] {
        let wanted = if is_wrong { vec!["envelope body: a body of JSON or XML / no body"] } else { vec![] };
        assert_eq!(said(field, none(status, "")), wanted, "{field} {status}");
        let head = Desk::new(field, "status = [200, 204, 404]").asked_by("HEAD");
        assert_eq!(head.said(none(status, json)), NOTHING, "{field} {status}");
    }
}

#[test]
fn a_body_has_a_media_type_and_a_format_that_the_contract_promises() {
    let only_json = "content-type = { json = [\"application/json\", \"application/a\"] }\n";
    let other = "content-type = { json = \"application/json\", other = \"text/plain\" }\n";
    let roots = "[envelope.xml]\nsuccess-root = \"a\"\nerror-root = \"a\"\n";
    let (body, what) = ("envelope body: ", "envelope content-type: ");
    for (contract, content_type, text, wanted) in [
        ("", "application/json", "{}", String::new()),
        ("", "text/xml", "<a/>", String::new()),
        ("", "text/plain", "x", String::new()),
        ("", "", "{}", String::new()),
        (TYPES, "application/json; charset=utf-8", "{}", String::new()),
        (TYPES, "Application/JSON", "{}", String::new()),
        (TYPES, "text/xml", "<a/>", String::new()),
        (TYPES, "", "{}", format!("{what}application/json / no content type")),
        (TYPES, "text/xml", "{}", format!("{what}application/json / \"text/xml\"")),
        (TYPES, "application/json", "<a/>", format!("{what}text/xml / \"application/json\"")),
        (
            TYPES,
            "text/plain",
            "x",
            format!("{body}json or xml, as the contract promises / neither JSON nor XML (\"text/plain\")"),
        ),
        (only_json, "application/a", "{}", String::new()),
        (
            only_json,
            "application/b+json",
            "{}",
            format!("{what}application/json or application/a / \"application/b+json\""),
        ),
        (only_json, "text/xml", "<a/>", format!("{body}json, as the contract promises / xml")),
        (other, "text/plain", "x", String::new()),
        (other, "text/csv", "x", format!("{what}text/plain / \"text/csv\"")),
        (other, "text/xml", "<a/>", format!("{body}json or text/plain, as the contract promises / xml")),
        (roots, "text/xml", "<a/>", String::new()),
        (roots, "application/json", "{}", String::new()),
        (roots, "text/plain", "x", format!("{body}JSON or XML / neither JSON nor XML (\"text/plain\")")),
    ] {
        let headers = [("content-type", content_type)];
        let answer = answer(200, if content_type.is_empty() { &[] } else { &headers }, text);
        let wanted = if wanted.is_empty() { vec![] } else { vec![wanted] };
        assert_eq!(Desk::new(contract, ANY).said(answer), wanted, "{contract} {content_type} {text}");
    }
}

#[test]
fn a_doubled_key_is_a_finding() {
    let said = Desk::new("", ANY).said(json(200, r#"{"a": {"b": 1, "b": 2}}"#));
    assert_eq!(said, ["envelope $.a.b: each key once / a key that is there twice"]);
}

#[test]
fn a_body_has_the_format_that_was_asked_for() {
    for (asked, right, wrong) in [
        (AnswerFormat::Json, json(200, "{}"), xml(200, "<a/>")),
        (AnswerFormat::Xml, xml(200, "<a/>"), json(200, "{}")),
    ] {
        let found = if matches!(wrong.body, Body::Xml { .. }) { "xml" } else { "json" };
        let desk = Desk::new(TYPES, ANY).asked_as(asked);
        assert_eq!(desk.said(right), NOTHING);
        assert_eq!(desk.said(wrong), [format!("envelope body: {asked}, as asked for / {found}")]);
    }
}

#[test]
fn the_root_of_xml_is_that_of_a_success_or_of_an_error() {
    let contract = "[envelope.xml]\nsuccess-root = \"{operation}Response\"\nerror-root = \"Error\"\nsource = [\"page\"]\n";
    let desk = Desk::new(contract, "status = [200, 399, 400]");
    assert_eq!(desk.said(xml(200, "<GetResponse/>")), NOTHING);
    assert_eq!(desk.said(xml(399, "<GetResponse/>")), NOTHING);
    assert_eq!(desk.said(xml(400, "<Error/>")), NOTHING);
    assert_eq!(desk.said(xml(200, "<Error/>")), ["envelope root element: GetResponse / Error"]);
    assert_eq!(desk.said(xml(400, "<GetResponse/>")), ["envelope root element: Error / GetResponse"]);
    let found = &desk.findings(xml(200, "<Error/>"))[0];
    assert_eq!(found.because.as_deref(), Some("source: The page"));
    assert_eq!(found.cites[0].promise.to_string(), "envelope xml");
}

#[test]
fn a_success_has_nothing_that_only_errors_have() {
    let contract = "[envelope.success]\nabsent = [\"code\"]\nsource = [\"page\"]\n";
    let desk = Desk::new(contract, ANY);
    let body = r#"{"code": "a"}"#;
    assert_eq!(desk.said(json(200, body)), ["envelope $.code: nothing, in an answer of success / \"a\""]);
    assert_eq!(desk.because(json(200, body)), "source: The page");
    assert_eq!(desk.said(json(404, body)), NOTHING);
    assert_eq!(desk.said(json(200, "{}")), NOTHING);
}

/// Fields by type, values of JSON and texts of XML that have it, and that do not.
#[test]
fn a_field_has_its_type_as_json_writes_it_or_as_a_text_of_xml_can_be_read() {
    type Texts = &'static [&'static str];
    let table: [(&str, Texts, Texts, Texts, Texts); 7] = [
        ("string", &["\"\"", "\"1\""], &["1", "null", "true", "[]", "{}"], &["", "1", "x"], &["<b/>"]),
        (
            "integer",
            &["1", "-2"],
            &["1.0", "1e2", "\"1\"", "null"],
            &["1", " -2 ", "+3"],
            &["1.0", "1e2", "x", "", "1E2"],
        ),
        (
            "number",
            &["1", "1.5", "1e2"],
            &["\"1\"", "true"],
            &["1", "1.5", "1e999", ".5", "5."],
            &["x", "", "INF", "NaN"],
        ),
        (
            "boolean",
            &["true", "false"],
            &["1", "\"true\""],
            &["true", "false", "0", "1", " true"],
            &["True", "2", ""],
        ),
        ("list", &["[]", "[1]"], &["{}", "\"\"", "1"], &["", "x"], &[]),
        ("object", &["{}", "{\"a\": 1}"], &["[]", "\"\""], &["", " ", "<b/>"], &["x"]),
        ("null", &["null"], &["\"\"", "0", "{}"], &[""], &["x", "null"]),
    ];
    for (name, good, bad, good_xml, bad_xml) in table {
        let contract = format!("[[response]]\nname = \"a\"\ntype = \"{name}\"\nsource = [\"page\"]\n");
        let desk = Desk::new(&contract, "status = 200");
        let article = if ["integer", "object"].contains(&name) { "an" } else { "a" };
        let start = format!("envelope $.a: {article} {name} / ");
        for (texts, is_right) in [(good, true), (bad, false)] {
            for text in texts {
                let said = desk.said(json(200, &format!("{{\"a\": {text}}}")));
                let wanted = if is_right { vec![] } else { vec![format!("{start}{text}")] };
                assert_eq!(said, wanted, "{name} {text}");
            }
        }
        for (texts, is_right) in [(good_xml, true), (bad_xml, false)] {
            for text in texts {
                let found = desk.findings(xml(200, &format!("<r><a>{text}</a></r>")));
                assert_eq!(found.is_empty(), is_right, "{name} {text}: {found:?}");
            }
        }
        assert_eq!(desk.said(json(200, "{}")), [format!("{start}nothing")]);
        assert_eq!(desk.because(json(200, "{}")), "source: The page");
    }
}

#[test]
fn a_field_matches_its_pattern_if_it_has_a_text() {
    let contract = |name: &str| {
        format!("[[response]]\nname = \"a\"\ntype = \"{name}\"\npattern = \"^1\"\nrequired = false\n")
    };
    for (name, text, is_right) in [
        ("string", "\"12\"", true),
        ("string", "\"21\"", false),
        ("integer", "12", true),
        ("integer", "21", false),
        ("list", "[2]", true),
        ("object", "{\"a\": 2}", true),
        ("null", "null", true),
    ] {
        let said = Desk::new(&contract(name), "status = 200").said(json(200, &format!("{{\"a\": {text}}}")));
        let wanted = if is_right { vec![] } else { vec![format!("envelope $.a: a match of /^1/ / {text}")] };
        assert_eq!(said, wanted, "{name} {text}");
    }
    assert_eq!(Desk::new(&contract("string"), "status = 200").said(json(200, "{}")), NOTHING);
}

#[test]
fn the_header_field_of_the_request_id_has_the_id_of_the_body() {
    let contract =
        "[envelope.request-id]\nbody = \"$.id\"\nheader = { name = \"x-id\", source = [\"page\"] }\n";
    let desk = Desk::new(contract, "status = 200");
    for (id, header, wanted) in [
        ("\"a\"", Some("a"), ""),
        ("\"a\"", Some("b"), "\"a\", as at $.id / \"b\""),
        ("\"a\"", None, "\"a\", as at $.id / no such header"),
        ("7", Some("7"), ""),
        ("7", Some("8"), "7, as at $.id / \"8\""),
        ("7", None, "7, as at $.id / no such header"),
        ("null", None, "null, as at $.id / no such header"),
        ("[\"a\"]", Some("a"), "[\"a\"], as at $.id / \"a\""),
    ] {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(header.map(|value| ("x-id", value)));
        let said = desk.said(answer(200, &headers, &format!("{{\"id\": {id}}}")));
        let wanted = if wanted.is_empty() { vec![] } else { vec![format!("envelope x-id: {wanted}")] };
        assert_eq!(said, wanted, "{id} {header:?}");
    }
    assert_eq!(desk.because(json(200, r#"{"id": "a"}"#)), "source: The page");
    assert_eq!(desk.said(json(200, "{}")), NOTHING, "without an id there is nothing to compare");
}

fn after(desk: Desk, answers: &[Answer]) -> Desk {
    let request = desk.request.clone();
    let exchange = |(step, answer): (usize, &Answer)| Exchange {
        step,
        request: request.clone(),
        answer: answer.clone(),
    };
    Desk { earlier: answers.iter().enumerate().map(exchange).collect(), ..desk }
}

#[test]
fn a_request_id_of_one_answer_is_in_no_other() {
    let contract = "[envelope.request-id]\nbody = \"$.id\"\nsource = [\"page\"]\n";
    let body = |id: &str| json(200, &format!("{{\"id\": \"{id}\"}}"));
    let desk =
        |contract: &str| after(Desk::new(contract, "status = 200"), &[body("a"), json(200, "{}"), body("b")]);
    assert_eq!(
        desk(contract).said(body("b")),
        ["envelope $.id: a request id of its own / \"b\", as in the answer to step 3"]
    );
    assert_eq!(desk(contract).because(body("a")), "source: The page");
    assert_eq!(desk(contract).findings(body("a"))[0].step, 3);
    assert_eq!(desk(contract).said(body("c")), NOTHING);
    assert_eq!(desk(contract).said(json(200, "{}")), NOTHING);
    assert_eq!(desk(&format!("{contract}unique = false\n")).said(body("a")), NOTHING);
}

#[test]
fn a_request_id_that_no_other_answer_may_have_has_a_digest() {
    let contract = "[envelope.request-id]\nbody = \"$.id\"\n";
    let id = |contract: &str, body: &str| {
        let desk = Desk::new(contract, "status = 200");
        desk.with(json(200, body), |subject| request_id(subject.contract, subject.answer, 4))
    };
    let one = id(contract, r#"{"id": "a"}"#).unwrap();
    assert_eq!((one.step, one.at.as_str(), one.digest.len()), (4, "$.id", 64));
    assert_ne!(one.digest, id(contract, r#"{"id": "b"}"#).unwrap().digest);
    assert_eq!(id(contract, "{}"), None);
    for mark in ["unique = false", "unpublished = true"] {
        assert_eq!(id(&format!("{contract}{mark}\n"), r#"{"id": "a"}"#), None, "{mark}");
    }
    assert_eq!(id("", r#"{"id": "a"}"#), None);
}
