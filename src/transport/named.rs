//! Trusts the certificates of a file: those that they vouch for, and each of them itself. Main type: [`CaFileVerifier`].
//!
//! `openssl req -x509`, which most development servers get their certificate from, makes one that is marked as an
//! authority's. The library refuses such a certificate as a server's own. Here it is taken if it is one of the file, byte
//! for byte; name, time and the signature of the handshake are verified all the same.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::refused::{is_marked_as_authority, is_of_unknown_issuer};

/// Verifies by the certificates of a file.
#[derive(Debug)]
pub(super) struct CaFileVerifier {
    usual: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl CaFileVerifier {
    /// Trusts these.
    ///
    /// # Errors
    /// Certificates that cannot be read.
    pub(super) fn new(
        named: &[CertificateDer<'static>],
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for certificate in named {
            roots.add(certificate.clone()).map_err(|error| error.to_string())?;
        }
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        Ok(Self { usual: usual.build().map_err(|error| error.to_string())?, named: named.to_vec() })
    }
}

impl ServerCertVerifier for CaFileVerifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.usual.verify_server_cert(own, others, name, stapled, now) {
            // Its time is right, else the library had said that first.
            Err(error) if is_marked_as_authority(&error) || is_of_unknown_issuer(&error) => {
                if !self.named.iter().any(|named| named.as_ref() == own.as_ref()) {
                    if is_of_unknown_issuer(&error) {
                        return Err(error);
                    }
                    return Err(Error::General(
                        "the endpoint's certificate is marked as an authority's and is not one of the file \
                         of trusted certificates (--ca-file); name a file that holds it"
                            .to_owned(),
                    ));
                }
                verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}
