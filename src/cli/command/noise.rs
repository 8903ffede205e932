//! `noise`: the same cases twice on one endpoint, what differs without a cause, and rules that make it stable.
//!
//! Nothing is written: rules go to standard output, and a person pastes those that are right.

use std::path::Path;

use super::check::select_unskipped;
use crate::app::{self, check_endpoints, check_sendable, is_address};
use crate::cli::args::NoiseArgs;
use crate::cli::dry_run::dry_run;
use crate::cli::exit::{CliError, INTERRUPTED, of_run};
use crate::cli::interrupt::interruptible;
use crate::cli::settings::{CommandSettings, RunFlags, check_connect, other};
use crate::cli::{print, remark};
use crate::noise::{Home, Study, StudyResult, as_toml};
use crate::report::printable;

/// The most cases that are named for one reason.
const NAMED: usize = 5;

/// The most differences that are listed one by one.
const REMARKS: usize = 50;

/// Runs the cases twice, and prints rules for what differs.
pub(super) fn noise(args: &NoiseArgs) -> Result<u8, CliError> {
    let endpoint = args.target.endpoint.as_deref().and_then(other);
    if endpoint.is_none() {
        check_connect(&args.connect, args.reuse)?;
    }
    let asked = RunFlags {
        part: args.shard.part(),
        states: args.target.states.as_deref(),
        faults: &args.fault,
        reuse: args.reuse,
        ..RunFlags::plain(&args.select.folder.cases, &args.connect, &args.bounds)
    };
    let settings = CommandSettings::resolve(&asked, endpoint)?;
    let (suite, plan) = select_unskipped(&args.select, asked.part)?;
    check_endpoints(endpoint.as_slice(), &args.select.folder.cases, &suite)?;
    if args.dry_run {
        check_sendable(&plan)?;
        return print(&printable(&dry_run(&plan, &settings)));
    }
    let seed = settings.session.run.seed.wrapping_add(1);
    let again = CommandSettings::resolve(&RunFlags { seed: Some(seed), ..asked }, endpoint)?;
    let both = [settings.session, again.session];
    let found = interruptible(async |stop| Ok(app::noise(both, &plan, stop, &remark).await?))?;
    let Some(found) = found else { return Ok(INTERRUPTED) };
    let name = endpoint.filter(|name| !is_address(name));
    if !found.is_mixed_up() {
        print(&printable(&proposals(&found.findings, name, &args.select.folder.cases)))?;
    }
    remarks(&found.study, &found.findings);
    Ok(of_run(found.outcome(), true))
}

fn proposals(findings: &StudyResult, endpoint: Option<&str>, cases: &Path) -> String {
    let home = endpoint.map_or(Home::Contracts, Home::Endpoint);
    let file = |operation: Option<&str>| match operation {
        Some(operation) => cases.join(operation).join("contract.toml").display().to_string(),
        None => cases.join("endpoints.toml").display().to_string(),
    };
    as_toml(&findings.proposals, home, file)
}

/// Reports on standard error what no rule covers.
fn remarks(study: &Study, findings: &StudyResult) {
    for (difference, cases) in findings.remarks.iter().take(REMARKS) {
        remark(&format!("no rule mends this: {difference} ({})", some(cases.iter())));
    }
    if findings.remarks.len() > REMARKS {
        remark(&format!("no rule mends {} more differences", findings.remarks.len() - REMARKS));
    }
    if !study.too_large.is_empty() {
        remark(&format!("too large to be looked into: {}", some(study.too_large.iter())));
    }
    for (case, reason) in study.missing.iter().take(NAMED) {
        remark(&format!("not compared: {case}: {reason}"));
    }
    if study.missing.len() > NAMED {
        remark(&format!("not compared: {} more", study.missing.len() - NAMED));
    }
    let compared = findings.differing + findings.alike;
    let rules = match findings.proposals.len() {
        1 => "1 rule proposed".to_owned(),
        count => format!("{count} rules proposed"),
    };
    remark(&format!("{} of {compared} cases differ from run to run; {rules}", findings.differing));
}

/// The first few cases, and how many there are.
fn some<'a>(cases: impl ExactSizeIterator<Item = &'a String>) -> String {
    let count = cases.len();
    let mut named: Vec<String> = cases.take(NAMED).cloned().collect();
    if count > named.len() {
        named.push(format!("and {} more", count - named.len()));
    }
    named.join(", ")
}
