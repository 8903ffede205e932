//! What an endpoint is: how much its answers say about the API that callers use.

use std::fmt;
use std::str::FromStr;

/// What an endpoint is. A snapshot keeps the kind that it was recorded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndpointKind {
    /// The embedded endpoint, our own implementation of the contract.
    Reference,
    /// The API that callers use.
    Real,
    /// Something that stands in for it.
    Mock,
    /// Nobody has said.
    Foreign,
}

impl EndpointKind {
    /// All kinds.
    pub const ALL: [EndpointKind; 4] = [Self::Reference, Self::Real, Self::Mock, Self::Foreign];

    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Real => "real",
            Self::Mock => "mock",
            Self::Foreign => "foreign",
        }
    }

    /// Whether what it answered counts for more than what the other kind does: a real endpoint is what all others
    /// are meant to be like.
    pub fn outranks(self, other: Self) -> bool {
        self == Self::Real && other != Self::Real
    }
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for EndpointKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("`{text}` is not a kind of endpoint"))
    }
}
