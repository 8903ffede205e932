//! An answer that came where another one is promised. Main type: [`UnexpectedAnswer`].

use std::fmt;

/// The first status that is not one of success.
const NOT_A_SUCCESS: u16 = 300;

/// What of an answer says what the endpoint took a request for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UnexpectedAnswer {
    pub(super) status: u16,
    /// Its error code, where that is another one as well, or none is promised; without what is made for one answer.
    pub(super) code: Option<String>,
    /// Whether it is an error that is sent with a status of success.
    pub(super) is_error: bool,
}

impl UnexpectedAnswer {
    /// Whether it is one mistake, in place of however many other answers. Success is not: each error that an endpoint
    /// does not look for is a mistake of its own.
    pub(super) fn is_one_mistake(&self) -> bool {
        self.status >= NOT_A_SUCCESS || self.is_error
    }
}

impl fmt::Display for UnexpectedAnswer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) if self.is_error => write!(out, "{} with the error {code}", self.status),
            Some(code) => write!(out, "{} {code}", self.status),
            None if self.is_error => write!(out, "{} with an error", self.status),
            None => write!(out, "{}", self.status),
        }
    }
}
