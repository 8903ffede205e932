//! What every operation checks before its own parameters, in this order: method, path, size of the body, encoding,
//! `Format`, `Action`, `Version`. The caller comes next, in `auth`. Main type: `ServedOperation`.
//! The gate has no state; `service` carries the operations out.

use super::operation::Sibling;
use super::policy::Policy;
use super::row::{ReferenceRow, Refusal, quote};
use super::wire::{BodySize, Call};

/// The operations that the endpoint carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServedOperation {
    StartImagePipelineExecution,
    /// What brings a pipeline into a state, and shows it.
    Sibling(Sibling),
}

impl ServedOperation {
    fn of_action(action: &str) -> Option<Self> {
        match action {
            "StartImagePipelineExecution" => Some(Self::StartImagePipelineExecution),
            other => Sibling::of_action(other).map(Self::Sibling),
        }
    }

    /// The root element of a successful XML answer.
    pub(super) const fn response_root(self) -> &'static str {
        match self {
            Self::StartImagePipelineExecution => "StartImagePipelineExecutionResponse",
            Self::Sibling(sibling) => sibling.response_root(),
        }
    }
}

/// The version of the API that is carried.
const VERSION: &str = "2014-05-26";

/// Whether the endpoint carries an operation in a version of the API.
#[must_use]
pub fn carries(operation: &str, version: &str) -> bool {
    ServedOperation::of_action(operation).is_some() && version == VERSION
}

/// Lets a call through to its operation, or refuses it.
pub(super) fn admit(call: &Call, policy: &Policy) -> Result<ServedOperation, Refusal> {
    let has_method = policy.wire.methods.contains(&call.method);
    policy.refuse_if(!has_method, ReferenceRow::UnsupportedHttpMethod)?;
    policy.refuse_if(call.path != "/", ReferenceRow::ActionNotFound)?;
    policy.refuse_if(call.body == BodySize::TooLarge, ReferenceRow::BodyTooLarge)?;
    let undecodable = call.params.undecodable().map(quote);
    policy.refuse_with(undecodable, ReferenceRow::ParameterInvalid)?;
    let format = call.format(&policy.wire);
    policy.refuse_if(format.is_err(), ReferenceRow::FormatInvalid)?;
    let action = call.action.as_deref();
    policy.refuse_if(action.is_none(), ReferenceRow::ActionMissing)?;
    let operation = action.and_then(ServedOperation::of_action);
    policy.refuse_if(operation.is_none(), ReferenceRow::ActionNotFound)?;
    let is_version = call.version.as_deref() == Some(VERSION);
    policy.refuse_if(!is_version, ReferenceRow::VersionInvalid)?;
    Ok(operation.unwrap_or(ServedOperation::StartImagePipelineExecution))
}
