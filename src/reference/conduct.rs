//! How the endpoint behaves towards one request: every promise as it is kept there.
//! Main types: `Conduct`, and `Habits`, which finds it by what is known of the request. Without faults there is one for all.

use super::auth::Laxity;
use super::fault::Fault;
use super::flaw::Flaws;
use super::policy::Policy;
use super::slice::Facts;
use std::sync::Arc;

/// The rules, answers and guard that a request meets.
#[derive(Clone, Debug)]
pub(super) struct Conduct {
    pub(super) policy: Policy,
    pub(super) flaws: Flaws,
    pub(super) laxity: Laxity,
}

/// What an endpoint breaks, some of it in a slice of all requests.
#[derive(Clone, Debug)]
pub(super) struct Habits {
    faults: Vec<Fault>,
    always: Arc<Conduct>,
}

impl Conduct {
    fn with(faults: &[Fault]) -> Self {
        let breaches: Vec<_> = faults.iter().map(|fault| fault.breach).collect();
        Self {
            policy: Policy::with_faults(faults),
            flaws: Flaws::among(&breaches),
            laxity: Laxity::among(&breaches),
        }
    }
}

impl Habits {
    pub(super) fn new(faults: &[Fault]) -> Self {
        let everywhere: Vec<_> = faults.iter().copied().filter(|fault| fault.slice.is_everything()).collect();
        Self { faults: faults.to_vec(), always: Arc::new(Conduct::with(&everywhere)) }
    }

    /// Whether some of the faults show in a slice alone.
    fn are_sliced(&self) -> bool {
        self.faults.iter().any(|fault| !fault.slice.is_everything())
    }

    /// The conduct towards a request with these facts.
    pub(super) fn towards(&self, facts: &Facts) -> Arc<Conduct> {
        if !self.are_sliced() {
            return Arc::clone(&self.always);
        }
        let acting: Vec<_> = self.faults.iter().copied().filter(|fault| fault.slice.has(facts)).collect();
        Arc::new(Conduct::with(&acting))
    }
}
