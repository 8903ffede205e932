//! Limits of time in files: a whole number of seconds, or a text with a unit. Main type: [`TimeLimit`].

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::document::Node;
use super::form::{Definitions, ValueForm, named_schema, whole_digits};
use crate::model::{Problem, duration_between};

/// How long something may take: what the flags of the same name take, as text, or as a number of seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeLimit(pub(super) Duration);

/// The bounds of a limit; those of the flags.
const LEAST: &str = "1ms";
const MOST: &str = "1h";

impl<'a> ValueForm<'a> for TimeLimit {
    fn describe() -> String {
        "a number of seconds or a string such as \"30s\" or \"500ms\"".into()
    }

    fn fits(node: &Node) -> bool {
        whole_digits(node).or(node.as_text()).is_some()
    }

    fn read_fitting(node: &'a Node, problems: &mut Vec<Problem>) -> Option<Self> {
        match duration_between(whole_digits(node).or(node.as_text())?, LEAST, MOST) {
            Ok(limit) => Some(Self(limit)),
            Err(message) => {
                let hint = "write 30 for seconds, or \"500ms\", \"30s\" or \"1m\"";
                problems.push(Problem::new(node.spot.clone(), message).hint(hint));
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        named_schema("time-limit", definitions, |_| {
            let seconds = json!({ "type": "integer", "minimum": 1, "maximum": 3600 });
            json!({ "anyOf": [seconds, { "type": "string", "pattern": "^[0-9]+( *(ms|s|m|h|d|w))?$" }] })
        })
    }
}
