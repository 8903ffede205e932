//! States: named preconditions of a contract, and what they give to a case.

/// A named precondition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDefinition {
    /// The name that `given` uses and a hook receives.
    pub name: String,
    /// What holds in it.
    pub about: String,
    /// The parameters that it takes.
    pub params: Vec<StateParameter>,
    /// The variables that it gives.
    pub provides: Vec<StateVariable>,
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
