//! Evidence: what a run came to, in a form that a stranger can check.
//!
//! A [`Statement`] says what was certified, [`seal`] puts it into an envelope signed with a [`SigningKey`], and [`open`]
//! takes it out again. Each has one encoding, byte for byte. [`badge()`] and [`certificate()`] show a statement to people.
//! Nothing here reads a file or knows a run.

mod account;
mod archive;
mod attested;
mod badge;
mod bundle;
mod certificate;
mod derived;
mod divergence;
mod envelope;
mod judged;
mod key;
mod manifest;
mod packer;
mod provoked;
mod recorded;
#[cfg(test)]
mod sample;
mod statement;
mod unpacker;

pub use account::{ACCOUNT, Account, EndpointAccount};
pub use archive::{ArchiveError, is_archive, is_bundle};
pub use attested::Attested;
pub use badge::badge;
pub use bundle::{
    Bundle, BundleError, BundleEvents, BundleFiles, EVENTS, ExpectedSigner, LARGEST_STATEMENT, SIGNER,
    bundle, some,
};
pub use certificate::certificate;
pub use derived::{StatementBasis, statement};
pub use divergence::Divergence;
pub use envelope::{EnvelopeError, open, seal};
pub use judged::{JudgedRun, JudgingInputs, end_contradicts};
pub use key::{KeyError, PublicKey, SigningKey};
pub use manifest::{BundleManifest, ENVELOPE, ListedFile, MANIFEST};
pub use packer::Packer;
pub use provoked::{COVERAGE, Class, RowEvidence, coverage_bytes, find_provoked};
pub use recorded::{RecordedRun, keep_for_evidence, kept_start};
pub use statement::{
    CertifiedContract, CertifiedEndpoint, CertifiedRows, Conformance, Contradiction, Digest, ObservedEffects,
    Omission, ResourceDescriptor, Statement, StatementError, StatementScope, TestResult,
};
pub use unpacker::Unpacker;

/// JSON as files of a bundle have it: with indents, and a line's end.
fn canonical(value: &impl serde::Serialize) -> Vec<u8> {
    let mut bytes =
        serde_json::to_vec_pretty(value).expect("texts and numbers in structures are always JSON");
    bytes.push(b'\n');
    bytes
}

/// Reads such a file.
///
/// # Errors
/// Bytes that [`canonical`] would not have written.
fn read_canonical<T: serde::Serialize + serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let value: T = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if canonical(&value) == bytes { Ok(value) } else { Err("it is not as proofmark writes it".to_owned()) }
}
