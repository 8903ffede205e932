//! What a case may cause on an endpoint, beside its answers.

use super::expand::PlannedCase;
use crate::model::{Effect, Expect, StatusRule};

/// How many requests of a case may be accepted and cost money.
///
/// A request counts if its contract is billable and its expectation allows a status of success. One
/// whose refusal is expected costs nothing, as long as the endpoint keeps its contract.
pub fn billable_requests(planned: &PlannedCase) -> usize {
    if !planned.contract.effects.contains(&Effect::Billable) {
        return 0;
    }
    planned.case.steps.iter().filter(|step| may_be_accepted(&step.expect)).count()
}

fn may_be_accepted(expect: &Expect) -> bool {
    let is_open = |rule: &StatusRule| match rule {
        StatusRule::Exact(status) => *status < 400,
        StatusRule::Class(class) => *class < 4,
        StatusRule::Template(_) => true,
    };
    if !expect.status.is_empty() {
        return expect.status.iter().any(is_open);
    }
    // A code is an error's; without either, anything may come.
    expect.code.is_none()
        && (expect.alternatives.is_empty() || expect.alternatives.iter().any(may_be_accepted))
}
