//! Reads `endpoints.toml`: endpoints by name, with their settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::{self, Node};
use super::folder::{LoadError, read_file};
use super::shape::check;
use super::shapes;
use crate::model::{Problem, Value};

/// An endpoint that a file names; what it does not say is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EndpointEntry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: Option<String>,
    /// Its address.
    pub url: String,
    /// The address of its state hook.
    pub states: Option<String>,
    /// How requests are signed.
    pub sign: Option<String>,
    /// Where credentials come from: `environment`, or `profile:NAME`.
    pub credentials: Option<String>,
    /// How often a request is sent at the most, and after which codes it is sent again.
    pub retry: Option<(u8, Vec<String>)>,
    /// Variables that recipes use.
    pub vars: Vec<(String, Value)>,
    /// Variables of states that are there already, by state.
    pub fixtures: BTreeMap<String, Vec<(String, Value)>>,
    /// Whether cases that cost money may run.
    pub allows_billable: bool,
    /// How many cases run at once.
    pub jobs: Option<u16>,
    /// The limit on requests, as `1000/60s`.
    pub rate: Option<String>,
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
}

/// The endpoints of a folder of cases; none if it has no `endpoints.toml`.
///
/// # Errors
/// Every problem of the file.
pub fn load_endpoints(cases: &Path) -> Result<Vec<EndpointEntry>, LoadError> {
    let path = cases.join("endpoints.toml");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let file = read_file(&path, &path)?;
    let mut problems = Vec::new();
    let node = document::parse(&file, &mut problems);
    check(&node, &shapes::ENDPOINTS, &mut problems);
    let entries = node.get("endpoint").map(Node::entries).unwrap_or_default();
    for entry in entries.iter().filter(|entry| entry.key == "reference") {
        let problem =
            Problem::new(entry.key_spot.clone(), "`reference` is the name of the embedded endpoint");
        problems.push(problem.hint("choose another name"));
    }
    let endpoints =
        entries.iter().map(|entry| endpoint(&entry.key, &entry.node, cases, &mut problems)).collect();
    if problems.is_empty() { Ok(endpoints) } else { Err(LoadError::Problems(problems)) }
}

fn endpoint(name: &str, node: &Node, cases: &Path, problems: &mut Vec<Problem>) -> EndpointEntry {
    let pairs = |key: &str| node.get(key).map(Node::entries).unwrap_or_default().iter();
    // A file is named relative to the folder of the file that names it.
    let file = |key: &str| node.text(key).map(|path| cases.join(path));
    EndpointEntry {
        name: name.to_owned(),
        about: node.text("about"),
        url: node.text("url").unwrap_or_default(),
        states: node.text("states"),
        retry: node
            .get("retry")
            .and_then(|retry| Some((number(retry, "attempts", 1..=10, problems)?, retry.texts("codes")))),
        vars: node.get("vars").map(Node::to_pairs).unwrap_or_default(),
        sign: node.text("sign"),
        credentials: node.text("credentials"),
        fixtures: pairs("fixtures").map(|entry| (entry.key.clone(), entry.node.to_pairs())).collect(),
        allows_billable: node.texts("allow").iter().any(|effect| effect == "billable"),
        jobs: number(node, "jobs", 1..=1024, problems),
        rate: node.text("rate"),
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
