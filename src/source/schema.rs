//! JSON Schemas of the files, for editors.

use std::fmt;
use std::str::FromStr;

use super::shape::{Shape, to_schema};
use super::shapes;

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

    fn parts(self) -> (&'static str, &'static Shape) {
        match self {
            Self::Table => ("table", &shapes::TABLE),
            Self::Contract => ("contract", &shapes::CONTRACT),
            Self::Common => ("common", &shapes::COMMON),
            Self::States => ("states", &shapes::STATES),
            Self::Endpoints => ("endpoints", &shapes::ENDPOINTS),
            Self::Waivers => ("waivers", &shapes::WAIVERS),
            Self::Manifest => ("manifest", &shapes::MANIFEST),
        }
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.parts().0)
    }
}

impl FromStr for SchemaName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<String> = Self::ALL.iter().map(ToString::to_string).collect();
        Self::ALL
            .into_iter()
            .find(|name| name.parts().0 == text)
            .ok_or_else(|| format!("no such schema; there are {}", names.join(", ")))
    }
}

/// The JSON Schema (draft 2020-12) of a kind of file, as text that ends with a newline.
pub fn schema(name: SchemaName) -> String {
    let (title, shape) = name.parts();
    let schema =
        to_schema(&format!("urn:proofmark:schema:{title}"), &format!("proofmark {title} file"), shape);
    format!("{schema:#}\n")
}
