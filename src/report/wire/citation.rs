//! Promises of the contract that findings cite, and where they stand.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{Citation, FileLocation, Promise};

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::report) struct RawCitation {
    #[serde(flatten)]
    promise: RawPromise,
    file: String,
    line: usize,
    column: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum RawPromise {
    ErrorRow { status: u16, code: String },
    Field { name: String },
    Envelope { name: String },
    Effect { about: String },
    Limit { parameter: String, limit: String },
}

impl From<Citation> for RawCitation {
    fn from(Citation { promise, site }: Citation) -> Self {
        let promise = match promise {
            Promise::ErrorRow { status, code } => RawPromise::ErrorRow { status, code },
            Promise::Field { name } => RawPromise::Field { name },
            Promise::Envelope { name } => RawPromise::Envelope { name },
            Promise::Effect { about } => RawPromise::Effect { about },
            Promise::Limit { parameter, limit } => RawPromise::Limit { parameter, limit },
        };
        Self { promise, file: site.file.display().to_string(), line: site.line, column: site.column }
    }
}

impl From<RawCitation> for Citation {
    fn from(RawCitation { promise, file, line, column }: RawCitation) -> Self {
        let promise = match promise {
            RawPromise::ErrorRow { status, code } => Promise::ErrorRow { status, code },
            RawPromise::Field { name } => Promise::Field { name },
            RawPromise::Envelope { name } => Promise::Envelope { name },
            RawPromise::Effect { about } => Promise::Effect { about },
            RawPromise::Limit { parameter, limit } => Promise::Limit { parameter, limit },
        };
        // Lines and columns count from 1, and consumers of SARIF count no further than 32 bits.
        let within = |number: usize| number.clamp(1, FARTHEST);
        let site = FileLocation { file: PathBuf::from(file), line: within(line), column: within(column) };
        Self { promise, site }
    }
}

/// The greatest line and column that are read back: `i32::MAX`.
const FARTHEST: usize = 2_147_483_647;
