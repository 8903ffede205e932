//! What of a contract a snapshot rests on. Main type: [`ContractBasis`].
//!
//! It is the promises that the answers are instances of, and not the whole contract: a new row for another error makes
//! no snapshot doubtful.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::sighting::{Origin, Sighted};
use crate::check::select_in;
use crate::model::{Contract, Exchange, Field, MessageTemplate, OperationId};
use crate::protocol::sha256_hex;

/// The part of a contract that a transcript's answers are instances of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContractBasis {
    /// The codes of its answers, in order; the contract's rows of these codes count.
    codes: BTreeSet<String>,
    /// Whether an answer has no code, so that the fields of a success count.
    success: bool,
    /// The digest of these rows and fields.
    promises: String,
}

impl ContractBasis {
    fn new(contract: &Contract, Kinds { codes, success }: Kinds) -> Self {
        let mut basis = Self { codes, success, promises: String::new() };
        basis.promises = basis.digest(contract);
        basis
    }

    /// Whether the contract still says what it said.
    pub(super) fn holds(&self, contract: &Contract) -> bool {
        self.promises == self.digest(contract)
    }

    /// Writing to a String cannot fail, which is why results are dropped.
    fn digest(&self, contract: &Contract) -> String {
        let mut text = String::new();
        for row in self.codes.iter().flat_map(|code| contract.rows_of(code)) {
            let message = row.message.as_ref().map(MessageTemplate::as_str);
            let _ = writeln!(text, "{:?}", (row.status, &row.code, message));
        }
        let fields = contract.response.iter().chain(&contract.envelope.success);
        for field in fields.filter(|_| self.success) {
            let Field { name, type_name, is_required, pattern, .. } = field;
            let _ = writeln!(text, "{:?}", (name, type_name, is_required, pattern));
        }
        sha256_hex(text.as_bytes())
    }
}

/// The kinds of answers that a transcript has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kinds {
    codes: BTreeSet<String>,
    success: bool,
}

impl Kinds {
    fn of(contract: &Contract, exchanges: &[Exchange]) -> Self {
        let code = |exchange: &Exchange| {
            let code = select_in(contract, &exchange.answer, contract.envelope.code.as_ref()?).ok()?;
            Some(code.to_plain())
        };
        let mut kinds = Self { codes: BTreeSet::new(), success: false };
        for exchange in exchanges {
            match code(exchange) {
                Some(code) => _ = kinds.codes.insert(code),
                None => kinds.success = true,
            }
        }
        kinds
    }
}

/// Sightings by the bases of their answers, as they were made before: thousands of cases rest on a few rows.
#[derive(Debug, Default)]
pub(super) struct Bases(BTreeMap<(OperationId, Kinds), Sighted>);

impl Bases {
    /// The most that are kept: an endpoint may answer with any number of codes.
    const MOST: usize = 1000;

    /// What a run sees of a transcript.
    pub(super) fn sighting(
        &mut self,
        origin: &Origin,
        contract: &Contract,
        exchanges: &[Exchange],
    ) -> Sighted {
        let kinds = Kinds::of(contract, exchanges);
        let key = (contract.id.clone(), kinds.clone());
        if let Some(known) = self.0.get(&key) {
            return known.clone();
        }
        let sighting = Sighted::new(origin.sighting(contract, ContractBasis::new(contract, kinds)));
        if self.0.len() < Self::MOST {
            self.0.insert(key, sighting.clone());
        }
        sighting
    }
}
