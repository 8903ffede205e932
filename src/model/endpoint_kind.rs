//! What an endpoint is: how much its answers say about the API that callers use.

use super::named::named;
use std::str::FromStr;

named! {
    /// What an endpoint is. A snapshot keeps the kind that it was recorded from.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum EndpointKind {
        /// The embedded endpoint, our own implementation of the contract.
        Reference = "reference",
        /// The API that callers use.
        Real = "real",
        /// A replacement for the real API.
        Mock = "mock",
        /// Unknown: the settings name no kind.
        Foreign = "foreign",
    }
}

impl EndpointKind {
    /// Whether what it answered counts for more than what the other kind does: a real endpoint is what all others
    /// are meant to be like.
    pub fn outranks(self, other: Self) -> bool {
        self == Self::Real && other != Self::Real
    }
}

impl FromStr for EndpointKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::of_word(text);
        found.ok_or_else(|| format!("`{text}` is not a kind of endpoint"))
    }
}
