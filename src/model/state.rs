//! States: named preconditions of a contract, and what they give to a case.

use super::request_spec::RequestSpec;
use super::value::Value;

/// A named precondition.
#[derive(Debug, Clone, PartialEq)]
pub struct StateDefinition {
    /// The name that `given` uses and a hook receives.
    pub name: String,
    /// What holds in it.
    pub about: String,
    /// The parameters that it takes.
    pub params: Vec<StateParameter>,
    /// The variables that it gives.
    pub provides: Vec<StateVariable>,
    /// Ways to it through the API itself; the first whose conditions hold is taken.
    pub recipes: Vec<Recipe>,
}

/// How what a killed run left behind is found and removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// The request that finds it: its one saved value is an identifier, or a list of them.
    pub find: RecipeStep,
    /// The requests that remove one, by the saved name.
    pub remove: Vec<RecipeStep>,
}

/// A way to a state through the API itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The parameters of the state, and the values that they must have.
    pub when: Vec<(String, String)>,
    /// The requests that bring it about.
    pub steps: Vec<RecipeStep>,
    /// The requests that undo it.
    pub clean_up: Vec<RecipeStep>,
}

/// A request of a recipe. It must be answered with success.
#[derive(Debug, Clone, PartialEq)]
pub struct RecipeStep {
    /// Its parameters, over those that every request of the contract carries; may hold templates.
    pub params: Vec<(String, Value)>,
    /// How it differs from the usual request of the contract, beside its parameters.
    pub request: RequestSpec,
    /// Values of the answer that later requests use: a name and a path.
    pub save: Vec<(String, String)>,
    /// The field of the answer, and the parameter, that lead from one page of a list to the next.
    pub pages: Option<String>,
    /// Whether nothing is lost if it fails; later requests that need its values are left out then.
    pub is_optional: bool,
}

/// A parameter of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateParameter {
    /// Its name.
    pub name: String,
    /// What it means.
    pub about: String,
    /// Whether it must be given.
    pub is_required: bool,
    /// The values allowed; empty means any.
    pub one_of: Vec<String>,
}

/// A variable that a state gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateVariable {
    /// The name that templates use.
    pub name: String,
    /// What it holds.
    pub about: String,
    /// A value that shows its form.
    pub example: String,
    /// Whether it differs from run to run.
    pub is_volatile: bool,
}

/// A state of an endpoint that is there already, for just these parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixture {
    /// The parameters that it covers.
    pub params: Vec<(String, Value)>,
    /// The variables of the state.
    pub variables: Vec<(String, Value)>,
}

impl Fixture {
    /// Whether it is for these parameters and no others. A number is the text of its digits, as in a recipe's conditions.
    pub fn fits(&self, asked: &[(String, Value)]) -> bool {
        let is_alike = |one: &Value, other: &Value| one.is_same(other) || one.to_plain() == other.to_plain();
        let has = |(name, value): &(String, Value)| {
            asked.iter().any(|(known, other)| known == name && is_alike(value, other))
        };
        self.params.len() == asked.len() && self.params.iter().all(has)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fixture, Value};

    #[test]
    fn a_fixture_is_for_its_parameters_and_no_others() {
        let pairs = |pairs: &[(&str, Value)]| -> Vec<(String, Value)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        let fixture = Fixture {
            params: pairs(&[("status", Value::text("BUILDING")), ("length", Value::integer(5))]),
            variables: Vec::new(),
        };
        let status = ("status", Value::text("BUILDING"));
        assert!(fixture.fits(&pairs(&[("length", Value::integer(5)), status.clone()])));
        assert!(fixture.fits(&pairs(&[status.clone(), ("length", Value::text("5"))])));
        assert!(!fixture.fits(&pairs(&[status.clone(), ("length", Value::integer(6))])));
        assert!(!fixture.fits(&pairs(std::slice::from_ref(&status))));
        assert!(!fixture.fits(&pairs(&[status, ("length", Value::integer(5)), ("more", Value::Null)])));
        assert!(!fixture.fits(&[]));
        assert!(Fixture { params: Vec::new(), variables: Vec::new() }.fits(&[]));
    }
}
