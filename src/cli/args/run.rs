//! Arguments of the commands that send requests.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::CoverageFormat;
use super::shared::{
    BoundArgs, ConnectArgs, EndpointArgs, FaultArgs, FolderArgs, LevelArgs, OutputArgs, ReuseArgs,
    SelectArgs, ShardArgs,
};
use crate::cli::complete::{endpoints, faults};
use crate::cli::words::Words;
use crate::snapshot::MaxAge;

#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct RunArgs {
    /// The command line of the run, if it is not the process's own.
    #[arg(skip)]
    pub(in crate::cli) command: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    #[command(flatten)]
    pub(in crate::cli) shard: ShardArgs,
    #[command(flatten)]
    pub(in crate::cli) scope: ScopeArgs,
    #[command(flatten)]
    pub(in crate::cli) target: TargetArgs,
    #[command(flatten)]
    pub(in crate::cli) faults: FaultArgs,
    #[command(flatten)]
    pub(in crate::cli) level: LevelArgs,
    #[command(flatten)]
    pub(in crate::cli) snapshots: SnapshotArgs,
    #[command(flatten)]
    pub(in crate::cli) bounds: BoundArgs,
    #[command(flatten)]
    pub(in crate::cli) end: EndArgs,
    #[command(flatten)]
    pub(in crate::cli) connect: ConnectArgs,
    #[command(flatten)]
    pub(in crate::cli) reuse: ReuseArgs,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    /// Keep the exchanges of cases that simply passed as well, for reports that show them
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) all_exchanges: bool,
    /// Judge mutants of the answers as well, and report how strong the suite is; implies --all-exchanges
    #[arg(long, help_heading = "Output")]
    pub(in crate::cli) mutants: bool,
    /// Print what would be sent, and send nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Run again each time a case, a contract, endpoints.toml, the waivers or a snapshot changes, until interrupted; no
    /// case runs that may cost money
    #[arg(long, help_heading = "Cases")]
    #[arg(conflicts_with_all = ["shard", "partition", "stale", "keep_states", "allow", "dry_run"])]
    pub(in crate::cli) watch: bool,
}

/// Which of the selected cases a run is about, beside patterns and parts.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cases")]
pub(in crate::cli) struct ScopeArgs {
    /// Run the cases that `proofmark stale` lists, and no others
    #[arg(long)]
    pub(in crate::cli) stale: bool,
    /// Run the cases that failed or were inconclusive when they last ran on this endpoint, and no others
    #[arg(long, conflicts_with = "stale")]
    pub(in crate::cli) failed: bool,
    /// Run each case this many times, from 1 to 1000; one that does not come to the same verdict each time is unstable, and
    /// has not passed. No snapshot is written
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        hide_default_value = true,
        conflicts_with = "keep_states"
    )]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(in crate::cli) repeat: u32,
    /// Fail unless all cases that this file lists are selected, or those of the shard; without it, manifest.toml in
    /// the folder of cases is compared with the suite alone
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) manifest: Option<PathBuf>,
}

/// The endpoints that a run tests.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Endpoint")]
pub(in crate::cli) struct TargetArgs {
    /// The endpoint to test: an http address, a name from endpoints.toml, or `reference`, the embedded endpoint; if left
    /// out, that of `PROOFMARK_ENDPOINT`, else the default of endpoints.toml, else `reference`. Several are tested one
    /// after the other
    #[arg(long, value_name = "URL|NAME", conflicts_with = "fault", add = endpoints())]
    pub(in crate::cli) endpoint: Vec<String>,
    /// The address of the endpoint's state hook; for several, endpoints.toml has them
    #[arg(long, value_name = "URL", requires = "endpoint")]
    pub(in crate::cli) states: Option<String>,
    /// Leave the states of cases in place, so that the `curl` lines can be used; no case runs that may cost money
    #[arg(long, conflicts_with = "allow")]
    pub(in crate::cli) keep_states: bool,
}

/// The snapshots that answers are compared with.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Snapshots")]
pub(in crate::cli) struct SnapshotArgs {
    /// The folder of snapshots to compare with
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) snapshots: Option<PathBuf>,
    /// What to do with snapshots that are new or differ: auto, new, no, unseen, always
    #[arg(long, value_name = "MODE", env = "INSTA_UPDATE", hide_env_values = true)]
    #[arg(value_parser = Words::modes(), hide_possible_values = true)]
    pub(in crate::cli) update: Option<String>,
    /// Let `--update always` or `unseen` write snapshots although CI is set
    #[arg(long, requires = "update")]
    pub(in crate::cli) in_ci: bool,
    /// Allow overwriting snapshots that were recorded from a real endpoint, although this one is not
    #[arg(long)]
    pub(in crate::cli) overwrite_real: bool,
    /// List the snapshots that are older than this after the run, such as 30d; see `proofmark stale`
    #[arg(long, value_name = "AGE")]
    pub(in crate::cli) max_age: Option<MaxAge>,
}

/// When a run stops early.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub(in crate::cli) struct EndArgs {
    /// Stop after the first failure; cases already running finish
    #[arg(long, conflicts_with = "max_fail")]
    fail_fast: bool,
    /// Stop after this many failures; cases already running finish
    #[arg(long, value_name = "N")]
    max_fail: Option<NonZeroUsize>,
}

impl EndArgs {
    /// How many failures end the run.
    pub(in crate::cli) fn enough(&self) -> Option<NonZeroUsize> {
        self.max_fail.or(self.fail_fast.then_some(NonZeroUsize::MIN))
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CertifyArgs {
    /// The file of the bundle
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    /// The private key to sign with (PEM); the variable `PROOFMARK_SIGNING_KEY` may hold the key itself
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) key: Option<PathBuf>,
    /// What answers at the endpoint, such as an image, by its digest
    #[arg(long, value_name = "NAME=sha256:HEX", conflicts_with = "subject_file")]
    pub(in crate::cli) subject: Option<String>,
    /// The program that answers at the endpoint; its digest is taken
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) subject_file: Option<PathBuf>,
    /// Where the run can be looked up, such as a job of a CI service
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) run_url: Option<String>,
    /// Judge mutants of the recorded answers too, so that the certificate says how strong the suite is; `verify` judges
    /// them again
    #[arg(long)]
    pub(in crate::cli) mutants: bool,
    /// Write a badge (SVG) as well, as `proofmark certificate` does
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) badge: Option<PathBuf>,
    /// Write a page of Markdown as well
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) certificate: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    /// Fail unless all cases that this file lists are selected; without it, manifest.toml in the folder of cases is
    /// compared with the suite alone
    #[arg(long, value_name = "FILE", help_heading = "Cases")]
    pub(in crate::cli) manifest: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) target: EndpointArgs,
    #[command(flatten)]
    pub(in crate::cli) level: LevelArgs,
    #[command(flatten)]
    pub(in crate::cli) bounds: BoundArgs,
    #[command(flatten)]
    pub(in crate::cli) connect: ConnectArgs,
    #[command(flatten)]
    pub(in crate::cli) report: OutputArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DiffArgs {
    /// The first endpoint: an address, a name from endpoints.toml, or `reference` for the embedded one
    #[arg(value_name = "FIRST", add = endpoints())]
    pub(in crate::cli) first: String,
    /// The second endpoint
    #[arg(value_name = "SECOND", add = endpoints())]
    pub(in crate::cli) second: String,
    /// The address of the first one's state hook
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) first_states: Option<String>,
    /// The address of the second one's state hook
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) second_states: Option<String>,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = CoverageFormat::Text)]
    pub(in crate::cli) format: CoverageFormat,
    /// Print every cause, and every case that differs
    #[arg(long, short = 'v')]
    pub(in crate::cli) verbose: bool,
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    #[command(flatten)]
    pub(in crate::cli) shard: ShardArgs,
    #[command(flatten)]
    pub(in crate::cli) faults: FaultArgs,
    #[command(flatten)]
    pub(in crate::cli) level: LevelArgs,
    #[command(flatten)]
    pub(in crate::cli) bounds: BoundArgs,
    #[command(flatten)]
    pub(in crate::cli) connect: ConnectArgs,
    #[command(flatten)]
    pub(in crate::cli) reuse: ReuseArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NoiseArgs {
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    #[command(flatten)]
    pub(in crate::cli) shard: ShardArgs,
    #[command(flatten)]
    pub(in crate::cli) target: EndpointArgs,
    /// Break a promise of the embedded endpoint on purpose; `run --fault list` shows all faults
    #[arg(long, value_name = "NAME", conflicts_with = "endpoint", help_heading = "Endpoint", add = faults())]
    pub(in crate::cli) fault: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) bounds: BoundArgs,
    #[command(flatten)]
    pub(in crate::cli) connect: ConnectArgs,
    #[command(flatten)]
    pub(in crate::cli) reuse: ReuseArgs,
    /// Print what would be sent, and send nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct MutantsArgs {
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
    #[command(flatten)]
    pub(in crate::cli) shard: ShardArgs,
    /// Take the answers of a run that is over, and send nothing: a bundle, or files that runs wrote with
    /// `--all-exchanges --report ndjson=FILE`; several are parts of one run, such as shards
    #[arg(long, value_name = "FILE", conflicts_with_all = ["endpoint", "shard", "partition"])]
    pub(in crate::cli) from: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) target: EndpointArgs,
    /// Fail with exit code 1 if less than this is killed of what nothing permits
    #[arg(long, value_name = "PERCENT", help_heading = "Judging")]
    #[arg(value_parser = percent)]
    pub(in crate::cli) min: Option<f64>,
    /// How many mutants are judged at the most; with more of them, the exit code is 5
    #[arg(long, value_name = "N", default_value_t = 1_000_000, help_heading = "Limits")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) most: u64,
    #[command(flatten)]
    pub(in crate::cli) bounds: BoundArgs,
    #[command(flatten)]
    pub(in crate::cli) connect: ConnectArgs,
    #[command(flatten)]
    pub(in crate::cli) reuse: ReuseArgs,
    /// The form of the output
    #[arg(long, value_enum, default_value_t = CoverageFormat::Text, help_heading = "Output")]
    pub(in crate::cli) format: CoverageFormat,
    /// Print the figures, what is open and the gaps, and no tables
    #[arg(long, short = 'q', help_heading = "Output")]
    pub(in crate::cli) quiet: bool,
}

/// A number from 0 to 100.
fn percent(text: &str) -> Result<f64, String> {
    let found = text.trim_end_matches('%').parse::<f64>().ok().filter(|found| (0.0..=100.0).contains(found));
    found.ok_or_else(|| "expected a number from 0 to 100".to_owned())
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SweepArgs {
    /// The endpoint to sweep: an http address, or a name from endpoints.toml
    #[arg(long, value_name = "URL|NAME", add = endpoints())]
    pub(in crate::cli) endpoint: String,
    /// List what would be removed, and remove nothing; exit code 1 if there is anything
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) folder: FolderArgs,
    #[command(flatten)]
    pub(in crate::cli) connect: ConnectArgs,
    #[command(flatten)]
    pub(in crate::cli) reuse: ReuseArgs,
}
