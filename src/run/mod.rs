//! Takes cases through set-up, requests, checks, snapshot and teardown, and says what happened.
//!
//! [`Runner`] holds what all cases share; [`run`] drives a whole plan and emits its events from one
//! task, in the order of ids whatever the concurrency. It does not know who listens.

mod against_snapshot;
mod attempt;
mod case_work;
mod drift;
mod jobs;
mod key;
mod observe;
mod open_case;
mod pool;
mod preflight;
mod recipe;
mod repeat;
mod retry;
mod settings;
mod signing;
mod state;
mod stop;
mod sweep;

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::time::sleep;

use crate::event::{Event, PartNumber, PartStart, RunEnd, RunStart, StaleSnapshot, StaleWaiver};
use crate::judgement::{Tally, UniqueIds, WaiverBook, codes_due, operations};
use crate::model::{
    CaseRecord, Contract, Drift, Effects, Skipped, SnapshotOutcome, Suite, UtcTime, Verdict, plural,
    whole_micros,
};
use crate::plan::{Plan, PlanError, PlannedCase, about, billable_requests, case_ids, open_scope, scheme};
use crate::sign::Redactor;
use crate::snapshot::{RuleBook, Store, StoreError};
use crate::template::Templates;
use crate::transport::Client;

use attempt::Attempt;
use observe::Observer;
use preflight::{Obstacle, preflight};

pub use drift::drift;
pub use jobs::too_few_files;
pub use retry::Retry;
pub use settings::{Endpoint, Observing, RunSettings, random_seed};
pub use signing::Signing;
pub use state::{purpose, set_up_request};
pub use stop::{Stop, StopSwitch};
pub use sweep::{Leftover, sweep};

/// What all cases of a run share.
pub struct Runner {
    client: Client,
    endpoint: Endpoint,
    settings: RunSettings,
    templates: Templates,
    rules: RuleBook,
    store: Option<Store>,
    waivers: WaiverBook,
    stale: Option<Vec<StaleSnapshot>>,
    drift: Option<Drift>,
    /// The command line that started the run, if it is known.
    command: Option<String>,
    /// What is known of how the endpoint is observed.
    observer: Observer,
    /// How often each state was left in place, as was asked.
    kept: Mutex<BTreeMap<String, usize>>,
}

impl Runner {
    /// A runner against one endpoint; without a store, no snapshot is looked at.
    pub fn new(client: Client, endpoint: Endpoint, settings: RunSettings, store: Option<Store>) -> Self {
        let signing = &endpoint.signing;
        let client = if signing.has_secrets() { client.hiding(&signing.secrets()) } else { client };
        let (templates, waivers) = (Templates::default(), WaiverBook::default());
        let rules = RuleBook::default();
        let (stale, drift, command, kept) = (None, None, None, Mutex::default());
        let observer = Observer::default();
        Self {
            client,
            endpoint,
            settings,
            templates,
            rules,
            store,
            waivers,
            stale,
            drift,
            command,
            observer,
            kept,
        }
    }

    /// The runner with waivers of its endpoint.
    #[must_use]
    pub fn waivers(mut self, waivers: WaiverBook) -> Self {
        self.waivers = waivers;
        self
    }

    /// Sets the snapshots that are stale before the run; without them, the run does not report which ones still are at
    /// its end.
    #[must_use]
    pub fn with_stale(mut self, stale: Option<Vec<StaleSnapshot>>) -> Self {
        self.stale = stale;
        self
    }

    /// Sets how the suite differs from its manifest; reported at the end of the run.
    #[must_use]
    pub fn drift(mut self, drift: Option<Drift>) -> Self {
        self.drift = drift;
        self
    }

    /// Sets the command line that starts the run; secrets of the endpoint are hidden in it.
    #[must_use]
    pub fn command(mut self, command: Option<String>) -> Self {
        let redactor = Redactor::new(&self.endpoint.signing.secrets());
        self.command = command.map(|mut command| {
            redactor.hide(&mut command);
            command
        });
        self
    }

    /// The snapshots that no answer of this run has confirmed.
    fn still_stale(&self) -> Option<Vec<StaleSnapshot>> {
        let mut stale = self.stale.clone()?;
        let store = self.store.as_ref();
        stale.retain(|snapshot| !store.is_some_and(|store| store.has_confirmed(&snapshot.case)));
        Some(stale)
    }

    /// Saves what the run has seen of snapshots. A failure to save changes no verdict; it is returned, to be reported.
    fn conclude(&self) -> Option<String> {
        let error = self.store.as_ref()?.conclude().err()?;
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Some(format!("what this run has seen of snapshots is not kept: {error}{cause}"))
    }

    /// How many cases can run at once, with a warning if that is fewer than was asked for.
    fn jobs(&self) -> (usize, Option<String>) {
        jobs::possible(self.settings.jobs.max(1), self.endpoint.description.is_reference)
    }

    /// Notes states that are left in place.
    fn keep<'a>(&self, states: impl Iterator<Item = &'a str>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        states.for_each(|state| *kept.entry(state.to_owned()).or_default() += 1);
    }

    /// What is left in place on the endpoint, as --keep-states asks.
    fn kept_states(&self) -> Option<String> {
        if !self.settings.keeps_states {
            return None;
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let count: usize = kept.values().sum();
        let states: Vec<String> =
            kept.iter().map(|(state, count)| format!("{count} × \"{state}\"")).collect();
        let [plural, colon] = [plural(count, " is", "s are"), if count == 0 { "" } else { ": " }];
        let url = &self.endpoint.description.url;
        Some(format!(
            "--keep-states: {count} state{plural} left in place on {url}{colon}{}",
            states.join(", ")
        ))
    }

    /// The waivers that a case shows to be stale.
    pub fn stale_waivers(&self, record: &CaseRecord) -> Vec<StaleWaiver> {
        self.waivers.stale(record)
    }

    /// The endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Runs one case to its end; teardown is done also when the run is stopped.
    pub async fn case(&self, planned: &PlannedCase, stop: &Stop) -> CaseRecord {
        self.repetition(planned, (1, true), stop).await
    }

    /// Runs one case once, as the one of this number, from 1: each has other random values. Whether it is the last one
    /// of its worker comes with the number.
    async fn repetition(&self, planned: &PlannedCase, number: (u32, bool), stop: &Stop) -> CaseRecord {
        match self.skip_reason(planned, stop) {
            Some(reason) => self.record_skipped(planned, reason),
            None => Attempt::new(self, planned, number).run(stop).await.conclude(self, planned),
        }
    }

    /// Why a case is not run here.
    fn skip_reason(&self, planned: &PlannedCase, stop: &Stop) -> Option<Skipped> {
        if let Some(reason) = stop.before_a_case() {
            return Some(reason.into());
        }
        if let Some(pattern) = planned.skip_pattern() {
            return Some(Skipped::OnPurpose { pattern: pattern.to_owned() });
        }
        if !self.settings.allows_billable && billable_requests(planned) > 0 {
            return Some(Skipped::Billable);
        }
        self.unsigned_reason(planned)
    }

    /// Why a case cannot be signed here as it asks for.
    fn unsigned_reason(&self, planned: &PlannedCase) -> Option<Skipped> {
        let signing = &self.endpoint.signing;
        let schemes = (0..planned.case.steps.len()).filter_map(|position| scheme(planned, position));
        let missing = schemes.into_iter().find(|scheme| !signing.has(Some(*scheme)))?;
        Some(Skipped::Unsigned { scheme: missing, is_meant: signing.is_said() })
    }

    fn record_skipped(&self, planned: &PlannedCase, reason: Skipped) -> CaseRecord {
        let scope = open_scope(planned, self.settings.seed, &self.templates);
        CaseRecord {
            id: planned.id.clone(),
            about: scope
                .map_or_else(|_| planned.case.about.clone(), |scope| about(planned, &scope, &self.templates)),
            tags: planned.case.tags.clone(),
            spot: planned.spot().clone(),
            verdict: Verdict::Skipped(reason),
            findings: Vec::new(),
            gate: self.settings.gate,
            answered: 0,
            exchanges: Vec::new(),
            given: Vec::new(),
            variables: Vec::new(),
            set_ups: Vec::new(),
            unanswered: None,
            steps_not_sent: planned.case.steps.len(),
            rows_met: Vec::new(),
            codes_due: codes_due(planned),
            request_ids: Vec::new(),
            effects: Effects::NotPromised,
            observations: Vec::new(),
            literals: Vec::new(),
            snapshot: SnapshotOutcome::Unchecked,
            retried: Vec::new(),
            started_again: None,
            repeated: None,
            left_behind: Vec::new(),
            paused: Duration::ZERO,
            elapsed: Duration::ZERO,
        }
    }
}

/// Runs a plan. `emit` gets every event, from this task alone and in the order of ids.
pub async fn run(
    runner: Arc<Runner>,
    plan: Plan,
    orphans: Vec<PathBuf>,
    stop: &StopSwitch,
    mut emit: impl FnMut(Event),
) -> RunEnd {
    let start = Instant::now();
    let described = describe_run(&runner, &plan);
    let mut tally = Tally::new(&described.operations);
    tally.note_idle(&runner.waivers);
    emit(Event::Started(described));
    let mut time_over = pin!(sleep(runner.settings.total));
    let mut is_time_over = false;
    // Where there is no case, nothing is sent.
    if !runner.endpoint.description.is_reference && !plan.cases.is_empty() {
        tokio::select! {
            warning = Box::pin(check_before_run(&runner, &plan, stop)) => warning.into_iter().for_each(|text| emit(Event::Warned { text })),
            () = &mut time_over => {
                is_time_over = true;
                stop.stop_for_time(runner.settings.total);
            }
        }
    }
    let (jobs, warning) = runner.jobs();
    if let Some(text) = warning {
        emit(Event::Warned { text });
    }
    runner.client.listen_to_at_most(jobs::spare(jobs));
    let (contracts, mut unique) = (contracts(&plan), UniqueIds::default());
    let mut pool = case_work::of_cases(Arc::clone(&runner), plan.cases, jobs, stop.listen());
    loop {
        tokio::select! {
            record = pool.next() => {
                let mut record = match record {
                    Ok(Some(record)) => record,
                    Ok(None) => break,
                    // A panic in a case is a bug of ours; it must not pass as a result.
                    Err(failed) => std::panic::resume_unwind(failed.into_panic()),
                };
                let contract = contracts.get(operation(&record)).map(Arc::as_ref);
                unique.take(&mut record, contract, &runner.waivers);
                tally.add(&record);
                if runner.settings.enough.is_some_and(|enough| tally.count_failed() >= enough.get()) {
                    stop.enough(tally.count_failed());
                }
                tally.note_waivers(&runner.waivers, &record);
                emit(Event::Finished(record));
            }
            () = &mut time_over, if !is_time_over => {
                is_time_over = true;
                stop.stop_for_time(runner.settings.total);
            }
        }
    }
    tokio::select! {
        is_mixed = runner.client.close() => if is_mixed { stop.stop_for_mix_up() },
        // An interrupt outranks what could still be learned.
        () = stop.interrupted() => {}
    }
    let stale_snapshots = runner.still_stale();
    runner.conclude().into_iter().chain(runner.kept_states()).for_each(|text| emit(Event::Warned { text }));
    let drift = runner.drift.clone();
    let elapsed = whole_micros(start.elapsed());
    let end = RunEnd { stale_snapshots, drift, ..tally.finish(orphans, stop.stopped(), elapsed) };
    emit(Event::Ended(end.clone()));
    end
}

/// Looks whether cases make sense at all. Gives a warning, if there is one.
async fn check_before_run(runner: &Runner, plan: &Plan, stop: &StopSwitch) -> Option<String> {
    let listener = stop.listen();
    tokio::select! {
        looked = reach(runner, plan) => match looked {
            Ok(warning) => return warning,
            Err(obstacle) => stop.stop_for_obstacle(obstacle),
        },
        _ = listener.stopped() => {}
    }
    None
}

/// How often an endpoint that is starting is tried.
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// Looks whether the endpoint can be reached, and again for as long as it may take to start.
async fn reach(runner: &Runner, plan: &Plan) -> Result<Option<String>, Obstacle> {
    let start = Instant::now();
    let RunSettings { wait, mut on_wait, .. } = runner.settings;
    loop {
        let contracts = plan.cases.iter().map(|planned| planned.contract.as_ref());
        let looked = preflight(&runner.client, &runner.endpoint, contracts).await;
        let Err(Obstacle::Unreachable(why)) = &looked else { return looked };
        if start.elapsed() >= wait {
            return looked;
        }
        if let Some(report) = on_wait.take() {
            report(&format!("waiting for up to {wait:?}: {why}"));
        }
        sleep(BETWEEN_TRIES).await;
    }
}

/// The contracts of a plan, by their ids.
fn contracts(plan: &Plan) -> BTreeMap<String, Arc<Contract>> {
    let contracts = plan.cases.iter().map(|planned| &planned.contract);
    contracts.map(|contract| (contract.id.to_string(), Arc::clone(contract))).collect()
}

/// The id of the contract that a case is of.
fn operation(record: &CaseRecord) -> &str {
    record.id.table().rsplit_once('/').map_or("", |(operation, _)| operation)
}

fn describe_run(runner: &Runner, plan: &Plan) -> RunStart {
    RunStart {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started: Some(now()),
        command: runner.command.clone(),
        operations: operations(&plan.cases),
        endpoint: runner.endpoint.description.clone(),
        selected: plan.cases.len(),
        known: plan.known,
        seed: runner.settings.seed,
        parts: runner.settings.part.map(|part| part_of(runner, part)).into_iter().collect(),
        gate: runner.settings.gate,
        faults: runner.endpoint.faults.clone(),
        snapshots: runner.store.as_ref().map(|store| store.root().to_path_buf()),
    }
}

fn part_of(runner: &Runner, part: PartNumber) -> PartStart {
    let url = runner.endpoint.description.url.clone();
    PartStart { shard: Some(part), seed: runner.settings.seed, url, command: None }
}

/// This moment. Finer parts of a second are not needed.
fn now() -> UtcTime {
    let now = Timestamp::now();
    UtcTime::from_checked(Timestamp::from_second(now.as_second()).unwrap_or(now).to_string())
}

/// Why orphans cannot be determined.
#[derive(Debug, thiserror::Error)]
pub enum OrphanError {
    /// The cases have no ids.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The snapshots cannot be listed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The snapshot files of every case of a suite.
///
/// # Errors
/// As [`case_ids`].
pub fn snapshot_paths(suite: &Suite, store: &Store) -> Result<HashSet<PathBuf>, PlanError> {
    Ok(case_ids(suite)?.iter().map(|planned| store.path(&planned.id)).collect())
}

/// Snapshots that belong to no case of a whole suite.
///
/// # Errors
/// Snapshots that cannot be listed, or cases without ids.
pub fn orphans(suite: &Suite, store: &Store) -> Result<Vec<PathBuf>, OrphanError> {
    Ok(store.orphans(&snapshot_paths(suite, store)?)?)
}
