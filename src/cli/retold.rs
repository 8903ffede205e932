//! `report` of a run on several endpoints: its events are told again as they stand, once it is sure that each may
//! stand where it does.

use super::event_lines::EventLines;
use super::exit::{CliError, of_run};
use super::keep::Keep;
use super::manifest_command::Roll;
use super::output::Output;
use super::reports::Reports;
use crate::event::{Event, Outcome, RunStart, SeriesEnd};
use crate::model::CaseId;

/// Tells a series that begins with these endpoints, and gives its exit code.
pub(super) fn series(
    mut lines: EventLines,
    endpoints: &[String],
    mut roll: Option<&mut Roll>,
    output: &Output,
    keep: Keep,
) -> Result<u8, CliError> {
    let mut reports = Reports::open(output, keep)?;
    reports.take(&Event::SeriesStarted { endpoints: endpoints.to_owned() });
    // What each run said that it came to, and what it comes to where it is held against a manifest.
    let (mut runs, mut held) = (Vec::with_capacity(endpoints.len()), Vec::with_capacity(endpoints.len()));
    loop {
        match lines.next()? {
            Some(Event::Started(start)) => {
                let name = start.endpoint.name.clone();
                let (said, is) = run(&mut lines, &start, roll.as_deref_mut(), &mut reports)?;
                runs.push((name.clone(), said));
                held.push((name, is));
            }
            Some(Event::SeriesEnded(end)) => {
                if !is_end_of(&end, &runs, endpoints) {
                    return Err(lines.wrong("the end is not that of the runs before it"));
                }
                let end = SeriesEnd { runs: held, not_started: end.not_started };
                let outcome = end.outcome();
                reports.take(&Event::SeriesEnded(end));
                if lines.next()?.is_some() {
                    return Err(cannot_stand(&lines));
                }
                return Ok(of_run(outcome, reports.close()));
            }
            Some(
                Event::SeriesStarted { .. } | Event::Warned { .. } | Event::Finished(_) | Event::Ended(_),
            ) => return Err(cannot_stand(&lines)),
            None => return Err(lines.wrong("it ends before the series does")),
        }
    }
}

/// Tells one run of a series; what it said that it came to, and what it comes to here.
fn run(
    lines: &mut EventLines,
    start: &RunStart,
    mut roll: Option<&mut Roll>,
    reports: &mut Reports,
) -> Result<(Outcome, Outcome), CliError> {
    reports.take(&Event::Started(start.clone()));
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
                reports.take(&Event::Ended(end));
                return Ok((said, is));
            }
            Event::Started(_) | Event::SeriesStarted { .. } | Event::SeriesEnded(_) => {
                return Err(cannot_stand(lines));
            }
        }
        reports.take(&event);
    }
}

/// Whether a series of these runs on these endpoints ends so.
fn is_end_of(end: &SeriesEnd, runs: &[(String, Outcome)], endpoints: &[String]) -> bool {
    let told = runs.iter().map(|(name, _)| name).chain(&end.not_started);
    told.eq(endpoints) && end.runs == runs
}

fn cannot_stand(lines: &EventLines) -> CliError {
    lines.wrong("this event cannot stand here")
}
