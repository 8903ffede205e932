//! What a case may cause on an endpoint, beside its answers.

use super::expand::PlannedCase;
use crate::model::{
    Contract, Effect, Expect, Matcher, Recipe, RecipeStep, StateDefinition, StatusRule, Value,
};

/// How many requests of a case may be accepted and cost money.
///
/// A request counts if its contract is billable and its expectation allows a status of success. One
/// whose refusal is expected costs nothing, as long as the endpoint keeps its contract.
pub fn billable_requests(planned: &PlannedCase) -> usize {
    if !planned.contract.effects.contains(&Effect::Billable) {
        return 0;
    }
    planned.case.steps.iter().filter(|step| may_be_accepted(&step.expect)).count()
}

fn may_be_accepted(expect: &Expect) -> bool {
    let is_open = |rule: &StatusRule| match rule {
        StatusRule::Exact(status) => *status < 400,
        StatusRule::Class(class) => *class < 4,
        StatusRule::Template(_) => true,
    };
    if !expect.status.is_empty() {
        return expect.status.iter().any(is_open);
    }
    // A code is an error's; without either, anything may come.
    !expect.code.as_ref().is_some_and(Matcher::asks_for_a_value)
        && (expect.alternatives.is_empty() || expect.alternatives.iter().any(may_be_accepted))
}

/// How many requests of a recipe cost money: those to the contract's own operation, which succeed.
///
/// A request is another operation's if it says so in a parameter that every request of the contract carries.
pub fn billable_steps(contract: &Contract, recipe: &Recipe) -> usize {
    if !contract.effects.contains(&Effect::Billable) {
        return 0;
    }
    let is_own = |step: &&RecipeStep| {
        step.params.iter().all(|(name, value)| {
            let value = value.to_plain();
            // The value of a template is not known here, so it may be the same.
            let may_be = |own: &Value| value.contains('{') || own.to_plain() == value;
            contract.request.fixed.iter().all(|(fixed, own)| fixed != name || may_be(own))
        })
    };
    recipe.steps.iter().filter(is_own).count()
}

/// The most requests that cost money which the recipes for a case's states may send, where they are followed.
pub fn billable_set_ups(planned: &PlannedCase, is_followed: impl Fn(&str) -> bool) -> usize {
    let given = planned.case.given.iter().chain(planned.case.steps.iter().flat_map(|step| &step.given));
    let most = |definition: &StateDefinition| {
        definition.recipes.iter().map(|recipe| billable_steps(&planned.contract, recipe)).max().unwrap_or(0)
    };
    given
        .filter(|need| is_followed(&need.state))
        .filter_map(|need| planned.contract.state(&need.state))
        .map(most)
        .sum()
}
