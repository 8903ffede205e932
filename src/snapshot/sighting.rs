//! When and where runs have seen a text. Main types: [`Sighting`], and [`Sighted`], which many entries of a side file
//! share.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::basis::ContractBasis;
use crate::model::{Contract, EndpointKind};

/// Where and when a run has seen a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sighting {
    /// When the run began, to the second.
    pub at: Timestamp,
    /// The kind of endpoint.
    pub kind: EndpointKind,
    /// The endpoint's name.
    pub endpoint: String,
    /// The version of the contract.
    pub contract: String,
    /// What of the contract it rests on.
    pub(super) basis: ContractBasis,
    /// The faults that were switched on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

impl fmt::Display for Sighting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, kind, endpoint, contract, basis: _, faults } = self;
        write!(out, "{at}  {kind}  {endpoint}  contract {contract}")?;
        if faults.is_empty() { Ok(()) } else { write!(out, "  with the fault {}", faults.join(", ")) }
    }
}

/// What a run has in common for all that it sees.
#[derive(Debug, Clone)]
pub struct Origin {
    at: Timestamp,
    kind: EndpointKind,
    endpoint: String,
    faults: Vec<String>,
}

impl Origin {
    /// A run that begins now.
    pub fn now(kind: EndpointKind, endpoint: impl Into<String>, faults: Vec<String>) -> Self {
        let now = Timestamp::now();
        Self { at: now.round(Unit::Second).unwrap_or(now), kind, endpoint: endpoint.into(), faults }
    }

    /// What this run sees of answers that rest on some promises of a contract.
    pub(super) fn sighting(&self, contract: &Contract, basis: ContractBasis) -> Sighting {
        let Self { at, kind, endpoint, faults } = self.clone();
        Sighting { at, kind, endpoint, contract: contract.version.clone(), basis, faults }
    }

    /// Whether the endpoint answers as it is meant to, so that it can confirm anything.
    pub(super) fn is_faultless(&self) -> bool {
        self.faults.is_empty()
    }
}

/// A sighting with its text in a side file. A run sees thousands of cases at one time, on one endpoint and by a few
/// rows of a contract, so most entries share a few of these.
#[derive(Debug, Clone)]
pub(super) struct Sighted(Arc<(Sighting, Box<RawValue>)>);

impl Sighted {
    pub(super) fn new(sighting: Sighting) -> Self {
        // A plain record cannot fail to be written.
        let text = to_raw_value(&sighting).unwrap_or_default();
        Self(Arc::new((sighting, text)))
    }
}

impl Deref for Sighted {
    type Target = Sighting;

    fn deref(&self) -> &Sighting {
        &self.0.0
    }
}

impl PartialEq for Sighted {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Sighted {}

impl Serialize for Sighted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.1.serialize(serializer)
    }
}

/// The sightings of a side file that were read so far, by their texts.
#[derive(Debug, Default)]
pub(super) struct Sightings(HashMap<String, Sighted>);

impl Sightings {
    /// Reads a sighting, or takes the one that has the same text.
    ///
    /// # Errors
    /// A text that is not a sighting.
    pub(super) fn read(&mut self, text: &RawValue) -> serde_json::Result<Sighted> {
        if let Some(known) = self.0.get(text.get()) {
            return Ok(known.clone());
        }
        let kept = Sighted::new(serde_json::from_str(text.get())?);
        self.0.insert(text.get().to_owned(), kept.clone());
        Ok(kept)
    }
}
