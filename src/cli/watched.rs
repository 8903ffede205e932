//! A run whose records are looked at and not reported: what `diff` and `noise` are made of.

use std::sync::Arc;

use super::exit::CliError;
use super::interrupt::listening;
use super::note;
use super::settings::{Asked, Settings};
use crate::app::{Background, REFERENCE, Session};
use crate::event::{Event, Outcome, Stopped};
use crate::model::CaseRecord;
use crate::plan::{Plan, PlannedCase};
use crate::report::printable;
use crate::run::StopSwitch;

/// Runs a plan on an endpoint, or on the embedded one, and hands out each record with its case, in the order of the
/// plan. What stands in the way and what is left behind is told on standard error.
///
/// Gives whether every state was undone; none after an interrupt.
pub(super) async fn watched(
    asked: &Asked<'_>,
    endpoint: Option<&str>,
    plan: &Plan,
    mut take: impl FnMut(&CaseRecord, &PlannedCase),
) -> Result<Option<bool>, CliError> {
    let name = endpoint.unwrap_or(REFERENCE);
    let Settings { session: settings, .. } = Settings::resolve(asked, endpoint)?;
    settings.target.check(plan)?;
    let session = Session::start(settings, Background::default()).await?;
    let mut cases = plan.cases.iter();
    let mut left_behind = Vec::new();
    let emit = |event| {
        if let Event::Warned { text } = &event {
            note(&printable(&format!("warning: {name}: {text}")));
        }
        // Cases are told in the order of the plan.
        if let (Event::Finished(record), Some(planned)) = (&event, cases.as_slice().first()) {
            take(record, planned);
            left_behind.extend(record.left_behind.iter().cloned());
            cases.next();
        }
    };
    let plan = Plan { cases: plan.cases.clone(), known: plan.known };
    let stop = Arc::new(StopSwitch::default());
    let listening = listening(&stop);
    let end = session.run(plan, &stop, emit).await;
    listening.abort();
    if let Some(obstacle) = end.stopped.as_ref().and_then(Stopped::obstacle) {
        note(&printable(&format!("{name}: {obstacle}")));
    }
    for left in &left_behind {
        note(&printable(&format!("{name}: left behind: {left}")));
    }
    Ok((end.outcome() != Outcome::Interrupted).then_some(left_behind.is_empty()))
}
