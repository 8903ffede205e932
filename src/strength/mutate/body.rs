//! The body as a whole: fields that do not belong in it, its root, its encoding, its format, and none at all.

use std::ops::ControlFlow;

use super::header::{read_again, with_field};
use super::write::{json_text, xml_text};
use super::{Aspect, Maker};
use crate::model::{AnswerFormat, Body, Field, Flaw, Value};
use crate::strength::operator::Operator;
use crate::wire::labels;

/// The name and the value of a field that no contract has.
const ANOTHER: &str = "proofmark";

/// The encoding that XML declares in place of its own.
const ENCODING: &str = "ISO-8859-1";

pub(super) fn mutants(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    fields(maker)?;
    xml(maker)?;
    mutate_whole(maker)?;
    swap_format(maker)
}

/// Fields that do not belong in the answer.
fn fields(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    let Some(Value::Map(entries)) = maker.answer().tree() else { return ControlFlow::Continue(()) };
    let is_xml = matches!(maker.answer().body, Body::Xml { .. });
    let is_success = maker.is_success();
    let flag = if is_xml { Value::text((!is_success).to_string()) } else { Value::Bool(!is_success) };
    let mut added = vec![
        (Operator::FieldAdded, ANOTHER.to_owned(), Value::text(ANOTHER)),
        (Operator::FlagAdded, "Success".to_owned(), flag),
    ];
    let material = maker.material;
    let (operator, donor) = if is_success {
        (Operator::ErrorFieldAdded, material.error)
    } else {
        (Operator::SuccessFieldAdded, material.success)
    };
    for field in material.contract.fields(!is_success) {
        let Some(key) = field.keys().next() else { continue };
        let is_own = material.contract.fields(is_success).any(|own| own.keys().next() == Some(key));
        if !is_own {
            let value = donor.and_then(|donor| donor.get(key)).cloned();
            added.push((operator, key.to_owned(), value.unwrap_or_else(|| make_value(field))));
        }
    }
    for (operator, key, value) in added {
        if entries.iter().any(|(known, _)| *known == key) {
            continue;
        }
        let change = format!("{key} = {value}");
        let tree = Value::Map([entries.as_slice(), &[(key.clone(), value)]].concat());
        let answer = maker.with_tree(tree);
        maker.give(operator, (format!("$.{key}"), change), Aspect::Other, answer)?;
    }
    ControlFlow::Continue(())
}

/// A value of a field's type.
fn make_value(field: &Field) -> Value {
    match field.type_name.as_str() {
        "integer" | "number" => Value::integer(1),
        "boolean" => Value::Bool(true),
        "list" => Value::List(vec![Value::text(ANOTHER)]),
        "object" => Value::Map(vec![(ANOTHER.to_owned(), Value::text(ANOTHER))]),
        _ => Value::text(ANOTHER),
    }
}

fn xml(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    let answer = maker.answer();
    let Body::Xml { root, tree } = &answer.body else { return ControlFlow::Continue(()) };
    let name = format!("{root}s");
    let mut renamed = answer.clone();
    renamed.body = Body::Xml { root: name.clone(), tree: tree.clone() };
    maker.give(Operator::RootRenamed, ("root element", name), Aspect::Form, renamed)?;
    let namespace = ("@xmlns".to_owned(), Value::text("urn:proofmark"));
    if let Value::Map(entries) = tree {
        let changed = maker.with_tree(Value::Map([&[namespace], entries.as_slice()].concat()));
        maker.give(Operator::NamespaceAdded, ("root element", "xmlns"), Aspect::Form, changed)?;
    }
    // Where the content type names no charset, the declaration counts, and says nothing wrong of plain ASCII.
    let content_type = answer.header("content-type").unwrap_or_default();
    let (Some(_), declared) = labels(&answer.bytes, content_type) else { return ControlFlow::Continue(()) };
    let Ok(text) = std::str::from_utf8(&answer.bytes) else { return ControlFlow::Continue(()) };
    let text = match declared {
        Some(label) => text.replacen(label, ENCODING, 1),
        None => format!("<?xml version=\"1.0\" encoding=\"{ENCODING}\"?>{text}"),
    };
    let mut changed = answer.clone();
    changed.bytes = text.into_bytes();
    maker.give(Operator::EncodingDeclared, ("XML declaration", ENCODING), Aspect::Form, changed)
}

fn mutate_whole(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    let answer = maker.answer();
    if answer.bytes.is_empty() {
        return ControlFlow::Continue(());
    }
    let mut emptied = answer.clone();
    emptied.bytes.clear();
    read_again(&mut emptied);
    maker.give(Operator::BodyEmptied, ("body", "no body"), Aspect::Form, emptied)?;
    let mut cut = answer.clone();
    cut.bytes.truncate(answer.bytes.len() / 2);
    read_again(&mut cut);
    maker.give(Operator::BodyCut, ("body", "the first half"), Aspect::Form, cut)?;
    let (label, reason) = ("gzip".to_owned(), "not gzip".to_owned());
    for (operator, change, flaw) in [
        (
            Operator::BytesBehind,
            "`HTTP/1.1 200` behind it",
            Flaw::Surplus { start: "HTTP/1.1 200".to_owned() },
        ),
        (Operator::CodingUndone, "gzip", Flaw::Coding { label, reason }),
    ] {
        let mut flawed = answer.clone();
        flawed.flaws.push(flaw);
        read_again(&mut flawed);
        maker.give(operator, ("body", change), Aspect::Form, flawed)?;
    }
    ControlFlow::Continue(())
}

/// JSON as XML, and the other way round, labelled as what it is.
fn swap_format(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    let envelope = &maker.material.contract.envelope;
    let (format, text, usual) = match &maker.answer().body {
        Body::Json(tree) => {
            let roots = envelope.xml.as_ref();
            let is_success = maker.is_success();
            let root = roots.map(|roots| if is_success { &roots.success } else { &roots.error });
            let root = root.map(|root| root.replace("{operation}", &maker.material.contract.operation));
            (
                AnswerFormat::Xml,
                xml_text(&root.unwrap_or_else(|| "Response".to_owned()), tree),
                "application/xml",
            )
        }
        Body::Xml { tree, .. } => (AnswerFormat::Json, json_text(tree), "application/json"),
        Body::Empty | Body::Other { .. } | Body::Unreadable { .. } => return ControlFlow::Continue(()),
    };
    let media_type = envelope.media_types.of(format).first().map_or(usual, String::as_str).to_owned();
    let charset = envelope.charset.as_ref().and_then(|charset| charset.of(format));
    let content_type =
        charset.map_or(media_type.clone(), |charset| format!("{media_type};charset={charset}"));
    let mut answer = with_field(maker.answer(), "content-type", Some(&content_type));
    answer.bytes = text.into_bytes();
    read_again(&mut answer);
    maker.give(Operator::FormatExchanged, ("body", format.to_string()), Aspect::Form, answer)
}
