//! Keys in files, and the statements that they have signed. No error repeats what is in a file.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::examine;
use crate::app::AppError;
use crate::evidence::{
    ExpectedSigner, KeyError, LARGEST_STATEMENT, PublicKey, SigningKey, Statement, is_archive, open,
};
use crate::whole_file::WholeFile;

/// The largest file in which a key is looked for, in bytes: one has some 120.
const LARGEST_KEY: u64 = 64 * 1024;

/// How much of a file is read to see whether it is a bundle.
const HEAD: u64 = 512;

/// The private key in a file.
///
/// # Errors
/// A file that cannot be read or holds none.
pub fn signing_key(path: &Path) -> Result<SigningKey, AppError> {
    SigningKey::from_pem(&text(path)?).map_err(|source| AppError::Key { path: path.to_path_buf(), source })
}

/// The public key in a file.
///
/// # Errors
/// A file that cannot be read or holds none.
pub fn public_key(path: &Path) -> Result<PublicKey, AppError> {
    PublicKey::from_pem(&text(path)?).map_err(|source| AppError::Key { path: path.to_path_buf(), source })
}

/// The text of a file that may hold a key. A file that is not text, or too long for a key, holds none.
fn text(path: &Path) -> Result<String, AppError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_KEY + 1).read_to_end(&mut bytes));
    read.map_err(|source| AppError::Unreadable { path: path.to_path_buf(), source })?;
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= LARGEST_KEY);
    text.ok_or_else(|| AppError::Key { path: path.to_path_buf(), source: KeyError::NoPem })
}

/// Writes a new key and its public half, neither over a file that is there. Gives the file of the public half, and that.
///
/// # Errors
/// A file that is there already or cannot be written.
pub fn make_key(private: &Path) -> Result<(PathBuf, PublicKey), AppError> {
    let public = beside(private);
    for path in [private, &public] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(AppError::settings_with(
                format!("{} is there already, and no key is written over", path.display()),
                "name another file, or move that one away",
            ));
        }
    }
    let key = SigningKey::generate().map_err(|source| AppError::Key { path: private.into(), source })?;
    write_file(private, WholeFile::secret, &key.to_pem())?;
    write_file(&public, WholeFile::in_place, &key.public().to_pem())?;
    Ok((public, key.public()))
}

/// The file beside a private key in which its public half is.
fn beside(private: &Path) -> PathBuf {
    let mut name = OsString::from(private);
    name.push(".pub");
    name.into()
}

fn write_file(path: &Path, create: fn(&Path) -> io::Result<WholeFile>, text: &str) -> Result<(), AppError> {
    let done = create(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.commit_new()
    });
    done.map_err(|source| AppError::Unwritable { path: path.to_path_buf(), source })
}

/// What a key has signed, and the digest of the bundle in which it was, if it was in one.
#[derive(Debug)]
pub struct Signed {
    /// The statement.
    pub statement: Statement,
    /// The digest of the bundle.
    pub bundle: Option<String>,
}

/// The statement in a file: a bundle that passes the checks of `verify`, or an envelope.
///
/// # Errors
/// A file that cannot be read, or holds no statement that the key has signed.
pub fn read_signed(path: &Path, key: &PublicKey) -> Result<Signed, AppError> {
    let unreadable = |source| AppError::Unreadable { path: path.to_path_buf(), source };
    let mut file = super::open_bundle(path)?;
    // A bundle may be far larger than what is held of it.
    let mut bytes = Vec::new();
    (&mut file).take(HEAD).read_to_end(&mut bytes).map_err(unreadable)?;
    let signed = if is_archive(&bytes) {
        let examined = examine(&mut file, &ExpectedSigner::Key(key.clone()));
        examined.map_err(|refusal| refusal.to_string()).map(|examined| Signed {
            statement: examined.bundle.statement,
            bundle: Some(examined.bundle.digest),
        })
    } else {
        file.take(LARGEST_STATEMENT + 1 - HEAD).read_to_end(&mut bytes).map_err(unreadable)?;
        of_envelope(&bytes, key).map(|statement| Signed { statement, bundle: None })
    };
    signed.map_err(|reason| AppError::NoStatement { path: path.to_path_buf(), reason })
}

/// The statement of an envelope, of which no evidence is at hand.
fn of_envelope(bytes: &[u8], key: &PublicKey) -> Result<Statement, String> {
    if bytes.len() as u64 > LARGEST_STATEMENT {
        return Err(format!("it is larger than {LARGEST_STATEMENT} bytes"));
    }
    let sealed = open(bytes).map_err(|error| error.to_string())?;
    if !sealed.is_signed_by(key) {
        return Err(format!("the key {} has not signed it", key.id()));
    }
    Statement::from_bytes(sealed.payload()).map_err(|error| error.to_string())
}
