//! What an answer holds, place by place, in the form in which a snapshot keeps it. Main type: [`Leaf`].

use serde::{Deserialize, Serialize};

use super::quote;
use crate::check::{TreePlaces, places};
use crate::digest::sha256_hex;
use crate::model::{Contract, Value};
use crate::snapshot::{MarkedNode, StableBody, StableExchange, TranscriptView};

/// The most places of an answer that are kept one by one; the rest is kept as a digest.
const MOST: usize = 500;

/// The longest value that is kept as it is, in characters.
const LONGEST: usize = 300;

/// A value of an answer and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Leaf {
    /// A `JSONPath`, or the name of a header field.
    pub(super) place: String,
    /// The value, with names in the place of volatile ones.
    pub(super) value: String,
    /// Whether it is the error message, which has rules of its own.
    pub(super) is_message: bool,
    /// Whether it says how long a list is.
    pub(super) is_length: bool,
}

/// All that an answer holds.
pub(super) fn leaves(part: &StableExchange<'_>, view: &TranscriptView<'_>, contract: &Contract) -> Vec<Leaf> {
    let mut found = LeafCollector { view, leaves: Vec::new() };
    for (name, value) in &part.headers {
        found.add(format!("header {name}"), quote(&view.show_text(value)), false);
    }
    match &part.body {
        StableBody::Empty => found.add("body".into(), "empty".into(), false),
        StableBody::Tree { root, tree } => {
            let format = root.map_or_else(|| "JSON".to_owned(), |root| format!("XML, <{root}>"));
            found.add("body".into(), format, false);
            let tree_read = part.exchange.answer.tree();
            let message =
                tree_read.zip(contract.envelope.message.as_ref()).map(|(tree, path)| places(tree, path));
            found.node("$", tree, &message.iter().collect::<Vec<_>>());
        }
        StableBody::Text(text) => found.add("body".into(), quote(&view.show_text(text)), false),
        StableBody::Bytes => {
            found.add(
                "body".into(),
                format!("bytes, sha256 {}", sha256_hex(&part.exchange.answer.bytes)),
                false,
            );
        }
    }
    bound_leaves(found.leaves)
}

struct LeafCollector<'a> {
    view: &'a TranscriptView<'a>,
    leaves: Vec<Leaf>,
}

impl LeafCollector<'_> {
    fn add(&mut self, place: String, value: String, is_message: bool) {
        self.leaves.push(Leaf { place, value: cut(value), is_message, is_length: false });
    }

    fn node(&mut self, place: &str, node: &MarkedNode<'_>, message: &[&TreePlaces]) {
        let is_message = message.iter().any(|places| places.is_here);
        match node {
            MarkedNode::Fixed(value) => self.add(place.into(), value.to_string(), is_message),
            MarkedNode::Number(number) => {
                self.add(place.into(), self.view.show_number(number), is_message);
            }
            MarkedNode::Text(text) => {
                self.add(place.into(), quote(&self.view.show_text(text)), is_message);
            }
            MarkedNode::List(items) => {
                let value = format!("a list of {}", items.len());
                self.leaves.push(Leaf { place: place.into(), value, is_message, is_length: true });
                for (index, item) in items.iter().enumerate() {
                    let below: Vec<&TreePlaces> =
                        message.iter().filter_map(|places| places.at(index)).collect();
                    self.node(&format!("{place}[{index}]"), item, &below);
                }
            }
            MarkedNode::Map(entries) => {
                if entries.is_empty() {
                    self.add(place.into(), "{}".into(), is_message);
                }
                for (key, item) in entries {
                    let below: Vec<&TreePlaces> =
                        message.iter().filter_map(|places| places.below(key)).collect();
                    self.node(&format!("{place}{}", step(&self.view.bare_key(key))), item, &below);
                }
            }
        }
    }
}

/// A key as a step of a path.
fn step(key: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if !key.is_empty() && key.chars().all(is_plain) {
        format!(".{key}")
    } else {
        format!("[{}]", Value::text(key))
    }
}

fn cut(value: String) -> String {
    shorten(value, LONGEST)
}

/// A text of at most so many characters; of a longer one the beginning, and a digest by which others differ from it.
pub(super) fn shorten(value: String, longest: usize) -> String {
    match value.char_indices().nth(longest) {
        None => value,
        Some((end, _)) => format!("{}… sha256 {}", &value[..end], sha256_hex(value.as_bytes())),
    }
}

/// So much that memory does not depend on what was sent; what is beyond is still compared.
fn bound_leaves(mut leaves: Vec<Leaf>) -> Vec<Leaf> {
    if leaves.len() <= MOST {
        return leaves;
    }
    let rest = leaves.split_off(MOST);
    let count = rest.len();
    let mut text = String::new();
    for leaf in rest.iter().filter(|leaf| !leaf.is_message) {
        text.extend([leaf.place.as_str(), " ", &leaf.value, "\n"]);
    }
    let value = format!("{count} values, sha256 {}", sha256_hex(text.as_bytes()));
    leaves.push(Leaf { place: "further places".into(), value, is_message: false, is_length: false });
    leaves
}
