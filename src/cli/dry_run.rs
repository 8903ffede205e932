//! `run --dry-run`: what a run would send, without sending anything.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use super::settings::Settings;
use crate::app::Target;
use crate::plan::{Plan, billable_requests, billable_set_ups};

/// The plan of a run, as text. Writing to a String cannot fail, which is why results are dropped.
pub(super) fn dry_run(plan: &Plan, Settings { session: settings, .. }: &Settings) -> String {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut requests, mut billable) = (0, 0);
    // A hook may not know a state, and then a recipe is followed.
    let is_followed = |state: &str| match &settings.target {
        Target::Reference(_) => false,
        // A fixture may be for other parameters, which are not known before a case runs.
        Target::Other(endpoint) => {
            let fixtures = endpoint.fixtures.get(state).map(Vec::as_slice).unwrap_or_default();
            fixtures.iter().all(|fixture| !fixture.params.is_empty())
        }
    };
    for planned in &plan.cases {
        requests += planned.case.steps.len();
        billable += billable_requests(planned) + billable_set_ups(planned, is_followed);
        let given = planned.case.given.iter().chain(planned.case.steps.iter().flat_map(|step| &step.given));
        for need in given {
            *states.entry(need.state.as_str()).or_default() += 1;
        }
    }
    let set_ups: usize = states.values().sum();
    let (name, hook) = match &settings.target {
        Target::Reference(_) => ("the embedded reference endpoint", true),
        Target::Other(endpoint) => (endpoint.description.name.as_str(), endpoint.states.is_some()),
    };
    let (requests_of_each, undone) =
        if settings.run.keeps_states { (1, "to leave in place") } else { (2, "to tear down") };
    let through_hook = if hook { requests_of_each * set_ups } else { 0 };
    let all = requests + through_hook;
    let mut text = String::from("nothing is sent; a run would be\n");
    let _ = writeln!(text, "  endpoint   {name}");
    let _ = writeln!(text, "  cases      {}", plan.cases.len());
    let _ = writeln!(text, "  requests   {requests}");
    let _ =
        writeln!(text, "  states     {set_ups} to set up and {undone}, {through_hook} requests to the hook");
    for (state, count) in &states {
        let _ = writeln!(text, "               {count:>5}  {state}");
    }
    let allowed =
        if settings.run.allows_billable { "allowed" } else { "not allowed: those cases would not run" };
    let _ = writeln!(text, "  billable   up to {billable} requests that may be accepted; {allowed}");
    if let Some(rate) = settings.connection.rate {
        let least = rate.least_time(all);
        let _ = writeln!(text, "  rate       {rate}: at least {}", told(least));
    }
    text
}

fn told(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}
