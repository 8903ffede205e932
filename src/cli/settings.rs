//! From arguments and environment to settings: flag first, then environment, then default.

use std::env;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::{Allowed, ColourChoice, ConnectArgs, RunArgs};
use super::credentials;
use super::exit::CliError;
use crate::event::EndpointDescription;
use crate::model::Scheme;
use crate::reference::Fault;
use crate::report::{Style, Verbosity};
use crate::run::{Endpoint, Retry, RunSettings, Signing, seed_by_chance};
use crate::snapshot::Update;
use crate::source::{EndpointEntry, load_endpoints};
use crate::transport::{Address, Connection, Limits, Tls};

/// What the environment says about output.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    no_colour: bool,
    force_colour: bool,
    term: String,
    columns: Option<usize>,
}

impl Surroundings {
    /// Reads `NO_COLOR` (no-color.org), `CLICOLOR_FORCE`, `TERM` and `COLUMNS`.
    pub(super) fn read() -> Self {
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        Self {
            no_colour: is_set("NO_COLOR"),
            force_colour: is_set("CLICOLOR_FORCE"),
            term: env::var("TERM").unwrap_or_default(),
            columns: env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
        }
    }

    pub(super) fn allows_colour(&self, is_terminal: bool) -> bool {
        !self.no_colour && (self.force_colour || (is_terminal && self.term != "dumb"))
    }

    pub(super) fn is_dumb(&self, is_terminal: bool) -> bool {
        is_terminal && self.term == "dumb"
    }

    pub(super) fn width(&self) -> usize {
        self.columns.or_else(|| Some(usize::from(console_width()?))).unwrap_or(80).clamp(40, 200)
    }
}

fn console_width() -> Option<u16> {
    terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| width.0)
}

/// Where a report goes.
#[derive(Debug)]
pub(super) struct ReportTarget {
    pub(super) path: PathBuf,
}

/// What is put to the test.
#[derive(Debug)]
pub(super) enum Target {
    /// The embedded reference endpoint, with these faults.
    Reference(Vec<Fault>),
    /// Another one.
    Other(Box<Endpoint>),
}

/// Settings of a run, all resolved.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) target: Target,
    pub(super) run: RunSettings,
    pub(super) limits: Limits,
    pub(super) connection: Connection,
    pub(super) snapshots: Option<PathBuf>,
    pub(super) update: Update,
    pub(super) style: Style,
    pub(super) reports: Vec<ReportTarget>,
}

impl Settings {
    /// Resolves the settings of a run: flag, then environment, then the endpoint's file, then default.
    pub(super) fn resolve(args: &RunArgs) -> Result<Self, CliError> {
        let cases = &args.select.folder.cases;
        let entry = args.endpoint.as_deref().map(|name| entry(name, cases)).transpose()?;
        let connected = Connected::resolve(&args.connect, entry.as_ref())?;
        let target = target(args, entry.as_ref())?;
        let update = Update::resolve(args.update.as_deref(), env::var("CI").ok().as_deref())
            .map_err(|message| CliError::usage(format!("--update or INSTA_UPDATE: {message}")))?;
        let entry = entry.unwrap_or_default();
        let run = RunSettings::default();
        let Connected { limits, connection } = connected;
        Ok(Self {
            snapshots: snapshots(args, cases, &target, update),
            run: RunSettings {
                jobs: args.jobs.or(entry.jobs).map_or(run.jobs, usize::from),
                gate: args.level,
                seed: args.seed.unwrap_or_else(|| match target {
                    Target::Reference(_) => run.seed,
                    Target::Other(_) => seed_by_chance(),
                }),
                total: args.total_timeout.map_or(run.total, Duration::from_secs),
                allows_billable: allows_billable(args, &entry, &target, &connection),
            },
            limits,
            connection,
            style: style(args),
            reports: args.report.iter().map(|text| report(text)).collect::<Result<_, _>>()?,
            target,
            update,
        })
    }
}

/// Nothing on this machine costs money; elsewhere somebody has to say that it may.
fn allows_billable(args: &RunArgs, entry: &EndpointEntry, target: &Target, connection: &Connection) -> bool {
    match target {
        Target::Reference(_) => true,
        Target::Other(endpoint) => {
            connection.stays_here(&endpoint.address)
                || entry.allows_billable
                || args.allow.contains(&Allowed::Billable)
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
        Ok(Self {
            limits: Limits {
                connect: seconds(args.connect_timeout, entry.connect_timeout, limits.connect),
                answer: seconds(args.answer_timeout, entry.answer_timeout, limits.answer),
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
    for (host, address) in
        given.chain(entry.resolve.iter().map(|(host, address)| (host.as_str(), address.as_str())))
    {
        let address = address.parse().map_err(|_| CliError::Usage {
            message: format!("`{host}={address}` does not say where a host is"),
            hint: Some("write HOST=ADDRESS:PORT, such as api.example.com=127.0.0.1:8443".into()),
        })?;
        resolve.push((host.to_owned(), address));
    }
    let rate = args.rate.as_ref().or(entry.rate.as_ref());
    let proxy = args.proxy.as_ref().or(entry.proxy.as_ref());
    Ok(Connection {
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

fn style(args: &RunArgs) -> Style {
    let surroundings = Surroundings::read();
    let is_terminal = io::stdout().is_terminal();
    Style {
        is_coloured: match args.color {
            ColourChoice::Auto => surroundings.allows_colour(is_terminal),
            ColourChoice::Always => true,
            ColourChoice::Never => false,
        },
        has_progress: is_terminal && io::stderr().is_terminal() && !surroundings.is_dumb(true) && !args.quiet,
        verbosity: match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        },
    }
}

fn report(text: &str) -> Result<ReportTarget, CliError> {
    match text.split_once('=') {
        Some(("json", path)) if !path.is_empty() => Ok(ReportTarget { path: PathBuf::from(path) }),
        Some((format, _)) => Err(CliError::Usage {
            message: format!("--report: there is no format `{format}`"),
            hint: Some("write --report json=PATH".into()),
        }),
        None => Err(CliError::Usage {
            message: format!("--report: `{text}` names no format"),
            hint: Some("write --report json=PATH".into()),
        }),
    }
}

fn target(args: &RunArgs, entry: Option<&EndpointEntry>) -> Result<Target, CliError> {
    match entry {
        None => Ok(Target::Reference(args.fault.iter().map(|name| fault(name)).collect::<Result<_, _>>()?)),
        Some(entry) => {
            Ok(Target::Other(Box::new(endpoint(entry, args.states.as_deref(), args.connect.sign)?)))
        }
    }
}

/// An endpoint that is named, with the flags that outrank its file.
pub(super) fn endpoint(
    entry: &EndpointEntry,
    states: Option<&str>,
    sign: Option<Scheme>,
) -> Result<Endpoint, CliError> {
    let states = states.or(entry.states.as_deref());
    let address = Address::new(&entry.url)?;
    let description = EndpointDescription {
        name: entry.name.clone(),
        url: address.as_str().to_owned(),
        is_reference: false,
    };
    Ok(Endpoint {
        description,
        address,
        states: states.map(Address::new).transpose()?,
        signing: signing(sign, entry)?,
        retry: entry.retry.clone().map(|(attempts, codes)| Retry { attempts, codes }),
        vars: entry.vars.clone(),
        fixtures: entry.fixtures.clone(),
        faults: Vec::new(),
    })
}

/// How requests are signed: by the scheme of a flag, else of the file, with credentials that are there before the
/// first request.
fn signing(flag: Option<Scheme>, entry: &EndpointEntry) -> Result<Signing, CliError> {
    let file = entry.sign.as_deref().map(str::parse::<Scheme>).transpose();
    let file = file.map_err(|message| CliError::usage(format!("{}: {message}", entry.name)))?;
    let Some(scheme) = flag.or(file) else {
        return Ok(Signing::none(false));
    };
    credentials::signing(scheme, entry.credentials.as_deref())
}

/// The endpoint of a name, or one that an address alone makes.
pub(super) fn entry(name: &str, cases: &Path) -> Result<EndpointEntry, CliError> {
    if name.contains("://") {
        return Ok(EndpointEntry { name: name.to_owned(), url: name.to_owned(), ..EndpointEntry::default() });
    }
    let known = load_endpoints(cases)?;
    if let Some(entry) = known.iter().find(|entry| entry.name == name) {
        return Ok(entry.clone());
    }
    let names: Vec<&str> = known.iter().map(|entry| entry.name.as_str()).collect();
    Err(CliError::Usage {
        message: format!("--endpoint: `{name}` is no address, and endpoints.toml does not name it"),
        hint: Some(if names.is_empty() {
            "write an address such as http://127.0.0.1:9000".into()
        } else {
            format!("it names {}", names.join(", "))
        }),
    })
}

/// A fault by its name.
pub(super) fn fault(name: &str) -> Result<Fault, CliError> {
    name.parse().map_err(|error: crate::reference::UnknownFault| CliError::Usage {
        message: error.to_string(),
        hint: Some("`proofmark run --fault list` shows every fault".into()),
    })
}

/// The baseline: a folder that was named, or the endpoint's own.
fn snapshots(args: &RunArgs, cases: &Path, target: &Target, update: Update) -> Option<PathBuf> {
    if let Some(folder) = &args.snapshots {
        return Some(folder.clone());
    }
    let beside = cases.parent().unwrap_or(Path::new("")).join("snapshots");
    match target {
        Target::Reference(_) => Some(beside),
        Target::Other(endpoint) if endpoint.description.name.contains("://") => None,
        Target::Other(endpoint) => {
            let own = beside.join(format!("@{}", endpoint.description.name));
            (own.is_dir() || matches!(update, Update::Always | Update::Unseen)).then_some(own)
        }
    }
}
