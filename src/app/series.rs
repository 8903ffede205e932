//! The runs of several endpoints, one after the other.

use std::mem;

use super::{AppError, Background, Session, SessionSettings};
use crate::event::{Event, SeriesEnd, SeriesRun};
use crate::plan::Plan;
use crate::run::StopSwitch;

/// Runs the plan on one endpoint after the other, up to an interrupt. All of them are started first, so that nothing is
/// sent if one cannot be. With several, the series has events of its own around those of the runs.
///
/// # Errors
/// An endpoint that cannot be started.
pub async fn series(
    all: Vec<(SessionSettings, Background)>,
    plan: Plan,
    stop: &StopSwitch,
    mut emit: impl FnMut(Event),
) -> Result<SeriesEnd, AppError> {
    let mut sessions = Vec::with_capacity(all.len());
    for (settings, background) in all {
        sessions.push(Session::start(settings, background).await?);
    }
    let all = sessions;
    let is_series = all.len() > 1;
    let name = |session: &Session| session.endpoint().description.name.clone();
    if is_series {
        emit(Event::SeriesStarted { endpoints: all.iter().map(name).collect() });
    }
    let Plan { mut cases, known } = plan;
    let mut end = SeriesEnd { runs: Vec::new(), not_started: Vec::new() };
    let mut all = all.into_iter();
    while let Some(session) = all.next() {
        let name = name(&session);
        if stop.is_interrupted() && !end.runs.is_empty() {
            end.not_started.push(name);
            continue;
        }
        stop.make_ready();
        let cases = if all.len() == 0 { mem::take(&mut cases) } else { cases.clone() };
        let run = session.run(Plan { cases, known }, stop, &mut emit).await;
        end.runs.push(SeriesRun { endpoint: name, outcome: run.outcome() });
    }
    if is_series {
        emit(Event::SeriesEnded(end.clone()));
    }
    Ok(end)
}
