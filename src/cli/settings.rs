//! What is tested and how: flag first, then environment, then the endpoint's file, then default. Main type:
//! [`CommandSettings`], one for each endpoint.

use std::collections::BTreeSet;
use std::env;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::{Allowed, BoundArgs, ConnectArgs, ReuseArgs, RunArgs, SnapshotArgs};
use super::exit::CliError;
use super::remark;
use crate::app::review::snapshots_beside;
use crate::app::{
    Connected, Overrides, REFERENCE, SessionSettings, Shard, SnapshotSettings, TestTarget, costs_nothing,
    endpoint, entry, is_address,
};
use crate::model::{EndpointKind, Level};
use crate::reference::Fault;
use crate::run::{Observing, RunSettings, random_seed};
use crate::snapshot::Update;
use crate::source::EndpointEntry;
use crate::transport::{Connection, Keeping};

/// What a command asks of a run on one endpoint: the flags that it accepts, and what they say where it has none.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunFlags<'a> {
    pub(super) cases: &'a Path,
    pub(super) part: Option<Shard>,
    pub(super) states: Option<&'a str>,
    pub(super) faults: &'a [String],
    pub(super) connect: &'a ConnectArgs,
    pub(super) reuse: ReuseArgs,
    pub(super) bounds: &'a BoundArgs,
    /// In place of the one of the flags, for commands that run cases several times.
    pub(super) seed: Option<u64>,
    pub(super) level: Level,
    pub(super) observing: Observing,
    /// None for commands that neither compare nor write snapshots.
    pub(super) snapshots: Option<&'a SnapshotArgs>,
    /// How many failures end the run.
    pub(super) enough: Option<NonZeroUsize>,
    /// How often each case is run.
    pub(super) repeat: u32,
    pub(super) keeps_exchanges: bool,
    pub(super) keeps_states: bool,
    /// Whether it runs again and again.
    pub(super) is_watched: bool,
}

impl<'a> RunFlags<'a> {
    /// A run that compares no snapshots, with the flags that every command has which sends requests.
    pub(super) fn plain(cases: &'a Path, connect: &'a ConnectArgs, bounds: &'a BoundArgs) -> Self {
        Self {
            cases,
            part: None,
            states: None,
            faults: &[],
            connect,
            reuse: ReuseArgs::default(),
            bounds,
            seed: bounds.seed,
            level: Level::Snapshot,
            observing: Observing::Never,
            snapshots: None,
            enough: None,
            repeat: 1,
            keeps_exchanges: true,
            keeps_states: false,
            is_watched: false,
        }
    }

    /// What `run` asks.
    pub(super) fn by(args: &'a RunArgs) -> Self {
        Self {
            part: args.shard.part(),
            states: args.target.states.as_deref(),
            faults: &args.faults.fault,
            reuse: args.reuse,
            level: args.level.level,
            observing: args.level.observing(),
            snapshots: Some(&args.snapshots),
            enough: args.end.enough(),
            repeat: args.scope.repeat,
            keeps_exchanges: args.all_exchanges || args.mutants,
            keeps_states: args.target.keep_states,
            is_watched: args.watch,
            ..Self::plain(&args.select.folder.cases, &args.connect, &args.bounds)
        }
    }
}

/// Settings of a run on one endpoint, all resolved.
#[derive(Debug)]
pub(super) struct CommandSettings {
    pub(super) session: SessionSettings,
    pub(super) snapshots: SnapshotSettings,
}

impl CommandSettings {
    /// The settings for each endpoint that is named, or for the embedded one alone.
    pub(super) fn of_all(args: &RunArgs) -> Result<Vec<Self>, CliError> {
        let (asked, names) = (RunFlags::by(args), &args.target.endpoint);
        if names.is_empty() {
            return Ok(vec![Self::resolve(&asked, None)?]);
        }
        if names.len() > 1 {
            check_flags_for_one(args)?;
        }
        let all = names.iter().map(|name| Self::resolve(&asked, other(name)));
        let all: Vec<Self> = all.collect::<Result<_, _>>()?;
        check_apart(&all)?;
        Ok(all)
    }

    /// Resolves the settings for one endpoint, by name or address; for the embedded one without either.
    pub(super) fn resolve(asked: &RunFlags, endpoint: Option<&str>) -> Result<Self, CliError> {
        let entry = endpoint.map(|name| entry(name, asked.cases, &from_environment)).transpose()?;
        let connected = Connected::resolve(&overrides(asked.connect, asked.reuse), entry.as_ref())?;
        let target = target(asked, entry.as_ref())?;
        let update = asked.snapshots.map_or(Ok(Update::Never), |args| update(args, asked))?;
        let entry = entry.unwrap_or_default();
        let kind = match target {
            TestTarget::Reference(_) => EndpointKind::Reference,
            TestTarget::Other(_) => entry.kind.unwrap_or(EndpointKind::Foreign),
        };
        let run = RunSettings::default();
        let Connected { mut limits, mut connection } = connected;
        if let TestTarget::Reference(faults) = &target {
            // Nothing on the way to the embedded endpoint closes a connection or sends what it was not asked for.
            connection.keeping = Keeping::ReuseOwn;
            if asked.connect.answer_timeout.is_none() && faults.iter().any(Fault::delays) {
                limits.answer = DELAYED;
            }
        }
        let folder = asked.snapshots.and_then(|args| snapshots(args, asked.cases, &target, update));
        let run = RunSettings {
            keeps_exchanges: asked.keeps_exchanges,
            jobs: asked.bounds.jobs.or(entry.jobs).map_or(run.jobs, usize::from),
            gate: asked.level,
            observing: asked.observing,
            seed: asked.seed.unwrap_or_else(|| match target {
                TestTarget::Reference(_) => run.seed,
                TestTarget::Other(_) => random_seed(),
            }),
            part: asked.part.map(Shard::part),
            total: asked.bounds.total_timeout.unwrap_or(run.total),
            wait: asked.bounds.wait.unwrap_or(run.wait),
            on_wait: Some(remark),
            enough: asked.enough,
            repeat: asked.repeat,
            allows_billable: allows_billable(asked, &entry, &target, &connection),
            keeps_states: asked.keeps_states,
        };
        let snapshots = SnapshotSettings {
            folder,
            update,
            kind,
            overwrites_real: asked.snapshots.is_some_and(|args| args.overwrite_real),
            max_age: asked.snapshots.and_then(|args| args.max_age.clone()),
        };
        Ok(Self { session: SessionSettings { target, run, limits, connection }, snapshots })
    }
}

/// A variable of the environment.
pub(super) fn from_environment(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// The flags about a connection, which outrank the file of endpoints.
pub(super) fn overrides(connect: &ConnectArgs, reuse: ReuseArgs) -> Overrides {
    let connect = connect.clone();
    Overrides {
        sign: connect.sign,
        rate: connect.rate,
        ca_file: connect.ca_file,
        client_certificate: connect.client_certificate,
        proxy: connect.proxy,
        resolve: connect.resolve,
        connections: reuse.connections,
        connect_timeout: connect.connect_timeout,
        answer_timeout: connect.answer_timeout,
        body_limit: connect.body_limit,
    }
}

/// What is written of snapshots.
fn update(args: &SnapshotArgs, asked: &RunFlags) -> Result<Update, CliError> {
    let mode = args.update.as_deref();
    let wrong = |hint: Option<&str>, message: String| CliError::Usage {
        message: format!("--update or INSTA_UPDATE: {message}"),
        hint: hint.map(str::to_owned),
    };
    let in_ci = "`--in-ci` beside `--update always` allows it; `new` leaves files to decide on";
    let update = Update::resolve(mode, env::var("CI").ok().as_deref(), args.in_ci)
        .map_err(|message| wrong(message.starts_with("in CI").then_some(in_ci), message))?;
    if asked.repeat > 1 {
        // Each time would write over what the time before has written.
        let hint = "run once without --repeat to write them";
        return match mode {
            None | Some("auto" | "no") => Ok(Update::Never),
            Some(mode) => {
                Err(wrong(Some(hint), format!("--repeat writes no snapshots, so `{mode}` cannot hold")))
            }
        };
    }
    if asked.faults.is_empty() {
        return Ok(update);
    }
    let hint = "`--update new` leaves what differs as `.snap.new`, marked with the fault";
    update.with_fault(mode).map_err(|message| wrong(Some(hint), message))
}

/// How long an answer of the embedded endpoint may take with a fault that delays every answer, so that the run ends
/// soon. Without such a fault it answers within a millisecond.
const DELAYED: Duration = Duration::from_millis(100);

/// Refuses flags about a connection where nothing but the embedded endpoint is tested.
pub(super) fn check_connect(connect: &ConnectArgs, reuse: ReuseArgs) -> Result<(), CliError> {
    match connect.given_flag().or(reuse.connections.map(|_| "--connections")) {
        None => Ok(()),
        Some(flag) => Err(CliError::usage(format!(
            "{flag} needs --endpoint: it does not apply to the embedded endpoint"
        ))),
    }
}

/// An endpoint's name, unless it is the embedded one's.
pub(super) fn other(name: &str) -> Option<&str> {
    (name != REFERENCE).then_some(name)
}

/// Flags that say something about one endpoint alone.
fn check_flags_for_one(args: &RunArgs) -> Result<(), CliError> {
    let (flag, hint) = if args.target.states.is_some() {
        ("--states", "write `states` for each of them in endpoints.toml")
    } else if args.snapshots.snapshots.is_some() {
        ("--snapshots", "each has its own, in snapshots/@NAME")
    } else {
        return Ok(());
    };
    Err(CliError::Usage {
        message: format!("{flag} is for one endpoint, and --endpoint names several"),
        hint: Some(hint.into()),
    })
}

/// No endpoint is tested twice, and no two write into one folder of snapshots: names that differ only by case do so
/// on some file systems.
fn check_apart(all: &[CommandSettings]) -> Result<(), CliError> {
    let name_of = |settings: &CommandSettings| match &settings.session.target {
        TestTarget::Reference(_) => String::new(),
        // An address counts as it is read, so that a slash at its end makes no other endpoint of it.
        TestTarget::Other(endpoint) if is_address(&endpoint.description.name) => {
            endpoint.address.as_str().to_owned()
        }
        TestTarget::Other(endpoint) => endpoint.description.name.to_lowercase(),
    };
    let mut seen = BTreeSet::new();
    match all.iter().map(name_of).find(|name| !seen.insert(name.clone())) {
        None => Ok(()),
        Some(name) => Err(CliError::usage(format!("--endpoint: `{name}` is named twice"))),
    }
}

/// Whether cases may cost money: only with permission, unless the endpoint costs nothing.
fn allows_billable(
    asked: &RunFlags,
    entry: &EndpointEntry,
    target: &TestTarget,
    connection: &Connection,
) -> bool {
    match target {
        TestTarget::Reference(_) => true,
        TestTarget::Other(endpoint) => {
            let is_allowed = entry.allows_billable || asked.bounds.allow.contains(&Allowed::Billable);
            // What stays there goes on costing money, and so does what starts with each change of a file.
            let is_once = !asked.keeps_states && !asked.is_watched;
            costs_nothing(entry, connection, &endpoint.address) || (is_allowed && is_once)
        }
    }
}

fn target(asked: &RunFlags, entry: Option<&EndpointEntry>) -> Result<TestTarget, CliError> {
    match entry {
        None => {
            Ok(TestTarget::Reference(asked.faults.iter().map(|name| fault(name)).collect::<Result<_, _>>()?))
        }
        Some(entry) => {
            let endpoint = endpoint(entry, asked.states, asked.connect.sign, &from_environment)?;
            Ok(TestTarget::Other(Box::new(endpoint)))
        }
    }
}

/// A fault by its name.
pub(super) fn fault(name: &str) -> Result<Fault, CliError> {
    name.parse().map_err(|error: crate::reference::UnknownFault| CliError::Usage {
        message: error.to_string(),
        hint: Some("`proofmark run --fault list` shows every fault".into()),
    })
}

/// The baseline: a folder that was named, or the endpoint's own.
fn snapshots(args: &SnapshotArgs, cases: &Path, target: &TestTarget, update: Update) -> Option<PathBuf> {
    if let Some(folder) = &args.snapshots {
        return Some(folder.clone());
    }
    match target {
        TestTarget::Reference(_) => Some(snapshots_beside(cases, None)),
        TestTarget::Other(endpoint) if is_address(&endpoint.description.name) => None,
        TestTarget::Other(endpoint) => {
            let own = snapshots_beside(cases, Some(&endpoint.description.name));
            (own.is_dir() || matches!(update, Update::Always | Update::Unseen)).then_some(own)
        }
    }
}
