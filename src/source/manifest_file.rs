//! Reads and writes `manifest.toml`, which lists the cases of a suite.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use super::compound::At;
use super::disk::read_disk;
use super::document;
use super::error::LoadError;
use super::form::ValueForm;
use super::record::record;
use super::shelf::{FileSource, Shelf};
use crate::model::{CaseId, ListedContract, Manifest, OperationId, Problem, SourceText, TableId};

record! {
    /// `manifest.toml`.
    closed "manifest" RawManifest {
        version: Needed At<'a, i64> = "version", "The version of the file: 1.";
        contracts: Key Vec<RawListedContract<'a>> = "contract", "The contracts, each written as [[contract]].";
    }

    closed "listed-contract" RawListedContract {
        id: Needed At<'a, String> = "id", "The contract's folder below the folder of cases.";
        digest: Needed At<'a, String> = "digest", "The digest of its text, and of the text that it shares.";
        cases: Needed Vec<At<'a, String>> = "cases", "Its cases, each as TABLE/CASE or TABLE/CASE/ROW.";
    }
}

/// The name of a suite's manifest, in the folder of its cases.
pub const MANIFEST: &str = "manifest.toml";

/// The version of the file.
const VERSION: i64 = 1;

/// What a digest begins with.
const ALGORITHM: &str = "sha256:";

/// The digits of a digest.
const DIGITS: usize = 64;

/// Reads a manifest.
///
/// # Errors
/// A file that cannot be read, or else every problem of it.
pub fn load_manifest(path: &Path) -> Result<Manifest, LoadError> {
    manifest(&read_disk(path.parent().unwrap_or(Path::new("")), path, path)?)
}

/// Reads the manifest of a folder of cases that was read as a whole, if it has one.
///
/// # Errors
/// Every problem of the file.
pub fn load_shelf_manifest(shelf: &Shelf) -> Result<Option<Manifest>, LoadError> {
    let (files, path) = (FileSource::Shelf(shelf), Shelf::root().join(MANIFEST));
    if !files.has(&path) {
        return Ok(None);
    }
    manifest(&files.read(&path, &path)?).map(Some)
}

fn manifest(file: &Arc<SourceText>) -> Result<Manifest, LoadError> {
    let mut problems = Vec::new();
    let node = document::parse(file, &mut problems);
    let mut manifest = Manifest::default();
    if let Some(raw) = RawManifest::read(&node, &mut problems) {
        problems.extend(raw.version.value.as_ref().and_then(version_problem));
        for raw in raw.contracts.items() {
            let Some((id, listed)) = contract(raw, &mut problems) else { continue };
            if manifest.contracts.contains_key(&id) {
                let problem =
                    Problem::new(raw.id.spot(&raw.place), format!("the contract `{id}` is there twice"));
                problems.push(problem);
                continue;
            }
            manifest.contracts.insert(id, listed);
        }
    }
    if problems.is_empty() { Ok(manifest) } else { Err(LoadError::Problems(problems)) }
}

fn version_problem(version: &At<'_, i64>) -> Option<Problem> {
    let number = version.value;
    let message = format!("this is version {number} of the file; version {VERSION} can be read");
    (number != VERSION).then(|| Problem::new(version.node.spot.clone(), message))
}

/// What a manifest says about a contract, unless its id or digest is wrong, which is reported.
fn contract(
    raw: &RawListedContract<'_>,
    problems: &mut Vec<Problem>,
) -> Option<(OperationId, ListedContract)> {
    let id = raw.id.value.as_ref()?;
    let operation = match OperationId::from_parts(id.value.split('/')) {
        Ok(operation) => operation,
        Err(error) => {
            problems.push(Problem::new(id.node.spot.clone(), format!("it names no contract: {error}")));
            return None;
        }
    };
    let cases = cases(raw, &operation, problems);
    let digest = raw.digest.value.as_ref()?;
    if !is_digest(&digest.value) {
        let problem = Problem::new(digest.node.spot.clone(), "it is not a digest");
        problems.push(problem.hint("`proofmark manifest --write` writes it"));
    }
    Some((operation, ListedContract { digest: digest.value.clone(), cases }))
}

fn cases(
    raw: &RawListedContract<'_>,
    operation: &OperationId,
    problems: &mut Vec<Problem>,
) -> BTreeSet<String> {
    let mut cases = BTreeSet::new();
    for item in raw.cases.items() {
        let text = &item.value;
        let hint = "write TABLE/CASE or TABLE/CASE/ROW, as `proofmark list` has it behind the contract";
        match case(operation, text) {
            Err(message) => problems.push(Problem::new(item.node.spot.clone(), message).hint(hint)),
            Ok(id) if !cases.insert(id.to_string()) => {
                problems.push(Problem::new(item.node.spot.clone(), format!("`{text}` is there twice")));
            }
            Ok(_) => {}
        }
    }
    cases
}

fn is_digest(text: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    text.strip_prefix(ALGORITHM)
        .is_some_and(|digits| digits.len() == DIGITS && digits.as_bytes().iter().all(is_digit))
}

/// The id of a case from its part behind the contract's.
fn case(operation: &OperationId, text: &str) -> Result<CaseId, String> {
    let (table, case, row) = match text.split('/').collect::<Vec<_>>()[..] {
        [table, case] => (table, case, None),
        [table, case, row] => (table, case, Some(row)),
        _ => return Err(format!("`{text}` is not a case of a contract")),
    };
    TableId::new(operation.clone(), table)
        .and_then(|table| CaseId::new(&table, case, row))
        .map_err(|error| format!("`{text}` is not a case of a contract: {error}"))
}

/// The text of a manifest: one case a line, in order, so that versions of it differ and merge by cases.
///
/// Writing to a String cannot fail, which is why results are dropped.
pub fn manifest_text(manifest: &Manifest) -> String {
    let mut text = format!(
        "# The cases that make up this suite, and the contracts that they test. A run reports how the suite differs.\n\
         # `proofmark manifest --write` writes this file anew; the order of lines has no meaning.\nversion = {VERSION}\n"
    );
    for (id, listed) in &manifest.contracts {
        let _ = write!(text, "\n[[contract]]\nid = \"{id}\"\ndigest = \"{}\"\ncases = [\n", listed.digest);
        for case in &listed.cases {
            let _ = writeln!(text, "    \"{}\",", case[id.as_str().len()..].trim_start_matches('/'));
        }
        text.push_str("]\n");
    }
    text
}
