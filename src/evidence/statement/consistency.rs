//! Whether the parts of a statement can hold together. It is asked before a statement is signed, and when one is read.

use std::collections::BTreeSet;

use super::{Omission, Statement, TestResult};
use crate::evidence::envelope::is_sha256;
use crate::model::Level;

/// Parts of a statement that cannot hold together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// Nothing that the statement is about.
    #[error("it has no subject")]
    NoSubject,
    /// A digest that is none.
    #[error("the digest of `{name}` is not a SHA-256 in lower-case hexadecimal digits")]
    Digest {
        /// Whose.
        name: String,
    },
    /// A result that its own lists do not bear out.
    #[error("its result cannot be {result} beside what it lists")]
    Result {
        /// The result.
        result: TestResult,
    },
    /// A case that counts as passed or warned, and as something else as well.
    #[error("`{case}` is in two lists that exclude each other")]
    Twice {
        /// Its id.
        case: String,
    },
    /// Cases that are warned about are others than those that are waived.
    #[error("the cases that are warned about are not those that are waived, each once")]
    Waived,
    /// No contract, no endpoint, or fewer cases than are listed.
    #[error("its scope has no contract, no endpoint, or fewer cases than it lists")]
    Scope,
    /// Levels that are not those down to one of them.
    #[error("its levels are not the levels from the first to one of them")]
    Levels,
}

impl Statement {
    /// Whether the parts of the statement hold together: the result is what the lists bear out, no case is in two of
    /// them, and digests are digests.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn consistent(&self) -> Result<(), Contradiction> {
        if self.subject.is_empty() {
            return Err(Contradiction::NoSubject);
        }
        let mut resources = self.subject.iter().chain(&self.configuration);
        if let Some(wrong) = resources.find(|resource| !is_sha256(&resource.digest.sha256)) {
            return Err(Contradiction::Digest { name: wrong.name.clone() });
        }
        self.result_is_borne_out()?;
        self.lists_are_apart()?;
        self.scope_holds()
    }

    fn result_is_borne_out(&self) -> Result<(), Contradiction> {
        let is_borne_out = match self.result {
            TestResult::Passed => !self.passed.is_empty() && self.warned.is_empty() && self.failed.is_empty(),
            TestResult::Warned => !self.warned.is_empty() && self.failed.is_empty(),
            // It may have failed for a reason outside its cases, such as a stale waiver.
            TestResult::Failed => true,
        };
        if is_borne_out { Ok(()) } else { Err(Contradiction::Result { result: self.result }) }
    }

    fn omitted_cases(&self) -> BTreeSet<&str> {
        let conformance = &self.conformance;
        let lists = [&conformance.skipped, &conformance.rows_out_of_reach, &conformance.not_rederivable];
        lists.into_iter().flatten().map(|omission| omission.id.as_str()).collect()
    }

    /// A failed case may also be named as one that was skipped; nothing else may be in two lists.
    fn lists_are_apart(&self) -> Result<(), Contradiction> {
        let omitted = self.omitted_cases();
        let mut seen = BTreeSet::new();
        for case in self.passed.iter().chain(&self.warned) {
            if omitted.contains(case.as_str()) || !seen.insert(case) {
                return Err(Contradiction::Twice { case: case.clone() });
            }
        }
        if let Some(case) = self.failed.iter().find(|case| seen.contains(case)) {
            return Err(Contradiction::Twice { case: case.clone() });
        }
        let warned: BTreeSet<&str> = self.warned.iter().map(String::as_str).collect();
        let waived: Vec<&str> = self.conformance.waived.iter().map(of_omission).collect();
        let is_same = waived.len() == warned.len() && waived.iter().all(|case| warned.contains(case));
        if is_same { Ok(()) } else { Err(Contradiction::Waived) }
    }

    fn scope_holds(&self) -> Result<(), Contradiction> {
        let scope = &self.conformance.scope;
        let listed = self.passed.len() + self.warned.len() + self.failed.len();
        if scope.contracts.is_empty() || scope.endpoints.is_empty() || scope.cases < listed {
            return Err(Contradiction::Scope);
        }
        let names = Level::ALL.iter().map(|level| level.name());
        let is_prefix =
            scope.levels.len() <= Level::ALL.len() && scope.levels.iter().eq(names.take(scope.levels.len()));
        if scope.levels.is_empty() || !is_prefix { Err(Contradiction::Levels) } else { Ok(()) }
    }
}

fn of_omission(omission: &Omission) -> &str {
    &omission.id
}
