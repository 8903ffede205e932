//! Encrypted connections: which certificates are trusted, and which one is shown. Main type: [`TlsSettings`].
//!
//! The settings take milliseconds to make, so they are made only for a run that needs them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder};
use rustls_platform_verifier::BuilderVerifierExt;

use super::TransportError;
use super::address::Address;
use super::named::CaFileVerifier;

/// Settings of encrypted connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// A file of certificates (PEM) that are trusted in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// A file with a certificate and its key (PEM) that is shown to the endpoint alone.
    pub client_certificate: Option<PathBuf>,
}

/// How connections are encrypted. A certificate of ours is shown to the endpoint alone: not to a proxy, and not to a state
/// hook of another origin.
#[derive(Debug)]
pub(super) struct TlsSettings {
    bare: Arc<ClientConfig>,
    /// The endpoint, and the settings with which the certificate is shown to it.
    shown: Option<(Address, Arc<ClientConfig>)>,
}

impl TlsSettings {
    pub(super) fn new(tls: &Tls, endpoint: Option<&Address>) -> Result<Self, TransportError> {
        // Each has a memory of sessions of its own: a resumed one says again what its first handshake said.
        let bare = Arc::new(config(&Tls { client_certificate: None, ..tls.clone() })?);
        let shown = match (endpoint, &tls.client_certificate) {
            (Some(endpoint), Some(_)) => Some((endpoint.clone(), Arc::new(config(tls)?))),
            _ => None,
        };
        Ok(Self { bare, shown })
    }

    /// Those for a connection to an address.
    pub(super) fn to(&self, address: &Address) -> &Arc<ClientConfig> {
        match &self.shown {
            Some((endpoint, config)) if endpoint.is_same_origin(address) => config,
            _ => &self.bare,
        }
    }
}

/// How connections are encrypted, as the settings say. Sessions are resumed.
fn config(tls: &Tls) -> Result<ClientConfig, TransportError> {
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
