//! Findings: single disagreements between contract or case and answer.

use super::named::named;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::spot::FileLocation;
use super::written;

named! {
    /// How deep a disagreement lies; the order is the order of the checks.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Level {
        /// The form of every answer: fields, request id, content type.
        Envelope = "envelope",
        /// The HTTP status.
        Status = "status",
        /// The error code.
        Code = "code",
        /// The error message.
        Message = "message",
        /// Other values of the answer.
        Body = "body",
        /// What the request did on the endpoint, and values that no two answers may share.
        Effect = "effect",
        /// The endpoint's own earlier answer.
        Snapshot = "snapshot",
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::of_word(text).ok_or_else(|| format!("not a level; the levels are {}", Self::NAMES.join(", ")))
    }
}

/// How the reason of a finding about a snapshot begins, where new answers could not be written.
pub const NOT_KEPT: &str = "the new answers are not kept: ";

/// What is expected where a field is that the contract does not name, and where one is that an answer of success must
/// not have: nothing, so the field itself is the finding, whatever its value.
pub const UNNAMED_FIELD: &str = "no field that the contract does not name";
/// See [`UNNAMED_FIELD`].
pub const ABSENT_FIELD: &str = "nothing, in an answer of success";

/// What is expected of a request id that another answer has.
pub const OWN_ID: &str = "a request id of its own";

/// What is expected of another value that no two answers may share.
pub const OWN_VALUE: &str = "a value that no other answer has";

/// A body that is for people, as one of a server that broke.
pub const A_PAGE: &str = "a page of HTML";

/// One disagreement between contract or case and answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its level.
    pub level: Level,
    /// The step's position, from 0.
    #[serde(with = "written::ordinal")]
    pub step: usize,
    /// What was looked at, such as `status` or `$.ExecutionId`.
    pub subject: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub actual: String,
    /// What says so: a row of the contract, or its sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The promises of the contract that it rests on, and where they are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cites: Vec<Citation>,
    /// Whether it only warns: the promise is marked as one that no published source has.
    #[serde(rename = "warning", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_warning: bool,
    /// Why it does not count, where a waiver covers it and not all else that is wrong with its case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

impl Finding {
    /// Whether it fails its case, if findings down to this level count.
    pub fn counts(&self, gate: Level) -> bool {
        !self.is_warning && self.level <= gate
    }
}

/// A promise of the contract that a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The promise.
    #[serde(flatten)]
    pub promise: Promise,
    /// Where it is written.
    #[serde(flatten)]
    pub site: FileLocation,
}

/// What a contract promises, by its name there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Promise {
    /// A line of its table of errors.
    ErrorRow {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: String,
    },
    /// A field of a body.
    Field {
        /// Its name.
        name: String,
    },
    /// A rule for every answer.
    Envelope {
        /// Its key.
        name: String,
    },
    /// What an accepted request does on the endpoint.
    Effect {
        /// What happens, as the contract says it.
        about: String,
    },
    /// A limit on a parameter's value.
    Limit {
        /// The parameter, as the contract writes it.
        parameter: String,
        /// The limit, in words.
        limit: String,
    },
}

impl fmt::Display for Promise {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ErrorRow { status, code } => write!(out, "error row {status} {code}"),
            Self::Field { name } => write!(out, "field {name}"),
            Self::Envelope { name } => write!(out, "envelope {name}"),
            Self::Effect { about } => write!(out, "effect \"{about}\""),
            Self::Limit { parameter, limit } => write!(out, "parameter {parameter}: {limit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Level, Promise};

    #[test]
    fn levels_are_known_by_their_names_and_in_their_order() {
        for (level, name) in Level::ALL
            .into_iter()
            .zip(["envelope", "status", "code", "message", "body", "effect", "snapshot"])
        {
            assert_eq!((level.name(), level.to_string().as_str()), (name, name));
            assert_eq!(name.parse(), Ok(level));
        }
        let error = "bodies".parse::<Level>().unwrap_err();
        assert_eq!(
            error,
            "not a level; the levels are envelope, status, code, message, body, effect, snapshot"
        );
        assert!(Level::ALL.is_sorted());
    }

    #[test]
    fn a_finding_counts_down_to_a_level_unless_it_warns() {
        let finding = |is_warning: bool| Finding {
            level: Level::Code,
            step: 0,
            subject: "code".into(),
            expected: String::new(),
            actual: String::new(),
            because: None,
            cites: Vec::new(),
            is_warning,
            waived: None,
        };
        let counted = |finding: &Finding| Level::ALL.map(|gate| finding.counts(gate));
        assert_eq!(counted(&finding(false)), [false, false, true, true, true, true, true]);
        assert_eq!(counted(&finding(true)), [false; 7]);
    }

    #[test]
    fn promises_are_named_as_in_the_contract() {
        let (parameter, limit) = ("id".to_owned(), "max-length 3".to_owned());
        for (promise, text) in [
            (Promise::ErrorRow { status: 404, code: "Gone".into() }, "error row 404 Gone"),
            (Promise::Field { name: "a".into() }, "field a"),
            (Promise::Envelope { name: "xml".into() }, "envelope xml"),
            (Promise::Effect { about: "a book is there".into() }, "effect \"a book is there\""),
            (Promise::Limit { parameter, limit }, "parameter id: max-length 3"),
        ] {
            assert_eq!(promise.to_string(), text);
        }
    }
}
