//! Makes the mutants of an answer, each with one thing changed. Main function: [`mutants`].
//!
//! What equals the answer that it is made of is not a mutant, and neither is what differs by nothing that a standard
//! gives a meaning to: the order of keys, blanks between them, and the charset of JSON where no promise names one.

mod body;
mod header;
mod message;
mod status;
mod tree;
mod value;
mod write;

use std::ops::ControlFlow;

pub(super) use tree::{id_paths, put};
pub(super) use write::{json_text, xml_text};

use super::operator::Operator;
use crate::model::{Answer, Body, Contract, Exchange, Value};
use crate::wire::labels;

/// What part of an answer was changed: what a promise must speak of to notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aspect {
    /// The status.
    Status,
    /// The error code.
    Code,
    /// The error message.
    Message,
    /// A field of the body, by the path of its keys from the top.
    Field(Vec<String>),
    /// A field that the contract does not name.
    Other,
    /// A header field.
    Header(String),
    /// Media type, charset, root, encoding, or the body as a whole.
    Form,
}

/// An answer with one thing changed.
#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) operator: Operator,
    /// Where it was changed: `status`, `header NAME`, a path.
    pub(super) place: String,
    /// How, in words: what is there now.
    pub(super) change: String,
    pub(super) aspect: Aspect,
    pub(super) answer: Answer,
}

/// What mutants are made of, beside the answer itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Material<'a> {
    pub(super) contract: &'a Contract,
    pub(super) exchange: &'a Exchange,
    /// An answer of success and one of error to other requests, from which fields are taken.
    pub(super) success: Option<&'a Value>,
    pub(super) error: Option<&'a Value>,
    /// Answers to other requests whose ids are repeated: one of another case, and the one before in this case.
    pub(super) earlier: [Option<&'a Answer>; 2],
}

/// Takes mutants, until it has enough.
pub(super) struct Maker<'a, 'f> {
    pub(super) material: Material<'a>,
    take: &'f mut dyn FnMut(Mutant) -> ControlFlow<()>,
    /// Whether the answer has more places than are changed.
    is_cut: bool,
}

impl<'a> Maker<'a, '_> {
    fn answer(&self) -> &'a Answer {
        &self.material.exchange.answer
    }

    fn is_success(&self) -> bool {
        self.answer().status < 400
    }

    /// Hands a mutant over, unless it equals the answer.
    fn give(
        &mut self,
        operator: Operator,
        (place, change): (impl Into<String>, impl Into<String>),
        aspect: Aspect,
        answer: Answer,
    ) -> ControlFlow<()> {
        if is_same(&answer, self.answer()) {
            return ControlFlow::Continue(());
        }
        let (place, change) = (place.into(), change.into());
        (self.take)(Mutant { operator, place, change, aspect, answer })
    }

    /// The answer with another body that is a tree.
    fn with_tree(&self, tree: Value) -> Answer {
        let mut answer = self.answer().clone();
        match &mut answer.body {
            Body::Json(own) | Body::Xml { tree: own, .. } => *own = tree,
            Body::Other { text } => *text = Some(tree),
            Body::Empty | Body::Unreadable { .. } => {}
        }
        answer
    }
}

/// Makes every mutant of an answer, in an order that follows from it alone; breaks where `take` does. Gives whether the
/// answer has more places than are changed.
pub(super) fn mutants(
    material: Material<'_>,
    take: &mut dyn FnMut(Mutant) -> ControlFlow<()>,
) -> ControlFlow<(), bool> {
    let mut maker = Maker { material, take, is_cut: false };
    status::mutants(&mut maker)?;
    header::mutants(&mut maker)?;
    tree::mutants(&mut maker)?;
    message::mutants(&mut maker)?;
    body::mutants(&mut maker)?;
    ControlFlow::Continue(maker.is_cut)
}

/// Whether two answers say the same.
fn is_same(one: &Answer, other: &Answer) -> bool {
    let declared = |answer: &Answer| labels(&answer.bytes, "").1.map(str::to_owned);
    let is_same_body = match (&one.body, &other.body) {
        (Body::Json(one), Body::Json(other)) => one.is_same(other),
        (Body::Xml { root, tree }, Body::Xml { root: other_root, tree: other_tree }) => {
            root == other_root && tree.is_same(other_tree) && declared(one) == declared(other)
        }
        (one, other) => one == other,
    };
    one.status == other.status && one.headers == other.headers && one.flaws == other.flaws && is_same_body
}
