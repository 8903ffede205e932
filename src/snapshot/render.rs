//! A transcript as the text of a snapshot.
//!
//! Requests are lines that start with `>`, answers with `<`, then the body. Control characters of an
//! answer are written as escapes, so that a snapshot can be printed.

use std::fmt::Write;

use similar::TextDiff;

use super::normalise::Names;
use crate::model::{Answer, Body, Exchange, Value};

/// How many bytes of a body that is no text are shown.
const SHOWN_BYTES: usize = 64;

/// The longest line of a difference that is shown, in characters.
const LONGEST_LINE: usize = 400;

/// The text of a transcript; `headers` are the header fields that it shows.
pub fn render(exchanges: &[Exchange], headers: &[String], names: &Names) -> String {
    let mut text = String::new();
    for exchange in exchanges {
        if !text.is_empty() {
            text.push('\n');
        }
        write_request(&mut text, exchange, names);
        write_answer(&mut text, &exchange.answer, headers, names);
    }
    text.truncate(text.trim_end().len());
    text
}

/// Writing to a String cannot fail, which is why results are dropped here.
fn line(text: &mut String, start: &str, content: &str) {
    let _ = writeln!(text, "{start} {}", escaped(content));
}

fn write_request(text: &mut String, exchange: &Exchange, names: &Names) {
    let request = &exchange.request;
    let path = request.target.split('?').next().unwrap_or_default();
    line(text, ">", &format!("{} {}", request.method, names.apply(path)));
    for (name, value) in &request.headers {
        line(text, ">", &format!("{name}: {}", names.apply(value)));
    }
    for (name, value) in &request.params {
        line(text, ">", &format!("{name} = {}", names.apply(value)));
    }
    if let crate::model::SentBody::Raw(body) = &request.body {
        line(text, ">", &names.apply(body));
    }
}

fn write_answer(text: &mut String, answer: &Answer, headers: &[String], names: &Names) {
    line(text, "<", &answer.status.to_string());
    for name in headers {
        let values = answer.headers.iter().filter(|(known, _)| known == name);
        for (name, value) in values {
            line(text, "<", &format!("{name}: {}", names.apply(value)));
        }
    }
    match &answer.body {
        Body::Empty => {}
        Body::Json(tree) => write_tree(text, &names.apply_tree(tree), 0),
        Body::Xml { root, tree } => {
            let _ = write!(text, "<{}> ", escaped(root));
            write_tree(text, &names.apply_tree(tree), 0);
        }
        Body::Unreadable { .. } => write_bytes(text, &answer.bytes, names),
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

/// Indented JSON that keeps order, doubled keys and digits.
fn write_tree(text: &mut String, tree: &Value, depth: usize) {
    let indent = "  ".repeat(depth + 1);
    match tree {
        Value::Map(entries) if !entries.is_empty() => {
            text.push_str("{\n");
            for (position, (key, item)) in entries.iter().enumerate() {
                let _ = write!(text, "{indent}{}: ", Value::text(key.as_str()));
                write_tree(text, item, depth + 1);
                text.push_str(if position + 1 < entries.len() { ",\n" } else { "\n" });
            }
            let _ = write!(text, "{}}}", "  ".repeat(depth));
        }
        Value::List(items) if !items.is_empty() => {
            text.push_str("[\n");
            for (position, item) in items.iter().enumerate() {
                text.push_str(&indent);
                write_tree(text, item, depth + 1);
                text.push_str(if position + 1 < items.len() { ",\n" } else { "\n" });
            }
            let _ = write!(text, "{}]", "  ".repeat(depth));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            let _ = write!(text, "{tree}");
        }
    }
}

fn write_bytes(text: &mut String, bytes: &[u8], names: &Names) {
    if let Ok(body) = std::str::from_utf8(bytes) {
        for each in body.lines() {
            line(text, "|", &names.apply(each));
        }
        return;
    }
    let shown: Vec<String> = bytes.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let rest = if bytes.len() > SHOWN_BYTES { " …" } else { "" };
    let _ = writeln!(text, "| {} bytes: {}{rest}", bytes.len(), shown.join(" "));
}

/// Control characters as Rust writes them.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { escaped.extend(letter.escape_default()) } else { escaped.push(letter) }
    }
    escaped
}

/// The lines that differ, old ones with `-` and new ones with `+`, each cut to a bearable length.
pub fn changes(old: &str, new: &str) -> (String, String) {
    let difference = TextDiff::from_lines(old, new);
    let pick = |wanted: similar::ChangeTag| {
        let lines = difference.iter_all_changes().filter(|change| change.tag() == wanted);
        let cut = |line: &str| line.trim_end().chars().take(LONGEST_LINE).collect::<String>();
        lines.map(|change| cut(change.value())).collect::<Vec<_>>().join("\n")
    };
    (pick(similar::ChangeTag::Delete), pick(similar::ChangeTag::Insert))
}
