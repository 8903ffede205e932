//! The list of a bundle's files with their digests. Main type: [`BundleManifest`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::sha256_hex;

/// The name of the file.
pub const MANIFEST: &str = "manifest.json";

/// The name of the envelope's file, which cannot be listed: it holds the digest of the list.
pub const ENVELOPE: &str = "statement.dsse.json";

const FORMAT: &str = "proofmark-evidence";
const VERSION: u32 = 1;

/// Every file of a bundle but the list itself and the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleManifest {
    format: String,
    version: u32,
    /// The files, by name.
    pub files: Vec<ListedFile>,
}

/// A file of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedFile {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub length: u64,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub sha256: String,
}

impl ListedFile {
    /// The entry of a file with this content.
    pub fn of(name: &str, content: &[u8]) -> Self {
        Self { name: name.to_owned(), length: content.len() as u64, sha256: sha256_hex(content) }
    }
}

impl BundleManifest {
    /// The list of a bundle that has these files, in whatever order.
    pub fn new(files: impl IntoIterator<Item = ListedFile>) -> Self {
        let mut files: Vec<ListedFile> = files.into_iter().filter(|file| !is_apart(&file.name)).collect();
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Self { format: FORMAT.to_owned(), version: VERSION, files }
    }

    /// The list as it is written.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::canonical(self)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Bytes that [`BundleManifest::to_bytes`] would not have written.
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

    /// What is wrong with the files of a bundle, of which this is the list that was found: one line each.
    pub fn differences(&self, found: &Self) -> Vec<String> {
        let by_name = |list: &'_ Self| -> BTreeMap<String, ListedFile> {
            list.files.iter().map(|file| (file.name.clone(), file.clone())).collect()
        };
        let (due, found) = (by_name(self), by_name(found));
        let mut wrong = Vec::new();
        for (name, listed) in &due {
            match found.get(name) {
                None => wrong.push(format!("`{name}` is missing")),
                Some(file) if file != listed => {
                    wrong.push(format!("`{name}` is not the file that the manifest lists"));
                }
                Some(_) => {}
            }
        }
        let strangers = found.keys().filter(|name| !due.contains_key(*name));
        wrong.extend(strangers.map(|name| format!("`{name}` is not in the manifest")));
        wrong
    }
}

fn is_apart(name: &str) -> bool {
    name == MANIFEST || name == ENVELOPE
}
