//! `keygen`: keys that sign certificates. A private key is written to its file, and nowhere else.

use std::path::Path;

use crate::app::certify::{make_key, signing_key};
use crate::cli::args::KeygenArgs;
use crate::cli::exit::{CliError, USAGE};
use crate::cli::{note, print};
use crate::evidence::PublicKey;
use crate::report::printable;

/// Makes a key, or prints the public half of one.
pub(super) fn keygen(args: &KeygenArgs) -> Result<u8, CliError> {
    match (&args.output, &args.public) {
        (Some(path), _) => make(path),
        (None, Some(path)) => show(&signing_key(path)?.public()),
        // The parser asks for one of the two.
        (None, None) => Ok(USAGE),
    }
}

/// Writes a new key and its public half.
fn make(private: &Path) -> Result<u8, CliError> {
    let (file, public) = make_key(private)?;
    let [private, file] = [private, &file].map(|path| path.display().to_string());
    print(&format!(
        "private key  {}\npublic key   {}\nfingerprint  {}\n",
        printable(&private),
        printable(&file),
        public.id()
    ))
}

/// The key on standard output, where it can be sent on, and its fingerprint beside it.
fn show(key: &PublicKey) -> Result<u8, CliError> {
    note(&format!("fingerprint  {}", key.id()));
    print(&key.to_pem())
}
