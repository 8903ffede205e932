//! From arguments and environment to settings: flag first, then environment, then default.

use std::env;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::{Allowed, ColourChoice, RunArgs};
use super::credentials;
use super::exit::CliError;
use crate::event::EndpointDescription;
use crate::model::Scheme;
use crate::reference::Fault;
use crate::report::{Style, Verbosity};
use crate::run::{Endpoint, Retry, RunSettings, Signing};
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
        let entry = entry(args, cases)?;
        let target = target(args, entry.as_ref())?;
        let update = Update::resolve(args.update.as_deref(), env::var("CI").ok().as_deref())
            .map_err(|message| CliError::usage(format!("--update or INSTA_UPDATE: {message}")))?;
        let entry = entry.unwrap_or_default();
        let seconds = |flag: Option<u64>, file: Option<u64>, default: Duration| {
            flag.or(file).map_or(default, Duration::from_secs)
        };
        let (limits, run) = (Limits::default(), RunSettings::default());
        Ok(Self {
            snapshots: snapshots(args, cases, &target, update),
            run: RunSettings {
                jobs: args.jobs.or(entry.jobs).map_or(run.jobs, usize::from),
                gate: args.level,
                seed: args.seed.unwrap_or_else(|| match target {
                    Target::Reference(_) => run.seed,
                    Target::Other(_) => seed_by_chance(),
                }),
                total: seconds(args.total_timeout, None, run.total),
                allows_billable: allows_billable(args, &entry, &target),
            },
            limits: Limits {
                connect: seconds(args.connect_timeout, entry.connect_timeout, limits.connect),
                answer: seconds(args.answer_timeout, entry.answer_timeout, limits.answer),
                body: args
                    .body_limit
                    .or(entry.body_limit)
                    .map_or(limits.body, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
            },
            connection: connection(args, &entry)?,
            style: style(args),
            reports: args.report.iter().map(|text| report(text)).collect::<Result<_, _>>()?,
            target,
            update,
        })
    }
}

/// Nothing on this machine costs money; elsewhere somebody has to say that it may.
fn allows_billable(args: &RunArgs, entry: &EndpointEntry, target: &Target) -> bool {
    match target {
        Target::Reference(_) => true,
        Target::Other(endpoint) => {
            endpoint.address.is_loopback() || entry.allows_billable || args.allow.contains(&Allowed::Billable)
        }
    }
}

fn connection(args: &RunArgs, entry: &EndpointEntry) -> Result<Connection, CliError> {
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

fn seed_by_chance() -> u64 {
    // Short enough to be typed again.
    u64::from(fastrand::u32(1..))
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
    let Some(entry) = entry else {
        let faults = args.fault.iter().map(|name| fault(name)).collect::<Result<_, _>>()?;
        return Ok(Target::Reference(faults));
    };
    let states = args.states.as_ref().or(entry.states.as_ref());
    let address = Address::new(&entry.url)?;
    let description = EndpointDescription {
        name: entry.name.clone(),
        url: address.as_str().to_owned(),
        is_reference: false,
    };
    Ok(Target::Other(Box::new(Endpoint {
        description,
        address,
        states: states.map(|url| Address::new(url)).transpose()?,
        signing: signing(args, entry)?,
        retry: entry.retry.clone().map(|(attempts, codes)| Retry { attempts, codes }),
        vars: entry.vars.clone(),
        fixtures: entry.fixtures.clone(),
        faults: Vec::new(),
    })))
}

/// How requests are signed: by the scheme of a flag, else of the file, with credentials that are there before the
/// first request.
fn signing(args: &RunArgs, entry: &EndpointEntry) -> Result<Signing, CliError> {
    let file = entry.sign.as_deref().map(str::parse::<Scheme>).transpose();
    let file = file.map_err(|message| CliError::usage(format!("{}: {message}", entry.name)))?;
    let Some(scheme) = args.sign.or(file) else {
        return Ok(Signing::none(false));
    };
    credentials::signing(scheme, entry.credentials.as_deref())
}

/// The endpoint that is named, or one that an address alone makes; none for the embedded one.
fn entry(args: &RunArgs, cases: &Path) -> Result<Option<EndpointEntry>, CliError> {
    let Some(name) = &args.endpoint else {
        return Ok(None);
    };
    if name.contains("://") {
        return Ok(Some(EndpointEntry { name: name.clone(), url: name.clone(), ..EndpointEntry::default() }));
    }
    let known = load_endpoints(cases)?;
    if let Some(entry) = known.iter().find(|entry| entry.name == *name) {
        return Ok(Some(entry.clone()));
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
