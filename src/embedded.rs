//! The reference endpoint, started in this process and reached as any other endpoint is.
//!
//! It verifies signatures, with a key that is public; requests to it go through the network.

use std::collections::BTreeMap;

use crate::event::EndpointDescription;
use crate::model::{Contract, Normalisation, Scheme};
use crate::reference::{AuthMode, Fault, Reference, ReferenceSettings, StartError, carries};
use crate::run::{Endpoint, Signing};
use crate::sign::Credentials;
use crate::transport::{Address, TransportError};

/// The key that the reference endpoint knows, as the provider's documents write it in their examples.
pub const KEY_ID: &str = "testid";
/// The secret of [`KEY_ID`]; it opens nothing but the reference endpoint.
pub const KEY_SECRET: &str = "testsecret";

/// A temporary key that `serve` knows beside it; such a key is taken together with its own token alone.
pub const TEMPORARY_ID: &str = "STS.testid";
/// The secret of [`TEMPORARY_ID`].
pub const TEMPORARY_SECRET: &str = "temporarysecret";
/// The security token of [`TEMPORARY_ID`].
pub const TEMPORARY_TOKEN: &str = "temporarytoken";

/// The endpoint cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// It does not listen.
    #[error("the embedded reference endpoint does not start")]
    Start(#[from] StartError),
    /// It has nothing to do with a contract.
    #[error("the embedded reference endpoint does not carry {operation} in version {version}")]
    Foreign {
        /// The operation.
        operation: String,
        /// The version.
        version: String,
    },
    /// Its own address is none.
    #[error(transparent)]
    Address(#[from] TransportError),
}

/// The key that the reference endpoint knows.
pub fn key() -> Credentials {
    Credentials::new(KEY_ID, KEY_SECRET)
}

/// The temporary key that `serve` knows as well.
pub fn temporary_key() -> Credentials {
    Credentials::new(TEMPORARY_ID, TEMPORARY_SECRET).with_security_token(TEMPORARY_TOKEN)
}

/// Checks that the reference endpoint carries these contracts: running others against it would show nothing.
///
/// # Errors
/// The first one whose operation it does not carry.
pub fn check<'a>(contracts: impl IntoIterator<Item = &'a Contract>) -> Result<(), EmbeddedError> {
    match contracts.into_iter().find(|contract| !carries(&contract.operation, &contract.version)) {
        None => Ok(()),
        Some(Contract { id, version, .. }) => {
            Err(EmbeddedError::Foreign { operation: id.to_string(), version: version.clone() })
        }
    }
}

/// Starts the reference endpoint on a free port of the loopback interface.
///
/// # Errors
/// If it cannot listen.
pub async fn start(faults: Vec<Fault>) -> Result<(Endpoint, Reference), EmbeddedError> {
    start_with(ReferenceSettings { faults, ..ReferenceSettings::default() }).await
}

/// The same with further settings; which signatures and keys it knows is not one of them.
///
/// # Errors
/// If it cannot listen.
pub async fn start_with(settings: ReferenceSettings) -> Result<(Endpoint, Reference), EmbeddedError> {
    let names = settings.faults.iter().map(ToString::to_string).collect();
    let settings = ReferenceSettings { auth: AuthMode::Any, keys: vec![key()], ..settings };
    let reference = Reference::start(settings).await?;
    let url = reference.url();
    let endpoint = Endpoint {
        address: Address::new(&url)?,
        states: Some(Address::new(&reference.states_url())?),
        description: EndpointDescription {
            name: "the embedded reference endpoint".into(),
            url,
            is_reference: true,
        },
        signing: Signing::with_public_key(&key(), Scheme::V3),
        retry: None,
        vars: Vec::new(),
        fixtures: BTreeMap::new(),
        normalisation: Normalisation::default(),
        faults: names,
    };
    Ok((endpoint, reference))
}
