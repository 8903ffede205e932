//! `verify`: whether a bundle is whole, signed, and true.

use std::fs::File;
use std::path::Path;

use crate::app::certify::{BundleRefusal, Examined, examine, is_of, open_bundle, public_key};
use crate::cli::args::VerifyArgs;
use crate::cli::certificate_text::{certificate, harmless};
use crate::cli::exit::{BROKEN, CONFORMS, CliError, INCONCLUSIVE, INVALID_FILES};
use crate::cli::output::Surroundings;
use crate::cli::print;
use crate::evidence::{Bundle, BundleError, ExpectedSigner, TestResult, some};
use crate::model::plural;
use crate::source::Shelf;
use crate::wrapped::copyable;

/// Checks a bundle, and says what was checked and what it certifies.
pub(super) fn verify(args: &VerifyArgs) -> Result<u8, CliError> {
    let signer = signer(args.key.as_deref())?;
    let mut file = open_bundle(&args.bundle)?;
    let width = Surroundings::read().width_of_copied();
    let own = args.cases.as_deref().map(Shelf::copy).transpose()?;
    if matches!(signer, ExpectedSigner::Unknown) {
        return verify_whole(&mut file, width);
    }
    let examined = examine(&mut file, &signer).and_then(|examined| match &own {
        None => Ok(examined),
        Some(shelf) => is_of(shelf, examined),
    });
    match examined {
        Err(refusal) => {
            print(&harmless(&describe_refusal(&refusal, width)))?;
            Ok(INVALID_FILES)
        }
        Ok(examined) => {
            let text = list_checks(&examined, own.is_some(), width);
            print(&harmless(&format!("{text}\n{}", certificate(&examined, width))))?;
            Ok(match examined.bundle.statement.result {
                TestResult::Failed => BROKEN,
                TestResult::Passed | TestResult::Warned => CONFORMS,
            })
        }
    }
}

/// Whether a bundle by an unknown signer is whole. Its cases are not judged again: its tables could ask for any amount
/// of work.
fn verify_whole(file: &mut File, width: usize) -> Result<u8, CliError> {
    let bundle = match Bundle::open(file, &ExpectedSigner::Unknown) {
        Ok(bundle) => bundle,
        Err(error) => {
            print(&harmless(&describe_refusal(&BundleRefusal::Bundle(error), width)))?;
            return Ok(INVALID_FILES);
        }
    };
    let key = bundle.signer.id();
    let whose = format!("signature    by the key sha256:{key}, which no flag says is the right one");
    let mut text = list_lines(&intact(&bundle, whose), width);
    for line in [
        format!(
            "result       {} by its own account; no case is judged again for a signer who is unknown",
            bundle.statement.result
        ),
        "the signer is unknown: --key names a key, or the fingerprint of one, that you trust".to_owned(),
    ] {
        text.push_str(&copyable(&line, "??  ", &" ".repeat(17), width));
    }
    print(&harmless(&text))?;
    Ok(INCONCLUSIVE)
}

/// What was checked of a bundle's form.
fn intact(bundle: &Bundle, whose: String) -> Vec<String> {
    vec![
        format!("archive      {} files, in the one encoding of a bundle", bundle.count()),
        whose,
        "digests      every file is the one that is signed for".to_owned(),
    ]
}

fn list_lines(lines: &[String], width: usize) -> String {
    lines.iter().map(|line| copyable(line, "ok  ", &" ".repeat(17), width)).collect()
}

/// Who must have signed: the key in a file, or one that is known by its fingerprint.
fn signer(text: Option<&str>) -> Result<ExpectedSigner, CliError> {
    let Some(text) = text else { return Ok(ExpectedSigner::Unknown) };
    let is_digest = |text: &str| text.len() == 64 && text.chars().all(|letter| letter.is_ascii_hexdigit());
    let Some(fingerprint) = text.strip_prefix("sha256:") else {
        if is_digest(text) && !Path::new(text).exists() {
            return Err(CliError::Usage {
                message: format!("--key: there is no file `{text}`"),
                hint: Some(format!("a fingerprint is written sha256:{text}")),
            });
        }
        return Ok(ExpectedSigner::Key(public_key(Path::new(text))?));
    };
    let fingerprint = fingerprint.to_ascii_lowercase();
    if !is_digest(&fingerprint) {
        return Err(CliError::Usage {
            message: format!("--key: `{text}` is not a fingerprint"),
            hint: Some("write sha256: and the 64 hexadecimal digits that `proofmark keygen` prints".into()),
        });
    }
    Ok(ExpectedSigner::Fingerprint(fingerprint))
}

/// What was checked, one line each.
fn list_checks(examined: &Examined, is_compared: bool, width: usize) -> String {
    let judged = &examined.judged;
    let cases = |count: usize| plural(count, "case", "cases");
    let key = examined.bundle.signer.id();
    let whose = format!("signature    by the key sha256:{key}, as asked for");
    let mut lines = intact(&examined.bundle, whose);
    lines.push(format!(
        "judged again {} of {} {}, from the recorded answers: each comes to what is recorded",
        judged.confirmed,
        judged.planned.len(),
        cases(judged.planned.len())
    ));
    if judged.skipped > 0 {
        lines.push(format!(
            "skipped      {} {}, of which nothing can be judged",
            judged.skipped,
            cases(judged.skipped)
        ));
    }
    if !judged.underivable.is_empty() {
        lines.push(format!(
            "not shown    {} {}, not counted",
            judged.underivable.len(),
            cases(judged.underivable.len())
        ));
    }
    lines.push("statement    result, counts, rows and scope follow from the evidence".to_owned());
    if is_compared {
        lines.push("cases        contracts and tables are those in the folder".to_owned());
    }
    let (mine, theirs) = (env!("CARGO_PKG_VERSION"), &examined.start.tool_version);
    if mine != theirs {
        lines.push(format!("version      made by proofmark {theirs}, judged again by {mine}"));
    }
    list_lines(&lines, width)
}

/// Why a bundle is refused, one line for each thing that is wrong.
fn describe_refusal(refusal: &BundleRefusal, width: usize) -> String {
    let mut text = String::new();
    let lines = match refusal {
        BundleRefusal::Bundle(BundleError::Files(wrong)) => some(wrong),
        BundleRefusal::Bundle(error) => vec![error.to_string()],
        BundleRefusal::Untrue(untrue) => {
            let head = "the bundle is whole and signed, and what it says is not so".to_owned();
            std::iter::once(head).chain(some(untrue)).collect()
        }
    };
    for line in lines {
        text.push_str(&copyable(&line, "BAD ", "    ", width));
    }
    text.push_str("refused\n");
    text
}
