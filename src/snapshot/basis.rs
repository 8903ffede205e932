//! What of a contract a snapshot rests on. Main type: [`ContractBasis`].
//!
//! It is the promises that the answers are instances of, and not the whole contract: a new row for another error makes
//! no snapshot doubtful.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::check::select_in;
use crate::digest::sha256_hex;
use crate::model::{Contract, Exchange, Field, MessageTemplate};

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
    /// What answers of these kinds rest on.
    pub(super) fn new(contract: &Contract, AnswerKinds { codes, success }: AnswerKinds) -> Self {
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
pub(super) struct AnswerKinds {
    codes: BTreeSet<String>,
    success: bool,
}

impl AnswerKinds {
    pub(super) fn of(contract: &Contract, exchanges: &[Exchange]) -> Self {
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
