//! What a request says about its caller, read from its parameters or from its header fields.
//! Main type: `CallerClaim`. Reading asks only whether everything is there and in form; `Guard` decides what it is
//! worth.

use super::super::auth_row::AuthRow;
use super::super::fault_kind::AuthFault;
use super::super::wire::Call;
use super::objection::Objection;
use crate::digest::sha256_hex;
use crate::sign::acs3::{self, Authorization, Canonical, SignedField, join_fields};
use crate::sign::canonical::Pairs;
use crate::sign::{Secret, rpc_v1};
use std::time::Duration;

/// Where the signature is, and how it is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClaimScheme {
    /// HMAC-SHA1 over the parameters, in the parameters.
    V1,
    /// ACS3-HMAC-SHA256 over the whole request, in header fields.
    V3,
}

impl ClaimScheme {
    /// How far the time of a request may be from ours, to either side.
    pub(super) const fn window(self) -> Duration {
        match self {
            // help.aliyun.com/document_detail/25490.htm
            Self::V1 => Duration::from_mins(31),
            // alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
            Self::V3 => Duration::from_mins(15),
        }
    }
}

/// What a caller says about itself, with what it must have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CallerClaim {
    pub(super) scheme: ClaimScheme,
    pub(super) access_key_id: String,
    pub(super) security_token: Option<String>,
    pub(super) time: String,
    pub(super) nonce: String,
    signature: String,
    string_to_sign: String,
    /// The string to sign as it may be shown, without a security token.
    pub(super) shown: String,
    /// Whether the digest that was sent is that of the body; always so where no digest is sent.
    pub(super) has_signed_content: bool,
}

/// The most of a string to sign that an answer repeats; a caller of the operation never comes near it.
const SHOWN_BYTES: usize = 64 * 1024;

impl CallerClaim {
    /// Reads a signature of the older scheme.
    pub(super) fn in_parameters(call: &Call, faults: &[AuthFault]) -> Result<Self, Objection> {
        let given = |name: &str| call.params.non_empty(name).ok_or_else(|| Objection::missing(name));
        let (access_key_id, signature) = (given("AccessKeyId")?, given("Signature")?);
        // What a fault does without is as good as there.
        let spared = |name: &str, fault: AuthFault, worth: &'static str| match given(name) {
            Err(_) if faults.contains(&fault) => Ok(worth),
            found => found,
        };
        let method = spared("SignatureMethod", AuthFault::AcceptWithoutMethod, rpc_v1::METHOD)?;
        let version = spared("SignatureVersion", AuthFault::AcceptWithoutVersion, rpc_v1::VERSION)?;
        let nonce = spared("SignatureNonce", AuthFault::AcceptWithoutNonce, "")?;
        let time = spared("Timestamp", AuthFault::AcceptWithoutTime, "")?;
        if method != rpc_v1::METHOD {
            return Err(AuthRow::SignatureMethodInvalid.into());
        }
        if version != rpc_v1::VERSION {
            return Err(AuthRow::SignatureVersionInvalid.into());
        }
        let mut pairs = Pairs::read(call.sent.query());
        let form = call.sent.form.as_ref().filter(|_| !faults.contains(&AuthFault::FormNotSigned));
        pairs.extend(form.map_or(&[][..], AsRef::as_ref));
        pairs.remove("Signature");
        let string_to_sign = rpc_v1::string_to_sign(call.method.as_str(), &pairs);
        pairs.replace("SecurityToken", "***");
        let mut shown = rpc_v1::string_to_sign(call.method.as_str(), &pairs);
        // All of it is ASCII.
        shown.truncate(SHOWN_BYTES);
        Ok(Self {
            scheme: ClaimScheme::V1,
            access_key_id: access_key_id.to_owned(),
            security_token: call.params.non_empty("SecurityToken").map(str::to_owned),
            time: time.to_owned(),
            nonce: nonce.to_owned(),
            signature: signature.to_owned(),
            string_to_sign,
            shown,
            has_signed_content: true,
        })
    }

    /// Reads a signature of the newer scheme.
    pub(super) fn in_fields(call: &Call, faults: &[AuthFault]) -> Result<Self, Objection> {
        let headers = fields_of(call);
        let field = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_ref()).filter(|value| !value.is_empty())
        };
        let authorization = field("authorization").and_then(Authorization::read);
        let authorization = authorization.ok_or(AuthRow::SignatureIncomplete)?;
        let given = |name: &str| field(name).ok_or_else(|| Objection::missing(name));
        let own_hash = sha256_hex(&call.sent.body);
        let spared = |name: &str, fault: AuthFault, worth| match given(name) {
            Err(_) if faults.contains(&fault) => Ok(worth),
            found => found,
        };
        let time = spared("x-acs-date", AuthFault::AcceptWithoutTime, "")?;
        let nonce = spared("x-acs-signature-nonce", AuthFault::AcceptWithoutNonce, "")?;
        let sent_hash = spared("x-acs-content-sha256", AuthFault::AcceptWithoutHash, &own_hash)?;
        let mut fields = signed_fields(&headers, &authorization, faults)?;
        if faults.contains(&AuthFault::PortNotSigned) {
            drop_port(&mut fields);
        }
        let is_ignored = faults.contains(&AuthFault::IgnoreContentHash);
        let canonical = Canonical {
            method: call.method.as_str(),
            path: &call.path,
            query: &Pairs::read(call.sent.query()),
            fields: &fields,
            content_hash: if is_ignored { sent_hash } else { &own_hash },
        };
        let string_to_sign = canonical.string_to_sign();
        Ok(Self {
            scheme: ClaimScheme::V3,
            access_key_id: authorization.access_key_id,
            security_token: field("x-acs-security-token").map(str::to_owned),
            time: time.to_owned(),
            nonce: nonce.to_owned(),
            signature: authorization.signature,
            shown: string_to_sign.clone(),
            string_to_sign,
            has_signed_content: is_ignored || sent_hash == own_hash,
        })
    }

    /// Whether the signature is made with a secret.
    pub(super) fn is_signed_with(&self, secret: &Secret) -> bool {
        match self.scheme {
            ClaimScheme::V1 => rpc_v1::is_signature(&self.signature, &self.string_to_sign, secret),
            ClaimScheme::V3 => acs3::is_signature(&self.signature, &self.string_to_sign, secret),
        }
    }

    /// Whether the signature has the form of one.
    pub(super) fn is_well_formed(&self) -> bool {
        match self.scheme {
            ClaimScheme::V1 => rpc_v1::is_well_formed(&self.signature),
            ClaimScheme::V3 => acs3::is_well_formed(&self.signature),
        }
    }
}

/// The header fields of a call, as the signature sees them.
fn fields_of(call: &Call) -> Vec<SignedField<'_>> {
    let sent = call.sent.headers.iter();
    join_fields(sent.map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()))))
}

/// The fields that a signature names, which have to be there, and have to be all that the API reads.
fn signed_fields<'a>(
    headers: &[SignedField<'a>],
    authorization: &Authorization,
    faults: &[AuthFault],
) -> Result<Vec<SignedField<'a>>, Objection> {
    let is_read = |name: &str| name == "host" || name.starts_with("x-acs-");
    if faults.contains(&AuthFault::FixedSignedHeaders) {
        return Ok(headers.iter().filter(|(name, _)| is_read(name)).cloned().collect());
    }
    let signed = |name: &str| authorization.signed.iter().any(|signed| signed == name);
    let known = |name: &String| headers.iter().any(|(own, _)| own == name);
    let has_unsigned = headers.iter().any(|(name, _)| is_read(name) && !signed(name));
    let is_let_in = faults.contains(&AuthFault::AcceptUnsignedHeaders);
    if !authorization.signed.iter().all(known) || has_unsigned && !is_let_in {
        return Err(AuthRow::SignatureIncomplete.into());
    }
    Ok(headers.iter().filter(|(name, _)| signed(name)).cloned().collect())
}

fn drop_port(fields: &mut [SignedField<'_>]) {
    for (_, host) in fields.iter_mut().filter(|(name, _)| name == "host") {
        let end = host.rfind(':').unwrap_or(host.len());
        host.to_mut().truncate(end);
    }
}
