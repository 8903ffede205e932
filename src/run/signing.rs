//! Which requests are signed, and how.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::model::{Request, RequestSpec, Scheme};
use crate::sign::{Acs3, Credentials, RecentSignatures, RpcV1, Secrets, SignError, Signer, SigningContext};
use crate::transport::Address;

/// The signers of an endpoint, by scheme, and the one that requests are signed with unless a case says otherwise.
#[derive(Clone, Default)]
pub struct Signing {
    signers: BTreeMap<Scheme, Arc<dyn Signer>>,
    usual: Scheme,
    is_said: bool,
    /// Whether the key is public, so that nothing is hidden.
    is_public: bool,
    made: RecentSignatures,
}

impl fmt::Debug for Signing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Signing({}, of {:?})", self.usual, self.signers.keys())
    }
}

impl Signing {
    /// Signs no request. `is_said`: you asked for that, rather than just lack credentials.
    pub fn none(is_said: bool) -> Self {
        Self { is_said, ..Self::default() }
    }

    /// Every scheme of the provider's key, with the usual one.
    pub fn with_key(credentials: &Credentials, usual: Scheme) -> Self {
        let v1: Arc<dyn Signer> = Arc::new(RpcV1::new(credentials.clone()));
        let v3: Arc<dyn Signer> = Arc::new(Acs3::new(credentials.clone()));
        let signers = BTreeMap::from([(Scheme::V1, v1), (Scheme::V3, v3)]);
        Self { signers, usual, is_said: true, ..Self::default() }
    }

    /// The same with a key that is public, as that of the embedded endpoint is: answers are not searched for it.
    pub fn with_public_key(credentials: &Credentials, usual: Scheme) -> Self {
        Self { is_public: true, ..Self::with_key(credentials, usual) }
    }

    /// One signer for every request.
    pub fn always(signer: Arc<dyn Signer>, scheme: Scheme) -> Self {
        let signers = BTreeMap::from([(scheme, signer)]);
        Self { signers, usual: scheme, is_said: true, ..Self::default() }
    }

    /// Whether requests can be signed by a scheme here; none is always possible.
    pub(super) fn has(&self, scheme: Option<Scheme>) -> bool {
        scheme.is_none_or(|scheme| scheme == Scheme::None || self.signers.contains_key(&scheme))
    }

    /// Whether you said how requests are signed here. If so, cases that cannot be signed are skipped on purpose.
    pub(super) fn is_said(&self) -> bool {
        self.is_said
    }

    /// The scheme of requests that do not ask for one.
    pub fn usual(&self) -> Scheme {
        self.usual
    }

    /// Whether a signature that is made here holds a time, which the endpoint compares with its own.
    pub(super) fn needs_time(&self) -> bool {
        self.signers.keys().any(|scheme| scheme.has_time())
    }

    /// What requests are signed with and is hidden in answers, and the signatures that are made; nothing of a public key.
    pub fn secrets(&self) -> Secrets {
        if self.is_public {
            return Secrets::default();
        }
        let fixed = self.signers.values().flat_map(|signer| signer.secrets()).collect();
        Secrets { fixed, made: self.made.clone() }
    }

    /// Whether there is anything to keep secret: a key that is not public.
    pub(super) fn has_secrets(&self) -> bool {
        !self.is_public && !self.signers.is_empty()
    }

    /// Whether requests are signed here if a case asks for this scheme, or leaves it to the endpoint.
    pub(super) fn signs(&self, scheme: Option<Scheme>) -> bool {
        self.signers.contains_key(&scheme.unwrap_or(self.usual))
    }

    /// Signs a request; with a fresh time and nonce, unless the case brings its own.
    pub(super) fn sign(
        &self,
        request: &mut Request,
        spec: &RequestSpec,
        address: &Address,
    ) -> Result<(), SignError> {
        let Some(signer) = self.signers.get(&spec.sign.unwrap_or(self.usual)) else {
            return Ok(());
        };
        let nonce = format!("{:032x}", fastrand::u128(..));
        let shift = spec.raw.signed_at.unwrap_or_default();
        let by = Duration::from_secs(shift.unsigned_abs());
        let now = SystemTime::now();
        let time = if shift < 0 { now - by } else { now + by };
        let access_key_id = spec.raw.signed_as.clone();
        let context = SigningContext { host: address.authority(), time, nonce, access_key_id };
        // The signature covers the path that goes out, with that of the address before it.
        let base = address.base();
        request.target.insert_str(0, base);
        let done = signer.sign(request, &context);
        request.target.drain(..base.len());
        if let Some(signature) = done?
            && !self.is_public
        {
            self.made.add(&signature);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Signing;
    use crate::model::{Method, Request, RequestSpec, Scheme, SentBody};
    use crate::sign::{Secret, SignError, Signer, SigningContext};
    use crate::transport::Address;

    /// Writes down what it is asked to sign.
    #[derive(Debug)]
    struct Noting;

    impl Signer for Noting {
        fn secrets(&self) -> Vec<Secret> {
            Vec::new()
        }

        fn sign(
            &self,
            request: &mut Request,
            _context: &SigningContext,
        ) -> Result<Option<Secret>, SignError> {
            let seen = request.target.clone();
            request.headers.push(("seen".into(), seen));
            request.target.push_str("&signed=1");
            Ok(None)
        }
    }

    #[test]
    fn what_is_signed_has_the_path_of_the_address_before_it() {
        let mut request = Request {
            method: Method::new("GET").unwrap(),
            target: "/books?id=1".into(),
            headers: Vec::new(),
            body: SentBody::Empty,
            params: Vec::new(),
            format: None,
        };
        let address = Address::new("http://127.0.0.1:9000/prod/").unwrap();
        Signing::always(Arc::new(Noting), Scheme::Bearer)
            .sign(&mut request, &RequestSpec::default(), &address)
            .unwrap();
        assert_eq!(request.headers, [("seen".to_owned(), "/prod/books?id=1".to_owned())]);
        assert_eq!(request.target, "/books?id=1&signed=1");
    }
}
