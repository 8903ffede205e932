//! Sends again where that is asked for: never by itself, and never silently.

use std::time::Duration;

use crate::check::select_in;
use crate::model::{Answer, Contract, NoAnswer};

/// The longest that is waited before a request is sent again, whatever an endpoint asks for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// The first wait, if an endpoint asks for none; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// How much of a code is reported, in characters. No code that an endpoint's settings would list is longer.
const SHOWN: usize = 200;

/// When a request is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// How often a request is sent at the most.
    pub attempts: u8,
    /// The error codes, or statuses as text, after which it is sent again; transport faults always are.
    pub codes: Vec<String>,
}

/// An attempt that calls for another: the message to report, and how long to wait.
pub(super) struct RetryNotice {
    pub(super) message: String,
    pub(super) wait: Duration,
}

impl Retry {
    /// Whether an attempt, counted from 1, calls for another.
    pub(super) fn retry_notice(
        &self,
        attempt: u8,
        result: &Result<Answer, NoAnswer>,
        contract: &Contract,
    ) -> Option<RetryNotice> {
        if attempt >= self.attempts {
            return None;
        }
        let usual = FIRST_WAIT.saturating_mul(1 << (attempt - 1).min(8));
        match result {
            Err(NoAnswer::Connect { .. } | NoAnswer::Broken { .. } | NoAnswer::TimedOut { .. }) => {
                let shown = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
                Some(RetryNotice { message: format!("attempt {attempt}: {shown}"), wait: usual })
            }
            // An answer that is too large stays so. A request that cannot be sent or was interrupted is not sent again.
            // The endpoint may have seen a request that was lost, so its case starts again as a whole.
            Err(
                NoAnswer::TooLarge { .. }
                | NoAnswer::Unsendable { .. }
                | NoAnswer::Interrupted
                | NoAnswer::Lost { .. },
            ) => None,
            Ok(answer) => {
                let path = contract.envelope.code.as_ref();
                let code = path.and_then(|path| select_in(contract, answer, path).ok());
                let code = code.map(|code| code.to_plain().chars().take(SHOWN).collect::<String>());
                let status = answer.status.to_string();
                let names = |listed: &String| Some(listed) == code.as_ref() || *listed == status;
                self.codes.iter().any(names).then(|| RetryNotice {
                    message: format!("attempt {attempt}: {status} {}", code.unwrap_or_default())
                        .trim_end()
                        .to_owned(),
                    wait: asked_wait(answer).unwrap_or(usual).min(LONGEST_WAIT),
                })
            }
        }
    }
}

/// The wait that an answer asks for: seconds in `Retry-After` (RFC 9110, section 10.2.3), milliseconds in
/// `x-acs-retry-after`, as the provider's clients read it.
fn asked_wait(answer: &Answer) -> Option<Duration> {
    let number = |name: &str| answer.header(name)?.trim().parse::<u64>().ok();
    number("x-acs-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}
