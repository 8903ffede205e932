//! `run --dry-run`: what a run would send, as text.

use std::fmt::Write;
use std::time::Duration;

use super::settings::CommandSettings;
use crate::app::{Forecast, TestTarget};
use crate::model::pluralise;
use crate::plan::Plan;

/// The plan of a run, as text. Writing to a String cannot fail, which is why results are dropped.
pub(super) fn dry_run(plan: &Plan, CommandSettings { session: settings, .. }: &CommandSettings) -> String {
    let Forecast { cases, requests, states, through_hook, billable } = Forecast::of(plan, settings);
    let set_ups: usize = states.values().sum();
    let name = match &settings.target {
        TestTarget::Reference(_) => "the embedded reference endpoint",
        TestTarget::Other(endpoint) => endpoint.description.name.as_str(),
    };
    let undone = if settings.run.keeps_states { "to leave in place" } else { "to tear down" };
    let mut text = String::from("nothing is sent; a run would be\n");
    let _ = writeln!(text, "  endpoint   {name}");
    let _ = writeln!(text, "  cases      {cases}");
    let _ = writeln!(text, "  requests   {requests}");
    let _ = writeln!(
        text,
        "  states     {set_ups} to set up and {undone}, {} to the hook",
        pluralise(through_hook, "request")
    );
    for (state, count) in &states {
        let _ = writeln!(text, "               {count:>5}  {state}");
    }
    let allowed =
        if settings.run.allows_billable { "allowed" } else { "not allowed: those cases would not run" };
    let _ = writeln!(
        text,
        "  billable   up to {} that may be accepted; {allowed}",
        pluralise(billable, "request")
    );
    if let Some(rate) = settings.connection.rate {
        let least = rate.least_time(requests + through_hook);
        let _ = writeln!(text, "  rate       {rate}: at least {}", round(least));
    }
    text
}

fn round(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}
