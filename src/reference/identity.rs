//! What an endpoint shows of itself on encrypted connections: a certificate, and the key to it.
//! Main type: `Identity`. It reads and writes no file, and nothing gives its key out again.

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error as TlsError, ServerConfig};
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

/// The certificate of an endpoint, and its key.
#[derive(Clone)]
pub struct Identity {
    pub(super) config: Arc<ServerConfig>,
    pub(super) to_trust: Option<String>,
}

/// A certificate and its key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// There is no certificate, or one that cannot be read.
    #[error("read a certificate: {reason}")]
    Certificate {
        /// What is wrong.
        reason: String,
    },
    /// There is no key, or one that cannot be read.
    #[error("read a private key: {reason}")]
    Key {
        /// What is wrong; nothing of the key.
        reason: String,
    },
    /// The key is another certificate's.
    #[error("match the certificate with the key: the first certificate has another public key")]
    Mismatch,
    /// No certificate could be made.
    #[error("make a certificate: {reason}")]
    Making {
        /// What is wrong.
        reason: String,
    },
}

impl Identity {
    /// Takes a certificate with those that lead up to its authority, and its key, both in PEM.
    ///
    /// # Errors
    ///
    /// `IdentityError` if one of them cannot be read, or they do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let chain: Result<Vec<_>, PemError> = CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain.map_err(|error| IdentityError::Certificate { reason: error.to_string() })?;
        if chain.is_empty() {
            return Err(IdentityError::Certificate { reason: "there is none in PEM".to_owned() });
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| key_error(&error))?;
        Ok(Self { config: config(chain, key)?, to_trust: None })
    }

    /// The certificate that clients have to trust, in PEM, if it was made here; of one that was given only its owner
    /// knows.
    #[must_use]
    pub fn to_trust(&self) -> Option<&str> {
        self.to_trust.as_deref()
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

impl Debug for Identity {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.debug_struct("Identity").field("to_trust", &self.to_trust).finish_non_exhaustive()
    }
}

/// The error without what it repeats of the text, which may be a part of a key.
fn key_error(error: &PemError) -> IdentityError {
    let is_absent = matches!(error, PemError::NoItemsFound);
    let reason = if is_absent { "there is none in PEM without a pass phrase" } else { "it is not PEM" };
    IdentityError::Key { reason: reason.to_owned() }
}

pub(super) fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, IdentityError> {
    let provider = Arc::new(default_provider());
    // Whether the key is of a kind that can be used is asked apart, so that an error says which file it is in.
    let unusable = |error: TlsError| IdentityError::Key { reason: error.to_string() };
    provider.key_provider.load_private_key(key.clone_key()).map_err(unusable)?;
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|error| {
        let is_mismatch = matches!(error, TlsError::InconsistentKeys(_));
        let unusable = IdentityError::Certificate { reason: error.to_string() };
        if is_mismatch { IdentityError::Mismatch } else { unusable }
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::{Identity, IdentityError};
    use rcgen::KeyPair;

    /// A certificate and its key.
    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    fn error(certificates: &str, key: &str) -> IdentityError {
        Identity::from_pem(certificates.as_bytes(), key.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_certificate_and_its_key_are_taken_and_nothing_shows_the_key() {
        let (certificate, key) = pair();
        let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(identity.to_trust(), None);
        assert_eq!(format!("{identity:?}"), "Identity { to_trust: None, .. }");
    }

    #[test]
    fn what_cannot_be_read_is_told_by_what_it_is() {
        let (certificate, key) = pair();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "no PEM", &key, broken, &certificate.replace("-----END", "-----")] {
            assert!(matches!(error(text, &key), IdentityError::Certificate { .. }), "{text}");
        }
        let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        for text in ["", "no PEM", &certificate, broken, &encrypted, &key.replace("-----END", "-----")] {
            assert!(matches!(error(&certificate, text), IdentityError::Key { .. }), "{text}");
        }
    }

    #[test]
    fn the_key_of_another_certificate_is_a_mismatch() {
        let (certificate, _) = pair();
        let other = KeyPair::generate().unwrap().serialize_pem();
        assert_eq!(error(&certificate, &other), IdentityError::Mismatch);
    }

    #[test]
    fn an_error_repeats_nothing_of_a_key() {
        let (certificate, key) = pair();
        let secret = key.lines().nth(1).unwrap();
        for text in [secret.to_owned(), key.replace("-----END", "----"), format!("-----BEGIN {secret}")] {
            let shown = error(&certificate, &text);
            assert!(!format!("{shown} {shown:?}").contains(&secret[..8]), "{shown}");
        }
    }

    #[test]
    fn a_name_that_is_none_is_an_error() {
        assert!(matches!(Identity::self_made(["é"]), Err(IdentityError::Making { .. })));
    }
}
