//! Puts lists in order whose order says nothing, by texts that do not depend on volatile values.
//!
//! A value that has its number already is shown by it; any other by its name, and inside one item by which of them are
//! equal. So the order follows from what stays the same from run to run.

use std::collections::BTreeMap;

use super::finder::Finder;
use super::marked::{MarkedNode, places_in};
use super::names::{Known, VolatileNames, bare, write_numbered};
use super::tree::write_tree;
use crate::check::TreePlaces;
use crate::model::{OrderRule, Value};

/// What is known of volatile values while lists are put in order.
pub(super) struct Settling<'a> {
    /// Those that have their numbers.
    pub(super) settled: &'a VolatileNames,
    /// All of the transcript.
    pub(super) all: &'a Finder<'a>,
    /// Whether the lists are those of an XML document.
    pub(super) is_xml: bool,
}

/// Puts the lists in order that these rules name, inner ones first.
pub(super) fn put_in_order(
    node: &mut MarkedNode<'_>,
    tree: &Value,
    rules: &[OrderRule],
    known: &Settling<'_>,
) {
    let found: Vec<(TreePlaces, Option<&str>)> =
        rules.iter().map(|rule| (places_in(tree, known.is_xml, &rule.at), rule.by.as_deref())).collect();
    let here: Vec<(&TreePlaces, Option<&str>)> = found.iter().map(|(places, by)| (places, *by)).collect();
    order(node, &here, known);
}

fn order(node: &mut MarkedNode<'_>, here: &[(&TreePlaces, Option<&str>)], known: &Settling<'_>) {
    // An element of XML that a path takes as a list of one.
    if !matches!(node, MarkedNode::List(_)) {
        let below: Vec<_> = here.iter().filter_map(|(places, by)| Some((places.at(0)?, *by))).collect();
        if !below.is_empty() {
            order(node, &below, known);
        }
    }
    match node {
        MarkedNode::Map(entries) => {
            for (key, item) in entries {
                let below: Vec<_> =
                    here.iter().filter_map(|(places, by)| Some((places.below(key)?, *by))).collect();
                if !below.is_empty() {
                    order(item, &below, known);
                }
            }
        }
        MarkedNode::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let below: Vec<_> =
                    here.iter().filter_map(|(places, by)| Some((places.at(index)?, *by))).collect();
                if !below.is_empty() {
                    order(item, &below, known);
                }
            }
            if let Some((_, by)) = here.iter().find(|(places, _)| places.is_here) {
                items.sort_by_cached_key(|item| key(item, *by, known));
            }
        }
        MarkedNode::Fixed(_) | MarkedNode::Number(_) | MarkedNode::Text(_) => {}
    }
}

/// What an item is put in order by: the part that a rule names, then everything.
fn key(item: &MarkedNode<'_>, by: Option<&str>, known: &Settling<'_>) -> (String, String, String) {
    let mut first = String::new();
    if let Some(path) = by {
        let mut part = item.clone();
        part.visit(&places_in(&item.to_value(), known.is_xml, path), &mut |node| {
            write_tree(&mut first, node, known.all, &mut |value: Known<'_>, text: &mut String| {
                label(value, known.settled, text);
            });
        });
    }
    let (mut by_name, mut by_equality) = (String::new(), String::new());
    write_tree(&mut by_name, item, known.all, &mut |value: Known<'_>, text: &mut String| {
        label(value, known.settled, text);
    });
    let mut seen = ItemValues::new();
    write_tree(&mut by_equality, item, known.all, &mut |value: Known<'_>, text: &mut String| match known
        .settled
        .of(value.value)
    {
        Some(settled) => write_numbered(settled, text),
        None => text.push_str(&local(value, &mut seen)),
    });
    (first, by_name, by_equality)
}

fn label(value: Known<'_>, settled: &VolatileNames, text: &mut String) {
    match settled.of(value.value) {
        Some(settled) => write_numbered(settled, text),
        None => bare(value, text),
    }
}

/// The values of each name that one item has, and their numbers in it.
type ItemValues = BTreeMap<String, BTreeMap<String, usize>>;

/// A name that is numbered within one item.
fn local(known: Known<'_>, seen: &mut ItemValues) -> String {
    let values = seen.entry(known.name.to_owned()).or_default();
    let next = values.len();
    let place = values.entry(known.value.to_owned()).or_insert(next);
    format!("[{}:?{place}]", known.name)
}
