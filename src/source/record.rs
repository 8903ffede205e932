//! Tables with known keys. From one list come the fields of a record, the keys that a file may have, what is said about
//! them, and the JSON Schema. Main macro: [`record`].
//!
//! A key that nothing reads is a field that is never read, which the compiler reports.

use serde_json::{Map, Value as Json, json};

use super::compound::{Entries, Entry};
use super::document::{Node, NodeKind};
use super::form::{Definitions, ValueForm};
use crate::model::{Problem, Spot, nearest};

/// Where a record is written, and whether nothing was found wrong in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) node: &'a Node,
    pub(super) is_sound: bool,
}

impl Place<'_> {
    pub(super) fn spot(&self) -> Spot {
        self.node.spot.clone()
    }

    /// A problem with the record as a whole.
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.spot(), message)
    }
}

/// A key that may be left out.
#[derive(Debug)]
pub(super) struct Key<'a, T> {
    /// The value as it is written; nothing if the key is not there.
    pub(super) node: Option<&'a Node>,
    /// The value; nothing if the key is not there, or if what is there is wrong, which is reported.
    pub(super) value: Option<T>,
    /// Whether nothing was found wrong in it.
    pub(super) is_sound: bool,
}

/// A key that must be there.
#[derive(Debug)]
pub(super) struct Needed<'a, T> {
    /// The value as it is written; nothing if the key is not there, which is reported.
    pub(super) node: Option<&'a Node>,
    /// The value; nothing if it is wrong or not there, which is reported.
    pub(super) value: Option<T>,
    /// Whether it is there, and nothing was found wrong in it.
    pub(super) is_sound: bool,
}

impl<'a, T: ValueForm<'a>> Key<'a, T> {
    pub(super) const IS_NEEDED: bool = false;

    pub(super) fn read(table: &'a Node, key: &str, _about: &str, problems: &mut Vec<Problem>) -> Self {
        let (known, node) = (problems.len(), table.get(key));
        let value = node.and_then(|node| T::read(node, problems));
        Self { node, value, is_sound: problems.len() == known }
    }
}

impl<'a, T: ValueForm<'a>> Needed<'a, T> {
    pub(super) const IS_NEEDED: bool = true;

    pub(super) fn read(table: &'a Node, key: &str, about: &str, problems: &mut Vec<Problem>) -> Self {
        let Key { node, value, mut is_sound } = Key::read(table, key, about, problems);
        if node.is_none() {
            let missing = Problem::new(table.spot.clone(), format!("the key `{key}` is missing"));
            problems.push(missing.hint(about));
            is_sound = false;
        }
        Self { node, value, is_sound }
    }
}

impl<'a, T> Key<'a, T> {
    /// The value as it is written, unless something is wrong with it.
    pub(super) fn sound_node(&self) -> Option<&'a Node> {
        self.node.filter(|_| self.is_sound)
    }

    /// Where it is, or else where the record is.
    pub(super) fn spot(&self, record: &Place<'_>) -> Spot {
        self.node.unwrap_or(record.node).spot.clone()
    }
}

impl<'a, T> Needed<'a, T> {
    /// The value as it is written, unless something is wrong with it.
    pub(super) fn sound_node(&self) -> Option<&'a Node> {
        self.node.filter(|_| self.is_sound)
    }

    /// Where it is, or else where the record is.
    pub(super) fn spot(&self, record: &Place<'_>) -> Spot {
        self.node.unwrap_or(record.node).spot.clone()
    }
}

impl<T: Clone + Default> Needed<'_, T> {
    /// The value. Where it is wrong or not there, an empty one: since that is reported, nothing is run with it.
    pub(super) fn or_reported(&self) -> T {
        self.value.clone().unwrap_or_default()
    }
}

impl<T> Key<'_, Vec<T>> {
    /// The items of a list; none if it is left out.
    pub(super) fn items(&self) -> &[T] {
        self.value.as_deref().unwrap_or_default()
    }
}

impl<T> Needed<'_, Vec<T>> {
    /// The items of a list; none if it is wrong or not there.
    pub(super) fn items(&self) -> &[T] {
        self.value.as_deref().unwrap_or_default()
    }
}

impl<T> Key<'_, Entries<'_, T>> {
    /// The entries of a table; none if it is left out.
    pub(super) fn entries(&self) -> &[Entry<'_, T>] {
        self.value.as_ref().map(|table| table.entries.as_slice()).unwrap_or_default()
    }
}

impl<'a, T> Key<'a, Entries<'a, T>> {
    /// The keys as they are written, those of wrong values too; nothing if it is not a table.
    pub(super) fn names(&self) -> Option<Vec<&'a str>> {
        match self.node {
            Some(node) if !is_table(node) => None,
            Some(node) => Some(node.entries().iter().map(|entry| entry.key.as_str()).collect()),
            None => Some(Vec::new()),
        }
    }
}

/// Tables with known keys, each with the name of its definition in a schema. `closed` ones have no other keys.
///
/// A key is `Key` or `Needed`, has a form, the name that it has in the file, and what an editor and the message about a
/// missing key say about it.
macro_rules! record {
    (@is_open open) => { true };
    (@is_open closed) => { false };
    ($(
        $(#[$meta:meta])*
        $open:ident $name:literal $record:ident {
            $($(#[$field_meta:meta])* $field:ident: $need:ident $form:ty = $key:literal, $about:expr;)+
        }
    )+) => {
        $(
            $(#[$meta])*
            #[derive(Debug)]
            pub(in crate::source) struct $record<'a> {
                #[allow(dead_code, reason = "each record has it")]
                pub(in crate::source) place: $crate::source::record::Place<'a>,
                $($(#[$field_meta])* pub(in crate::source) $field: $crate::source::record::$need<'a, $form>,)+
            }

            #[allow(dead_code, reason = "each record has them")]
            impl $record<'_> {
                /// The keys that are known.
                pub(in crate::source) const KEYS: &'static [&'static str] = &[$($key),+];
            }

            impl<'a> $crate::source::form::ValueForm<'a> for $record<'a> {
                fn describe() -> String {
                    "a table".into()
                }

                fn fits(node: &$crate::source::document::Node) -> bool {
                    $crate::source::record::is_table(node)
                }

                fn read_fitting(
                    node: &'a $crate::source::document::Node,
                    problems: &mut Vec<$crate::model::Problem>,
                ) -> Option<Self> {
                    let known = problems.len();
                    if !$crate::source::record::record!(@is_open $open) {
                        $crate::source::record::check_keys(node, Self::KEYS, problems);
                    }
                    $(let $field = $crate::source::record::$need::read(node, $key, $about, problems);)+
                    let is_sound = problems.len() == known;
                    Some(Self { place: $crate::source::record::Place { node, is_sound }, $($field),+ })
                }

                fn schema(definitions: &mut $crate::source::form::Definitions) -> serde_json::Value {
                    $crate::source::form::named_schema($name, definitions, |definitions| {
                        let keys = [$($crate::source::record::KeySchema {
                            name: $key,
                            about: $about,
                            is_needed: $crate::source::record::$need::<'a, $form>::IS_NEEDED,
                            schema: <$form as $crate::source::form::ValueForm<'a>>::schema,
                        }),+];
                        let is_open = $crate::source::record::record!(@is_open $open);
                        $crate::source::record::object_schema(&keys, is_open, definitions)
                    })
                }
            }
        )+
    };
}

pub(super) use record;

pub(super) fn is_table(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Table(_))
}

/// Reports every key that is not known.
pub(super) fn check_keys(node: &Node, known: &[&str], problems: &mut Vec<Problem>) {
    for entry in node.entries().iter().filter(|entry| !known.contains(&entry.key.as_str())) {
        let problem = Problem::new(entry.key_spot.clone(), format!("unknown key `{}`", entry.key));
        problems.push(problem.hint(match nearest(&entry.key, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys here are {}", known.join(", ")),
        }));
    }
}

/// What a schema says about a key.
pub(super) struct KeySchema {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) is_needed: bool,
    pub(super) schema: fn(&mut Definitions) -> Json,
}

pub(super) fn object_schema(keys: &[KeySchema], is_open: bool, definitions: &mut Definitions) -> Json {
    let mut properties = Map::new();
    for key in keys {
        let mut schema = (key.schema)(definitions);
        if let Json::Object(fields) = &mut schema {
            fields.insert("description".into(), json!(key.about));
        }
        properties.insert(key.name.into(), schema);
    }
    let needed: Vec<&str> = keys.iter().filter(|key| key.is_needed).map(|key| key.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": is_open,
    })
}

/// The JSON Schema (2020-12) of a file, for editors.
pub(super) fn file_schema<'a, T: ValueForm<'a>>(title: &str) -> Json {
    let mut definitions = Definitions::new();
    let reference = T::schema(&mut definitions);
    // The file itself is not among the definitions: nothing in it is a whole file.
    let name = reference["$ref"].as_str().and_then(|place| place.rsplit('/').next()).unwrap_or_default();
    let body = definitions.shift_remove(name).unwrap_or_default();
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("$id".into(), json!(format!("urn:proofmark:schema:{title}")));
    schema.insert("title".into(), json!(format!("proofmark {title} file")));
    schema.extend(body.as_object().cloned().unwrap_or_default());
    schema.insert("$defs".into(), Json::Object(definitions));
    Json::Object(schema)
}
