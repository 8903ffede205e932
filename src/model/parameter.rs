//! Parameters of an operation, and the limits on their values. Main types: [`Parameter`] and [`Limit`].

use super::named::named;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::request_spec::ParameterPlace;
use super::spot::Spot;

/// One parameter of the operation.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name; `N` is the index of a list, as in `Tag.N.Key`.
    pub name: String,
    /// Its type.
    pub kind: ParameterType,
    /// Whether a request must carry it.
    pub is_required: bool,
    /// Whether the contract advises against it.
    pub is_deprecated: bool,
    /// Its place in the request, if that differs from the other parameters'.
    pub place: Option<ParameterPlace>,
    /// What it means.
    pub about: String,
    /// Names of sources.
    pub source: Vec<String>,
    /// Limits on its value.
    pub constraints: Vec<Constraint>,
    /// Codes that may answer its absence.
    pub missing: Vec<String>,
    /// Where it is written.
    pub spot: Spot,
}

impl Parameter {
    /// Whether two declare the same, wherever they are written.
    pub fn is_same(&self, other: &Self) -> bool {
        let Self {
            name,
            kind,
            is_required,
            is_deprecated,
            place,
            about,
            source,
            constraints,
            missing,
            spot: _,
        } = self;
        let is_alike = constraints.len() == other.constraints.len()
            && constraints.iter().zip(&other.constraints).all(|(one, another)| one.is_same(another));
        let own = (name, kind, is_required, is_deprecated, place, about, source, missing);
        let others = (
            &other.name,
            &other.kind,
            &other.is_required,
            &other.is_deprecated,
            &other.place,
            &other.about,
            &other.source,
            &other.missing,
        );
        is_alike && own == others
    }

    /// Whether `name` is this parameter, with numbers in the place of `N`.
    pub fn covers(&self, name: &str) -> bool {
        is_instance(&self.name, name)
    }
}

/// Whether `name` is an instance of the parameter that is declared so, with numbers in the place of `N`.
pub fn is_instance(declared: &str, name: &str) -> bool {
    // Most names differ from it in their first letter.
    if !declared.starts_with('N') && declared.as_bytes().first() != name.as_bytes().first() {
        return false;
    }
    let mut declared = declared.split('.');
    let mut found = name.split('.');
    loop {
        match (declared.next(), found.next()) {
            (None, None) => return true,
            (Some("N"), Some(index)) if index.parse::<u64>().is_ok() => {}
            (Some(left), Some(right)) if left == right => {}
            (None | Some(_), None | Some(_)) => return false,
        }
    }
}

named! {
    /// The type of a parameter.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum ParameterType {
        /// Text.
        String = "string",
        /// A whole number.
        Integer = "integer",
        /// Any number.
        Number = "number",
        /// A truth value.
        Boolean = "boolean",
        /// A list.
        List = "list",
        /// Keys and values.
        Object = "object",
    }
}

/// A limit on a parameter's value, with what the contract says happens past it.
#[derive(Debug, Clone)]
pub struct Constraint {
    /// The limit.
    pub limit: Limit,
    /// The code that answers a value past it.
    pub error: Option<String>,
    /// Names of sources.
    pub source: Vec<String>,
    /// What is worth knowing.
    pub about: Option<String>,
    /// Why the sources do not settle it.
    pub disputed: Option<String>,
    /// Where it is written.
    pub spot: Spot,
}

impl Constraint {
    /// Whether two say the same, wherever they are written.
    fn is_same(&self, other: &Self) -> bool {
        let Self { limit, error, source, about, disputed, spot: _ } = self;
        (limit, error, source, about, disputed)
            == (&other.limit, &other.error, &other.source, &other.about, &other.disputed)
    }
}

/// A limit on one value, or on the values of one request together. It is written out by the key that it has in a
/// contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// It must be there.
    Required,
    /// So many characters at the least.
    MinLength(usize),
    /// So many characters at the most.
    MaxLength(usize),
    /// So many items at the least.
    MinItems(usize),
    /// So many items at the most.
    MaxItems(usize),
    /// Only ASCII characters.
    Ascii,
    /// It must not start with this.
    NotPrefix(String),
    /// It must not contain this.
    NotContaining(String),
    /// No two instances in one request are equal.
    Unique,
    /// One of these.
    OneOf(Vec<String>),
    /// A regular expression matches it.
    Pattern(String),
    /// No less than this.
    Minimum(i64),
    /// No more than this.
    Maximum(i64),
    /// It names something that exists; a request alone does not show it.
    Known(String),
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => out.write_str("required"),
            Self::MinLength(count) => write!(out, "min-length {count}"),
            Self::MaxLength(count) => write!(out, "max-length {count}"),
            Self::MinItems(count) => write!(out, "min-items {count}"),
            Self::MaxItems(count) => write!(out, "max-items {count}"),
            Self::Ascii => out.write_str("characters ascii"),
            Self::NotPrefix(text) => write!(out, "not-prefix {text}"),
            Self::NotContaining(text) => write!(out, "not-containing {text}"),
            Self::Unique => out.write_str("unique"),
            Self::OneOf(options) => write!(out, "one-of {}", options.join(", ")),
            Self::Pattern(pattern) => write!(out, "pattern {pattern}"),
            Self::Minimum(least) => write!(out, "minimum {least}"),
            Self::Maximum(most) => write!(out, "maximum {most}"),
            Self::Known(what) => write!(out, "names {what}"),
        }
    }
}
