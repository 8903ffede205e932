//! A whole bundle: its files, the list of them, and the signed statement. Main type: [`Bundle`], one that was opened.
//!
//! What is opened is whole, and signed by the key that it names; whether it says what is true is another question, which
//! judging it again answers.

use super::archive::{ArchiveError, Files, pack, unpack};
use super::envelope::{EnvelopeError, Sealed, open, seal};
use super::key::{KeyError, PublicKey, SigningKey};
use super::manifest::{ENVELOPE, MANIFEST, Manifest};
use super::statement::{Statement, StatementError};
use crate::protocol::sha256_hex;

/// The file with the events of the run.
pub const EVENTS: &str = "events.ndjson";

/// The file with the public key of the signer, for whoever knows its fingerprint alone.
pub const SIGNER: &str = "signer.pem";

/// The largest list, in bytes: above what the most files of a bundle come to, each with a name as long as tar takes.
const LARGEST_LIST: usize = 16 * 1024 * 1024;

/// Who must have signed a bundle.
#[derive(Debug, Clone)]
pub enum Signer {
    /// The holder of this key.
    Key(PublicKey),
    /// The holder of the key with this fingerprint.
    Fingerprint(String),
    /// Anybody: the bundle says who, and no more than its form counts.
    Unknown,
}

/// Why bytes are no bundle that is taken.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is not of the form of a bundle.
    #[error("the archive: {0}")]
    Archive(#[from] ArchiveError),
    /// It lacks a file that every bundle has.
    #[error("the file `{0}` is missing")]
    Missing(&'static str),
    /// The envelope is none.
    #[error("`{ENVELOPE}`: {0}")]
    Envelope(#[from] EnvelopeError),
    /// The key inside is none.
    #[error("`{SIGNER}`: {0}")]
    Key(#[from] KeyError),
    /// The key inside is not written in its one way.
    #[error("`{SIGNER}`: it is not as proofmark writes it")]
    KeyEncoding,
    /// The key inside is another one.
    #[error("`{SIGNER}`: it is not the key that `{ENVELOPE}` names")]
    OtherKey,
    /// Somebody else has signed.
    #[error("`{ENVELOPE}`: it names the key sha256:{found}, and not sha256:{due}")]
    OtherSigner {
        /// Who must have signed.
        due: String,
        /// Who is named.
        found: String,
    },
    /// The signature does not fit.
    #[error("`{ENVELOPE}`: the signature is not of this statement by the key sha256:{keyid}")]
    Signature {
        /// The key that is named.
        keyid: String,
    },
    /// What is signed is no statement.
    #[error("`{ENVELOPE}`: {0}")]
    Statement(#[from] StatementError),
    /// The list is none.
    #[error("`{MANIFEST}`: {0}")]
    Manifest(String),
    /// What is signed is about another list.
    #[error("`{MANIFEST}`: it is not the one that the statement in `{ENVELOPE}` names")]
    Unbound,
    /// Files are not as the list has them.
    #[error("{}", some(.0).join("; "))]
    Files(Vec<String>),
}

/// How many things that are wrong are named.
const NAMED: usize = 20;

/// What is wrong, line by line: as much of it as is named, and how much more there is.
#[must_use]
pub fn some<T: ToString>(wrong: &[T]) -> Vec<String> {
    let mut lines: Vec<String> = wrong.iter().take(NAMED).map(ToString::to_string).collect();
    if wrong.len() > NAMED {
        lines.push(format!("and {} more", wrong.len() - NAMED));
    }
    lines
}

/// A bundle that is whole, and signed.
#[derive(Debug)]
pub struct Bundle {
    /// Its files.
    pub files: Files,
    /// What is signed.
    pub statement: Statement,
    /// Who signed.
    pub signer: PublicKey,
}

/// The bundle of these files, with a list of them and the signed statement that follows from both.
///
/// # Errors
/// Names or sizes that no bundle has, or what `state` says.
pub fn bundle<E: From<ArchiveError>>(
    mut files: Files,
    key: &SigningKey,
    state: impl FnOnce(&Files) -> Result<Statement, E>,
) -> Result<Vec<u8>, E> {
    files.insert(SIGNER.to_owned(), key.public().to_pem().into_bytes());
    files.insert(MANIFEST.to_owned(), Manifest::of(&files).to_bytes());
    let statement = state(&files)?;
    files.insert(ENVELOPE.to_owned(), seal(&statement.to_bytes(), key));
    Ok(pack(&files)?)
}

impl Bundle {
    /// Opens a bundle: its form, the signature, and every digest.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn open(bytes: &[u8], signer: &Signer) -> Result<Self, BundleError> {
        let files = unpack(bytes)?;
        let file = |name: &'static str| files.get(name).ok_or(BundleError::Missing(name));
        let sealed = open(file(ENVELOPE)?)?;
        let signer = signed_by(&sealed, signer, file(SIGNER)?)?;
        let statement = Statement::from_bytes(sealed.payload())?;
        let listed = file(MANIFEST)?;
        let digest = sha256_hex(listed);
        let mut resources = statement.configuration.iter();
        if !resources.any(|resource| resource.name == MANIFEST && resource.digest.sha256 == digest) {
            return Err(BundleError::Unbound);
        }
        if listed.len() > LARGEST_LIST {
            return Err(BundleError::Manifest(format!("it has more than {LARGEST_LIST} bytes")));
        }
        let manifest = Manifest::from_bytes(listed).map_err(BundleError::Manifest)?;
        let wrong = manifest.differences(&files);
        if wrong.is_empty() && manifest == Manifest::of(&files) {
            return Ok(Self { files, statement, signer });
        }
        Err(if wrong.is_empty() {
            BundleError::Manifest("its list is not in order".to_owned())
        } else {
            BundleError::Files(wrong)
        })
    }
}

/// The key that has signed, which must be the one that is expected, and the one inside.
fn signed_by(sealed: &Sealed, signer: &Signer, inside: &[u8]) -> Result<PublicKey, BundleError> {
    let due = match signer {
        Signer::Key(key) => Some(key.id()),
        Signer::Fingerprint(id) => Some(id.clone()),
        Signer::Unknown => None,
    };
    if let Some(due) = due.filter(|due| due != sealed.keyid()) {
        return Err(BundleError::OtherSigner { due, found: sealed.keyid().to_owned() });
    }
    let text = std::str::from_utf8(inside).map_err(|_| BundleError::KeyEncoding)?;
    let key = PublicKey::from_pem(text)?;
    if key.to_pem().as_bytes() != inside {
        return Err(BundleError::KeyEncoding);
    }
    if key.id() != sealed.keyid() {
        return Err(BundleError::OtherKey);
    }
    // The key inside is the one that is expected if its fingerprint is, which the envelope names.
    if !sealed.is_signed_by(&key) {
        return Err(BundleError::Signature { keyid: sealed.keyid().to_owned() });
    }
    Ok(key)
}
