//! A transcript made stable: rules are applied, lists are put in order, volatile values are numbered. Main type:
//! [`Transcript`].
//!
//! Pure: it knows no file, no clock and no endpoint.

use super::finder::Finder;
use super::marked::{Marked, MarkedNode};
use super::names::{VolatileNames, bare, write_numbered};
use super::order::{Settling, put_in_order};
use super::rules::{SnapshotRule, SnapshotRules};
use crate::model::{Answer, AnswerPlace, Body, Exchange, Literals, OrderRule, ValueKind};

/// Exchanges made stable.
#[derive(Debug)]
pub struct Transcript<'a> {
    parts: Vec<StableExchange<'a>>,
    names: VolatileNames,
}

/// An exchange made stable.
#[derive(Debug)]
pub struct StableExchange<'a> {
    /// The exchange, as it was.
    pub exchange: &'a Exchange,
    /// The header fields that a snapshot shows, in its order.
    pub headers: Vec<(&'a str, Marked<'a>)>,
    /// The body.
    pub body: StableBody<'a>,
    /// Header fields that only rules look at.
    hidden: Vec<Marked<'a>>,
}

/// A body made stable.
#[derive(Debug)]
pub enum StableBody<'a> {
    /// No bytes.
    Empty,
    /// A tree; of an XML document, without its root.
    Tree {
        /// The root's name, if it is XML.
        root: Option<&'a str>,
        /// What it holds.
        tree: MarkedNode<'a>,
    },
    /// A text that is neither JSON nor XML.
    Text(Marked<'a>),
    /// Bytes that are not text.
    Bytes,
}

impl<'a> Transcript<'a> {
    /// Makes exchanges stable by rules; `given` names what the run itself made.
    pub fn new(exchanges: &'a [Exchange], rules: &SnapshotRules, given: VolatileNames) -> Self {
        let parts = exchanges.iter().map(|exchange| StableExchange::new(exchange, rules)).collect();
        let mut transcript = Self { parts, names: given };
        rules.times().for_each(|name| transcript.names.add_plain(name));
        transcript.settle(&rules.orders);
        transcript
    }

    /// Numbers volatile values, in an order that does not depend on that of unordered lists.
    fn settle(&mut self, orders: &[OrderRule]) {
        if orders.is_empty() {
            self.parts.iter().for_each(|part| part.name_values(&mut self.names));
            return;
        }
        let mut all = self.names.clone();
        self.parts.iter().for_each(|part| part.name_values(&mut all));
        let all = Finder::new(&all);
        for part in &mut self.parts {
            if let (StableBody::Tree { tree, root }, Some(read)) =
                (&mut part.body, part.exchange.answer.tree())
            {
                let known = Settling { settled: &self.names, all: &all, is_xml: root.is_some() };
                put_in_order(tree, read, orders, &known);
            }
            part.name_values(&mut self.names);
        }
    }

    /// The exchanges, in order.
    pub fn parts(&self) -> &[StableExchange<'a>] {
        &self.parts
    }

    /// What shows a part's texts.
    pub fn view(&self) -> TranscriptView<'_> {
        TranscriptView { finder: Finder::new(&self.names) }
    }

    pub(super) fn finder(&self) -> Finder<'_> {
        Finder::new(&self.names)
    }
}

/// Shows texts of a transcript with names in them.
pub struct TranscriptView<'a> {
    finder: Finder<'a>,
}

impl TranscriptView<'_> {
    /// A text with names alone.
    pub fn bare_text(&self, text: &Marked<'_>) -> String {
        self.finder.show(text, &mut bare)
    }

    /// A part of a step's request, with names alone; `is_literal` says whether the table writes it out.
    pub fn bare_sent(&self, step: usize, text: &str, is_literal: impl Fn(&Literals) -> bool) -> String {
        let mut shown = String::new();
        if self.finder.names().literals(step).is_some_and(is_literal) {
            self.finder.write_plain(&mut shown, text, &mut bare);
        } else {
            self.finder.write_sent(&mut shown, text, &mut bare);
        }
        shown
    }

    /// A number with its name alone.
    pub fn bare_number(&self, number: &Marked<'_>) -> String {
        let mut shown = String::new();
        self.finder.write_number(&mut shown, number, &mut bare);
        shown
    }

    /// A text with names and their numbers.
    pub fn show_text(&self, text: &Marked<'_>) -> String {
        self.finder.show(text, &mut write_numbered)
    }

    /// A number with its name and number.
    pub fn show_number(&self, number: &Marked<'_>) -> String {
        let mut shown = String::new();
        self.finder.write_number(&mut shown, number, &mut write_numbered);
        shown
    }

    /// A key of a map, with its name alone.
    pub fn bare_key(&self, key: &str) -> String {
        let mut shown = String::new();
        self.finder.write_key(&mut shown, key, &mut bare);
        shown
    }
}

impl<'a> StableExchange<'a> {
    /// An exchange with what rules find in it.
    fn new(exchange: &'a Exchange, rules: &SnapshotRules) -> Self {
        let answer = &exchange.answer;
        let mut headers: Vec<(&'a str, Marked<'a>)> = Vec::new();
        for name in &rules.headers {
            let values = answer.headers.iter().filter(|(known, _)| known == name);
            headers.extend(values.map(|(name, value)| (name.as_str(), Marked::new(value))));
        }
        let mut part = Self { exchange, headers, body: body(answer), hidden: Vec::new() };
        for rule in &rules.placed {
            match &rule.place {
                AnswerPlace::Body(_) => part.mark_body(rule),
                AnswerPlace::Header(name) => part.mark_header(rule, name, &rules.headers),
                AnswerPlace::Anywhere => {}
            }
        }
        match &mut part.body {
            StableBody::Tree { tree, .. } => tree.mark_anywhere(&rules.anywhere),
            StableBody::Text(text) => text.mark_anywhere(&rules.anywhere),
            StableBody::Empty | StableBody::Bytes => {}
        }
        part.headers.iter_mut().for_each(|(_, value)| value.mark_anywhere(&rules.anywhere));
        part
    }

    fn mark_body(&mut self, rule: &SnapshotRule) {
        if let (StableBody::Tree { tree, root }, Some(read)) = (&mut self.body, self.exchange.answer.tree()) {
            tree.mark(read, root.is_some(), rule);
        }
    }

    fn mark_header(&mut self, rule: &SnapshotRule, name: &String, shown: &[String]) {
        let of_name = self.headers.iter_mut().filter(|(known, _)| known == name);
        of_name.for_each(|(_, value)| value.mark(rule));
        if !shown.contains(name) {
            for line in self.exchange.answer.lines(name) {
                let mut value = Marked::new(line);
                value.mark(rule);
                self.hidden.push(value);
            }
        }
    }

    /// Names the volatile values that rules have found, rule by rule.
    fn name_values(&self, names: &mut VolatileNames) {
        let mut found = Vec::new();
        match &self.body {
            StableBody::Tree { tree, .. } => tree.marks(&mut found),
            StableBody::Text(text) => text.collect_marks(&mut found),
            StableBody::Empty | StableBody::Bytes => {}
        }
        self.headers
            .iter()
            .map(|(_, value)| value)
            .chain(&self.hidden)
            .for_each(|value| value.collect_marks(&mut found));
        found.retain(|(mark, _)| mark.kind == ValueKind::Volatile);
        found.sort_by_key(|(mark, _)| mark.rule);
        for (mark, value) in found {
            names.add(&mark.name, value);
        }
    }
}

fn body(answer: &Answer) -> StableBody<'_> {
    match &answer.body {
        Body::Empty if answer.bytes.is_empty() => StableBody::Empty,
        Body::Json(tree) => StableBody::Tree { root: None, tree: MarkedNode::new(tree) },
        Body::Xml { root, tree } => StableBody::Tree { root: Some(root), tree: MarkedNode::new(tree) },
        Body::Empty | Body::Other { .. } | Body::Unreadable { .. } => {
            match std::str::from_utf8(&answer.bytes) {
                Ok(text) => StableBody::Text(Marked::new(text)),
                Err(_) => StableBody::Bytes,
            }
        }
    }
}
