//! Keys in files. No error repeats what stands in one.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::exit::CliError;
use crate::evidence::{KeyError, PublicKey, SigningKey};

/// The largest file in which a key is looked for, in bytes: one has some 120.
const LARGEST_KEY: u64 = 64 * 1024;

/// The private key in a file.
pub(super) fn signing_key(path: &Path) -> Result<SigningKey, CliError> {
    SigningKey::from_pem(&text(path)?).map_err(|source| CliError::Key { path: path.to_path_buf(), source })
}

/// The public key in a file.
pub(super) fn public_key(path: &Path) -> Result<PublicKey, CliError> {
    PublicKey::from_pem(&text(path)?).map_err(|source| CliError::Key { path: path.to_path_buf(), source })
}

/// The text of a file that may hold a key. What is no text, or too long for a key, holds none.
fn text(path: &Path) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_KEY + 1).read_to_end(&mut bytes));
    read.map_err(|source| CliError::Unreadable { path: path.to_path_buf(), source })?;
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= LARGEST_KEY);
    text.ok_or_else(|| CliError::Key { path: path.to_path_buf(), source: KeyError::NoPem })
}
