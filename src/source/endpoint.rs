//! An endpoint as `endpoints.toml` names it, with its settings. Main type: [`EndpointEntry`].

use std::path::PathBuf;
use std::time::Duration;

use super::fixture::FixtureEntry;
use crate::model::{EndpointKind, Normalisation, Problem, Scheme, Spot, Value};
use crate::template::{TemplateError, TemplateScope, Templates};

/// What to do about an endpoint that is tested only where it is named.
pub const NAMED_ONLY: &str = "name it with --endpoint where it is meant";

/// An endpoint that a file names; what it does not say is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EndpointEntry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: Option<String>,
    /// The kind of endpoint that it is, if that is said.
    pub kind: Option<EndpointKind>,
    /// Its address; may be a template of its variables.
    pub url: String,
    /// The address of its state hook; the same.
    pub states: Option<String>,
    /// How requests are signed.
    pub sign: Option<String>,
    /// The region that AWS's signature is made for; may be a template of the variables, too.
    pub region: Option<String>,
    /// The service that it is made for; the same.
    pub service: Option<String>,
    /// Where credentials come from: `environment`, or `profile:NAME`.
    pub credentials: Option<String>,
    /// How often a request is sent at the most, and after which codes it is sent again.
    pub retry: Option<(u8, Vec<String>)>,
    /// Variables that recipes and addresses use.
    pub vars: Vec<(String, Value)>,
    /// States that are there already.
    pub fixtures: Vec<FixtureEntry>,
    /// Whether cases that cost money may run.
    pub allows_billable: bool,
    /// How many cases run at once.
    pub jobs: Option<u16>,
    /// The limit on requests, as `1000/60s`.
    pub rate: Option<String>,
    /// Whether connections are used again: `fresh` or `reuse`.
    pub connections: Option<String>,
    /// How long a connection may take.
    pub connect_timeout: Option<Duration>,
    /// How long an answer may take.
    pub answer_timeout: Option<Duration>,
    /// The largest answer, in bytes.
    pub body_limit: Option<u32>,
    /// A file of certificates that are trusted in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// A file with the certificate and key that are shown.
    pub client_certificate: Option<PathBuf>,
    /// A proxy.
    pub proxy: Option<String>,
    /// Hosts and the addresses to connect to in their place.
    pub resolve: Vec<(String, String)>,
    /// What snapshots leave out of its answers, beyond what contracts say.
    pub normalisation: Normalisation,
    /// The places of its keys in the file; empty if it is not from one.
    pub spots: Vec<(String, Spot)>,
}

impl EndpointEntry {
    /// A problem with the value of a key, at its place.
    pub fn problem(&self, key: &str, message: impl Into<String>) -> Option<Problem> {
        let (_, spot) = self.spots.iter().find(|(known, _)| known == key)?;
        Some(Problem::new(spot.clone(), message))
    }

    /// Why the endpoint is tested only where `--endpoint` names it, with the key that says so.
    pub fn reserved_reason(&self) -> Option<(&'static str, &'static str)> {
        let signs = self.sign.as_deref().is_some_and(|sign| sign != Scheme::None.name());
        [
            ("kind", "it is the real API", self.kind == Some(EndpointKind::Real)),
            ("allow", "its cases may cost money", self.allows_billable),
            ("sign", "its requests are signed with a secret", signs),
            ("credentials", "it has credentials", self.credentials.is_some()),
            ("client-certificate", "it has a private key", self.client_certificate.is_some()),
        ]
        .into_iter()
        .find_map(|(key, why, is_so)| is_so.then_some((key, why)))
    }

    /// The entry with the variables that `outside` gives in place of its own, and its templates rendered.
    ///
    /// # Errors
    /// A template that gives no value.
    pub fn resolve(&self, outside: impl Fn(&str) -> Option<String>) -> Result<Self, EndpointError> {
        let mut entry = self.clone();
        for (name, value) in &mut entry.vars {
            if let Some(given) = outside(name) {
                *value = Value::Text(given);
            }
        }
        let mut scope = TemplateScope::new(0, &self.name);
        entry.vars.iter().for_each(|(name, value)| scope.set(name, value));
        let render = |key: &'static str, text: &str, scope: &TemplateScope| {
            let rendered = Templates::default().render_text(text, scope);
            rendered.map_err(|source| EndpointError { name: self.name.clone(), key, source })
        };
        let given = |key, text: &Option<String>, scope: &TemplateScope| {
            text.as_deref().map(|text| render(key, text, scope)).transpose()
        };
        entry.region = given("region", &self.region, &scope)?;
        entry.service = given("service", &self.service, &scope)?;
        for (key, value) in [("region", &entry.region), ("service", &entry.service)] {
            if let Some(value) = value {
                scope.set(key, &Value::text(value));
            }
        }
        entry.url = render("url", &self.url, &scope)?;
        entry.states = given("states", &self.states, &scope)?;
        Ok(entry)
    }
}

/// A template of an endpoint gives no value.
#[derive(Debug, thiserror::Error)]
#[error("`{key}` of the endpoint `{name}` gives no text: {source}")]
pub struct EndpointError {
    name: String,
    pub(super) key: &'static str,
    pub(super) source: TemplateError,
}
