//! Endpoints by name or address: what `endpoints.toml` says of them, and what outranks it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{AppError, credentials};
use crate::event::EndpointDescription;
use crate::model::{EndpointKind, Fixture, Scheme};
use crate::run::{Endpoint, Retry, Signing};
use crate::source::{EndpointEntry, FixtureEntry, load_endpoints};
use crate::transport::{Address, Connection, Keeping, Tls, TransportError, TransportLimits};

/// The variables of the environment, by name; none if it is not set or is not text.
pub type EnvironmentVariables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What outranks the file of endpoints.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// How requests are signed.
    pub sign: Option<Scheme>,
    /// The limit on requests, such as `1000/60s`.
    pub rate: Option<String>,
    /// A file of certificates (PEM) that are trusted in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// A file with the certificate and key (PEM) that are shown to the endpoint.
    pub client_certificate: Option<PathBuf>,
    /// The address of a proxy.
    pub proxy: Option<String>,
    /// Where hosts are, as `HOST=ADDRESS:PORT`.
    pub resolve: Vec<String>,
    /// Whether connections are used again.
    pub connections: Option<Keeping>,
    /// How long a connection may take.
    pub connect_timeout: Option<Duration>,
    /// How long an answer may take.
    pub answer_timeout: Option<Duration>,
    /// The largest answer, in bytes.
    pub body_limit: Option<u32>,
}

/// What the names of variables begin with that replace those of an endpoint.
const VARIABLE: &str = "PROOFMARK_VAR_";

/// An endpoint that is named, with what outranks its file. Credentials are read from the environment.
///
/// # Errors
/// An address that is none, and credentials that are missing.
pub fn endpoint(
    entry: &EndpointEntry,
    states: Option<&str>,
    sign: Option<Scheme>,
    variables: EnvironmentVariables,
) -> Result<Endpoint, AppError> {
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
        signing: signing(sign, entry, variables)?,
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
fn signing(
    flag: Option<Scheme>,
    entry: &EndpointEntry,
    variables: EnvironmentVariables,
) -> Result<Signing, AppError> {
    let file = entry.sign.as_deref().map(str::parse::<Scheme>).transpose();
    let file = file.map_err(|message| AppError::settings(format!("{}: {message}", entry.name)))?;
    let Some(scheme) = flag.or(file) else {
        return Ok(Signing::none(false));
    };
    credentials::signing(scheme, entry, variables)
}

/// Whether an endpoint is given by its address, and not by a name.
pub fn is_address(name: &str) -> bool {
    name.contains("://")
}

/// The endpoint of a name, or one that an address alone makes.
///
/// # Errors
/// A file of endpoints that is invalid, or in which the name is not.
pub fn entry(name: &str, cases: &Path, variables: EnvironmentVariables) -> Result<EndpointEntry, AppError> {
    if is_address(name) {
        return Ok(EndpointEntry { name: name.to_owned(), url: name.to_owned(), ..EndpointEntry::default() });
    }
    let known = load_endpoints(cases)?;
    if let Some(entry) = known.iter().find(|entry| entry.name == name) {
        return resolve(entry, variables);
    }
    let names: Vec<&str> = known.iter().map(|entry| entry.name.as_str()).collect();
    let hint = if names.is_empty() {
        "write an address such as http://127.0.0.1:9000".into()
    } else {
        format!("it names {}", names.join(", "))
    };
    let message = format!("--endpoint: `{name}` is not a URL, and endpoints.toml does not name it");
    Err(AppError::settings_with(message, hint))
}

/// An endpoint with the variables that the environment gives, and its templates rendered.
///
/// # Errors
/// A template that cannot be rendered.
pub fn resolve(entry: &EndpointEntry, variables: EnvironmentVariables) -> Result<EndpointEntry, AppError> {
    let resolved = entry.resolve(|name| variables(&variable(name)));
    resolved.map_err(|error| AppError::settings(error.to_string()))
}

/// The variable of the environment that outranks one of an endpoint.
pub fn variable(name: &str) -> String {
    let upper = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    VARIABLE.chars().chain(name.chars().map(upper)).collect()
}

/// Whether an endpoint is on this machine and not the real API, which a tunnel or a sidecar may bring here.
pub fn costs_nothing(entry: &EndpointEntry, connection: &Connection, address: &Address) -> bool {
    connection.stays_here(address) && entry.kind != Some(EndpointKind::Real)
}

/// How an endpoint is connected to.
#[derive(Debug)]
pub struct Connected {
    /// What an answer may take.
    pub limits: TransportLimits,
    /// The way to it.
    pub connection: Connection,
}

impl Connected {
    /// Resolves flag, then the endpoint's file, then default.
    ///
    /// # Errors
    /// A setting that cannot be read, or that contradicts another.
    pub fn resolve(overrides: &Overrides, entry: Option<&EndpointEntry>) -> Result<Self, AppError> {
        let none = EndpointEntry::default();
        let entry = entry.unwrap_or(&none);
        let limits = TransportLimits::default();
        let first = |flag: Option<Duration>, file: Option<Duration>, default: Duration| {
            flag.or(file).unwrap_or(default)
        };
        let answer = first(overrides.answer_timeout, entry.answer_timeout, limits.answer);
        Ok(Self {
            limits: TransportLimits {
                connect: first(overrides.connect_timeout, entry.connect_timeout, limits.connect),
                answer,
                hook: answer,
                body: overrides
                    .body_limit
                    .or(entry.body_limit)
                    .map_or(limits.body, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
            },
            connection: connection(overrides, entry)?,
        })
    }
}

fn proxy_address(url: &str) -> Result<Address, AppError> {
    Address::new(url).map_err(|error| match error {
        TransportError::Address { url, reason } => {
            AppError::settings(format!("invalid URL of the proxy, `{url}`: {reason}"))
        }
        other @ TransportError::Tls { .. } => other.into(),
    })
}

fn connection(overrides: &Overrides, entry: &EndpointEntry) -> Result<Connection, AppError> {
    let mut resolve = Vec::new();
    let given = overrides.resolve.iter().map(|text| text.split_once('=').unwrap_or((text, "")));
    let flags: Vec<(&str, &str)> = given.collect();
    let is_given = |host: &str| flags.iter().any(|(given, _)| given.eq_ignore_ascii_case(host));
    let file = entry.resolve.iter().filter(|(host, _)| !is_given(host));
    let file = file.map(|(host, address)| (host.as_str(), address.as_str()));
    for (host, address) in flags.iter().copied().chain(file) {
        let address = address.parse().map_err(|_| {
            AppError::settings_with(
                format!("`{host}={address}` does not say where a host is"),
                "write HOST=ADDRESS:PORT, such as api.example.com=127.0.0.1:8443",
            )
        })?;
        // Names of hosts are the same in either case (RFC 4343).
        let host = host.to_ascii_lowercase();
        if resolve.iter().any(|(known, _)| *known == host) {
            return Err(AppError::settings(format!("--resolve says twice where {host} is")));
        }
        resolve.push((host, address));
    }
    let rate = overrides.rate.as_ref().or(entry.rate.as_ref());
    let proxy = overrides.proxy.as_ref().or(entry.proxy.as_ref());
    Ok(Connection {
        keeping: match (overrides.connections, &entry.connections) {
            (Some(keeping), _) => keeping,
            (None, Some(text)) => text
                .parse()
                .map_err(|message: String| AppError::settings(format!("connections: {message}")))?,
            (None, None) => Keeping::default(),
        },
        tls: Tls {
            ca_file: overrides.ca_file.clone().or_else(|| entry.ca_file.clone()),
            client_certificate: overrides
                .client_certificate
                .clone()
                .or_else(|| entry.client_certificate.clone()),
        },
        proxy: proxy.map(|url| proxy_address(url)).transpose()?,
        rate: rate
            .map(|text| text.parse())
            .transpose()
            .map_err(|message: String| AppError::settings(format!("rate: {message}")))?,
        resolve,
    })
}
