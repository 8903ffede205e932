//! Runs cases as tests of Rust's own test harness: the front end for `cargo test` and nextest.
//!
//! A project puts this into `tests/conformance.rs`, with `harness = false` for it in its `Cargo.toml`:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     proofmark::harness::Harness::new(env!("CARGO_MANIFEST_DIR")).run()
//! }
//! ```
//!
//! Another endpoint is named, or started, by a function:
//!
//! ```no_run
//! use proofmark::harness::{Addresses, Harness};
//!
//! let harness = Harness::new(env!("CARGO_MANIFEST_DIR")).endpoint(|| {
//!     let url = "http://127.0.0.1:9000".to_owned();
//!     Ok(Addresses { states: Some(format!("{url}/states")), url })
//! });
//! ```
//!
//! Or it is one of `cases/endpoints.toml`, with all that the file says of it: TLS, signing, limits, fixtures. Its known
//! failures of `cases/waivers.toml` are waived, as `proofmark run` does:
//!
//! ```no_run
//! use proofmark::harness::Harness;
//!
//! let harness = Harness::new(env!("CARGO_MANIFEST_DIR")).named("staging");
//! ```
//!
//! Each case is a test of its own, named as its id with `::`. One more, `manifest`, fails if there is a `manifest.toml`
//! beside the cases and the suite is another one than it lists. Nothing is started while tests are
//! listed, and a run of one exact name reads one table, since nextest starts a process for each test.

use std::env;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

pub use crate::app::Overrides;
pub use crate::model::{Level, Problem, Scheme, SourceText, Spot};
pub use crate::source::LoadError;
pub use crate::transport::Keeping;

use crate::app::{
    AppError, Background, Connected, Session, SessionSettings, TestTarget, costs_nothing, endpoint, entry,
    manifest_drift, today,
};
use crate::embedded;
use crate::event::{EndpointDescription, Event, RunEnd};
use crate::judgement::WaiverBook;
use crate::model::{CaseRecord, EndpointKind, Suite, Verdict};
use crate::plan::{Plan, PlannedCase, case_ids, scheme};
use crate::report::{Repeat, case_text, printable};
use crate::run::{RunSettings, Signing, StopSwitch, drift, random_seed, snapshot_paths};
use crate::snapshot::{Store, Update};
use crate::source::{EndpointEntry, MANIFEST, Wanted, load, load_manifest, load_waivers};

/// The exit code of a suite that could not be read, as Rust's harness exits when it fails.
const FAILED: u8 = 101;

/// The name of the test that compares the suite with its manifest; names of cases have several parts.
const MANIFEST_TEST: &str = "manifest";

/// How many differences that test reports.
const DIFFERENCES: usize = 100;

/// Which endpoint the cases of a project run against, and where the cases are.
#[derive(Clone)]
pub struct Harness {
    cases: PathBuf,
    snapshots: Option<PathBuf>,
    tested: HarnessEndpoint,
    overrides: Overrides,
    level: Level,
    allows_billable: bool,
    seed: Option<u64>,
}

/// Where an endpoint and its state hook are.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The endpoint's address.
    pub url: String,
    /// The address of its state hook.
    pub states: Option<String>,
}

#[derive(Clone)]
enum HarnessEndpoint {
    Reference,
    Started(Arc<dyn Fn() -> Result<Addresses, String> + Send + Sync>),
    /// One of endpoints.toml.
    Named(String),
}

impl Harness {
    /// The cases in `cases/` of a project, against the embedded reference endpoint, with the
    /// snapshots in `snapshots/`.
    pub fn new(project: impl AsRef<Path>) -> Self {
        let project = project.as_ref();
        Self {
            cases: project.join("cases"),
            snapshots: Some(project.join("snapshots")),
            tested: HarnessEndpoint::Reference,
            overrides: Overrides::default(),
            level: Level::Snapshot,
            allows_billable: false,
            seed: None,
        }
    }

    /// Another folder of cases.
    #[must_use]
    pub fn cases(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cases = folder.into();
        self
    }

    /// Another folder of snapshots, or none.
    #[must_use]
    pub fn snapshots(mut self, folder: Option<PathBuf>) -> Self {
        self.snapshots = folder;
        self
    }

    /// Another endpoint. `start` is called by the first test that runs, and never while tests are
    /// listed; it may start the endpoint, or just say where it is.
    #[must_use]
    pub fn endpoint(mut self, start: impl Fn() -> Result<Addresses, String> + Send + Sync + 'static) -> Self {
        self.tested = HarnessEndpoint::Started(Arc::new(start));
        self
    }

    /// The endpoint of this name in `endpoints.toml` of the folder of cases, with its settings and its waivers.
    /// Credentials and variables come from the environment, as for the program. It is compared with the snapshots in
    /// `@NAME` of the folder of snapshots, if that is there.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.tested = HarnessEndpoint::Named(name.into());
        self
    }

    /// How the endpoint is reached and signed for, in place of what `endpoints.toml` says. None of it applies to the
    /// embedded endpoint.
    #[must_use]
    pub fn overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }

    /// The deepest level that counts.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Allows cases that may cost money also on an endpoint that is not on this machine.
    #[must_use]
    pub fn allow_billable(mut self) -> Self {
        self.allows_billable = true;
        self
    }

    /// The seed of random values. Without it, 0 for the embedded endpoint, and a random seed for any other.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Runs the tests that the process's arguments select, as `cargo test` passes them.
    pub fn run(self) -> ExitCode {
        self.run_with(env::args_os())
    }

    /// Runs the tests that these arguments select; the first one is the program.
    pub fn run_with(self, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
        let arguments = Arguments::from_iter(arguments);
        match self.trials(&arguments) {
            Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
            Err(error) => {
                complain(&error);
                ExitCode::from(FAILED)
            }
        }
    }

    /// Runs all cases and hands out what happens, for a program that is not a test. It judges as `proofmark run` does,
    /// also by the manifest beside the cases, and prints nothing.
    ///
    /// # Errors
    /// Cases or settings in which something is wrong; then nothing was sent.
    ///
    /// # Panics
    /// Inside an asynchronous runtime, since it starts one; `tokio::task::spawn_blocking` is a place for it there.
    ///
    /// ```no_run
    /// use proofmark::events::Event;
    /// use proofmark::harness::Harness;
    ///
    /// let mut failed = Vec::new();
    /// let end = Harness::new(env!("CARGO_MANIFEST_DIR")).events(|event| {
    ///     if let Event::Finished(case) = event
    ///         && !case.findings.is_empty()
    ///     {
    ///         failed.push(case.id.to_string());
    ///     }
    /// })?;
    /// println!("{}: {failed:?}", end.outcome().name());
    /// # Ok::<(), proofmark::harness::HarnessError>(())
    /// ```
    pub fn events(self, emit: impl FnMut(Event)) -> Result<RunEnd, HarnessError> {
        let suite = load(&self.cases, Wanted::All)?;
        let cases = case_ids(&suite).map_err(|error| HarnessError::Settings(error.to_string()))?;
        let contracts = cases.iter().map(|planned| &*planned.contract);
        if matches!(self.tested, HarnessEndpoint::Reference) {
            embedded::check(contracts).map_err(|error| HarnessError::Settings(error.to_string()))?;
        }
        let plan = Plan { known: cases.len(), cases };
        let message = |error: AppError| HarnessError::Settings(error.to_string());
        let drift = manifest_drift(None, &self.cases, None, &suite, &plan).map_err(message)?;
        let (store, signs_nothing) = (self.store()?, self.signs_nothing()?);
        let shared = SharedHarness { harness: self, store, signs_nothing, running: OnceLock::new() };
        let (settings, background) = shared.settings(&plan.cases).map_err(HarnessError::Settings)?;
        let mut background = Background { drift, ..background };
        background.survey(&suite).map_err(message)?;
        let Running { runtime, session, stop, .. } =
            start(settings, background).map_err(HarnessError::Settings)?;
        Ok(runtime.block_on(session.run(plan, &stop, emit)))
    }

    fn trials(self, arguments: &Arguments) -> Result<Vec<Trial>, HarnessError> {
        let exact = arguments.filter.as_ref().filter(|name| arguments.exact && *name != MANIFEST_TEST);
        let exact = exact.map(|name| name.replace("::", "/"));
        let wanted = exact.as_deref().map_or(Wanted::All, Wanted::TableOf);
        let suite = load(&self.cases, wanted)?;
        let store = self.store()?;
        if let (Some(store), false) = (&store, arguments.list) {
            note_references(&suite, store)?;
        }
        let planned = case_ids(&suite).map_err(|error| HarnessError::Settings(error.to_string()))?;
        let manifest = Some(self.cases.join(MANIFEST)).filter(|path| exact.is_none() && path.exists());
        let whole = manifest.map(|path| Trial::test(MANIFEST_TEST, move || check_manifest(&suite, &path)));
        let signs_nothing = self.signs_nothing()?;
        let shared =
            Arc::new(SharedHarness { harness: self, store, signs_nothing, running: OnceLock::new() });
        let cases = planned.into_iter().map(|planned| {
            let shared = Arc::clone(&shared);
            let is_ignored = shared.is_ignored(&planned);
            Trial::test(planned.id.test_name(), move || shared.case(&planned)).with_ignored_flag(is_ignored)
        });
        Ok(whole.into_iter().chain(cases).collect())
    }

    fn entry(&self, name: &str) -> Result<EndpointEntry, HarnessError> {
        entry(name, &self.cases, &from_environment).map_err(|error| {
            if let AppError::Load(error) = error {
                HarnessError::Load(error)
            } else {
                HarnessError::Settings(error.to_string())
            }
        })
    }

    fn store(&self) -> Result<Option<Store>, HarnessError> {
        let variable = |name: &str| env::var(name).ok();
        let update = Update::resolve(variable("INSTA_UPDATE").as_deref(), variable("CI").as_deref(), false)
            .map_err(|message| HarnessError::Settings(format!("INSTA_UPDATE: {message}")))?;
        let Some(folder) = &self.snapshots else { return Ok(None) };
        let (folder, kind) = match &self.tested {
            HarnessEndpoint::Reference => (folder.clone(), EndpointKind::Reference),
            HarnessEndpoint::Started(_) => (folder.clone(), EndpointKind::Foreign),
            HarnessEndpoint::Named(name) => {
                let own = folder.join(format!("@{name}"));
                // As for the program: it has none until some are written on purpose.
                if !own.is_dir() && !matches!(update, Update::Always | Update::Unseen) {
                    return Ok(None);
                }
                (own, self.entry(name)?.kind.unwrap_or(EndpointKind::Foreign))
            }
        };
        Ok(Some(Store::new(folder, update, kind)))
    }

    /// Whether nothing is signed on purpose, so that cases about signatures do not concern the endpoint.
    fn signs_nothing(&self) -> Result<bool, HarnessError> {
        let said = self.overrides.sign.map(|scheme| scheme == Scheme::None);
        Ok(match &self.tested {
            HarnessEndpoint::Reference => false,
            HarnessEndpoint::Started(_) => said.unwrap_or(true),
            HarnessEndpoint::Named(name) => match said {
                Some(said) => said,
                None => self.entry(name)?.sign.as_deref() == Some(Scheme::None.name()),
            },
        })
    }
}

/// Why nothing could be run at all.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// The files of cases.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The endpoint, or how it is reached.
    #[error("{0}")]
    Settings(String),
    /// The list of snapshots for cargo-insta.
    #[error("the file that INSTA_SNAPSHOT_REFERENCES_FILE names cannot be written")]
    References(#[source] io::Error),
}

/// No test can fail yet, so this goes to standard error.
fn complain(error: &HarnessError) {
    let mut out = io::stderr().lock();
    if let HarnessError::Load(LoadError::Problems(problems)) = error {
        for problem in problems {
            let _ = writeln!(out, "{problem}");
        }
    }
    let _ = writeln!(out, "error: {error}");
}

/// `cargo insta test --unreferenced` knows a snapshot of a foreign store only by this file.
fn note_references(suite: &Suite, store: &Store) -> Result<(), HarnessError> {
    let Some(file) = env::var_os("INSTA_SNAPSHOT_REFERENCES_FILE") else {
        return Ok(());
    };
    let paths = snapshot_paths(suite, store).map_err(|error| HarnessError::Settings(error.to_string()))?;
    let mut lines: Vec<String> = paths.iter().map(|path| path.display().to_string() + "\n").collect();
    lines.sort_unstable();
    let mut out =
        OpenOptions::new().create(true).append(true).open(file).map_err(HarnessError::References)?;
    // One write, so that the lines of several processes do not mix.
    out.write_all(lines.concat().as_bytes()).map_err(HarnessError::References)
}

/// Fails unless the suite is the one that its manifest lists, so that no case disappears unseen.
fn check_manifest(suite: &Suite, path: &Path) -> Result<(), Failed> {
    let found = drift(suite, &load_manifest(path)?)?;
    if found.is_empty() {
        return Ok(());
    }
    let lines = found.lines(DIFFERENCES).join("\n  ");
    let hint = "`proofmark manifest --write` lists what is there";
    Err(printable(&format!("{}: {found}\n  {lines}\n{hint}", path.display())).into())
}

/// What the tests of one process share; started by the first test that runs.
struct SharedHarness {
    harness: Harness,
    store: Option<Store>,
    signs_nothing: bool,
    running: OnceLock<Result<Running, String>>,
}

struct Running {
    runtime: Runtime,
    session: Session,
    seed: u64,
    stop: StopSwitch,
}

impl SharedHarness {
    fn is_ignored(&self, planned: &PlannedCase) -> bool {
        let mut schemes = (0..planned.case.steps.len()).filter_map(|position| scheme(planned, position));
        self.signs_nothing && schemes.any(|scheme| scheme != Scheme::None)
    }

    fn case(&self, planned: &PlannedCase) -> Result<(), Failed> {
        if matches!(self.harness.tested, HarnessEndpoint::Reference) {
            let carried = embedded::check([&*planned.contract]);
            carried.map_err(|error| format!("{error}; `Harness::endpoint` says where the endpoint is"))?;
        }
        let started = || {
            // Patterns of waivers that match no case are reported by `proofmark check`, which reads all tables.
            let (mut settings, background) = self.settings(&[])?;
            if settings.connection.keeping == Keeping::Reuse {
                // Whether answers were mixed up is known at the end of all cases, after which no test can fail.
                settings.connection.keeping = Keeping::Fresh;
            }
            start(settings, background)
        };
        let running = self.running.get_or_init(started).as_ref().map_err(Failed::from)?;
        let record = running.runtime.block_on(running.session.case(planned, &running.stop));
        let endpoint = running.session.endpoint();
        check_verdict(&record, &Repeat::new(&endpoint.description, &endpoint.faults), running.seed)?;
        // As for `proofmark run`: what is mended must not stay waived.
        match running.session.stale_waivers(&record).as_slice() {
            [] => Ok(()),
            stale => {
                let lines: Vec<String> = stale.iter().map(ToString::to_string).collect();
                Err(printable(&lines.join("\n")).into())
            }
        }
    }

    /// What the run needs; waivers have to match these cases, if there are any.
    fn settings(&self, cases: &[PlannedCase]) -> Result<(SessionSettings, Background), String> {
        let harness = &self.harness;
        let message = |error: AppError| error.to_string();
        let (entry, states) = match &harness.tested {
            HarnessEndpoint::Reference => (None, None),
            HarnessEndpoint::Named(name) => {
                (Some(harness.entry(name).map_err(|error| error.to_string())?), None)
            }
            HarnessEndpoint::Started(start) => {
                let Addresses { url, states } = start()?;
                let entry = EndpointEntry { name: url.clone(), url, ..EndpointEntry::default() };
                (Some(entry), states)
            }
        };
        let Connected { limits, mut connection } =
            Connected::resolve(&harness.overrides, entry.as_ref()).map_err(message)?;
        let background = Background { store: self.store.clone(), ..Background::default() };
        let Some(entry) = entry else {
            // Nothing on the way to the embedded endpoint closes a connection or sends what it was not asked for.
            connection.keeping = Keeping::ReuseOwn;
            let target = TestTarget::Reference(Vec::new());
            let run = self.run_settings(harness.seed.unwrap_or_default(), true);
            return Ok((SessionSettings { target, run, limits, connection }, background));
        };
        let mut tested = endpoint(&entry, states.as_deref(), harness.overrides.sign, &from_environment)
            .map_err(message)?;
        if matches!(harness.tested, HarnessEndpoint::Started(_)) && harness.overrides.sign.is_none() {
            tested.signing = Signing::none(true);
        }
        let is_free = costs_nothing(&entry, &connection, &tested.address);
        let run = self.run_settings(
            harness.seed.unwrap_or_else(random_seed),
            is_free || entry.allows_billable || harness.allows_billable,
        );
        let waivers = self.waivers(&tested.description, cases)?;
        let target = TestTarget::Other(Box::new(tested));
        Ok((SessionSettings { target, run, limits, connection }, Background { waivers, ..background }))
    }

    fn run_settings(&self, seed: u64, allows_billable: bool) -> RunSettings {
        RunSettings { gate: self.harness.level, seed, allows_billable, ..RunSettings::default() }
    }

    /// The waivers of an endpoint that has a name.
    fn waivers(&self, endpoint: &EndpointDescription, cases: &[PlannedCase]) -> Result<WaiverBook, String> {
        if !matches!(self.harness.tested, HarnessEndpoint::Named(_)) {
            return Ok(WaiverBook::default());
        }
        let waivers = load_waivers(&self.harness.cases).map_err(|error| error.to_string())?;
        WaiverBook::new(waivers, endpoint, &today(), cases).map_err(|error| error.to_string())
    }
}

fn start(settings: SessionSettings, background: Background) -> Result<Running, String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let seed = settings.run.seed;
    let session = runtime.block_on(Session::start(settings, background));
    let session = session.map_err(|error| error.to_string())?;
    Ok(Running { runtime, session, seed, stop: StopSwitch::default() })
}

/// A variable of the environment.
fn from_environment(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Only a passed case passes: one that is inconclusive or was skipped is a failure.
fn check_verdict(record: &CaseRecord, repeat: &Repeat, seed: u64) -> Result<(), Failed> {
    let is_forced = env::var("INSTA_FORCE_PASS").is_ok_and(|value| value == "1");
    let is_only_snapshot = record.findings.iter().all(|finding| finding.level == Level::Snapshot);
    match &record.verdict {
        _ if !record.left_behind.is_empty() => {
            Err(format!("{}\nseed {seed}", case_text(record, repeat)).into())
        }
        Verdict::Passed | Verdict::Flaky { .. } | Verdict::Waived { .. } => Ok(()),
        // `cargo insta test` collects differences first and reports them itself.
        Verdict::Failed if is_forced && is_only_snapshot => Ok(()),
        Verdict::Failed | Verdict::Inconclusive(_) | Verdict::Skipped(_) => {
            Err(format!("{}\nseed {seed}", case_text(record, repeat)).into())
        }
    }
}
