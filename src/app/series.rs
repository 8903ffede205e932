//! The runs of several endpoints, one after the other.

use std::mem;

use super::Session;
use crate::event::{Event, SeriesEnd};
use crate::plan::Plan;
use crate::run::StopSwitch;

/// Runs the plan on one endpoint after the other, up to an interrupt. With several, the series has events of its own
/// around those of the runs.
pub async fn series(
    all: Vec<Session>,
    plan: Plan,
    stop: &StopSwitch,
    mut emit: impl FnMut(Event),
) -> SeriesEnd {
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
        stop.ready();
        let cases = if all.len() == 0 { mem::take(&mut cases) } else { cases.clone() };
        let run = session.run(Plan { cases, known }, stop, &mut emit).await;
        end.runs.push((name, run.outcome()));
    }
    if is_series {
        emit(Event::SeriesEnded(end.clone()));
    }
    end
}
