//! Reads `endpoints.toml`: endpoints by name.

use std::path::Path;

use super::document::Node;
use super::folder::{LoadError, read_file};
use super::shape::check;
use super::{document, shapes};
use crate::model::Problem;

/// An endpoint that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointEntry {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// The address of its state hook.
    pub states: Option<String>,
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
    if !problems.is_empty() {
        return Err(LoadError::Problems(problems));
    }
    Ok(entries
        .iter()
        .map(|entry| EndpointEntry {
            name: entry.key.clone(),
            url: entry.node.text("url").unwrap_or_default(),
            states: entry.node.text("states"),
        })
        .collect())
}
