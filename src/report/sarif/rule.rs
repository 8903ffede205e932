//! The rules that results name. Their ids never change with a run: they are made of the contract and
//! its promise, or of the kind of result. Main types: [`SarifRule`] and [`SarifRules`].

use std::collections::HashMap;

use serde_json::json;

use super::object::{DefaultConfiguration, RuleDescriptor, Severity, Text};
use crate::model::{CaseId, Finding, Level, Promise};
use crate::report::cause::cited_promise;

/// What a result is an instance of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SarifRule {
    /// A promise of a contract.
    Promise { contract: String, promise: Promise },
    /// Anything else that is looked at on a level.
    Level(Level),
    /// A case failed, and no finding that counts says why.
    Failed,
    /// A case passed, but not at once.
    Flaky,
    /// It cannot be decided.
    Inconclusive,
    /// A case was not tried.
    Skipped,
    /// Clean-up did not work.
    LeftBehind,
}

impl SarifRule {
    /// The rule of a finding.
    pub(super) fn of(finding: &Finding, case: &CaseId) -> Self {
        let contract = case.table().rsplit_once('/').map_or("", |(contract, _)| contract).to_owned();
        match cited_promise(finding) {
            Some(promise) => Self::Promise { contract, promise: promise.clone() },
            None => Self::Level(finding.level),
        }
    }

    /// Its id, which stays the same from run to run.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Promise { contract, promise } => match promise {
                Promise::ErrorRow { code, .. } => format!("{contract}/{code}"),
                Promise::Limit { parameter, limit } => format!("{contract}/{parameter}/{limit}"),
                Promise::Field { name } => format!("{contract}/field/{name}"),
                Promise::Envelope { name } => format!("{contract}/envelope/{name}"),
                Promise::Effect { about } => format!("{contract}/effect/{about}"),
            },
            Self::Level(level) => level.to_string(),
            Self::Failed => "failed".to_owned(),
            Self::Flaky => "flaky".to_owned(),
            Self::Inconclusive => "inconclusive".to_owned(),
            Self::Skipped => "skipped".to_owned(),
            Self::LeftBehind => "left-behind".to_owned(),
        }
    }

    fn short(&self) -> String {
        match self {
            Self::Promise { contract, promise } => format!("{contract}: {promise}"),
            Self::Level(level) => format!("The {level} of an answer is as it should be"),
            Self::Failed => "A case passes".to_owned(),
            Self::Flaky => "A case passes at the first attempt".to_owned(),
            Self::Inconclusive => "It can be decided whether the contract holds".to_owned(),
            Self::Skipped => "A case is tried".to_owned(),
            Self::LeftBehind => "What a case set up is cleaned up".to_owned(),
        }
    }

    fn about(&self) -> &'static str {
        match self {
            Self::Promise { promise, .. } => about_promise(promise),
            Self::Level(level) => about_level(*level),
            Self::Failed => "The contract is broken.",
            Self::Flaky => "What an endpoint answers depends on more than what it is asked.",
            Self::Inconclusive => "No whole answer came, or a state could not be set up.",
            Self::Skipped => "No way leads to what the case needs, or it was not allowed.",
            Self::LeftBehind => "Something is left on the endpoint, since its removal did not work.",
        }
    }

    fn level(&self) -> Severity {
        match self {
            Self::Promise { .. } | Self::Level(_) | Self::Failed => Severity::Error,
            Self::Flaky | Self::LeftBehind => Severity::Warning,
            Self::Inconclusive | Self::Skipped => Severity::None,
        }
    }

    fn describe(&self) -> RuleDescriptor {
        RuleDescriptor {
            id: self.id(),
            short_description: Text::new(&self.short()),
            full_description: Text::new(self.about()),
            help: Text::new(self.about()),
            default_configuration: DefaultConfiguration { level: self.level() },
            properties: json!({ "tags": ["contract"] }),
        }
    }
}

fn about_promise(promise: &Promise) -> &'static str {
    match promise {
        Promise::ErrorRow { .. } => "The answer has the status, the code and the message of this error row.",
        Promise::Limit { .. } => "A value past this limit is refused as the contract says, and no other one.",
        Promise::Field { .. } => "The answer has this field, in its type and form.",
        Promise::Envelope { .. } => "Every answer keeps this rule.",
        Promise::Effect { .. } => "An accepted request does this once, and a refused one does nothing.",
    }
}

fn about_level(level: Level) -> &'static str {
    match level {
        Level::Envelope => {
            "Every answer has the fields, the request id and the content type that the contract promises."
        }
        Level::Status => "The HTTP status is the one that the contract or the case names.",
        Level::Code => "The error code is the one that the contract or the case names.",
        Level::Message => "The error message is that of the contract's row, or fits the case.",
        Level::Body => "Header fields, values and times of the answer are as the case expects.",
        Level::Effect => "What a request does on the endpoint is what its answer says.",
        Level::Snapshot => "The endpoint answers what it answered before.",
    }
}

/// The rules of a run, in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct SarifRules {
    all: Vec<SarifRule>,
    known: HashMap<String, usize>,
}

impl SarifRules {
    /// The position of a rule, which joins those that are met if it is new.
    pub(super) fn index(&mut self, rule: &SarifRule) -> usize {
        let next = self.all.len();
        let index = *self.known.entry(rule.id()).or_insert(next);
        if index == next {
            self.all.push(rule.clone());
        }
        index
    }

    /// All that were met.
    pub(super) fn into_all(self) -> Vec<RuleDescriptor> {
        self.all.iter().map(SarifRule::describe).collect()
    }
}
