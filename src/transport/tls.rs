//! Encrypted connections: which certificates are trusted, and which one is shown.
//!
//! The settings take milliseconds to make, so they are made only for a run that needs them. A client that never
//! encrypts gets settings that trust no certificate and are never used.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::ClientBuilder;
use rustls::client::WantsClientCert;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use super::TransportError;
use super::named::CaFileVerifier;

/// Settings of encrypted connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// A file of certificates (PEM) that are trusted in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// A file with a certificate and its key (PEM) that is shown to the endpoint.
    pub client_certificate: Option<PathBuf>,
}

/// A client of hooks that never encrypts.
pub(super) fn plain(builder: ClientBuilder) -> Result<ClientBuilder, TransportError> {
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::Tls { reason: error.to_string() })?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(config))
}

/// How connections are encrypted, as the settings say. Sessions are resumed.
pub(super) fn config(tls: &Tls) -> Result<ClientConfig, TransportError> {
    let failed = |error: rustls::Error| TransportError::Tls { reason: error.to_string() };
    let provider = Arc::new(default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let trusting = match &tls.ca_file {
        None => builder.with_platform_verifier().map_err(failed)?,
        Some(path) => {
            let verifier =
                CaFileVerifier::new(&certificates(path)?, provider).map_err(|why| unusable(path, &why))?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
    };
    let mut config = match &tls.client_certificate {
        None => trusting.with_no_client_auth(),
        Some(path) => showing(trusting, path)?,
    };
    // Nothing else is spoken here.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificates of a file, of which there is at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    let certificates = read.map_err(|error| unusable(path, &error.to_string()))?;
    if certificates.is_empty() {
        return Err(unusable(path, "it holds no certificate"));
    }
    Ok(certificates)
}

fn showing(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    path: &Path,
) -> Result<ClientConfig, TransportError> {
    let refused = || unusable(path, "it does not hold a certificate and its key in PEM");
    let pem = read(path)?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| refused())?;
    builder.with_client_auth_cert(certificates(path)?, key).map_err(|_| refused())
}

/// The largest file of certificates, in bytes; what systems trust comes to some 300 KB.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Reads a plain file: a pipe or a device could keep the run waiting, or never end.
fn read(path: &Path) -> Result<Vec<u8>, TransportError> {
    let failed = |error: io::Error| unusable(path, &error.to_string());
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(unusable(path, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(unusable(path, &format!("it has more than {LARGEST} bytes")));
    }
    Ok(bytes)
}

fn unusable(path: &Path, reason: &str) -> TransportError {
    TransportError::Tls { reason: format!("{}: {reason}", path.display()) }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::{LARGEST, read};

    #[test]
    fn a_file_of_certificates_is_read_up_to_the_limit_and_not_one_byte_past_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let read = |size: u64| {
            File::create(&path).unwrap().set_len(size).unwrap();
            read(&path).map(|bytes| bytes.len() as u64).map_err(|error| error.to_string())
        };
        assert_eq!(read(LARGEST), Ok(LARGEST));
        assert!(read(LARGEST + 1).unwrap_err().contains("more than 16777216 bytes"));
    }
}
