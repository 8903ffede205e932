//! What a run would send, without sending anything. Main type: [`Forecast`].

use std::collections::BTreeMap;

use super::{SessionSettings, TestTarget};
use crate::plan::{Plan, billable_requests, billable_set_ups};

/// What a run would send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast<'a> {
    /// How many cases.
    pub cases: usize,
    /// How many requests.
    pub requests: usize,
    /// How often each state is set up.
    pub states: BTreeMap<&'a str, usize>,
    /// How many requests go to the hook.
    pub through_hook: usize,
    /// How many requests at the most are accepted and may cost money.
    pub billable: usize,
}

impl<'a> Forecast<'a> {
    /// Of a plan on an endpoint.
    pub fn of(plan: &'a Plan, settings: &SessionSettings) -> Self {
        let mut states: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut requests, mut billable) = (0, 0);
        // A hook may not know a state, and then a recipe is followed.
        let is_followed = |state: &str| match &settings.target {
            TestTarget::Reference(_) => false,
            // A fixture may be for other parameters, which are not known before a case runs.
            TestTarget::Other(endpoint) => {
                let fixtures = endpoint.fixtures.get(state).map(Vec::as_slice).unwrap_or_default();
                fixtures.iter().all(|fixture| !fixture.params.is_empty())
            }
        };
        let times = usize::try_from(settings.run.repeat).unwrap_or(usize::MAX).max(1);
        for planned in &plan.cases {
            requests += times * planned.case.steps.len();
            billable += times * (billable_requests(planned) + billable_set_ups(planned, is_followed));
            let given =
                planned.case.given.iter().chain(planned.case.steps.iter().flat_map(|step| &step.given));
            for need in given {
                *states.entry(need.state.as_str()).or_default() += times;
            }
        }
        let has_hook = match &settings.target {
            TestTarget::Reference(_) => true,
            TestTarget::Other(endpoint) => endpoint.states.is_some(),
        };
        let requests_of_each = if settings.run.keeps_states { 1 } else { 2 };
        let through_hook = if has_hook { requests_of_each * states.values().sum::<usize>() } else { 0 };
        Self { cases: plan.cases.len(), requests, states, through_hook, billable }
    }
}
