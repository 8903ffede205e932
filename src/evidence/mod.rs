//! Evidence: what a run came to, in a form that a stranger can check.
//!
//! A [`Statement`] says what was certified, [`seal`] puts it into an envelope signed with a [`SigningKey`], and [`open`]
//! takes it out again. Each has one encoding, byte for byte. Nothing here reads a file or knows a run.

mod envelope;
mod key;
mod statement;

pub use envelope::{EnvelopeError, Sealed, open, seal};
pub use key::{KeyError, PublicKey, SigningKey};
pub use statement::{
    CertifiedContract, CertifiedEndpoint, Conformance, Contradiction, Digest, Omission, Resource, Scope,
    Statement, StatementError, TestResult,
};
