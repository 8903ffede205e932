//! Other statuses, within the class of the answer's and across classes.

use std::ops::ControlFlow;

use super::{Aspect, Maker};
use crate::strength::operator::Operator;

/// The statuses of each operator. 429 is not among them: it says that nothing was decided.
const STATUSES: [(Operator, &[u16]); 4] = [
    (Operator::StatusSuccess, &[200, 201, 202, 204]),
    (Operator::StatusRedirect, &[302, 304]),
    (Operator::StatusClientError, &[400, 401, 403, 404, 409, 422]),
    (Operator::StatusServerError, &[500, 501, 502, 503, 504]),
];

pub(super) fn mutants(maker: &mut Maker<'_, '_>) -> ControlFlow<()> {
    for (operator, statuses) in STATUSES {
        for status in statuses {
            let mut answer = maker.answer().clone();
            answer.status = *status;
            maker.give(operator, ("status", status.to_string()), Aspect::Status, answer)?;
        }
    }
    ControlFlow::Continue(())
}
