//! A run whose records are looked at and not reported: what a comparison and a search for noise are made of.

use super::{AppError, Background, Session, SessionSettings};
use crate::event::{Event, Outcome, Stopped};
use crate::model::CaseRecord;
use crate::plan::{Plan, PlannedCase};
use crate::run::StopSwitch;

/// What is known of a run beside its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WatchedRun {
    /// Whether every state was undone.
    pub(super) is_clean: bool,
    /// Whether answers may have been taken for those of other requests, so that nothing follows from the records.
    pub(super) is_mixed: bool,
}

/// Runs a plan and hands out each record with its case, in the order of the plan. Obstacles, states that are left
/// behind, and that answers may be mixed up, go to `remark`, a line each.
///
/// Gives none after an interrupt.
pub(super) async fn watch(
    settings: SessionSettings,
    plan: &Plan,
    stop: &StopSwitch,
    remark: &dyn Fn(&str),
    mut take: impl FnMut(&CaseRecord, &PlannedCase),
) -> Result<Option<WatchedRun>, AppError> {
    let name = settings.target.name().to_owned();
    let session = Session::start(settings, Background::default()).await?;
    let mut cases = plan.cases.iter();
    let mut left_behind = Vec::new();
    let emit = |event| {
        if let Event::Warned { text } = &event {
            remark(&format!("warning: {name}: {text}"));
        }
        // Cases are reported in the order of the plan.
        if let (Event::Finished(record), Some(planned)) = (&event, cases.as_slice().first()) {
            take(record, planned);
            left_behind.extend(record.left_behind.iter().cloned());
            cases.next();
        }
    };
    // An earlier run may have used up the switch.
    stop.make_ready();
    let end = session.run(Plan { cases: plan.cases.clone(), known: plan.known }, stop, emit).await;
    if let Some(obstacle) = end.stopped.as_ref().and_then(Stopped::obstacle) {
        remark(&format!("{name}: {obstacle}"));
    }
    let is_mixed = end.stopped == Some(Stopped::MixedUp);
    if is_mixed {
        remark(&format!("{name}: {}", Stopped::MixedUp.reason()));
    }
    for left in &left_behind {
        remark(&format!("{name}: left behind: {left}"));
    }
    let watched = WatchedRun { is_clean: left_behind.is_empty(), is_mixed };
    Ok((end.outcome() != Outcome::Interrupted).then_some(watched))
}
