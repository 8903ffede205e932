//! The arguments, as they are written.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::schema_command::SchemaKind;
use super::shard::Shard;
use super::words::Words;
use crate::model::{Level, Scheme};
use crate::report::Code;
use crate::snapshot::MaxAge;
use crate::transport::Keeping;

/// Hold an API endpoint, mock or real, to its published contract.
#[derive(Debug, Parser)]
#[command(name = "proofmark", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(
    after_help = "Without a command, `run` is meant: `proofmark` runs all cases against the embedded reference endpoint.

Exit codes: 0 conforms; 1 contract broken, a snapshot that differs or a stale waiver; 2 usage or settings; 3 invalid files; 4 nothing selected; 5 could not find out; 6 a report could not be written; 130 interrupted."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run cases against an endpoint (the default)
    Run(Box<RunArgs>),
    /// List the ids of cases
    List(SelectArgs),
    /// Show a case as it would be sent, and what is expected
    Show(ShowArgs),
    /// Check the files and do nothing else
    Check(FolderArgs),
    /// Hold the suite against the list of its cases, or write that with --write
    Manifest(ManifestArgs),
    /// Show which promises of the contract the cases test
    Coverage(CoverageArgs),
    /// Run cases on two endpoints, and show how their answers differ
    Diff(Box<DiffArgs>),
    /// Run cases twice, and propose rules for what differs without a cause
    Noise(Box<RunArgs>),
    /// Show snapshots that wait to be accepted, each kind of change once
    Pending(ReviewArgs),
    /// Go through snapshots that wait, and decide on each kind of change
    Review(PageArgs),
    /// Accept snapshots that wait
    Accept(AcceptArgs),
    /// Reject snapshots that wait
    Reject(ReviewArgs),
    /// Remove snapshots that belong to no case; with --dry-run, list them
    Prune(PruneArgs),
    /// List snapshots that nobody has confirmed lately, or whose contract has changed since
    Stale(StaleArgs),
    /// Run the cases whose snapshots are stale, and no others
    Recheck(Box<RecheckArgs>),
    /// Show the endpoints that are named, each setting and where it comes from
    Endpoints(FolderArgs),
    /// Serve the reference endpoint on a port until interrupted
    Serve(ServeArgs),
    /// Remove what killed runs left behind on an endpoint; with --dry-run, list it
    Sweep(Box<SweepArgs>),
    /// Make reports of runs that are over; parts of one run are put together
    Report(ReportArgs),
    /// Make a key that signs certificates, or print the public half of one
    Keygen(KeygenArgs),
    /// Run cases, and write a signed bundle of evidence that anybody can check
    Certify(Box<CertifyArgs>),
    /// Check a bundle of evidence, and judge its recorded answers again
    Verify(VerifyArgs),
    /// Write a badge, or a page of Markdown, that says what a bundle certifies
    Certificate(CertificateArgs),
    /// Explain the code of a finding, such as PM001, or list all codes
    Explain(ExplainArgs),
    /// Print the JSON Schema of a kind of file, for editors and programs
    Schema(SchemaArgs),
    /// Print a script by which a shell completes arguments
    Completions {
        /// The shell
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Clone, Args)]
pub(super) struct FolderArgs {
    /// The folder of contracts and case tables
    #[arg(long, value_name = "DIR", default_value = "cases")]
    pub(super) cases: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct ManifestArgs {
    /// Write the manifest as the suite is now
    #[arg(long)]
    pub(super) write: bool,
    /// The manifest; manifest.toml in the folder of cases, if not said
    #[arg(long, value_name = "FILE")]
    pub(super) manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(super) folder: FolderArgs,
}

#[derive(Debug, Clone, Args)]
pub(super) struct SelectArgs {
    /// Part of an id, or a whole one with * and ?; all cases without any
    #[arg(value_name = "PATTERN")]
    pub(super) patterns: Vec<String>,
    /// Take each pattern as the whole id
    #[arg(long)]
    pub(super) exact: bool,
    /// Take one part of what is selected, such as 2/5: the second of five; all parts together are the whole
    #[arg(long, value_name = "N/COUNT")]
    pub(super) shard: Option<Shard>,
    /// The same, as nextest spells it: hash:2/5
    #[arg(long, value_name = "hash:N/COUNT", conflicts_with = "shard", value_parser = Shard::partition)]
    pub(super) partition: Option<Shard>,
    #[command(flatten)]
    pub(super) folder: FolderArgs,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The case's id, or a part of it that no other id has
    #[arg(value_name = "CASE")]
    pub(super) case: String,
    /// The address that the curl lines go to; that of `proofmark serve` if left out, with lines that set its states up
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,
    /// The seed of values made by chance
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    #[command(flatten)]
    pub(super) folder: FolderArgs,
}

/// Which snapshots are meant.
#[derive(Debug, Args)]
pub(super) struct StoreArgs {
    /// The endpoint of endpoints.toml whose snapshots are meant; the embedded one if left out
    #[arg(long, value_name = "NAME", conflicts_with = "snapshots")]
    pub(super) endpoint: Option<String>,
    /// The folder of snapshots
    #[arg(long, value_name = "DIR")]
    pub(super) snapshots: Option<PathBuf>,
    #[command(flatten)]
    pub(super) folder: FolderArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReviewArgs {
    /// Part of a case's id, or a whole one with * and ?; all without any
    #[arg(value_name = "PATTERN")]
    pub(super) patterns: Vec<String>,
    /// Take each pattern as the whole id
    #[arg(long)]
    pub(super) exact: bool,
    #[command(flatten)]
    pub(super) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct PageArgs {
    /// Write a page to decide in a browser, and ask nothing
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    #[command(flatten)]
    pub(super) review: ReviewArgs,
}

#[derive(Debug, Args)]
pub(super) struct AcceptArgs {
    /// Carry out the decisions that the page of `review --html` has exported: accept and reject
    #[arg(long, value_name = "FILE", conflicts_with_all = ["patterns", "exact"])]
    pub(super) decisions: Option<PathBuf>,
    #[command(flatten)]
    pub(super) review: ReviewArgs,
}

#[derive(Debug, Args)]
pub(super) struct PruneArgs {
    /// List what would be removed, and remove nothing; exit code 1 if there is anything
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// A file that a run wrote with --report ndjson=FILE; several are parts of one run, such as shards
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) from: Vec<PathBuf>,
    /// Fail unless the runs have told just the cases that this file lists, such as cases/manifest.toml
    #[arg(long, value_name = "FILE")]
    pub(super) manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// How a run is told.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArgs {
    /// Write a report: json, ndjson, junit, tap, markdown, github, html or sarif, as junit=PATH; `-` is standard output
    #[arg(long, value_name = "FORMAT=PATH")]
    pub(super) report: Vec<String>,
    /// Let outputs replace files that are something else; never those that are read
    #[arg(long)]
    pub(super) force: bool,
    /// Tell every case
    #[arg(long, short = 'v', conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Tell only what is wrong, and the outcome
    #[arg(long, short = 'q')]
    pub(super) quiet: bool,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColourChoice::Auto)]
    pub(super) color: ColourChoice,
}

#[derive(Debug, Args)]
pub(super) struct StaleArgs {
    /// How old a confirmation may be: a number and s, m, h, d or w, such as 30d; of any age, if not said
    #[arg(long, value_name = "AGE")]
    pub(super) max_age: Option<MaxAge>,
    /// Show fresh ones as well, and when each was recorded and confirmed
    #[arg(long)]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) review: ReviewArgs,
}

#[derive(Debug, Args)]
pub(super) struct RecheckArgs {
    /// Run what `proofmark stale` lists
    #[arg(long, required = true)]
    pub(super) stale: bool,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct CoverageArgs {
    /// The form of the output
    #[arg(long, value_enum, default_value_t = CoverageFormat::Text)]
    pub(super) format: CoverageFormat,
    #[command(flatten)]
    pub(super) folder: FolderArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CoverageFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9000")]
    pub(super) listen: SocketAddr,
    /// What all identifiers derive from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// Break a promise on purpose; `proofmark run --fault list` shows all faults
    #[arg(long, value_name = "NAME")]
    pub(super) fault: Vec<String>,
    /// Which signatures are asked for, made with the key `testid` and the secret `testsecret`, or with the temporary key
    /// `STS.testid`, the secret `temporarysecret` and the security token `temporarytoken`
    #[arg(long, value_enum, value_name = "MODE", default_value_t = AuthChoice::None)]
    pub(super) auth: AuthChoice,
    /// Append a line of JSON for each request to a file, or to standard error for `-`
    #[arg(long, value_name = "PATH")]
    pub(super) log: Option<PathBuf>,
    #[command(flatten)]
    pub(super) tls: TlsArgs,
}

#[derive(Debug, Args)]
pub(super) struct TlsArgs {
    /// Encrypt connections, with a certificate made at the start for localhost and the address listened on
    #[arg(long)]
    pub(super) tls: bool,
    /// Write the certificate that --tls makes to a file (PEM), for clients to trust; never its key
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(super) tls_cert_out: Option<PathBuf>,
    /// Encrypt connections, with this certificate and those that lead up to its authority (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "tls")]
    pub(super) tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The first endpoint: an address, a name from endpoints.toml, or `reference` for the embedded one
    #[arg(value_name = "FIRST")]
    pub(super) first: String,
    /// The second endpoint
    #[arg(value_name = "SECOND")]
    pub(super) second: String,
    /// The address of the first one's state hook
    #[arg(long, value_name = "URL")]
    pub(super) first_states: Option<String>,
    /// The address of the second one's state hook
    #[arg(long, value_name = "URL")]
    pub(super) second_states: Option<String>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = CoverageFormat::Text)]
    pub(super) format: CoverageFormat,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct SweepArgs {
    /// The endpoint to sweep: an http address, or a name from endpoints.toml
    #[arg(long, value_name = "URL|NAME")]
    pub(super) endpoint: String,
    /// List what would be removed, and remove nothing; exit code 1 if there is anything
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) folder: FolderArgs,
    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct KeygenArgs {
    /// Write a new private key (PEM) that its owner alone can read, and the public one beside it as FILE.pub
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Print the public key (PEM) of this private one, and make none
    #[arg(long, value_name = "FILE")]
    pub(super) public: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CertificateArgs {
    /// The bundle, which is checked as `verify` does, or the signed statement of one (statement.dsse.json) alone
    #[arg(value_name = "BUNDLE|STATEMENT")]
    pub(super) signed: PathBuf,
    /// The public key (PEM) that must have signed it
    #[arg(long, value_name = "FILE")]
    pub(super) key: PathBuf,
    /// Write a badge (SVG) that asks for nothing from elsewhere
    #[arg(long, value_name = "FILE", required_unless_present = "markdown")]
    pub(super) badge: Option<PathBuf>,
    /// Write a page of Markdown
    #[arg(long, value_name = "FILE")]
    pub(super) markdown: Option<PathBuf>,
    /// Let outputs replace files that are something else; never those that are read
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The code, or the name of a cause, such as PM001-1a2b3c4d
    #[arg(value_name = "CODE")]
    pub(super) code: Option<Code>,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// table, contract, common, states, endpoints, waivers or manifest, which are read; report, events or coverage, which
    /// are written
    #[arg(value_name = "KIND")]
    pub(super) kind: SchemaKind,
}

/// How an endpoint is connected to. None of it says anything about the embedded one.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ConnectArgs {
    /// How requests are signed: none, v1, v3, bearer, basic or aws-sigv4, with credentials from the environment
    #[arg(long, value_name = "SCHEME", value_parser = Words::schemes(), hide_possible_values = true)]
    pub(super) sign: Option<Scheme>,
    /// The limit on requests of every kind, such as 1000/60s; they wait their turn
    #[arg(long, value_name = "N/SECONDS")]
    pub(super) rate: Option<String>,
    /// A file of certificates (PEM) that are trusted in place of the system's
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// A file with the certificate and key (PEM) that are shown to the endpoint
    #[arg(long, value_name = "FILE")]
    pub(super) client_certificate: Option<PathBuf>,
    /// A proxy; none is taken from the environment
    #[arg(long, value_name = "URL")]
    pub(super) proxy: Option<String>,
    /// Connect to an address in place of a host, as HOST=ADDRESS:PORT
    #[arg(long, value_name = "HOST=ADDRESS")]
    pub(super) resolve: Vec<String>,
    /// Whether each request has a connection of its own, fresh, or connections are used again, reuse; fresh if not
    /// said
    #[arg(long, value_name = "MODE", value_parser = Words::connections(), hide_possible_values = true)]
    pub(super) connections: Option<Keeping>,
    /// How long a connection may take, in seconds; 5 if not said
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) connect_timeout: Option<u64>,
    /// How long an answer may take, in seconds; 30 if not said
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) answer_timeout: Option<u64>,
    /// The largest answer, in bytes; 1048576 if not said
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) body_limit: Option<u32>,
}

impl ConnectArgs {
    /// The first flag that has a meaning only for an endpoint that is named.
    pub(super) fn needs_endpoint(&self) -> Option<&'static str> {
        [
            ("--sign", self.sign.is_some()),
            ("--ca-file", self.ca_file.is_some()),
            ("--client-certificate", self.client_certificate.is_some()),
            ("--proxy", self.proxy.is_some()),
            ("--resolve", !self.resolve.is_empty()),
            ("--connections", self.connections.is_some()),
        ]
        .into_iter()
        .find_map(|(flag, is_given)| is_given.then_some(flag))
    }
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Clone, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// The endpoint to test: an http address, or a name from endpoints.toml; `reference`, the embedded
    /// endpoint, if left out. Several are tested one after the other
    #[arg(long, value_name = "URL|NAME")]
    pub(super) endpoint: Vec<String>,
    /// The address of the endpoint's state hook; for several, endpoints.toml has them
    #[arg(long, value_name = "URL", requires = "endpoint")]
    pub(super) states: Option<String>,
    /// The folder of snapshots to compare with
    #[arg(long, value_name = "DIR")]
    pub(super) snapshots: Option<PathBuf>,
    /// What to do with snapshots that are new or differ: auto, new, no, unseen, always
    #[arg(long, value_name = "MODE", env = "INSTA_UPDATE", hide_env_values = true)]
    #[arg(value_parser = Words::modes(), hide_possible_values = true)]
    pub(super) update: Option<String>,
    /// Let `--update always` or `unseen` write snapshots although CI is set
    #[arg(long, requires = "update")]
    pub(super) in_ci: bool,
    /// Start no further case after the first that failed; those under way are finished
    #[arg(long, conflicts_with = "max_fail")]
    pub(super) fail_fast: bool,
    /// Start no further case after so many failed
    #[arg(long, value_name = "N")]
    pub(super) max_fail: Option<NonZeroUsize>,
    /// Write also over snapshots that were recorded from a real endpoint, where this one is none
    #[arg(long)]
    pub(super) overwrite_real: bool,
    /// Tell which snapshots are older than this after the run, such as 30d; see `proofmark stale`
    #[arg(long, value_name = "AGE")]
    pub(super) max_age: Option<MaxAge>,
    /// Fail unless all cases that this file lists are selected, or those of the shard; without it, manifest.toml in
    /// the folder of cases is held against the suite alone
    #[arg(long, value_name = "FILE")]
    pub(super) manifest: Option<PathBuf>,
    /// How many cases run at once
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// The deepest level that counts: envelope, status, code, message, body, snapshot
    #[arg(long, value_name = "LEVEL", default_value = "snapshot")]
    #[arg(value_parser = Words::levels(), hide_possible_values = true)]
    pub(super) level: Level,
    /// The seed of values made by chance; 0 for the embedded endpoint, by chance for any other
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Break a promise of the embedded endpoint on purpose; `list` shows all faults
    #[arg(long, value_name = "NAME", conflicts_with = "endpoint")]
    pub(super) fault: Vec<String>,
    /// Allow cases that may cost money, on an endpoint that is not on this machine
    #[arg(long, value_enum, value_name = "EFFECT")]
    pub(super) allow: Vec<Allowed>,
    /// Keep the exchanges of cases that simply passed as well, for reports that show them
    #[arg(long)]
    pub(super) all_exchanges: bool,
    /// Leave the states of cases in place, so that the `curl` lines can be used; no case runs that may cost money
    #[arg(long, conflicts_with = "allow")]
    pub(super) keep_states: bool,
    /// Print what would be sent, and send nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) connect: ConnectArgs,
    /// How long the whole run may take, in seconds; 1800 if not said. Set-ups and teardowns that are under way
    /// are finished
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub(super) total_timeout: Option<u64>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What has no meaning for a certificate is refused with a hint, and not shown.
#[derive(Debug, Args)]
#[command(mut_args(|arg| if NOT_CERTIFIED.contains(&arg.get_id().as_str()) { arg.hide(true) } else { arg }))]
pub(super) struct CertifyArgs {
    /// The file of the bundle
    #[arg(long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// The private key to sign with (PEM); the variable `PROOFMARK_SIGNING_KEY` may hold the key itself
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
    /// What answers at the endpoint, such as an image, by its digest
    #[arg(long, value_name = "NAME=sha256:HEX", conflicts_with = "subject_file")]
    pub(super) subject: Option<String>,
    /// The program that answers at the endpoint; its digest is taken
    #[arg(long, value_name = "FILE")]
    pub(super) subject_file: Option<PathBuf>,
    /// Where the run can be looked up, such as a job of a CI service
    #[arg(long, value_name = "URL")]
    pub(super) run_url: Option<String>,
    /// Write a badge (SVG) as well, as `proofmark certificate` does
    #[arg(long, value_name = "FILE")]
    pub(super) badge: Option<PathBuf>,
    /// Write a page of Markdown as well
    #[arg(long, value_name = "FILE")]
    pub(super) certificate: Option<PathBuf>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// Flags of a run that a certificate has no use for.
const NOT_CERTIFIED: [&str; 13] = [
    "in_ci",
    "keep_states",
    "shard",
    "all_exchanges",
    "partition",
    "snapshots",
    "update",
    "fail_fast",
    "max_fail",
    "overwrite_real",
    "max_age",
    "fault",
    "dry_run",
];

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    pub(super) bundle: PathBuf,
    /// Who must have signed: a file with a public key (PEM), or its fingerprint as sha256:HEX; without it, the
    /// signer is unknown
    #[arg(long, value_name = "FILE|sha256:HEX")]
    pub(super) key: Option<String>,
    /// A folder of contracts and tables that those in the bundle must be equal to
    #[arg(long, value_name = "DIR")]
    pub(super) cases: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AuthChoice {
    None,
    V1,
    V3,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Allowed {
    Billable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColourChoice {
    Auto,
    Always,
    Never,
}
