//! Codes and messages of other rows, messages with blanks, and ids of other answers.

use std::ops::ControlFlow;

use super::header::with_field;
use super::tree::{id_paths, put};
use super::{Aspect, Maker};
use crate::check::select_in;
use crate::model::{Answer, BLANK, ErrorRow, MessageTemplate, Value};
use crate::strength::operator::Operator;

/// The most other rows whose code or message an answer gets.
const MOST_ROWS: usize = 8;

/// What fills a blank of another row's message.
const FILLING: &str = "x";

pub(super) fn mutants(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    rows(maker)?;
    ids(maker)
}

fn rows(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    let contract = maker.material.contract;
    let (answer, envelope) = (maker.answer(), &contract.envelope);
    let at = |path: Option<&String>| select_in(contract, answer, path?).ok();
    let Some(code) = at(envelope.code.as_ref()) else { return ControlFlow::Continue(()) };
    let message = at(envelope.message.as_ref());
    let all: Vec<&ErrorRow> = contract.rows.iter().chain(&contract.shared_rows).collect();
    let is_own = |row: &&ErrorRow| code.as_code() == Some(row.code.as_str());
    let own = all.iter().position(is_own).unwrap_or_default();
    // Those behind the answer's own come first, so that every row has its turn.
    let (before, behind) = all.split_at(own.min(all.len()));
    let others: Vec<&ErrorRow> = behind.iter().chain(before).copied().collect();
    codes(maker, &code, &others)?;
    messages(maker, message.as_ref().and_then(Value::as_text), &others)?;
    let text = message.as_ref().and_then(Value::as_text).unwrap_or_default();
    let is_instance = |row: &&&ErrorRow| {
        let template = row.message.as_ref().filter(|message| message.has_blanks());
        is_own(row) && template.is_some_and(|template| template.mismatch(text).is_none())
    };
    let template = others.iter().find(is_instance).and_then(|row| row.message.as_ref());
    template.map_or(ControlFlow::Continue(()), |template| blanks(maker, template))
}

fn codes(maker: &mut Maker<'_, '_>, own: &Value, rows: &[&ErrorRow]) -> ControlFlow<()> {
    let mut seen: Vec<&str> = own.as_code().into_iter().collect();
    for row in rows {
        if seen.len() > MOST_ROWS || seen.contains(&row.code.as_str()) {
            continue;
        }
        seen.push(&row.code);
        let value = if row.is_numeric { Value::Number(row.code.clone()) } else { Value::text(&*row.code) };
        let path = maker.material.contract.envelope.code.as_ref();
        give(maker, Operator::CodeOfAnotherRow, path, &value, Aspect::Code)?;
    }
    ControlFlow::Continue(())
}

fn messages(maker: &mut Maker<'_, '_>, own: Option<&str>, rows: &[&ErrorRow]) -> ControlFlow<()> {
    let mut seen: Vec<String> = own.map(str::to_owned).into_iter().collect();
    for row in rows {
        let Some(template) = &row.message else { continue };
        let text = template.as_str().replace(BLANK, FILLING);
        if seen.len() > MOST_ROWS || seen.contains(&text) {
            continue;
        }
        let path = maker.material.contract.envelope.message.as_ref();
        give(maker, Operator::MessageOfAnotherRow, path, &Value::text(&*text), Aspect::Message)?;
        seen.push(text);
    }
    ControlFlow::Continue(())
}

fn blanks(maker: &mut Maker<'_, '_>, template: &MessageTemplate) -> ControlFlow<()> {
    let path = maker.material.contract.envelope.message.as_ref();
    let unfilled = Value::text(template.as_str());
    give(maker, Operator::MessageUnfilled, path, &unfilled, Aspect::Message)?;
    for filling in ["", " "] {
        let blank = Value::text(template.as_str().replace(BLANK, filling));
        give(maker, Operator::MessageBlank, path, &blank, Aspect::Message)?;
    }
    ControlFlow::Continue(())
}

fn give(
    maker: &mut Maker<'_, '_>,
    operator: Operator,
    path: Option<&String>,
    value: &Value,
    aspect: Aspect,
) -> ControlFlow<()> {
    let tree = maker.answer().tree();
    let Some((path, tree)) = path.zip(tree) else { return ControlFlow::Continue(()) };
    let Some(changed) = put(tree, path, value) else { return ControlFlow::Continue(()) };
    let answer = maker.with_tree(changed);
    maker.give(operator, (path.as_str(), value.to_string()), aspect, answer)
}

/// Ids that another answer had. A header field that repeats one repeats the other's.
fn ids(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    let material = maker.material;
    for earlier in material.earlier.into_iter().flatten() {
        for path in id_paths(material.contract) {
            id(maker, path, earlier)?;
        }
    }
    ControlFlow::Continue(())
}

fn id(maker: &mut Maker<'_, '_>, path: &str, earlier: &Answer) -> ControlFlow<()> {
    let (contract, answer) = (maker.material.contract, maker.answer());
    let other = select_in(contract, earlier, path).ok();
    let other = other.filter(|other| !matches!(other, Value::List(_) | Value::Map(_)));
    let changed = answer.tree().zip(other.as_ref()).and_then(|(tree, other)| put(tree, path, other));
    let (Some(other), Some(changed)) = (other, changed) else { return ControlFlow::Continue(()) };
    let mut mutant = maker.with_tree(changed);
    let rule = contract.envelope.request_id.as_ref().filter(|rule| rule.body == path);
    if let Some(header) = rule.and_then(|rule| rule.header.as_ref())
        && answer.header(&header.name).is_some()
    {
        mutant = with_field(&mutant, &header.name, other.as_code());
    }
    let keys = path.trim_start_matches("$.").split('.').map(str::to_owned).collect();
    let change = "that of another answer";
    maker.give(Operator::ValueRepeated, (path, change), Aspect::Field(keys), mutant)
}
