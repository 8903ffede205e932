//! A run on several endpoints: its events are emitted again as they are, once it is sure that each may be where it is.
//! Main type: [`SavedSeries`].

use super::lines::EventLines;
use crate::app::{AppError, Roll};
use crate::event::{Event, Outcome, RunStart, SeriesEnd, SeriesRun};
use crate::model::CaseId;

/// A series that is read as far as its start.
pub(super) struct SavedSeries {
    pub(super) lines: EventLines,
    pub(super) endpoints: Vec<String>,
}

impl SavedSeries {
    /// Emits the events of the series, and gives what it comes to.
    pub(super) fn replay(
        self,
        mut roll: Option<&mut Roll>,
        emit: &mut dyn FnMut(&Event),
    ) -> Result<Outcome, AppError> {
        let Self { mut lines, endpoints } = self;
        emit(&Event::SeriesStarted { endpoints: endpoints.clone() });
        // What each run said that it came to, and what it comes to where it is compared with a manifest.
        let (mut runs, mut held) = (Vec::with_capacity(endpoints.len()), Vec::with_capacity(endpoints.len()));
        loop {
            match lines.next()? {
                Some(Event::Started(start)) => {
                    let endpoint = start.endpoint.name.clone();
                    let (said, is) = run(&mut lines, &start, roll.as_deref_mut(), emit)?;
                    runs.push(SeriesRun { endpoint: endpoint.clone(), outcome: said });
                    held.push(SeriesRun { endpoint, outcome: is });
                }
                Some(Event::SeriesEnded(end)) => {
                    if !is_end_of(&end, &runs, &endpoints) {
                        return Err(lines.wrong("the end is not that of the runs before it"));
                    }
                    let end = SeriesEnd { runs: held, not_started: end.not_started };
                    let outcome = end.outcome();
                    emit(&Event::SeriesEnded(end));
                    return if lines.next()?.is_some() { Err(cannot_stand(&lines)) } else { Ok(outcome) };
                }
                Some(
                    Event::SeriesStarted { .. } | Event::Warned { .. } | Event::Finished(_) | Event::Ended(_),
                ) => return Err(cannot_stand(&lines)),
                None => return Err(lines.wrong("it ends before the series does")),
            }
        }
    }
}

/// Emits one run of a series; what it said that it came to, and what it comes to here.
fn run(
    lines: &mut EventLines,
    start: &RunStart,
    mut roll: Option<&mut Roll>,
    emit: &mut dyn FnMut(&Event),
) -> Result<(Outcome, Outcome), AppError> {
    emit(&Event::Started(start.clone()));
    let mut last: Option<CaseId> = None;
    loop {
        let event = lines.next()?.ok_or_else(|| lines.wrong("it ends before the run does"))?;
        match &event {
            Event::Warned { .. } => {}
            Event::Finished(record) => {
                if let Some(last) = last.filter(|last| *last >= record.id) {
                    return Err(lines.wrong(format!("{} does not come after {last}", record.id)));
                }
                last = Some(record.id.clone());
                if let Some(roll) = &mut roll {
                    roll.note(&record.id);
                }
            }
            Event::Ended(end) => {
                let said = end.outcome();
                let end = match roll {
                    Some(roll) => roll.close(start, end.clone()),
                    None => end.clone(),
                };
                let is = end.outcome();
                emit(&Event::Ended(end));
                return Ok((said, is));
            }
            Event::Started(_) | Event::SeriesStarted { .. } | Event::SeriesEnded(_) => {
                return Err(cannot_stand(lines));
            }
        }
        emit(&event);
    }
}

/// Whether a series of these runs on these endpoints ends so.
fn is_end_of(end: &SeriesEnd, runs: &[SeriesRun], endpoints: &[String]) -> bool {
    let named = runs.iter().map(|run| &run.endpoint).chain(&end.not_started);
    named.eq(endpoints) && end.runs == runs
}

fn cannot_stand(lines: &EventLines) -> AppError {
    lines.wrong("this event cannot stand here")
}
