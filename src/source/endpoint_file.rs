//! Reads `endpoints.toml`: endpoints by name, with their settings.

use std::path::{Path, PathBuf};

use super::compound::{At, Entries, Entry, Texts, Values};
use super::document::{self, KeyValue, Node};
use super::fixture::{self, FixtureEntry, RawFixture};
use super::folder::{LoadError, read_disk};
use super::form::ValueForm;
use super::inside::{inside, is_outside};
use super::names::NameScope;
use super::near::nearest;
use super::normalisation::{self, RawOrderRule, RawRules, RawValueRule};
use super::record::{Key, record};
use super::word::{Connections, NamedKind};
use crate::model::{Effect, EndpointKind, Normalisation, Problem, Scheme, Spot, Value};
use crate::template::{TemplateError, TemplateScope, Templates};

record! {
    /// `endpoints.toml`.
    closed "endpoints" RawEndpoints {
        default: Key At<'a, String> = "default",
            "The endpoint to test where no --endpoint is given; the embedded one if left out.";
        endpoints: Key Entries<'a, RawEndpointEntry<'a>> = "endpoint",
            "The endpoints, each written as [endpoint.NAME].";
    }

    closed "retry" RawRetry {
        attempts: Needed At<'a, i64> = "attempts", "How often a request is sent at the most.";
        codes: Key Vec<String> = "codes",
            "Error codes, or statuses, after which it is sent again; transport faults always are.";
    }

    closed "endpoint" RawEndpointEntry {
        about: Key String = "about", "What it is.";
        url: Needed String = "url",
            "Its address, such as http://127.0.0.1:9000, or https://api.{{ region }}.example with a variable.";
        kind: Key NamedKind = "kind", "What it is: the API that callers use, or a stand-in for it.";
        states: Key String = "states", "The address of its state hook; may use variables, too.";
        sign: Key At<'a, Scheme> = "sign", "How requests are signed.";
        region: Key String = "region", "The region that aws-sigv4 signs for.";
        service: Key String = "service", "The service that aws-sigv4 signs for, such as execute-api.";
        credentials: Key String = "credentials",
            "Where credentials come from: environment, or profile:NAME.";
        retry: Key RawRetry<'a> = "retry", "When a request is sent again; never, if it is left out.";
        vars: Key Values<'a> = "vars", "Variables that recipes and addresses use, such as region.";
        fixtures: Key Entries<'a, Values<'a>> = "fixtures",
            "Variables of states without parameters that are there already, by state.";
        fixture: Key Vec<RawFixture<'a>> = "fixture",
            "States that are there already, each written as [[endpoint.NAME.fixture]].";
        allow: Key Vec<Effect> = "allow", "Effects that cases may have on it.";
        jobs: Key At<'a, i64> = "jobs", "How many cases run at once.";
        rate: Key String = "rate", "The limit on requests, as 1000/60s.";
        connections: Key Connections = "connections",
            "Whether each request has a connection of its own, or connections are used again.";
        connect_timeout: Key At<'a, i64> = "connect-timeout", "How long a connection may take, in seconds.";
        answer_timeout: Key At<'a, i64> = "answer-timeout", "How long an answer may take, in seconds.";
        body_limit: Key At<'a, i64> = "body-limit", "The largest answer, in bytes.";
        ca_file: Key String = "ca-file",
            "A file of certificates (PEM) that are trusted in place of the system's.";
        client_certificate: Key String = "client-certificate",
            "A file with the certificate and key (PEM) that are shown.";
        proxy: Key String = "proxy", "A proxy; none is taken from the environment.";
        resolve: Key Texts<'a> = "resolve", "Hosts, and the address and port to connect to in their place.";
        volatile: Key Vec<RawValueRule<'a>> = "volatile", "Values that change from run to run on it alone.";
        time: Key Vec<RawValueRule<'a>> = "time", "Times of it alone, shown as [name] if they are times.";
        unordered: Key Vec<RawOrderRule<'a>> = "unordered", "Lists whose order says nothing on it alone.";
    }
}

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
    /// How long a connection may take, in seconds.
    pub connect_timeout: Option<u64>,
    /// How long an answer may take, in seconds.
    pub answer_timeout: Option<u64>,
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
    key: &'static str,
    source: TemplateError,
}

/// The endpoints of a folder of cases; none if it has no `endpoints.toml`.
///
/// # Errors
/// Every problem of the file.
pub fn load_endpoints(cases: &Path) -> Result<Vec<EndpointEntry>, LoadError> {
    read_file(cases).map(|(endpoints, _)| endpoints)
}

/// The endpoint that the file of endpoints names for commands that name none.
///
/// # Errors
/// Every problem of the file.
pub fn load_default(cases: &Path) -> Result<Option<String>, LoadError> {
    read_file(cases).map(|(_, default)| default)
}

fn read_file(cases: &Path) -> Result<(Vec<EndpointEntry>, Option<String>), LoadError> {
    let path = cases.join("endpoints.toml");
    if path.symlink_metadata().is_err() {
        return Ok((Vec::new(), None));
    }
    let file = read_disk(cases, &path, &path)?;
    let mut problems = Vec::new();
    let node = document::parse(&file, &mut problems);
    let Some(raw) = RawEndpoints::read(&node, &mut problems) else {
        return Err(LoadError::Problems(problems));
    };
    let written = raw.endpoints.node.map(Node::entries).unwrap_or_default();
    for entry in written.iter().filter(|entry| entry.key == "reference") {
        let problem =
            Problem::new(entry.key_spot.clone(), "`reference` is the name of the embedded endpoint");
        problems.push(problem.hint("choose another name"));
    }
    check_names(written, &mut problems);
    let read = |entry: &Entry<'_, RawEndpointEntry<'_>>| {
        let found = endpoint(&entry.written.key, &entry.value, cases, &mut problems);
        check_templates(&found, &entry.value, &mut problems);
        found
    };
    let endpoints: Vec<EndpointEntry> = raw.endpoints.entries().iter().map(read).collect();
    if let (Some(default), Some(names)) = (&raw.default.value, raw.endpoints.names()) {
        problems.extend(default_problem(default, &names, &endpoints));
    }
    if problems.is_empty() {
        Ok((endpoints, raw.default.value.map(|default| default.value)))
    } else {
        Err(LoadError::Problems(problems))
    }
}

/// What is tested without being named must be there, and must neither cost anything nor be sent a secret.
fn default_problem(default: &At<'_, String>, names: &[&str], endpoints: &[EndpointEntry]) -> Option<Problem> {
    let (name, spot) = (default.value.as_str(), &default.node.spot);
    if name != "reference" && !names.contains(&name) {
        let hint = match nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write the name of an endpoint of this file, or `reference`".to_owned(),
        };
        return Some(Problem::new(spot.clone(), format!("no endpoint is named `{name}`")).hint(hint));
    }
    let entry = endpoints.iter().find(|entry| entry.name == name)?;
    let (key, why) = entry.reserved_reason()?;
    let message = format!("`{name}` cannot be the default: {why} (`{key}`)");
    Some(Problem::new(spot.clone(), message).hint(NAMED_ONLY))
}

/// What to do about an endpoint that is tested only where it is named.
pub const NAMED_ONLY: &str = "name it with --endpoint where it is meant";

/// A folder is named after each endpoint, in which runs write: a name must not lead elsewhere.
fn check_names(entries: &[KeyValue], problems: &mut Vec<Problem>) {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    for KeyValue { key, key_spot, .. } in entries.iter().filter(|entry| !entry.key.chars().all(is_plain)) {
        let problem = Problem::new(key_spot.clone(), format!("{key:?} cannot be the name of a folder"));
        problems.push(problem.hint("names of endpoints have letters, digits, `-`, `_` and `.`"));
    }
}

/// Finds what is wrong with the templates of an endpoint: names that it does not define, or else what does not render.
fn check_templates(entry: &EndpointEntry, raw: &RawEndpointEntry<'_>, problems: &mut Vec<Problem>) {
    // The functions of case tables make random values, which an address must not have.
    let mut names = NameScope::default();
    names.add_all(raw.vars.names());
    let mut found = Vec::new();
    for scope in [&raw.region, &raw.service] {
        names.check_written(scope.sound_node(), &mut found);
    }
    for (key, scope) in [("region", &raw.region), ("service", &raw.service)] {
        if scope.node.is_some() {
            names.add(key);
        }
    }
    for node in [raw.url.sound_node(), raw.states.sound_node()] {
        names.check_written(node, &mut found);
    }
    if entry.vars.is_empty() {
        let hint = format!("define it in [endpoint.{}.vars]", entry.name);
        found = found.into_iter().map(|problem| problem.hint(hint.clone())).collect();
    }
    if raw.place.is_sound
        && found.is_empty()
        && let Err(error) = entry.resolve(|_| None)
    {
        let spot = raw.place.node.get(error.key).unwrap_or(raw.place.node).spot.clone();
        found.push(Problem::new(spot, format!("the template gives no text: {}", error.source)));
    }
    problems.extend(found);
    check_scope_of_signature(raw, problems);
}

/// AWS's signature is made for a region and a service, which only the entry can name.
fn check_scope_of_signature(raw: &RawEndpointEntry<'_>, problems: &mut Vec<Problem>) {
    let Some(sign) = raw.sign.value.as_ref().filter(|sign| sign.value == Scheme::AwsV4) else { return };
    for (key, scope) in [("region", &raw.region), ("service", &raw.service)] {
        if scope.node.is_none() {
            let message = format!("requests signed by {} need `{key}`", Scheme::AwsV4);
            let problem = Problem::new(sign.node.spot.clone(), message);
            problems.push(problem.hint(format!("write `{key}` beside it")));
        }
    }
}

/// A key does not belong beside cases, so certificates may be anywhere if they are named by a whole path. No message shows
/// a line of them.
fn check_files(raw: &RawEndpointEntry<'_>, cases: &Path, problems: &mut Vec<Problem>) {
    for (key, file) in [("ca-file", &raw.ca_file), ("client-certificate", &raw.client_certificate)] {
        let Some(path) = file.value.as_deref().map(Path::new) else { continue };
        if path.is_absolute() {
            continue;
        }
        if let Err(error) = inside(cases, &cases.join(path))
            && is_outside(&error)
        {
            let problem = Problem::new(file.spot(&raw.place), format!("`{key}`: {error}"));
            problems.push(problem.hint("write the whole path of a file that is elsewhere on this machine"));
        }
    }
}

fn endpoint(
    name: &str,
    raw: &RawEndpointEntry<'_>,
    cases: &Path,
    problems: &mut Vec<Problem>,
) -> EndpointEntry {
    check_files(raw, cases, problems);
    // A file is named relative to the folder of the file that names it.
    let file = |key: &Key<'_, String>| key.value.as_ref().map(|path| cases.join(path));
    let rules = RawRules { volatile: &raw.volatile, time: &raw.time, unordered: &raw.unordered };
    let written = raw.place.node.entries();
    EndpointEntry {
        name: name.to_owned(),
        spots: written.iter().map(|entry| (entry.key.clone(), entry.node.spot.clone())).collect(),
        about: raw.about.value.clone(),
        kind: raw.kind.value.map(|kind| kind.0),
        url: raw.url.or_reported(),
        states: raw.states.value.clone(),
        retry: raw.retry.value.as_ref().and_then(|retry| {
            let attempts = retry.attempts.value.as_ref();
            Some((number(attempts, "attempts", 1..=10, problems)?, retry.codes.items().to_vec()))
        }),
        vars: raw.vars.value.as_ref().map(Values::to_pairs).unwrap_or_default(),
        sign: raw.sign.value.as_ref().map(|sign| sign.value.name().to_owned()),
        region: raw.region.value.clone(),
        service: raw.service.value.clone(),
        credentials: raw.credentials.value.clone(),
        fixtures: fixture::read(&raw.fixtures, raw.fixture.items(), problems),
        normalisation: normalisation::read(&[rules], problems),
        allows_billable: raw.allow.items().contains(&Effect::Billable),
        jobs: number(raw.jobs.value.as_ref(), "jobs", 1..=1024, problems),
        rate: raw.rate.value.clone(),
        connections: raw.connections.value.map(|connections| connections.0.to_owned()),
        connect_timeout: number(raw.connect_timeout.value.as_ref(), "connect-timeout", 1..=3600, problems),
        answer_timeout: number(raw.answer_timeout.value.as_ref(), "answer-timeout", 1..=3600, problems),
        body_limit: number(raw.body_limit.value.as_ref(), "body-limit", 1..=i64::from(u32::MAX), problems),
        ca_file: file(&raw.ca_file),
        client_certificate: file(&raw.client_certificate),
        proxy: raw.proxy.value.clone(),
        resolve: raw.resolve.value.as_ref().map(Texts::to_pairs).unwrap_or_default(),
    }
}

fn number<T: TryFrom<i64>>(
    found: Option<&At<'_, i64>>,
    key: &str,
    range: std::ops::RangeInclusive<i64>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let found = found?;
    let number = T::try_from(found.value).ok().filter(|_| range.contains(&found.value));
    if number.is_none() {
        let message = format!("`{key}` is a number from {} to {}", range.start(), range.end());
        problems.push(Problem::new(found.node.spot.clone(), message));
    }
    number
}
