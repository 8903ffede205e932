//! What of a request a table writes out. Main type: [`Literals`].

use std::collections::BTreeSet;

/// The parts of a request that a table writes without a template: no value of a run can be in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Literals {
    /// Parameters, as the table names them.
    pub params: BTreeSet<String>,
    /// Header fields, in lower case.
    pub headers: BTreeSet<String>,
    /// Whether the path is one.
    pub has_path: bool,
    /// Whether a body that is written out is one.
    pub has_body: bool,
}

impl Literals {
    /// Whether a parameter is one, by the flat name that is sent.
    pub fn has_param(&self, name: &str) -> bool {
        self.params.iter().any(|known| {
            name.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}
