//! Why an encrypted connection did not come about, with what to do. Main function: [`tls_reason`].

use std::io;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};

/// What the library calls a server's own certificate that is marked as an authority's. It looks at the time before that,
/// so one of which it says this is in force.
const AUTHORITY: &str = "CaUsedAsEndEntity";

/// How many names of a certificate are shown.
const NAMED: usize = 5;

/// Whether a server's own certificate is marked as an authority's, as the one is that `openssl req -x509` makes.
pub(super) fn is_marked_as_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    other.0.to_string() == AUTHORITY || format!("{:?}", other.0) == AUTHORITY
}

/// Whether nothing that is trusted vouches for a server's certificate, or something of the issuer's name alone. The library
/// looks at the certificate's time before that.
pub(super) fn is_of_unknown_issuer(error: &Error) -> bool {
    let Error::InvalidCertificate(reason) = error else { return false };
    matches!(reason, CertificateError::UnknownIssuer | CertificateError::BadSignature)
}

/// Why a handshake failed, if that is known better than the library says it.
pub(super) fn tls_reason(error: &io::Error) -> Option<String> {
    let error: &Error = error.get_ref()?.downcast_ref()?;
    if let Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) = error {
        return Some(format!(
            "the endpoint's certificate has expired: it was valid until {}",
            date(*not_after)
        ));
    }
    if let Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) = error {
        return Some(format!("the endpoint's certificate is not valid before {}", date(*not_before)));
    }
    if let Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented }) = error
    {
        let names: Vec<&str> = presented.iter().take(NAMED).map(|name| plain_name(name)).collect();
        let more = if presented.len() > NAMED { " and others" } else { "" };
        return Some(format!(
            "the endpoint's certificate is for {}{more}, and not for {}; to reach it by a name of the certificate: --resolve \
             NAME=ADDRESS:PORT",
            if names.is_empty() { "no name".to_owned() } else { names.join(", ") },
            expected.to_str(),
        ));
    }
    let reason = if is_of_unknown_issuer(error) || is_marked_as_authority(error) {
        "the endpoint's certificate is not trusted; if it should be, name a file that holds it or its issuer's (--ca-file)"
    } else if let Error::InvalidMessage(_) = error {
        "the endpoint does not answer in TLS; if it is an http:// endpoint, write that"
    } else if let Error::AlertReceived(AlertDescription::CertificateRequired) = error {
        "the endpoint asks for a certificate of the client (--client-certificate): received fatal alert: \
         CertificateRequired"
    } else if let Error::AlertReceived(AlertDescription::UnknownCA) = error {
        "the endpoint does not trust the certificate of the client (--client-certificate): received fatal alert: \
         UnknownCA"
    } else if let Error::General(reason) = error {
        reason
    } else {
        return None;
    };
    Some(reason.to_owned())
}

/// A name as a certificate has it, which the library shows with its kind: `DnsName("example.com")`.
fn plain_name(shown: &str) -> &str {
    shown.split_once('(').and_then(|(_, name)| name.strip_suffix(')')).unwrap_or(shown).trim_matches('"')
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| format!("{seconds} (Unix time)"), |time| time.to_string())
}
