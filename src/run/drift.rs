//! Compares a suite with its manifest.

use crate::digest::contract_digest;
use crate::model::{Drift, Manifest, Suite};
use crate::plan::{PlanError, case_ids};

/// How a whole suite differs from its manifest.
///
/// # Errors
/// A suite whose cases cannot be expanded.
pub fn drift(suite: &Suite, manifest: &Manifest) -> Result<Drift, PlanError> {
    let cases = case_ids(suite)?;
    let cases = cases.iter().map(|planned| planned.id.as_str()).collect();
    let contracts = suite.operations.iter().map(|operation| {
        let contract = &operation.contract;
        (contract.id.to_string(), contract_digest(contract))
    });
    let contracts: Vec<(String, String)> = contracts.collect();
    Ok(manifest.drift(&cases, contracts.iter().map(|(id, digest)| (id.as_str(), Some(digest.as_str())))))
}
