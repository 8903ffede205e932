//! The newer signature, ACS3-HMAC-SHA256: over method, path, query, header fields and body, sent as header fields.
//! Main type: [`Acs3`]. The canonical form and the comparison are here, too, for the side that verifies.
//!
//! After "V3 request structure and signature" (alibabacloud.com/help/en/sdk/product-overview). The query is decoded and
//! encoded again before it is signed; the key is the secret as it is.

use std::borrow::Cow;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::canonical::Pairs;
use super::{
    Credentials, Secret, SignError, Signer, SigningContext, form, moment, path_and_query, set_field,
};
use crate::digest::sha256_hex;
use crate::model::Request;

/// The scheme in the `Authorization` header, and the first line of the string to sign.
pub(crate) const SCHEME: &str = "ACS3-HMAC-SHA256";

/// Signs with header fields. `Action` and `Version` are repeated as fields if they are parameters.
///
/// The path is signed as the request has it, so an address with a path of its own would break the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acs3 {
    credentials: Credentials,
}

impl Acs3 {
    /// Signs with these credentials.
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials }
    }

    /// Adds the fields that are signed.
    fn prepare(
        &self,
        request: &mut Request,
        content_hash: &str,
        context: &SigningContext,
    ) -> Result<(), SignError> {
        let mut pairs = Pairs::read(path_and_query(request).1.as_bytes());
        pairs.extend(form(request).unwrap_or_default().as_bytes());
        let named = |name: &str| pairs.get(name).filter(|value| !value.is_empty());
        let credentials = &self.credentials;
        let mut fields = vec![
            ("host", "host", context.host.clone()),
            ("x-acs-date", "time", moment::write(context.time)?),
            ("x-acs-signature-nonce", "nonce", context.nonce.clone()),
            ("x-acs-content-sha256", "digest", content_hash.to_owned()),
        ];
        fields.extend(named("Action").map(|action| ("x-acs-action", "action", action.into_owned())));
        fields.extend(named("Version").map(|version| ("x-acs-version", "version", version.into_owned())));
        if let Some(token) = &credentials.security_token {
            fields.push(("x-acs-security-token", "security token", token.expose().to_owned()));
            fields.push(("x-acs-accesskey-id", "access key id", credentials.access_key_id.clone()));
        }
        for (name, what, value) in fields {
            set_field(request, name, what, value)?;
        }
        Ok(())
    }
}

impl Signer for Acs3 {
    fn secrets(&self) -> Vec<Secret> {
        self.credentials.secrets()
    }

    fn sign(&self, request: &mut Request, context: &SigningContext) -> Result<Option<Secret>, SignError> {
        if super::field(request, "authorization").is_some() {
            return Ok(None);
        }
        let content_hash = sha256_hex(request.body.as_str().as_bytes());
        self.prepare(request, &content_hash, context)?;
        let (path, query) = path_and_query(request);
        let fields = join_fields(request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let fields: Vec<_> = fields.into_iter().filter(|(name, _)| is_signed(name)).collect();
        let canonical = Canonical {
            method: request.method.as_str(),
            path,
            query: &Pairs::read(query.as_bytes()),
            fields: &fields,
            content_hash: &content_hash,
        };
        let signature = signature(&canonical.string_to_sign(), &self.credentials.secret);
        let names = canonical.names();
        let id = context.access_key_id.as_deref().unwrap_or(&self.credentials.access_key_id);
        let authorization = format!("{SCHEME} Credential={id},SignedHeaders={names},Signature={signature}");
        set_field(request, "authorization", "access key id", authorization)?;
        Ok(Some(Secret::new(signature)))
    }
}

/// The fields that this signer signs; others may sign more.
fn is_signed(name: &str) -> bool {
    name == "host" || name == "content-type" || name.starts_with("x-acs-")
}

/// A field as it is signed: its name in small letters, and its value.
pub(crate) type SignedField<'a> = (Cow<'a, str>, Cow<'a, str>);

fn in_lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

fn trimmed(value: Cow<'_, str>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Fields sorted by name, values trimmed, those of one name joined as RFC 9110, section 5.2, has it.
pub(crate) fn join_fields<'a, V: Into<Cow<'a, str>>>(
    sent: impl Iterator<Item = (&'a str, V)>,
) -> Vec<SignedField<'a>> {
    let mut sorted: Vec<SignedField<'a>> =
        sent.map(|(name, value)| (in_lower_case(name), trimmed(value.into()))).collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    sorted.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        if is_same {
            let joined = earlier.1.to_mut();
            joined.push(',');
            joined.push_str(&later.1);
        }
        is_same
    });
    sorted
}

/// What is signed of a request.
pub(crate) struct Canonical<'a> {
    pub(crate) method: &'a str,
    /// The path as it is sent.
    pub(crate) path: &'a str,
    /// The parameters of the query alone: a form is covered by the digest of the body.
    pub(crate) query: &'a Pairs<'a>,
    /// The signed fields, as [`join_fields`] has them.
    pub(crate) fields: &'a [SignedField<'a>],
    /// The digest of the body.
    pub(crate) content_hash: &'a str,
}

impl Canonical<'_> {
    /// The names of the signed fields as `SignedHeaders` has them.
    fn names(&self) -> String {
        self.fields.iter().map(|(name, _)| name.as_ref()).collect::<Vec<_>>().join(";")
    }

    fn request(&self) -> String {
        let path = if self.path.is_empty() { "/" } else { self.path };
        let mut request = format!("{}\n{path}\n{}\n", self.method, self.query.canonical());
        for (name, value) in self.fields {
            request.extend([name.as_ref(), ":", value.as_ref(), "\n"]);
        }
        request.extend(["\n", &self.names(), "\n", self.content_hash]);
        request
    }

    /// The scheme and the digest of the canonical request.
    pub(crate) fn string_to_sign(&self) -> String {
        format!("{SCHEME}\n{}", sha256_hex(self.request().as_bytes()))
    }
}

/// The signature of a string to sign, as it is sent.
pub(crate) fn signature(string_to_sign: &str, secret: &Secret) -> String {
    base16ct::lower::encode_string(&mac(string_to_sign, secret).finalize().into_bytes())
}

/// Whether a signature that was sent is the one of the string to sign; equal parts of it take no more time.
pub(crate) fn is_signature(sent: &str, string_to_sign: &str, secret: &Secret) -> bool {
    let Ok(sent) = base16ct::lower::decode_vec(sent) else {
        return false;
    };
    mac(string_to_sign, secret).verify_slice(&sent).is_ok()
}

/// Whether a text has the form of a signature, whatever it signs.
pub(crate) fn is_well_formed(sent: &str) -> bool {
    /// The bytes of a SHA-256 digest.
    const LENGTH: usize = 32;
    base16ct::lower::decode_vec(sent).is_ok_and(|bytes| bytes.len() == LENGTH)
}

fn mac(string_to_sign: &str, secret: &Secret) -> Hmac<Sha256> {
    let key = secret.expose().as_bytes();
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length").chain_update(string_to_sign)
}

/// The parts of an `Authorization` header of this scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    pub(crate) signed: Vec<String>,
    pub(crate) signature: String,
}

impl Authorization {
    /// Reads a header, which has each of its three parts once, in any order, with or without spaces at the commas.
    pub(crate) fn read(header: &str) -> Option<Self> {
        let parts = header.trim().strip_prefix(SCHEME)?.strip_prefix(' ')?;
        let (mut credential, mut signed, mut signature) = (None, None, None);
        for part in parts.split(',') {
            let (name, value) = part.trim().split_once('=')?;
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed,
                "Signature" => &mut signature,
                _ => return None,
            };
            if value.is_empty() || place.replace(value).is_some() {
                return None;
            }
        }
        Some(Self {
            access_key_id: credential?.to_owned(),
            signed: signed?.split(';').map(str::to_owned).collect(),
            signature: signature?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Authorization, join_fields};

    #[test]
    fn an_authorization_has_each_part_once() {
        let read =
            Authorization::read("ACS3-HMAC-SHA256 Credential=k,SignedHeaders=a;b,Signature=00").unwrap();
        assert_eq!((read.access_key_id.as_str(), read.signature.as_str()), ("k", "00"));
        assert_eq!(read.signed, ["a", "b"]);
        for malformed in [
            "",
            "ACS3-HMAC-SHA256",
            "ACS3-HMAC-SHA256 ",
            "Bearer Credential=k,SignedHeaders=a,Signature=00",
            "ACS3-HMAC-SHA256Credential=k,SignedHeaders=a,Signature=00",
            "ACS3-HMAC-SHA256 Credential=k,Signature=00",
            "ACS3-HMAC-SHA256 Credential=,SignedHeaders=a,Signature=00",
            "ACS3-HMAC-SHA256 Credential=k,Credential=k,SignedHeaders=a,Signature=00",
            "ACS3-HMAC-SHA256 Credential=k,SignedHeaders=a,Signature=00,More=1",
        ] {
            assert_eq!(Authorization::read(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn fields_are_sorted_trimmed_and_joined() {
        let sent = [("X-Acs-B", " 2 "), ("host", "h"), ("x-acs-b", "1"), ("a", "")];
        let joined = join_fields(sent.into_iter());
        let expected = [("a", ""), ("host", "h"), ("x-acs-b", "2,1")];
        assert_eq!(joined, expected.map(|(name, value)| (name.into(), value.into())));
    }
}
