//! Arguments that several commands accept, each group in a structure of its own.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::app::Shard;
use crate::cli::complete::{endpoints, faults, formats, ids};
use crate::cli::words::{Words, or};
use crate::model::{Level, Scheme, duration_between};
use crate::report::ReportFormat;
use crate::run::Observing;
use crate::transport::Keeping;

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct FolderArgs {
    /// The folder of contracts and case tables
    #[arg(long, value_name = "DIR", default_value = "cases")]
    pub(in crate::cli) cases: PathBuf,
}

/// Which cases are selected.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cases")]
pub(in crate::cli) struct SelectArgs {
    /// One part of an id between slashes, or several that follow each other; * and ? match any characters; all cases
    /// without any
    #[arg(value_name = "PATTERN", help_heading = None, add = ids())]
    pub(in crate::cli) patterns: Vec<String>,
    /// Take each pattern as the whole id
    #[arg(long)]
    pub(in crate::cli) exact: bool,
    /// Take of these the cases that meet an expression, such as 'tag(signature) and not id(token-ways/)'; of several, one
    #[arg(short = 'E', long, value_name = "EXPR", alias = "filter-expr")]
    pub(in crate::cli) filterset: Vec<String>,
    /// Skip the cases that this pattern matches; several can be given. Reports list them as skipped on purpose
    #[arg(long, value_name = "PATTERN", add = ids())]
    pub(in crate::cli) skip: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) folder: FolderArgs,
}

/// Which part of the selected cases runs here.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Cases")]
pub(in crate::cli) struct ShardArgs {
    /// Take one part of what is selected, such as 2/5: the second of five; all parts together are the whole
    #[arg(long, value_name = "N/COUNT")]
    shard: Option<Shard>,
    /// The same, as nextest spells it: hash:2/5
    #[arg(long, value_name = "hash:N/COUNT", conflicts_with = "shard", value_parser = Shard::partition)]
    partition: Option<Shard>,
}

impl ShardArgs {
    /// The part, by either spelling.
    pub(in crate::cli) fn part(self) -> Option<Shard> {
        self.shard.or(self.partition)
    }
}

/// How much a run may do at once, how long it may take, and what it may cost.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub(in crate::cli) struct BoundArgs {
    /// How many cases run at once
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(in crate::cli) jobs: Option<u16>,
    /// The seed of random values; 0 for the embedded endpoint, random for any other
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
    /// Allow cases that may cost money, on an endpoint that is not on this machine
    #[arg(long, value_enum, value_name = "EFFECT")]
    pub(in crate::cli) allow: Vec<Allowed>,
    /// Wait for an endpoint that is starting, for at most this long, such as 30s
    #[arg(long, value_name = "TIME", value_parser = between("0s", "1h"))]
    pub(in crate::cli) wait: Option<Duration>,
    /// How long the whole run may take, such as 10m; set-ups and teardowns under way still finish [default: 30m]
    #[arg(long, value_name = "TIME", value_parser = between("1ms", "7d"))]
    pub(in crate::cli) total_timeout: Option<Duration>,
}

/// How deep answers are judged.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Judging")]
pub(in crate::cli) struct LevelArgs {
    // The help names every level.
    #[arg(long, value_name = "LEVEL", default_value = "snapshot")]
    #[arg(help = format!("The deepest level that counts: {}", Level::NAMES.join(", ")))]
    #[arg(value_parser = Words::levels(), hide_possible_values = true)]
    pub(in crate::cli) level: Level,
    /// Observe what requests do on the endpoint, where contracts say how; `auto` does so for endpoints on this machine
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ObserveChoice::Auto)]
    observe: ObserveChoice,
}

impl LevelArgs {
    /// Whether effects are observed.
    pub(in crate::cli) fn observing(&self) -> Observing {
        match self.observe {
            ObserveChoice::Auto => Observing::Auto,
            ObserveChoice::Always => Observing::Always,
            ObserveChoice::Never => Observing::Never,
        }
    }
}

/// When effects are observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ObserveChoice {
    Auto,
    Always,
    Never,
}

/// Promises that the embedded endpoint breaks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Endpoint")]
pub(in crate::cli) struct FaultArgs {
    /// Break a promise of the embedded endpoint on purpose; `run --fault list` shows all faults
    #[arg(long, value_name = "NAME", add = faults())]
    pub(in crate::cli) fault: Vec<String>,
}

/// The one endpoint of commands that take one.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Endpoint")]
pub(in crate::cli) struct EndpointArgs {
    /// The endpoint to test: an http address, a name from endpoints.toml, or `reference`, the embedded endpoint; if left
    /// out, that of `PROOFMARK_ENDPOINT`, else the default of endpoints.toml, else `reference`
    #[arg(long, value_name = "URL|NAME", add = endpoints())]
    pub(in crate::cli) endpoint: Option<String>,
    /// The address of the endpoint's state hook
    #[arg(long, value_name = "URL", requires = "endpoint")]
    pub(in crate::cli) states: Option<String>,
}

/// How an endpoint is connected to. None of it applies to the embedded one.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(in crate::cli) struct ConnectArgs {
    // The help names every scheme.
    #[arg(long, value_name = "SCHEME", value_parser = Words::schemes(), hide_possible_values = true)]
    #[arg(help = format!("How requests are signed: {}, with credentials from the environment", or(&Scheme::NAMES)))]
    pub(in crate::cli) sign: Option<Scheme>,
    /// The limit on requests of every kind, such as 1000/60s; they wait their turn
    #[arg(long, value_name = "N/SECONDS")]
    pub(in crate::cli) rate: Option<String>,
    /// A file of certificates (PEM) that are trusted in place of the system's
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// A file with the certificate and key (PEM) that are shown to the endpoint
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) client_certificate: Option<PathBuf>,
    /// A proxy; none is taken from the environment
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) proxy: Option<String>,
    /// Connect to an address in place of a host, as HOST=ADDRESS:PORT
    #[arg(long, value_name = "HOST=ADDRESS")]
    pub(in crate::cli) resolve: Vec<String>,
    /// How long a connection may take [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = between("1ms", "1h"))]
    pub(in crate::cli) connect_timeout: Option<Duration>,
    /// How long an answer may take [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = between("1ms", "1h"))]
    pub(in crate::cli) answer_timeout: Option<Duration>,
    /// The largest answer, in bytes [default: 1048576]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..))]
    pub(in crate::cli) body_limit: Option<u32>,
}

impl ConnectArgs {
    /// The first flag that is given and applies only to an endpoint that is named.
    pub(in crate::cli) fn given_flag(&self) -> Option<&'static str> {
        [
            ("--sign", self.sign.is_some()),
            ("--ca-file", self.ca_file.is_some()),
            ("--client-certificate", self.client_certificate.is_some()),
            ("--proxy", self.proxy.is_some()),
            ("--resolve", !self.resolve.is_empty()),
        ]
        .into_iter()
        .find_map(|(flag, is_given)| is_given.then_some(flag))
    }
}

/// Whether connections are used again. A certified run has a connection for each request.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(in crate::cli) struct ReuseArgs {
    /// Whether each request has a connection of its own, or connections are used again: fresh or reuse [default: fresh]
    #[arg(long, value_name = "MODE", value_parser = Words::connections(), hide_possible_values = true)]
    pub(in crate::cli) connections: Option<Keeping>,
}

/// What a run prints and writes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(in crate::cli) struct OutputArgs {
    // The help names every format.
    #[arg(long, value_name = "FORMAT=PATH", add = formats())]
    #[arg(help = format!("Write a report: {}, as junit=PATH; `-` is standard output", or(&ReportFormat::NAMES)))]
    pub(in crate::cli) report: Vec<String>,
    /// Let outputs replace files that are something else; never those that are read
    #[arg(long)]
    pub(in crate::cli) force: bool,
    /// Print every case
    #[arg(long, short = 'v', conflicts_with = "quiet")]
    pub(in crate::cli) verbose: bool,
    /// Print only what is wrong, and the outcome
    #[arg(long, short = 'q')]
    pub(in crate::cli) quiet: bool,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColourChoice::Auto)]
    pub(in crate::cli) color: ColourChoice,
}

/// Reads a length of time from `least` to `most`.
fn between(
    least: &'static str,
    most: &'static str,
) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync + 'static {
    move |text| duration_between(text, least, most)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Allowed {
    Billable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ColourChoice {
    Auto,
    Always,
    Never,
}
