//! `certificate`: a signed statement as a badge and as a page, for people. Nothing is shown that the key has not signed.

use std::io::{self, Write};
use std::path::Path;

use crate::app::AppError;
use crate::app::certify::{public_key, read_signed};
use crate::app::{Keep, OutputKind};
use crate::cli::args::CertificateArgs;
use crate::cli::exit::{CONFORMS, CliError};
use crate::evidence::{Attested, badge, certificate as page};
use crate::whole_file::WholeFile;

/// Writes what is asked for.
pub(super) fn certificate(args: &CertificateArgs) -> Result<u8, CliError> {
    let key = public_key(&args.key)?;
    let signed = read_signed(&args.signed, &key)?;
    let keyid = key.id();
    let attested = Attested { statement: &signed.statement, keyid: &keyid, bundle: signed.bundle.as_deref() };
    let mut keep = Keep::new(args.force);
    keep.file(Some(&args.signed), "what is shown");
    keep.file(Some(&args.key), "the public key");
    for (path, kind) in [(&args.badge, OutputKind::Badge), (&args.markdown, OutputKind::Certificate)] {
        path.iter().try_for_each(|path| keep.allow(path, kind))?;
    }
    CertificateOutputs::begin(args.badge.as_deref(), args.markdown.as_deref())?.write(&attested)?;
    Ok(CONFORMS)
}

/// How a statement is shown.
type Form = fn(&Attested<'_>) -> String;

/// Badge and page under way, as far as they are asked for.
pub(super) struct CertificateOutputs<'a>(Vec<(&'a Path, WholeFile, Form)>);

impl<'a> CertificateOutputs<'a> {
    /// Begins both, so that a place where nothing can be written is reported first.
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

fn unwritable(path: &Path, source: io::Error) -> AppError {
    AppError::Unwritable { path: path.to_path_buf(), source }
}
