//! Why an encrypted connection did not come about, with what to do. Main function: [`tls_reason`].

use std::io;

use rustls::{CertificateError, Error};

/// What the library calls a server's own certificate that is marked as an authority's. It looks at the time before that,
/// so one of which it says this is in force.
const AUTHORITY: &str = "CaUsedAsEndEntity";

/// Whether a server's own certificate is marked as an authority's, as the one is that `openssl req -x509` makes.
pub(super) fn is_marked_as_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    other.0.to_string() == AUTHORITY || format!("{:?}", other.0) == AUTHORITY
}

/// Why a handshake failed, if that is known better than the library says it.
pub(super) fn tls_reason(error: &io::Error) -> Option<String> {
    let error: &Error = error.get_ref()?.downcast_ref()?;
    let is_unknown = matches!(error, Error::InvalidCertificate(CertificateError::UnknownIssuer));
    let reason = if is_unknown || is_marked_as_authority(error) {
        "the endpoint's certificate is not trusted; if it should be, name a file that holds it or its issuer's (--ca-file)"
    } else if let Error::InvalidMessage(_) = error {
        "the endpoint does not answer in TLS; if it is an http:// endpoint, write that"
    } else if let Error::General(reason) = error {
        reason
    } else {
        return None;
    };
    Some(reason.to_owned())
}
