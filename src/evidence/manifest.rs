//! The list of a bundle's files with their digests. Main type: [`Manifest`].

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::archive::Files;
use crate::protocol::sha256_hex;

/// The name of the file.
pub const MANIFEST: &str = "manifest.json";

/// The name of the envelope's file, which cannot be listed: it holds the digest of the list.
pub const ENVELOPE: &str = "statement.dsse.json";

const FORMAT: &str = "proofmark-evidence";
const VERSION: u32 = 1;

/// Every file of a bundle but the list itself and the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: String,
    version: u32,
    /// The files, by name.
    pub files: Vec<Listed>,
}

/// A file of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub length: u64,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// The list of these files.
    pub fn of(files: &Files) -> Self {
        let listed = files.iter().filter(|(name, _)| !is_apart(name)).map(|(name, bytes)| Listed {
            name: name.clone(),
            length: bytes.len() as u64,
            sha256: sha256_hex(bytes),
        });
        Self { format: FORMAT.to_owned(), version: VERSION, files: listed.collect() }
    }

    /// The list as it is written.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::canonical(self)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Bytes that [`Manifest::to_bytes`] would not have written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self = super::read_canonical(bytes)?;
        if manifest.format != FORMAT || manifest.version != VERSION {
            let (format, version) = (manifest.format, manifest.version);
            return Err(format!(
                "it is `{format}` version {version}; `{FORMAT}` version {VERSION} can be read"
            ));
        }
        Ok(manifest)
    }

    /// What is wrong with the files of a bundle, one line each.
    pub fn differences(&self, files: &Files) -> Vec<String> {
        let mut wrong = Vec::new();
        for listed in &self.files {
            match files.get(&listed.name) {
                None => wrong.push(format!("`{}` is missing", listed.name)),
                Some(bytes) if bytes.len() as u64 != listed.length || sha256_hex(bytes) != listed.sha256 => {
                    wrong.push(format!("`{}` is not the file that the manifest lists", listed.name));
                }
                Some(_) => {}
            }
        }
        let known: BTreeSet<&str> = self.files.iter().map(|listed| listed.name.as_str()).collect();
        let strangers = files.keys().filter(|name| !is_apart(name) && !known.contains(name.as_str()));
        wrong.extend(strangers.map(|name| format!("`{name}` is not in the manifest")));
        wrong
    }
}

fn is_apart(name: &str) -> bool {
    name == MANIFEST || name == ENVELOPE
}
