//! Shapes: what keys a file may have and of what type, stated once.
//!
//! From one [`Shape`] come the check of a file, with every problem at its place, and the JSON Schema
//! that an editor uses. So the two cannot drift apart.

use serde_json::{Map, Value as Json, json};

use super::document::{Node, NodeKind};
use super::near::nearest;
use crate::model::{Problem, Value};

/// The form of a value in a file.
#[derive(Debug)]
pub(super) enum Shape {
    Text,
    Integer,
    /// Any number.
    Number,
    Boolean,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// Anything.
    Any,
    List(&'static Shape),
    /// A table of these keys and no others.
    Table(&'static [KeyShape]),
    /// A table of any keys.
    Map(&'static Shape),
    /// These keys, and any other.
    Open(&'static [KeyShape]),
    /// The first of these that has the value's type.
    Either(&'static [Shape]),
    /// A shape with a name, so that it can hold itself.
    Named(&'static str, &'static Shape),
}

/// A key of a table.
#[derive(Debug)]
pub(super) struct KeyShape {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) is_required: bool,
    pub(super) about: &'static str,
}

/// A key that may be left out.
pub(super) const fn key(name: &'static str, shape: Shape, about: &'static str) -> KeyShape {
    KeyShape { name, shape, is_required: false, about }
}

/// A key that must be there.
pub(super) const fn needed(name: &'static str, shape: Shape, about: &'static str) -> KeyShape {
    KeyShape { name, shape, is_required: true, about }
}

/// Checks a node against a shape; every problem joins `problems`.
pub(super) fn check(node: &Node, shape: &Shape, problems: &mut Vec<Problem>) {
    match (shape, &node.kind) {
        (Shape::Named(_, inner), _) => check(node, inner, problems),
        (Shape::Any, _)
        | (Shape::Number, NodeKind::Scalar(Value::Number(_)))
        | (Shape::Text, NodeKind::Scalar(Value::Text(_)))
        | (Shape::Boolean, NodeKind::Scalar(Value::Bool(_))) => {}
        (Shape::Integer, NodeKind::Scalar(Value::Number(digits))) if digits.parse::<i64>().is_ok() => {}
        (Shape::Choice(options), NodeKind::Scalar(Value::Text(text))) => {
            check_choice(node, text, options, problems);
        }
        (Shape::List(item), NodeKind::List(items)) => {
            for each in items {
                check(each, item, problems);
            }
        }
        (Shape::Map(value), NodeKind::Table(entries)) => {
            for entry in entries {
                check(&entry.node, value, problems);
            }
        }
        (Shape::Table(keys), NodeKind::Table(_)) => check_table(node, keys, false, problems),
        (Shape::Open(keys), NodeKind::Table(_)) => check_table(node, keys, true, problems),
        (Shape::Either(shapes), _) => match shapes.iter().find(|shape| has_type(node, shape)) {
            Some(shape) => check(node, shape, problems),
            None => problems.push(wrong_type(node, shape)),
        },
        (_, NodeKind::Scalar(_) | NodeKind::List(_) | NodeKind::Table(_)) => {
            problems.push(wrong_type(node, shape));
        }
    }
}

fn check_choice(node: &Node, text: &str, options: &[&str], problems: &mut Vec<Problem>) {
    if options.contains(&text) {
        return;
    }
    let problem = Problem::new(node.spot.clone(), format!("`{text}` is not one of {}", options.join(", ")));
    problems.push(match nearest(text, options) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    });
}

fn check_table(node: &Node, keys: &[KeyShape], is_open: bool, problems: &mut Vec<Problem>) {
    for entry in node.entries() {
        if let Some(key) = keys.iter().find(|key| key.name == entry.key) {
            check(&entry.node, &key.shape, problems);
        } else if !is_open {
            let problem = Problem::new(entry.key_spot.clone(), format!("unknown key `{}`", entry.key));
            let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
            problems.push(problem.hint(match nearest(&entry.key, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys here are {}", names.join(", ")),
            }));
        }
    }
    for key in keys.iter().filter(|key| key.is_required && node.get(key.name).is_none()) {
        problems.push(
            Problem::new(node.spot.clone(), format!("the key `{}` is missing", key.name)).hint(key.about),
        );
    }
}

fn has_type(node: &Node, shape: &Shape) -> bool {
    match (shape, &node.kind) {
        (Shape::Named(_, inner), _) => has_type(node, inner),
        (Shape::Either(shapes), _) => shapes.iter().any(|shape| has_type(node, shape)),
        (Shape::Any, _)
        | (Shape::Text | Shape::Choice(_), NodeKind::Scalar(Value::Text(_)))
        | (Shape::Integer | Shape::Number, NodeKind::Scalar(Value::Number(_)))
        | (Shape::Boolean, NodeKind::Scalar(Value::Bool(_)))
        | (Shape::List(_), NodeKind::List(_))
        | (Shape::Table(_) | Shape::Map(_) | Shape::Open(_), NodeKind::Table(_)) => true,
        (_, NodeKind::Scalar(_) | NodeKind::List(_) | NodeKind::Table(_)) => false,
    }
}

fn wrong_type(node: &Node, shape: &Shape) -> Problem {
    if let (Shape::Integer, NodeKind::Scalar(value @ Value::Number(_))) = (shape, &node.kind)
        && value.type_name() == "integer"
    {
        return Problem::new(node.spot.clone(), "the number does not fit in 64 bits");
    }
    let found = match &node.kind {
        NodeKind::Scalar(value) => value.type_name(),
        NodeKind::List(_) => "list",
        NodeKind::Table(_) => "table",
    };
    Problem::new(
        node.spot.clone(),
        format!(
            "expected {}, found {} {found}",
            describe(shape),
            if found == "integer" { "an" } else { "a" }
        ),
    )
}

fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Text => "a string".into(),
        Shape::Integer => "a whole number of at most 64 bits".into(),
        Shape::Number => "a number".into(),
        Shape::Boolean => "true or false".into(),
        Shape::Choice(options) => format!("one of {}", options.join(", ")),
        Shape::Any => "a value".into(),
        Shape::List(_) => "a list".into(),
        Shape::Table(_) | Shape::Map(_) | Shape::Open(_) => "a table".into(),
        Shape::Either(shapes) => shapes.iter().map(describe).collect::<Vec<_>>().join(" or "),
        Shape::Named(_, inner) => describe(inner),
    }
}

/// The JSON Schema (2020-12) of a shape, for editors.
pub(super) fn to_schema(id: &str, title: &str, shape: &Shape) -> Json {
    let mut definitions = Map::new();
    let Json::Object(body) = schema_of(shape, &mut definitions) else {
        return Json::Bool(true);
    };
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("$id".into(), json!(id));
    schema.insert("title".into(), json!(title));
    schema.extend(body);
    schema.insert("$defs".into(), Json::Object(definitions));
    Json::Object(schema)
}

fn schema_of(shape: &Shape, definitions: &mut Map<String, Json>) -> Json {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Choice(options) => json!({ "enum": options }),
        Shape::Any => json!({}),
        Shape::List(item) => json!({ "type": "array", "items": schema_of(item, definitions) }),
        Shape::Map(value) => {
            json!({ "type": "object", "additionalProperties": schema_of(value, definitions) })
        }
        Shape::Table(keys) => object_schema(keys, false, definitions),
        Shape::Open(keys) => object_schema(keys, true, definitions),
        Shape::Either(shapes) => {
            let options: Vec<Json> = shapes.iter().map(|shape| schema_of(shape, definitions)).collect();
            json!({ "anyOf": options })
        }
        Shape::Named(name, inner) => {
            if !definitions.contains_key(*name) {
                definitions.insert((*name).into(), Json::Null);
                let schema = schema_of(inner, definitions);
                definitions.insert((*name).into(), schema);
            }
            json!({ "$ref": format!("#/$defs/{name}") })
        }
    }
}

fn object_schema(keys: &[KeyShape], is_open: bool, definitions: &mut Map<String, Json>) -> Json {
    let mut properties = Map::new();
    for key in keys {
        let mut schema = schema_of(&key.shape, definitions);
        if let Json::Object(fields) = &mut schema {
            fields.insert("description".into(), json!(key.about));
        }
        properties.insert(key.name.into(), schema);
    }
    let required: Vec<&str> = keys.iter().filter(|key| key.is_required).map(|key| key.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": is_open,
    })
}
