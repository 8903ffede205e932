//! The certificate that `serve` shows: made at the start, or read from files.
//!
//! Whatever is wrong with one is an error of settings that names the file.

use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;

use super::args::TlsArgs;
use super::exit::CliError;
use crate::app::{Keep, OutputKind};
use crate::reference::{Identity, IdentityError};
use crate::whole_file::WholeFile;

/// The identity that the arguments ask for; without any, connections are not encrypted.
pub(super) fn identity(args: &TlsArgs, listen: SocketAddr) -> Result<Option<Identity>, CliError> {
    if let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) {
        return read_identity(certificate, key).map(Some);
    }
    if !args.tls {
        return Ok(None);
    }
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    // The readiness line names it, and what is named there can be verified.
    let address = listen.ip().to_string();
    if !names.contains(&address) {
        names.push(address);
    }
    let failed = |error: IdentityError| CliError::usage(format!("--tls: failed to {error}"));
    Identity::self_made(names).map(Some).map_err(failed)
}

fn read_identity(certificate: &Path, key: &Path) -> Result<Identity, CliError> {
    let (certificates, secret) = (read(certificate, "--tls-cert")?, read(key, "--tls-key")?);
    Identity::from_pem(&certificates, &secret).map_err(|error| {
        let [certificate, key] = [certificate, key].map(|path| path.display());
        let (about, hint) = match error {
            IdentityError::Certificate { .. } => (
                format!("--tls-cert {certificate}"),
                "it holds a CERTIFICATE: the endpoint's first, then those that lead up to its authority",
            ),
            IdentityError::Key { .. } => (
                format!("--tls-key {key}"),
                "it holds a PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY, without a pass phrase",
            ),
            IdentityError::Mismatch => (
                format!("--tls-cert {certificate}, --tls-key {key}"),
                "name the certificate that was made for this key; it is the first in its file",
            ),
            IdentityError::Making { .. } => (format!("--tls-cert {certificate}"), "use another certificate"),
        };
        CliError::Usage { message: format!("{about}: failed to {error}"), hint: Some(hint.to_owned()) }
    })
}

/// The most bytes of a file with a certificate or a key that are read: a device has no end.
const LARGEST: u64 = 1024 * 1024;

fn read(path: &Path, flag: &str) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| CliError::Usage {
        message: format!("{flag} {}: {error}", path.display()),
        hint: Some("`--tls` alone makes a certificate at the start".to_owned()),
    })
}

/// Writes a certificate whole, so that no client reads half of it.
pub(super) fn write_certificate(path: &Path, certificate: &str) -> Result<(), CliError> {
    Keep::new(false).allow(path, OutputKind::TlsCertificate)?;
    let written = WholeFile::create(path).and_then(|mut file| {
        file.write_all(certificate.as_bytes())?;
        file.commit()
    });
    written.map_err(|error| CliError::Usage {
        message: format!("--tls-cert-out {}: {error}", path.display()),
        hint: Some("name a file in a folder that exists and can be written to".to_owned()),
    })
}
