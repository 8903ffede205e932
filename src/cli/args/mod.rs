//! The arguments, as they are written.

mod commands;
mod example;
mod other_tool;
mod review;
mod run;
mod schema;
mod serve;
mod shared;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(super) use commands::{program, refused_flag};
pub(super) use review::{AcceptArgs, PageArgs, PruneArgs, ReviewArgs, StaleArgs, StoreArgs};
pub(super) use run::{CertifyArgs, DiffArgs, MutantsArgs, NoiseArgs, RunArgs, SnapshotArgs, SweepArgs};
pub(super) use schema::SchemaKind;
pub(super) use serve::{AuthChoice, ServeArgs, TlsArgs};
pub(super) use shared::{
    Allowed, BoundArgs, ColourChoice, ConnectArgs, FolderArgs, OutputArgs, ReuseArgs, SelectArgs, ShardArgs,
};

use super::complete::{codes, ids, schemas};
use super::words::Words;
use crate::model::Scheme;
use crate::report::Code;

/// Hold an API endpoint, mock or real, to its published contract.
#[derive(Debug, Parser)]
#[command(name = "proofmark", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 conforms; 1 contract broken, a snapshot that differs or a stale waiver; 2 usage or settings; 3 invalid files; 4 nothing selected; 5 inconclusive; 6 a report could not be written; 130 interrupted."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// The commands, in the order of their groups in [`commands`].
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run cases against an endpoint (the default)
    #[command(after_help = example::RUN)]
    Run(Box<RunArgs>),
    /// List the ids of cases
    List(ListArgs),
    /// Show a case as it would be sent, and what is expected
    #[command(after_help = example::SHOW)]
    Show(ShowArgs),
    /// Check the files and do nothing else
    #[command(after_help = example::CHECK)]
    Check(FolderArgs),
    /// Show which promises of the contract the cases test
    Coverage(CoverageArgs),
    /// Change recorded answers one thing at a time, and show which changes no case notices
    Mutants(Box<MutantsArgs>),
    /// Compare the suite with its manifest; --write updates the manifest
    Manifest(ManifestArgs),
    /// Generate reports from saved event logs; merges shards, compares runs
    #[command(after_help = example::REPORT)]
    Report(ReportArgs),
    /// Make entries of waivers.toml for what a run has found, one for each cause
    Waivers(WaiversArgs),
    /// Run cases on two endpoints, and show how their answers differ
    Diff(Box<DiffArgs>),
    /// Show pending snapshots, each kind of change once
    Pending(ReviewArgs),
    /// Decide on pending snapshots, one kind of change at a time
    #[command(after_help = example::REVIEW)]
    Review(PageArgs),
    /// Accept pending snapshots
    Accept(AcceptArgs),
    /// Reject pending snapshots
    Reject(ReviewArgs),
    /// List snapshots that no run has confirmed lately, or whose contract has changed since
    Stale(StaleArgs),
    /// Remove snapshots that belong to no case; with --dry-run, list them
    Prune(PruneArgs),
    /// Run each case twice, and suggest rules for values that change between runs
    Noise(Box<NoiseArgs>),
    /// Make a key that signs certificates, or print the public half of one
    Keygen(KeygenArgs),
    /// Run cases, and write a signed bundle of evidence that anyone can check
    #[command(after_help = example::CERTIFY)]
    Certify(Box<CertifyArgs>),
    /// Check a bundle of evidence, and judge its recorded answers again
    Verify(VerifyArgs),
    /// Write a badge, or a page of Markdown, that says what a bundle certifies
    Certificate(CertificateArgs),
    /// Show the endpoints of endpoints.toml, each setting and where it comes from
    Endpoints(FolderArgs),
    /// Serve the reference endpoint on a port until interrupted
    Serve(ServeArgs),
    /// Remove what killed runs left behind on an endpoint; with --dry-run, list it
    Sweep(Box<SweepArgs>),
    /// Explain the code of a finding, such as PM001, or list all codes
    Explain(ExplainArgs),
    /// Write the first files of a project, and run its cases
    Init(InitArgs),
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

/// What a project begins with; at a terminal, what is left out is asked for.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The name of the first operation, such as `GetBook`
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
    /// The address of the endpoint, with http:// or https://
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) url: Option<String>,
    /// The method of the operation
    #[arg(long, value_name = "METHOD")]
    pub(in crate::cli) method: Option<String>,
    /// The path of a request that the endpoint accepts, such as /books/1
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) path: Option<String>,
    /// The body of that request as a JSON object, such as '{"title": "A book"}', where the method is POST, PUT or PATCH
    #[arg(long, value_name = "JSON")]
    pub(in crate::cli) body: Option<String>,
    /// How requests are signed: none, v1, v3, bearer, basic or aws-sigv4
    #[arg(long, value_name = "SCHEME", value_parser = Words::schemes(), hide_possible_values = true)]
    pub(in crate::cli) sign: Option<Scheme>,
    /// Write the files, and send nothing
    #[arg(long)]
    pub(in crate::cli) no_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    #[command(flatten)]
    pub(in crate::cli) shard: ShardArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ManifestArgs {
    /// Write the manifest as the suite is now
    #[arg(long)]
    pub(in crate::cli) write: bool,
    /// The manifest; manifest.toml in the folder of cases, if not said
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) folder: FolderArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// The case's id, or parts of it that no other id has
    #[arg(value_name = "CASE", add = ids())]
    pub(in crate::cli) case: String,
    /// The address that the curl lines go to; that of `proofmark serve` if left out, with lines that set its states up
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) endpoint: Option<String>,
    /// The seed of random values
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(in crate::cli) seed: u64,
    #[command(flatten)]
    pub(in crate::cli) folder: FolderArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReportArgs {
    /// Report these cases alone: one part of an id between slashes, or several that follow each other
    #[arg(value_name = "PATTERN", conflicts_with = "manifest")]
    pub(in crate::cli) patterns: Vec<String>,
    /// Take each pattern as the whole id
    #[arg(long, help_heading = "Cases")]
    pub(in crate::cli) exact: bool,
    /// Take of these the cases that meet an expression, such as 'tag(signature) and not id(token-ways/)'; of several, one
    #[arg(short = 'E', long, value_name = "EXPR", alias = "filter-expr", help_heading = "Cases")]
    #[arg(conflicts_with = "manifest")]
    pub(in crate::cli) filterset: Vec<String>,
    /// Leave out the cases that this pattern matches; several can be given
    #[arg(long, value_name = "PATTERN", conflicts_with = "manifest", help_heading = "Cases")]
    pub(in crate::cli) skip: Vec<String>,
    /// A file that a run wrote with --report ndjson=FILE; several are parts of one run, such as shards, or runs of one
    /// suite over time, which are compared
    #[arg(long, value_name = "FILE", required = true)]
    pub(in crate::cli) from: Vec<PathBuf>,
    /// Fail unless the runs have exactly the cases that this file lists, such as cases/manifest.toml
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct WaiversArgs {
    /// A file that a run wrote with --report ndjson=FILE; several are parts of one run, such as shards
    #[arg(long, value_name = "FILE", required = true)]
    pub(in crate::cli) from: Vec<PathBuf>,
    /// Who answers for the failures
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) owner: String,
    /// The last day on which the waivers count, such as 2030-12-31
    #[arg(long, value_name = "DATE")]
    pub(in crate::cli) expires: String,
    /// Why the failures are bearable
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: String,
    /// Where they are followed up
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) link: Option<String>,
    /// Add the entries to waivers.toml in the folder of cases; without it, they are printed
    #[arg(long)]
    pub(in crate::cli) write: bool,
    #[command(flatten)]
    pub(in crate::cli) folder: FolderArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CoverageArgs {
    /// The form of the output
    #[arg(long, value_enum, default_value_t = CoverageFormat::Text)]
    pub(in crate::cli) format: CoverageFormat,
    #[command(flatten)]
    pub(in crate::cli) folder: FolderArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum CoverageFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct KeygenArgs {
    /// Write a new private key (PEM) that its owner alone can read, and the public one beside it as FILE.pub
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Print the public key (PEM) of this private one, and make none
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) public: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CertificateArgs {
    /// The bundle, which is checked as `verify` does, or the signed statement of one (statement.dsse.json) alone
    #[arg(value_name = "BUNDLE|STATEMENT")]
    pub(in crate::cli) signed: PathBuf,
    /// The public key (PEM) that must have signed it
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) key: PathBuf,
    /// Write a badge (SVG) that asks for nothing from elsewhere
    #[arg(long, value_name = "FILE", required_unless_present = "markdown")]
    pub(in crate::cli) badge: Option<PathBuf>,
    /// Write a page of Markdown
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) markdown: Option<PathBuf>,
    /// Let outputs replace files that are something else; never those that are read
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExplainArgs {
    /// The code, or the name of a cause, such as PM001-1a2b3c4d
    #[arg(value_name = "CODE", add = codes())]
    pub(in crate::cli) code: Option<Code>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SchemaArgs {
    /// table, contract, common, states, endpoints, waivers or manifest, which are read; report, events, coverage or
    /// mutants, which are written
    #[arg(value_name = "KIND", add = schemas())]
    pub(in crate::cli) kind: SchemaKind,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    pub(in crate::cli) bundle: PathBuf,
    /// Who must have signed: a file with a public key (PEM), or its fingerprint as sha256:HEX; without it, the
    /// signer is unknown
    #[arg(long, value_name = "FILE|sha256:HEX")]
    pub(in crate::cli) key: Option<String>,
    /// A folder of contracts and tables that those in the bundle must be equal to
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) cases: Option<PathBuf>,
}
