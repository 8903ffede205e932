//! The run of a certificate: like any other, but that every exchange is kept and no snapshot looked at.

use std::fs::File;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::args::CertifyArgs;
use super::exit::CliError;
use super::interrupt::listening;
use super::keep::Keep;
use super::output::Output;
use super::reports::Reports;
use super::settings::{Asked, Settings, other};
use crate::app::certify::{Recorder, Recording};
use crate::app::{Background, Session, Target, check_endpoints, day_of, manifest_drift};
use crate::event::{RunEnd, Stopped};
use crate::evidence::{Account, Tested};
use crate::judgement::WaiverBook;
use crate::model::{Level, Suite, Waiver};
use crate::plan::{Pattern, Plan, case_ids, plan};
use crate::protocol::sign::Secrets;
use crate::run::StopSwitch;
use crate::transport::Keeping;

/// How many cases are named that stand in the way of a certificate.
const NAMED: usize = 10;

/// What is run, of which suite.
pub(super) struct Selection<'a> {
    pub(super) suite: &'a Suite,
    pub(super) waivers: &'a [Waiver],
    pub(super) args: &'a CertifyArgs,
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
        let select = &self.args.select;
        let patterns = select.patterns.iter().map(|text| Pattern::new(text, select.exact));
        let plan = plan(self.suite, &patterns.collect::<Result<Vec<_>, _>>()?)?;
        let drift =
            manifest_drift(self.args.manifest.as_deref(), &select.folder.cases, None, self.suite, &plan)?;
        if let Some(drift) = drift.filter(|drift| !drift.is_empty()) {
            let told = drift.lines(NAMED).join("; ");
            return Err(CliError::NoCertificate { reason: format!("{drift}: {told}") });
        }
        let named = self.args.target.endpoint.as_deref().and_then(other);
        check_endpoints(&named.into_iter().collect::<Vec<_>>(), &select.folder.cases, self.suite)?;
        // The deepest level of conformance; what snapshots tell is no part of it.
        let asked = Asked {
            states: self.args.target.states.as_deref(),
            level: self.args.level.level.min(Level::Effect),
            observing: self.args.level.observing(),
            ..Asked::plain(&select.folder.cases, &self.args.connect, &self.args.bounds)
        };
        let settings = Settings::resolve(&asked, named)?;
        settings.session.target.check(&plan)?;
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
        let Settings { session: mut settings, snapshots } = settings;
        // What is certified rests on answers that can belong to no other request.
        settings.connection.keeping = Keeping::Fresh;
        let is_reference = matches!(settings.target, Target::Reference(_));
        let name = settings.target.name().to_owned();
        let started = Timestamp::now();
        let waivers = self.book(&name, started)?;
        let session = Session::start(settings, Background { waivers, ..Background::default() }).await?;
        let endpoint = session.endpoint();
        let tested = Tested {
            kind: snapshots.kind,
            signing: endpoint.signing.usual(),
            hook: endpoint.states.is_some(),
        };
        let secrets = if is_reference { Secrets::default() } else { endpoint.signing.secrets() };
        let stop = Arc::new(StopSwitch::default());
        let listening = listening(&stop);
        let mut recorder = Recorder::new(scratch, &secrets);
        let run = session.run(plan, &stop, |event| {
            reports.take(&event);
            recorder.take(event);
        });
        let end = run.await;
        listening.abort();
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
    fn book(&self, endpoint: &str, started: Timestamp) -> Result<WaiverBook, CliError> {
        if self.args.target.endpoint.as_deref().and_then(other).is_none() {
            return Ok(WaiverBook::default());
        }
        Ok(WaiverBook::new(self.waivers.to_vec(), endpoint, &day_of(started), &case_ids(self.suite)?)?)
    }
}

/// Whether every case of a run could be decided.
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
        "{} {} inconclusive: {}{more}",
        if unknown.len() == 1 { "a case".to_owned() } else { format!("{} cases", unknown.len()) },
        if unknown.len() == 1 { "is" } else { "are" },
        unknown[..unknown.len().min(NAMED)].join(", ")
    ))
}
