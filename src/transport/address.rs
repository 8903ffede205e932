//! The address of an endpoint.

use std::net::IpAddr;

use reqwest::Url;

use super::TransportError;

/// The address of an endpoint: scheme, host and port, with a path that requests are put under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads an address such as `http://127.0.0.1:9000`.
    ///
    /// # Errors
    /// Anything but an `http` or `https` address without user, query and fragment.
    pub fn new(text: &str) -> Result<Self, TransportError> {
        let refused =
            |reason: &str| TransportError::Address { url: without_secrets(text), reason: reason.to_owned() };
        let scheme = text.trim_start().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        if !matches!(scheme.as_deref(), Some("http" | "https")) {
            return Err(refused("expected http:// or https://"));
        }
        let url = Url::parse(text).map_err(|error| refused(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("an address carries no user or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("an address has no query and no fragment"));
        }
        Ok(Self(url))
    }

    /// The address without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The value of the `Host` field: host and, unless it is the scheme's own, port.
    pub fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Host and port to connect to.
    pub(super) fn socket(&self) -> (String, u16) {
        let host = self.0.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        (host, self.0.port_or_known_default().unwrap_or_default())
    }

    /// Whether it is on this machine alone (RFC 1122, section 3.2.1.3, and RFC 4291, section 2.5.3).
    pub fn is_loopback(&self) -> bool {
        let (host, _) = self.socket();
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether connections are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The path that targets are put under, without a slash at its end.
    pub fn base(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// The port, if one is written that is not the scheme's own.
    pub(super) fn port(&self) -> Option<u16> {
        self.0.port()
    }

    /// The path as it is written.
    pub(super) fn path(&self) -> &str {
        self.0.path()
    }

    /// Whether both have the same scheme, host and port (RFC 6454, section 5).
    pub(super) fn is_same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }
}

/// What was given as an address, fit to be shown: a password in it is a secret, and what is behind a `?` or `#` may be one.
/// Text that is not an address keeps its question marks.
pub fn without_secrets(text: &str) -> String {
    let is_address = text.contains("://");
    let text = match text.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => text.to_owned(),
    };
    match text.split_once(['?', '#']) {
        Some((place, _)) if is_address => format!("{place}?…"),
        Some(_) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_is_http_or_https_without_secrets() {
        let address = Address::new("http://127.0.0.1:80/base/").unwrap();
        assert_eq!((address.as_str(), address.authority().as_str()), ("http://127.0.0.1/base", "127.0.0.1"));
        assert_eq!(Address::new("https://a:8443").unwrap().authority(), "a:8443");
        let is_loopback = |text: &str| Address::new(text).unwrap().is_loopback();
        assert!(
            is_loopback("http://127.0.0.2:1")
                && is_loopback("http://[::1]:1")
                && is_loopback("http://localhost")
        );
        assert!(!is_loopback("http://128.0.0.1") && !is_loopback("http://localhost.example"));
        for wrong in ["127.0.0.1:80", "ftp://a", "http://a/?b=c", "http://a/#b", "nonsense"] {
            assert!(Address::new(wrong).is_err(), "{wrong}");
        }
        for without in ["127.0.0.1:80", "localhost:80", "/books", "", "http:/a", "ftp://a"] {
            let error = Address::new(without).unwrap_err().to_string();
            assert!(error.ends_with("expected http:// or https://"), "{error}");
        }
        for secret in [
            "http://user:hunter2@a",
            "http://a/?key=hunter2",
            "http://a/#hunter2",
            "http://u:p?@a/?b=hunter2",
        ] {
            let error = Address::new(secret).unwrap_err().to_string();
            assert!(!error.contains("hunter2") && error.contains('…'), "{error}");
        }
    }
}
