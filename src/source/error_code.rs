//! The error codes that files name, each of which has a row in the contract. Main function: [`unknown_code`].

use super::document::Node;
use crate::model::{Contract, Problem, nearest};

/// The problem of a code that the contract does not have.
pub(super) fn unknown_code(contract: &Contract, node: &Node) -> Option<Problem> {
    let code = node.as_code()?;
    if contract.rows_of_value(&node.to_value()).next().is_some() {
        return None;
    }
    if let Some(other) = contract.rows_of(code).next() {
        let written = if other.is_numeric { "a number" } else { "a text" };
        let message = format!("the contract has the code {code} as {written}");
        return Some(Problem::new(node.spot.clone(), message).hint("write it here as it is there"));
    }
    let problem = Problem::new(node.spot.clone(), format!("the contract has no error `{code}`"));
    let known: Vec<&str> =
        contract.rows.iter().chain(&contract.shared_rows).map(|row| row.code.as_str()).collect();
    Some(match nearest(code, &known) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("add a row to contract.toml, or to the file that it shares"),
    })
}
