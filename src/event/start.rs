//! What is known when a run starts. Main type: [`RunStart`].

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{Level, Limit, Reach, UtcTime, row_label, written};

/// What is known when a run starts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunStart {
    /// The version of this tool.
    #[serde(rename = "tool")]
    pub tool_version: String,
    /// When it started; of a merged run, its first part. Not known of runs of earlier programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<UtcTime>,
    /// The command line that started it, without secrets; none of a merged run, whose parts have their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What is put to the test.
    pub endpoint: EndpointDescription,
    /// The contracts.
    #[serde(rename = "contracts")]
    pub operations: Vec<OperationStart>,
    /// How many cases are selected.
    pub selected: usize,
    /// How many cases there are.
    pub known: usize,
    /// The seed of random values; of a merged run, that of its first part.
    pub seed: u64,
    /// The part of a suite that this is, or the parts that were merged; none of a whole run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartStart>,
    /// The deepest level that counts.
    #[serde(rename = "level")]
    pub gate: Level,
    /// Faults that are switched on; a run with one says nothing about the endpoint.
    pub faults: Vec<String>,
    /// The folder of snapshots, if there is a baseline.
    #[serde(serialize_with = "written::any_path")]
    pub snapshots: Option<PathBuf>,
}

impl RunStart {
    /// When the run started, and the version of this tool.
    pub fn occasion(&self) -> String {
        let tool = format!("proofmark {}", self.tool_version);
        self.started.as_ref().map_or_else(|| tool.clone(), |started| format!("{started}, {tool}"))
    }

    /// The seeds of a run, each with its part if there are several.
    pub fn seeds(&self) -> String {
        match self.parts.as_slice() {
            [] | [_] => self.seed.to_string(),
            parts => {
                let shown = |part: &PartStart| match &part.shard {
                    Some(shard) => format!("{} (part {shard})", part.seed),
                    None => part.seed.to_string(),
                };
                parts.iter().map(shown).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

/// A part of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartStart {
    /// Which part of how many, if that was said.
    #[serde(flatten, with = "shard")]
    pub shard: Option<PartNumber>,
    /// The seed of its random values.
    pub seed: u64,
    /// The address that it sent to.
    pub url: String,
    /// The command line that started it, where it was merged with others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// A part, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartNumber {
    /// Which one, from 1.
    pub number: u64,
    /// How many there are.
    pub count: u64,
}

/// The number of a part in fields `number` and `of`, which are null of a whole run.
mod shard {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::PartNumber;

    #[derive(Serialize, Deserialize)]
    struct ShardFields {
        number: Option<u64>,
        of: Option<u64>,
    }

    #[expect(clippy::ref_option, reason = "serde hands out references")]
    pub(super) fn serialize<S: Serializer>(shard: &Option<PartNumber>, out: S) -> Result<S::Ok, S::Error> {
        let (number, of) = shard.map(|PartNumber { number, count }| (number, count)).unzip();
        ShardFields { number, of }.serialize(out)
    }

    pub(super) fn deserialize<'de, D>(written: D) -> Result<Option<PartNumber>, D::Error>
    where
        D: Deserializer<'de>,
    {
        let ShardFields { number, of } = ShardFields::deserialize(written)?;
        Ok(number.zip(of).map(|(number, count)| PartNumber { number, count }))
    }
}

impl fmt::Display for PartNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.number, self.count)
    }
}

/// One contract of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationStart {
    /// The operation's id.
    pub id: String,
    /// The version of the API.
    pub version: String,
    /// How many of its cases are selected.
    #[serde(rename = "cases")]
    pub selected: usize,
    /// Its error rows, by status, code and message.
    #[serde(rename = "error_rows")]
    pub rows: Vec<Arc<str>>,
    /// What the contract says of those rows; empty if it is not known, as for a run recorded by an earlier version.
    #[serde(rename = "rows", default, skip_serializing_if = "Vec::is_empty")]
    pub error_rows: Vec<RowStart>,
    /// Its parameters; empty if they are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterStart>,
    /// The digest of its text; not known of runs of earlier programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// An error row of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowStart {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: Arc<str>,
    /// The message, exact or with blanks; none if no source gives one.
    pub message: Option<String>,
    /// What it takes to provoke it.
    pub reach: Reach,
}

impl RowStart {
    /// The row's name: its status, code and message.
    pub fn label(&self) -> String {
        row_label(self.status, &self.code, self.message.as_deref())
    }
}

/// A parameter of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterStart {
    /// Its name; `N` is the index of a list.
    pub name: String,
    /// The name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the contract advises against it.
    #[serde(rename = "deprecated", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_deprecated: bool,
    /// What it means.
    pub about: String,
    /// Limits on its value; that it is required is one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitStart>,
}

/// A limit on a parameter's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitStart {
    /// The limit.
    pub limit: Limit,
    /// The codes that may answer a value past it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
    /// Whether its sources do not settle it.
    #[serde(rename = "disputed", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_disputed: bool,
}

/// What is put to the test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointDescription {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Whether it is the embedded reference endpoint, and so ours.
    #[serde(rename = "reference")]
    pub is_reference: bool,
}
