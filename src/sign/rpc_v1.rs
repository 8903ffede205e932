//! The older signature of RPC-style operations: HMAC-SHA1 over method and parameters, sent as parameters.
//! Main type: [`RpcV1`]. The canonical form and the comparison are here, too, for the side that verifies.
//!
//! After "签名机制" (signature mechanism) in the ECS reference, AlibabaCloudDocs/ecs: the string to sign is the method,
//! the encoded path, which is always `/`, and the canonical parameters encoded again; the key is the secret and `&`.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::canonical::{Pairs, escape};
use super::{Credentials, Secret, SignError, Signer, SigningContext, form, form_mut, moment, path_and_query};
use crate::digest::{from_base64, to_base64};
use crate::model::Request;

/// The value of `SignatureMethod`.
pub(crate) const METHOD: &str = "HMAC-SHA1";
/// The value of `SignatureVersion`.
pub(crate) const VERSION: &str = "1.0";

/// Signs with parameters: in the form body if the request has one, and else in the query.
///
/// A JSON body is not part of this signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcV1 {
    credentials: Credentials,
}

impl RpcV1 {
    /// Signs with these credentials.
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials }
    }

    /// The parameters that say who signs, when and how.
    fn common<'a>(
        &'a self,
        time: &'a str,
        context: &'a SigningContext,
    ) -> impl Iterator<Item = (&'static str, &'a str)> {
        let token = self.credentials.security_token.as_ref();
        [
            ("AccessKeyId", context.access_key_id.as_deref().unwrap_or(&self.credentials.access_key_id)),
            ("SignatureMethod", METHOD),
            ("SignatureNonce", &context.nonce),
            ("SignatureVersion", VERSION),
            ("Timestamp", time),
        ]
        .into_iter()
        .chain(token.map(|token| ("SecurityToken", token.expose())))
    }
}

impl Signer for RpcV1 {
    fn secrets(&self) -> Vec<Secret> {
        self.credentials.secrets()
    }

    fn sign(&self, request: &mut Request, context: &SigningContext) -> Result<Option<Secret>, SignError> {
        let mut pairs = Pairs::read(path_and_query(request).1.as_bytes());
        pairs.extend(form(request).unwrap_or_default().as_bytes());
        if pairs.get("Signature").is_some() {
            return Ok(None);
        }
        let time = moment::write(context.time)?;
        let mut added = Vec::new();
        for (name, value) in self.common(&time, context) {
            if pairs.get(name).is_none() {
                pairs.push(name, value);
                added.push((name, value));
            }
        }
        let signature = signature(&string_to_sign(request.method.as_str(), &pairs), &self.credentials.secret);
        added.push(("Signature", &signature));
        for (name, value) in added {
            append(request, name, value);
        }
        Ok(Some(Secret::new(signature)))
    }
}

/// Adds a parameter behind those of the form body, or of the query if there is no form.
fn append(request: &mut Request, name: &str, value: &str) {
    let pair = format!("{name}={}", escape(value.as_bytes()));
    if let Some(form) = form_mut(request) {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(&pair);
        return;
    }
    let separator = match request.target.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    request.target.push_str(separator);
    request.target.push_str(&pair);
}

/// What is signed of a request: its method, and its parameters of query and form without the signature.
pub(crate) fn string_to_sign(method: &str, pairs: &Pairs<'_>) -> String {
    format!("{method}&%2F&{}", escape(pairs.canonical().as_bytes()))
}

/// The signature of a string to sign, as it is sent.
pub(crate) fn signature(string_to_sign: &str, secret: &Secret) -> String {
    to_base64(&mac(string_to_sign, secret).finalize().into_bytes())
}

/// Whether a signature that was sent is the one of the string to sign; equal parts of it take no more time.
pub(crate) fn is_signature(sent: &str, string_to_sign: &str, secret: &Secret) -> bool {
    let Some(sent) = from_base64(sent) else {
        return false;
    };
    mac(string_to_sign, secret).verify_slice(&sent).is_ok()
}

/// Whether a text has the form of a signature, whatever it signs.
pub(crate) fn is_well_formed(sent: &str) -> bool {
    /// The bytes of a SHA-1 digest.
    const LENGTH: usize = 20;
    from_base64(sent).is_some_and(|bytes| bytes.len() == LENGTH)
}

fn mac(string_to_sign: &str, secret: &Secret) -> Hmac<Sha1> {
    let key = format!("{}&", secret.expose());
    let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.chain_update(string_to_sign)
}
