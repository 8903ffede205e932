//! `run`: cases against an endpoint.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::runtime;

use super::args::RunArgs;
use super::dry_run::dry_run;
use super::exit::{CliError, of_run};
use super::files::selected;
use super::interrupt::listening;
use super::settings::{Settings, Target};
use super::{note, print};
use crate::embedded;
use crate::event::Event;
use crate::model::{Day, Suite};
use crate::plan::{Plan, case_ids};
use crate::reference::Fault;
use crate::report::{JsonReport, Report, TerminalReport, printable};
use crate::run::{Runner, StopSwitch, WaiverBook, orphans, run as run_plan};
use crate::snapshot::Store;
use crate::source::load_waivers;
use crate::transport::Client;

/// Runs cases and gives the exit code.
pub(super) fn run(args: &RunArgs) -> Result<u8, CliError> {
    if args.fault.iter().any(|name| name == "list") {
        return print(&fault_list());
    }
    if let (None, Some(flag)) = (&args.endpoint, args.connect.needs_endpoint()) {
        return Err(CliError::Usage {
            message: format!("{flag} needs --endpoint: it means nothing to the embedded one"),
            hint: None,
        });
    }
    let settings = Settings::resolve(args)?;
    let (suite, plan) = selected(&args.select)?;
    if args.dry_run {
        return print(&printable(&dry_run(&plan, &settings)));
    }
    let kind = match &settings.target {
        Target::Reference(_) => "reference",
        Target::Other(_) => "foreign",
    };
    let store = settings.snapshots.as_ref().map(|folder| Store::new(folder, settings.update, kind));
    let orphans = store.as_ref().map(|store| orphans(&suite, store)).transpose()?.unwrap_or_default();
    let waivers = waivers(&args.select.folder.cases, &suite, &settings.target)?;
    let reports = Reports::open(&settings)?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    runtime.block_on(drive(settings, Planned { plan, store, orphans, waivers }, reports))
}

/// What a run is to do, all read and checked.
struct Planned {
    plan: Plan,
    store: Option<Store>,
    orphans: Vec<PathBuf>,
    waivers: WaiverBook,
}

/// The waivers of the endpoint that is tested; none are applied to the reference endpoint.
fn waivers(cases: &Path, suite: &Suite, target: &Target) -> Result<WaiverBook, CliError> {
    let waivers = load_waivers(cases)?;
    let Target::Other(endpoint) = target else {
        return Ok(WaiverBook::default());
    };
    let today = Day::from_checked(Timestamp::now().to_zoned_datetime(TimeZone::UTC).date().to_string());
    Ok(WaiverBook::new(waivers, &endpoint.description.name, &today, &case_ids(suite)?)?)
}

fn fault_list() -> String {
    let entries = [Fault::catalogue(), Fault::signature_catalogue()].concat();
    let width = entries.iter().map(|entry| entry.name.len()).filter(|width| *width <= 40).max().unwrap_or(0);
    let lines: Vec<String> =
        entries.iter().map(|entry| format!("{:<width$}  {}", entry.name, entry.breaks)).collect();
    lines.join("\n") + "\n"
}

async fn drive(settings: Settings, planned: Planned, mut reports: Reports) -> Result<u8, CliError> {
    let (endpoint, reference) = match settings.target {
        Target::Other(endpoint) => (*endpoint, None),
        Target::Reference(faults) => {
            let (endpoint, reference) = embedded::start(faults).await?;
            (endpoint, Some(reference))
        }
    };
    let client = Client::new(settings.limits, &settings.connection, endpoint.addresses())?;
    let runner =
        Arc::new(Runner::new(client, endpoint, settings.run, planned.store).waivers(planned.waivers));
    let stop = Arc::new(StopSwitch::default());
    let listening = listening(&stop);
    let end = run_plan(runner, planned.plan, planned.orphans, &stop, |event| reports.take(&event)).await;
    listening.abort();
    if let Some(reference) = reference {
        reference.shut_down().await;
    }
    let is_reported = reports.close();
    Ok(of_run(end.outcome(), is_reported))
}

/// The reports of a run, and whether each could be written so far.
struct Reports {
    open: Vec<(PathBuf, Box<dyn Report>)>,
    failed: Vec<(PathBuf, io::Error)>,
}

impl Reports {
    fn open(settings: &Settings) -> Result<Self, CliError> {
        let terminal = TerminalReport::new(io::BufWriter::new(io::stdout()), settings.style);
        let mut open: Vec<(PathBuf, Box<dyn Report>)> =
            vec![(PathBuf::from("standard output"), Box::new(terminal))];
        for target in &settings.reports {
            let report = JsonReport::new(&target.path)
                .map_err(|source| CliError::Report { path: target.path.clone(), source })?;
            open.push((target.path.clone(), Box::new(report)));
        }
        Ok(Self { open, failed: Vec::new() })
    }

    /// A report that fails is dropped; the others go on.
    fn take(&mut self, event: &Event) {
        let mut position = 0;
        while position < self.open.len() {
            match self.open[position].1.take(event) {
                Ok(()) => position += 1,
                Err(error) => {
                    let (path, _) = self.open.remove(position);
                    self.failed.push((path, error));
                }
            }
        }
    }

    /// Finishes the reports. Whether all were written; a reader of standard output may go away.
    fn close(mut self) -> bool {
        for (path, report) in self.open {
            if let Err(error) = report.close() {
                self.failed.push((path, error));
            }
        }
        self.failed.retain(|(_, error)| error.kind() != io::ErrorKind::BrokenPipe);
        for (path, error) in &self.failed {
            note(&format!("error: the report {} cannot be written\n  because: {error}", path.display()));
        }
        self.failed.is_empty()
    }
}
