//! JSON Schemas of the files, for editors.

use std::fmt;
use std::str::FromStr;

use super::contract_file::{RawCommon, RawContractFile, RawStates};
use super::endpoint_file::RawEndpoints;
use super::manifest_file::RawManifest;
use super::record::file_schema;
use super::table_file::RawTable;
use super::waiver_file::RawWaivers;

/// A kind of file that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaName {
    /// A case table.
    Table,
    /// `contract.toml`.
    Contract,
    /// A file that contracts share.
    Common,
    /// `states.toml`.
    States,
    /// `endpoints.toml`.
    Endpoints,
    /// `waivers.toml`.
    Waivers,
    /// `manifest.toml`.
    Manifest,
}

impl SchemaName {
    /// Every kind.
    pub const ALL: [SchemaName; 7] = [
        Self::Table,
        Self::Contract,
        Self::Common,
        Self::States,
        Self::Endpoints,
        Self::Waivers,
        Self::Manifest,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Contract => "contract",
            Self::Common => "common",
            Self::States => "states",
            Self::Endpoints => "endpoints",
            Self::Waivers => "waivers",
            Self::Manifest => "manifest",
        }
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for SchemaName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<String> = Self::ALL.iter().map(ToString::to_string).collect();
        Self::ALL
            .into_iter()
            .find(|name| name.name() == text)
            .ok_or_else(|| format!("no such schema; there are {}", names.join(", ")))
    }
}

/// The JSON Schema (draft 2020-12) of a kind of file, as text that ends with a newline.
pub fn schema(name: SchemaName) -> String {
    let title = name.name();
    let schema = match name {
        SchemaName::Table => file_schema::<RawTable<'_>>(title),
        SchemaName::Contract => file_schema::<RawContractFile<'_>>(title),
        SchemaName::Common => file_schema::<RawCommon<'_>>(title),
        SchemaName::States => file_schema::<RawStates<'_>>(title),
        SchemaName::Endpoints => file_schema::<RawEndpoints<'_>>(title),
        SchemaName::Waivers => file_schema::<RawWaivers<'_>>(title),
        SchemaName::Manifest => file_schema::<RawManifest<'_>>(title),
    };
    format!("{schema:#}\n")
}
