//! What one value of an answer must be. Main type: [`Matcher`].
//!
//! `check` applies it to a value; [`Matcher::unfit`] finds matchers that can never be right at their place.

use std::fmt;

use regex::Regex;

use super::value::Value;

/// What one value of an answer must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Matcher {
    /// Just this value.
    Equals(Value),
    /// A text that fills a message template: `%s` matches one or more characters.
    Template(String),
    /// A text that a regular expression matches, anywhere unless anchored.
    Regex(String),
    /// One of several.
    Any(Vec<Matcher>),
    /// All of several.
    All(Vec<Matcher>),
    /// A value, but not this.
    Not(Box<Matcher>),
    /// Whether it is there at all.
    Present(bool),
    /// A value of this type, as [`Value::type_name`] spells it.
    Type(String),
    /// A text that has this text in it, or a list that has this item.
    Contains(Value),
    /// A text of so many characters, a list of so many items, or an object of so many keys.
    Length(Bounds),
    /// A number that is no less.
    Min(Value),
    /// A number that is no more.
    Max(Value),
    /// A list with at least one item, each of which is this.
    Each(Box<Matcher>),
    /// A list with an item that is this.
    Some(Box<Matcher>),
    /// A list without an item that is this.
    None(Box<Matcher>),
    /// A list of so many items.
    Count(Bounds),
}

/// How many of something there may be. The numbers may be templates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bounds {
    /// At least so many.
    pub min: Option<Value>,
    /// At most so many.
    pub max: Option<Value>,
}

/// What a matcher is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatcherTarget {
    /// Whatever is at one place of a body.
    Value,
    /// The list of what a path finds that may find several values.
    Nodes,
    /// A text or a number: a code, a message, a header field.
    Scalar,
}

/// Why a matcher can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatcherFlaw {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<&'static str>,
}

impl MatcherFlaw {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

impl Matcher {
    /// The name of every matcher.
    pub const NAMES: [&'static str; 16] = [
        "equals", "template", "regex", "any", "all", "not", "present", "type", "contains", "length", "min",
        "max", "each", "some", "none", "count",
    ];

    /// The types that [`Matcher::Type`] may name.
    pub const TYPES: [&'static str; 7] = ["string", "integer", "number", "boolean", "list", "object", "null"];

    /// The key by which a table names it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Equals(_) => "equals",
            Self::Template(_) => "template",
            Self::Regex(_) => "regex",
            Self::Any(_) => "any",
            Self::All(_) => "all",
            Self::Not(_) => "not",
            Self::Present(_) => "present",
            Self::Type(_) => "type",
            Self::Contains(_) => "contains",
            Self::Length(_) => "length",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::Each(_) => "each",
            Self::Some(_) => "some",
            Self::None(_) => "none",
            Self::Count(_) => "count",
        }
    }

    /// The matchers that it holds.
    pub fn inner(&self) -> &[Matcher] {
        match self {
            Self::Any(options) | Self::All(options) => options,
            Self::Not(inner) | Self::Each(inner) | Self::Some(inner) | Self::None(inner) => {
                std::slice::from_ref(inner)
            }
            Self::Equals(_)
            | Self::Template(_)
            | Self::Regex(_)
            | Self::Present(_)
            | Self::Type(_)
            | Self::Contains(_)
            | Self::Length(_)
            | Self::Min(_)
            | Self::Max(_)
            | Self::Count(_) => &[],
        }
    }

    /// The texts and values of its own, whatever the matchers inside of it have.
    pub fn own(&self) -> (Option<&str>, Vec<&Value>) {
        match self {
            Self::Template(text) | Self::Regex(text) | Self::Type(text) => (Some(text), Vec::new()),
            Self::Equals(value) | Self::Contains(value) | Self::Min(value) | Self::Max(value) => {
                (None, vec![value])
            }
            Self::Length(bounds) | Self::Count(bounds) => {
                (None, bounds.min.iter().chain(&bounds.max).collect())
            }
            Self::Present(_)
            | Self::Any(_)
            | Self::All(_)
            | Self::Not(_)
            | Self::Each(_)
            | Self::Some(_)
            | Self::None(_) => (None, Vec::new()),
        }
    }

    /// The same matcher of what is made of each text and value, also of those inside.
    ///
    /// # Errors
    /// The first of what is made.
    pub fn rewrite<E>(
        &self,
        text: &dyn Fn(&str) -> Result<String, E>,
        value: &dyn Fn(&Value) -> Result<Value, E>,
    ) -> Result<Self, E> {
        let boxed = |inner: &Self| inner.rewrite(text, value).map(Box::new);
        let each = |all: &[Self]| -> Result<Vec<Self>, E> {
            all.iter().map(|inner| inner.rewrite(text, value)).collect()
        };
        let bounds = |bounds: &Bounds| -> Result<Bounds, E> {
            let one = |bound: &Option<Value>| bound.as_ref().map(value).transpose();
            Ok(Bounds { min: one(&bounds.min)?, max: one(&bounds.max)? })
        };
        Ok(match self {
            Self::Equals(wanted) => Self::Equals(value(wanted)?),
            Self::Template(wanted) => Self::Template(text(wanted)?),
            Self::Regex(wanted) => Self::Regex(text(wanted)?),
            Self::Any(options) => Self::Any(each(options)?),
            Self::All(parts) => Self::All(each(parts)?),
            Self::Not(inner) => Self::Not(boxed(inner)?),
            Self::Present(is_there) => Self::Present(*is_there),
            Self::Type(wanted) => Self::Type(text(wanted)?),
            Self::Contains(wanted) => Self::Contains(value(wanted)?),
            Self::Length(wanted) => Self::Length(bounds(wanted)?),
            Self::Min(wanted) => Self::Min(value(wanted)?),
            Self::Max(wanted) => Self::Max(value(wanted)?),
            Self::Each(inner) => Self::Each(boxed(inner)?),
            Self::Some(inner) => Self::Some(boxed(inner)?),
            Self::None(inner) => Self::None(boxed(inner)?),
            Self::Count(wanted) => Self::Count(bounds(wanted)?),
        })
    }

    /// Whether it holds only where something is.
    pub fn asks_for_a_value(&self) -> bool {
        if let Self::Any(options) = self {
            return options.iter().all(Self::asks_for_a_value);
        }
        if let Self::All(parts) = self {
            return parts.iter().any(Self::asks_for_a_value);
        }
        *self != Self::Present(false)
    }

    /// Whether it is asked of one line of a header field, and not of the field with all of its lines.
    pub fn is_of_one_line(&self) -> bool {
        if let Self::Any(parts) | Self::All(parts) = self {
            return parts.iter().all(Self::is_of_one_line);
        }
        !matches!(self, Self::Present(_) | Self::Not(_))
    }

    /// Whether it may hold for a text, whatever that says; what lists are asked for is refused elsewhere.
    pub fn may_be_text(&self) -> bool {
        let is_other_type = matches!(self, Self::Type(name) if name != "string");
        !is_other_type && !matches!(self, Self::Present(false) | Self::Min(_) | Self::Max(_))
    }

    /// Itself and every matcher inside of it.
    pub fn parts(&self) -> Vec<&Matcher> {
        let mut parts = vec![self];
        parts.extend(self.inner().iter().flat_map(Self::parts));
        parts
    }

    /// Whether it is looked for one of a number of codes, and for nothing else.
    pub(super) fn is_of_codes(&self) -> bool {
        if let Self::Any(options) = self {
            return options.iter().all(Self::is_of_codes);
        }
        self.as_code().is_some()
    }

    /// The codes that it is looked for: texts or numbers.
    pub fn codes(&self) -> Vec<&Value> {
        if let Self::Any(options) = self {
            return options.iter().flat_map(Self::codes).collect();
        }
        self.as_code().into_iter().collect()
    }

    /// The code that it is equal to, if it is one code.
    fn as_code(&self) -> Option<&Value> {
        if let Self::Equals(value) = self { value.as_code().map(|_| value) } else { None }
    }

    /// Adds the codes that it is looked for.
    pub(super) fn collect_codes<'a>(&'a self, codes: &mut Vec<&'a str>) {
        codes.extend(self.codes().into_iter().filter_map(Value::as_code));
    }

    /// The text that it is equal to, if it is one text.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Equals(value) = self { value.as_text() } else { None }
    }

    /// Why it can never be right, whatever it is applied to; `is_open` says which texts are not known yet.
    /// Matchers inside of it are not looked at.
    pub fn flaw(&self, is_open: &dyn Fn(&str) -> bool) -> Option<MatcherFlaw> {
        let is_known = |value: &Value| !value.as_text().is_some_and(is_open);
        match self {
            Self::Regex(text) if !is_open(text) => {
                let error = Regex::new(text).err()?.to_string();
                let why = error.lines().last().unwrap_or_default().trim();
                Some(MatcherFlaw::new(format!(
                    "not a regular expression: {}",
                    why.trim_start_matches("error: ")
                )))
            }
            Self::Type(name) if !is_open(name) && !Self::TYPES.contains(&name.as_str()) => {
                Some(MatcherFlaw::new(format!("`{name}` is not one of {}", Self::TYPES.join(", "))))
            }
            Self::Min(value) | Self::Max(value) if is_known(value) && value.digits().is_none() => {
                Some(MatcherFlaw::new(format!("{value} is not a number")))
            }
            Self::Length(bounds) | Self::Count(bounds) => bounds.flaw(is_open),
            Self::Contains(Value::Text(text)) if text.is_empty() => {
                Some(MatcherFlaw::new("every text contains the empty one, so this could not fail"))
            }
            Self::Any(options) if options.is_empty() => {
                Some(MatcherFlaw::new("there is no alternative, so this could not hold"))
            }
            Self::All(parts) if parts.is_empty() => {
                Some(MatcherFlaw::new("nothing is asked for, so this could not fail"))
            }
            Self::Not(inner) | Self::Each(inner) | Self::Some(inner) | Self::None(inner)
                if matches!(**inner, Self::Present(_)) =>
            {
                let flaw = MatcherFlaw::new(format!(
                    "`{}` needs a value, so `present` says nothing here",
                    self.name()
                ));
                Some(
                    flaw.hint(
                        "write { present = false } to ask for nothing, { count = 0 } for an empty list",
                    ),
                )
            }
            Self::Equals(_)
            | Self::Template(_)
            | Self::Regex(_)
            | Self::Any(_)
            | Self::All(_)
            | Self::Not(_)
            | Self::Present(_)
            | Self::Type(_)
            | Self::Contains(_)
            | Self::Min(_)
            | Self::Max(_)
            | Self::Each(_)
            | Self::Some(_)
            | Self::None(_) => None,
        }
    }

    /// Why it can never be right at its place; `is_open` says which texts are not known yet.
    pub fn unfit(&self, target: MatcherTarget, is_open: &dyn Fn(&str) -> bool) -> Option<MatcherFlaw> {
        if let Self::Any(parts) | Self::All(parts) = self {
            return parts.iter().find_map(|part| part.unfit(target, is_open));
        }
        if let Self::Not(inner) = self {
            return inner.unfit(target, is_open);
        }
        match target {
            MatcherTarget::Value => None,
            MatcherTarget::Nodes => self.is_for_one(is_open).then(|| {
                let message = format!("the path may find several values, and `{}` is for one", self.name());
                MatcherFlaw::new(message)
                    .hint("write { each = … }, { some = … } or { none = … }; a whole list is written [ … ]")
            }),
            MatcherTarget::Scalar => self.is_for_lists().then(|| {
                let message =
                    format!("`{}` of a list is never right here: this is a text or a number", self.name());
                MatcherFlaw::new(message).hint("write { any = [ … ] } for one of several")
            }),
        }
    }

    /// Whether it could not be right for a list.
    fn is_for_one(&self, is_open: &dyn Fn(&str) -> bool) -> bool {
        if let Self::Equals(value) = self {
            return !matches!(value, Value::List(_)) && !value.as_text().is_some_and(is_open);
        }
        matches!(
            self,
            Self::Template(_)
                | Self::Regex(_)
                | Self::Type(_)
                | Self::Length(_)
                | Self::Min(_)
                | Self::Max(_)
        )
    }

    /// Whether it could be right only for a list or an object.
    fn is_for_lists(&self) -> bool {
        matches!(
            self,
            Self::Equals(Value::List(_) | Value::Map(_) | Value::Null)
                | Self::Contains(Value::List(_) | Value::Map(_) | Value::Null)
                | Self::Each(_)
                | Self::Some(_)
                | Self::None(_)
                | Self::Count(_)
        )
    }
}

impl Bounds {
    /// Whether a number of things is within them; never, if they are not numbers.
    pub fn hold(&self, found: usize) -> bool {
        let bound = |value: &Value| value.digits()?.parse::<usize>().ok();
        let is_at_least = self.min.as_ref().is_none_or(|min| bound(min).is_some_and(|min| min <= found));
        is_at_least && self.max.as_ref().is_none_or(|max| bound(max).is_some_and(|max| found <= max))
    }

    fn flaw(&self, is_open: &dyn Fn(&str) -> bool) -> Option<MatcherFlaw> {
        let is_known = |value: &&Value| !value.as_text().is_some_and(is_open);
        let whole = |value: &Value| value.digits().and_then(|digits| digits.parse::<usize>().ok());
        let given = || self.min.iter().chain(&self.max);
        if let Some(wrong) = given().filter(is_known).find(|value| whole(value).is_none()) {
            return Some(MatcherFlaw::new(format!("{wrong} is not a whole number from 0 on")));
        }
        let (min, max) = (self.min.as_ref().and_then(whole), self.max.as_ref().and_then(whole));
        if given().all(|value| is_known(&value)) && min.unwrap_or(0) == 0 && max.is_none() {
            return Some(MatcherFlaw::new("no limit is given, so this could not fail"));
        }
        let (min, max) = (min?, max?);
        (min > max)
            .then(|| MatcherFlaw::new(format!("`min` is {min} and `max` is {max}, so this could not hold")))
    }
}

/// As `3`, `at least 1`, `at most 3` or `1 to 3`.
impl fmt::Display for Bounds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.min, &self.max) {
            (Some(min), Some(max)) if min == max => out.write_str(&min.to_plain()),
            (Some(min), Some(max)) => write!(out, "{} to {}", min.to_plain(), max.to_plain()),
            (Some(min), None) => write!(out, "at least {}", min.to_plain()),
            (None, Some(max)) => write!(out, "at most {}", max.to_plain()),
            (None, None) => out.write_str("any number of"),
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |parts: &[Matcher], word: &str| {
            parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(word)
        };
        match self {
            Self::Equals(value) => write!(out, "{value}"),
            Self::Template(text) => write!(out, "the template {}", Value::text(text)),
            Self::Regex(text) => write!(out, "a match of /{text}/"),
            Self::Any(options) => out.write_str(&joined(options, " or ")),
            Self::All(parts) => out.write_str(&joined(parts, " and ")),
            Self::Not(inner) => write!(out, "anything but {inner}"),
            Self::Present(true) => out.write_str("any value"),
            Self::Present(false) => out.write_str("nothing"),
            Self::Type(name) => write!(out, "a value of type {name}"),
            Self::Contains(value) => write!(out, "something that contains {value}"),
            Self::Length(bounds) => write!(out, "a length of {bounds}"),
            Self::Min(value) => write!(out, "a number of at least {}", value.to_plain()),
            Self::Max(value) => write!(out, "a number of at most {}", value.to_plain()),
            Self::Each(inner) => write!(out, "a list, each item {inner}"),
            Self::Some(inner) => write!(out, "a list, some item {inner}"),
            Self::None(inner) => write!(out, "a list, no item {inner}"),
            Self::Count(bounds) => write!(out, "a list, {bounds} item{}", plural(bounds)),
        }
    }
}

fn plural(bounds: &Bounds) -> &'static str {
    let last = bounds.max.as_ref().or(bounds.min.as_ref());
    if last.is_some_and(|value| value.to_plain() == "1") { "" } else { "s" }
}

#[cfg(test)]
mod tests;
