//! `noise`: the same cases twice on one endpoint, what differs without a cause, and rules that make it stable.
//!
//! Nothing is written: rules go to standard output, and a person pastes those that are right.

use std::path::Path;

use tokio::runtime::Runtime;

use super::check::selected;
use crate::app::{Target, check_endpoints, check_sendable, is_address};
use crate::cli::args::NoiseArgs;
use crate::cli::dry_run::dry_run;
use crate::cli::exit::{BROKEN, CONFORMS, CliError, INCONCLUSIVE, INTERRUPTED};
use crate::cli::settings::{Asked, Settings, check_connect, other};
use crate::cli::watched::watched;
use crate::cli::{note, print};
use crate::model::{CaseRecord, Normalisation};
use crate::noise::{Findings, Home, Recorded, Study, as_toml};
use crate::plan::{Plan, PlannedCase};
use crate::report::printable;

/// How many bytes of answers are kept between the runs: those of thousands of cases. What is larger is compared by
/// digest.
const ROOM: usize = 64 << 20;

/// The most cases that are named for one reason.
const NAMED: usize = 5;

/// The most differences that are told one by one.
const REMARKS: usize = 50;

/// Runs the cases twice, and prints rules for what differs.
pub(super) fn noise(args: &NoiseArgs) -> Result<u8, CliError> {
    let endpoint = args.target.endpoint.as_deref().and_then(other);
    if endpoint.is_none() {
        check_connect(&args.connect, args.reuse)?;
    }
    let asked = Asked {
        part: args.shard.part(),
        states: args.target.states.as_deref(),
        faults: &args.fault,
        reuse: args.reuse,
        ..Asked::plain(&args.select.folder.cases, &args.connect, &args.bounds)
    };
    let settings = Settings::resolve(&asked, endpoint)?;
    let (suite, plan) = selected(&args.select, asked.part)?;
    check_endpoints(endpoint.as_slice(), &args.select.folder.cases, &suite)?;
    if args.dry_run {
        check_sendable(&plan)?;
        return print(&printable(&dry_run(&plan, &settings)));
    }
    let own = match &settings.session.target {
        Target::Other(endpoint) => endpoint.normalisation.clone(),
        Target::Reference(_) => Normalisation::default(),
    };
    let mut study = Study::new(own, ROOM);
    let Some(is_clean) = run_twice(&asked, settings.session.run.seed, endpoint, &plan, &mut study)? else {
        return Ok(INTERRUPTED);
    };
    let name = endpoint.filter(|name| !is_address(name));
    let findings = study.findings(name.is_some());
    print(&printable(&proposals(&findings, name, &args.select.folder.cases)))?;
    remarks(&study, &findings);
    Ok(match &findings {
        Findings { differing: 1.., .. } => BROKEN,
        _ if !study.missing.is_empty() || !is_clean => INCONCLUSIVE,
        _ => CONFORMS,
    })
}

/// Runs the plan twice. Gives whether every state was undone; none after an interrupt.
///
/// Each run has a seed of its own. With one seed, the second run would send the tokens of the first again, and an
/// endpoint that knows them would repeat its answers, so that nothing differed. What either made is named in both.
fn run_twice(
    asked: &Asked,
    seed: u64,
    endpoint: Option<&str>,
    plan: &Plan,
    study: &mut Study,
) -> Result<Option<bool>, CliError> {
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let with = |seed| Asked { seed: Some(seed), ..*asked };
    let first = |record: &CaseRecord, planned: &PlannedCase| {
        study.first(&record.id.to_string(), &planned.contract, Recorded::new(record));
    };
    let Some(is_clean) = runtime.block_on(watched(&with(seed), endpoint, plan, first))? else {
        return Ok(None);
    };
    let second = |record: &CaseRecord, planned: &PlannedCase| {
        study.second(&record.id.to_string(), &planned.contract, Recorded::new(record));
    };
    let is_clean_again = runtime.block_on(watched(&with(seed.wrapping_add(1)), endpoint, plan, second))?;
    Ok(is_clean_again.map(|again| again && is_clean))
}

fn proposals(findings: &Findings, endpoint: Option<&str>, cases: &Path) -> String {
    let home = endpoint.map_or(Home::Contracts, Home::Endpoint);
    let file = |operation: Option<&str>| match operation {
        Some(operation) => cases.join(operation).join("contract.toml").display().to_string(),
        None => cases.join("endpoints.toml").display().to_string(),
    };
    as_toml(&findings.proposals, home, file)
}

/// Tells on standard error what no rule says.
fn remarks(study: &Study, findings: &Findings) {
    let tell = |text: &str| note(&printable(text));
    for (remark, cases) in findings.remarks.iter().take(REMARKS) {
        tell(&format!("no rule mends this: {remark} ({})", some(cases.iter())));
    }
    if findings.remarks.len() > REMARKS {
        tell(&format!("no rule mends {} more differences", findings.remarks.len() - REMARKS));
    }
    if !study.too_large.is_empty() {
        tell(&format!("too large to be looked into: {}", some(study.too_large.iter())));
    }
    for (case, reason) in study.missing.iter().take(NAMED) {
        tell(&format!("not compared: {case}: {reason}"));
    }
    if study.missing.len() > NAMED {
        tell(&format!("not compared: {} more", study.missing.len() - NAMED));
    }
    let compared = findings.differing + findings.alike;
    let rules = match findings.proposals.len() {
        1 => "1 rule proposed".to_owned(),
        count => format!("{count} rules proposed"),
    };
    tell(&format!("{} of {compared} cases differ from run to run; {rules}", findings.differing));
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
