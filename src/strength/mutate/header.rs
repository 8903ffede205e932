//! Header fields: the content type in its parts, and every other field that is not HTTP's own business.

use std::ops::ControlFlow;

use super::{Aspect, Maker};
use crate::model::{Answer, AnswerFormat, Body, essence};
use crate::strength::operator::Operator;
use crate::wire::{labels, read_answer};

const CONTENT_TYPE: &str = "content-type";

/// Fields by which HTTP carries an answer (RFC 9110, sections 6.6 and 7; RFC 9112): no API promises them, and none of
/// them says anything of what was asked.
const OF_HTTP: [&str; 10] = [
    "age",
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "trailer",
    "transfer-encoding",
    "via",
];

/// Media types that answers are labelled with in place of their own.
const MEDIA_TYPES: [&str; 5] = ["application/json", "application/xml", "text/xml", "text/plain", "text/html"];

/// Charsets that answers are labelled with in place of their own.
const CHARSETS: [&str; 2] = ["iso-8859-1", "utf-16"];

pub(super) fn mutants(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    // A server need not say what it would have sent (RFC 9110, section 9.3.2).
    let has_label = maker.material.exchange.request.method.as_str() != "HEAD";
    if has_label {
        content_type(maker)?;
    }
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in &maker.answer().headers {
        let is_left_alone = OF_HTTP.contains(&name.as_str()) || (name == CONTENT_TYPE && !has_label);
        if !is_left_alone && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    for name in names {
        field(maker, name)?;
    }
    ControlFlow::Continue(())
}

fn content_type(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    let answer = maker.answer();
    let Some(own) = answer.header(CONTENT_TYPE) else { return ControlFlow::Continue(()) };
    let (media_type, parameters) =
        own.split_once(';').map_or((own, ""), |(media_type, rest)| (media_type, rest));
    let with_parameters = |media_type: &str| match parameters {
        "" => media_type.to_owned(),
        _ => format!("{media_type};{parameters}"),
    };
    for other in MEDIA_TYPES.into_iter().filter(|other| *other != essence(own)) {
        relabel(maker, Operator::MediaTypeChanged, &with_parameters(other))?;
    }
    relabel(maker, Operator::MediaTypeDropped, &with_parameters(""))?;
    let (charset, _) = labels(&answer.bytes, own);
    let is_named = |other: &str| charset.is_some_and(|charset| charset.eq_ignore_ascii_case(other));
    for other in CHARSETS.into_iter().filter(|other| !is_named(other)) {
        relabel(maker, Operator::CharsetChanged, &format!("{media_type};charset={other}"))?;
    }
    if charset.is_some() && has_charset(maker) {
        relabel(maker, Operator::CharsetDropped, media_type)?;
    }
    ControlFlow::Continue(())
}

/// Whether the charset of the answer's format means something: of JSON only where it is promised, since no charset is
/// defined for it (RFC 8259, section 11).
fn has_charset(maker: &Maker<'_, '_>) -> bool {
    let promised = maker.material.contract.envelope.charset.as_ref();
    match maker.answer().body {
        Body::Json(_) => promised.is_some_and(|charset| charset.of(AnswerFormat::Json).is_some()),
        Body::Empty => false,
        Body::Xml { .. } | Body::Other { .. } | Body::Unreadable { .. } => true,
    }
}

/// The answer with another content type, by which its bytes are read again.
fn relabel(maker: &mut Maker<'_, '_>, operator: Operator, content_type: &str) -> ControlFlow<()> {
    let mut answer = with_field(maker.answer(), CONTENT_TYPE, Some(content_type));
    read_again(&mut answer);
    maker.give(operator, ("header content-type", content_type), Aspect::Form, answer)
}

pub(super) fn read_again(answer: &mut Answer) {
    answer.body = read_answer(&answer.bytes, answer.header(CONTENT_TYPE), &answer.flaws);
}

/// The answer with one line of a field, or without any.
pub(super) fn with_field(answer: &Answer, name: &str, value: Option<&str>) -> Answer {
    let mut answer = answer.clone();
    let at = answer.headers.iter().position(|(known, _)| known == name);
    answer.headers.retain(|(known, _)| known != name);
    if let Some(value) = value {
        let at = at.unwrap_or(answer.headers.len());
        answer.headers.insert(at, (name.to_owned(), value.to_owned()));
    }
    answer
}

fn field(maker: &mut Maker<'_, '_>, name: &str) -> ControlFlow<()> {
    let is_label = name == CONTENT_TYPE;
    let aspect = || if is_label { Aspect::Form } else { Aspect::Header(name.to_owned()) };
    let place = format!("header {name}");
    let mut dropped = with_field(maker.answer(), name, None);
    if is_label {
        read_again(&mut dropped);
    }
    maker.give(Operator::HeaderDropped, (place.as_str(), "not there"), aspect(), dropped)?;
    let own = maker.answer().header(name).unwrap_or_default().to_owned();
    let mut doubled = maker.answer().clone();
    doubled.headers.push((name.to_owned(), own.clone()));
    maker.give(Operator::HeaderDoubled, (place.as_str(), "there twice"), aspect(), doubled)?;
    if is_label {
        return ControlFlow::Continue(());
    }
    for (value, change) in [(format!("{own}/1"), "one more segment"), (String::new(), "empty")] {
        let changed = with_field(maker.answer(), name, Some(&value));
        maker.give(Operator::HeaderChanged, (place.as_str(), change), aspect(), changed)?;
    }
    ControlFlow::Continue(())
}
