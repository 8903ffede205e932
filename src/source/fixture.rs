//! Fixtures of `endpoints.toml`: states that are there already. Main type: [`FixtureEntry`].
//!
//! A fixture is read without regard to states. [`check_fixtures`] then checks in the whole suite that its state exists,
//! takes its parameters and gets its variables.

use super::compound::{At, Entries, Values};
use super::record::{Key, record};
use crate::model::{Fixture, Problem, Spot, StateDefinition, Suite, nearest};
use crate::template::is_template;

record! {
    closed "fixture" RawFixture {
        state: Needed At<'a, String> = "state", "The state's name.";
        params: Key Values<'a> = "params", "The parameters that it is for; none, if they are left out.";
        variables: Needed Values<'a> = "variables", "The variables of the state.";
    }
}

/// The fixtures of states without parameters, by state.
pub(super) type RawFixtures<'a> = Key<'a, Entries<'a, Values<'a>>>;

/// A fixture and the state that it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct FixtureEntry {
    /// The state.
    pub state: String,
    /// The parameters that it covers, and the variables that it gives.
    pub fixture: Fixture,
    spot: Spot,
}

/// The fixtures of an endpoint, in both of their forms: `[endpoint.NAME.fixtures."STATE"]` for a state without
/// parameters, and `[[endpoint.NAME.fixture]]`.
pub(super) fn read(
    plain: &RawFixtures<'_>,
    full: &[RawFixture<'_>],
    problems: &mut Vec<Problem>,
) -> Vec<FixtureEntry> {
    let plain = plain.entries().iter().map(|entry| FixtureEntry {
        state: entry.written.key.clone(),
        fixture: Fixture { params: Vec::new(), variables: entry.value.to_pairs() },
        spot: entry.written.key_spot.clone(),
    });
    // One that is wrong is not compared with others.
    let full = full.iter().filter(|raw| raw.place.is_sound).filter_map(|raw| {
        let state = raw.state.value.as_ref()?;
        let params = raw.params.value.as_ref().map(Values::to_pairs).unwrap_or_default();
        let fixture = Fixture { params, variables: raw.variables.value.as_ref()?.to_pairs() };
        Some(FixtureEntry { state: state.value.clone(), fixture, spot: state.node.spot.clone() })
    });
    let mut found: Vec<FixtureEntry> = Vec::new();
    for entry in plain.chain(full) {
        let is_twin =
            |other: &FixtureEntry| other.state == entry.state && other.fixture.fits(&entry.fixture.params);
        let values = entry.fixture.params.iter().chain(&entry.fixture.variables);
        for (name, _) in values.filter(|(_, value)| value.as_text().is_some_and(is_template)) {
            let message = format!("`{name}` of a fixture is taken as it is, and no template");
            problems.push(Problem::new(entry.spot.clone(), message).hint("write its value out"));
        }
        if found.iter().any(is_twin) {
            let message = format!("\"{}\" has another fixture for the same parameters", entry.state);
            problems.push(Problem::new(entry.spot.clone(), message));
        }
        found.push(entry);
    }
    found
}

/// What is wrong with the fixtures of these endpoints, as the states of a suite have it.
pub fn check_fixtures<'a>(
    fixtures: impl IntoIterator<Item = &'a FixtureEntry>,
    suite: &Suite,
) -> Vec<Problem> {
    let states: Vec<&StateDefinition> =
        suite.operations.iter().flat_map(|operation| &operation.contract.states).collect();
    fixtures.into_iter().filter_map(|entry| entry.problem(&states)).collect()
}

impl FixtureEntry {
    /// What is wrong with it. Contracts may declare states of one name; it has to suit one of them.
    fn problem(&self, states: &[&StateDefinition]) -> Option<Problem> {
        let mut wrong = None;
        for state in states.iter().filter(|state| state.name == self.state) {
            wrong = Some(self.misfit(state)?);
        }
        Some(wrong.unwrap_or_else(|| {
            let problem = Problem::new(self.spot.clone(), format!("no state is named \"{}\"", self.state));
            let names: Vec<&str> = states.iter().map(|state| state.name.as_str()).collect();
            match nearest(&self.state, &names) {
                Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
                None => problem.hint("the states stand in states.toml, beside their contract"),
            }
        }))
    }

    fn misfit(&self, state: &StateDefinition) -> Option<Problem> {
        let has = |pairs: &[(String, _)], name: &str| pairs.iter().any(|(known, _)| known == name);
        let Fixture { params, variables } = &self.fixture;
        let problem = |message: String| Problem::new(self.spot.clone(), message);
        let is_unknown = |name: &&String| !state.params.iter().any(|param| param.name == **name);
        if let Some(name) = params.iter().map(|(name, _)| name).find(is_unknown) {
            return Some(problem(format!("the state \"{}\" has no parameter `{name}`", self.state)));
        }
        if let Some(param) = state.params.iter().find(|param| param.is_required && !has(params, &param.name))
        {
            let message =
                format!("a fixture of \"{}\" has to say which `{}` it is for", self.state, param.name);
            return Some(problem(message).hint("write it as [[endpoint.NAME.fixture]], with `params`"));
        }
        let missing = state.provides.iter().find(|variable| !has(variables, &variable.name))?;
        Some(problem(format!("a fixture of \"{}\" has to give the variable `{}`", self.state, missing.name)))
    }
}
