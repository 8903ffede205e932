//! Why a value is not what a matcher asks for. Main type: [`Mismatch`].

use std::fmt;

use crate::model::TemplateMismatch;

/// Why a value does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// It is another value, as the two values show.
    Other,
    /// A reason that the two values do not show.
    Because(MismatchReason),
}

impl Mismatch {
    /// What was found, with the reason, if there is one to be said.
    pub(super) fn beside(&self, found: &str) -> String {
        match self {
            Self::Other => found.to_owned(),
            Self::Because(reason) => format!("{found} ({reason})"),
        }
    }
}

impl From<MismatchReason> for Mismatch {
    fn from(reason: MismatchReason) -> Self {
        Self::Because(reason)
    }
}

/// A reason for which a value does not match, in words about what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MismatchReason {
    /// The item at this place is not what each has to be.
    ItemIsNot(usize),
    /// The item at this place is what none may be.
    ItemIs(usize),
    /// No item is what one has to be.
    NoItemIs,
    /// A list has no items.
    NoItems,
    /// A list or text has this length, and may not.
    Length(usize),
    /// The value has no length.
    NoLength,
    /// The value is not a list.
    NoList,
    /// The value is not text, or there is no value.
    NoText,
    /// The text is not an instance of a template.
    Template(TemplateMismatch),
}

impl fmt::Display for MismatchReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ItemIsNot(place) => write!(out, "item {place} is not"),
            Self::ItemIs(place) => write!(out, "item {place} is"),
            Self::NoItemIs => out.write_str("no item is"),
            Self::NoItems => out.write_str("it has no items"),
            Self::Length(found) => write!(out, "{found} found"),
            Self::NoLength => out.write_str("it has no length"),
            Self::NoList => out.write_str("it is not a list"),
            Self::NoText => out.write_str("it is not text"),
            Self::Template(mismatch) => mismatch.fmt(out),
        }
    }
}
