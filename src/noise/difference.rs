//! Where two stable transcripts of a case differ. Main type: [`NoiseDifference`].
//!
//! Names are compared without their numbers, so that one difference does not make others.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::place::{DifferencePlace, below};
use super::shuffle::{Aligned, align};
use crate::model::Request;
use crate::snapshot::{MarkedNode, StableBody, StableExchange, Transcript, TranscriptView};

/// The most keys of one map that are listed one by one. More keys than that vary as values do.
const LISTED_BY_NAME: usize = 4;

/// A way in which two answers differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoiseDifference {
    /// A text or a number.
    Value {
        /// Where.
        place: DifferencePlace,
        /// In the first run.
        first: String,
        /// In the second one.
        second: String,
    },
    /// The order of a list.
    Order {
        /// The list.
        at: String,
        /// What its items can be put in order by.
        by: Option<String>,
    },
    /// A difference that no rule mends, as a fragment of a sentence.
    Beyond(String),
}

impl fmt::Display for NoiseDifference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { place, .. } => write!(out, "{place} is another text each time"),
            Self::Order { at, .. } => write!(out, "{at} is in another order each time"),
            Self::Beyond(text) => out.write_str(text),
        }
    }
}

/// The differences of two transcripts, in their order.
pub(super) fn differences(first: &Transcript<'_>, second: &Transcript<'_>) -> Vec<NoiseDifference> {
    let mut compared = TranscriptPair { first: first.view(), second: second.view(), found: Vec::new() };
    for (one, other) in first.parts().iter().zip(second.parts()) {
        compared.parts(one, other);
    }
    if first.parts().len() != second.parts().len() {
        compared.beyond("one run ends the case after fewer requests");
    }
    compared.found
}

/// Two transcripts that are compared.
struct TranscriptPair<'a> {
    first: TranscriptView<'a>,
    second: TranscriptView<'a>,
    found: Vec<NoiseDifference>,
}

impl TranscriptPair<'_> {
    fn beyond(&mut self, text: impl Into<String>) {
        self.found.push(NoiseDifference::Beyond(text.into()));
    }

    fn value(&mut self, place: DifferencePlace, first: String, second: String) {
        if first != second {
            self.found.push(NoiseDifference::Value { place, first, second });
        }
    }

    fn parts(&mut self, one: &StableExchange<'_>, other: &StableExchange<'_>) {
        let statuses = [one, other].map(|part| part.exchange.answer.status);
        if statuses[0] != statuses[1] {
            self.beyond(format!("the status is {}, then {}", statuses[0], statuses[1]));
            return;
        }
        self.requests(one.exchange.step, &one.exchange.request, &other.exchange.request);
        self.headers(one, other);
        match (&one.body, &other.body) {
            (StableBody::Empty, StableBody::Empty) => {}
            (StableBody::Tree { root, tree }, StableBody::Tree { root: other_root, tree: other_tree }) => {
                if root != other_root {
                    self.beyond("the body has another root or format");
                }
                self.nodes("$", tree, other_tree);
            }
            (StableBody::Text(one), StableBody::Text(other)) => {
                let texts = (self.first.bare_text(one), self.second.bare_text(other));
                self.value(DifferencePlace::Text, texts.0, texts.1);
            }
            (StableBody::Bytes, StableBody::Bytes) => {
                if one.exchange.answer.bytes != other.exchange.answer.bytes {
                    self.beyond("the body is bytes that are not text, others each time");
                }
            }
            (StableBody::Empty | StableBody::Tree { .. } | StableBody::Text(_) | StableBody::Bytes, _) => {
                self.beyond("the body is of another kind");
            }
        }
    }

    /// Requests differ where a case sends a text made from a random value, which rules about answers may name.
    fn requests(&mut self, step: usize, one: &Request, other: &Request) {
        let lines = |request: &Request, view: &TranscriptView<'_>| {
            let path = request.target.split('?').next().unwrap_or_default();
            let path = view.bare_sent(step, path, |literals| literals.has_path);
            let body = view.bare_sent(step, request.body.as_str(), |literals| literals.has_body);
            let header = |(name, value): &(String, String)| {
                let shown = view.bare_sent(step, value, |literals| literals.headers.contains(name));
                (format!("`{name}`"), shown)
            };
            let param = |(name, value): &(String, String)| {
                (format!("`{name}`"), view.bare_sent(step, value, |literals| literals.has_param(name)))
            };
            let all = [("the path".to_owned(), path), ("the body".to_owned(), body)].into_iter();
            let fields = request.headers.iter().map(header).chain(request.params.iter().map(param));
            all.chain(fields).collect::<Vec<_>>()
        };
        let (first, second) = (lines(one, &self.first), lines(other, &self.second));
        let params = !one.params.is_empty();
        for ((name, one), (_, other)) in first.iter().zip(&second) {
            // A body that is made of parameters says nothing beyond them.
            if one != other && !(params && name == "the body") {
                self.beyond(format!(
                    "the request itself differs in {name}, which a case makes of a random value"
                ));
            }
        }
    }

    fn headers(&mut self, one: &StableExchange<'_>, other: &StableExchange<'_>) {
        let names = [one, other].map(|part| part.headers.iter().map(|(name, _)| name).collect::<Vec<_>>());
        for name in names[0].iter().filter(|name| !names[1].contains(name)) {
            self.beyond(format!("the header `{name}` comes and goes"));
        }
        for name in names[1].iter().filter(|name| !names[0].contains(name)) {
            self.beyond(format!("the header `{name}` comes and goes"));
        }
        if names[0].len() != names[1].len() {
            return;
        }
        for ((name, one), (_, other)) in one.headers.iter().zip(&other.headers) {
            let texts = (self.first.bare_text(one), self.second.bare_text(other));
            self.value(DifferencePlace::Header((*name).to_owned()), texts.0, texts.1);
        }
    }

    fn nodes(&mut self, path: &str, one: &MarkedNode<'_>, other: &MarkedNode<'_>) {
        let place = || DifferencePlace::Body(path.to_owned());
        match (one, other) {
            (MarkedNode::Number(one), MarkedNode::Number(other)) => {
                let texts = (self.first.bare_number(one), self.second.bare_number(other));
                self.value(place(), texts.0, texts.1);
            }
            (MarkedNode::Text(one), MarkedNode::Text(other)) => {
                let texts = (self.first.bare_text(one), self.second.bare_text(other));
                self.value(place(), texts.0, texts.1);
            }
            (MarkedNode::Fixed(one), MarkedNode::Fixed(other)) => {
                if one != other {
                    self.beyond(format!("{path} is {one}, then {other}"));
                }
            }
            (MarkedNode::Map(one), MarkedNode::Map(other)) => self.maps(path, one, other),
            (MarkedNode::List(one), MarkedNode::List(other)) => self.lists(path, one, other),
            (
                MarkedNode::Fixed(_)
                | MarkedNode::Number(_)
                | MarkedNode::Text(_)
                | MarkedNode::Map(_)
                | MarkedNode::List(_),
                _,
            ) => {
                self.beyond(format!("{path} is of another type each time"));
            }
        }
    }

    fn maps(&mut self, path: &str, one: &[(&str, MarkedNode<'_>)], other: &[(&str, MarkedNode<'_>)]) {
        let keys = |entries: &[(&str, MarkedNode<'_>)], view: &TranscriptView<'_>| -> Vec<String> {
            entries.iter().map(|(key, _)| view.bare_key(key)).collect()
        };
        let (first, second) = (keys(one, &self.first), keys(other, &self.second));
        if first == second {
            for ((key, one), (_, other)) in one.iter().zip(other) {
                self.nodes(&below(path, key), one, other);
            }
            return;
        }
        let places: HashMap<&str, usize> =
            second.iter().enumerate().map(|(place, key)| (key.as_str(), place)).collect();
        let known: HashSet<&str> = first.iter().map(String::as_str).collect();
        let gone = first.iter().filter(|key| !places.contains_key(key.as_str()));
        let come = second.iter().filter(|key| !known.contains(key.as_str()));
        let loose: Vec<&String> = gone.chain(come).collect();
        if loose.len() > LISTED_BY_NAME {
            self.beyond(format!("{path} has other keys each time"));
        } else if loose.is_empty() {
            self.beyond(format!("the keys of {path} are in another order each time"));
        } else {
            for key in loose {
                self.beyond(format!("{} comes and goes", below(path, key)));
            }
        }
        for ((key, one), shown) in one.iter().zip(&first) {
            if let Some(place) = places.get(shown.as_str()) {
                self.nodes(&below(path, key), one, &other[*place].1);
            }
        }
    }

    fn lists(&mut self, path: &str, one: &[MarkedNode<'_>], other: &[MarkedNode<'_>]) {
        if one.len() != other.len() {
            self.beyond(format!("{path} is of another length each time"));
            return;
        }
        let Aligned { is_shuffled, by, pairs } = align((one, &self.first), (other, &self.second));
        if is_shuffled {
            self.found.push(NoiseDifference::Order { at: path.to_owned(), by });
        }
        let below = format!("{path}[*]");
        for (first, second) in pairs {
            self.nodes(&below, &one[first], &other[second]);
        }
    }
}
