//! A certificate: what a statement says, as a page of Markdown for people.
//!
//! It says nothing that the signed statement does not say, and how to check that. Lists are cut to fit a page.

use std::fmt::Write as _;

use super::attested::Attested;
use super::statement::{CertifiedRows, ObservedEffects, Omission, ResourceDescriptor, Statement, TestResult};
use crate::plain::markdown;

/// How many entries of a list are shown; the rest is counted.
const LISTED: usize = 20;
/// The longest text of one entry, in characters.
const LONGEST: usize = 300;

/// The certificate as a page of Markdown (GitHub's flavour, for its tables).
///
/// Writing to a `String` cannot fail, which is why results are dropped here and below.
pub fn certificate(attested: &Attested<'_>) -> String {
    let statement = attested.statement;
    let mut page = format!("# Certificate of conformance\n\n{}\n\n", sentence(statement));
    page.push_str("| what | |\n|---|---|\n");
    let mut row = |what: &str, cell: String| {
        let _ = writeln!(page, "| {what} | {cell} |");
    };
    row("result", format!("**{}**", statement.result));
    for (what, cell) in scope(statement) {
        row(what, cell);
    }
    for (what, count) in counts(statement) {
        row(what, count.to_string());
    }
    if let Some(url) = &statement.url {
        row("run", code(url));
    }
    row("subject", resources(&statement.subject));
    row("signed by", code(attested.keyid));
    if let Some(bundle) = attested.bundle {
        row("evidence", format!("SHA-256 {}", code(bundle)));
    }
    omissions(&mut page, statement);
    page.push_str(HOW_TO_CHECK);
    page
}

/// How a reader can find out whether it is true.
const HOW_TO_CHECK: &str = "\n## How to check it\n\n\
    This page is not signed. What is signed is the statement in the evidence bundle, and this page repeats it.\n\n\
    1. Take the signer's public key from where you trust it, and compare its fingerprint with *signed by* above.\n\
    2. Run `proofmark verify BUNDLE --key KEY`. It checks the signature and every digest, and judges the recorded \
    exchanges again, without a network.\n";

/// The result in a sentence.
fn sentence(statement: &Statement) -> String {
    let cases = statement.conformance.scope.cases;
    let passed = statement.passed.len();
    match statement.result {
        TestResult::Passed => format!(
            "**It conforms.** Every case that was required has passed: {passed} of the {cases} that there are."
        ),
        TestResult::Warned => format!(
            "**It conforms but for known failures.** {passed} of {cases} cases have passed; failed and waived: {}.",
            statement.warned.len()
        ),
        TestResult::Failed => format!(
            "**It does not conform.** {passed} of {cases} cases have passed; failed: {}.",
            statement.failed.len()
        ),
    }
}

/// What the result is about, and no more.
fn scope(statement: &Statement) -> Vec<(&'static str, String)> {
    let scope = &statement.conformance.scope;
    let contracts =
        scope.contracts.iter().map(|it| format!("{}, version {}", code(&it.id), code(&it.version)));
    let endpoints = scope
        .endpoints
        .iter()
        .map(|it| format!("{} ({}) at {}", code(&it.name), code(&it.kind), code(&it.url)));
    let words = |words: &[String]| match words.len() {
        0 => "none".to_owned(),
        _ => words.iter().take(LISTED).map(|it| code(it)).collect::<Vec<_>>().join(", "),
    };
    let strength = statement.conformance.strength.as_ref();
    let floor = strength.and_then(|strength| strength.floor.as_ref());
    let not_asked = || "not asked for".to_owned();
    vec![
        ("contract", join_entries(contracts)),
        ("endpoint", join_entries(endpoints)),
        ("levels that counted", words(&scope.levels)),
        ("effects", describe_effects(scope.effects)),
        ("formats", words(&scope.formats)),
        ("signatures of requests", words(&scope.signatures)),
        ("not judged, since no published source promises it", words(&scope.unpublished)),
        ("error rows held", rows_held(statement)),
        ("mutants of the answers", strength.map_or_else(not_asked, |it| it.mutants.summary())),
        ("floor", floor.map_or_else(not_asked, |floor| code(&floor.summary()))),
    ]
}

/// How many error rows are held, by contract.
fn rows_held(statement: &Statement) -> String {
    join_entries(statement.conformance.rows_held.iter().map(|rows| {
        let CertifiedRows { contract, held, not_measured, rows, .. } = rows;
        let open = if *not_measured > 0 { format!(", {not_measured} not measured") } else { String::new() };
        format!("{}: {held} of {rows}{open}", code(contract))
    }))
}

/// In how many cases effects were observed.
fn describe_effects(effects: ObservedEffects) -> String {
    match effects.observed + effects.not_observed {
        0 => "none promised that can be observed".to_owned(),
        total => format!("observed in {} of {total} cases", effects.observed),
    }
}

fn counts(statement: &Statement) -> [(&'static str, usize); 8] {
    let conformance = &statement.conformance;
    [
        ("cases of the suite", conformance.scope.cases),
        ("passed", statement.passed.len()),
        ("failed and waived", statement.warned.len()),
        ("failed", statement.failed.len()),
        ("skipped", conformance.skipped.len()),
        ("error rows out of reach", conformance.rows_out_of_reach.len()),
        ("not to be judged again from the evidence", conformance.not_rederivable.len()),
        ("files that it was tested with", statement.configuration.len()),
    ]
}

fn resources(resources: &[ResourceDescriptor]) -> String {
    join_entries(
        resources.iter().map(|it| format!("{}, SHA-256 {}", code(&it.name), code(&it.digest.sha256))),
    )
}

/// What did not pass, case by case.
fn omissions(page: &mut String, statement: &Statement) {
    let conformance = &statement.conformance;
    let failed = statement.failed.iter().map(|case| (case.as_str(), None)).collect();
    list(page, "Failed", failed);
    for (heading, omitted) in [
        ("Failed and waived", &conformance.waived),
        ("Skipped", &conformance.skipped),
        ("Error rows out of reach", &conformance.rows_out_of_reach),
        ("Not to be judged again from the evidence", &conformance.not_rederivable),
    ] {
        let entry = |it: &'_ Omission| (it.id.clone(), it.reason.clone());
        let entries: Vec<(String, String)> = omitted.iter().map(entry).collect();
        list(
            page,
            heading,
            entries.iter().map(|(id, reason)| (id.as_str(), Some(reason.as_str()))).collect(),
        );
    }
}

fn list(page: &mut String, heading: &str, entries: Vec<(&str, Option<&str>)>) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n## {heading}\n");
    let count = entries.len();
    for (id, reason) in entries.into_iter().take(LISTED) {
        let _ = match reason {
            Some(reason) => writeln!(page, "- {}: {}", code(id), code(reason)),
            None => writeln!(page, "- {}", code(id)),
        };
    }
    if count > LISTED {
        let _ = writeln!(page, "- and {} more", count - LISTED);
    }
}

/// Entries of one cell, below each other, as many as are shown.
fn join_entries(entries: impl ExactSizeIterator<Item = String>) -> String {
    let count = entries.len();
    let mut shown: Vec<String> = entries.take(LISTED).collect();
    if count > LISTED {
        shown.push(format!("and {} more", count - LISTED));
    }
    shown.join("<br>")
}

/// Text in a fixed font, of which nothing is markup, an address or a name to GitHub.
fn code(text: &str) -> String {
    let text = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    format!("<code>{}</code>", markdown(&text))
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::{LISTED, LONGEST, certificate};
    use crate::evidence::sample::{attest, omission, statement};
    use crate::evidence::{Statement, TestResult};

    fn of(change: impl FnOnce(&mut Statement)) -> String {
        let mut statement = statement();
        change(&mut statement);
        certificate(&attest(&statement))
    }

    #[test]
    fn a_failure_is_told_first_and_each_case_by_name() {
        let page = of(|it| {
            it.result = TestResult::Failed;
            it.failed.push("shop/Order/a/bad".into());
        });
        assert!(page.contains("**It does not conform.** 2 of 4 cases have passed; failed: 1."), "{page}");
        assert!(page.contains("\n## Failed\n\n- <code>shop/Order/a/bad</code>\n"), "{page}");
        let page = of(|it| {
            it.result = TestResult::Warned;
            it.warned.push("shop/Order/a/known".into());
            it.conformance.waived.push(omission("shop/Order/a/known"));
        });
        assert!(page.contains("**It conforms but for known failures.**"), "{page}");
        assert!(page.contains("- <code>shop/Order/a/known</code>: <code>no way to it</code>\n"), "{page}");
    }

    #[test]
    fn no_name_breaks_out_of_its_place() {
        let hostile = "a|b\n\n# x</code><script>`[l](http://e.vil)![](x)@user https://e.vil\u{202e}\u{1b}[2J";
        let quiet = of(|it| it.conformance.skipped.push(omission("a")));
        let page = of(|it| {
            it.conformance.skipped.push(omission(hostile));
            it.conformance.scope.contracts[0].id = hostile.into();
            it.conformance.scope.endpoints[0].url = hostile.into();
            it.subject[0].name = hostile.into();
        });
        // Foreign text is in code elements alone, and none of it ends one.
        let frame =
            |page: &str| Regex::new("<code>[^<\n]*</code>").unwrap().replace_all(page, "_").into_owned();
        assert_eq!(frame(&page), frame(&quiet));
        let foreign = Regex::new("<code>([^<\n]*)</code>").unwrap();
        for found in foreign.captures_iter(&page).map(|found| found[1].to_owned()) {
            assert!(!found.contains(['|', '`', '[', '@', '>', ':']), "{found}");
        }
        assert!(!page.contains(['\u{202e}', '\u{1b}']));
    }

    #[test]
    fn a_page_stays_a_page_whatever_is_listed() {
        let long = "x".repeat(100_000);
        let page = of(|it| {
            it.conformance.skipped = (0..1000).map(|n| omission(&format!("{n:04}{long}"))).collect();
            it.subject = vec![it.subject[0].clone(); 1000];
        });
        assert!(page.contains(&format!("\n- and {} more\n", 1000 - LISTED)), "{page}");
        assert!(page.len() < 4 * LISTED * LONGEST + 10_000, "{}", page.len());
    }
}
