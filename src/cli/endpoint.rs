//! Endpoints by name or address: what `endpoints.toml` says of them, with the variables that the environment gives.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;

use super::credentials;
use super::exit::CliError;
use crate::event::EndpointDescription;
use crate::model::{Fixture, Scheme};
use crate::run::{Endpoint, Retry, Signing};
use crate::source::{EndpointEntry, FixtureEntry, load_endpoints};
use crate::transport::Address;

/// What the names of variables begin with that replace those of an endpoint.
const VARIABLE: &str = "PROOFMARK_VAR_";

/// An endpoint that is named, with the flags that outrank its file.
pub(super) fn endpoint(
    entry: &EndpointEntry,
    states: Option<&str>,
    sign: Option<Scheme>,
) -> Result<Endpoint, CliError> {
    let states = states.or(entry.states.as_deref());
    let address = Address::new(&entry.url)?;
    let description = EndpointDescription {
        name: entry.name.clone(),
        url: address.as_str().to_owned(),
        is_reference: false,
    };
    Ok(Endpoint {
        description,
        address,
        states: states.map(Address::new).transpose()?,
        signing: signing(sign, entry)?,
        retry: entry.retry.clone().map(|(attempts, codes)| Retry { attempts, codes }),
        vars: entry.vars.clone(),
        fixtures: fixtures(entry),
        normalisation: entry.normalisation.clone(),
        faults: Vec::new(),
    })
}

fn fixtures(entry: &EndpointEntry) -> BTreeMap<String, Vec<Fixture>> {
    let mut fixtures: BTreeMap<String, Vec<Fixture>> = BTreeMap::new();
    for FixtureEntry { state, fixture, .. } in &entry.fixtures {
        fixtures.entry(state.clone()).or_default().push(fixture.clone());
    }
    fixtures
}

/// How requests are signed: by the scheme of a flag, else of the file, with credentials that are there before the
/// first request.
fn signing(flag: Option<Scheme>, entry: &EndpointEntry) -> Result<Signing, CliError> {
    let file = entry.sign.as_deref().map(str::parse::<Scheme>).transpose();
    let file = file.map_err(|message| CliError::usage(format!("{}: {message}", entry.name)))?;
    let Some(scheme) = flag.or(file) else {
        return Ok(Signing::none(false));
    };
    credentials::signing(scheme, entry)
}

/// Whether an endpoint is given by its address, and not by a name.
pub(super) fn is_address(name: &str) -> bool {
    name.contains("://")
}

/// The endpoint of a name, or one that an address alone makes.
pub(super) fn entry(name: &str, cases: &Path) -> Result<EndpointEntry, CliError> {
    if is_address(name) {
        return Ok(EndpointEntry { name: name.to_owned(), url: name.to_owned(), ..EndpointEntry::default() });
    }
    let known = load_endpoints(cases)?;
    if let Some(entry) = known.iter().find(|entry| entry.name == name) {
        return resolved(entry);
    }
    let names: Vec<&str> = known.iter().map(|entry| entry.name.as_str()).collect();
    Err(CliError::Usage {
        message: format!("--endpoint: `{name}` is no address, and endpoints.toml does not name it"),
        hint: Some(if names.is_empty() {
            "write an address such as http://127.0.0.1:9000".into()
        } else {
            format!("it names {}", names.join(", "))
        }),
    })
}

/// An endpoint with the variables that the environment gives, and its templates rendered.
pub(super) fn resolved(entry: &EndpointEntry) -> Result<EndpointEntry, CliError> {
    let resolved = entry.resolved(|name| env::var(variable(name)).ok());
    resolved.map_err(|error| CliError::usage(error.to_string()))
}

/// The variable of the environment that outranks one of an endpoint.
pub(super) fn variable(name: &str) -> String {
    let upper = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    VARIABLE.chars().chain(name.chars().map(upper)).collect()
}
