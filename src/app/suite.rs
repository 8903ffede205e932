//! A suite of cases: what is wrong in its files, and which of its cases are selected.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use super::manifest::check_manifest;
use super::{AppError, EnvironmentVariables, Shard, resolve, today};
use crate::judgement::find_unmatched;
use crate::model::{Backing, CaseId, PreparedStep, Problem, Suite};
use crate::plan::{
    CaseFilter, Pattern, Plan, PlannedCase, Selectable, case_ids, filtered, leave_out, preview, select,
};
use crate::source::{
    EndpointEntry, LoadError, Wanted, check_fixtures, check_normalisation, load, load_endpoints, load_waivers,
};
use crate::strength::Twins;
use crate::template::Templates;
use crate::transport::{Address, Rate};
use crate::wire::encode;

/// A folder of cases in which nothing is wrong: how much there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How many contracts.
    pub contracts: usize,
    /// How many tables.
    pub tables: usize,
    /// How many cases.
    pub cases: usize,
    /// The promises that are marked as unpublished, with their places; those that contracts share once.
    pub unpublished: Vec<String>,
    /// The error rows that cases expect and no run can hold, since no accepted case is like one of these.
    pub without_twin: Vec<String>,
}

/// Checks every file of a folder of cases.
///
/// # Errors
/// All problems of all files, or a folder that cannot be read.
pub fn check_suite(cases: &Path, variables: EnvironmentVariables) -> Result<Checked, AppError> {
    let suite = load(cases, Wanted::All);
    let waivers = load_waivers(cases);
    let waived = waivers.as_ref().map_or_else(|_| Vec::new(), Vec::clone);
    let endpoints = load_endpoints(cases);
    let named = endpoints.as_ref().map_or_else(|_| Vec::new(), Vec::clone);
    let others = [endpoints.err(), waivers.err(), check_manifest(cases).err()];
    let mut problems = Vec::new();
    let mut suite_loaded = None;
    for error in others.into_iter().flatten().chain(suite.map(|suite| suite_loaded = Some(suite)).err()) {
        match error {
            LoadError::Problems(found) => problems.extend(found),
            LoadError::Unreadable { .. } | LoadError::Empty { .. } => return Err(error.into()),
        }
    }
    let Some(suite) = suite_loaded.filter(|_| problems.is_empty()) else {
        return Err(LoadError::Problems(problems).into());
    };
    let cases = case_ids(&suite)?;
    problems.extend(named.iter().flat_map(|entry| check_values(entry, variables)));
    problems.extend(check_fixtures(named.iter().flat_map(|entry| &entry.fixtures), &suite));
    problems.extend(check_normalisation(&named, &suite));
    problems.extend(check_requests(&cases));
    let twins = Twins::of(&cases);
    problems.extend(misnamed(&twins));
    let today = today();
    let ids: BTreeSet<&str> = cases.iter().map(|planned| planned.id.as_str()).collect();
    for waiver in waived {
        if waiver.expires < today {
            let message = format!("the waiver expired on {}", waiver.expires.as_str());
            let problem = Problem::new(waiver.spot.clone(), message);
            problems.push(problem.hint("remove it, or agree on another day"));
        }
        if let Some(message) = find_unmatched(&waiver, &ids)? {
            problems.push(Problem::new(waiver.spot, message));
        }
    }
    if !problems.is_empty() {
        return Err(LoadError::Problems(problems).into());
    }
    Ok(Checked {
        contracts: suite.operations.len(),
        tables: suite.operations.iter().map(|operation| operation.tables.len()).sum(),
        cases: cases.len(),
        unpublished: unpublished(&suite),
        without_twin: without_twin(&twins),
    })
}

/// The cases whose `twin` names no accepted case of the contract.
fn misnamed(twins: &Twins) -> impl Iterator<Item = Problem> {
    twins.misnamed().iter().map(|planned| {
        let name = planned.case.twin.as_deref().unwrap_or_default();
        let message = format!("the twin `{name}` is not an accepted case of this contract");
        Problem::new(planned.case.spot.clone(), message)
            .hint("write it as table/case, such as twin = \"accepted/plain\"")
    })
}

/// The ids of all cases of a folder.
///
/// # Errors
/// Files that are invalid or cannot be read.
pub fn all_ids(cases: &Path) -> Result<Vec<CaseId>, AppError> {
    let cases = case_ids(&load(cases, Wanted::All)?)?;
    Ok(cases.into_iter().map(|planned| planned.id).collect())
}

/// The error rows whose cases have no twin.
fn without_twin(twins: &Twins) -> Vec<String> {
    twins.rows_without_twin().map(|row| format!("error row {} of {}", row.row, row.contract)).collect()
}

/// The promises that are marked as unpublished.
fn unpublished(suite: &Suite) -> Vec<String> {
    let mut lines = BTreeSet::new();
    for contract in suite.operations.iter().map(|operation| &operation.contract) {
        for (name, Backing { spot, .. }) in contract.unpublished() {
            lines.insert(format!("{name} ({}:{})", spot.file.path.display(), spot.line()));
        }
    }
    lines.into_iter().collect()
}

/// The values of an endpoint that a run could not use.
fn check_values(entry: &EndpointEntry, variables: EnvironmentVariables) -> Vec<Problem> {
    let resolved = resolve(entry, variables).unwrap_or_else(|_| entry.clone());
    let address = |url: &String| Address::new(url).err().map(|error| error.to_string());
    let rate = |text: &String| text.parse::<Rate>().err();
    let place = |text: &str| {
        let wrong = || format!("`{text}` does not say where a host is: write ADDRESS:PORT");
        text.parse::<SocketAddr>().err().map(|_| wrong())
    };
    let source = |text: &String| {
        let is_known = text == "environment" || text.starts_with("profile:");
        (!is_known).then(|| format!("`{text}` is not a source of credentials: environment, or profile:NAME"))
    };
    [
        ("url", address(&resolved.url)),
        ("states", resolved.states.as_ref().and_then(address)),
        ("proxy", entry.proxy.as_ref().and_then(address)),
        ("rate", entry.rate.as_ref().and_then(rate)),
        ("resolve", entry.resolve.iter().find_map(|(_, text)| place(text))),
        ("credentials", entry.credentials.as_ref().and_then(source)),
    ]
    .into_iter()
    .filter_map(|(key, message)| entry.problem(key, message?))
    .collect()
}

/// Prepares every case with the examples of its states: what fails there would fail in a run.
fn check_requests(cases: &[PlannedCase]) -> Vec<Problem> {
    let templates = Templates::default();
    let prepared = |planned: &PlannedCase| match preview(planned, 0, &templates) {
        Err(error) => Some((error.to_string(), None)),
        Ok(mut preview) => {
            let saved = planned.case.steps.iter().flat_map(|step| &step.save);
            let saved: Vec<&str> = saved.map(|(name, _)| name.as_str()).collect();
            let mut steps = preview.steps.iter_mut();
            steps.find_map(|step| {
                let error = encode(&planned.contract, remove_marks(step, &saved)).err()?;
                Some((error.to_string(), error.hint()))
            })
        }
    };
    let mut seen = BTreeSet::new();
    let failing = cases.iter().filter_map(|planned| Some((planned, prepared(planned)?)));
    failing
        .map(|(planned, (reason, hint))| {
            let message = format!("the case cannot be prepared: {reason}");
            let problem = Problem::new(planned.spot().clone(), message);
            match hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            }
        })
        .filter(|problem| seen.insert(problem.to_string()))
        .collect()
}

/// A step whose target has no angle brackets around the names of values that earlier answers will give.
fn remove_marks<'a>(step: &'a mut PreparedStep, saved: &[&str]) -> &'a PreparedStep {
    let raw = &mut step.request.raw;
    for text in [&mut raw.path, &mut raw.query].into_iter().flatten() {
        for name in saved {
            *text = text.replace(&format!("<{name}>"), name);
        }
    }
    step
}

/// Refuses to go on with cases of which a request cannot be made.
///
/// # Errors
/// Those cases.
pub fn check_sendable(plan: &Plan) -> Result<(), AppError> {
    let problems = check_requests(&plan.cases);
    if problems.is_empty() { Ok(()) } else { Err(LoadError::Problems(problems).into()) }
}

/// Checks the file of endpoints, and compares the fixtures of those that are named with the states of a suite.
///
/// # Errors
/// All problems.
pub fn check_endpoints(names: &[&str], cases: &Path, suite: &Suite) -> Result<(), AppError> {
    // What is wrong in the file is reported even where the run does not need it.
    let mut endpoints = load_endpoints(cases)?;
    endpoints.retain(|entry| names.contains(&entry.name.as_str()));
    let mut problems = check_fixtures(endpoints.iter().flat_map(|entry| &entry.fixtures), suite);
    problems.extend(check_normalisation(&endpoints, suite));
    if problems.is_empty() { Ok(()) } else { Err(LoadError::Problems(problems).into()) }
}

/// What selects cases: patterns of ids, and of what those match, expressions.
#[derive(Debug, Default)]
pub struct CaseChoice {
    patterns: Vec<Pattern>,
    filters: Vec<CaseFilter>,
    left_out: Vec<Pattern>,
}

impl CaseChoice {
    /// Reads patterns, which are whole ids if that is asked for, and expressions.
    ///
    /// # Errors
    /// A pattern or an expression that is none.
    pub fn new(patterns: &[String], is_exact: bool, filters: &[String]) -> Result<Self, AppError> {
        let patterns = patterns.iter().map(|text| Pattern::new(text, is_exact)).collect::<Result<_, _>>()?;
        let filters = filters.iter().map(|text| CaseFilter::new(text)).collect::<Result<_, _>>()?;
        Ok(Self { patterns, filters, left_out: Vec::new() })
    }

    /// The same without the cases that patterns match, of a run that is over.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn without(self, patterns: &[String], is_exact: bool) -> Result<Self, AppError> {
        let left_out = patterns.iter().map(|text| Pattern::new(text, is_exact)).collect::<Result<_, _>>()?;
        Ok(Self { left_out, ..self })
    }

    /// The cases of a suite that are selected.
    ///
    /// # Errors
    /// A pattern or an expression that selects nothing.
    pub fn plan(&self, suite: &Suite) -> Result<Plan, AppError> {
        Ok(filtered(suite, &self.patterns, &self.filters)?)
    }

    /// Whether it selects everything there is.
    pub fn is_all(&self) -> bool {
        self.patterns.is_empty() && self.filters.is_empty() && self.left_out.is_empty()
    }

    /// Keeps what is selected of the cases of a run that is over.
    pub(super) fn select(&self, cases: &mut Vec<impl Selectable>) -> Result<(), AppError> {
        select(cases, &self.patterns, &self.filters)?;
        Ok(leave_out(cases, &self.left_out)?)
    }
}

/// Loads a suite whole, since the list of its cases must be known even where few are selected, and selects cases and a
/// part of those.
///
/// # Errors
/// Invalid files, a choice that selects nothing, and a part in which there is no case.
pub fn load_selection(
    cases: &Path,
    choice: &CaseChoice,
    part: Option<Shard>,
) -> Result<(Suite, Plan), AppError> {
    let suite = load(cases, Wanted::All)?;
    let mut plan = choice.plan(&suite)?;
    if let Some(shard) = part {
        plan.cases.retain(|planned| shard.has(planned.id.as_str()));
        if plan.cases.is_empty() {
            return Err(AppError::EmptyShard { shard });
        }
    }
    Ok((suite, plan))
}
