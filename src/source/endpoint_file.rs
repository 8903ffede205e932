//! Reads `endpoints.toml`: endpoints by name, with their settings.

use std::path::Path;

use super::compound::{At, Entries, Entry, Texts, Values};
use super::disk::read_disk;
use super::document::{self, KeyValue, Node};
use super::endpoint::{EndpointEntry, NAMED_ONLY};
use super::error::LoadError;
use super::fixture::{self, RawFixture};
use super::form::ValueForm;
use super::inside::{inside, is_outside};
use super::names::NameScope;
use super::normalisation::{self, RawOrderRule, RawRules, RawValueRule};
use super::record::{Key, record};
use super::time_limit::TimeLimit;
use super::word::{Connections, NamedKind};
use crate::model::{Effect, Problem, Scheme, nearest};

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
        connect_timeout: Key TimeLimit = "connect-timeout",
            "How long a connection may take: a number of seconds, or a number with a unit.";
        answer_timeout: Key TimeLimit = "answer-timeout",
            "How long an answer may take: a number of seconds, or a number with a unit.";
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
        connect_timeout: raw.connect_timeout.value.map(|limit| limit.0),
        answer_timeout: raw.answer_timeout.value.map(|limit| limit.0),
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
