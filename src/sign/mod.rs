//! Request signing: what makes a request prove who sends it. Main type: [`Signer`], one for each scheme.
//!
//! Signing is pure: the time and the nonce come in with the [`SigningContext`], so that a request signs the same way
//! again. The same canonical forms serve the reference endpoint, which verifies what is signed here.
//! A signer knows of the endpoint only the host that it is given, and no source of credentials.

pub(crate) mod acs3;
#[cfg(feature = "aws")]
mod aws;
pub(crate) mod canonical;
mod credential;
pub(crate) mod moment;
pub(crate) mod plain;
mod redactor;
pub(crate) mod rpc_v1;
mod secrets;
#[cfg(test)]
mod tests;

pub use acs3::Acs3;
#[cfg(feature = "aws")]
pub use aws::AwsV4;
pub use credential::{Credentials, Secret};
pub use plain::{Basic, Bearer};
pub use redactor::{Redactor, SHORTEST_SECRET};
pub use rpc_v1::RpcV1;
pub use secrets::{RecentSignatures, Secrets};

use std::fmt::Debug;
use std::time::SystemTime;

use crate::model::{Request, SentBody};

/// A scheme of signing, with the credentials that it signs with.
pub trait Signer: Send + Sync + Debug {
    /// What it signs with, the name of the key included, so that it can be hidden where an endpoint repeats it.
    fn secrets(&self) -> Vec<Secret>;

    /// Adds to a request what the scheme proves itself with. Gives the signature, if it has made one.
    ///
    /// What the request already carries under the same name stays as it is: a case can send a time, a nonce or a whole
    /// signature of its own, and the rest is signed around it. Therefore a request that is sent again is signed from
    /// the unsigned one, and so are the parameters that are shown: they never carry a signature.
    ///
    /// # Errors
    ///
    /// [`SignError`], if the scheme cannot write the credentials, the host or the time.
    fn sign(&self, request: &mut Request, context: &SigningContext) -> Result<Option<Secret>, SignError>;
}

/// What a signature depends on besides the request and the credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningContext {
    /// The authority that the request goes to, with its port where the address has one.
    pub host: String,
    /// The time of the request.
    pub time: SystemTime,
    /// A text that no other request of the same key carries.
    pub nonce: String,
    /// The id of the key that the signature names, in place of the signer's own.
    pub access_key_id: Option<String>,
}

/// Why a request cannot be signed. No error repeats a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The time is beyond the years that the schemes can write.
    #[error("write the time of the request, which is outside of the years 1 to 9999")]
    Time,
    /// A text has characters that its header field cannot carry.
    #[error("put the {what} into a header field: it has characters that the field cannot carry")]
    Field {
        /// What the text is.
        what: &'static str,
    },
    /// The signer of AWS Signature Version 4 refused the request.
    #[cfg(feature = "aws")]
    #[error("sign with AWS Signature Version 4: {reason}")]
    Aws {
        /// What the signer said.
        reason: String,
    },
}

/// Gives a request a header field that it does not have yet.
fn set_field(request: &mut Request, name: &str, what: &'static str, value: String) -> Result<(), SignError> {
    if field(request, name).is_some() {
        return Ok(());
    }
    // RFC 9110, section 5.5, limited to ASCII.
    if value.is_empty() || !value.chars().all(|letter| letter == ' ' || letter.is_ascii_graphic()) {
        return Err(SignError::Field { what });
    }
    request.headers.push((name.to_owned(), value));
    Ok(())
}

/// The first header field of a lower-case name.
fn field<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The path and the encoded query of a request.
fn path_and_query(request: &Request) -> (&str, &str) {
    request.target.split_once('?').unwrap_or((&request.target, ""))
}

/// The encoded parameters of a form body, if the request has one.
fn form(request: &Request) -> Option<&str> {
    has_form(request).then(|| request.body.as_str())
}

/// The same, to add to it.
fn form_mut(request: &mut Request) -> Option<&mut String> {
    let has_form = has_form(request);
    match &mut request.body {
        SentBody::Form(text) | SentBody::Raw(text) if has_form => Some(text),
        SentBody::Empty | SentBody::Json(_) | SentBody::Form(_) | SentBody::Raw(_) => None,
    }
}

fn has_form(request: &Request) -> bool {
    match &request.body {
        SentBody::Form(_) => true,
        SentBody::Raw(text) => !text.is_empty() && field(request, "content-type").is_some_and(is_form_type),
        SentBody::Empty | SentBody::Json(_) => false,
    }
}

fn is_form_type(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
