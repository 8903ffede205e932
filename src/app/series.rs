//! The runs of several endpoints, one after the other.

use super::{AppError, Background, Session, SessionSettings};
use crate::event::{Event, SeriesEnd, SeriesRun};
use crate::plan::Plan;
use crate::run::StopSwitch;

/// Runs on one endpoint after the other, each with its plan, up to an interrupt. All of them are started first, so that
/// nothing is sent if one cannot be. With several, the series has events of its own around those of the runs.
///
/// # Errors
/// An endpoint that cannot be started.
pub async fn series(
    all: Vec<(SessionSettings, Background, Plan)>,
    stop: &StopSwitch,
    mut emit: impl FnMut(Event),
) -> Result<SeriesEnd, AppError> {
    let mut sessions = Vec::with_capacity(all.len());
    for (settings, background, plan) in all {
        sessions.push((Session::start(settings, background).await?, plan));
    }
    let is_series = sessions.len() > 1;
    let name = |session: &Session| session.endpoint().description.name.clone();
    if is_series {
        emit(Event::SeriesStarted { endpoints: sessions.iter().map(|(session, _)| name(session)).collect() });
    }
    let mut end = SeriesEnd { runs: Vec::new(), not_started: Vec::new() };
    for (session, plan) in sessions {
        let name = name(&session);
        if stop.is_interrupted() && !end.runs.is_empty() {
            end.not_started.push(name);
            continue;
        }
        stop.make_ready();
        let run = session.run(plan, stop, &mut emit).await;
        end.runs.push(SeriesRun { endpoint: name, outcome: run.outcome() });
    }
    if is_series {
        emit(Event::SeriesEnded(end.clone()));
    }
    Ok(end)
}
