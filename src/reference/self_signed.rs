//! A certificate that an encrypted endpoint makes for itself, and its key. Extends `Identity`.

use std::time::{Duration, SystemTime};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, Error as MakingError, ExtendedKeyUsagePurpose, IsCa,
};
use rcgen::{KeyPair, KeyUsagePurpose};
use rustls::pki_types::PrivateKeyDer;

use super::identity::{Identity, IdentityError, config};

/// So far back a made certificate is valid, for clients whose clocks are behind.
const BEFORE: Duration = Duration::from_hours(24);
/// So far ahead it is: longer than an endpoint of tests is up, and less than the 398 days that clients allow at most.
const AHEAD: Duration = Duration::from_hours(24 * 365);
/// The common name of a made certificate.
const COMMON_NAME: &str = "proofmark reference endpoint";

impl Identity {
    /// Makes a key and a certificate for these host names and addresses. The certificate cannot sign others.
    ///
    /// # Errors
    ///
    /// `IdentityError::Making` for a name that is neither a host name nor an address.
    ///
    /// ```
    /// use proofmark::reference::Identity;
    /// let identity = Identity::self_made(["localhost", "127.0.0.1"])?;
    /// assert!(identity.to_trust().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    /// # Ok::<(), proofmark::reference::IdentityError>(())
    /// ```
    pub fn self_made<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self, IdentityError> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let making = |error: MakingError| IdentityError::Making { reason: error.to_string() };
        let mut params = CertificateParams::new(names).map_err(making)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, COMMON_NAME);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = SystemTime::now();
        (params.not_before, params.not_after) = ((now - BEFORE).into(), (now + AHEAD).into());
        let key = KeyPair::generate().map_err(making)?;
        let certificate = params.self_signed(&key).map_err(making)?;
        let key = PrivateKeyDer::try_from(key.serialize_der());
        let key = key.map_err(|reason| IdentityError::Making { reason: reason.to_owned() })?;
        let config = config(vec![certificate.der().clone()], key)?;
        Ok(Self { config, to_trust: Some(certificate.pem()) })
    }
}
