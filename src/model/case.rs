//! A case as its table states it: what is sent, in which state, and what is expected.
//!
//! Texts in here may hold templates; `plan` renders them once the values are known.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::exchange::{AnswerFormat, Method};
use super::expect::Expect;
use super::id::TableId;
use super::request_spec::{ParameterPlace, RequestSpec, Scheme};
use super::spot::Spot;
use super::value::Value;

/// One case of a table, before its rows and axes are multiplied out.
#[derive(Debug)]
pub struct Case {
    /// The table that holds it.
    pub table: Arc<TableId>,
    /// Its own part of the id.
    pub name: String,
    /// What it shows, in a sentence; may hold templates.
    pub about: String,
    /// Rules of the contract that it tests.
    pub rules: Vec<String>,
    /// States to bring about before the first request.
    pub given: Vec<Given>,
    /// Variables, evaluated in order before anything is sent.
    pub vars: Vec<Variable>,
    /// Parameters of contract, table and case, already merged.
    pub params: Vec<(String, Value)>,
    /// Keys that are dropped after every merge.
    pub unset: Vec<String>,
    /// How the request differs from the contract's usual one.
    pub request: RequestSpec,
    /// Rows; empty if the case has none.
    pub rows: Vec<Row>,
    /// Axes; one empty choice if the case has none.
    pub axes: Vec<AxisChoice>,
    /// The requests, at least one.
    pub steps: Vec<Step>,
    /// Words by which cases are selected: those of its table, and its own.
    pub tags: BTreeSet<String>,
    /// Former ids of the case.
    pub former: Vec<String>,
    /// The accepted case of the contract, as `table/case`, that must pass too for an error row to be held.
    pub twin: Option<String>,
    /// Where it is written.
    pub spot: Spot,
}

impl Case {
    /// The position behind the last step whose request is sent at the same time as that of this one.
    pub fn end_of_group(&self, position: usize) -> usize {
        let later = self.steps.iter().skip(position + 1);
        position + 1 + later.take_while(|step| step.is_parallel).count()
    }
}

/// A name, and its value or template.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// The name that templates use.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// One data row of a case.
#[derive(Debug)]
pub struct Row {
    /// Its part of the id.
    pub id: String,
    /// What this row shows; replaces the case's sentence.
    pub about: Option<String>,
    /// Its variables.
    pub vars: Vec<Variable>,
    /// Parameters that it replaces.
    pub params: Vec<(String, Value)>,
    /// Keys that it drops.
    pub unset: Vec<String>,
    /// Where it is written.
    pub spot: Spot,
}

/// One combination of a case's axes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AxisChoice {
    /// The method.
    pub method: Option<Method>,
    /// Where the parameters go.
    pub place: Option<ParameterPlace>,
    /// The format that is asked for.
    pub format: Option<AnswerFormat>,
    /// The scheme of signing.
    pub sign: Option<Scheme>,
    /// What else is sent.
    pub with: Option<Arc<With>>,
}

/// Parameters that an axis adds, by their name in the table.
#[derive(Debug, Clone, PartialEq)]
pub struct With {
    /// The name.
    pub name: String,
    /// The parameters, over those of the row.
    pub params: Vec<(String, Value)>,
}

impl AxisChoice {
    /// The parameters that the choice adds.
    pub fn params(&self) -> &[(String, Value)] {
        self.with.as_ref().map(|with| with.params.as_slice()).unwrap_or_default()
    }

    /// The choice as the end of an id, such as `get-query-json-v1`; empty without axes.
    pub fn id(&self) -> String {
        let parts = [
            self.method.as_ref().map(|method| method.as_str().to_ascii_lowercase()),
            self.place.map(|place| place.to_string()),
            self.format.map(|format| format.to_string()),
            self.sign.map(|scheme| scheme.to_string()),
            self.with.as_ref().map(|with| with.name.clone()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("-")
    }
}

/// The part of an id behind a case's name: its row and its axes, which share it; none without either.
pub fn last_part(row: Option<&str>, axes: &str) -> Option<String> {
    match (row, axes) {
        (None, "") => None,
        (None, axes) => Some(axes.to_owned()),
        (Some(row), "") => Some(row.to_owned()),
        (Some(row), axes) => Some(format!("{row}-{axes}")),
    }
}

/// A state that a case needs, by name, with its parameters.
#[derive(Debug, Clone)]
pub struct Given {
    /// The state's name.
    pub state: String,
    /// What its variables' names begin with, where a case needs to tell two apart.
    pub prefix: Option<String>,
    /// Its parameters; may hold templates.
    pub params: Vec<(String, Value)>,
    /// Where it is written.
    pub spot: Spot,
}

impl Given {
    /// The name that a case's templates have for one of its variables.
    pub fn variable(&self, name: &str) -> String {
        self.prefix.as_ref().map_or_else(|| name.to_owned(), |prefix| format!("{prefix}_{name}"))
    }
}

/// One request of a case and what is expected of its answer.
#[derive(Debug)]
pub struct Step {
    /// What the step is for.
    pub about: Option<String>,
    /// States to bring about before it.
    pub given: Vec<Given>,
    /// Parameters that it replaces.
    pub params: Vec<(String, Value)>,
    /// Keys that it drops.
    pub unset: Vec<String>,
    /// How its request differs from the case's.
    pub request: RequestSpec,
    /// Whether it repeats the request of the step before it, at the same time.
    pub is_parallel: bool,
    /// What is expected of the answer.
    pub expect: Arc<Expect>,
    /// Values of the answer that later steps use: name and `JSONPath`.
    pub save: Vec<(String, String)>,
    /// Where it is written.
    pub spot: Spot,
}

/// A step with every template rendered: all that is needed to send and to judge.
#[derive(Debug, Clone)]
pub struct PreparedStep {
    /// The parameters, merged.
    pub params: Vec<(String, Value)>,
    /// How the request differs from the usual one.
    pub request: RequestSpec,
    /// What is expected; the step's own where nothing in it is a template.
    pub expect: Arc<Expect>,
}
