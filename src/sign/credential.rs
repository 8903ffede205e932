//! Who signs. Main types: [`Secret`], a text that never shows itself, and [`Credentials`], a key with its secrets.
//! Where they come from is not known here.

use std::fmt;

/// A text that neither `Debug` nor `Display` shows.
///
/// Its memory is not wiped when it is dropped: that guards against a reader of the process's memory, who could as well
/// read the settings that the secret came from.
///
/// ```
/// use proofmark::reference::Secret;
/// let secret = Secret::new("hunter2");
/// assert_eq!(format!("{secret} {secret:?}"), "[secret] [secret]");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for what has to use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("[secret]")
    }
}

/// A key as a caller signs with it, and as an endpoint knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name of the key, which opens nothing, and is hidden where an endpoint repeats it: a report
    /// does not say who has which key.
    pub access_key_id: String,
    /// What signatures are made with.
    pub secret: Secret,
    /// What goes with a temporary key in each request.
    pub security_token: Option<Secret>,
}

impl Credentials {
    /// The parts that are hidden wherever an endpoint repeats them.
    pub fn secrets(&self) -> Vec<Secret> {
        let id = Secret::new(self.access_key_id.as_str());
        [id, self.secret.clone()].into_iter().chain(self.security_token.clone()).collect()
    }

    /// A key that does not expire.
    pub fn new(access_key_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { access_key_id: access_key_id.into(), secret: Secret::new(secret), security_token: None }
    }

    /// The same key as a temporary one.
    #[must_use]
    pub fn with_security_token(mut self, token: impl Into<String>) -> Self {
        self.security_token = Some(Secret::new(token));
        self
    }
}
