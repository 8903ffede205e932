//! `certificate`: a signed statement as a badge and as a page, for people. Nothing is shown that the key has not signed.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use super::args::CertificateArgs;
use super::exit::{CONFORMS, CliError};
use super::key_file::public_key;
use crate::evidence::{Attested, Sealed, Statement, badge, certificate as page, open};
use crate::whole_file::WholeFile;

/// The largest statement that is read, in bytes: one about some 500,000 cases.
const LARGEST_STATEMENT: u64 = 64 * 1024 * 1024;

/// Writes what is asked for.
pub(super) fn certificate(args: &CertificateArgs) -> Result<u8, CliError> {
    let key = public_key(&args.key)?;
    let no_statement = |reason: String| CliError::NoStatement { path: args.statement.clone(), reason };
    let sealed = sealed(&args.statement)?;
    if !sealed.is_signed_by(&key) {
        return Err(no_statement(format!("the key {} has not signed it", key.id())));
    }
    let statement =
        Statement::from_bytes(sealed.payload()).map_err(|error| no_statement(error.to_string()))?;
    let attested = Attested { statement: &statement, keyid: sealed.keyid(), bundle: None };
    for (path, write) in [(&args.badge, badge as fn(&Attested<'_>) -> String), (&args.markdown, page)] {
        if let Some(path) = path {
            written(path, &write(&attested))?;
        }
    }
    Ok(CONFORMS)
}

/// The envelope in a file.
fn sealed(path: &Path) -> Result<Sealed, CliError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_STATEMENT + 1).read_to_end(&mut bytes));
    read.map_err(|source| CliError::Unreadable { path: path.to_path_buf(), source })?;
    let no_statement = |reason: String| CliError::NoStatement { path: path.to_path_buf(), reason };
    if bytes.len() as u64 > LARGEST_STATEMENT {
        return Err(no_statement(format!("it is larger than {LARGEST_STATEMENT} bytes")));
    }
    open(&bytes).map_err(|error| no_statement(error.to_string()))
}

fn written(path: &Path, text: &str) -> Result<(), CliError> {
    let done = WholeFile::create(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.commit()
    });
    done.map_err(|source| CliError::Unwritable { path: path.to_path_buf(), source })
}
