//! Answers with what rules find in them marked. Main types: [`Marked`] and [`MarkedNode`].

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::moment::is_time;
use super::rules::{Anywhere, RulePattern, SnapshotRule};
use crate::check::{TreePlaces, as_lists, places};
use crate::model::{AnswerPlace, Value, ValueKind};

/// A text, or the digits of a number, and the parts of it that rules have found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marked<'a> {
    pub(super) text: &'a str,
    pub(super) marks: Vec<Mark>,
}

/// A part of a text that a rule has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) range: Range<usize>,
    pub(super) rule: usize,
    pub(super) kind: ValueKind,
    pub(super) name: Arc<str>,
}

impl<'a> Marked<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, marks: Vec::new() }
    }

    /// The text as it came.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// What is marked, in the order of rules.
    pub(super) fn collect_marks<'s>(&'s self, found: &mut Vec<(&'s Mark, &'s str)>) {
        found.extend(self.marks.iter().map(|mark| (mark, &self.text[mark.range.clone()])));
    }

    /// Marks what a rule finds: the whole text without a pattern, else each match.
    pub(super) fn mark(&mut self, rule: &SnapshotRule) {
        match &rule.pattern {
            RulePattern::None => self.mark_part(0..self.text.len(), rule),
            RulePattern::Found(regex) => {
                let found = regex.captures_iter(self.text);
                let parts = found.filter_map(|found| Some(found.get(1).or_else(|| found.get(0))?.range()));
                let parts: Vec<Range<usize>> = parts.collect();
                for part in parts {
                    self.mark_part(part, rule);
                }
            }
            RulePattern::Broken => {}
        }
    }

    /// Marks what rules find that hold anywhere.
    pub(super) fn mark_anywhere(&mut self, rules: &Anywhere) {
        if rules.patterns.as_ref().is_none_or(|patterns| patterns.is_match(self.text)) {
            rules.rules.iter().for_each(|rule| self.mark(rule));
            self.marks.sort_by_key(|mark| mark.rule);
        }
    }

    fn mark_part(&mut self, range: Range<usize>, rule: &SnapshotRule) {
        let is_meant = rule.kind == ValueKind::Volatile || is_time(&self.text[range.clone()]);
        if is_meant && !range.is_empty() {
            self.marks.push(Mark { range, rule: rule.position, kind: rule.kind, name: rule.name.clone() });
        }
    }
}

/// The places of a path, where elements of XML are lists that the path takes so.
pub(super) fn places_in(tree: &Value, is_xml: bool, path: &str) -> TreePlaces {
    let tree = if is_xml { as_lists(tree, path, &|_| false) } else { Cow::Borrowed(tree) };
    places(&tree, path)
}

/// A body's tree with what rules have found in its texts and numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum MarkedNode<'a> {
    /// Null, true or false.
    Fixed(&'a Value),
    /// A number by its digits.
    Number(Marked<'a>),
    /// A text.
    Text(Marked<'a>),
    /// A list.
    List(Vec<MarkedNode<'a>>),
    /// Keys and values; a key may occur twice.
    Map(Vec<(&'a str, MarkedNode<'a>)>),
}

impl<'a> MarkedNode<'a> {
    pub(super) fn new(tree: &'a Value) -> Self {
        match tree {
            Value::Null | Value::Bool(_) => Self::Fixed(tree),
            Value::Number(digits) => Self::Number(Marked::new(digits)),
            Value::Text(text) => Self::Text(Marked::new(text)),
            Value::List(items) => Self::List(items.iter().map(Self::new).collect()),
            Value::Map(entries) => {
                Self::Map(entries.iter().map(|(key, item)| (key.as_str(), Self::new(item))).collect())
            }
        }
    }

    /// Marks what a rule with a place finds in the tree that this was made of.
    pub(super) fn mark(&mut self, tree: &Value, is_xml: bool, rule: &SnapshotRule) {
        match &rule.place {
            AnswerPlace::Body(path) => {
                self.visit(&places_in(tree, is_xml, path), &mut |node| node.mark_items(rule));
            }
            AnswerPlace::Anywhere | AnswerPlace::Header(_) => {}
        }
    }

    /// Acts on the nodes at these places.
    pub(super) fn visit(&mut self, places: &TreePlaces, act: &mut impl FnMut(&mut Self)) {
        if places.is_here {
            act(self);
        }
        match self {
            Self::Map(entries) => {
                for (key, item) in entries {
                    places.below(key).into_iter().for_each(|below| item.visit(below, act));
                }
            }
            Self::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    places.at(index).into_iter().for_each(|below| item.visit(below, act));
                }
            }
            Self::Fixed(_) | Self::Number(_) | Self::Text(_) => {}
        }
        // An element of XML that a path takes as a list of one.
        if !matches!(self, Self::List(_)) {
            places.at(0).into_iter().for_each(|below| self.visit(below, act));
        }
    }

    /// Marks a text or number, or those of a list.
    fn mark_items(&mut self, rule: &SnapshotRule) {
        match self {
            Self::Number(marked) | Self::Text(marked) => marked.mark(rule),
            Self::List(items) => items.iter_mut().for_each(|item| item.mark_items(rule)),
            Self::Fixed(_) | Self::Map(_) => {}
        }
    }

    /// Marks texts, as they are read and not as they are escaped.
    pub(super) fn mark_anywhere(&mut self, rules: &Anywhere) {
        match self {
            Self::Text(marked) => marked.mark_anywhere(rules),
            Self::List(items) => items.iter_mut().for_each(|item| item.mark_anywhere(rules)),
            Self::Map(entries) => entries.iter_mut().for_each(|(_, item)| item.mark_anywhere(rules)),
            Self::Fixed(_) | Self::Number(_) => {}
        }
    }

    /// The marked parts, in the order of the text.
    pub(super) fn marks<'s>(&'s self, found: &mut Vec<(&'s Mark, &'s str)>) {
        match self {
            Self::Number(marked) | Self::Text(marked) => marked.collect_marks(found),
            Self::List(items) => items.iter().for_each(|item| item.marks(found)),
            Self::Map(entries) => entries.iter().for_each(|(_, item)| item.marks(found)),
            Self::Fixed(_) => {}
        }
    }

    /// The tree as it came, but for the order of lists.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Fixed(value) => (*value).clone(),
            Self::Number(marked) => Value::Number(marked.text.to_owned()),
            Self::Text(marked) => Value::text(marked.as_str()),
            Self::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            Self::Map(entries) => {
                Value::Map(entries.iter().map(|(key, item)| ((*key).to_owned(), item.to_value())).collect())
            }
        }
    }
}
