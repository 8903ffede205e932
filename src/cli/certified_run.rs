//! The run of a certificate: like any other, but that every exchange is kept and no snapshot looked at.

use std::fs::File;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::args::RunArgs;
use super::exit::CliError;
use super::files::check_endpoints;
use super::interrupt::listening;
use super::keep::Keep;
use super::manifest_command::of_run;
use super::output::Output;
use super::recording::{Recorder, Recording};
use super::reports::Reports;
use super::settings::{Settings, Target, other};
use crate::embedded;
use crate::event::{RunEnd, Stopped};
use crate::evidence::{Account, Tested};
use crate::judgement::WaiverBook;
use crate::model::{Level, Suite, Waiver};
use crate::plan::{Pattern, Plan, case_ids, plan};
use crate::protocol::sign::Secrets;
use crate::run::{RunSettings, Runner, StopSwitch, run as run_plan};
use crate::transport::{Client, Connection, Keeping};

/// How many cases are named that stand in the way of a certificate.
const NAMED: usize = 10;

/// What is run, of which suite.
pub(super) struct Selection<'a> {
    pub(super) suite: &'a Suite,
    pub(super) waivers: &'a [Waiver],
    pub(super) run: &'a RunArgs,
}

/// A run that came to its end.
pub(super) struct Certified {
    pub(super) account: Account,
    pub(super) recording: Recording,
    pub(super) secrets: Secrets,
    pub(super) is_reported: bool,
}

impl Selection<'_> {
    /// Runs the cases; gives none after an interrupt.
    ///
    /// What it says goes to `scratch`, so that cases are held one at a time.
    pub(super) fn run(
        &self,
        output: &Output,
        keep: Keep,
        scratch: File,
    ) -> Result<Option<Certified>, CliError> {
        let select = &self.run.select;
        let patterns = select.patterns.iter().map(|text| Pattern::new(text, select.exact));
        let plan = plan(self.suite, &patterns.collect::<Result<Vec<_>, _>>()?)?;
        if let Some(drift) = of_run(self.run, self.suite, &plan)?.filter(|drift| !drift.is_empty()) {
            let told = drift.lines(NAMED).join("; ");
            return Err(CliError::NoCertificate { reason: format!("{drift}: {told}") });
        }
        let named = self.run.endpoint.first().and_then(|name| other(name));
        check_endpoints(&named.into_iter().collect::<Vec<_>>(), &select.folder.cases, self.suite)?;
        // The deepest level of conformance; what snapshots tell is no part of it.
        let level = self.run.level.min(Level::Body);
        let args = RunArgs { level, update: Some("no".into()), ..self.run.clone() };
        let settings = Settings::resolve(&args, named)?;
        if matches!(settings.target, Target::Reference(_)) {
            embedded::check(plan.cases.iter().map(|planned| &*planned.contract))?;
        }
        let reports = Reports::open(output, keep)?;
        Runtime::new().map_err(CliError::Runtime)?.block_on(self.drive(settings, plan, reports, scratch))
    }

    async fn drive(
        &self,
        settings: Settings,
        plan: Plan,
        mut reports: Reports,
        scratch: File,
    ) -> Result<Option<Certified>, CliError> {
        let (endpoint, reference) = match settings.target {
            Target::Other(endpoint) => (*endpoint, None),
            Target::Reference(faults) => {
                let (endpoint, reference) = embedded::start(faults).await?;
                (endpoint, Some(reference))
            }
        };
        let tested = Tested {
            kind: settings.kind,
            signing: endpoint.signing.usual(),
            hook: endpoint.states.is_some(),
        };
        let secrets = if reference.is_some() { Secrets::default() } else { endpoint.signing.secrets() };
        let started = Timestamp::now();
        let book = self.book(&endpoint.description.name, tested, started)?;
        // What is certified rests on answers that can belong to no other request.
        let connection = Connection { keeping: Keeping::Fresh, ..settings.connection };
        let client = Client::new(settings.limits, &connection, endpoint.addresses())?;
        let settings = RunSettings { keeps_exchanges: true, ..settings.run };
        let runner = Arc::new(Runner::new(client, endpoint, settings, None).waivers(book));
        let stop = Arc::new(StopSwitch::default());
        let listening = listening(&stop);
        let mut recorder = Recorder::new(scratch, &secrets);
        let end = run_plan(runner, plan, Vec::new(), &stop, |event| {
            reports.take(&event);
            recorder.take(event);
        })
        .await;
        listening.abort();
        if let Some(reference) = reference {
            reference.shut_down().await;
        }
        let is_reported = reports.close();
        let account = Account::new(tested, started, Timestamp::now());
        if end.stopped == Some(Stopped::Interrupted) {
            return Ok(None);
        }
        certifiable(&end, &recorder)?;
        let recording = recorder.finish(end)?;
        Ok(Some(Certified { account, recording, secrets, is_reported }))
    }

    /// The waivers of the endpoint on the day on which the run starts.
    fn book(&self, endpoint: &str, tested: Tested, started: Timestamp) -> Result<WaiverBook, CliError> {
        if self.run.endpoint.first().is_none_or(|name| other(name).is_none()) {
            return Ok(WaiverBook::default());
        }
        let day = Account::new(tested, started, started).day();
        let day = day.map_err(|reason| CliError::NoCertificate { reason })?;
        Ok(WaiverBook::new(self.waivers.to_vec(), endpoint, &day, &case_ids(self.suite)?)?)
    }
}

/// Whether a run found out what it was asked.
fn certifiable(end: &RunEnd, recorder: &Recorder) -> Result<(), CliError> {
    let no = |reason: String| Err(CliError::NoCertificate { reason });
    if let Some(stopped) = &end.stopped {
        return no(format!("the run did not come to its end: {}", stopped.reason()));
    }
    let unknown = &recorder.unknown;
    if unknown.is_empty() {
        return Ok(());
    }
    let more = unknown.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    no(format!(
        "it could not be found out whether {} hold{}: {}{more}",
        if unknown.len() == 1 { "a case".to_owned() } else { format!("{} cases", unknown.len()) },
        if unknown.len() == 1 { "s" } else { "" },
        unknown[..unknown.len().min(NAMED)].join(", ")
    ))
}
