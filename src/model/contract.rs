//! A contract: what an operation promises, as its published sources say it.

use std::sync::Arc;

use super::case::Place;
use super::exchange::{Format, Method};
use super::id::OperationId;
use super::message::MessageTemplate;
use super::normalisation::Normalisation;
use super::parameter::Parameter;
use super::spot::{SourceText, Spot};
use super::state::{StateDefinition, Sweep};
use super::value::Value;

/// What an operation promises: parameters, response fields, error rows, rules.
#[derive(Debug)]
pub struct Contract {
    /// The operation's folder below `cases/`.
    pub id: OperationId,
    /// What it was read from: its own file, and the one that it shares with others.
    pub files: Vec<Arc<SourceText>>,
    /// The operation's name, as its publisher spells it.
    pub operation: String,
    /// The version of the API.
    pub version: String,
    /// What the operation does.
    pub about: String,
    /// What an accepted request causes.
    pub effects: Vec<Effect>,
    /// The documented limit on calls.
    pub rate_limit: Option<RateLimit>,
    /// Where the promises are written.
    pub sources: Vec<Source>,
    /// How a request is made.
    pub request: RequestShape,
    /// The parameters.
    pub parameters: Vec<Parameter>,
    /// The fields of a success body.
    pub response: Vec<Field>,
    /// The operation's own error rows, in the order of the page.
    pub rows: Vec<ErrorRow>,
    /// Errors that every operation of the product shares; a code may stand more than once.
    pub shared_rows: Vec<ErrorRow>,
    /// Behaviour that no single parameter shows.
    pub rules: Vec<Rule>,
    /// What every answer looks like.
    pub envelope: Envelope,
    /// What snapshots leave out of its answers.
    pub normalisation: Normalisation,
    /// Header fields that a snapshot shows, lower case.
    pub snapshot_headers: Vec<String>,
    /// The states that cases can ask for.
    pub states: Vec<StateDefinition>,
    /// How what a killed run left behind is removed.
    pub sweep: Option<Sweep>,
}

impl Contract {
    /// Every row, own or shared, with this code.
    pub fn rows_of<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a ErrorRow> {
        self.rows.iter().chain(&self.shared_rows).filter(move |row| row.code == code)
    }

    /// The state of this name.
    pub fn state(&self, name: &str) -> Option<&StateDefinition> {
        self.states.iter().find(|state| state.name == name)
    }

    /// The declared parameter that a flattened name such as `Tag.3.Key` is an instance of.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.covers(name))
    }
}

/// Something that a request causes beside its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It costs money on a real endpoint.
    Billable,
}

/// A documented limit on calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// So many calls.
    pub calls: u32,
    /// In so many seconds.
    pub seconds: u32,
    /// Names of sources.
    pub source: Vec<String>,
}

/// Where a promise is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The short name that promises cite.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Its address.
    pub url: Option<String>,
    /// When it was published or read.
    pub date: Option<String>,
}

/// How a request of the operation is made.
#[derive(Debug, Clone)]
pub struct RequestShape {
    /// The usual method.
    pub method: Method,
    /// All methods that the contract allows.
    pub methods: Vec<Method>,
    /// The path; `{name}` holds a parameter.
    pub path: String,
    /// Where parameters go unless they say otherwise.
    pub place: Place,
    /// How lists are flattened.
    pub lists: Listing,
    /// Parameters that every request carries.
    pub fixed: Vec<(String, Value)>,
    /// How the format of the answer is asked for.
    pub format: Option<FormatChoice>,
}

/// How a list becomes flat parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// `Tag.1.Key`, counted from 1.
    Numbered,
    /// The name again for each item.
    Repeated,
}

/// The parameter by which a format is asked for, and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatChoice {
    /// The parameter's name.
    pub param: String,
    /// Its value for JSON.
    pub json: String,
    /// Its value for XML.
    pub xml: String,
}

impl FormatChoice {
    /// The parameter's value for `format`.
    pub fn value(&self, format: Format) -> &str {
        match format {
            Format::Json => &self.json,
            Format::Xml => &self.xml,
        }
    }
}

/// One field of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name at the top of the body.
    pub name: String,
    /// Its type, as [`Value::type_name`] spells it.
    pub type_name: String,
    /// Whether it must be there.
    pub is_required: bool,
    /// A regular expression that its text matches.
    pub pattern: Option<String>,
    /// What it means.
    pub about: String,
    /// Names of sources.
    pub source: Vec<String>,
    /// Where it stands.
    pub spot: Spot,
}

/// One line of the contract's table of errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRow {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The message, exact or with blanks; none if no source gives one.
    pub message: Option<MessageTemplate>,
    /// What it takes to provoke it.
    pub reach: Reach,
    /// What is worth knowing.
    pub about: Option<String>,
    /// Names of sources.
    pub source: Vec<String>,
    /// Where it stands.
    pub spot: Spot,
}

/// What it takes to provoke an error row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A request alone.
    Request,
    /// A state on the endpoint.
    State,
}

/// Behaviour that no single parameter shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The name that cases cite.
    pub id: String,
    /// What is promised.
    pub text: String,
    /// Names of sources.
    pub source: Vec<String>,
    /// Why the sources do not settle it.
    pub disputed: Option<String>,
}

/// What every answer of the product looks like.
#[derive(Debug, Clone, Default)]
pub struct Envelope {
    /// Where an error's code stands, as a `JSONPath`.
    pub code: Option<String>,
    /// Where an error's message stands, as a `JSONPath`.
    pub message: Option<String>,
    /// The media type of a JSON answer.
    pub json_type: Option<String>,
    /// The media type of an XML answer.
    pub xml_type: Option<String>,
    /// Fields of a success body, beside those of the operation.
    pub success: Vec<Field>,
    /// Names that a success body must not have.
    pub absent: Vec<String>,
    /// Fields of an error body.
    pub error: Vec<Field>,
    /// The request id.
    pub request_id: Option<RequestIdRule>,
    /// The names of XML roots.
    pub xml: Option<XmlRoots>,
    /// How an answer says that there were too many requests.
    pub throttled: Throttle,
    /// What an error's code starts with where the caller's key is refused, whatever is asked for.
    pub refused: Vec<String>,
}

/// What holds of request ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestIdRule {
    /// Where it stands in the body, as a `JSONPath`.
    pub body: String,
    /// The header field that repeats it.
    pub header: Option<String>,
    /// Whether no two answers may share one.
    pub is_unique: bool,
}

/// The names of the root elements of XML answers; `{operation}` stands for the operation's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlRoots {
    /// Of a success.
    pub success: String,
    /// Of an error.
    pub error: String,
}

/// How an answer says that there were too many requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Throttle {
    /// By one of these statuses.
    pub status: Vec<u16>,
    /// By a code that starts with one of these.
    pub code: Vec<String>,
}
