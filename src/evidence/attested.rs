//! A statement together with what vouches for it, and the words that badge and certificate share.

use super::statement::{Statement, TestResult};
use crate::model::EndpointKind;

/// The deepest level of conformance; `snapshot`, behind it, is regression.
const WHOLE: &str = "body";

/// A statement, and what vouches for it.
#[derive(Debug, Clone, Copy)]
pub struct Attested<'a> {
    /// What is stated.
    pub statement: &'a Statement,
    /// The fingerprint of the key that has signed it.
    pub keyid: &'a str,
    /// The SHA-256 of the bundle in which the evidence is, if there is one.
    pub bundle: Option<&'a str>,
}

impl Attested<'_> {
    /// What was certified: the contract and its version, or how many there are.
    pub(super) fn subject(&self) -> String {
        match &self.statement.conformance.scope.contracts[..] {
            [one] => format!("{} {}", one.id, one.version),
            several => format!("{} contracts", several.len()),
        }
    }

    /// What it came to, in a few words with the figures that belong to them.
    pub(super) fn verdict(&self) -> String {
        let statement = self.statement;
        let (passed, cases) = (statement.passed.len(), statement.conformance.scope.cases);
        let words = match statement.result {
            TestResult::Passed => format!("conforms {passed}/{cases}"),
            TestResult::Warned => format!("conforms {passed}/{cases}, {} waived", statement.warned.len()),
            TestResult::Failed => format!("does not conform {passed}/{cases}"),
        };
        let words = match self.shallow_level() {
            Some(level) => format!("{words}, {level} only"),
            None => words,
        };
        let killed = statement.conformance.strength.as_ref().and_then(|strength| strength.mutants.percent());
        let words = match killed {
            Some(percent) => format!("{words}, kills {percent} of mutants"),
            None => words,
        };
        if self.is_ours() { format!("{words}, reference endpoint") } else { words }
    }

    /// Whether only the reference endpoint was tested, which says nothing about other endpoints.
    fn is_ours(&self) -> bool {
        let endpoints = &self.statement.conformance.scope.endpoints;
        !endpoints.is_empty() && endpoints.iter().all(|it| it.kind == EndpointKind::Reference.name())
    }

    /// The deepest level that counted, where that leaves out a part of what a contract promises.
    fn shallow_level(&self) -> Option<&str> {
        let levels = &self.statement.conformance.scope.levels;
        let is_whole = levels.iter().any(|level| level == WHOLE);
        levels.last().filter(|_| !is_whole).map(String::as_str)
    }
}
