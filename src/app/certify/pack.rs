//! The bundle of a run that was recorded: evidence, a statement that follows from it, and a signature.

use std::fs::File;
use std::io::BufWriter;

use super::{CertificateInputs, EventRecording, PART};
use crate::app::AppError;
use crate::evidence::{
    ACCOUNT, BundleError, BundleFiles, COVERAGE, Divergence, EVENTS, SigningKey, bundle, coverage_bytes,
};
use crate::sign::{Redactor, Secrets};
use crate::source::Shelf;

/// What a bundle is made of.
pub(super) struct BundleContent<'a> {
    pub(super) parts: &'a CertificateInputs,
    pub(super) shelf: &'a Shelf,
    pub(super) recording: EventRecording,
    pub(super) secrets: &'a Secrets,
}

impl BundleContent<'_> {
    /// Writes the bundle. What the run comes to is counted from what is kept.
    pub(super) fn pack(mut self, out: &mut File, key: &SigningKey) -> Result<(), AppError> {
        let Self { parts, .. } = self;
        let events =
            parts.events(self.recording.lines()?.content).map_err(|divergence| untrue(&divergence))?;
        let (judged, start, _) = parts.judge(events).map_err(|divergence| untrue(&divergence))?;
        if let Some(first) = judged.divergences.first() {
            return Err(untrue(first));
        }
        self.recording.end = judged.end.clone();
        let rows = parts.rows(&judged).map_err(|divergence| untrue(&divergence))?;
        let mut files = BundleFiles::new();
        files.extend(self.shelf.files().map(|(name, text)| (name, text.as_bytes().to_vec())));
        files.insert(ACCOUNT.to_owned(), parts.account.to_bytes());
        files.insert(COVERAGE.to_owned(), coverage_bytes(&rows));
        let held = self.recording.holds_secret.then_some(EVENTS);
        if let Some(name) = held.or_else(|| holds_secret(&files, self.secrets)) {
            return Err(AppError::no_certificate(format!("a secret of the endpoint is in `{name}`")));
        }
        let state =
            |files: &BundleFiles| parts.statement(&start, &judged, &rows, files).map_err(Unmade::Untrue);
        let out = BufWriter::with_capacity(PART, out);
        bundle(out, files, self.recording.lines()?, key, state).map_err(|error| match error {
            Unmade::Untrue(divergence) => untrue(&divergence),
            Unmade::Bundle(error) => AppError::no_certificate(format!("the bundle: {error}")),
        })
    }
}

fn untrue(divergence: &Divergence) -> AppError {
    AppError::no_certificate(format!("the evidence does not hold: {divergence}"))
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
fn holds_secret<'a>(files: &'a BundleFiles, secrets: &Secrets) -> Option<&'a str> {
    let redactor = Redactor::new(secrets);
    files.iter().find(|(_, bytes)| redactor.hide_bytes(bytes).is_some()).map(|(name, _)| name.as_str())
}
