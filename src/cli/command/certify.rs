//! `certify`: a run, and a signed bundle of evidence that a stranger can judge again.

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, Seek};
use std::path::Path;

use super::certificate::Shown;
use crate::app::certify::{PART, Parts, Recording, Refusal, examine};
use crate::cli::args::{CertifyArgs, ReuseArgs};
use crate::cli::certificate_text::{certificate, harmless, outcome};
use crate::cli::certified_run::{Certified, Selection};
use crate::cli::exit::{BROKEN, CONFORMS, CliError, INCONCLUSIVE, INTERRUPTED, NO_REPORT};
use crate::cli::keep::{Keep, Kind};
use crate::cli::key_file::signing_key;
use crate::cli::output::{Output, Place, Surroundings};
use crate::cli::settings::{check_connect, other, snapshots_beside};
use crate::cli::{note, print};
use crate::evidence::{
    ACCOUNT, Attested, BundleError, COVERAGE, Digest, Divergence, EVENTS, Files, Resource, Signer,
    SigningKey, TestResult, bundle, coverage_bytes,
};
use crate::protocol::sha256_of;
use crate::protocol::sign::{Redactor, Secrets};
use crate::source::{Shelf, Wanted, load, load_shelf, load_shelf_manifest, load_shelf_waivers, load_waivers};
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
    let shelf = Shelf::copy(&args.select.folder.cases)?;
    // What is wrong is shown where it stands on the disk, and not in the copy.
    let on_disk = |error| load(&args.select.folder.cases, Wanted::All).err().unwrap_or(error);
    let suite = load_shelf(&shelf).map_err(on_disk)?;
    // Names of endpoints in waivers are held against endpoints.toml, which is no part of the evidence.
    load_waivers(&args.select.folder.cases)?;
    let waivers = load_shelf_waivers(&shelf)?;
    let selection = Selection { suite: &suite, waivers: &waivers, args };
    let output = Output::resolve(&args.report)?;
    let keep = keep(args)?;
    let unwritable = |source| CliError::Unwritable { path: args.output.clone(), source };
    // Before anything is sent: a run may take long, and cost something.
    let mut file = WholeFile::create(&args.output).map_err(unwritable)?;
    let shown = Shown::begin(args.badge.as_deref(), args.certificate.as_deref())?;
    let certified = selection.run(&output, keep, scratch(&args.output).map_err(unwritable)?)?;
    let Some(Certified { mut account, recording, secrets, is_reported }) = certified else {
        return Ok(INTERRUPTED);
    };
    account.patterns.clone_from(&args.select.patterns);
    account.exact = args.select.exact;
    account.subject = subject;
    account.url.clone_from(&args.run_url);
    let manifest = load_shelf_manifest(&shelf)?;
    let parts = Parts { account, suite, waivers, manifest };
    let mut bundle = scratch(&args.output).map_err(unwritable)?;
    let evidence = Evidence { parts: &parts, shelf: &shelf, recording, secrets: &secrets };
    evidence.pack(&mut bundle, &key)?;
    let examined = examine(&mut bundle, &Signer::Key(key.public())).map_err(|refusal| unsound(&refusal))?;
    let written = bundle.rewind().and_then(|()| io::copy(&mut bundle, &mut file));
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
    tell(&harmless(&text), &output)?;
    let end = &examined.end;
    Ok(match result {
        _ if !is_reported => NO_REPORT,
        TestResult::Failed => BROKEN,
        TestResult::Passed | TestResult::Warned if end.left_behind > 0 => INCONCLUSIVE,
        TestResult::Passed | TestResult::Warned => CONFORMS,
    })
}

/// Tells what is certified. A report for a program has standard output to itself.
fn tell(text: &str, output: &Output) -> Result<(), CliError> {
    let is_taken = output.reports.iter().any(|target| target.place == Place::StandardOutput);
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
    keep.allow(&args.output, Kind::Bundle)?;
    for (path, kind) in [(&args.badge, Kind::Badge), (&args.certificate, Kind::Certificate)] {
        path.iter().try_for_each(|path| keep.allow(path, kind))?;
    }
    Ok(keep)
}

/// The private key: of a file, or of the environment.
fn key(path: Option<&Path>) -> Result<SigningKey, CliError> {
    if let Some(path) = path {
        return signing_key(path);
    }
    match env::var(KEY) {
        Ok(text) => SigningKey::from_pem(&text).map_err(|source| CliError::Key { path: KEY.into(), source }),
        Err(_) => Err(CliError::Usage {
            message: format!("no key to sign with: neither --key FILE nor {KEY} gives one"),
            hint: Some("`proofmark keygen --output FILE` makes one".into()),
        }),
    }
}

/// What was tested, where somebody says what that is.
fn subject(args: &CertifyArgs) -> Result<Option<Resource>, CliError> {
    let resource =
        |name: &str, sha256: String| Resource { digest: Digest { sha256 }, name: name.to_owned(), uri: None };
    if let Some(path) = &args.subject_file {
        let digest = File::open(path).and_then(sha256_of);
        let digest = digest.map_err(|source| CliError::Unreadable { path: path.clone(), source })?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok(Some(resource(&name, digest)));
    }
    let Some(text) = &args.subject else { return Ok(None) };
    let wrong = || CliError::Usage {
        message: format!("--subject: `{text}` is no name and digest"),
        hint: Some("write NAME=sha256:HEX, with 64 lower-case hexadecimal digits".into()),
    };
    let (name, digest) = text.rsplit_once("=sha256:").ok_or_else(wrong)?;
    let is_digit = |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
    if name.is_empty() || digest.len() != 64 || !digest.chars().all(is_digit) {
        return Err(wrong());
    }
    Ok(Some(resource(name, digest.to_owned())))
}

/// What a bundle is made of.
struct Evidence<'a> {
    parts: &'a Parts,
    shelf: &'a Shelf,
    recording: Recording,
    secrets: &'a Secrets,
}

impl Evidence<'_> {
    /// Writes the bundle. What the run comes to is counted from what is kept.
    fn pack(mut self, out: &mut File, key: &SigningKey) -> Result<(), CliError> {
        let Self { parts, .. } = self;
        let events =
            parts.events(self.recording.lines()?.content).map_err(|divergence| untrue(&divergence))?;
        let (judged, start, _) = parts.judge(events).map_err(|divergence| untrue(&divergence))?;
        if let Some(first) = judged.divergences.first() {
            return Err(untrue(first));
        }
        self.recording.end = judged.end.clone();
        let rows = parts.rows(&judged).map_err(|divergence| untrue(&divergence))?;
        let mut files = Files::new();
        files.extend(self.shelf.files().map(|(name, text)| (name, text.as_bytes().to_vec())));
        files.insert(ACCOUNT.to_owned(), parts.account.to_bytes());
        files.insert(COVERAGE.to_owned(), coverage_bytes(&rows));
        let held = self.recording.holds_secret.then_some(EVENTS);
        if let Some(name) = held.or_else(|| holds_secret(&files, self.secrets)) {
            return Err(CliError::NoCertificate {
                reason: format!("a secret of the endpoint is in `{name}`"),
            });
        }
        let state = |files: &Files| parts.statement(&start, &judged, &rows, files).map_err(Unmade::Untrue);
        let out = BufWriter::with_capacity(PART, out);
        bundle(out, files, self.recording.lines()?, key, state).map_err(|error| match error {
            Unmade::Untrue(divergence) => untrue(&divergence),
            Unmade::Bundle(error) => CliError::NoCertificate { reason: format!("the bundle: {error}") },
        })
    }
}

fn untrue(divergence: &Divergence) -> CliError {
    CliError::NoCertificate { reason: format!("the evidence does not hold: {divergence}") }
}

/// Why a bundle is not made.
enum Unmade {
    Bundle(BundleError),
    Untrue(Divergence),
}

impl From<BundleError> for Unmade {
    fn from(error: BundleError) -> Self {
        Self::Bundle(error)
    }
}

/// A file in which a secret is, in whatever form: what requests are signed with must never be handed on.
fn holds_secret<'a>(files: &'a Files, secrets: &Secrets) -> Option<&'a str> {
    let redactor = Redactor::new(secrets);
    files.iter().find(|(_, bytes)| redactor.hidden(bytes).is_some()).map(|(name, _)| name.as_str())
}

/// A bundle that does not stand up to its own examination is not handed out.
fn unsound(refusal: &Refusal) -> CliError {
    CliError::NoCertificate { reason: format!("the bundle does not verify: {refusal}") }
}
