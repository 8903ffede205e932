//! Forms: how a value of a file is written, stated once for each type into which it is read. Main trait: [`ValueForm`].
//!
//! From one description come the value, every problem of it at its place, and the JSON Schema that an editor uses, so
//! that none of them can differ from the others. A value that is wrong is reported where it is read, and is nothing
//! from there on: what else is said about a place depends on whether it is sound.
//!
//! Plain values are here, words in `word.rs`, what is made of other forms in `compound.rs`, and tables with known keys in
//! `record.rs`.

use serde_json::{Map, Value as Json, json};

use super::document::{Node, NodeKind};
use crate::model::{Problem, Value};

/// The definitions of a JSON Schema, by name.
pub(super) type Definitions = Map<String, Json>;

/// A type into which a value of a file is read.
pub(super) trait ValueForm<'a>: Sized {
    /// What a message calls it, such as "a string".
    fn describe() -> String;

    /// Whether a value is of its kind, whatever else is wrong with it.
    fn fits(node: &Node) -> bool;

    /// Reads a value of its kind; it is nothing only if a problem was reported.
    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self>;

    /// Its JSON Schema (2020-12).
    fn schema(definitions: &mut Definitions) -> Json;

    /// The schemas of its alternatives.
    fn options(definitions: &mut Definitions) -> Vec<Json> {
        vec![Self::schema(definitions)]
    }

    /// Reads a value; it is nothing only if a problem was reported.
    fn read(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        if Self::fits(node) {
            return Self::read_fitting(node, problems);
        }
        problems.push(wrong_kind(node, &Self::describe()));
        None
    }
}

fn wrong_kind(node: &Node, expected: &str) -> Problem {
    let found = match &node.kind {
        NodeKind::Scalar(value) => value.type_name(),
        NodeKind::List(_) => "list",
        NodeKind::Table(_) => "table",
    };
    let article = if found == "integer" { "an" } else { "a" };
    Problem::new(node.spot.clone(), format!("expected {expected}, found {article} {found}"))
}

/// Any value.
impl<'a> ValueForm<'a> for &'a Node {
    fn describe() -> String {
        "a value".into()
    }

    fn fits(_: &Node) -> bool {
        true
    }

    fn read_fitting(node: &'a Node, _: &mut Vec<Problem>) -> Option<Self> {
        Some(node)
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({})
    }
}

impl<'a> ValueForm<'a> for String {
    fn describe() -> String {
        "a string".into()
    }

    fn fits(node: &Node) -> bool {
        node.as_text().is_some()
    }

    fn read_fitting(node: &'a Node, _: &mut Vec<Problem>) -> Option<Self> {
        node.as_text().map(str::to_owned)
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "string" })
    }
}

impl<'a> ValueForm<'a> for bool {
    fn describe() -> String {
        "true or false".into()
    }

    fn fits(node: &Node) -> bool {
        matches!(node.kind, NodeKind::Scalar(Value::Bool(_)))
    }

    fn read_fitting(node: &'a Node, _: &mut Vec<Problem>) -> Option<Self> {
        matches!(node.kind, NodeKind::Scalar(Value::Bool(true))).into()
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "boolean" })
    }
}

/// A number with whatever digits.
#[derive(Debug)]
pub(super) struct Number;

impl<'a> ValueForm<'a> for Number {
    fn describe() -> String {
        "a number".into()
    }

    fn fits(node: &Node) -> bool {
        matches!(node.kind, NodeKind::Scalar(Value::Number(_)))
    }

    fn read_fitting(_: &'a Node, _: &mut Vec<Problem>) -> Option<Self> {
        Some(Self)
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "number" })
    }
}

/// The digits of a whole number.
pub(super) fn whole_digits(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Scalar(value @ Value::Number(digits)) if value.type_name() == "integer" => Some(digits),
        NodeKind::Scalar(_) | NodeKind::List(_) | NodeKind::Table(_) => None,
    }
}

/// Whole numbers of the types that the model has.
macro_rules! whole_numbers {
    ($($number:ty),+) => {
        $(impl<'a> ValueForm<'a> for $number {
            fn describe() -> String {
                "a whole number of at most 64 bits".into()
            }

            fn fits(node: &Node) -> bool {
                whole_digits(node).is_some()
            }

            fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
                let digits = whole_digits(node)?;
                let number = digits.parse().ok();
                if number.is_none() {
                    let message = match digits.parse::<i64>() {
                        Err(_) => "the number does not fit in 64 bits".to_owned(),
                        Ok(_) => format!("expected a number from {} to {}", Self::MIN, Self::MAX),
                    };
                    problems.push(Problem::new(node.spot.clone(), message));
                }
                number
            }

            fn schema(_: &mut Definitions) -> Json {
                if Self::MIN == 0 { json!({ "type": "integer", "minimum": 0 }) } else { json!({ "type": "integer" }) }
            }
        })+
    };
}

whole_numbers!(u32, usize, i64);

/// A reference to a definition, which is made the first time.
pub(super) fn named_schema(
    name: &str,
    definitions: &mut Definitions,
    make: impl FnOnce(&mut Definitions) -> Json,
) -> Json {
    if !definitions.contains_key(name) {
        // It may hold itself.
        definitions.insert(name.into(), Json::Null);
        let schema = make(definitions);
        definitions.insert(name.into(), schema);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}
