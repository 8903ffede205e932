//! A case as its table states it: what is sent, in which state, and what is expected.
//!
//! Texts in here may hold templates; `plan` renders them once the values are known.

use super::named::named;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::hash::Hash;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::exchange::{AnswerFormat, Method};
use super::id::TableId;
use super::matcher::{Matcher, MatcherFlaw, MatcherTarget};
use super::path_text::is_singular;
use super::spot::Spot;
use super::value::Value;
use super::work;

/// One case of a table, before its rows and axes are multiplied out.
#[derive(Debug)]
pub struct Case {
    /// The table that holds it.
    pub table: Arc<TableId>,
    /// Its own part of the id.
    pub name: String,
    /// What it shows, in a sentence; may hold templates.
    pub about: String,
    /// Rules of the contract that it tests.
    pub rules: Vec<String>,
    /// States to bring about before the first request.
    pub given: Vec<Given>,
    /// Variables, evaluated in order before anything is sent.
    pub vars: Vec<Variable>,
    /// Parameters of contract, table and case, already merged.
    pub params: Vec<(String, Value)>,
    /// Keys that are dropped after every merge.
    pub unset: Vec<String>,
    /// How the request differs from the contract's usual one.
    pub request: RequestSpec,
    /// Rows; empty if the case has none.
    pub rows: Vec<Row>,
    /// Axes; one empty choice if the case has none.
    pub axes: Vec<AxisChoice>,
    /// The requests, at least one.
    pub steps: Vec<Step>,
    /// Words by which cases are selected: those of its table, and its own.
    pub tags: BTreeSet<String>,
    /// Former ids of the case.
    pub former: Vec<String>,
    /// The accepted case of the contract, as `table/case`, that must pass too for an error row to be held.
    pub twin: Option<String>,
    /// Where it is written.
    pub spot: Spot,
}

impl Case {
    /// The position behind the last step whose request is sent at the same time as that of this one.
    pub fn end_of_group(&self, position: usize) -> usize {
        let later = self.steps.iter().skip(position + 1);
        position + 1 + later.take_while(|step| step.is_parallel).count()
    }
}

/// A name, and its value or template.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// The name that templates use.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// One data row of a case.
#[derive(Debug)]
pub struct Row {
    /// Its part of the id.
    pub id: String,
    /// What this row shows; replaces the case's sentence.
    pub about: Option<String>,
    /// Its variables.
    pub vars: Vec<Variable>,
    /// Parameters that it replaces.
    pub params: Vec<(String, Value)>,
    /// Keys that it drops.
    pub unset: Vec<String>,
    /// Where it is written.
    pub spot: Spot,
}

/// One combination of a case's axes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AxisChoice {
    /// The method.
    pub method: Option<Method>,
    /// Where the parameters go.
    pub place: Option<ParameterPlace>,
    /// The format that is asked for.
    pub format: Option<AnswerFormat>,
    /// The scheme of signing.
    pub sign: Option<Scheme>,
    /// What else is sent.
    pub with: Option<Arc<With>>,
}

/// Parameters that an axis adds, by their name in the table.
#[derive(Debug, Clone, PartialEq)]
pub struct With {
    /// The name.
    pub name: String,
    /// The parameters, over those of the row.
    pub params: Vec<(String, Value)>,
}

impl AxisChoice {
    /// The parameters that the choice adds.
    pub fn params(&self) -> &[(String, Value)] {
        self.with.as_ref().map(|with| with.params.as_slice()).unwrap_or_default()
    }

    /// The choice as the end of an id, such as `get-query-json-v1`; empty without axes.
    pub fn id(&self) -> String {
        let parts = [
            self.method.as_ref().map(|method| method.as_str().to_ascii_lowercase()),
            self.place.map(|place| place.to_string()),
            self.format.map(|format| format.to_string()),
            self.sign.map(|scheme| scheme.to_string()),
            self.with.as_ref().map(|with| with.name.clone()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("-")
    }
}

/// The part of an id behind a case's name: its row and its axes, which share it; none without either.
pub fn last_part(row: Option<&str>, axes: &str) -> Option<String> {
    match (row, axes) {
        (None, "") => None,
        (None, axes) => Some(axes.to_owned()),
        (Some(row), "") => Some(row.to_owned()),
        (Some(row), axes) => Some(format!("{row}-{axes}")),
    }
}

/// Header fields with those of `over` in the place of all that have their names, whatever the case of letters; they come
/// last. A name that `over` has twice stays twice.
pub(crate) fn put_over_fields(
    mut fields: Vec<(String, String)>,
    over: &[(String, String)],
) -> Vec<(String, String)> {
    if !fields.is_empty() && !over.is_empty() {
        let name = |(name, _): &(String, String)| {
            work::count(1);
            name.to_ascii_lowercase()
        };
        let replaced: HashSet<String> = over.iter().map(name).collect();
        fields.retain(|field| !replaced.contains(&name(field)));
    }
    fields.extend_from_slice(over);
    fields
}

/// Parameters with those of `over` in their place; new ones come last. A list is replaced whole.
#[must_use]
pub fn merge_params(mut params: Vec<(String, Value)>, over: &[(String, Value)]) -> Vec<(String, Value)> {
    put_over(&mut params, over.to_vec());
    params
}

/// So many comparisons of keys are made sooner than a map.
const FEW_COMPARISONS: usize = 2048;

/// Puts pairs in the place of those with their keys; new ones come last.
pub(crate) fn put_over<K: Clone + Eq + Hash, V>(pairs: &mut Vec<(K, V)>, over: Vec<(K, V)>) {
    if over.len().saturating_mul(pairs.len() + over.len()) <= FEW_COMPARISONS {
        for (key, value) in over {
            match pairs.iter_mut().find(|(known, _)| *known == key) {
                Some(found) => found.1 = value,
                None => pairs.push((key, value)),
            }
        }
        return;
    }
    // Of a key that is there twice the first counts, so that one is put in last.
    let known = pairs.iter().enumerate().rev().map(|(place, (key, _))| (key.clone(), place));
    let mut places: HashMap<K, usize> = known.collect();
    for (key, value) in over {
        work::count(1);
        match places.entry(key) {
            Entry::Occupied(place) => pairs[*place.get()].1 = value,
            Entry::Vacant(place) => {
                let key = place.key().clone();
                place.insert(pairs.len());
                pairs.push((key, value));
            }
        }
    }
}

/// A state that a case needs, by name, with its parameters.
#[derive(Debug, Clone)]
pub struct Given {
    /// The state's name.
    pub state: String,
    /// What its variables' names begin with, where a case needs to tell two apart.
    pub prefix: Option<String>,
    /// Its parameters; may hold templates.
    pub params: Vec<(String, Value)>,
    /// Where it is written.
    pub spot: Spot,
}

impl Given {
    /// The name that a case's templates have for one of its variables.
    pub fn variable(&self, name: &str) -> String {
        self.prefix.as_ref().map_or_else(|| name.to_owned(), |prefix| format!("{prefix}_{name}"))
    }
}

/// One request of a case and what is expected of its answer.
#[derive(Debug)]
pub struct Step {
    /// What the step is for.
    pub about: Option<String>,
    /// States to bring about before it.
    pub given: Vec<Given>,
    /// Parameters that it replaces.
    pub params: Vec<(String, Value)>,
    /// Keys that it drops.
    pub unset: Vec<String>,
    /// How its request differs from the case's.
    pub request: RequestSpec,
    /// Whether it repeats the request of the step before it, at the same time.
    pub is_parallel: bool,
    /// What is expected of the answer.
    pub expect: Arc<Expect>,
    /// Values of the answer that later steps use: name and `JSONPath`.
    pub save: Vec<(String, String)>,
    /// Where it is written.
    pub spot: Spot,
}

/// How a request differs from the usual one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestSpec {
    /// Another method.
    pub method: Option<Method>,
    /// Another place for the parameters.
    pub place: Option<ParameterPlace>,
    /// The format to ask for.
    pub format: Option<AnswerFormat>,
    /// Another scheme of signing than the endpoint's usual one.
    pub sign: Option<Scheme>,
    /// Parts set as they are, past every encoder.
    pub raw: RawParts,
}

named! {
    /// How a request is signed.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Scheme {
        /// Not at all.
        #[default]
        None = "none",
        /// HMAC-SHA1 in the parameters.
        V1 = "v1",
        /// ACS3-HMAC-SHA256 in header fields.
        V3 = "v3",
        /// A bearer token (RFC 6750).
        Bearer = "bearer",
        /// A user and a password (RFC 7617).
        Basic = "basic",
        /// AWS Signature Version 4.
        AwsV4 = "aws-sigv4" | "sigv4",
    }
}

impl FromStr for Scheme {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::of_word(text)
            .ok_or_else(|| format!("no such scheme; the schemes are {}", Self::NAMES.join(", ")))
    }
}

/// Parts of a request that are sent as written; may hold templates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawParts {
    /// The path.
    pub path: Option<String>,
    /// The query, without `?`.
    pub query: Option<String>,
    /// Header fields, added or replaced; a name once for each line that is sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// What is added to the parameters after the request is signed.
    pub after_signing: Option<String>,
    /// How far the clock of the signer is ahead, in seconds.
    pub signed_at: Option<i64>,
    /// The id of the key that the signature names, in place of the one that it is made with.
    pub signed_as: Option<String>,
}

impl RequestSpec {
    /// This specification with everything that `over` sets put in its place.
    #[must_use]
    pub fn merge(&self, over: &RequestSpec) -> RequestSpec {
        let headers = put_over_fields(self.raw.headers.clone(), &over.raw.headers);
        RequestSpec {
            method: over.method.clone().or_else(|| self.method.clone()),
            place: over.place.or(self.place),
            format: over.format.or(self.format),
            sign: over.sign.or(self.sign),
            raw: RawParts {
                path: over.raw.path.clone().or_else(|| self.raw.path.clone()),
                query: over.raw.query.clone().or_else(|| self.raw.query.clone()),
                headers,
                body: over.raw.body.clone().or_else(|| self.raw.body.clone()),
                after_signing: over.raw.after_signing.clone().or_else(|| self.raw.after_signing.clone()),
                signed_at: over.raw.signed_at.or(self.raw.signed_at),
                signed_as: over.raw.signed_as.clone().or_else(|| self.raw.signed_as.clone()),
            },
        }
    }
}

/// A step with every template rendered: all that is needed to send and to judge.
#[derive(Debug, Clone)]
pub struct PreparedStep {
    /// The parameters, merged.
    pub params: Vec<(String, Value)>,
    /// How the request differs from the usual one.
    pub request: RequestSpec,
    /// What is expected; the step's own where nothing in it is a template.
    pub expect: Arc<Expect>,
}

named! {
    /// Where parameters are in a request.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum ParameterPlace {
        /// In the path, at `{name}`.
        Path = "path",
        /// In the query.
        Query = "query",
        /// In a form body.
        Form = "form",
        /// In a JSON body.
        Json = "json",
        /// In a header field.
        Header = "header",
    }
}

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

#[cfg(test)]
mod tests {
    use super::{RawParts, RequestSpec, Value, merge_params};
    use crate::model::work::{assert_linear, steps};

    #[test]
    fn many_parameters_are_merged_as_few_are() {
        let pairs = |range: std::ops::Range<usize>, value: i64| -> Vec<(String, Value)> {
            range.map(|number| (format!("p{number}"), Value::integer(value))).collect()
        };
        assert_eq!(steps(|| drop(merge_params(pairs(0..10, 0), &pairs(5..15, 1)))), 0, "by comparing");
        for size in [10, 1000] {
            let merged = merge_params(pairs(0..2 * size, 0), &pairs(size..3 * size, 1));
            assert_eq!(merged, [pairs(0..size, 0), pairs(size..3 * size, 1)].concat());
        }
        assert_linear(1000, |size| drop(merge_params(pairs(0..size, 0), &pairs(size..2 * size, 1))));
    }

    fn with_fields(fields: impl IntoIterator<Item = (String, &'static str)>) -> RequestSpec {
        let headers = fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        RequestSpec { raw: RawParts { headers, ..RawParts::default() }, ..RequestSpec::default() }
    }

    #[test]
    fn many_header_fields_are_merged_as_few_are() {
        let few = |fields: &[(&str, &'static str)]| {
            with_fields(fields.iter().map(|(name, value)| ((*name).to_owned(), *value)))
        };
        let own = few(&[("a", "1"), ("B", "2"), ("c", "3"), ("b", "4")]);
        let merged = own.merge(&few(&[("x", "5"), ("b", "6"), ("b", "7")])).raw.headers;
        let texts: Vec<String> = merged.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(texts, ["a=1", "c=3", "x=5", "b=6", "b=7"]);
        let names =
            |range: std::ops::Range<usize>| with_fields(range.map(|number| (format!("X-{number}"), "v")));
        assert_linear(1000, |size| drop(names(0..size).merge(&names(size / 2..2 * size))));
        assert_eq!(steps(|| drop(names(0..1000).merge(&names(0..0)))), 0, "nothing is replaced");
    }
}
