//! The wording of facts.

use std::fmt;

use super::fact::{AnswerChange, AnswerOutcome, Fact, MessageChange, PartChange, RequestChange};
use crate::model::Value;

/// The longest part of an answer that a fact repeats, in characters.
const LONGEST: usize = 70;

/// A text in quotes, cut to so many characters.
pub(super) fn cut(text: &str, longest: usize) -> String {
    let mut short: String = text.chars().take(longest).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    Value::text(short).to_string()
}

fn quote(text: &str) -> String {
    cut(text, LONGEST)
}

/// A text without quotes, cut to a bearable length.
fn short(text: &str) -> String {
    let quoted = quote(text);
    quoted[1..quoted.len() - 1].to_owned()
}

impl fmt::Display for Fact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstSeen => out.write_str("seen for the first time: there is no snapshot yet"),
            Self::Text => out.write_str("the text differs"),
            Self::Version { old, new } => {
                write!(out, "the contract's version `{}` became `{}`", short(old), short(new))
            }
            Self::Endpoint { old, new } => {
                write!(out, "recorded from the endpoint `{}`, before from `{}`", short(new), short(old))
            }
            Self::Answers { old, new: 1 } => write!(out, "1 answer, before {old}"),
            Self::Answers { old, new } => write!(out, "{new} answers, before {old}"),
            Self::Answer { step, change } => {
                step.map_or(Ok(()), |step| write!(out, "answer {step}: "))?;
                write!(out, "{change}")
            }
            Self::Request { step, change } => {
                match step {
                    Some(step) => write!(out, "request {step}: ")?,
                    None => out.write_str("request: ")?,
                }
                write!(out, "{change}")
            }
            Self::Equality { name, places, is_equal: true } => {
                write!(out, "[{}] is now the same in {places}, and was not", short(name))
            }
            Self::Equality { name, places, is_equal: false } => {
                write!(out, "[{}] is no longer the same in {places}", short(name))
            }
            Self::More(count) => write!(out, "{count} more such things"),
        }
    }
}

impl fmt::Display for AnswerChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outcome(outcome) => write!(out, "answered with {outcome}"),
            Self::Turned { old, new } => match new.code {
                None => write!(out, "now a success: {old} became {new}"),
                Some(_) => write!(out, "now an error: {old} became {new}"),
            },
            Self::Status { old, new, code } => {
                write!(out, "status {old} became {new}")?;
                code.as_ref().map_or(Ok(()), |code| write!(out, "; the error code stays {}", short(code)))
            }
            Self::Code { old, new } => write!(out, "error code {} became {}", short(old), short(new)),
            Self::Message(change) => write!(out, "{change}"),
            Self::Field { path, change, promise } => {
                write!(out, "field {} {change}", short(path))?;
                promise.map_or(Ok(()), |promise| write!(out, " ({promise})"))
            }
            Self::OtherFields { old, new } => {
                write!(out, "the body has other fields: {}, before {}", short(new), short(old))
            }
            Self::Header { name, change } => write!(out, "header {} {change}", short(name)),
            Self::Body { old, new } => write!(out, "the body was {old}, and is {new}"),
            Self::Lines => out.write_str("the text of the body differs"),
            Self::Root { old, new } => write!(out, "XML root <{}> became <{}>", short(old), short(new)),
        }
    }
}

impl fmt::Display for MessageChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within => {
                out.write_str("message changed within the contract's template: what fills it differs")
            }
            Self::Left(None) => out.write_str("message is no longer the one in the contract"),
            Self::Left(Some(reason)) => {
                write!(out, "message no longer fits the contract's template: {reason}")
            }
            Self::Joined => out.write_str("message is now the contract's, and was not"),
            Self::OtherRow => out.write_str("message is now that of another row of the contract"),
            Self::Free => out.write_str("message changed, and no row of the contract has it"),
        }
    }
}

impl fmt::Display for RequestChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target { old, new } => write!(out, "`{}` became `{}`", short(old), short(new)),
            Self::Parameter { name, change } => write!(out, "parameter {} {change}", short(name)),
            Self::Header { name, change } => write!(out, "header {} {change}", short(name)),
            Self::Body => out.write_str("its body differs"),
            Self::Order => out.write_str("the same parameters in another order"),
        }
    }
}

impl fmt::Display for PartChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => out.write_str("is new"),
            Self::Gone => out.write_str("is gone"),
            Self::Type { old, new } => write!(out, "changed its type: {old} became {new}"),
            Self::Value(None) => out.write_str("changed its value"),
            Self::Value(Some((old, new))) => write!(out, "changed: {} became {}", quote(old), quote(new)),
            Self::Unnamed(name) => {
                write!(out, "has a value that no rule names any more, in place of [{}]", short(name))
            }
            Self::Named(name) => write!(out, "has [{}] in place of a value that no rule named", short(name)),
            Self::FollowsCode => out.write_str("changed with the error code, which it repeats"),
            Self::Times { old, new } => write!(out, "is there {new} times, before {old}"),
            Self::Items { old, new: 1 } => write!(out, "has 1 item, before {old}"),
            Self::Items { old, new } => write!(out, "has {new} items, before {old}"),
            Self::Order => out.write_str("has the same parts in another order"),
        }
    }
}

impl fmt::Display for AnswerOutcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            None => write!(out, "{}", self.status),
            Some(code) => write!(out, "{} {}", self.status, short(code)),
        }
    }
}
