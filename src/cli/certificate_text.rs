//! What a certificate says, for a person: the result, and what it is about.

use std::collections::BTreeSet;

use super::output::is_on_github;
use crate::app::certify::Examined;
use crate::event::Outcome;
use crate::evidence::{CertifiedRows, Class, MANIFEST, Omission, TestResult};
use crate::wrapped::copyable;

/// The columns of the names of facts.
const NAMES: usize = 11;

/// How many cases of a list are named.
const NAMED: usize = 10;

/// The result, and what it is about and what not, in lines no wider than `width`.
pub(super) fn certificate(examined: &Examined, width: usize) -> String {
    let statement = &examined.bundle.statement;
    let scope = &statement.conformance.scope;
    let mut lines = WrappedLines { text: String::new(), width };
    lines.result(examined);
    for contract in &scope.contracts {
        lines.add("contract", &format!("{} {}", contract.id, contract.version));
    }
    for endpoint in &scope.endpoints {
        // One that has no name is known by its address.
        let address =
            if endpoint.name == endpoint.url { String::new() } else { format!(", {}", endpoint.url) };
        lines.add("endpoint", &format!("{} ({}){address}", endpoint.name, endpoint.kind));
    }
    for subject in &statement.subject {
        lines.add("subject", &format!("{} sha256:{}", subject.name, subject.digest.sha256));
        if subject.name == MANIFEST && examined.parts.account.subject.is_none() {
            lines.add("", "the evidence itself: nothing says which program has answered");
        }
    }
    lines.add("levels", &scope.levels.join(", "));
    if examined.judged.end.effects.total() > 0 {
        lines.add("effects", &examined.judged.end.effects.to_string());
    }
    lines.add("formats", &list_words(&scope.formats));
    lines.add("signatures", &list_words(&scope.signatures));
    if !scope.unpublished.is_empty() {
        lines.add("not judged", &format!("{}: no published source has it", scope.unpublished.join(", ")));
    }
    lines.add("cases", &cases(examined));
    lines.add("error rows", &rows(examined));
    for rows in &statement.conformance.rows_held {
        let CertifiedRows { contract, held, not_held, not_measured, rows } = rows;
        let parts = [(not_held, "not held"), (not_measured, "not measured")];
        let parts = parts.iter().filter(|(count, _)| **count > 0);
        let rest = parts.map(|(count, what)| format!(", {count} {what}")).collect::<Vec<_>>().concat();
        lines.add("held", &format!("{held} of {rows} error rows of {contract}{rest}"));
    }
    if let Some(strength) = &statement.conformance.strength {
        lines.add("mutants", &strength.mutants.summary());
        strength.floor.iter().for_each(|floor| lines.add("floor", &floor.summary()));
    }
    lines.omissions("waived", &statement.conformance.waived);
    let failed: BTreeSet<&str> = statement.failed.iter().map(String::as_str).collect();
    let skipped = |omissions: &[Omission]| -> Vec<Omission> {
        omissions.iter().filter(|omission| failed.contains(omission.id.as_str())).cloned().collect()
    };
    lines.omissions("skipped", &skipped(&statement.conformance.skipped));
    lines.omissions("not shown", &statement.conformance.not_rederivable);
    for stale in &examined.judged.end.stale_waivers {
        lines.add("stale", &stale.to_string());
    }
    let (started, ended) = examined.parts.account.times();
    lines.add("run", &format!("{started} to {ended}, by proofmark {}", examined.start.tool_version));
    lines.text
}

/// The result alone, with the counts that it follows from.
pub(super) fn outcome(examined: &Examined, width: usize) -> String {
    let mut lines = WrappedLines { text: String::new(), width };
    lines.result(examined);
    lines.add("cases", &cases(examined));
    lines.text
}

/// The text without what GitHub's CI would take for a command, where that reads it.
pub(super) fn harmless(text: &str) -> String {
    if is_on_github() { text.replace("::", ": :").replace("##[", "## [") } else { text.to_owned() }
}

fn list_words(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn cases(examined: &Examined) -> String {
    let statement = &examined.bundle.statement;
    let conformance = &statement.conformance;
    let parts = [
        (statement.passed.len(), "passed"),
        (statement.warned.len(), "waived or flaky"),
        (statement.failed.len() - examined.judged.skipped, "failed"),
        (examined.judged.skipped, "skipped"),
        (conformance.not_rederivable.len(), "not shown"),
        (examined.judged.outside.len(), "not selected"),
    ];
    let counts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    format!(
        "{} of {}: {}",
        examined.judged.planned.len(),
        conformance.scope.cases,
        counts.collect::<Vec<_>>().join(", ")
    )
}

fn rows(examined: &Examined) -> String {
    let classes = [
        (Class::ByRequest, "by a request"),
        (Class::ByState, "by a state"),
        (Class::OnlyOnTheReferenceEndpoint, "only on the reference endpoint"),
        (Class::NotProvoked, "not provoked"),
    ];
    let count = |class| examined.rows.iter().filter(|row| row.evidence == class).count();
    let counts =
        classes.into_iter().map(|(class, what)| (count(class), what)).filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    if counts.is_empty() {
        "none".to_owned()
    } else {
        format!("{}: {}", examined.rows.len(), counts.join(", "))
    }
}

struct WrappedLines {
    text: String,
    width: usize,
}

impl WrappedLines {
    /// A fact with its name, or one more line of the last.
    fn add(&mut self, name: &str, fact: &str) {
        let first = format!("{name:<NAMES$}  ");
        self.text.push_str(&copyable(fact, &first, &" ".repeat(NAMES + 2), self.width));
    }

    fn result(&mut self, examined: &Examined) {
        let result = examined.bundle.statement.result;
        self.add("result", result.name());
        // A run may conform without such cases, which would leave this unexplained.
        if result == TestResult::Failed && examined.judged.skipped > 0 {
            let run = if examined.end.outcome() == Outcome::Conforms { "the run conforms, but " } else { "" };
            self.add(
                "",
                &format!("{run}a skipped case fails a certificate, also one that was skipped on purpose"),
            );
        }
    }

    fn omissions(&mut self, name: &str, omissions: &[Omission]) {
        for omission in omissions.iter().take(NAMED) {
            self.add(name, &format!("{}: {}", omission.id, omission.reason));
        }
        if omissions.len() > NAMED {
            self.add(name, &format!("and {} more", omissions.len() - NAMED));
        }
    }
}
