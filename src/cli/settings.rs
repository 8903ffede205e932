//! What is tested and how: flag first, then environment, then the endpoint's file, then default. Main type:
//! [`Settings`], one for each endpoint.

use std::collections::BTreeSet;
use std::env;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::{Allowed, ConnectArgs, RunArgs};
use super::endpoint::{endpoint, entry, is_address};
use super::exit::CliError;
use super::shard::Shard;
use crate::model::EndpointKind;
use crate::reference::Fault;
use crate::run::{Endpoint, RunSettings, seed_by_chance};
use crate::snapshot::{MaxAge, Update};
use crate::source::EndpointEntry;
use crate::transport::{Address, Connection, Keeping, Limits, Tls};

/// What is put to the test.
#[derive(Debug)]
pub(super) enum Target {
    /// The embedded reference endpoint, with these faults.
    Reference(Vec<Fault>),
    /// Another one.
    Other(Box<Endpoint>),
}

/// Settings of a run on one endpoint, all resolved.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) target: Target,
    pub(super) run: RunSettings,
    pub(super) limits: Limits,
    pub(super) connection: Connection,
    pub(super) snapshots: Option<PathBuf>,
    pub(super) update: Update,
    /// The kind of endpoint that snapshots are recorded from.
    pub(super) kind: EndpointKind,
    pub(super) overwrites_real: bool,
    /// How old snapshots may be, if that is asked.
    pub(super) max_age: Option<MaxAge>,
}

impl Settings {
    /// The settings for each endpoint that is named, or for the embedded one alone.
    pub(super) fn of_all(args: &RunArgs) -> Result<Vec<Self>, CliError> {
        if args.endpoint.is_empty() {
            return Ok(vec![Self::resolve(args, None)?]);
        }
        if args.endpoint.len() > 1 {
            check_flags_for_one(args)?;
        }
        let all: Vec<Self> =
            args.endpoint.iter().map(|name| Self::resolve(args, other(name))).collect::<Result<_, _>>()?;
        check_apart(&all)?;
        Ok(all)
    }

    /// Resolves the settings for one endpoint, by name or address; for the embedded one without either.
    pub(super) fn resolve(args: &RunArgs, endpoint: Option<&str>) -> Result<Self, CliError> {
        let cases = &args.select.folder.cases;
        let entry = endpoint.map(|name| entry(name, cases)).transpose()?;
        let connected = Connected::resolve(&args.connect, entry.as_ref())?;
        let target = target(args, entry.as_ref())?;
        let update = update(args)?;
        let entry = entry.unwrap_or_default();
        let kind = match target {
            Target::Reference(_) => EndpointKind::Reference,
            Target::Other(_) => entry.kind.unwrap_or(EndpointKind::Foreign),
        };
        let run = RunSettings::default();
        let Connected { mut limits, mut connection } = connected;
        if let Target::Reference(faults) = &target {
            // Nothing on the way to the embedded endpoint closes a connection or sends what it was not asked for.
            connection.keeping = Keeping::Reuse;
            if args.connect.answer_timeout.is_none() && faults.iter().any(Fault::delays) {
                limits.answer = DELAYED;
            }
        }
        Ok(Self {
            snapshots: snapshots(args, cases, &target, update),
            run: RunSettings {
                keeps_exchanges: args.all_exchanges,
                jobs: args.jobs.or(entry.jobs).map_or(run.jobs, usize::from),
                gate: args.level,
                seed: args.seed.unwrap_or_else(|| match target {
                    Target::Reference(_) => run.seed,
                    Target::Other(_) => seed_by_chance(),
                }),
                part: args.select.shard.or(args.select.partition).map(Shard::part),
                total: args.total_timeout.map_or(run.total, Duration::from_secs),
                enough: args.max_fail.or(args.fail_fast.then_some(NonZeroUsize::MIN)),
                allows_billable: allows_billable(args, &entry, &target, &connection),
                keeps_states: args.keep_states,
            },
            limits,
            connection,
            target,
            update,
            kind,
            overwrites_real: args.overwrite_real,
            max_age: args.max_age.clone(),
        })
    }
}

/// What is written of snapshots.
fn update(args: &RunArgs) -> Result<Update, CliError> {
    let mode = args.update.as_deref();
    let wrong = |hint: Option<&str>, message: String| CliError::Usage {
        message: format!("--update or INSTA_UPDATE: {message}"),
        hint: hint.map(str::to_owned),
    };
    let in_ci = "`--in-ci` beside `--update always` allows it; `new` leaves files to decide on";
    let update = Update::resolve(mode, env::var("CI").ok().as_deref(), args.in_ci)
        .map_err(|message| wrong(message.starts_with("in CI").then_some(in_ci), message))?;
    if args.fault.is_empty() {
        return Ok(update);
    }
    let hint = "`--update new` leaves what differs as `.snap.new`, marked with the fault";
    update.with_fault(mode).map_err(|message| wrong(Some(hint), message))
}

/// How long an answer of the embedded endpoint may take with a fault that delays every answer, so that the run ends
/// soon. Without such a fault it answers within a millisecond.
const DELAYED: Duration = Duration::from_millis(100);

/// The name of the embedded endpoint.
pub(super) const REFERENCE: &str = "reference";

/// An endpoint's name, unless it is the embedded one's.
pub(super) fn other(name: &str) -> Option<&str> {
    (name != REFERENCE).then_some(name)
}

/// Flags that say something about one endpoint alone.
fn check_flags_for_one(args: &RunArgs) -> Result<(), CliError> {
    let (flag, hint) = if args.states.is_some() {
        ("--states", "write `states` for each of them in endpoints.toml")
    } else if args.snapshots.is_some() {
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
fn check_apart(all: &[Settings]) -> Result<(), CliError> {
    let told = |settings: &Settings| match &settings.target {
        Target::Reference(_) => String::new(),
        // An address counts as it is read, so that a slash at its end makes no other endpoint of it.
        Target::Other(endpoint) if is_address(&endpoint.description.name) => {
            endpoint.address.as_str().to_owned()
        }
        Target::Other(endpoint) => endpoint.description.name.to_lowercase(),
    };
    let mut seen = BTreeSet::new();
    match all.iter().map(told).find(|name| !seen.insert(name.clone())) {
        None => Ok(()),
        Some(name) => Err(CliError::usage(format!("--endpoint: `{name}` is named twice"))),
    }
}

/// Whether an endpoint is on this machine and not the real API, which a tunnel or a sidecar may bring here.
pub(super) fn costs_nothing(entry: &EndpointEntry, connection: &Connection, address: &Address) -> bool {
    connection.stays_here(address) && entry.kind != Some(EndpointKind::Real)
}

/// Whether cases may cost money: only with permission, unless the endpoint costs nothing.
fn allows_billable(args: &RunArgs, entry: &EndpointEntry, target: &Target, connection: &Connection) -> bool {
    match target {
        Target::Reference(_) => true,
        Target::Other(endpoint) => {
            let is_allowed = entry.allows_billable || args.allow.contains(&Allowed::Billable);
            // What stays there goes on costing money.
            costs_nothing(entry, connection, &endpoint.address) || (is_allowed && !args.keep_states)
        }
    }
}

/// How an endpoint is connected to.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) limits: Limits,
    pub(super) connection: Connection,
}

impl Connected {
    /// Resolves flag, then the endpoint's file, then default.
    pub(super) fn resolve(args: &ConnectArgs, entry: Option<&EndpointEntry>) -> Result<Self, CliError> {
        let none = EndpointEntry::default();
        let entry = entry.unwrap_or(&none);
        let limits = Limits::default();
        let seconds = |flag: Option<u64>, file: Option<u64>, default: Duration| {
            flag.or(file).map_or(default, Duration::from_secs)
        };
        let answer = seconds(args.answer_timeout, entry.answer_timeout, limits.answer);
        Ok(Self {
            limits: Limits {
                connect: seconds(args.connect_timeout, entry.connect_timeout, limits.connect),
                answer,
                hook: answer,
                body: args
                    .body_limit
                    .or(entry.body_limit)
                    .map_or(limits.body, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
            },
            connection: connection(args, entry)?,
        })
    }
}

fn connection(args: &ConnectArgs, entry: &EndpointEntry) -> Result<Connection, CliError> {
    let mut resolve = Vec::new();
    let given = args.resolve.iter().map(|text| text.split_once('=').unwrap_or((text, "")));
    let flags: Vec<(&str, &str)> = given.collect();
    let is_given = |host: &str| flags.iter().any(|(given, _)| given.eq_ignore_ascii_case(host));
    let file = entry.resolve.iter().filter(|(host, _)| !is_given(host));
    let file = file.map(|(host, address)| (host.as_str(), address.as_str()));
    for (host, address) in flags.iter().copied().chain(file) {
        let address = address.parse().map_err(|_| CliError::Usage {
            message: format!("`{host}={address}` does not say where a host is"),
            hint: Some("write HOST=ADDRESS:PORT, such as api.example.com=127.0.0.1:8443".into()),
        })?;
        // Names of hosts are the same in either case (RFC 4343).
        let host = host.to_ascii_lowercase();
        if resolve.iter().any(|(known, _)| *known == host) {
            return Err(CliError::usage(format!("--resolve says twice where {host} is")));
        }
        resolve.push((host, address));
    }
    let rate = args.rate.as_ref().or(entry.rate.as_ref());
    let proxy = args.proxy.as_ref().or(entry.proxy.as_ref());
    Ok(Connection {
        keeping: match (args.connections, &entry.connections) {
            (Some(keeping), _) => keeping,
            (None, Some(text)) => {
                text.parse().map_err(|message: String| CliError::usage(format!("connections: {message}")))?
            }
            (None, None) => Keeping::default(),
        },
        tls: Tls {
            ca_file: args.ca_file.clone().or_else(|| entry.ca_file.clone()),
            client_certificate: args.client_certificate.clone().or_else(|| entry.client_certificate.clone()),
        },
        proxy: proxy.map(|url| Address::new(url)).transpose()?,
        rate: rate
            .map(|text| text.parse())
            .transpose()
            .map_err(|message: String| CliError::usage(format!("rate: {message}")))?,
        resolve,
    })
}

fn target(args: &RunArgs, entry: Option<&EndpointEntry>) -> Result<Target, CliError> {
    match entry {
        None => Ok(Target::Reference(args.fault.iter().map(|name| fault(name)).collect::<Result<_, _>>()?)),
        Some(entry) => {
            Ok(Target::Other(Box::new(endpoint(entry, args.states.as_deref(), args.connect.sign)?)))
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

/// The snapshots beside a folder of cases: of the reference endpoint, or of one that is named.
pub(super) fn snapshots_beside(cases: &Path, endpoint: Option<&str>) -> PathBuf {
    let beside = cases.parent().unwrap_or(Path::new("")).join("snapshots");
    endpoint.map_or(beside.clone(), |name| beside.join(format!("@{name}")))
}

/// The baseline: a folder that was named, or the endpoint's own.
fn snapshots(args: &RunArgs, cases: &Path, target: &Target, update: Update) -> Option<PathBuf> {
    if let Some(folder) = &args.snapshots {
        return Some(folder.clone());
    }
    match target {
        Target::Reference(_) => Some(snapshots_beside(cases, None)),
        Target::Other(endpoint) if is_address(&endpoint.description.name) => None,
        Target::Other(endpoint) => {
            let own = snapshots_beside(cases, Some(&endpoint.description.name));
            (own.is_dir() || matches!(update, Update::Always | Update::Unseen)).then_some(own)
        }
    }
}
