//! The objects of SARIF that are written, named and spelled as the standard has them. Nothing here knows a case.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

/// How grave something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Severity {
    Error,
    Warning,
    Note,
    /// Of a result that is not a failure.
    None,
}

/// What a result says about its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ResultKind {
    Fail,
    /// It cannot be decided.
    Open,
    NotApplicable,
}

#[derive(Debug, Serialize)]
pub(super) struct Text {
    pub(super) text: String,
}

impl Text {
    /// A message that shows this text.
    pub(super) fn new(text: &str) -> Self {
        Self { text: super::message(text) }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult {
    pub(super) rule_id: String,
    pub(super) rule_index: usize,
    pub(super) kind: ResultKind,
    pub(super) level: Severity,
    pub(super) message: Text,
    pub(super) locations: Vec<SarifLocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) related_locations: Vec<SarifLocation>,
    pub(super) partial_fingerprints: BTreeMap<&'static str, String>,
    /// None of them says that nothing is suppressed, which no list at all would leave open.
    pub(super) suppressions: Vec<Suppression>,
    pub(super) properties: Json,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<Text>,
    pub(super) physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) logical_locations: Vec<LogicalLocation>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub(super) artifact_location: ArtifactLocation,
    pub(super) region: Region,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    pub(super) uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uri_base_id: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: usize,
    pub(super) start_column: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation {
    pub(super) fully_qualified_name: String,
    pub(super) kind: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Suppression {
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) justification: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleDescriptor {
    pub(super) id: String,
    pub(super) short_description: Text,
    pub(super) full_description: Text,
    pub(super) help: Text,
    pub(super) default_configuration: DefaultConfiguration,
    pub(super) properties: Json,
}

#[derive(Debug, Serialize)]
pub(super) struct DefaultConfiguration {
    pub(super) level: Severity,
}

/// A message about a run that belongs to no case.
#[derive(Debug, Serialize)]
pub(super) struct Notification {
    level: Severity,
    message: Text,
}

impl Notification {
    pub(super) fn new(level: Severity, text: &str) -> Self {
        Self { level, message: Text::new(text) }
    }
}
