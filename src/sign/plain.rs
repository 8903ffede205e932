//! The schemes that compute nothing over the request: the two classic `Authorization` headers.
//! Main types: [`Bearer`] and [`Basic`].

use super::{Secret, SignError, Signer, SigningContext, set_field};
use crate::digest::to_base64;
use crate::model::Request;

/// Sends a token in the `Authorization` header (RFC 6750, section 2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    token: Secret,
}

impl Bearer {
    /// Sends this token.
    pub fn new(token: Secret) -> Self {
        Self { token }
    }
}

impl Signer for Bearer {
    fn secrets(&self) -> Vec<Secret> {
        vec![self.token.clone()]
    }

    fn sign(&self, request: &mut Request, _context: &SigningContext) -> Result<Option<Secret>, SignError> {
        let token = self.token.expose();
        if token.is_empty() {
            return Err(SignError::Field { what: "bearer token" });
        }
        set_field(request, "authorization", "bearer token", format!("Bearer {token}")).map(|()| None)
    }
}

/// Sends a user and a password in the `Authorization` header (RFC 7617), in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basic {
    user: String,
    password: Secret,
}

impl Basic {
    /// Sends this user and password.
    pub fn new(user: impl Into<String>, password: Secret) -> Self {
        Self { user: user.into(), password }
    }
}

impl Signer for Basic {
    fn secrets(&self) -> Vec<Secret> {
        let pair = format!("{}:{}", self.user, self.password.expose());
        let encoded = to_base64(pair.as_bytes());
        vec![self.password.clone(), Secret::new(pair), Secret::new(encoded)]
    }

    fn sign(&self, request: &mut Request, _context: &SigningContext) -> Result<Option<Secret>, SignError> {
        // A colon would end the user's name early; controls are forbidden in both (RFC 7617, section 2).
        if self.user.chars().any(|letter| letter == ':' || letter.is_control()) {
            return Err(SignError::Field { what: "user" });
        }
        if self.password.expose().chars().any(char::is_control) {
            return Err(SignError::Field { what: "password" });
        }
        let pair = to_base64(format!("{}:{}", self.user, self.password.expose()).as_bytes());
        set_field(request, "authorization", "user", format!("Basic {pair}")).map(|()| None)
    }
}
