//! One run of cases on one endpoint. Main type: [`Session`].
//!
//! This is the one place that starts a client, the embedded endpoint and a runner, and that shuts them down.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::end_figures::EndFigures;
use super::stale::{freshness, stale_snapshot, unusable_files};
use super::{AppError, is_address};
use crate::embedded;
use crate::event::{Event, RunEnd, StaleSnapshot, StaleWaiver};
use crate::judgement::WaiverBook;
use crate::model::{CaseRecord, Day, Drift, EndpointKind, Normalisation, Suite};
use crate::plan::{Plan, PlannedCase, case_ids};
use crate::reference::{Fault, Reference};
use crate::run::{Endpoint, Observing, RunSettings, Runner, StopSwitch, orphans, run, too_few_files};
use crate::snapshot::{MaxAge, Origin, Store, Update};
use crate::source::load_waivers;
use crate::strength::{Bound, Mutants, Twins};
use crate::transport::{Client, Connection, TransportLimits};

/// What the embedded endpoint is called where endpoints are named.
pub const REFERENCE: &str = "reference";

/// What is put to the test.
#[derive(Debug)]
pub enum TestTarget {
    /// The embedded reference endpoint, with these faults.
    Reference(Vec<Fault>),
    /// Another one.
    Other(Box<Endpoint>),
}

impl TestTarget {
    /// The name by which waivers, snapshots and people know it.
    pub fn name(&self) -> &str {
        match self {
            Self::Reference(_) => REFERENCE,
            Self::Other(endpoint) => &endpoint.description.name,
        }
    }

    /// Whether it has an entry in the file of endpoints: one that is given by its address has none.
    pub fn has_entry(&self) -> bool {
        matches!(self, Self::Other(endpoint) if !is_address(&endpoint.description.name))
    }

    /// What snapshots of its answers leave out, beyond what contracts say.
    pub(super) fn normalisation(&self) -> Normalisation {
        match self {
            Self::Other(endpoint) => endpoint.normalisation.clone(),
            Self::Reference(_) => Normalisation::default(),
        }
    }

    /// Refuses cases that the endpoint is not made for.
    ///
    /// # Errors
    /// If it is the embedded endpoint, and a contract is not one that it carries.
    pub fn check(&self, plan: &Plan) -> Result<(), AppError> {
        match self {
            Self::Reference(_) => Ok(embedded::check(plan.cases.iter().map(|planned| &*planned.contract))?),
            Self::Other(_) => Ok(()),
        }
    }
}

/// What is tested, how it is reached, and how its run goes.
#[derive(Debug)]
pub struct SessionSettings {
    /// What is tested.
    pub target: TestTarget,
    /// How the run goes.
    pub run: RunSettings,
    /// What an answer may take.
    pub limits: TransportLimits,
    /// How it is reached.
    pub connection: Connection,
}

/// The snapshots that answers are compared with.
#[derive(Debug)]
pub struct SnapshotSettings {
    /// Their folder; none where nothing is compared.
    pub folder: Option<PathBuf>,
    /// What is written.
    pub update: Update,
    /// The kind of endpoint that they are recorded from.
    pub kind: EndpointKind,
    /// Whether those of a real endpoint may be overwritten by another's.
    pub overwrites_real: bool,
    /// How old they may be, if that is asked.
    pub max_age: Option<MaxAge>,
}

/// What a run looks at beside cases and answers. By default there is none of it.
#[derive(Default)]
pub struct Background {
    /// The snapshots.
    pub store: Option<Store>,
    /// The snapshots that belong to no case.
    pub orphans: Vec<PathBuf>,
    /// The known failures.
    pub waivers: WaiverBook,
    /// The snapshots that are stale before the run, if that is asked.
    pub stale: Option<Vec<StaleSnapshot>>,
    /// How the suite differs from its manifest, if it has one.
    pub drift: Option<Drift>,
    /// The cases that expect error rows, and their twins; none if no report lists the rows that are held.
    pub twins: Option<Twins>,
    /// How strong the suite is, if that is asked; it needs the exchanges of all cases.
    pub mutants: Option<Mutants>,
    /// What could not be used and is left alone, for people.
    pub notes: Vec<String>,
    /// The command line that starts the run, if one does ([`command_line`](super::command_line())).
    pub command: Option<String>,
}

impl Background {
    /// Reads what belongs to an endpoint: its snapshots, and the waivers of a folder of cases that hold on a day.
    ///
    /// # Errors
    /// Files that are invalid or cannot be read, and `max_age` without snapshots.
    pub fn read(
        target: &TestTarget,
        snapshots: &SnapshotSettings,
        cases: &Path,
        suite: &Suite,
        day: &Day,
    ) -> Result<Self, AppError> {
        let store = snapshots.store(target);
        let mut notes = Vec::new();
        let stale = match (&snapshots.max_age, &store) {
            (None, _) => None,
            (Some(_), None) => {
                return Err(AppError::settings("--max-age: the endpoint has no snapshots of its own"));
            }
            (Some(limit), Some(store)) => {
                let freshness = freshness(store, &case_ids(suite)?, Some(limit));
                notes = unusable_files(&freshness);
                Some(freshness.stale().map(stale_snapshot).collect())
            }
        };
        let waivers = waivers(target, cases, suite, day)?;
        let mut background = Self { store, waivers, stale, notes, ..Self::default() };
        background.survey(suite)?;
        Ok(background)
    }

    /// Adds what follows from a whole suite: the snapshots that belong to no case, and the twins of its cases.
    ///
    /// # Errors
    /// Snapshots that cannot be listed, and a suite in which two cases have the same id.
    pub fn survey(&mut self, suite: &Suite) -> Result<(), AppError> {
        let store = self.store.as_ref();
        self.orphans = store.map(|store| orphans(suite, store)).transpose()?.unwrap_or_default();
        self.twins = Some(Twins::of(&case_ids(suite)?));
        Ok(())
    }

    /// Asks how strong the suite is: the end of the run says what became of mutants of its answers.
    ///
    /// # Errors
    /// A suite in which two cases have the same id.
    pub fn measure(&mut self, settings: &SessionSettings, suite: &Suite) -> Result<(), AppError> {
        let own = settings.target.normalisation();
        let (cases, seed) = (case_ids(suite)?, settings.run.seed);
        self.mutants = Some(Mutants::new(&cases, vec![seed], own, MOST_MUTANTS));
        Ok(())
    }
}

/// How many mutants a run judges at the most.
const MOST_MUTANTS: Bound = Bound { mutants: 1_000_000 };

/// The waivers of the endpoint; none apply to the embedded one.
fn waivers(target: &TestTarget, cases: &Path, suite: &Suite, day: &Day) -> Result<WaiverBook, AppError> {
    let waivers = load_waivers(cases)?;
    let TestTarget::Other(endpoint) = target else {
        return Ok(WaiverBook::default());
    };
    Ok(WaiverBook::new(waivers, &endpoint.description, day, &case_ids(suite)?)?)
}

impl SnapshotSettings {
    /// The snapshots, with the journal of what is seen.
    fn store(&self, target: &TestTarget) -> Option<Store> {
        let faults = match target {
            TestTarget::Reference(faults) => faults.iter().map(ToString::to_string).collect(),
            TestTarget::Other(_) => Vec::new(),
        };
        let store = Store::new(self.folder.as_ref()?, self.update, self.kind);
        let store = store.overwriting_real(self.overwrites_real);
        // Where nothing is written, what was seen serves only to say what is still stale.
        let is_noted = self.update != Update::Never || self.max_age.is_some();
        Some(if is_noted { store.journal(Origin::now(self.kind, target.name(), faults)) } else { store })
    }
}

/// Whether effects are observed: on this machine that costs next to nothing.
fn observing(asked: Observing, endpoint: &Endpoint, connection: &Connection) -> Observing {
    match asked {
        Observing::Auto if endpoint.description.is_reference || connection.stays_here(&endpoint.address) => {
            Observing::Always
        }
        Observing::Auto => Observing::Never,
        Observing::Always | Observing::Never => asked,
    }
}

/// A run that can begin: the endpoint is there, and so is all that the run needs.
pub struct Session {
    runner: Arc<Runner>,
    orphans: Vec<PathBuf>,
    twins: Option<Twins>,
    mutants: Option<Mutants>,
    /// The embedded endpoint, if that is what is tested.
    reference: Option<Reference>,
}

impl Session {
    /// Starts the embedded endpoint, if that is what is tested, and a client. Nothing is sent yet.
    ///
    /// # Errors
    /// If the embedded endpoint cannot listen, or a client cannot be made of the settings.
    pub async fn start(settings: SessionSettings, background: Background) -> Result<Self, AppError> {
        if let Some(reason) = too_few_files() {
            return Err(AppError::settings_with(reason, "raise the limit: ulimit -n 1024"));
        }
        let SessionSettings { target, run, limits, connection } = settings;
        let (endpoint, reference) = match target {
            TestTarget::Other(endpoint) => (*endpoint, None),
            TestTarget::Reference(faults) => {
                let (endpoint, reference) = embedded::start(faults).await?;
                (endpoint, Some(reference))
            }
        };
        let run = RunSettings { observing: observing(run.observing, &endpoint, &connection), ..run };
        let client = Client::new(limits, &connection, endpoint.addresses())?;
        let Background { store, orphans, waivers, stale, drift, twins, mutants, notes: _, command } =
            background;
        let runner =
            Runner::new(client, endpoint, run, store).waivers(waivers).with_stale(stale).drift(drift);
        let runner = runner.command(command);
        Ok(Self { runner: Arc::new(runner), orphans, twins, mutants, reference })
    }

    /// What is tested.
    pub fn endpoint(&self) -> &Endpoint {
        self.runner.endpoint()
    }

    /// Runs the cases of a plan and emits the events, in the order of ids; shuts down what was started.
    pub async fn run(self, plan: Plan, stop: &StopSwitch, mut emit: impl FnMut(Event)) -> RunEnd {
        let mut figures = EndFigures::new(self.twins, self.mutants, &plan);
        let mut whole = None;
        let emit = |event| {
            let event = figures.take(event);
            if let Event::Ended(end) = &event {
                whole = Some(end.clone());
            }
            emit(event);
        };
        let end = run(self.runner, plan, self.orphans, stop, emit).await;
        if let Some(reference) = self.reference {
            reference.shut_down().await;
        }
        // The one that was emitted has the figures.
        whole.unwrap_or(end)
    }

    /// The waivers that a case shows to be stale.
    pub fn stale_waivers(&self, record: &CaseRecord) -> Vec<StaleWaiver> {
        self.runner.stale_waivers(record)
    }

    /// Runs one case and nothing around it, for front ends that have events of their own.
    pub async fn case(&self, planned: &PlannedCase, stop: &StopSwitch) -> CaseRecord {
        self.runner.case(planned, &stop.listen()).await
    }
}
