//! Forms: how a value of a file is written, stated once for each type into which it is read. Main trait: [`Form`].
//!
//! From one description come the value, every problem of it at its place, and the JSON Schema that an editor uses, so
//! that none of them can differ from the others. A value that is wrong is reported where it is read, and is nothing
//! from there on: what else is said about a place depends on whether it is sound. Tables are in [`super::record`].

use serde_json::{Map, Value as Json, json};

use super::document::{KeyValue, Node, NodeKind};
use super::near::nearest;
use crate::model::{Problem, Value};

/// The definitions of a JSON Schema, by name.
pub(super) type Definitions = Map<String, Json>;

/// A type into which a value of a file is read.
pub(super) trait Form<'a>: Sized {
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
impl<'a> Form<'a> for &'a Node {
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

impl<'a> Form<'a> for String {
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

impl<'a> Form<'a> for bool {
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

impl<'a> Form<'a> for Number {
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
fn whole_digits(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Scalar(value @ Value::Number(digits)) if value.type_name() == "integer" => Some(digits),
        NodeKind::Scalar(_) | NodeKind::List(_) | NodeKind::Table(_) => None,
    }
}

/// Whole numbers of the types that the model has.
macro_rules! whole_numbers {
    ($($number:ty),+) => {
        $(impl<'a> Form<'a> for $number {
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

/// A type whose values are words.
pub(super) trait Words: Sized {
    /// The words.
    const WORDS: &'static [&'static str];

    /// The name of its definition in a schema.
    const NAME: Option<&'static str> = None;

    /// What a word means.
    fn of_word(word: &str) -> Option<Self>;
}

impl<'a, T: Words> Form<'a> for T {
    fn describe() -> String {
        format!("one of {}", T::WORDS.join(", "))
    }

    fn fits(node: &Node) -> bool {
        node.as_text().is_some()
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        let word = node.as_text()?;
        let found = if T::WORDS.contains(&word) { T::of_word(word) } else { None };
        if found.is_none() {
            let message = format!("`{word}` is not one of {}", T::WORDS.join(", "));
            let problem = Problem::new(node.spot.clone(), message);
            problems.push(match nearest(word, T::WORDS) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
        found
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let words = json!({ "enum": T::WORDS });
        match T::NAME {
            Some(name) => named_schema(name, definitions, |_| words),
            None => words,
        }
    }
}

/// Enums of the model, by all of their words, each with the name of its definition if it has one.
macro_rules! words_of {
    ($($words:ty $(= $name:literal)?),+ $(,)?) => {
        $(impl $crate::source::form::Words for $words {
            const WORDS: &'static [&'static str] = <$words>::WORDS;
            $(const NAME: Option<&'static str> = Some($name);)?

            fn of_word(word: &str) -> Option<Self> {
                <$words>::of_word(word)
            }
        })+
    };
}

pub(super) use words_of;

/// A value together with its place.
#[derive(Debug)]
pub(super) struct At<'a, T> {
    pub(super) node: &'a Node,
    pub(super) value: T,
}

impl<'a, T: Form<'a>> Form<'a> for At<'a, T> {
    fn describe() -> String {
        T::describe()
    }

    fn fits(node: &Node) -> bool {
        T::fits(node)
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        T::read_fitting(node, problems).map(|value| Self { node, value })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        T::schema(definitions)
    }

    fn options(definitions: &mut Definitions) -> Vec<Json> {
        T::options(definitions)
    }
}

/// A list, without the items that are wrong.
impl<'a, T: Form<'a>> Form<'a> for Vec<T> {
    fn describe() -> String {
        "a list".into()
    }

    fn fits(node: &Node) -> bool {
        matches!(node.kind, NodeKind::List(_))
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        Some(node.items().iter().filter_map(|item| T::read(item, problems)).collect())
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "type": "array", "items": T::schema(definitions) })
    }
}

/// A table of any keys, without those whose value is wrong.
#[derive(Debug)]
pub(super) struct Entries<'a, T> {
    pub(super) entries: Vec<Entry<'a, T>>,
}

/// One key of such a table.
#[derive(Debug)]
pub(super) struct Entry<'a, T> {
    pub(super) written: &'a KeyValue,
    pub(super) value: T,
}

impl<'a, T: Form<'a>> Form<'a> for Entries<'a, T> {
    fn describe() -> String {
        "a table".into()
    }

    fn fits(node: &Node) -> bool {
        matches!(node.kind, NodeKind::Table(_))
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        let read =
            |written: &'a KeyValue| T::read(&written.node, problems).map(|value| Entry { written, value });
        Some(Self { entries: node.entries().iter().filter_map(read).collect() })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "type": "object", "additionalProperties": T::schema(definitions) })
    }
}

/// Values by name.
pub(super) type Values<'a> = Entries<'a, &'a Node>;

/// Texts by name.
pub(super) type Texts<'a> = Entries<'a, String>;

impl Values<'_> {
    pub(super) fn to_pairs(&self) -> Vec<(String, Value)> {
        let pair = |entry: &Entry<'_, &Node>| (entry.written.key.clone(), entry.value.to_value());
        self.entries.iter().map(pair).collect()
    }
}

impl Texts<'_> {
    pub(super) fn to_pairs(&self) -> Vec<(String, String)> {
        self.entries.iter().map(|entry| (entry.written.key.clone(), entry.value.clone())).collect()
    }
}

/// One of two forms, by the kind of the value.
#[derive(Debug)]
pub(super) enum Or<One, Other> {
    One(One),
    Other(Other),
}

impl<'a, One: Form<'a>, Other: Form<'a>> Form<'a> for Or<One, Other> {
    fn describe() -> String {
        format!("{} or {}", One::describe(), Other::describe())
    }

    fn fits(node: &Node) -> bool {
        One::fits(node) || Other::fits(node)
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        if One::fits(node) {
            return One::read_fitting(node, problems).map(Self::One);
        }
        Other::read_fitting(node, problems).map(Self::Other)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": Self::options(definitions) })
    }

    fn options(definitions: &mut Definitions) -> Vec<Json> {
        let mut options = One::options(definitions);
        options.extend(Other::options(definitions));
        options
    }
}

/// One value, or a list of several.
#[derive(Debug)]
pub(super) struct OneOrMore<T> {
    pub(super) items: Vec<T>,
}

impl<'a, T: Form<'a>> Form<'a> for OneOrMore<T> {
    fn describe() -> String {
        format!("{} or a list", T::describe())
    }

    fn fits(node: &Node) -> bool {
        T::fits(node) || <Vec<T>>::fits(node)
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        if T::fits(node) {
            return T::read_fitting(node, problems).map(|item| Self { items: vec![item] });
        }
        <Vec<T>>::read_fitting(node, problems).map(|items| Self { items })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": Self::options(definitions) })
    }

    fn options(definitions: &mut Definitions) -> Vec<Json> {
        let mut options = T::options(definitions);
        options.push(<Vec<T>>::schema(definitions));
        options
    }
}

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
