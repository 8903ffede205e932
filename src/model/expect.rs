//! What a case expects of an answer. Main type: [`Expect`].
//!
//! Texts in here may hold templates; without any, `check` judges by it.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use super::matcher::{Matcher, MatcherFlaw, MatcherTarget};
use super::path_text::is_singular;
use super::spot::Spot;

/// What is expected of one answer.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// The statuses allowed; empty means that the case does not say.
    pub status: Vec<StatusRule>,
    /// The error code.
    pub code: Option<Matcher>,
    /// The error message.
    pub message: Option<Matcher>,
    /// Header fields, by name.
    pub headers: Vec<(String, Matcher)>,
    /// Places in the body, by `JSONPath`.
    pub body: Vec<(String, Matcher)>,
    /// The longest time to the whole answer.
    pub within: Option<Duration>,
    /// Whole alternatives, one of which must hold beside the rest.
    pub alternatives: Vec<Expect>,
    /// Where it is written; none for one that was made in code.
    pub spot: Option<Spot>,
}

impl Expect {
    /// The codes that it names, also those of alternatives, each once.
    pub fn codes(&self) -> Vec<&str> {
        let mut codes = Vec::new();
        self.collect_codes(&mut codes);
        let mut known = HashSet::new();
        codes.retain(|code| known.insert(*code));
        codes
    }

    /// Whether an answer that is as expected may have another code than one of those, or none.
    pub fn allows_other_codes(&self) -> bool {
        match &self.code {
            Some(matcher) => !matcher.is_of_codes(),
            None => self.alternatives.is_empty() || self.alternatives.iter().any(Self::allows_other_codes),
        }
    }

    fn collect_codes<'a>(&'a self, codes: &mut Vec<&'a str>) {
        if let Some(matcher) = &self.code {
            matcher.collect_codes(codes);
        }
        self.alternatives.iter().for_each(|alternative| alternative.collect_codes(codes));
    }

    /// Every matcher with its place and what it is applied to.
    fn places(&self) -> Vec<(&str, MatcherTarget, &Matcher)> {
        let own = [("code", &self.code), ("message", &self.message)];
        let own = own
            .into_iter()
            .filter_map(|(place, matcher)| Some((place, MatcherTarget::Scalar, matcher.as_ref()?)));
        let headers =
            self.headers.iter().map(|(name, matcher)| (name.as_str(), MatcherTarget::Scalar, matcher));
        let body = self.body.iter().map(|(path, matcher)| (path.as_str(), target(path), matcher));
        own.chain(headers).chain(body).collect()
    }

    /// The matchers that can't be used, by their place; `is_open` says which texts are not known yet.
    pub fn flaws(&self, is_open: &dyn Fn(&str) -> bool) -> Vec<(String, MatcherFlaw)> {
        let mut flaws = Vec::new();
        for (place, target, matcher) in self.places() {
            let own = matcher.parts().into_iter().filter_map(|part| part.flaw(is_open));
            flaws.extend(own.chain(matcher.unfit(target, is_open)).map(|flaw| (place.to_owned(), flaw)));
        }
        flaws.extend(self.alternatives.iter().flat_map(|alternative| alternative.flaws(is_open)));
        flaws
    }

    /// Whether nothing at all is expected.
    pub fn is_empty(&self) -> bool {
        self.status.is_empty()
            && self.code.is_none()
            && self.message.is_none()
            && self.headers.is_empty()
            && self.body.is_empty()
            && self.within.is_none()
            && self.alternatives.is_empty()
    }
}

/// What is found at a path: one value or nothing, or a list.
pub fn target(path: &str) -> MatcherTarget {
    if is_singular(path) { MatcherTarget::Value } else { MatcherTarget::Nodes }
}

/// One status, or one class of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusRule {
    /// This status.
    Exact(u16),
    /// A class such as `4xx`, by its first digit.
    Class(u16),
    /// A template that gives one of the two.
    Template(String),
}

impl StatusRule {
    /// Reads `404`, `4xx` or a template.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains("{{") {
            return Some(Self::Template(text.to_owned()));
        }
        if let Some(digit) = text.strip_suffix("xx") {
            return digit.parse().ok().filter(|class| (1..=5).contains(class)).map(Self::Class);
        }
        text.parse().ok().filter(|status| (100..=599).contains(status)).map(Self::Exact)
    }

    /// Whether `status` is this one or in this class; a template matches nothing.
    pub fn matches(&self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => *exact == status,
            Self::Class(class) => status / 100 == *class,
            Self::Template(_) => false,
        }
    }
}

impl fmt::Display for StatusRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(status) => write!(out, "{status}"),
            Self::Class(class) => write!(out, "{class}xx"),
            Self::Template(text) => out.write_str(text),
        }
    }
}
