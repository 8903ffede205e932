//! What a snapshot leaves out of answers, so that it is the same from run to run. Main type: [`Normalisation`].
//!
//! Rules are data of a contract or an endpoint; how they are applied is the business of snapshots.

/// Rules that make a transcript stable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Normalisation {
    /// Values that are shown by name.
    pub values: Vec<ValueRule>,
    /// Lists whose order says nothing.
    pub unordered: Vec<OrderRule>,
}

/// Which values of an answer are shown by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueRule {
    /// The name.
    pub name: String,
    /// What the values are.
    pub kind: ValueKind,
    /// Where they are in an answer.
    pub place: AnswerPlace,
    /// What finds them inside the texts there: the first group, or the whole match without one. Without
    /// it, the whole text.
    pub pattern: Option<String>,
}

/// What becomes of a value that a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// It is shown as `[name:1]`; equal values have the same number everywhere.
    Volatile,
    /// It is shown as `[name]` at its place, if it is a time at all.
    Time,
}

/// A place in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerPlace {
    /// In the body, by `JSONPath`.
    Body(String),
    /// In a header field, by lower-case name.
    Header(String),
    /// In any text of the body and of the headers that are shown.
    Anywhere,
}

/// A list that is shown in an order of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRule {
    /// Its `JSONPath`.
    pub at: String,
    /// By what its items are put in order, as a `JSONPath` into an item; by all that they hold if left out.
    pub by: Option<String>,
}
