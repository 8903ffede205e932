//! Arguments of the commands that look at snapshots and decide on them.

use std::path::PathBuf;

use clap::Args;

use super::shared::FolderArgs;
use crate::cli::complete::ids;
use crate::snapshot::MaxAge;

/// Which snapshots are meant.
#[derive(Debug, Args)]
pub(in crate::cli) struct StoreArgs {
    /// The endpoint of endpoints.toml whose snapshots are meant, or `reference`; if left out, that of
    /// `PROOFMARK_ENDPOINT`, else the default of endpoints.toml, else `reference`
    #[arg(long, value_name = "NAME", conflicts_with = "snapshots")]
    pub(in crate::cli) endpoint: Option<String>,
    /// The folder of snapshots
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) snapshots: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) folder: FolderArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReviewArgs {
    /// One part of a case's id between slashes, or several that follow each other; * and ? match any characters; all
    /// without any
    #[arg(value_name = "PATTERN", add = ids())]
    pub(in crate::cli) patterns: Vec<String>,
    /// Take each pattern as the whole id
    #[arg(long)]
    pub(in crate::cli) exact: bool,
    #[command(flatten)]
    pub(in crate::cli) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PageArgs {
    /// Write a page to decide in a browser, and ask nothing
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) review: ReviewArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AcceptArgs {
    /// Carry out the decisions that the page of `review --html` has exported: accept and reject
    #[arg(long, value_name = "FILE", conflicts_with_all = ["patterns", "exact"])]
    pub(in crate::cli) decisions: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) review: ReviewArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PruneArgs {
    /// List what would be removed, and remove nothing; exit code 1 if there is anything
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct StaleArgs {
    /// How old a confirmation may be: a number and s, m, h, d or w, such as 30d; of any age, if not said
    #[arg(long, value_name = "AGE")]
    pub(in crate::cli) max_age: Option<MaxAge>,
    /// Show fresh ones as well, and when each was recorded and confirmed
    #[arg(long)]
    pub(in crate::cli) all: bool,
    #[command(flatten)]
    pub(in crate::cli) review: ReviewArgs,
}
