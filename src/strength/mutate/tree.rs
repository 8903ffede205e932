//! Every field of a body, at any depth: of a list the first item and the last.

use std::ops::ControlFlow;

use super::value::{MutantValue, changes};
use super::{Aspect, Maker};
use crate::check::{TreePlaces, places};
use crate::model::{AnswerPlace, Body, Contract, OrderRule, Value, ValueKind};
use crate::strength::operator::Operator;

/// The most places of an answer that are changed: an answer may hold very many.
pub(super) const MOST_PLACES: usize = 200;

/// A step from a value to one inside of it, by position.
type ChildIndex = usize;

/// A value in a tree.
#[derive(Debug, Clone)]
struct MutationSite {
    /// Positions in maps and lists, from the top.
    steps: Vec<ChildIndex>,
    /// The keys among them.
    keys: Vec<String>,
    /// As a `JSONPath`.
    path: String,
    aspect: Aspect,
    /// Whether it is the value of a key.
    is_field: bool,
}

pub(super) fn mutants(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    let Some(tree) = maker.answer().tree() else { return ControlFlow::Continue(()) };
    let sites = Sites::of(maker, tree);
    maker.is_cut |= sites.is_cut;
    for site in &sites.found {
        let Some(value) = at(tree, &site.steps) else { continue };
        if site.is_field {
            field(maker, tree, site, value)?;
        }
        let is_xml = matches!(maker.answer().body, Body::Xml { .. });
        for MutantValue { operator, value, about } in changes(value, is_xml) {
            if operator == Operator::ItemsExchanged && is_unordered(maker, tree, site) {
                continue;
            }
            let mut changed = tree.clone();
            if let Some(place) = at_mut(&mut changed, &site.steps) {
                *place = value;
            }
            let answer = maker.with_tree(changed);
            maker.give(operator, (site.path.as_str(), about), site.aspect.clone(), answer)?;
        }
    }
    ControlFlow::Continue(())
}

/// Changes the entries of an object.
type Edit<'a> = &'a dyn Fn(&mut Vec<(String, Value)>);

/// A field as one of its object: dropped, renamed, doubled.
fn field(maker: &mut Maker<'_, '_>, tree: &Value, site: &MutationSite, value: &Value) -> ControlFlow<()> {
    let Some((last, parent)) = site.steps.split_last() else { return ControlFlow::Continue(()) };
    let is_xml = matches!(maker.answer().body, Body::Xml { .. });
    let with = |change: Edit<'_>| {
        let mut changed = tree.clone();
        if let Some(Value::Map(entries)) = at_mut(&mut changed, parent) {
            change(entries);
        }
        changed
    };
    let operator =
        if matches!(value, Value::Map(_)) { Operator::ObjectDropped } else { Operator::FieldDropped };
    let give = |maker: &mut Maker<'_, '_>, operator, change: &str, tree| {
        let answer = maker.with_tree(tree);
        maker.give(operator, (site.path.as_str(), change), site.aspect.clone(), answer)
    };
    give(maker, operator, "not there", with(&|entries| drop(entries.remove(*last))))?;
    let name = site.keys.last().map(|name| other_case(name)).unwrap_or_default();
    let renamed = with(&|entries| entries[*last].0.clone_from(&name));
    give(maker, Operator::FieldRenamed, &format!("called `{name}`"), renamed)?;
    // A repeated element is a list, as it is read.
    let twice = |value: &Value| {
        let items = if let Value::List(items) = value { items.clone() } else { vec![value.clone()] };
        Value::List([items.as_slice(), items.as_slice()].concat())
    };
    let doubled = with(&|entries| {
        let (key, value) = entries[*last].clone();
        if is_xml {
            entries[*last].1 = twice(&value);
        } else {
            entries.insert(*last, (key, value));
        }
    });
    give(maker, Operator::FieldDoubled, "there twice", doubled)
}

/// A name with its first letter in the other case, or with another letter if it has none.
fn other_case(name: &str) -> String {
    let Some(first) = name.chars().find(char::is_ascii_alphabetic) else {
        return format!("{name}x");
    };
    let other =
        if first.is_ascii_uppercase() { first.to_ascii_lowercase() } else { first.to_ascii_uppercase() };
    name.replacen(first, &other.to_string(), 1)
}

/// Whether the contract says that the order of a list says nothing.
fn is_unordered(maker: &Maker<'_, '_>, tree: &Value, site: &MutationSite) -> bool {
    let orders: &[OrderRule] = &maker.material.contract.normalisation.unordered;
    orders.iter().any(|rule| is_at(&places(tree, &rule.at), tree, &site.steps))
}

/// Whether a path leads to the value at these steps.
fn is_at(places: &TreePlaces, tree: &Value, steps: &[ChildIndex]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return places.is_here };
    match tree {
        Value::Map(entries) => entries
            .get(*first)
            .is_some_and(|(key, value)| places.below(key).is_some_and(|places| is_at(places, value, rest))),
        Value::List(items) => items
            .get(*first)
            .is_some_and(|value| places.at(*first).is_some_and(|places| is_at(places, value, rest))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => false,
    }
}

fn at<'a>(tree: &'a Value, steps: &[ChildIndex]) -> Option<&'a Value> {
    steps.iter().try_fold(tree, |value, step| match value {
        Value::Map(entries) => entries.get(*step).map(|(_, value)| value),
        Value::List(items) => items.get(*step),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => None,
    })
}

fn at_mut<'a>(tree: &'a mut Value, steps: &[ChildIndex]) -> Option<&'a mut Value> {
    steps.iter().try_fold(tree, |value, step| match value {
        Value::Map(entries) => entries.get_mut(*step).map(|(_, value)| value),
        Value::List(items) => items.get_mut(*step),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => None,
    })
}

/// The values of a tree that are changed.
struct Sites {
    found: Vec<MutationSite>,
    is_cut: bool,
    code: Option<TreePlaces>,
    message: Option<TreePlaces>,
}

impl Sites {
    fn of(maker: &Maker<'_, '_>, tree: &Value) -> Self {
        let envelope = &maker.material.contract.envelope;
        let at = |path: &Option<String>| path.as_ref().map(|path| places(tree, path));
        let mut sites = Self {
            found: Vec::new(),
            is_cut: false,
            code: at(&envelope.code),
            message: at(&envelope.message),
        };
        let top = MutationSite {
            steps: Vec::new(),
            keys: Vec::new(),
            path: "$".to_owned(),
            aspect: Aspect::Field(Vec::new()),
            is_field: false,
        };
        sites.add_below(tree, tree, top);
        sites
    }

    fn add_below(&mut self, tree: &Value, value: &Value, site: MutationSite) {
        if self.found.len() >= MOST_PLACES {
            self.is_cut = true;
            return;
        }
        let steps = site.steps.clone();
        let is_top_object = steps.is_empty() && matches!(value, Value::Map(_));
        let site = self.with_aspect(tree, site);
        if !is_top_object {
            self.found.push(site.clone());
        }
        match value {
            Value::Map(entries) => {
                for (position, (key, value)) in entries.iter().enumerate() {
                    let mut inner = site.clone();
                    inner.steps.push(position);
                    inner.keys.push(key.clone());
                    inner.path = format!("{}.{key}", site.path);
                    inner.is_field = true;
                    self.add_below(tree, value, inner);
                }
            }
            Value::List(items) => {
                let mut chosen = vec![0, items.len().saturating_sub(1)];
                chosen.dedup();
                for position in chosen.into_iter().filter(|position| *position < items.len()) {
                    let mut inner = site.clone();
                    inner.steps.push(position);
                    inner.path = format!("{}[{position}]", site.path);
                    inner.is_field = false;
                    self.add_below(tree, &items[position], inner);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }

    fn with_aspect(&self, tree: &Value, site: MutationSite) -> MutationSite {
        let is_here = |places: &Option<TreePlaces>| {
            places.as_ref().is_some_and(|places| is_at(places, tree, &site.steps))
        };
        let aspect = if is_here(&self.code) {
            Aspect::Code
        } else if is_here(&self.message) {
            Aspect::Message
        } else {
            Aspect::Field(site.keys.clone())
        };
        MutationSite { aspect, ..site }
    }
}

/// The tree with another value wherever a path leads; none if it leads nowhere.
pub(in crate::strength) fn put(tree: &Value, path: &str, value: &Value) -> Option<Value> {
    fn walk(tree: &mut Value, places: &TreePlaces, value: &Value) -> bool {
        if places.is_here {
            *tree = value.clone();
            return true;
        }
        match tree {
            Value::Map(entries) => entries.iter_mut().fold(false, |done, (key, inner)| {
                places.below(key).is_some_and(|places| walk(inner, places, value)) || done
            }),
            Value::List(items) => items.iter_mut().enumerate().fold(false, |done, (position, inner)| {
                places.at(position).is_some_and(|places| walk(inner, places, value)) || done
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => false,
        }
    }
    let mut changed = tree.clone();
    walk(&mut changed, &places(tree, path), value).then_some(changed)
}

/// The paths of values that the contract calls ids: that of the request, and those that differ from run to run.
pub(in crate::strength) fn id_paths(contract: &Contract) -> Vec<&str> {
    let request_id = contract.envelope.request_id.as_ref().map(|rule| rule.body.as_str());
    let volatile = contract.normalisation.values.iter().filter_map(|rule| match &rule.place {
        AnswerPlace::Body(path) if rule.kind == ValueKind::Volatile && rule.pattern.is_none() => {
            Some(path.as_str())
        }
        AnswerPlace::Body(_) | AnswerPlace::Header(_) | AnswerPlace::Anywhere => None,
    });
    let mut paths: Vec<&str> = Vec::new();
    for path in request_id.into_iter().chain(volatile) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}
