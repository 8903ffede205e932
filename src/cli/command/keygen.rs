//! `keygen`: keys that sign certificates. A private key is written to its file, and nowhere else.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::args::KeygenArgs;
use crate::cli::exit::{CliError, USAGE};
use crate::cli::key_file::signing_key;
use crate::cli::{note, print};
use crate::evidence::{PublicKey, SigningKey};
use crate::report::printable;
use crate::whole_file::WholeFile;

/// Makes a key, or prints the public half of one.
pub(super) fn keygen(args: &KeygenArgs) -> Result<u8, CliError> {
    match (&args.output, &args.public) {
        (Some(path), _) => make(path),
        (None, Some(path)) => show(&signing_key(path)?.public()),
        // The parser asks for one of the two.
        (None, None) => Ok(USAGE),
    }
}

/// Writes a new key and its public half, neither over a file that is there.
fn make(private: &Path) -> Result<u8, CliError> {
    let public = beside(private);
    for path in [private, &public] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(taken(path));
        }
    }
    let key = SigningKey::generate().map_err(|source| CliError::Key { path: private.into(), source })?;
    written(private, WholeFile::secret, &key.to_pem())?;
    written(&public, WholeFile::in_place, &key.public().to_pem())?;
    let [private, public] = [private, &public].map(|path| path.display().to_string());
    print(&format!(
        "private key  {}\npublic key   {}\nfingerprint  {}\n",
        printable(&private),
        printable(&public),
        key.public().id()
    ))
}

/// The file beside a private key in which its public half stands.
fn beside(private: &Path) -> PathBuf {
    let mut name = OsString::from(private);
    name.push(".pub");
    name.into()
}

fn taken(path: &Path) -> CliError {
    CliError::Usage {
        message: format!("{} is there already, and no key is written over", path.display()),
        hint: Some("name another file, or move that one away".into()),
    }
}

fn written(path: &Path, create: fn(&Path) -> io::Result<WholeFile>, text: &str) -> Result<(), CliError> {
    let done = create(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.commit_new()
    });
    done.map_err(|source| CliError::Unwritable { path: path.to_path_buf(), source })
}

/// The key on standard output, where it can be sent on, and its fingerprint beside it.
fn show(key: &PublicKey) -> Result<u8, CliError> {
    note(&format!("fingerprint  {}", key.id()));
    print(&key.to_pem())
}
