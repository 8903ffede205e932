//! What killed runs left behind on an endpoint. Main type: [`Swept`].

use super::{AppError, Connected};
use crate::model::{OperationId, Suite};
use crate::run::{Endpoint, Leftover, sweep as sweep_contract};
use crate::transport::Client;

/// What was found for one contract.
#[derive(Debug)]
pub struct Swept {
    /// The contract.
    pub contract: OperationId,
    /// What is left, or why that cannot be listed.
    pub found: Result<Vec<Leftover>, String>,
}

/// Looks for what is left, for every contract that says how, and removes it unless it is only to be listed.
///
/// Gives none if no contract says how.
///
/// # Errors
/// A client that cannot be made of the settings.
pub async fn sweep(
    suite: &Suite,
    endpoint: &Endpoint,
    connected: &Connected,
    is_listing: bool,
) -> Result<Option<Vec<Swept>>, AppError> {
    let client = Client::new(connected.limits, &connected.connection, endpoint.addresses())?;
    let client = client.hiding(&endpoint.signing.secrets());
    let contracts = suite.operations.iter().map(|operation| &operation.contract);
    let mut swept = Vec::new();
    for contract in contracts {
        let Some(sweep) = &contract.sweep else { continue };
        let found = sweep_contract(&client, endpoint, contract, sweep, is_listing).await;
        swept.push(Swept { contract: contract.id.clone(), found });
    }
    Ok((!swept.is_empty()).then_some(swept))
}
