//! Encrypted connections: which certificates are trusted, and which one is shown.
//!
//! Building the client for them takes tens of milliseconds, so it is built only for a run that needs
//! it; plain connections get a configuration that trusts nobody and is never used.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::{Certificate, ClientBuilder, Identity};
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};

use super::TransportError;

/// Settings of encrypted connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// A file of certificates (PEM) that are trusted in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// A file with a certificate and its key (PEM) that is shown to the endpoint.
    pub client_certificate: Option<PathBuf>,
}

/// A client that never encrypts.
pub(super) fn plain(builder: ClientBuilder) -> Result<ClientBuilder, TransportError> {
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::Tls { reason: error.to_string() })?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(config))
}

/// A client that encrypts as the settings say.
pub(super) fn encrypted(mut builder: ClientBuilder, tls: &Tls) -> Result<ClientBuilder, TransportError> {
    // An error means that the provider is installed already.
    let _ = default_provider().install_default();
    if let Some(path) = &tls.ca_file {
        let certificates =
            Certificate::from_pem_bundle(&read(path)?).map_err(|error| unusable(path, &error.to_string()))?;
        if certificates.is_empty() {
            return Err(unusable(path, "it holds no certificate"));
        }
        builder = builder.tls_certs_only(certificates);
    }
    if let Some(path) = &tls.client_certificate {
        let identity = Identity::from_pem(&read(path)?)
            .map_err(|_| unusable(path, "it does not hold a certificate and its key in PEM"))?;
        builder = builder.identity(identity);
    }
    Ok(builder)
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
