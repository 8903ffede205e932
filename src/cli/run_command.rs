//! `run`: cases against an endpoint, or against several, one after the other.

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime;

use super::args::RunArgs;
use super::dry_run::dry_run;
use super::exit::{CONFORMS, CliError, of_run};
use super::files::{check_endpoints, check_sendable, selected, today};
use super::interrupt::listening;
use super::keep::Keep;
use super::manifest_command;
use super::output::Output;
use super::print;
use super::reports::Reports;
use super::settings::{REFERENCE, Settings, Target, check_connect, other};
use super::stale_command::{freshness, keep_stale, told};
use crate::embedded;
use crate::event::{Event, Outcome, SeriesEnd, StaleSnapshot};
use crate::judgement::WaiverBook;
use crate::model::{Drift, Suite};
use crate::plan::{Plan, case_ids};
use crate::reference::{Fault, Reference};
use crate::report::printable;
use crate::run::{Runner, StopSwitch, orphans, run as run_plan};
use crate::snapshot::{MaxAge, Origin, Store, Update};
use crate::source::load_waivers;
use crate::transport::Client;

/// Runs cases and gives the exit code.
pub(super) fn run(args: &RunArgs) -> Result<u8, CliError> {
    if args.faults.fault.iter().any(|name| name == "list") {
        return print(&fault_list());
    }
    let names: Vec<&str> = args.target.endpoint.iter().filter_map(|name| other(name)).collect();
    if names.is_empty() {
        check_connect(&args.connect, args.reuse)?;
    }
    let mut all = Settings::of_all(args)?;
    if args.target.keep_states && all.iter().any(|settings| matches!(settings.target, Target::Reference(_))) {
        return Err(CliError::Usage {
            message: "--keep-states needs --endpoint: the embedded endpoint ends with the run".into(),
            hint: Some("serve it with `proofmark serve`, and name its --endpoint and --states".into()),
        });
    }
    let output = Output::resolve(&args.output)?;
    if output.reports.iter().any(|target| target.format.wants_exchanges()) {
        for settings in &mut all {
            settings.run.keeps_exchanges = true;
        }
    }
    let part = args.shard.part();
    let (suite, mut plan) = selected(&args.select, part)?;
    let cases = &args.select.folder.cases;
    let drift = manifest_command::of_run(args.scope.manifest.as_deref(), cases, part, &suite, &plan)?;
    if args.scope.stale {
        keep_stale(&mut plan, &all)?;
        if plan.cases.is_empty() {
            return Ok(CONFORMS);
        }
    }
    check_endpoints(&names, cases, &suite)?;
    if all.iter().any(|settings| matches!(settings.target, Target::Reference(_))) {
        embedded::check(plan.cases.iter().map(|planned| &*planned.contract))?;
    }
    if args.dry_run {
        check_sendable(&plan)?;
        let plans: Vec<String> = all.iter().map(|settings| dry_run(&plan, settings)).collect();
        return print(&printable(&plans.join("\n")));
    }
    let keep = keep(args, &all, output.is_forced);
    let planned = all.into_iter().map(|settings| Planned::new(settings, cases, &suite));
    let planned = planned.collect::<Result<_, _>>()?;
    let reports = Reports::open(&output, keep)?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    runtime.block_on(drive(planned, plan, drift.as_ref(), reports))
}

/// All that a run reads.
pub(super) fn keep(args: &RunArgs, all: &[Settings], is_forced: bool) -> Keep {
    let mut keep = Keep::new(is_forced);
    keep.cases(&args.select.folder.cases);
    keep.file(args.scope.manifest.as_deref(), "the manifest");
    for Settings { snapshots, connection, .. } in all {
        keep.snapshots(snapshots.as_deref());
        keep.file(connection.tls.ca_file.as_deref(), "a file of certificates");
        keep.file(connection.tls.client_certificate.as_deref(), "a certificate and its key");
    }
    keep
}

/// What a run on one endpoint needs beside the cases, all read and checked.
struct Planned {
    settings: Settings,
    store: Option<Store>,
    orphans: Vec<PathBuf>,
    waivers: WaiverBook,
    /// What is stale before the run, if that is asked.
    stale: Option<Vec<StaleSnapshot>>,
}

impl Planned {
    fn new(settings: Settings, cases: &Path, suite: &Suite) -> Result<Self, CliError> {
        let store = store(&settings);
        let stale = settings.max_age.as_ref().map(|limit| stale(store.as_ref(), limit, suite)).transpose()?;
        let orphans = store.as_ref().map(|store| orphans(suite, store)).transpose()?.unwrap_or_default();
        let waivers = waivers(cases, suite, &settings.target)?;
        Ok(Self { settings, store, orphans, waivers, stale })
    }

    /// What can still go wrong before the first request.
    async fn prepared(self, drift: Option<&Drift>) -> Result<Prepared, CliError> {
        let (endpoint, reference) = match self.settings.target {
            Target::Other(endpoint) => (*endpoint, None),
            Target::Reference(faults) => {
                let (endpoint, reference) = embedded::start(faults).await?;
                (endpoint, Some(reference))
            }
        };
        let client = Client::new(self.settings.limits, &self.settings.connection, endpoint.addresses())?;
        let runner = Runner::new(client, endpoint, self.settings.run, self.store);
        let runner = runner.waivers(self.waivers).stale(self.stale).drift(drift.cloned());
        Ok(Prepared { runner: Arc::new(runner), orphans: self.orphans, reference })
    }
}

/// The snapshots that answers are compared with, and the journal of what is seen.
fn store(settings: &Settings) -> Option<Store> {
    let (name, faults) = match &settings.target {
        Target::Reference(faults) => (REFERENCE, faults.iter().map(ToString::to_string).collect()),
        Target::Other(endpoint) => (endpoint.description.name.as_str(), Vec::new()),
    };
    let origin = Origin::now(settings.kind, name, faults);
    let store = Store::new(settings.snapshots.as_ref()?, settings.update, settings.kind);
    let store = store.overwriting_real(settings.overwrites_real);
    // Where nothing is written, what was seen serves only to tell what is still stale.
    let is_noted = settings.update != Update::Never || settings.max_age.is_some();
    Some(if is_noted { store.journal(origin) } else { store })
}

/// The snapshots of all cases, also of those that are not selected, that are stale before the run.
fn stale(store: Option<&Store>, limit: &MaxAge, suite: &Suite) -> Result<Vec<StaleSnapshot>, CliError> {
    let store =
        store.ok_or_else(|| CliError::usage("--max-age: the endpoint has no snapshots of its own"))?;
    let cases = case_ids(suite)?;
    let freshness = freshness(store, &cases, Some(limit));
    Ok(freshness.stale().map(told).collect())
}

/// A run that can begin.
struct Prepared {
    runner: Arc<Runner>,
    orphans: Vec<PathBuf>,
    /// The embedded endpoint, if that is what is tested.
    reference: Option<Reference>,
}

impl Prepared {
    fn name(&self) -> String {
        self.runner.endpoint().description.name.clone()
    }

    async fn run(self, plan: Plan, stop: &StopSwitch, reports: &mut Reports) -> Outcome {
        let end = run_plan(self.runner, plan, self.orphans, stop, |event| reports.take(&event)).await;
        if let Some(reference) = self.reference {
            reference.shut_down().await;
        }
        end.outcome()
    }
}

/// The waivers of the endpoint that is tested; none are applied to the reference endpoint.
fn waivers(cases: &Path, suite: &Suite, target: &Target) -> Result<WaiverBook, CliError> {
    let waivers = load_waivers(cases)?;
    let Target::Other(endpoint) = target else {
        return Ok(WaiverBook::default());
    };
    Ok(WaiverBook::new(waivers, &endpoint.description.name, &today(), &case_ids(suite)?)?)
}

fn fault_list() -> String {
    let entries = [Fault::catalogue(), Fault::signature_catalogue()].concat();
    let width = entries.iter().map(|entry| entry.name.len()).filter(|width| *width <= 40).max().unwrap_or(0);
    let lines: Vec<String> =
        entries.iter().map(|entry| format!("{:<width$}  {}", entry.name, entry.breaks)).collect();
    lines.join("\n") + "\n"
}

/// Runs the plan on each endpoint. All of them are prepared first, so that nothing is sent if one cannot be.
async fn drive(
    planned: Vec<Planned>,
    plan: Plan,
    drift: Option<&Drift>,
    mut reports: Reports,
) -> Result<u8, CliError> {
    let mut all = Vec::with_capacity(planned.len());
    for planned in planned {
        all.push(planned.prepared(drift).await?);
    }
    let stop = Arc::new(StopSwitch::default());
    let listening = listening(&stop);
    let is_series = all.len() > 1;
    if is_series {
        reports.take(&Event::SeriesStarted { endpoints: all.iter().map(Prepared::name).collect() });
    }
    let end = series(all, plan, &stop, &mut reports).await;
    listening.abort();
    let outcome = end.outcome();
    if is_series {
        reports.take(&Event::SeriesEnded(end));
    }
    Ok(of_run(outcome, reports.close()))
}

/// Runs the plan on one endpoint after the other, up to an interrupt.
async fn series(all: Vec<Prepared>, plan: Plan, stop: &StopSwitch, reports: &mut Reports) -> SeriesEnd {
    let Plan { mut cases, known } = plan;
    let mut end = SeriesEnd { runs: Vec::new(), not_started: Vec::new() };
    let mut all = all.into_iter();
    while let Some(prepared) = all.next() {
        let name = prepared.name();
        if stop.is_interrupted() && !end.runs.is_empty() {
            end.not_started.push(name);
            continue;
        }
        stop.ready();
        let cases = if all.len() == 0 { mem::take(&mut cases) } else { cases.clone() };
        end.runs.push((name, prepared.run(Plan { cases, known }, stop, reports).await));
    }
    end
}
