//! Reads `endpoints.toml`: endpoints by name, with their settings.

use std::path::{Path, PathBuf};

use super::document::{self, KeyValue, Node};
use super::fixture::{self, FixtureEntry};
use super::folder::{LoadError, read_disk};
use super::inside::{inside, is_outside};
use super::names::NameScope;
use super::normalisation;
use super::shape::{check, nearest};
use super::shapes;
use crate::model::{Effect, EndpointKind, Normalisation, Problem, Scheme, Spot, Value};
use crate::template::{TemplateError, TemplateScope, Templates};

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
    check(&node, &shapes::ENDPOINTS, &mut problems);
    let entries = node.get("endpoint").map(Node::entries).unwrap_or_default();
    for entry in entries.iter().filter(|entry| entry.key == "reference") {
        let problem =
            Problem::new(entry.key_spot.clone(), "`reference` is the name of the embedded endpoint");
        problems.push(problem.hint("choose another name"));
    }
    check_names(entries, &mut problems);
    let read = |entry: &KeyValue| {
        let found = endpoint(&entry.key, &entry.node, cases, &mut problems);
        check_templates(&found, &entry.node, &mut problems);
        found
    };
    let endpoints: Vec<EndpointEntry> = entries.iter().map(read).collect();
    if let Some(node) = node.get("default") {
        check_default(node, &endpoints, &mut problems);
    }
    if problems.is_empty() {
        Ok((endpoints, node.text("default")))
    } else {
        Err(LoadError::Problems(problems))
    }
}

/// What is tested without being named must be there, and must neither cost anything nor be sent a secret.
fn check_default(node: &Node, endpoints: &[EndpointEntry], problems: &mut Vec<Problem>) {
    let Some(name) = node.as_text().filter(|name| *name != "reference") else { return };
    let Some(entry) = endpoints.iter().find(|entry| entry.name == name) else {
        let known: Vec<&str> = endpoints.iter().map(|entry| entry.name.as_str()).collect();
        let hint = match nearest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write the name of an endpoint of this file, or `reference`".to_owned(),
        };
        problems.push(Problem::new(node.spot.clone(), format!("no endpoint is named `{name}`")).hint(hint));
        return;
    };
    if let Some((key, why)) = entry.reserved_reason() {
        let message = format!("`{name}` cannot be the default: {why} (`{key}`)");
        problems.push(Problem::new(node.spot.clone(), message).hint(NAMED_ONLY));
    }
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
fn check_templates(entry: &EndpointEntry, node: &Node, problems: &mut Vec<Problem>) {
    // The functions of case tables make random values, which an address must not have.
    let mut names = NameScope::default();
    entry.vars.iter().for_each(|(name, _)| names.add(name.as_str()));
    let mut found = Vec::new();
    for key in ["region", "service"] {
        names.check_key(node, key, &mut found);
    }
    for (key, value) in [("region", &entry.region), ("service", &entry.service)] {
        if value.is_some() {
            names.add(key);
        }
    }
    for key in ["url", "states"] {
        names.check_key(node, key, &mut found);
    }
    if entry.vars.is_empty() {
        let hint = format!("define it in [endpoint.{}.vars]", entry.name);
        found = found.into_iter().map(|problem| problem.hint(hint.clone())).collect();
    }
    if let (true, Err(error)) = (found.is_empty(), entry.resolve(|_| None)) {
        let spot = node.get(error.key).unwrap_or(node).spot.clone();
        found.push(Problem::new(spot, format!("the template gives no text: {}", error.source)));
    }
    problems.extend(found);
    check_scope_of_signature(entry, node, problems);
}

/// AWS's signature is made for a region and a service, which only the entry can name.
fn check_scope_of_signature(entry: &EndpointEntry, node: &Node, problems: &mut Vec<Problem>) {
    let Some(sign) =
        node.get("sign").filter(|sign| sign.as_text().map(str::parse) == Some(Ok(Scheme::AwsV4)))
    else {
        return;
    };
    for (key, value) in [("region", &entry.region), ("service", &entry.service)] {
        if value.is_none() {
            let message = format!("requests signed by {} need `{key}`", Scheme::AwsV4);
            problems.push(Problem::new(sign.spot.clone(), message).hint(format!("write `{key}` beside it")));
        }
    }
}

/// A key does not belong beside cases, so certificates may be anywhere if they are named by a whole path. No message shows
/// a line of them.
fn check_files(node: &Node, cases: &Path, problems: &mut Vec<Problem>) {
    for key in ["ca-file", "client-certificate"] {
        let Some(file) = node.get(key) else { continue };
        let path = Path::new(file.as_text().unwrap_or_default());
        if path.is_absolute() {
            continue;
        }
        if let Err(error) = inside(cases, &cases.join(path))
            && is_outside(&error)
        {
            let problem = Problem::new(file.spot.clone(), format!("`{key}`: {error}"));
            problems.push(problem.hint("write the whole path of a file that is elsewhere on this machine"));
        }
    }
}

fn endpoint(name: &str, node: &Node, cases: &Path, problems: &mut Vec<Problem>) -> EndpointEntry {
    let pairs = |key: &str| node.get(key).map(Node::entries).unwrap_or_default().iter();
    check_files(node, cases, problems);
    // A file is named relative to the folder of the file that names it.
    let file = |key: &str| node.text(key).map(|path| cases.join(path));
    EndpointEntry {
        name: name.to_owned(),
        spots: node.entries().iter().map(|entry| (entry.key.clone(), entry.node.spot.clone())).collect(),
        about: node.text("about"),
        kind: node.word("kind", EndpointKind::of_word),
        url: node.text("url").unwrap_or_default(),
        states: node.text("states"),
        retry: node
            .get("retry")
            .and_then(|retry| Some((number(retry, "attempts", 1..=10, problems)?, retry.texts("codes")))),
        vars: node.get("vars").map(Node::to_pairs).unwrap_or_default(),
        sign: node.text("sign"),
        region: node.text("region"),
        service: node.text("service"),
        credentials: node.text("credentials"),
        fixtures: fixture::read(node, problems),
        normalisation: normalisation::read(&[node], problems),
        allows_billable: node.words("allow", Effect::of_word).contains(&Effect::Billable),
        jobs: number(node, "jobs", 1..=1024, problems),
        rate: node.text("rate"),
        connections: node.text("connections"),
        connect_timeout: number(node, "connect-timeout", 1..=3600, problems),
        answer_timeout: number(node, "answer-timeout", 1..=3600, problems),
        body_limit: number(node, "body-limit", 1..=i64::from(u32::MAX), problems),
        ca_file: file("ca-file"),
        client_certificate: file("client-certificate"),
        proxy: node.text("proxy"),
        resolve: pairs("resolve")
            .filter_map(|entry| Some((entry.key.clone(), entry.node.as_text()?.to_owned())))
            .collect(),
    }
}

fn number<T: TryFrom<i64>>(
    node: &Node,
    key: &str,
    range: std::ops::RangeInclusive<i64>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let found = node.get(key)?;
    let number = found.as_number::<i64>()?;
    if range.contains(&number) {
        return T::try_from(number).ok();
    }
    let message = format!("`{key}` is a number from {} to {}", range.start(), range.end());
    problems.push(Problem::new(found.spot.clone(), message));
    None
}
