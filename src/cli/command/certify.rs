//! `certify`: a run, and a signed bundle of evidence that a stranger can judge again.

use std::env;
use std::io;
use std::path::Path;

use super::certificate::CertificateOutputs;
use crate::app::certify::{CertificateClaim, Certification, signing_key, subject_of_file};
use crate::app::review::snapshots_beside;
use crate::app::{AppError, check_endpoints, command_line};
use crate::app::{Keep, OutputKind};
use crate::cli::args::{CertifyArgs, ReuseArgs};
use crate::cli::certificate_text::{certificate, harmless, outcome};
use crate::cli::exit::{BROKEN, CONFORMS, CliError, INCONCLUSIVE, INTERRUPTED, NO_REPORT};
use crate::cli::interrupt::interruptible;
use crate::cli::output::{Output, ReportDestination, Surroundings};
use crate::cli::reports::Reports;
use crate::cli::settings::{CommandSettings, RunFlags, check_connect, other};
use crate::cli::{note, print};
use crate::event::Event;
use crate::evidence::{Attested, Digest, ResourceDescriptor, SigningKey, TestResult};
use crate::model::Suite;
use crate::whole_file::{WholeFile, scratch};

/// The variable of the environment that may hold the private key itself.
const KEY: &str = "PROOFMARK_SIGNING_KEY";

/// Runs cases, writes a bundle, and gives the exit code.
pub(super) fn certify(args: &CertifyArgs) -> Result<u8, CliError> {
    if args.target.endpoint.as_deref().and_then(other).is_none() {
        check_connect(&args.connect, ReuseArgs::default())?;
    }
    let key = key(args.key.as_deref())?;
    let subject = subject(args)?;
    let cases = &args.select.folder.cases;
    let claim = CertificateClaim {
        patterns: args.select.patterns.clone(),
        is_exact: args.select.exact,
        filters: args.select.filterset.clone(),
        skip: args.select.skip.clone(),
        subject,
        url: args.run_url.clone(),
        command: Some(command_line(env::args_os())),
        mutants: args.mutants,
    };
    let certification = Certification::read(cases, claim)?;
    let output = Output::resolve(&args.report)?;
    let keep = keep(args)?;
    let unwritable = |source| AppError::Unwritable { path: args.output.clone(), source };
    // Before anything is sent: a run may take long, and cost something.
    let mut file = WholeFile::create(&args.output).map_err(unwritable)?;
    let shown = CertificateOutputs::begin(args.badge.as_deref(), args.certificate.as_deref())?;
    let lines = scratch(&args.output).map_err(unwritable)?;
    let plan = certification.plan(args.manifest.as_deref())?;
    let CommandSettings { session, snapshots } = settings(args, certification.suite())?;
    session.target.check(&plan)?;
    let mut reports = Reports::open(&output, keep)?;
    let run = interruptible(async |stop| {
        let begun = certification.start(session, snapshots.kind).await?;
        Ok(begun.run(plan, stop, lines, |event: &Event| reports.take(event)).await)
    })?;
    let is_reported = reports.close();
    let Some(certified) = run? else { return Ok(INTERRUPTED) };
    let (mut bundle, examined) =
        certification.pack(certified, scratch(&args.output).map_err(unwritable)?, &key)?;
    let written = io::copy(&mut bundle, &mut file);
    written.and_then(|_| file.commit()).map_err(unwritable)?;
    let keyid = key.public().id();
    let (statement, digest) = (&examined.bundle.statement, &examined.bundle.digest);
    shown.write(&Attested { statement, keyid: &keyid, bundle: Some(digest) })?;
    let width = Surroundings::read().width_of_copied();
    let result = examined.bundle.statement.result;
    let text = match (args.report.quiet, result) {
        (false, _) => format!("\n{}", certificate(&examined, width)),
        (true, TestResult::Failed) => outcome(&examined, width),
        (true, TestResult::Passed | TestResult::Warned) => String::new(),
    };
    show(&harmless(&text), &output)?;
    let end = &examined.end;
    Ok(match result {
        _ if !is_reported => NO_REPORT,
        TestResult::Failed => BROKEN,
        TestResult::Passed | TestResult::Warned if end.left_behind > 0 => INCONCLUSIVE,
        TestResult::Passed | TestResult::Warned => CONFORMS,
    })
}

/// What the run is asked.
fn settings(args: &CertifyArgs, suite: &Suite) -> Result<CommandSettings, CliError> {
    let cases = &args.select.folder.cases;
    let named = args.target.endpoint.as_deref().and_then(other);
    check_endpoints(named.as_slice(), cases, suite)?;
    let asked = RunFlags {
        states: args.target.states.as_deref(),
        level: args.level.level,
        observing: args.level.observing(),
        ..RunFlags::plain(cases, &args.connect, &args.bounds)
    };
    CommandSettings::resolve(&asked, named)
}

/// Shows what is certified. A report for a program has standard output to itself.
fn show(text: &str, output: &Output) -> Result<(), CliError> {
    let is_taken = output.reports.iter().any(|target| target.place == ReportDestination::StandardOutput);
    if is_taken && !text.is_empty() {
        note(text.trim_end());
        return Ok(());
    }
    print(text).map(|_| ())
}

/// All that is read, and beside the reports all that is to be written.
fn keep(args: &CertifyArgs) -> Result<Keep, CliError> {
    let mut keep = Keep::new(args.report.force);
    keep.cases(&args.select.folder.cases);
    keep.snapshots(Some(&snapshots_beside(&args.select.folder.cases, None)));
    keep.file(args.key.as_deref(), "the private key");
    keep.file(args.subject_file.as_deref(), "what is certified");
    keep.file(args.manifest.as_deref(), "the manifest");
    keep.file(args.connect.ca_file.as_deref(), "a file of certificates");
    keep.file(args.connect.client_certificate.as_deref(), "a certificate and its key");
    keep.allow(&args.output, OutputKind::Bundle)?;
    for (path, kind) in [(&args.badge, OutputKind::Badge), (&args.certificate, OutputKind::Certificate)] {
        path.iter().try_for_each(|path| keep.allow(path, kind))?;
    }
    Ok(keep)
}

/// The private key: of a file, or of the environment.
fn key(path: Option<&Path>) -> Result<SigningKey, CliError> {
    if let Some(path) = path {
        return Ok(signing_key(path)?);
    }
    match env::var(KEY) {
        Ok(text) => {
            SigningKey::from_pem(&text).map_err(|source| AppError::Key { path: KEY.into(), source }.into())
        }
        Err(_) => Err(CliError::Usage {
            message: format!("no key to sign with: neither --key FILE nor {KEY} gives one"),
            hint: Some("`proofmark keygen --output FILE` makes one".into()),
        }),
    }
}

/// What was tested, if an argument names it.
fn subject(args: &CertifyArgs) -> Result<Option<ResourceDescriptor>, CliError> {
    if let Some(path) = &args.subject_file {
        return Ok(Some(subject_of_file(path)?));
    }
    let Some(text) = &args.subject else { return Ok(None) };
    let wrong = || CliError::Usage {
        message: format!("--subject: `{text}` is not a name and digest"),
        hint: Some("write NAME=sha256:HEX, with 64 lower-case hexadecimal digits".into()),
    };
    let (name, digest) = text.rsplit_once("=sha256:").ok_or_else(wrong)?;
    let is_digit = |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
    if name.is_empty() || digest.len() != 64 || !digest.chars().all(is_digit) {
        return Err(wrong());
    }
    let digest = Digest { sha256: digest.to_owned() };
    Ok(Some(ResourceDescriptor { digest, name: name.to_owned(), uri: None }))
}
