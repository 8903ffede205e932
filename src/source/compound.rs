//! Forms that are made of others: a value with its place, lists, tables of any keys, and one of two forms.

use serde_json::{Value as Json, json};

use super::document::{KeyValue, Node, NodeKind};
use super::form::{Definitions, ValueForm};
use crate::model::{Problem, Value};

/// A value together with its place.
#[derive(Debug)]
pub(super) struct At<'a, T> {
    pub(super) node: &'a Node,
    pub(super) value: T,
}

impl<'a, T: ValueForm<'a>> ValueForm<'a> for At<'a, T> {
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
impl<'a, T: ValueForm<'a>> ValueForm<'a> for Vec<T> {
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

impl<'a, T: ValueForm<'a>> ValueForm<'a> for Entries<'a, T> {
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

impl<'a, One: ValueForm<'a>, Other: ValueForm<'a>> ValueForm<'a> for Or<One, Other> {
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

impl<'a, T: ValueForm<'a>> ValueForm<'a> for OneOrMore<T> {
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
