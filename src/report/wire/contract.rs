//! What a contract promises, as the start of a run repeats it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::{LimitStart, ParameterStart, RowStart};
use crate::model::{Limit, Reach};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawRow {
    status: u16,
    code: String,
    message: Option<String>,
    reach: RawReach,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawReach {
    Request,
    State,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RawParameter {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    about: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    limits: Vec<RawLimitStart>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RawLimitStart {
    limit: RawLimit,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    disputed: bool,
}

/// A limit, by the key that it has in a contract.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawLimit {
    Required,
    MinLength(usize),
    MaxLength(usize),
    MinItems(usize),
    MaxItems(usize),
    Ascii,
    NotPrefix(String),
    NotContaining(String),
    Unique,
    OneOf(Vec<String>),
    Pattern(String),
    Minimum(i64),
    Maximum(i64),
    Known(String),
}

impl From<&RowStart> for RawRow {
    fn from(row: &RowStart) -> Self {
        let RowStart { status, code, message, reach } = row.clone();
        let reach = match reach {
            Reach::Request => RawReach::Request,
            Reach::State => RawReach::State,
        };
        Self { status, code: code.to_string(), message, reach }
    }
}

impl From<RawRow> for RowStart {
    fn from(raw: RawRow) -> Self {
        let reach = match raw.reach {
            RawReach::Request => Reach::Request,
            RawReach::State => Reach::State,
        };
        Self { status: raw.status, code: Arc::from(raw.code), message: raw.message, reach }
    }
}

impl From<&ParameterStart> for RawParameter {
    fn from(parameter: &ParameterStart) -> Self {
        let ParameterStart { name, kind, is_deprecated, about, limits } = parameter.clone();
        let limit = |start: LimitStart| RawLimitStart {
            limit: start.limit.into(),
            errors: start.errors,
            disputed: start.is_disputed,
        };
        Self { name, kind, deprecated: is_deprecated, about, limits: limits.into_iter().map(limit).collect() }
    }
}

impl From<RawParameter> for ParameterStart {
    fn from(raw: RawParameter) -> Self {
        let RawParameter { name, kind, deprecated, about, limits } = raw;
        let limit = |raw: RawLimitStart| LimitStart {
            limit: raw.limit.into(),
            errors: raw.errors,
            is_disputed: raw.disputed,
        };
        let limits = limits.into_iter().map(limit).collect();
        Self { name, kind, is_deprecated: deprecated, about, limits }
    }
}

impl From<Limit> for RawLimit {
    fn from(limit: Limit) -> Self {
        match limit {
            Limit::Required => Self::Required,
            Limit::MinLength(count) => Self::MinLength(count),
            Limit::MaxLength(count) => Self::MaxLength(count),
            Limit::MinItems(count) => Self::MinItems(count),
            Limit::MaxItems(count) => Self::MaxItems(count),
            Limit::Ascii => Self::Ascii,
            Limit::NotPrefix(text) => Self::NotPrefix(text),
            Limit::NotContaining(text) => Self::NotContaining(text),
            Limit::Unique => Self::Unique,
            Limit::OneOf(options) => Self::OneOf(options),
            Limit::Pattern(pattern) => Self::Pattern(pattern),
            Limit::Minimum(least) => Self::Minimum(least),
            Limit::Maximum(most) => Self::Maximum(most),
            Limit::Known(what) => Self::Known(what),
        }
    }
}

impl From<RawLimit> for Limit {
    fn from(raw: RawLimit) -> Self {
        match raw {
            RawLimit::Required => Self::Required,
            RawLimit::MinLength(count) => Self::MinLength(count),
            RawLimit::MaxLength(count) => Self::MaxLength(count),
            RawLimit::MinItems(count) => Self::MinItems(count),
            RawLimit::MaxItems(count) => Self::MaxItems(count),
            RawLimit::Ascii => Self::Ascii,
            RawLimit::NotPrefix(text) => Self::NotPrefix(text),
            RawLimit::NotContaining(text) => Self::NotContaining(text),
            RawLimit::Unique => Self::Unique,
            RawLimit::OneOf(options) => Self::OneOf(options),
            RawLimit::Pattern(pattern) => Self::Pattern(pattern),
            RawLimit::Minimum(least) => Self::Minimum(least),
            RawLimit::Maximum(most) => Self::Maximum(most),
            RawLimit::Known(what) => Self::Known(what),
        }
    }
}
