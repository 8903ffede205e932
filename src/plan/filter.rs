//! Expressions that select cases, in the spelling of nextest's: `tag(slow) and not id(signature/)`. Main type:
//! [`CaseFilter`].

mod parse;

use std::collections::BTreeSet;

use super::pattern::Pattern;

/// An expression over tags and ids.
#[derive(Debug, Clone)]
pub struct CaseFilter {
    text: String,
    expression: FilterExpression,
}

#[derive(Debug, Clone)]
enum FilterExpression {
    All,
    None,
    Tag(String),
    Id(Pattern),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

/// What can be selected: a case of a suite, or one that a run has reported.
pub trait Selectable {
    /// Its id.
    fn id(&self) -> &str;

    /// Its tags.
    fn tags(&self) -> &BTreeSet<String>;

    /// Whether a pattern matches its id, or one that it had before.
    fn is_named(&self, pattern: &Pattern) -> bool {
        pattern.matches(self.id())
    }
}

/// Why a text is not an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("-E: {what} at column {column} of `{text}`")]
pub struct FilterError {
    /// What is wrong there.
    pub what: String,
    /// The character at which it is, from 1.
    pub column: usize,
    /// The expression, or the part of a long one that it is in.
    pub text: String,
    /// What to write.
    pub hint: Option<String>,
}

/// A part of an expression that no case of the suite meets.
#[derive(Debug)]
pub(super) enum IdleCondition<'a> {
    Tag(&'a str),
    Id(&'a Pattern),
}

impl CaseFilter {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn new(text: &str) -> Result<Self, FilterError> {
        Ok(Self { text: text.to_owned(), expression: parse::expression(text)? })
    }

    /// The expression as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it selects a case.
    pub fn matches(&self, case: &impl Selectable) -> bool {
        self.expression.matches(case)
    }

    /// The tags and patterns in it that none of the cases has: slips, which would select too little or too much.
    pub(super) fn idle<'a>(&'a self, cases: &[impl Selectable]) -> Vec<IdleCondition<'a>> {
        let mut found = Vec::new();
        self.expression.collect_idle(cases, &mut found);
        found
    }
}

impl FilterExpression {
    fn matches(&self, case: &impl Selectable) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Tag(tag) => case.tags().contains(tag),
            Self::Id(pattern) => case.is_named(pattern),
            Self::Not(inner) => !inner.matches(case),
            Self::And(left, right) => left.matches(case) && right.matches(case),
            Self::Or(left, right) => left.matches(case) || right.matches(case),
        }
    }

    fn collect_idle<'a>(&'a self, cases: &[impl Selectable], found: &mut Vec<IdleCondition<'a>>) {
        match self {
            Self::All | Self::None => {}
            Self::Tag(tag) if cases.iter().any(|case| case.tags().contains(tag)) => {}
            Self::Tag(tag) => found.push(IdleCondition::Tag(tag)),
            Self::Id(pattern) if cases.iter().any(|case| case.is_named(pattern)) => {}
            Self::Id(pattern) => found.push(IdleCondition::Id(pattern)),
            Self::Not(inner) => inner.collect_idle(cases, found),
            Self::And(left, right) | Self::Or(left, right) => {
                left.collect_idle(cases, found);
                right.collect_idle(cases, found);
            }
        }
    }
}
