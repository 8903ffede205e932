//! On which side of a limit of the contract a request stands.

use std::collections::BTreeSet;

use regex::Regex;

use crate::model::{Limit, Request, is_instance};

/// Whether a request has a value of a parameter, by its declared name, within the limit, and one just past it.
pub fn sides(parameter: &str, limit: &Limit, request: &Request) -> (bool, bool) {
    let values: Vec<&str> = request
        .params
        .iter()
        .filter(|(name, _)| is_instance(parameter, name))
        .map(|(_, value)| value.as_str())
        .collect();
    let any = |test: &dyn Fn(&str) -> bool| values.iter().any(|value| test(value));
    let lengths = |length: usize| any(&|value| value.chars().count() == length);
    let number = |wanted: i64| any(&|value| value.parse() == Ok(wanted));
    match limit {
        Limit::Required => {
            let is_there = any(&|value| !value.is_empty());
            (is_there, !is_there)
        }
        Limit::MaxLength(most) => (lengths(*most), lengths(most + 1)),
        Limit::MinLength(least) => (lengths(*least), least.checked_sub(1).is_some_and(lengths)),
        Limit::MaxItems(most) => (items(parameter, request) == *most, items(parameter, request) == most + 1),
        Limit::MinItems(least) => {
            (items(parameter, request) == *least, items(parameter, request) + 1 == *least)
        }
        Limit::Ascii => {
            (any(&|value| !value.is_empty() && value.is_ascii()), any(&|value| !value.is_ascii()))
        }
        // A near miss says more than any value without the text.
        Limit::NotPrefix(text) => (
            any(&|value| !value.starts_with(text) && value.contains(text)),
            any(&|value| value.starts_with(text)),
        ),
        Limit::NotContaining(text) => {
            (any(&|value| !value.is_empty() && !value.contains(text)), any(&|value| value.contains(text)))
        }
        Limit::Unique => {
            let distinct: BTreeSet<&&str> = values.iter().collect();
            (values.len() > 1 && distinct.len() == values.len(), distinct.len() < values.len())
        }
        Limit::OneOf(options) => {
            let is_known = |value: &str| options.iter().any(|option| option == value);
            (any(&is_known), any(&|value| !is_known(value)))
        }
        Limit::Pattern(pattern) => match Regex::new(pattern) {
            Ok(regex) => (any(&|value| regex.is_match(value)), any(&|value| !regex.is_match(value))),
            Err(_) => (false, false),
        },
        Limit::Minimum(least) => (number(*least), number(least - 1)),
        Limit::Maximum(most) => (number(*most), number(most + 1)),
        Limit::Known(_) => (false, false),
    }
}

/// How many items of a list parameter a request sends.
fn items(parameter: &str, request: &Request) -> usize {
    let prefix = format!("{parameter}.");
    let rest = request.params.iter().filter_map(|(name, _)| name.strip_prefix(&prefix));
    let indices: BTreeSet<&str> = rest.map(|rest| rest.split('.').next().unwrap_or(rest)).collect();
    indices.len()
}
