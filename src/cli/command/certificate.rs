//! `certificate`: a signed statement as a badge and as a page, for people. Nothing is shown that the key has not signed.

use std::io::{self, Read, Seek, Write};
use std::path::Path;

use crate::app::certify::{examine, open_bundle};
use crate::cli::args::CertificateArgs;
use crate::cli::exit::{CONFORMS, CliError};
use crate::cli::keep::{Keep, Kind};
use crate::cli::key_file::public_key;
use crate::evidence::{
    Attested, LARGEST_STATEMENT, PublicKey, Signer, Statement, badge, certificate as page, is_archive, open,
};
use crate::whole_file::WholeFile;

/// How much of a file is read to see whether it is a bundle.
const HEAD: u64 = 512;

/// Writes what is asked for.
pub(super) fn certificate(args: &CertificateArgs) -> Result<u8, CliError> {
    let key = public_key(&args.key)?;
    let unreadable = |source| CliError::Unreadable { path: args.signed.clone(), source };
    let mut file = open_bundle(&args.signed)?;
    // A bundle may be far larger than what is held of it.
    let mut bytes = Vec::new();
    (&mut file).take(HEAD).read_to_end(&mut bytes).map_err(unreadable)?;
    let signed = if is_archive(&bytes) {
        of_bundle(&mut file, &key)
    } else {
        file.take(LARGEST_STATEMENT + 1 - HEAD).read_to_end(&mut bytes).map_err(unreadable)?;
        of_envelope(&bytes, &key)
    };
    let signed = signed.map_err(|reason| CliError::NoStatement { path: args.signed.clone(), reason })?;
    let keyid = key.id();
    let attested = Attested { statement: &signed.statement, keyid: &keyid, bundle: signed.bundle.as_deref() };
    let mut keep = Keep::new(args.force);
    keep.file(Some(&args.signed), "what is shown");
    keep.file(Some(&args.key), "the public key");
    for (path, kind) in [(&args.badge, Kind::Badge), (&args.markdown, Kind::Certificate)] {
        path.iter().try_for_each(|path| keep.allow(path, kind))?;
    }
    Shown::begin(args.badge.as_deref(), args.markdown.as_deref())?.write(&attested)?;
    Ok(CONFORMS)
}

/// How a statement is shown.
type Form = fn(&Attested<'_>) -> String;

/// Badge and page under way, as far as they are asked for.
pub(super) struct Shown<'a>(Vec<(&'a Path, WholeFile, Form)>);

impl<'a> Shown<'a> {
    /// Begins both, so that a place where nothing can be written is told first.
    pub(super) fn begin(badge_at: Option<&'a Path>, page_at: Option<&'a Path>) -> Result<Self, CliError> {
        let mut files: Vec<(&Path, WholeFile, Form)> = Vec::new();
        for (path, form) in [(badge_at, badge as Form), (page_at, page)] {
            if let Some(path) = path {
                let file = WholeFile::create(path).map_err(|source| unwritable(path, source))?;
                files.push((path, file, form));
            }
        }
        Ok(Self(files))
    }

    /// Writes what is stated.
    pub(super) fn write(self, attested: &Attested<'_>) -> Result<(), CliError> {
        for (path, mut file, form) in self.0 {
            let done = file.write_all(form(attested).as_bytes()).and_then(|()| file.commit());
            done.map_err(|source| unwritable(path, source))?;
        }
        Ok(())
    }
}

fn unwritable(path: &Path, source: io::Error) -> CliError {
    CliError::Unwritable { path: path.to_path_buf(), source }
}

/// What the key has signed, and the digest of the bundle in which it was, if it was in one.
struct Signed {
    statement: Statement,
    bundle: Option<String>,
}

/// The statement of a bundle that stands up to what `verify` asks of it.
fn of_bundle(file: &mut (impl Read + Seek), key: &PublicKey) -> Result<Signed, String> {
    let examined = examine(file, &Signer::Key(key.clone())).map_err(|refusal| refusal.to_string())?;
    Ok(Signed { statement: examined.bundle.statement, bundle: Some(examined.bundle.digest) })
}

/// The statement of an envelope, of which no evidence is at hand.
fn of_envelope(bytes: &[u8], key: &PublicKey) -> Result<Signed, String> {
    if bytes.len() as u64 > LARGEST_STATEMENT {
        return Err(format!("it is larger than {LARGEST_STATEMENT} bytes"));
    }
    let sealed = open(bytes).map_err(|error| error.to_string())?;
    if !sealed.is_signed_by(key) {
        return Err(format!("the key {} has not signed it", key.id()));
    }
    let statement = Statement::from_bytes(sealed.payload()).map_err(|error| error.to_string())?;
    Ok(Signed { statement, bundle: None })
}
